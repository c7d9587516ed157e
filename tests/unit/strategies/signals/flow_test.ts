/**
 * Order flow imbalance and trade flow.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import { OrderFlowImbalance, TradeFlow } from "@/strategies/signals/mod.ts";
import { assert, assertAlmostEquals, assertEquals } from "@/tests/support/assert.ts";

const SEED = 99;

Deno.test("OrderFlowImbalance is absent until a change was seen", () => {
  const flow = new OrderFlowImbalance();
  assertEquals(flow.present, false);
  flow.update(100, 5, 101, 5, micros(0));
  assertEquals(flow.present, false);
  flow.update(100, 6, 101, 5, micros(0));
  assertEquals(flow.present, true);
});

Deno.test("OrderFlowImbalance counts changes at one price and whole levels at a new one", () => {
  const cases: [bid: number, bidSize: number, ask: number, askSize: number, flow: number][] = [
    [100, 8, 101, 5, 3],
    [100, 2, 101, 5, -3],
    [101, 4, 102, 5, 4 + 5],
    [99, 4, 100, 7, -5 - 7],
    [100, 5, 101, 9, -4],
  ];
  for (const [bid, bidSize, ask, askSize, wanted] of cases) {
    const flow = new OrderFlowImbalance();
    flow.update(100, 5, 101, 5, micros(0));
    flow.update(bid, bidSize, ask, askSize, micros(0));
    assertAlmostEquals(flow.valueAt(micros(0)), wanted / 5, 1e-12);
  }
});

Deno.test(`OrderFlowImbalance agrees with its slow twin (seed ${SEED})`, () => {
  const random = new SeededRandom(SEED);
  const flow = new OrderFlowImbalance();
  const events: { e: number; at: number }[] = [];
  let mean = 0;
  let previous: number[] | undefined;
  let at = 0;
  let lastAt = 0;
  for (let step = 0; step < 400; step++) {
    lastAt = at;
    at += 1 + Math.floor(random.next() * 300_000);
    const bid = 100 + Math.floor(random.next() * 3);
    const now = [bid, 1 + random.next() * 9, bid + 1, 1 + random.next() * 9];
    const [b, bs, a, as] = now as [number, number, number, number];
    if (previous !== undefined) {
      const [pb, pbs, pa, pas] = previous as [number, number, number, number];
      const e = (b >= pb ? bs : 0) - (b <= pb ? pbs : 0) - (a <= pa ? as : 0) + (a >= pa ? pas : 0);
      events.push({ e, at });
      mean += (1 - Math.exp(-(at - lastAt) / 60e6)) * ((bs + as) / 2 - mean);
    } else {
      mean = (bs + as) / 2;
    }
    previous = now;
    flow.update(b, bs, a, as, micros(at));
  }
  const end = at + 100_000;
  const twin = events.reduce((sum, { e, at }) => sum + e * Math.exp(-(end - at) / 1e6), 0) / mean;
  assertAlmostEquals(flow.valueAt(micros(end)), twin, 1e-9);
});

Deno.test("OrderFlowImbalance takes a resync for no flow", () => {
  const flow = new OrderFlowImbalance();
  flow.update(100, 5, 101, 5, micros(0));
  flow.update(100, 5, 101, 5, micros(0));
  flow.interrupt();
  flow.update(200, 50, 201, 1, micros(0));
  assertEquals(flow.valueAt(micros(0)), 0);
});

Deno.test("TradeFlow is quiet without volume, and its balance is then zero beside the flag", () => {
  const flow = new TradeFlow(1);
  assertEquals(flow.isQuietAt(micros(0)), true);
  assertEquals(flow.balanceAt(micros(0)), 0);
  flow.update("buy", 0, 5, micros(0), micros(0));
  flow.update("buy", 5, 0, micros(0), micros(0));
  assertEquals(flow.isQuietAt(micros(0)), true);
});

Deno.test("TradeFlow balances faded buy against sell volume", () => {
  const flow = new TradeFlow(1);
  flow.update("buy", 100, 4, micros(1_000), micros(0));
  flow.update("sell", 100, 1, micros(2_000), micros(1_000_000));
  assertAlmostEquals(flow.balanceAt(micros(1_000_000)), (2 - 1) / 3, 1e-12);
  assertEquals(flow.isQuietAt(micros(3_600_000_000)), true);
});

Deno.test("TradeFlow merges trades of one aggressor into one taker order with its levels", () => {
  const flow = new TradeFlow(1);
  flow.update("buy", 100, 1, micros(5_000_100), micros(5_100_000));
  flow.update("buy", 100, 1, micros(5_000_200), micros(5_100_000));
  flow.update("buy", 101, 1, micros(5_000_300), micros(5_100_000));
  flow.update("buy", 102, 1, micros(5_000_400), micros(5_100_000));
  assertEquals(flow.takerLevels, 3);
  assertEquals(flow.takerSide, "buy");
  assertAlmostEquals(flow.takerOrdersAt(micros(5_100_000)), 1, 1e-12);
  flow.update("sell", 102, 1, micros(5_000_500), micros(5_100_000));
  assertEquals(flow.takerLevels, 1);
  assertAlmostEquals(flow.takerOrdersAt(micros(5_100_000)), 2, 1e-12);
});

Deno.test("TradeFlow falls back to our stamp where the venue says none", () => {
  const flow = new TradeFlow(1);
  flow.update("sell", 100, 1, micros(0), micros(1_000));
  flow.update("sell", 99, 1, micros(0), micros(1_500));
  flow.update("sell", 98, 1, micros(0), micros(2_000));
  assertEquals(flow.takerLevels, 1);
  assert(flow.takerOrdersAt(micros(2_000)) > 1.99);
});
