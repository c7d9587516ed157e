/**
 * `LineMerge`: the same streams heard on several connections become one: first arrival wins.
 *
 *   line A  1 2 3   5 6     --+                    delivered: 1 2 3 4 5 6, each once
 *   line B    1 2 3 4 5 6   --+--> by instrument   5 of A waits until 4 comes from B
 *
 * Books, by the venue's sequence, which must be common to all connections:
 * 1. The line that delivered last leads an instrument. What continues its chain is delivered,
 *    whoever says it, and makes its line the leader; what is old is dropped.
 * 2. What is ahead waits (bounded, half a second at most) while another line may fill the hole. If
 *    none does, it is delivered as it is: the venue's rule then finds the gap, as on one line.
 * 3. With one line everything passes: a merge of one is no filter, but for trades.
 * 4. A snapshot passes when the book is broken (nothing was delivered yet, a snapshot was asked
 *    for, an interruption or a hole was told), and else only where snapshots are pushed by the
 *    stream and when it comes from the leader or is newer. A line that subscribes anew therefore
 *    never disturbs a book that another line keeps true.
 * 5. Sequences that go back, with a venue time more than a second later, are a new numbering (or a
 *    line that numbers for itself): once the leader is gone or has said nothing for a second, the
 *    feed is told to begin anew.
 * 6. An interruption passes only when no other open line has spoken for the instrument, or when
 *    each of them refused a frame of it.
 *
 * Books numbered by the connection itself (`numbering: "connection"`): the leader is followed,
 * others stand by. Whoever keeps the whole book beside takes over from a leader that is lost;
 * where none does the interruption passes, and the next snapshot leads.
 *
 * Trades by the venue's id, with a bounded memory; the rest by sequence, else by venue time, else
 * of one line for as long as it speaks.
 * @module
 */
import { assert, type InstrumentIndex, type Micros } from "@/engine/domain/mod.ts";
import {
  type BookDelta,
  type BookSnapshot,
  type EngineEvent,
  type FeedInterruption,
  SEQUENCE_NONE,
  type Trade,
} from "@/engine/messages/mod.ts";
import type { Scheduler, TimerId } from "@/engine/ports/mod.ts";
import { tradeKeyOf, TradeScratch } from "@/exchanges/shared/mod.ts";
import { isOld, isRestart, MergedBook, type Newest, NOBODY, SOURCES_MAX } from "./_merged_book.ts";

/**
 * How deltas follow one another: `contiguous`: the first id is at most one after the last one;
 * `chained`: each names its predecessor; `connection`: numbers mean nothing elsewhere.
 */
export type BookNumbering = "contiguous" | "chained" | "connection";

/** A book that is kept beside the one that is followed. */
export interface Standby {
  readonly source: number;
  readonly snapshot: BookSnapshot;
}

/** What a merge is built with. */
export interface MergeOptions {
  readonly numbering: BookNumbering;
  /** Snapshots are pushed by the stream and may replace a book at any time. */
  readonly takesSnapshots: boolean;
  readonly scheduler: Scheduler;
  /** The whole book that another connection than `source` keeps; absent: none keeps one. */
  readonly standby?: (source: number, instrument: InstrumentIndex) => Standby | undefined;
  /** Where events go, each once. */
  readonly deliver: (event: EngineEvent) => void;
}

const HOLD_MS = 500;

/** Copies of one stream, merged. */
export class LineMerge {
  /** Copies of what another line had said already. */
  repeats = 0;
  /** Deltas that waited until another line filled the hole before them. */
  filled = 0;
  readonly #options: MergeOptions;
  readonly #books: (MergedBook | undefined)[] = [];
  /** A bit for each open connection, and for those of them that are being replaced. */
  #open = 0;
  #retiring = 0;
  #timer: TimerId | undefined = undefined;

  constructor(options: MergeOptions) {
    this.#options = options;
  }

  /** A connection opened; its number, until it is closed. */
  open(): number {
    let source = 0;
    while ((this.#open & (1 << source)) !== 0) source++;
    assert(source < SOURCES_MAX, "A stream has more connections than lines");
    for (const book of this.#books) {
      if (this.#open === 0) book?.lose();
      book?.forget(source);
    }
    this.#open |= 1 << source;
    this.#retiring &= ~(1 << source);
    return source;
  }

  /** A connection is being replaced: it still delivers, but another's first snapshot may lead. */
  retire(source: number): void {
    this.#retiring |= 1 << source;
  }

  /** A connection delivers no more. Interruptions are told apart, by `interrupt`. */
  close(source: number): void {
    this.#open &= ~(1 << source);
    for (const book of this.#books) {
      if (book === undefined) continue;
      book.leave(source);
      if (book.heldCount > 0) this.#settle(book);
    }
  }

  /** Forgets all waiting. */
  stop(): void {
    if (this.#timer !== undefined) this.#options.scheduler.cancel(this.#timer);
    this.#timer = undefined;
    for (const book of this.#books) if (book !== undefined) book.heldCount = 0;
  }

  /** The book of an instrument is wrong or was asked for: the next snapshot passes. */
  expectSnapshot(instrument: InstrumentIndex): void {
    this.#bookOf(instrument).isBroken = true;
  }

  /**
   * A connection lost an instrument's book: whether another one is followed, or is from now on,
   * because it kept the whole book beside.
   */
  handOver(source: number, instrument: InstrumentIndex): boolean {
    const book = this.#bookOf(instrument);
    if (this.#standsIn(book, source)) return true;
    const other = this.#options.standby?.(source, instrument);
    if (other === undefined) return false;
    book.isBroken = true;
    this.take(other.source, other.snapshot);
    return true;
  }

  /** An instrument counts on other grids: what waits was counted on the old ones. */
  regrid(instrument: InstrumentIndex): void {
    this.#bookOf(instrument).heldCount = 0;
  }

  /** What one connection said of an instrument can no longer be believed. */
  interrupt(
    source: number,
    instrument: InstrumentIndex,
    reason: FeedInterruption,
    at: Micros,
  ): void {
    const book = this.#bookOf(instrument);
    const isCommon = reason === "refused_frame" && this.#isRefusedByAll(book, source);
    if (!isCommon && this.handOver(source, instrument)) return;
    book.lose();
    this.#options.deliver({ kind: "feed_interrupted", instrument, at, reason });
  }

  /** Takes what a connection said; delivers it, drops it, or keeps it until its turn. */
  take(source: number, event: EngineEvent): void {
    switch (event.kind) {
      case "book_delta":
        return this.#onDelta(source, event);
      case "book_snapshot":
        return this.#onSnapshot(source, event);
      case "trade":
        if (this.#isNewTrade(event)) return this.#pass(event);
        this.repeats++;
        return;
      case "best_bid_ask": {
        const { touch } = this.#bookOf(event.instrument);
        return this.#passNews(touch, source, event.sequence, event.venueAt, event);
      }
      case "mark_price": {
        const { mark } = this.#bookOf(event.instrument);
        return this.#passNews(mark, source, SEQUENCE_NONE, event.venueAt, event);
      }
      case "funding": {
        const { funding } = this.#bookOf(event.instrument);
        return this.#passNews(funding, source, SEQUENCE_NONE, event.venueAt, event);
      }
      case "instrument_status": {
        const { status } = this.#bookOf(event.instrument);
        return this.#passNews(status, source, SEQUENCE_NONE, event.venueAt, event);
      }
      case "feed_interrupted":
        return this.interrupt(source, event.instrument, event.reason, event.at);
      default:
        return this.#pass(event);
    }
  }

  /** A trade without an id is never told from another. */
  #isNewTrade(trade: Trade): boolean {
    const key = keyOf(trade);
    return key < 0 || this.#bookOf(trade.instrument).trades.add(key);
  }

  #pass(event: EngineEvent): void {
    this.#options.deliver(event);
  }

  #passNews(
    newest: Newest,
    source: number,
    sequence: number,
    venueAt: number,
    event: EngineEvent,
  ): void {
    if (newest.isNews(source, sequence, venueAt, event.at)) return this.#pass(event);
    this.repeats++;
  }

  #bookOf(instrument: InstrumentIndex): MergedBook {
    return this.#books[instrument] ??= new MergedBook();
  }

  /** Whether another line keeps the book true. */
  #standsIn(book: MergedBook, source: number): boolean {
    if (this.#options.numbering === "connection") {
      return book.leader !== NOBODY && book.leader !== source;
    }
    return (this.#open & book.spoken & ~(1 << source)) !== 0;
  }

  /** What every line refuses is no line's fault: the instrument's grids may have changed. */
  #isRefusedByAll(book: MergedBook, source: number): boolean {
    book.refused |= 1 << source;
    return (this.#open & book.spoken & ~book.refused) === 0;
  }

  #onSnapshot(source: number, snapshot: BookSnapshot): void {
    const book = this.#bookOf(snapshot.instrument);
    book.hear(source, snapshot.sequence);
    if (!this.#isWanted(book, source, snapshot)) {
      this.repeats++;
      return;
    }
    book.isBroken = false;
    // A book that is spliced under deltas delivered before does not take the chain back.
    const isUnder = !this.#options.takesSnapshots && snapshot.sequence < book.last;
    book.follow(source, isUnder ? book.last : snapshot.sequence, snapshot.venueAt);
    this.#pass(snapshot);
    if (book.heldCount > 0) this.#settle(book);
  }

  #isWanted(book: MergedBook, source: number, snapshot: BookSnapshot): boolean {
    if (book.isBroken || book.leader === NOBODY && book.last === SEQUENCE_NONE) return true;
    if (!this.#options.takesSnapshots) return false;
    if (source === book.leader) return true;
    if (this.#options.numbering === "connection") {
      return book.leader === NOBODY || (this.#retiring & (1 << book.leader)) !== 0;
    }
    if (snapshot.sequence === SEQUENCE_NONE) return snapshot.venueAt > book.lastAt;
    return isRestart(book, snapshot.venueAt)
      ? snapshot.sequence !== book.last
      : snapshot.sequence > book.last;
  }

  #onDelta(source: number, delta: BookDelta): void {
    const book = this.#bookOf(delta.instrument);
    const heard = book.seen[source]!;
    book.hear(source, delta.sequence);
    if (this.#options.numbering === "connection") {
      if (book.leader !== source && book.leader !== NOBODY) this.repeats++;
      else this.#passDelta(book, source, delta);
      return;
    }
    const isNext = book.last === SEQUENCE_NONE || this.#isNext(book, source, delta, heard);
    if (!isNext && isOld(book, delta, heard, source)) {
      this.repeats++;
      return;
    }
    if (source !== book.leader && !isNext && delta.sequence <= book.last) {
      return this.#onOtherNumbering(book, source, delta);
    }
    // A leader that repeats itself is for the venue's rule to judge.
    const isRepeat = delta.sequence <= book.last;
    if (isNext || isRepeat || !this.#mayBeFilled(book, source, delta.sequence)) {
      if (!isNext && !isRepeat) book.isBroken = true;
      this.#passDelta(book, source, delta);
    } else if (book.hold(source, delta)) {
      this.#watchHeld();
    }
    if (book.heldCount > 0) this.#settle(book);
  }

  /** Invariant 5. */
  #onOtherNumbering(book: MergedBook, source: number, delta: BookDelta): void {
    if (book.leader !== NOBODY && !book.suspects(delta.at)) {
      this.repeats++;
      return;
    }
    const { instrument, at } = delta;
    book.lose();
    this.#pass({ kind: "feed_interrupted", instrument, at, reason: "venue_reset" });
    this.#passDelta(book, source, delta);
  }

  #passDelta(book: MergedBook, source: number, delta: BookDelta): void {
    book.follow(source, delta.sequence, delta.venueAt);
    this.#pass(delta);
  }

  /** What a line said in a whole book that was dropped is not said by an empty delta after it. */
  #isNext(book: MergedBook, source: number, delta: BookDelta, heard: number): boolean {
    if (!this.#joins(delta, book.last)) return false;
    return this.#options.numbering === "chained" || source === book.leader ||
      delta.sequence > heard;
  }

  /** Whether a delta continues the chain that stands at `last`. */
  #joins(delta: BookDelta, last: number): boolean {
    if (this.#options.numbering === "chained") return delta.previousSequence === last;
    return delta.firstSequence <= last + 1 && delta.sequence > last;
  }

  /** Whether another open line has yet to say what comes before `sequence`. */
  #mayBeFilled(book: MergedBook, source: number, sequence: number): boolean {
    const others = this.#open & book.spoken & ~(1 << source);
    for (let other = 0; other < SOURCES_MAX; other++) {
      if ((others & (1 << other)) !== 0 && book.seen[other]! < sequence) return true;
    }
    return false;
  }

  /** Delivers what waited and is next; all of it once nobody may fill the hole. */
  #settle(book: MergedBook): void {
    for (let first = book.firstHeld; first !== undefined; first = book.firstHeld) {
      if (this.#joins(first, book.last)) this.filled++;
      else if (first.sequence <= book.last) {
        this.repeats++;
        book.dropHeld();
        continue;
      } else if (this.#mayBeFilled(book, first.source, first.sequence)) return;
      else book.isBroken = true;
      // Dropped before the delivery: what comes of that must not find it here.
      book.dropHeld();
      this.#passDelta(book, first.source, first);
    }
  }

  #watchHeld(): void {
    this.#timer ??= this.#options.scheduler.after(HOLD_MS, () => {
      this.#timer = undefined;
      let isWaiting = false;
      for (const book of this.#books) {
        if (book === undefined || book.heldCount === 0) continue;
        isWaiting = this.#endWaiting(book) || isWaiting;
      }
      if (isWaiting) this.#watchHeld();
    });
  }

  /** Whether a book goes on waiting: only as long as something is delivered meanwhile. */
  #endWaiting(book: MergedBook): boolean {
    const hasMoved = book.last !== book.lastWatched;
    book.lastWatched = book.last;
    if (hasMoved) return true;
    for (let first = book.firstHeld; first !== undefined; first = book.firstHeld) {
      if (!this.#joins(first, book.last)) book.isBroken = true;
      book.dropHeld();
      this.#passDelta(book, first.source, first);
    }
    return false;
  }
}

function keyOf(trade: Trade): number {
  return trade instanceof TradeScratch ? trade.tradeKey : tradeKeyOf(trade.tradeId);
}
