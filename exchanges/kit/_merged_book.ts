/**
 * What a `LineMerge` remembers of one instrument: what was delivered and by whom, what each
 * connection said last, and copies of what waits for its turn.
 * @module
 */
import type { InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import { type BookDelta, LevelBuffer, SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import { isFormerNumbering, isNewNumbering } from "./numbering.ts";
import { RecentKeys } from "./recent_keys.ts";

/** Connections at a time: two lines, each of which may be rotating. */
export const SOURCES_MAX = 4;
/** No connection. */
export const NOBODY = -1;
const HELD_MAX = 64;
const LEVELS_EXPECTED = 16;
/** A line that says nothing of a stream for so long gives way to another one. */
const SPEAKS_MICROS = 5_000_000;

/** What was delivered of one instrument, and by whom. */
export class MergedBook {
  /** Who delivered last; `NOBODY` when that connection is gone or nothing was delivered. */
  leader = NOBODY;
  last = SEQUENCE_NONE;
  lastAt = 0;
  lastWatched = SEQUENCE_NONE;
  isBroken = true;
  /** When another line first went on in another numbering; 0: not since the last delivery. */
  suspectAt = 0;
  /** A bit for each connection that said something of the book. */
  spoken = 0;
  /** A bit for each connection of which a frame was refused since the last interruption. */
  refused = 0;
  /** The last sequence that each connection said. */
  readonly seen = new Float64Array(SOURCES_MAX).fill(SEQUENCE_NONE);
  readonly trades = new RecentKeys();
  readonly touch = new Newest();
  readonly mark = new Newest();
  readonly funding = new Newest();
  readonly status = new Newest();
  heldCount = 0;
  readonly #newest = [this.touch, this.mark, this.funding, this.status];
  readonly #held: HeldDelta[] = [];

  /** The oldest delta that waits. */
  get firstHeld(): HeldDelta | undefined {
    return this.heldCount === 0 ? undefined : this.#held[0];
  }

  hear(source: number, sequence: number): void {
    this.spoken |= 1 << source;
    this.seen[source] = sequence;
  }

  follow(source: number, sequence: number, venueAt: number): void {
    this.leader = source;
    this.last = sequence;
    this.suspectAt = 0;
    if (venueAt > 0) this.lastAt = venueAt;
  }

  /** Whether another numbering goes on for so long that it is not the leader's being late. */
  suspects(at: number): boolean {
    if (this.suspectAt === 0) this.suspectAt = at;
    return isNewNumbering(this.suspectAt, at);
  }

  /** A number is given to another connection. */
  forget(source: number): void {
    this.spoken &= ~(1 << source);
    this.refused &= ~(1 << source);
    this.seen[source] = SEQUENCE_NONE;
  }

  leave(source: number): void {
    this.spoken &= ~(1 << source);
    if (this.leader === source) this.leader = NOBODY;
    for (const newest of this.#newest) newest.leave(source);
  }

  /** Nothing that was delivered counts any more. */
  lose(): void {
    this.leader = NOBODY;
    this.last = SEQUENCE_NONE;
    this.lastAt = 0;
    this.isBroken = true;
    this.refused = 0;
    this.heldCount = 0;
    for (const newest of this.#newest) newest.forget();
  }

  /** Keeps a copy until its turn; false when it is kept already or there is no room. */
  hold(source: number, delta: BookDelta): boolean {
    const count = this.heldCount;
    if (count === 0) this.lastWatched = this.last;
    if (count === HELD_MAX) return false;
    if (count > 0 && this.#held[count - 1]!.sequence >= delta.sequence) return false;
    const copy = this.#held[count] ??= new HeldDelta();
    copy.copyFrom(source, delta);
    this.heldCount = count + 1;
    return true;
  }

  dropHeld(): void {
    this.#held.push(...this.#held.splice(0, 1));
    this.heldCount--;
  }
}

/** The newest of a stream whose messages each stand alone. */
export class Newest {
  #source = NOBODY;
  #sequence = SEQUENCE_NONE;
  #at = 0;
  #receivedAt = 0;

  /** One connection's order is trusted; another's message has to be later. */
  isNews(source: number, sequence: number, at: number, receivedAt: number): boolean {
    if (source !== this.#source && !this.#isLater(sequence, at, receivedAt)) return false;
    this.#source = source;
    this.#sequence = sequence;
    this.#at = at;
    this.#receivedAt = receivedAt;
    return true;
  }

  leave(source: number): void {
    if (this.#source === source) this.#source = NOBODY;
  }

  forget(): void {
    this.#source = NOBODY;
    this.#sequence = SEQUENCE_NONE;
    this.#at = 0;
  }

  #isLater(sequence: number, at: number, receivedAt: number): boolean {
    if (sequence >= 0 && this.#sequence >= 0) {
      return sequence > this.#sequence || isNewNumbering(this.#at, at);
    }
    if (at > 0 && this.#at > 0) return at > this.#at;
    return this.#source === NOBODY || receivedAt - this.#receivedAt > SPEAKS_MICROS;
  }
}

/** A delta's own copy. */
export class HeldDelta implements BookDelta {
  readonly kind = "book_delta";
  source = NOBODY;
  instrument!: InstrumentIndex;
  at!: Micros;
  venueAt!: Micros;
  firstSequence = SEQUENCE_NONE;
  sequence = SEQUENCE_NONE;
  previousSequence = SEQUENCE_NONE;
  readonly bids = new LevelBuffer(LEVELS_EXPECTED);
  readonly asks = new LevelBuffer(LEVELS_EXPECTED);
  checksum: number | undefined = undefined;

  copyFrom(source: number, delta: BookDelta): void {
    this.source = source;
    this.instrument = delta.instrument;
    this.at = delta.at;
    this.venueAt = delta.venueAt;
    this.firstSequence = delta.firstSequence;
    this.sequence = delta.sequence;
    this.previousSequence = delta.previousSequence;
    this.bids.copyFrom(delta.bids);
    this.asks.copyFrom(delta.asks);
    this.checksum = delta.checksum;
  }
}

/** Whether something is later than the book by more than two connections may differ. */
export function isRestart(book: MergedBook, venueAt: number): boolean {
  return isNewNumbering(book.lastAt, venueAt);
}

/** Whether another line than the leader says what was delivered, or what it said before. */
export function isOld(book: MergedBook, delta: BookDelta, heard: number, source: number): boolean {
  if (source === book.leader) return false;
  if (delta.sequence <= book.last || delta.sequence <= heard) {
    return !isRestart(book, delta.venueAt);
  }
  // Of a numbering before the one that stands.
  return isFormerNumbering(book.lastAt, delta.venueAt);
}
