/**
 * One coin's book kept fresh between its snapshots: the newer of `l2Book` and `bbo` decides the
 * top.
 *
 *   snapshot --- newer touch? ---> levels better than the touch go, the touch's level stands first
 *   touch    --- on the last snapshot, the same way
 *
 * 1. A touch of an older block than the snapshot changes nothing; nor does any touch without one.
 * 2. Levels behind the touch are those of the snapshot until the next.
 * 3. The book handed out is this object's own, valid during the call.
 *
 * Source: the sheet's recommendation; each `l2Book` message replaces the book (venue
 * documentation "Subscriptions").
 * @module
 */
import { type Micros, MICROS_UNKNOWN } from "@/engine/domain/mod.ts";
import type { BestBidAsk, BookSnapshot, Levels } from "@/engine/messages/mod.ts";
import { SnapshotScratch } from "@/exchanges/shared/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";

/** The last book and touch of one coin. */
export class TopMerge {
  readonly #book = new SnapshotScratch();
  #hasBook = false;
  #touchAt: Micros = MICROS_UNKNOWN;
  #bid = 0;
  #bidSize = 0;
  #ask = 0;
  #askSize = 0;

  /** Forgets the book, not the touch: the next snapshot may be older than that. */
  loseBook(): void {
    this.#hasBook = false;
  }

  /** Forgets everything: another connection, other grids. */
  forget(): void {
    this.#hasBook = false;
    this.#touchAt = MICROS_UNKNOWN;
  }

  /** Takes a snapshot; the book as it is now. */
  onBook(snapshot: BookSnapshot): BookSnapshot {
    const book = this.#book.begin(snapshot.instrument, snapshot.at);
    book.venueAt = snapshot.venueAt;
    book.sequence = snapshot.sequence;
    book.bids.copyFrom(snapshot.bids);
    book.asks.copyFrom(snapshot.asks);
    this.#hasBook = true;
    if (this.#touchAt > snapshot.venueAt) this.#apply();
    return book;
  }

  /** Takes a touch; the book with it, or undefined when it changes none. */
  onTouch(touch: BestBidAsk): BookSnapshot | undefined {
    if (touch.venueAt < this.#touchAt) return undefined;
    this.#touchAt = touch.venueAt;
    this.#bid = touch.bid;
    this.#bidSize = touch.bidSize;
    this.#ask = touch.ask;
    this.#askSize = touch.askSize;
    const book = this.#book;
    if (!this.#hasBook || touch.venueAt < book.venueAt) return undefined;
    book.at = touch.at;
    this.#apply();
    return book;
  }

  #apply(): void {
    const book = this.#book;
    book.venueAt = this.#touchAt;
    setTop(book.bids, this.#bid, this.#bidSize, 1);
    setTop(book.asks, this.#ask, this.#askSize, -1);
  }
}

/** Makes `price` the best level of a side; `sign` is 1 where higher is better. */
function setTop(side: LevelBuffer, price: number, size: number, sign: 1 | -1): void {
  if (size === 0) return side.clear();
  const better = countBetter(side, price, sign);
  const isThere = better < side.count && side.prices[better] === price;
  const kept = isThere ? better + 1 : better;
  // One place for the touch, then what was behind it.
  const rest = side.count - kept;
  if (kept === 0) side.push(0, 0);
  side.prices.copyWithin(1, kept, kept + rest);
  side.sizes.copyWithin(1, kept, kept + rest);
  side.prices[0] = price;
  side.sizes[0] = size;
  side.count = rest + 1;
}

function countBetter(side: Levels, price: number, sign: 1 | -1): number {
  let count = 0;
  while (count < side.count && (side.prices[count]! - price) * sign > 0) count++;
  return count;
}
