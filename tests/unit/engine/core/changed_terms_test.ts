/**
 * What the core does when an instrument's terms change while it quotes.
 * @module
 */
import {
  changedTerms,
  createInstrument,
  type Instrument,
  instrumentIndex,
  type InstrumentTerms,
  micros,
  unwrap,
} from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import {
  accountReport,
  btcPerp,
  fillOf,
  instrumentDefined,
  lots,
  orderUpdate,
  ticks,
} from "@/tests/support/builders.ts";
import { CoreWorld, ofKind, shown } from "@/tests/unit/engine/core/_core_world.ts";

const FIRST = instrumentIndex(0);

/** The instrument as it is after the venue listed `changes`. */
function changed(changes: Partial<InstrumentTerms>): Instrument {
  const known = btcPerp();
  const terms = unwrap(changedTerms(known.terms, { ...known.terms, ...changes }));
  return unwrap(createInstrument(known.index, terms));
}

Deno.test("a coarser tick moves quotes in the same turn, without a cancel", () => {
  const world = new CoreWorld({ capabilities: { amend: "any" } }).quoting();
  world.maker.wishes = [["buy", 980, 10], ["sell", 1_020, 10]];
  const out = world.feed(instrumentDefined(changed({ tick: "1" })));
  assertEquals(shown(out), ["alert instrument_changed", "amend buy 10@980"]);
  assert(world.engine.state.slot(FIRST)!.feed.isUsable, "the book stays");
});

Deno.test("a strategy that says nothing to new terms loses its quotes of old ones", () => {
  const world = new CoreWorld().quoting();
  world.maker.isSilent = true;
  const out = world.feed(instrumentDefined(changed({ tick: "1" })));
  assertEquals(shown(out), ["alert instrument_changed", "cancel", "cancel"]);
});

Deno.test("a finer grid moves orders and positions exactly and builds the book anew", () => {
  const world = new CoreWorld({ snapshotFrom: "stream" }).quoting();
  const [buy] = world.live();
  world.maker.wishes = [["buy", 990, 6], ["sell", 1_020, 10]];
  world.feed(fillOf({ clientOrderId: buy!, price: ticks(990), size: lots(4) }));
  const out = world.feed(instrumentDefined(changed({ tick: "0.01", lot: "0.0001" })));
  const slot = world.engine.state.slot(FIRST)!;
  assertEquals(shown(out).slice(0, 2), ["alert instrument_changed", "snapshot venue_reset"]);
  assertEquals(shown(out).slice(2), ["cancel", "cancel"]);
  assert(!slot.feed.isUsable);
  assertEquals(world.engine.positions.size(FIRST), 40 as never);
  const record = world.engine.orders.record(buy!)!;
  assertEquals([record.price, record.size, record.filledSize], [9_900, 100, 40] as never);
});

Deno.test("a closed order is counted on the new grid: its late report asks for nothing", () => {
  const world = new CoreWorld({ snapshotFrom: "stream" }).quoting();
  const [buy] = world.live();
  world.feed(fillOf({ clientOrderId: buy!, price: ticks(990), size: lots(10) }));
  world.feed(orderUpdate({ clientOrderId: buy!, status: "filled", filledSize: lots(10) }));
  world.feed(instrumentDefined(changed({ lot: "0.0001" })));
  const late = orderUpdate({ clientOrderId: buy!, status: "filled", filledSize: lots(100) });
  assertEquals(ofKind(world.feed(late), "query_fills"), []);
  assertEquals(world.engine.orders.record(buy!)!.missingFills, 0);
});

Deno.test("a report asked for before the grid changed is not taken, and asked for anew", () => {
  const world = new CoreWorld({ snapshotFrom: "stream" }).quoting();
  const askedAt = world.now;
  world.wait(10);
  world.feed(instrumentDefined(changed({ lot: "0.0001" })));
  let seen = 0;
  world.gate.onObserve = () => seen++;
  const mixed = world.feed(accountReport({ askedAt }));
  assertEquals([shown(mixed), seen], [["query_account"], 0]);
  world.wait(10);
  world.feed(accountReport({ askedAt: world.now }));
  assertEquals(seen, 1);
});

Deno.test("an order refused by a filter keeps both sides still until the terms change", () => {
  const world = new CoreWorld().quoting();
  world.maker.wishes = [["buy", 995, 10], ["sell", 1_015, 10]];
  const moves = ofKind(world.delta([[999, 1]]), "amend_order");
  for (const { clientOrderId } of moves) {
    world.feed({
      kind: "request_refused",
      instrument: FIRST,
      at: world.now,
      clientOrderId,
      request: "amend",
      reason: "filter",
      text: "",
    });
  }
  world.wait(1_000);
  assertEquals(shown(world.delta([[998, 1]])), []);
  const out = shown(world.feed(instrumentDefined(changed({ minNotional: "7" }))));
  assertEquals(out.slice(1), ["amend buy 10@995", "amend sell 10@1015"]);
});

Deno.test("an order filled on a finer lot is not amended to a size off the new one", () => {
  const world = new CoreWorld({ capabilities: { amend: "any", replace: false } }).quoting();
  const [buy] = world.live();
  world.maker.wishes = [["buy", 990, 7], ["sell", 1_020, 10]];
  world.feed(fillOf({ clientOrderId: buy!, price: ticks(990), size: lots(3) }));
  world.maker.wishes = [["buy", 985, 10], ["sell", 1_020, 10]];
  const out = world.feed(instrumentDefined(changed({ lot: "0.01" })));
  assertEquals(shown(out), ["alert instrument_changed", "cancel", "place buy 10@985"]);
});

Deno.test("terms that a position does not fit change nothing", () => {
  const world = new CoreWorld().quoting();
  world.feed(fillOf({ clientOrderId: world.live()[0]!, price: ticks(990), size: lots(4) }));
  // Not put on a common grid, as the house would have.
  const { index, terms } = btcPerp();
  const bad = unwrap(createInstrument(index, { ...terms, lot: "0.01", minSize: "0.01" }));
  assertEquals(shown(world.feed(instrumentDefined(bad))), ["alert instrument"]);
  assertEquals(world.engine.state.slot(index)!.instrument.terms.lot, terms.lot);
});

Deno.test("closing positions leaves alone what no order can close any more", () => {
  const world = new CoreWorld().quoting();
  world.feed(fillOf({ clientOrderId: world.live()[0]!, price: ticks(990), size: lots(4) }));
  world.maker.wishes = [];
  world.feed(instrumentDefined(changed({ lot: "0.01" })));
  for (const id of world.live()) {
    world.feed(orderUpdate({ clientOrderId: id, status: "cancelled" }));
  }
  world.command("flatten");
  const out = world.timer(1_000);
  assertEquals(ofKind(out, "place_order"), []);
  assert(shown([...world.outputs, ...out]).includes("alert flat"));
  assertEquals(micros(world.now), world.now);
});
