/**
 * Simulated instruments whose terms change: what is enforced, what stays, who is told.
 * @module
 */
import { unwrap } from "@/engine/domain/mod.ts";
import {
  changeFromRequest,
  changeInstrument,
  quietSource,
  type SimInstrumentOptions,
  SimulatedExchange,
} from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { ME, VirtualTime, World } from "./simulated_exchange_world.ts";

function world(): World & { readonly heard: string[] } {
  const heard: string[] = [];
  const made = new World({
    onTerms: (sim) => heard.push(`terms ${sim.instrument.orderTick} ${sim.instrument.orderLot}`),
    onStatus: (sim) => heard.push(`status ${sim.status}`),
  });
  return Object.assign(made, { heard });
}

Deno.test("changeInstrument() lets resting orders stand, and holds new ones to the new steps", () => {
  const w = world();
  const { exchange, perp } = w;
  unwrap(exchange.place(w.request(perp, "buy", "60000.1", "0.011")));
  unwrap(changeInstrument(exchange, perp, { tick: "0.5", lot: "0.01", minNotional: "900" }));
  assertEquals(w.heard, ["terms 5 10"]);
  assertEquals(exchange.orders.openOf(ME).length, 1);
  const place = (price: string, size: string) => {
    const placed = exchange.place(w.request(perp, "buy", price, size));
    return placed.ok ? "taken" : placed.error;
  };
  assertEquals(place("60000.1", "0.02"), "price_off_grid");
  assertEquals(place("60000.5", "0.011"), "size_off_grid");
  assertEquals(place("60000.5", "0.01"), "value_too_small");
  assertEquals(place("60000.5", "0.02"), "taken");
  assertEquals(perp.instrument.minSize, 10 as never, "the smallest order is a whole lot");
});

Deno.test("changeInstrument() tells a status alone as a status, and a delisting ends what rests", () => {
  const w = world();
  const { exchange, perp, spot } = w;
  unwrap(exchange.place(w.request(perp, "buy", "60000.0", "0.01")));
  unwrap(exchange.place(w.request(spot, "buy", "50000.00", "0.01")));
  unwrap(changeInstrument(exchange, perp, { status: "halted" }));
  assertEquals([w.heard.splice(0), exchange.orders.openOf(ME).length], [["status halted"], 2]);
  unwrap(changeInstrument(exchange, perp, { status: "delisted" }));
  assertEquals(w.heard, ["status delisted"]);
  assertEquals(exchange.orders.openOf(ME).map(({ instrument }) => instrument), [spot]);
  exchange.setStatus(spot, "delisted");
  assertEquals(exchange.orders.openOf(ME).length, 0, "whoever takes it off");
});

Deno.test("changeInstrument() refuses a finer step than the market counts in, and changes nothing", () => {
  const w = world();
  const refused = changeInstrument(w.exchange, w.perp, { tick: "0.01" });
  assert(!refused.ok);
  assertMatch(refused.error, /wanted a multiple of 0.1, found "0.01"/);
  assertEquals([w.heard, w.perp.instrument.orderTick], [[], 1]);
});

Deno.test("spare decimals leave published steps as they were, and room for finer ones", () => {
  const time = new VirtualTime();
  const instruments: readonly SimInstrumentOptions[] = [new World().perp.options];
  const exchange = new SimulatedExchange({
    clock: time,
    scheduler: time,
    source: quietSource(),
    instruments,
    users: [],
    firstOrderId: 1,
    spareDecimals: { tick: 2, lot: 1 },
  });
  const [perp] = exchange.instruments;
  const { instrument } = perp!;
  assertEquals([instrument.terms.tick, instrument.terms.lot], ["0.001", "0.0001"]);
  assertEquals([instrument.orderTick, instrument.orderLot], [100, 10]);
  assertEquals(perp!.last * instrument.tickValue, 60_000);
  unwrap(changeInstrument(exchange, perp!, { tick: "0.01" }));
  assertEquals(instrument.orderTick, 10);
});

Deno.test("changeFromRequest() reads what is known and says what is wrong", () => {
  const body = { tick: "0.5", lot: "1", min_size: "2", min_notional: "5", status: "halted" };
  assertEquals(unwrap(changeFromRequest({ ...body, venue: "okx" })), {
    tick: "0.5",
    lot: "1",
    minSize: "2",
    minNotional: "5",
    status: "halted",
  });
  for (
    const [wrong, said] of [
      [{ tick: 0.5 }, /"tick": wanted a decimal text of at least 0, found 0.5/],
      [{ lot: "-1" }, /"lot": wanted a decimal text of at least 0/],
      [{ status: "asleep" }, /"status": wanted one of .*, found "asleep"/],
    ] as const
  ) {
    const refused = changeFromRequest(wrong);
    assert(!refused.ok);
    assertMatch(refused.error, said);
  }
});
