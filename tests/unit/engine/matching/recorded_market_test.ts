/**
 * `RecordedMarket`: the hand cases of queueing in a recording, and its edges.
 * @module
 */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@/tests/support/assert.ts";
import { EventScript } from "@/tests/support/reference_matching.ts";
import {
  type MarketOrder,
  type QueueModelName,
  RecordedMarket,
  type SelfTradePolicy,
} from "@/engine/matching/mod.ts";
import { LevelBuffer } from "@/engine/messages/mod.ts";
import { InvariantError } from "@/engine/domain/mod.ts";

type Rows = readonly (readonly [price: number, size: number])[];

function levels(rows: Rows): LevelBuffer {
  const buffer = new LevelBuffer();
  for (const [price, size] of rows) buffer.push(price, size);
  return buffer;
}

/** A market whose book is set; by default 50 bid at 100 and 40 asked at 101. */
function recorded(
  queueModel: QueueModelName = "risk_averse",
  bids: Rows = [[100, 50], [99, 500]],
  asks: Rows = [[101, 40], [102, 60], [103, 500]],
): { market: RecordedMarket; script: EventScript } {
  const script = new EventScript();
  const market = new RecordedMarket({ listener: script, queueModel });
  market.replaceRecordedBook(levels(bids), levels(asks));
  script.take();
  return { market, script };
}

function order(changes: Partial<MarketOrder> & { id: number }): MarketOrder {
  return {
    owner: 1,
    side: "buy",
    price: 100,
    size: 10,
    timeInForce: "gtc",
    postOnly: false,
    selfTrade: "allow",
    ...changes,
  };
}

function update(market: RecordedMarket, price: number, size: number, at = 0): void {
  market.onRecordedLevel(price > 100 ? "sell" : "buy", price, size);
  market.onRecordedBookDone(at);
}

function fills(script: EventScript): string[] {
  return script.take().filter((line) => line.startsWith("trade") && !line.startsWith("trade 0"));
}

Deno.test("RecordedMarket (a) fills what trades pass the front, risk-averse", () => {
  const { market, script } = recorded();
  market.submit(order({ id: 1 }));
  assertEquals(market.frontOf(1), 50);
  market.onRecordedTrade(100, 30, "sell");
  assertEquals(market.frontOf(1), 20);
  update(market, 100, 20);
  update(market, 100, 5);
  assertEquals(market.frontOf(1), 5);
  script.take();
  market.onRecordedTrade(100, 12, "sell", 0);
  // Five of the twelve are the front. The untimed print may be what the cancels took off already.
  assertEquals(fills(script), []);
  const stamped = recorded();
  stamped.market.submit(order({ id: 1 }));
  stamped.market.onRecordedTrade(100, 30, "sell", 1_000);
  update(stamped.market, 100, 20, 1_001);
  update(stamped.market, 100, 5, 1_002);
  assertEquals(stamped.market.frontOf(1), 5);
  stamped.script.take();
  stamped.market.onRecordedTrade(100, 12, "sell", 1_003);
  assertEquals(stamped.script.take(), [
    "trade 1 of 1 (3 left) with 0 of 0 (0 left): sell 7 @ 100",
    "level buy 100: 8",
    "trade 0 of 0 (0 left) with 0 of 0 (0 left): sell 5 @ 100",
  ]);
  assertEquals(stamped.market.leavesOf(1), 3);
});

Deno.test("RecordedMarket (b) moves the front by the power model on a cancel", () => {
  const { market } = recorded("power3");
  market.submit(order({ id: 1 }));
  update(market, 100, 80);
  assertEquals(market.frontOf(1), 50);
  update(market, 100, 60);
  assertAlmostEquals(market.frontOf(1)!, 45.1171875, 1e-12);
});

Deno.test("RecordedMarket (c) takes trades off before sharing out a decrease", () => {
  const { market } = recorded("power3");
  market.submit(order({ id: 1 }));
  update(market, 100, 80, 1_000);
  market.onRecordedTrade(100, 20, "sell", 1_001);
  update(market, 100, 50, 1_002);
  assertAlmostEquals(market.frontOf(1)!, 29.47265625, 1e-12);
});

Deno.test("RecordedMarket (d) fills an order that trades go through, at its own price", () => {
  const { market, script } = recorded();
  market.submit(order({ id: 1 }));
  script.take();
  market.onRecordedTrade(99, 3, "sell");
  assertEquals(script.take(), [
    "trade 1 of 1 (0 left) with 0 of 0 (0 left): sell 10 @ 100",
    "level buy 100: 50",
    "trade 0 of 0 (0 left) with 0 of 0 (0 left): sell 3 @ 99",
  ]);
  assertEquals(market.restingCount, 0);
});

Deno.test("RecordedMarket (e) fills an order whose cancel has not arrived yet", () => {
  const { market, script } = recorded();
  market.submit(order({ id: 1 }));
  script.take();
  // The cancel, sent before this trade, arrives after it.
  market.onRecordedTrade(100, 100, "sell");
  assertEquals(fills(script), ["trade 1 of 1 (0 left) with 0 of 0 (0 left): sell 10 @ 100"]);
  assertEquals(market.cancel(1), false);
});

Deno.test("RecordedMarket (f) refuses a post-only order at the opposite touch on arrival", () => {
  const { market, script } = recorded();
  market.submit(order({ id: 1, price: 101, postOnly: true }));
  assertEquals(script.take(), ["removed 1 of 1: 10 post_only"]);
});

Deno.test("RecordedMarket (g) gives the excess of one print once, oldest order first", () => {
  const { market, script } = recorded("risk_averse", [[99, 500]]);
  market.submit(order({ id: 1 }));
  assertEquals(market.frontOf(1), 0);
  update(market, 100, 10);
  market.submit(order({ id: 2 }));
  assertEquals([market.frontOf(1), market.frontOf(2)], [0, 10]);
  script.take();
  market.onRecordedTrade(100, 12, "sell");
  assertEquals(fills(script), [
    "trade 1 of 1 (0 left) with 0 of 0 (0 left): sell 10 @ 100",
    "trade 2 of 1 (8 left) with 0 of 0 (0 left): sell 2 @ 100",
  ]);
});

Deno.test("RecordedMarket counts a match once, whichever stream says it first, stamped", () => {
  const tradeFirst = recorded("power3");
  tradeFirst.market.submit(order({ id: 1 }));
  update(tradeFirst.market, 100, 80, 1_000);
  tradeFirst.market.onRecordedTrade(100, 20, "sell", 1_001);
  update(tradeFirst.market, 100, 50, 1_002);
  const depthFirst = recorded("power3");
  depthFirst.market.submit(order({ id: 1 }));
  update(depthFirst.market, 100, 80, 1_000);
  update(depthFirst.market, 100, 50, 1_002);
  depthFirst.market.onRecordedTrade(100, 20, "sell", 1_001);
  assertAlmostEquals(depthFirst.market.frontOf(1)!, tradeFirst.market.frontOf(1)!, 1e-12);
  assertEquals(depthFirst.market.leavesOf(1), 10);
});

Deno.test("RecordedMarket counts a match once, whichever stream is first, without stamps", () => {
  for (const model of ["risk_averse", "power3"] as const) {
    const { market, script } = recorded(model);
    market.submit(order({ id: 1 }));
    update(market, 100, 20);
    script.take();
    market.onRecordedTrade(100, 30, "sell");
    assertAlmostEquals(market.frontOf(1)!, 20, 1e-12, model);
    assertEquals(fills(script), [], model);
    // The next update forgets the credit: a new print counts in full.
    update(market, 99, 400);
    market.onRecordedTrade(100, 22, "sell");
    assertEquals(fills(script).length, 1, model);
    assertEquals(market.leavesOf(1), 8, model);
  }
});

Deno.test("RecordedMarket lets a late print of before we joined pass by", () => {
  const { market, script } = recorded();
  update(market, 100, 30, 1_000);
  market.submit(order({ id: 1 }));
  script.take();
  market.onRecordedTrade(100, 35, "sell", 999);
  market.onRecordedTrade(99, 35, "sell", 1_000);
  assertEquals(fills(script), []);
  assertEquals(market.frontOf(1), 30);
  market.onRecordedTrade(100, 35, "sell", 1_001);
  assertEquals(fills(script).length, 1);
  assertEquals(market.leavesOf(1), 5);
});

Deno.test("RecordedMarket fills what the opposite touch reaches when the update is done", () => {
  const { market, script } = recorded();
  market.submit(order({ id: 1 }));
  script.take();
  market.onRecordedLevel("sell", 100, 4);
  assertEquals(script.take(), []);
  market.onRecordedLevel("buy", 100, 0);
  market.onRecordedBookDone();
  assertEquals(script.take(), [
    "level sell 100: 4",
    "level buy 100: 10",
    "trade 1 of 1 (0 left) with 0 of 0 (0 left): sell 10 @ 100",
    "level buy 100: 0",
  ]);
  assertEquals([market.best("buy"), market.best("sell")], [99, 100]);
});

Deno.test("RecordedMarket mirrors its rules for resting sells", () => {
  const { market, script } = recorded();
  market.submit(order({ id: 1, side: "sell", price: 101 }));
  market.submit(order({ id: 2, side: "sell", price: 102 }));
  assertEquals([market.frontOf(1), market.frontOf(2)], [40, 60]);
  script.take();
  market.onRecordedTrade(101, 45, "buy");
  assertEquals(fills(script), ["trade 1 of 1 (5 left) with 0 of 0 (0 left): buy 5 @ 101"]);
  market.onRecordedTrade(100, 500, "sell");
  assertEquals(fills(script), []);
  market.onRecordedTrade(103, 1, "buy");
  assertEquals(fills(script), [
    "trade 1 of 1 (0 left) with 0 of 0 (0 left): buy 5 @ 101",
    "trade 2 of 1 (0 left) with 0 of 0 (0 left): buy 10 @ 102",
  ]);
});

Deno.test("RecordedMarket keeps taken depth taken until the level is next set", () => {
  const { market, script } = recorded();
  market.submit(order({ id: 1, price: 102, size: 70, timeInForce: "ioc" }));
  assertEquals(script.take(), [
    "trade 0 of 0 (0 left) with 1 of 1 (30 left): buy 40 @ 101",
    "level sell 101: 0",
    "trade 0 of 0 (0 left) with 1 of 1 (0 left): buy 30 @ 102",
    "level sell 102: 30",
  ]);
  assertEquals([market.best("sell"), market.sizeAt("sell", 102)], [102, 30]);
  update(market, 103, 400);
  assertEquals(market.best("sell"), 102);
  update(market, 101, 40);
  assertEquals([market.best("sell"), market.sizeAt("sell", 101)], [101, 40]);
});

Deno.test("RecordedMarket rests what a limit order leaves, fills it when depth comes back", () => {
  const { market, script } = recorded();
  market.submit(order({ id: 1, price: 101, size: 45 }));
  assertEquals(script.take().slice(-2), ["rested 1 of 1: buy 5 @ 101", "level buy 101: 5"]);
  update(market, 102, 61);
  assertEquals(market.leavesOf(1), 5);
  update(market, 101, 1);
  assertEquals(fills(script), ["trade 1 of 1 (0 left) with 0 of 0 (0 left): sell 5 @ 101"]);
});

Deno.test("RecordedMarket treats ioc, fok and market orders as their names say", () => {
  const { market, script } = recorded("risk_averse", [[100, 50]], [[101, 40]]);
  market.submit(order({ id: 1, price: 101, size: 41, timeInForce: "fok" }));
  market.submit(order({ id: 2, price: 100, timeInForce: "ioc" }));
  assertEquals(script.take(), [
    "removed 1 of 1: 41 fill_or_kill",
    "removed 2 of 1: 10 immediate_or_cancel",
  ]);
  market.submit(order({ id: 3, price: 101, size: 40, timeInForce: "fok" }));
  market.submit(order({ id: 4, side: "sell", price: undefined, size: 60 }));
  assertEquals(script.take().slice(-1), ["removed 4 of 1: 10 no_liquidity"]);
  assertEquals(market.best("buy"), 0);
});

Deno.test("RecordedMarket neither fills nor takes orders in a gap, yet cancels", () => {
  const { market, script } = recorded();
  market.submit(order({ id: 1 }));
  market.submit(order({ id: 2 }));
  market.submit(order({ id: 3, price: 98 }));
  script.take();
  market.onRecordedGap();
  assertEquals(market.gapped, true);
  market.onRecordedTrade(99, 500, "sell");
  update(market, 100, 0);
  market.submit(order({ id: 4 }));
  assertEquals(fills(script), []);
  assertEquals(market.amend(1, 99, 10), false);
  assertEquals(market.amend(1, 100, 4), true);
  assertEquals(market.cancel(2), true);
  market.replaceRecordedBook(levels([[98, 7]]), levels([[99, 5], [101, 1]]));
  assertEquals(fills(script), ["trade 1 of 1 (0 left) with 0 of 0 (0 left): sell 4 @ 100"]);
  assertEquals(market.frontOf(3), 0, "the front was 0 on joining and stays so");
  assertEquals([market.best("buy"), market.sizeAt("buy", 98)], [98, 17]);
  const fresh = new RecordedMarket({ listener: script, queueModel: "power3" });
  script.take();
  fresh.submit(order({ id: 1 }));
  assertEquals(script.take(), ["removed 1 of 1: 10 phase"]);
});

Deno.test("RecordedMarket.amend() keeps the front of what shrinks, else joins anew", () => {
  const { market, script } = recorded();
  market.submit(order({ id: 1 }));
  update(market, 100, 30);
  update(market, 100, 90);
  script.take();
  assertEquals(market.amend(1, 100, 6), true);
  assertEquals(script.take(), ["amended 1 of 1: 6 @ 100", "level buy 100: 96"]);
  assertEquals(market.frontOf(1), 30);
  assertEquals(market.amend(1, 100, 8), true);
  assertEquals(market.frontOf(1), 90);
  assertEquals(market.amend(1, 101, 8), true);
  assertEquals(market.restingCount, 0, "it traded at 101");
  assertEquals(market.amend(1, 101, 8), false);
  assertEquals(market.cancel(1), false);
  market.submit(order({ id: 2 }));
  assertEquals(market.amend(2, 100, 0), true);
  assertEquals(market.restingCount, 0);
});

Deno.test("RecordedMarket prevents self-trades between own orders as each policy says", () => {
  const told = (selfTrade: SelfTradePolicy, owner: number, size: number) => {
    const { market, script } = recorded("risk_averse", [[100, 50]], [[103, 5]]);
    market.submit(order({ id: 1, side: "sell", price: 102, size: 6 }));
    script.take();
    market.submit(order({ id: 2, owner, price: 102, size, selfTrade }));
    return script.take().filter((line) => !line.startsWith("level"));
  };
  assertEquals(told("cancel_newest", 1, 9), ["removed 2 of 1: 9 self_trade"]);
  assertEquals(told("cancel_oldest", 1, 9), [
    "removed 1 of 1: 6 self_trade",
    "rested 2 of 1: buy 9 @ 102",
  ]);
  assertEquals(told("cancel_both", 1, 9), [
    "removed 1 of 1: 6 self_trade",
    "removed 2 of 1: 9 self_trade",
  ]);
  assertEquals(told("decrement", 1, 9), [
    "removed 1 of 1: 6 self_trade",
    "rested 2 of 1: buy 3 @ 102",
  ]);
  assertEquals(told("decrement", 1, 4), [
    "amended 1 of 1: 2 @ 102",
    "removed 2 of 1: 4 self_trade",
  ]);
  assertEquals(told("cancel_newest", 2, 4), [
    "trade 1 of 1 (2 left) with 2 of 2 (0 left): buy 4 @ 102",
  ]);
  assertEquals(told("allow", 1, 6), [
    "trade 1 of 1 (0 left) with 2 of 1 (0 left): buy 6 @ 102",
  ]);
});

Deno.test("RecordedMarket judges a fok order by its self-trade policy", () => {
  const rests = (selfTrade: SelfTradePolicy) => {
    const { market, script } = recorded("risk_averse", [[100, 50]], [[103, 5]]);
    market.submit(order({ id: 1, side: "sell", price: 102, size: 6 }));
    market.submit(order({ id: 3, owner: 9, side: "sell", price: 102, size: 6 }));
    script.take();
    market.submit(
      order({ id: 2, price: 103, size: 11, timeInForce: "fok", selfTrade }),
    );
    return script.take()[0] === "removed 2 of 1: 11 fill_or_kill";
  };
  assertEquals(rests("allow"), false);
  assertEquals(rests("cancel_oldest"), false);
  assertEquals(rests("cancel_newest"), true);
  assertEquals(rests("decrement"), true);
});

Deno.test("RecordedMarket counts orders above a tenth of the touch", () => {
  const { market } = recorded();
  market.submit(order({ id: 1, size: 5 }));
  assertEquals([market.oversizedOrders, market.largestShareOfTouch], [0, 0.1]);
  market.submit(order({ id: 2, size: 6 }));
  market.submit(order({ id: 3, price: 101, size: 20, timeInForce: "ioc" }));
  assertEquals([market.oversizedOrders, market.largestShareOfTouch], [2, 0.5]);
});

Deno.test("RecordedMarket shows recorded and own size together, best first", () => {
  const { market } = recorded("risk_averse", [[100, 50], [98, 5]]);
  market.submit(order({ id: 1, price: 99, size: 3 }));
  market.submit(order({ id: 2, price: 98, size: 2 }));
  const seen: string[] = [];
  market.forEachLevel("buy", (price, size) => {
    seen.push(`${size} @ ${price}`);
    return true;
  });
  assertEquals(seen, ["50 @ 100", "3 @ 99", "7 @ 98"]);
  let visits = 0;
  market.forEachLevel("buy", () => ++visits < 2);
  assertEquals(visits, 2);
});

Deno.test("RecordedMarket holds books larger than its first arrays", () => {
  const bids: [number, number][] = [];
  const asks: [number, number][] = [];
  for (let at = 1; at <= 1_000; at++) {
    bids.push([50_000 - at * 13, at]);
    asks.push([50_000 + at * 13, at]);
  }
  const { market } = recorded("power3", bids, asks);
  let sum = 0;
  market.forEachLevel("sell", (_price, size) => {
    sum += size;
    return true;
  });
  assertEquals(sum, 500_500);
  market.replaceRecordedBook(levels(bids.slice(500)), levels(asks.slice(500)));
  assertEquals([market.best("buy"), market.best("sell")], [50_000 - 501 * 13, 50_000 + 501 * 13]);
});

Deno.test("RecordedMarket stops at impossible input", () => {
  const { market } = recorded();
  market.submit(order({ id: 1 }));
  const bad = (run: () => unknown, text: string) => assertThrows(run, InvariantError, text);
  bad(() => market.submit(order({ id: 1 })), "rests already");
  bad(() => market.submit(order({ id: 2, size: 0 })), "above zero");
  bad(() => market.submit(order({ id: 2, size: 0.5 })), "whole lots");
  bad(() => market.submit(order({ id: 2, price: 0 })), "price");
  bad(() => market.amend(1, 100, -1), "negative");
  bad(() => market.amend(1, 100, 0.5), "whole lots");
  bad(() => market.onRecordedLevel("buy", 100, -1), "negative");
  bad(() => market.onRecordedTrade(100, 0, "buy"), "has a size");
  assert(market.frontOf(77) === undefined);
});
