/**
 * Market events through the core: books, strategies asked, quotes pulled in the same turn.
 * @module
 */
import { instrumentIndex, micros, price, size, tradeId } from "@/engine/domain/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import {
  btcPerp,
  ethPerp,
  instrumentDefined,
  moneyOf,
  START,
  termsOf,
} from "@/tests/support/builders.ts";
import { CoreWorld, deltaOf, link, shown, snapshotOf } from "./_core_world.ts";

Deno.test("Engine.process() defines an instrument and tells it to the strategies that read it", () => {
  const world = new CoreWorld();
  world.begin();
  world.feed(instrumentDefined(ethPerp()));
  assertEquals(world.engine.view.instrumentCount, 2);
  assertEquals(world.maker.defined.map((one) => one.key), ["binance:BTC-USDT-PERP"]);
});

Deno.test("Engine.process() alerts when an instrument's terms cannot be worked out", () => {
  const world = new CoreWorld();
  world.feed({ kind: "session_started", at: START, instanceId: "test", startNumber: 1 });
  const bad = { ...instrumentDefined(btcPerp()), terms: termsOf({ tick: "0" }) };
  const outputs = world.feed(bad);
  assertEquals(shown(outputs), ["alert instrument"]);
  assertEquals(world.engine.view.isDefined(instrumentIndex(0)), false);
});

Deno.test("Engine.process() places quotes only after the account is reconciled", () => {
  const world = new CoreWorld();
  world.maker.wishes = [["buy", 990, 10], ["sell", 1_020, 10]];
  world.begin();
  assertEquals(shown(world.snapshot()), []);
  assertEquals(world.maker.told, ["book"]);
  assertEquals(shown(world.feed(link("account", "up"))), ["query_account"]);
  const outputs = world.reconcile();
  assertEquals(shown(outputs).filter((one) => one.startsWith("place")), [
    "place buy 10@990",
    "place sell 10@1020",
  ]);
});

Deno.test("Engine.process() places nothing before the book is synchronised", () => {
  const world = new CoreWorld();
  world.maker.wishes = [["buy", 990, 10]];
  world.begin();
  world.reconcile();
  assertEquals(shown(world.delta([[1_000, 5]])).filter((one) => one.startsWith("place")), []);
  assertEquals(shown(world.snapshot()), ["place buy 10@990"]);
});

Deno.test("Engine.process() pulls quotes in the turn of a gap, before the strategy is asked", () => {
  const world = new CoreWorld().quoting();
  world.maker.told.length = 0;
  const outputs = world.delta([[1_001, 5]], [], 3);
  assertEquals(shown(outputs), ["snapshot gap", "cancel", "cancel"]);
  assertEquals(world.maker.told, ["unusable"]);
});

Deno.test("Engine.process() pulls quotes in the turn in which the book is crossed", () => {
  const world = new CoreWorld().quoting();
  assertEquals(shown(world.delta([[1_015, 5]])), ["snapshot crossed", "cancel", "cancel"]);
});

Deno.test("Engine.process() pulls quotes when the feed has been silent for too long", () => {
  const world = new CoreWorld({ feed: { staleAfterMs: 1_000 } }).quoting();
  assertEquals(shown(world.timer(1_000)), ["check quiet"]);
  assertEquals(shown(world.timer(1)), ["cancel", "cancel", "alert book_stale"]);
});

Deno.test("Engine.process() pulls quotes when the connector reports an interruption", () => {
  const world = new CoreWorld().quoting();
  const outputs = world.feed({
    kind: "feed_interrupted",
    instrument: instrumentIndex(0),
    at: START,
    reason: "silent",
  });
  assertEquals(shown(outputs), ["snapshot silent", "cancel", "cancel"]);
});

Deno.test("Engine.process() quotes again when the book is true again", () => {
  const world = new CoreWorld().quoting();
  world.delta([[1_001, 5]], [], 3);
  for (const id of world.live()) {
    world.feed({ ...orderEnds(id), at: world.now });
  }
  assertEquals(shown(world.snapshot()), ["place buy 10@990", "place sell 10@1020"]);
});

Deno.test("Engine.process() asks for a snapshot only inside the venue's rate budget", () => {
  const world = new CoreWorld({
    snapshotFrom: "rest",
    rateLimits: [{
      id: "weight",
      account: undefined,
      capacity: 40,
      windowMs: 60_000,
      weights: { request_snapshot: 10 },
      cancelReserve: 0,
      source: "test",
    }],
  });
  world.begin();
  let asked = 0;
  for (let attempt = 0; attempt < 8; attempt++) {
    world.wait(300);
    asked += shown(world.feed(deltaOf(100 + attempt * 10, [[1_000, 5]]))).length;
  }
  // A burst of a quarter of 40 holds one request; the rest of the window has not refilled.
  assertEquals(asked, 1);
  assertEquals(world.engine.state.venues[0]!.budget.refused > 0, true);
});

Deno.test("Engine.process() pulls quotes of a halted instrument and tells the strategy", () => {
  const world = new CoreWorld().quoting();
  world.maker.told.length = 0;
  const halted = {
    kind: "instrument_status",
    instrument: instrumentIndex(0),
    at: START,
    venueAt: START,
    status: "halted",
  } as const;
  assertEquals(shown(world.feed(halted)), ["alert instrument_status", "cancel", "cancel"]);
  assertEquals(world.maker.told, ["status"]);
  assertEquals(shown(world.feed(halted)), []);
  for (const id of world.live()) world.feed(orderEnds(id));
  assertEquals(shown(world.feed({ ...halted, status: "trading" })), [
    "alert instrument_status",
    "place buy 10@990",
    "place sell 10@1020",
  ]);
});

Deno.test("Engine.process() counts events of instruments that nobody defined, and goes on", () => {
  const world = new CoreWorld().begin();
  const index = instrumentIndex(7);
  const at = START;
  assertEquals(world.feed(snapshotOf(1, [[1, 1]], [[2, 1]], 7)), []);
  assertEquals(world.feed({ ...deltaOf(1, [[1, 1]]), instrument: index }), []);
  assertEquals(
    world.feed({ kind: "feed_interrupted", instrument: index, at, reason: "silent" }),
    [],
  );
  assertEquals(world.feed(touch(7)), []);
  assertEquals(world.feed({ ...mark("1"), instrument: index }), []);
  assertEquals(world.feed({ ...publicTrade(1), instrument: index }), []);
  assertEquals(
    world.feed({
      kind: "instrument_status",
      instrument: index,
      at,
      venueAt: at,
      status: "halted",
    }),
    [],
  );
  assertEquals(
    world.feed({
      kind: "funding",
      instrument: index,
      at,
      venueAt: at,
      rate: moneyOf("0.1"),
      nextAt: at,
    }),
    [],
  );
  assertEquals(world.feed({ ...orderEnds("x"), instrument: index }), []);
});

Deno.test("Engine.process() asks strategies on touch, trade and mark of a usable book", () => {
  const world = new CoreWorld().quoting();
  world.maker.told.length = 0;
  world.feed(touch(0));
  world.feed(publicTrade(1_005));
  world.feed(mark("100.5"));
  assertEquals(world.maker.told, ["best_bid_ask", "trade 1005", "mark"]);
  assertEquals(world.engine.view.lastTrade(instrumentIndex(0)), price(1_005));
  assertEquals(world.engine.view.markValue(instrumentIndex(0)), 100.5);
});

Deno.test("Engine.process() asks no strategy about trades on a book nobody can vouch for", () => {
  const world = new CoreWorld().begin();
  world.feed(touch(0));
  world.feed(publicTrade(1_005));
  world.feed(mark("100.5"));
  assertEquals(world.maker.told, []);
});

Deno.test("Engine.process() starts a book anew when the instrument's grid changes", () => {
  const world = new CoreWorld().quoting();
  const finer = { ...instrumentDefined(btcPerp()), terms: termsOf({ tick: "0.01" }) };
  const outputs = world.feed({ ...finer, at: START });
  const made = ["alert instrument_changed", "snapshot venue_reset", "cancel", "cancel"];
  assertEquals(shown(outputs), made);
  assertEquals(world.engine.view.instrument(instrumentIndex(0)).tickValue, 0.01);
});

Deno.test("Engine.process() keeps the book when only limits of the instrument change", () => {
  const world = new CoreWorld().quoting();
  const changed = { ...instrumentDefined(btcPerp()), terms: termsOf({ minNotional: "5" }) };
  assertEquals(shown(world.feed({ ...changed, at: START })), ["alert instrument_changed"]);
  assertEquals(world.engine.view.book(instrumentIndex(0)).usable, true);
});

Deno.test("Engine.process() never lets time go back", () => {
  const world = new CoreWorld().quoting();
  world.wait(100);
  world.delta([[1_001, 1]]);
  const before = world.engine.view.now;
  world.now = START;
  world.delta([[1_001, 2]]);
  assertEquals(world.engine.view.now, before);
});

function orderEnds(id: string) {
  return {
    kind: "order",
    instrument: instrumentIndex(0),
    at: START,
    venueAt: micros(0),
    source: "stream",
    clientOrderId: id as never,
    venueOrderId: undefined,
    status: "cancelled",
    side: undefined,
    type: undefined,
    timeInForce: undefined,
    price: undefined,
    size: undefined,
    filledSize: size(0),
    averagePrice: undefined,
    reason: undefined,
    text: undefined,
  } as const;
}

function touch(instrument: number) {
  return {
    kind: "best_bid_ask",
    instrument: instrumentIndex(instrument),
    at: START,
    venueAt: START,
    sequence: 1,
    bid: price(1_000),
    bidSize: size(1),
    ask: price(1_010),
    askSize: size(1),
  } as const;
}

function publicTrade(at: number) {
  return {
    kind: "trade",
    instrument: instrumentIndex(0),
    at: START,
    venueAt: START,
    price: price(at),
    size: size(1),
    aggressor: "buy",
    tradeId: tradeId("t1"),
  } as const;
}

function mark(value: string) {
  return {
    kind: "mark_price",
    instrument: instrumentIndex(0),
    at: START,
    venueAt: START,
    mark: moneyOf(value),
    index: undefined,
  } as const;
}
