/**
 * `FeedAudit`: a book that is believed is compared with one built afresh from a REST snapshot.
 *
 *   start -> deltas go to both books -> snapshot -> spliced beside -> same sequence -> top compared
 *
 * 1. The audited book is only read; the verdict is its owner's to act on.
 * 2. Both books are compared at the same sequence, so a snapshot that is ahead proves nothing
 *    early.
 * 3. An audit that finds no common sequence in time is given up, and is no break.
 * @module
 */
import type { InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import { OrderBook, type PriceLadder } from "@/engine/book/mod.ts";
import { type BookDelta, type BookSnapshot, SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import type { SequenceRule } from "@/engine/ports/mod.ts";
import { FeedHandler, type FeedLimits } from "./feed_handler.ts";

/** What an audit is built from. */
export interface FeedAuditOptions {
  readonly instrument: InstrumentIndex;
  /** The book in use. */
  readonly book: OrderBook;
  /** A rule of its own, with its own numbering. */
  readonly rule: SequenceRule;
  readonly limits: FeedLimits;
  /** Levels compared on each side. */
  readonly depth?: number;
}

/** `same`: agreed; `different`: the book in use is wrong; `pending`: not known yet. */
export type AuditVerdict = "idle" | "pending" | "same" | "different" | "given_up";

const DEPTH = 20;
const PATIENCE_MICROS = 10_000_000;

/** Audits one instrument's book, again and again. */
export class FeedAudit {
  readonly #options: FeedAuditOptions;
  readonly #fresh: OrderBook = new OrderBook();
  #feed: FeedHandler | undefined;
  #startedAt = 0 as Micros;
  done = 0;
  breaks = 0;

  constructor(options: FeedAuditOptions) {
    this.#options = options;
  }

  /** Whether a snapshot is waited for or being compared. */
  get isActive(): boolean {
    return this.#feed !== undefined;
  }

  /** Begins: the caller asks for a snapshot now and gives every delta from here on. */
  start(now: Micros): void {
    const { instrument, rule, limits } = this.#options;
    this.#fresh.clear();
    this.#feed = new FeedHandler({ instrument, rule, book: this.#fresh, limits });
    this.#startedAt = now;
  }

  /** Forgets an audit under way: the book in use was lost anyhow. */
  abandon(): void {
    this.#feed = undefined;
  }

  onSnapshot(event: BookSnapshot, now: Micros): void {
    this.#feed?.onSnapshot(event, now);
  }

  /** Takes a delta, after the book in use took it. */
  onDelta(event: BookDelta, now: Micros): AuditVerdict {
    const feed = this.#feed;
    if (feed === undefined) return "idle";
    feed.onDelta(event, now);
    if (now - this.#startedAt > PATIENCE_MICROS) {
      this.#feed = undefined;
      return "given_up";
    }
    const sequence = this.#options.book.sequence;
    if (feed.state !== "synchronised" || sequence === SEQUENCE_NONE) return "pending";
    if (this.#fresh.sequence !== sequence) return "pending";
    this.#feed = undefined;
    this.done++;
    if (this.#isSame()) return "same";
    this.breaks++;
    return "different";
  }

  #isSame(): boolean {
    const { book, depth } = this.#options;
    const count = depth ?? DEPTH;
    return isSameSide(book.bids, this.#fresh.bids, count) &&
      isSameSide(book.asks, this.#fresh.asks, count);
  }
}

function isSameSide(a: PriceLadder, b: PriceLadder, count: number): boolean {
  const prices = [new Float64Array(count), new Float64Array(count)] as const;
  const sizes = [new Float64Array(count), new Float64Array(count)] as const;
  const levels = a.readLevels(count, prices[0], sizes[0]);
  if (levels !== b.readLevels(count, prices[1], sizes[1])) return false;
  for (let index = 0; index < levels; index++) {
    if (prices[0][index] !== prices[1][index] || sizes[0][index] !== sizes[1][index]) return false;
  }
  return true;
}
