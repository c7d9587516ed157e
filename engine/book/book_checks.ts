/**
 * What must hold of every book: not crossed, sorted, no empty level. After each event under test,
 * by sample when live. Answers are values: a crossed book is the venue's doing, not our own broken
 * invariant.
 * @module
 */
import type { OrderBook } from "./order_book.ts";
import { LEVEL_NONE, type PriceLadder } from "./price_ladder.ts";

/** What is wrong with a book. */
export type BookFault = "crossed" | "unsorted" | "empty_level" | "not_whole" | "wrong_best";

/** The first fault found; undefined when the book is sound. `mayCross` leaves out the touch. */
export function findBookFault(book: OrderBook, mayCross = false): BookFault | undefined {
  const fault = ladderFault(book.bids) ?? ladderFault(book.asks);
  if (fault !== undefined) return fault;
  return !mayCross && book.isCrossed ? "crossed" : undefined;
}

function ladderFault(ladder: PriceLadder): BookFault | undefined {
  const first = ladder.first();
  const best = first === LEVEL_NONE ? 0 : ladder.priceAt(first);
  const bestSize = first === LEVEL_NONE ? 0 : ladder.levelSizeAt(first);
  if (best !== ladder.best || bestSize !== ladder.bestSize) return "wrong_best";
  let before = ladder.side === "buy" ? Infinity : -Infinity;
  for (let at = first; at !== LEVEL_NONE; at = ladder.after(at)) {
    const price = ladder.priceAt(at);
    const size = ladder.levelSizeAt(at);
    if (!Number.isSafeInteger(price) || !Number.isSafeInteger(size)) return "not_whole";
    if (size <= 0) return "empty_level";
    if (ladder.side === "buy" ? price >= before : price <= before) return "unsorted";
    before = price;
  }
  return undefined;
}
