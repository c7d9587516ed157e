/**
 * The venue with background traders: alive, numbered, conserving, reproducible.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { moneyToText } from "@/engine/domain/mod.ts";
import {
  createOkxVenue,
  DEFAULT_FEES,
  DEFAULT_INSTRUMENTS,
  TRADING_OWNER,
} from "@/exchanges/okx/dialect/mod.ts";
import { assert, assertEquals, assertNotEquals } from "@/tests/support/assert.ts";
import { VirtualTime } from "@/tests/unit/exchanges/simulator/simulated_exchange_world.ts";
import { FakeSocket, OkxWorld, SPOT_CODE, SWAP_CODE } from "./okx_world.ts";

function run(seed: number, seconds: number): { frames: string[]; imbalance: string[] } {
  const time = new VirtualTime();
  const { dialect, exchange } = createOkxVenue({
    clock: time,
    scheduler: time,
    seed,
    instruments: DEFAULT_INSTRUMENTS.filter((each) => each.base === "BTC"),
  });
  exchange.start();
  const socket = new FakeSocket();
  const request = { method: "GET", path: "/ws/v5/public", query: "", body: "" };
  const session = dialect.acceptSocket({ ...request, headers: new Map() }, socket);
  assert("onText" in session);
  socket.session = session;
  const instId = "BTC-USDT-SWAP";
  socket.subscribe({ channel: "books", instId }, { channel: "bbo-tbt", instId });
  time.advance(seconds * 1_000);
  exchange.stop();
  const imbalance = [...exchange.truth().imbalance.values()].map(moneyToText);
  return { frames: socket.texts, imbalance };
}

Deno.test("createOkxVenue() is alive, the same for a seed, other for another", () => {
  const first = run(1, 5);
  assert(first.frames.length > 40, `${first.frames.length} frames in 5 s`);
  assertEquals(first.frames, run(1, 5).frames);
  assertNotEquals(first.frames, run(2, 5).frames);
  assert(first.imbalance.every((each) => each === "0"));
});

Deno.test("createOkxVenue(): bbo-tbt is the book's touch at the same number", () => {
  const touches = new Map<number, [string, string]>();
  const bids = new Map<string, string>();
  const asks = new Map<string, string>();
  let compared = 0;
  for (const frame of run(3, 10).frames.map((text) => JSON.parse(text))) {
    if (frame.data === undefined) continue;
    const [data] = frame.data;
    if (frame.arg.channel === "bbo-tbt") {
      touches.set(data.seqId, [data.bids[0]?.[0], data.asks[0]?.[0]]);
      continue;
    }
    for (const [side, levels] of [["bids", bids], ["asks", asks]] as const) {
      for (const [price, size] of data[side]) {
        if (size === "0") levels.delete(price);
        else levels.set(price, size);
      }
    }
    const bid = Math.max(...[...bids.keys()].map(Number));
    const ask = Math.min(...[...asks.keys()].map(Number));
    assert(bid < ask, `crossed: ${bid} ${ask}`);
    const touch = touches.get(data.seqId);
    if (touch === undefined) continue;
    assertEquals(touch.map(Number), [bid, ask]);
    compared++;
  }
  assert(compared > 5, `${compared} touches compared`);
});

Deno.test("random trading of the account conserves money to the unit", () => {
  for (const seed of [1, 2, 3]) {
    const random = new SeededRandom(`conserve/${seed}`);
    const world = new OkxWorld({ seed });
    const socket = world.orders();
    const names: string[] = [];
    for (let i = 0; i < 150; i++) {
      const swap = random.chance(0.5);
      const sim = swap ? world.swap : world.spot;
      const side = random.chance(0.5) ? "buy" : "sell";
      const price = String(63_990 + random.integer(20));
      const size = swap ? String(1 + random.integer(5)) : `0.0${1 + random.integer(9)}`;
      const target = swap
        ? { instIdCode: SWAP_CODE, tdMode: "cross" }
        : { instIdCode: SPOT_CODE, tdMode: "cash" };
      if (random.chance(0.4)) world.other(sim, side, price, swap ? "2" : "0.02");
      else if (random.chance(0.2) && names.length > 0) {
        const clOrdId = names[random.integer(names.length)]!;
        const op = random.chance(0.5) ? "cancel-order" : "amend-order";
        world.ask(socket, op, { instIdCode: target.instIdCode, clOrdId, newPx: price });
      } else {
        const types = ["limit", "ioc", "fok", "post_only"];
        const ordType = types[random.integer(types.length)];
        const clOrdId = `c${seed}x${i}`;
        names.push(clOrdId);
        world.ask(socket, "order", { ...target, side, ordType, px: price, sz: size, clOrdId });
      }
      if (random.chance(0.3)) world.time.advance(300);
    }
    assertEquals(world.imbalances, [], `seed ${seed}`);
    const truth = world.venue.exchange.truth();
    assert(truth.fillCount > 20, `${truth.fillCount} fills`);
    const open = new Map<string, string>();
    for (const each of socket.data("orders")) {
      if (each.state === "live" || each.state === "partially_filled") {
        open.set(each.clOrdId, each.accFillSz);
      } else open.delete(each.clOrdId);
    }
    const mine = truth.openOrders.filter((each) => each.owner === TRADING_OWNER);
    assertEquals([...open.keys()].sort(), mine.map((each) => each.clientOrderId).sort());
  }
});

Deno.test("OkxDialect.endpoints() names every address; credentials are three", () => {
  const time = new VirtualTime();
  const { dialect, exchange } = createOkxVenue({ clock: time, scheduler: time, seed: 1 });
  const { spot, perp } = dialect.endpoints("127.0.0.1:9001");
  for (const product of [spot!, perp!]) {
    assertEquals(product.private_ws, "ws://127.0.0.1:9001/ws/v5/private");
    for (const name of ["rest", "public_ws", "private_ws", "business_ws", "ws_api"]) {
      assert(product[name]!.includes("127.0.0.1:9001"), name);
    }
  }
  assertEquals(Object.keys(dialect.credentials), ["key", "secret", "passphrase"]);
  assertEquals(exchange.instruments.length, 6);
  assertEquals([DEFAULT_FEES.perpetual.maker, DEFAULT_FEES.perpetual.taker] as number[], [0, 350]);
});
