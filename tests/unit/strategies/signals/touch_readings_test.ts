/**
 * What is read from a touch and from several levels, and when it is absent.
 * @module
 */
import { DepthImbalance, TouchReadings } from "@/strategies/signals/mod.ts";
import { assertAlmostEquals, assertEquals } from "@/tests/support/assert.ts";

function levels(prices: number[], sizes: number[]) {
  return {
    prices: Float64Array.from(prices),
    sizes: Float64Array.from(sizes),
    count: prices.length,
  };
}

Deno.test("TouchReadings pulls the weighted mid towards the ask when the bid is bigger", () => {
  const touch = new TouchReadings();
  assertEquals(touch.read(100, 3, 102, 1), true);
  assertEquals(touch.mid, 101);
  assertEquals(touch.spread, 2);
  assertEquals(touch.imbalance, 0.5);
  assertAlmostEquals(touch.weightedMid, (102 * 3 + 100 * 1) / 4, 1e-12);
});

Deno.test("TouchReadings agrees with the textbook formula over many sizes", () => {
  const touch = new TouchReadings();
  for (const [bidSize, askSize] of [[1, 1], [1e-9, 1e9], [7, 13], [1e15, 1], [5, 5]] as const) {
    touch.read(642_500, bidSize, 642_501, askSize);
    const twin = (642_501 * bidSize + 642_500 * askSize) / (bidSize + askSize);
    assertAlmostEquals(touch.weightedMid, twin, 1e-6);
  }
});

Deno.test("TouchReadings is absent on an empty side, a locked and a crossed book", () => {
  const touch = new TouchReadings();
  for (
    const [bid, bidSize, ask, askSize] of [
      [0, 0, 102, 1],
      [100, 1, 0, 0],
      [100, 0, 102, 0],
      [100, 1, 100, 1],
      [102, 1, 100, 1],
      [100, Infinity, 101, 1],
      [NaN, 1, 101, 1],
    ] as const
  ) {
    touch.read(100, 1, 102, 1);
    assertEquals(touch.read(bid, bidSize, ask, askSize), false);
    assertEquals(touch.present, false);
  }
  touch.read(100, 1, 102, 1);
  touch.clear();
  assertEquals(touch.present, false);
});

Deno.test("DepthImbalance weighs a level by its distance from the mid", () => {
  const depth = new DepthImbalance();
  const bids = levels([9_999, 9_990], [2, 100]);
  const asks = levels([10_001, 10_005], [1, 3]);
  assertEquals(depth.read(bids, asks, 2), true);
  const weigh = (price: number) => Math.exp(-Math.abs(price - 10_000) / 2);
  const heavyBids = 2 * weigh(9_999) + 100 * weigh(9_990);
  const heavyAsks = 1 * weigh(10_001) + 3 * weigh(10_005);
  assertAlmostEquals(depth.value, (heavyBids - heavyAsks) / (heavyBids + heavyAsks), 1e-12);
});

Deno.test("DepthImbalance takes one basis point as its least distance", () => {
  const depth = new DepthImbalance();
  const bids = levels([9_999, 9_998], [1, 1]);
  const asks = levels([10_001], [1]);
  depth.read(bids, asks, 0.001);
  const narrow = depth.value;
  depth.read(bids, asks, 1);
  assertEquals(narrow, depth.value);
});

Deno.test("DepthImbalance is absent on an empty, crossed or sizeless book", () => {
  const depth = new DepthImbalance();
  const bids = levels([100], [1]);
  assertEquals(depth.read(levels([], []), bids, 1), false);
  assertEquals(depth.read(bids, levels([], []), 1), false);
  assertEquals(depth.read(bids, levels([99], [1]), 1), false);
  assertEquals(depth.read(levels([100], [0]), levels([101], [0]), 1), false);
  assertEquals(depth.present, false);
});
