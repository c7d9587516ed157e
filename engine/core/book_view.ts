/**
 * One instrument's book as strategies and risk may see it.
 * @module
 */
import type { OrderBook } from "@/engine/book/mod.ts";
import type { Micros, Price, Side, Size } from "@/engine/domain/mod.ts";
import type { FeedHandler } from "@/engine/feed/mod.ts";
import type { BookView } from "@/engine/ports/mod.ts";

/** A live window on a book; holds nothing of its own. */
export class SlotBookView implements BookView {
  readonly #book: OrderBook;
  readonly #feed: FeedHandler;

  constructor(book: OrderBook, feed: FeedHandler) {
    this.#book = book;
    this.#feed = feed;
  }

  get usable(): boolean {
    const book = this.#book;
    return this.#feed.isUsable && book.bestBid > 0 && book.bestAsk > 0 &&
      book.bestBid < book.bestAsk;
  }

  get bidPrice(): Price {
    return this.#book.bestBid as Price;
  }

  get bidSize(): Size {
    return this.#book.bestBidSize as Size;
  }

  get askPrice(): Price {
    return this.#book.bestAsk as Price;
  }

  get askSize(): Size {
    return this.#book.bestAskSize as Size;
  }

  get updatedAt(): Micros {
    return this.#book.updatedAt;
  }

  get sequence(): number {
    return this.#book.sequence;
  }

  readLevels(side: Side, count: number, prices: Float64Array, sizes: Float64Array): number {
    return this.#book.ladder(side).readLevels(count, prices, sizes);
  }
}
