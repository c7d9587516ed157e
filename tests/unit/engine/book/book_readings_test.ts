/**
 * Readings of drawn books, worked out by hand.
 * @module
 */
import {
  depthOfLevels,
  depthToPrice,
  imbalance,
  microprice,
  mid,
  OrderBook,
  readTouch,
  spread,
  sweepAverage,
  sweepPrice,
  weightedMid,
} from "@/engine/book/mod.ts";
import {
  assertAlmostEquals,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@/tests/support/assert.ts";
import { bookOf, ticks } from "@/tests/support/books.ts";

const BOOK = bookOf(
  "     | 101.00 | 10",
  "     | 100.60 | 3",
  "     | 100.40 | 1",
  "   3 | 100.20 |",
  "   5 | 100.00 |",
);

Deno.test("readTouch() writes the touch and says whether both sides are there", () => {
  const touch = { bid: 0, bidSize: 0, ask: 0, askSize: 0 };
  assertStrictEquals(readTouch(BOOK, touch), true);
  assertEquals(touch, { bid: 10_020, bidSize: 3, ask: 10_040, askSize: 1 });
  assertStrictEquals(readTouch(new OrderBook(), touch), false);
  assertEquals(touch, { bid: 0, bidSize: 0, ask: 0, askSize: 0 });
});

Deno.test("mid(), spread() and microprice() read the touch", () => {
  assertStrictEquals(mid(BOOK), 10_030);
  assertStrictEquals(spread(BOOK), 20);
  // (10020*1 + 10040*3) / 4: more bids, nearer to the ask.
  assertStrictEquals(microprice(BOOK), 10_035);
});

Deno.test("Readings without an answer are NaN", () => {
  const bidsOnly = bookOf(" 4 | 100.50 |  ");
  assertEquals([mid(bidsOnly), spread(bidsOnly), microprice(bidsOnly)], [NaN, NaN, NaN]);
  assertEquals([weightedMid(bidsOnly, 2), imbalance(new OrderBook(), 2)], [NaN, NaN]);
  assertEquals([sweepPrice(BOOK.bids, 9), sweepAverage(BOOK.bids, 9)], [NaN, NaN]);
});

Deno.test("weightedMid() leans by the sizes of several levels", () => {
  // Bids 3@10020 and 5@10000: mean 10007.5, size 8. Asks 1@10040 and 3@10060: mean 10055, size 4.
  assertAlmostEquals(weightedMid(BOOK, 2), (10_007.5 * 4 + 10_055 * 8) / 12, 1e-9);
  assertAlmostEquals(weightedMid(BOOK, 1), microprice(BOOK), 1e-9);
  assertThrows(() => weightedMid(BOOK, 0), Error, "one level");
});

Deno.test("imbalance() is the share of bids less the share of asks", () => {
  assertStrictEquals(imbalance(BOOK, 1), 0.5);
  assertStrictEquals(imbalance(BOOK, 2), (8 - 4) / 12);
  assertStrictEquals(imbalance(bookOf(" 4 | 100.50 |  "), 5), 1);
});

Deno.test("depthOfLevels() and depthToPrice() add up sizes", () => {
  assertEquals([0, 1, 2, 3, 9].map((n) => depthOfLevels(BOOK.asks, n)), [0, 1, 4, 14, 14]);
  assertStrictEquals(depthToPrice(BOOK.asks, ticks("100.60")), 4);
  assertStrictEquals(depthToPrice(BOOK.asks, ticks("100.39")), 0);
  assertStrictEquals(depthToPrice(BOOK.bids, ticks("100.10")), 3);
});

Deno.test("sweepPrice() and sweepAverage() take levels best first", () => {
  assertEquals([1, 2, 4, 5, 14].map((size) => sweepPrice(BOOK.asks, size)), [
    10_040,
    10_060,
    10_060,
    10_100,
    10_100,
  ]);
  assertStrictEquals(sweepAverage(BOOK.asks, 1), 10_040);
  assertStrictEquals(sweepAverage(BOOK.asks, 4), (10_040 + 3 * 10_060) / 4);
  assertStrictEquals(sweepAverage(BOOK.bids, 8), (3 * 10_020 + 5 * 10_000) / 8);
  assertThrows(() => sweepPrice(BOOK.asks, 0), Error, "takes something");
  assertThrows(() => sweepAverage(BOOK.asks, 0), Error, "takes something");
});
