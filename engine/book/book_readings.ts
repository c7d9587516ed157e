/**
 * Pure readings of a book. Prices are in ticks (fractions of a tick allowed), sizes in lots.
 *
 * A reading that has no answer is `NaN`, never a guess; nothing here allocates.
 * Source of the microprice: STYLE's word list, (bidPx*askSize + askPx*bidSize)/(bidSize + askSize).
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";
import type { OrderBook } from "./order_book.ts";
import { LEVEL_NONE, type PriceLadder } from "./price_ladder.ts";

/** Best prices and sizes, 0 where a side is empty. */
export interface Touch {
  bid: number;
  bidSize: number;
  ask: number;
  askSize: number;
}

/** Writes the touch into `into` and answers whether both sides are there. */
export function readTouch(book: OrderBook, into: Touch): boolean {
  into.bid = book.bids.best;
  into.bidSize = book.bids.bestSize;
  into.ask = book.asks.best;
  into.askSize = book.asks.bestSize;
  return into.bidSize > 0 && into.askSize > 0;
}

/** Mean of best bid and best ask. */
export function mid(book: OrderBook): number {
  return book.isTwoSided ? (book.bids.best + book.asks.best) / 2 : NaN;
}

/** Best ask less best bid. */
export function spread(book: OrderBook): number {
  return book.isTwoSided ? book.asks.best - book.bids.best : NaN;
}

/** The mid leaning towards the side with less size: where the next trade is likelier. */
export function microprice(book: OrderBook): number {
  if (!book.isTwoSided) return NaN;
  const bidSize = book.bids.bestSize;
  const askSize = book.asks.bestSize;
  return (book.bids.best * askSize + book.asks.best * bidSize) / (bidSize + askSize);
}

/** The microprice of the mean prices and total sizes of the `levels` best levels of each side. */
export function weightedMid(book: OrderBook, levels: number): number {
  assert(levels >= 1, "A weighted mid needs one level");
  if (!book.isTwoSided) return NaN;
  const bidSize = depthOfLevels(book.bids, levels);
  const askSize = depthOfLevels(book.asks, levels);
  const bid = sweepAverage(book.bids, bidSize);
  const ask = sweepAverage(book.asks, askSize);
  return (bid * askSize + ask * bidSize) / (bidSize + askSize);
}

/** Share of bid size in the `levels` best levels, from -1 (only asks) to 1 (only bids). */
export function imbalance(book: OrderBook, levels: number): number {
  const bidSize = depthOfLevels(book.bids, levels);
  const askSize = depthOfLevels(book.asks, levels);
  return bidSize + askSize === 0 ? NaN : (bidSize - askSize) / (bidSize + askSize);
}

/** Total size of the `levels` best levels. */
export function depthOfLevels(ladder: PriceLadder, levels: number): number {
  let total = 0;
  let left = levels;
  for (let at = ladder.first(); at !== LEVEL_NONE && left > 0; at = ladder.after(at)) {
    total += ladder.levelSizeAt(at);
    left--;
  }
  return total;
}

/** Total size at `limit` or better. */
export function depthToPrice(ladder: PriceLadder, limit: number): number {
  let total = 0;
  for (let at = ladder.first(); at !== LEVEL_NONE; at = ladder.after(at)) {
    const price = ladder.priceAt(at);
    if (ladder.side === "buy" ? price < limit : price > limit) break;
    total += ladder.levelSizeAt(at);
  }
  return total;
}

/**
 * The worst price reached when `size` is taken from a side; `NaN` when it does not hold so much.
 */
export function sweepPrice(ladder: PriceLadder, size: number): number {
  assert(size > 0, "A sweep takes something");
  let left = size;
  for (let at = ladder.first(); at !== LEVEL_NONE; at = ladder.after(at)) {
    left -= ladder.levelSizeAt(at);
    if (left <= 0) return ladder.priceAt(at);
  }
  return NaN;
}

/** The mean price paid when `size` is taken; `NaN` when the side does not hold so much. */
export function sweepAverage(ladder: PriceLadder, size: number): number {
  assert(size > 0, "A sweep takes something");
  // Sums distances from the touch, so that large prices cost no digits.
  const best = ladder.best;
  let left = size;
  let distance = 0;
  for (let at = ladder.first(); at !== LEVEL_NONE; at = ladder.after(at)) {
    const taken = Math.min(left, ladder.levelSizeAt(at));
    distance += taken * (ladder.priceAt(at) - best);
    left -= taken;
    if (left === 0) return best + distance / size;
  }
  return NaN;
}
