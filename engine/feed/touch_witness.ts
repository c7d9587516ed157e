/**
 * `TouchWitness`: the venue's own best-bid-ask stream as a second witness of a book.
 *
 *   agrees   the touch has price and size of both sides as the book has them: it is right
 *   ahead    the touch is newer by its sequence and says something else: the book has yet to come
 *   behind   the book did not come up to where the touch was, for longer than it is given
 *
 * 1. A touch without a sequence never finds a book behind; it may agree.
 * 2. A touch that is silent says nothing: the streams speak on change.
 * 3. `look` is asked as time passes, never for each message: watching costs the path nothing.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { OrderBook } from "@/engine/book/mod.ts";
import { type BestBidAsk, SEQUENCE_NONE } from "@/engine/messages/mod.ts";

/** What the venue's touch stream said last. */
export class TouchWitness {
  readonly #behindAfter: number;
  #sequence = SEQUENCE_NONE;
  #bid = 0;
  #bidSize = 0;
  #ask = 0;
  #askSize = 0;
  /** Where the book has to come to, since when; -1: nowhere. */
  #aheadSequence = SEQUENCE_NONE;
  #aheadSince = -1;

  /** A book may be behind for so many microseconds. */
  constructor(behindAfter: number) {
    this.#behindAfter = behindAfter;
  }

  /** The last touch; sequence -1 before the first. */
  get touch(): { sequence: number; bid: number; ask: number } {
    return { sequence: this.#sequence, bid: this.#bid, ask: this.#ask };
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Takes a touch. */
  note(event: BestBidAsk): void {
    this.#sequence = event.sequence;
    this.#bid = event.bid;
    this.#bidSize = event.bidSize;
    this.#ask = event.ask;
    this.#askSize = event.askSize;
    // A new numbering: what was waited for never comes.
    if (event.sequence < this.#aheadSequence) this.#forgetWait();
  }

  /** Whether price and size of both sides are as the book has them. */
  agrees(book: OrderBook): boolean {
    return this.#bid === book.bestBid && this.#bidSize === book.bestBidSize &&
      this.#ask === book.bestAsk && this.#askSize === book.bestAskSize;
  }

  /** Whether touch and book are of the same sequence and say different things. */
  contradicts(book: OrderBook): boolean {
    const { sequence } = book;
    return sequence !== SEQUENCE_NONE && this.#sequence === sequence && !this.agrees(book);
  }

  /** Time passed: whether the book has been behind for too long. */
  look(book: OrderBook, now: Micros): boolean {
    const isAhead = book.sequence !== SEQUENCE_NONE && this.#sequence > book.sequence &&
      !this.agrees(book);
    if (!isAhead) {
      this.#forgetWait();
    } else if (this.#aheadSince < 0 || book.sequence >= this.#aheadSequence) {
      this.#aheadSince = now;
      this.#aheadSequence = this.#sequence;
    }
    return this.isBehind(book, now);
  }

  /** Whether the book has still not come to where it was wanted when last looked at. */
  isBehind(book: OrderBook, now: Micros): boolean {
    return this.#aheadSince >= 0 && book.sequence < this.#aheadSequence &&
      now - this.#aheadSince > this.#behindAfter;
  }

  #forgetWait(): void {
    this.#aheadSince = -1;
    this.#aheadSequence = SEQUENCE_NONE;
  }
}
