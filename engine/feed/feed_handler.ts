/**
 * `FeedHandler`: keeps one instrument's book true: routes each event by feed state.
 *
 *   delta -> judged by the venue's rule -> book -> crossed? checksum? -> usable
 *                    | gap
 *                    v
 *            unusable first, then buffering, snapshot, splice
 *
 * 1. A delta reaches the book only in sequence, in steady state too.
 * 2. What makes the book wrong makes it unusable before the call returns, and empties it.
 * 3. After each call `changed`, `usableChanged` and `needsSnapshot` say what the owner has to do; a
 *    set `needsSnapshot` counts as asked: the next request waits for the back-off.
 * 4. By REST a book is usable only once the stream has said its id or joined it: a snapshot alone
 *    may be of a stream that is dead, or of a numbering that is over.
 * 5. A stream's snapshot replaces the book whenever it comes, unless it is older than the book.
 * 6. Silence is counted from the last word that confirmed the book: a delta or snapshot in
 *    sequence, a touch of the venue's own that agrees, or an audit.
 * @module
 */
import { assert, type Instrument, type InstrumentIndex, type Micros } from "@/engine/domain/mod.ts";
import type { OrderBook } from "@/engine/book/mod.ts";
import {
  type BestBidAsk,
  type BookDelta,
  type BookSnapshot,
  type FeedInterrupted,
} from "@/engine/messages/mod.ts";
import type { SequenceRule } from "@/engine/ports/mod.ts";
import { type ChecksumPolicy, ChecksumSampler } from "./checksum_sampler.ts";
import { DeltaBuffer } from "./delta_buffer.ts";
import { type FeedCounters, feedCounters } from "./feed_counters.ts";
import { type FeedState, moveFeed } from "./feed_state.ts";
import { SnapshotRetry } from "./snapshot_retry.ts";
import { TouchWitness } from "./touch_witness.ts";

/** Bounds of one feed. */
export interface FeedLimits {
  /** Deltas kept while waiting for a snapshot; beyond it everything starts anew. */
  readonly bufferMax: number;
  /** Silence after which nobody may quote on the book; `Infinity` switches the check off. */
  readonly staleAfterMs: number;
  /** How long the book may be behind a newer, other touch of the venue's own; absent: for ever. */
  readonly behindTouchMs?: number;
  /** Which messages' checksums are verified, where the venue gives any; absent: every one. */
  readonly checksum?: ChecksumPolicy;
  /** Shortest and longest pause between two snapshot requests. */
  readonly snapshotRetryMsMin: number;
  readonly snapshotRetryMsMax: number;
}

/** Bounds that serve where the owner has no wish. */
export const FEED_LIMITS_DEFAULT: FeedLimits = {
  bufferMax: 2_048,
  staleAfterMs: 5_000,
  snapshotRetryMsMin: 1_000,
  snapshotRetryMsMax: 30_000,
};

/** What a feed handler is built from. */
export interface FeedOptions {
  readonly instrument: InstrumentIndex;
  readonly rule: SequenceRule;
  readonly book: OrderBook;
  readonly limits?: FeedLimits;
  /** The venue publishes crossed books as a matter of course; default: what the rule says. */
  readonly mayCross?: boolean;
  /** Called after each message of a splice, the snapshot first: who prints every state sees
   * each. */
  readonly onApplied?: () => void;
  /** The instrument on its present grids, for the rule's checksum. */
  readonly instrumentNow?: () => Instrument;
  /** Compares a message's checksum with the book after it; default: the rule's own. */
  readonly isChecksumRight?: (book: OrderBook, checksum: number) => boolean;
}

/** Keeps one book true. */
export class FeedHandler {
  readonly instrument: InstrumentIndex;
  readonly book: OrderBook;
  readonly counters: FeedCounters = feedCounters();
  /** The book changed in the last call. */
  changed = false;
  /** `isUsable` changed in the last call. */
  usableChanged = false;
  /** The last call wants a snapshot (or a new subscription) to be asked for, for this reason. */
  needsSnapshot = false;
  reason = "";

  readonly #rule: SequenceRule;
  readonly #limits: FeedLimits;
  readonly #mayCross: boolean;
  readonly #isChecksumRight: ((book: OrderBook, checksum: number) => boolean) | undefined;
  readonly #checksums: ChecksumSampler;
  readonly #buffer: DeltaBuffer;
  readonly #onApplied: (() => void) | undefined;
  /** Of each buffered delta, while they are spliced. */
  readonly #isStale: boolean[] = [];
  readonly #retry: SnapshotRetry;
  readonly #staleAfter: number;
  #state: FeedState = "subscribing";
  #isUsable = false;
  /** A REST snapshot is in the book and waits for the stream to speak (invariant 4). */
  #awaitsStream = false;
  #wasSynchronised = false;
  #heardAt = 0;
  /** Until then no timer asks for a snapshot: the stream may speak first. */
  #patientUntil = 0;
  /** Above 0 from a lost connection until the stream is heard again; asked late, it is over. */
  #cutOffUntil = 0;
  #unusableMicros = 0;
  #unusableSince = -1;
  readonly #witness: TouchWitness;
  #isBehindTouch = false;

  constructor(options: FeedOptions) {
    this.instrument = options.instrument;
    this.book = options.book;
    this.#rule = options.rule;
    this.#limits = options.limits ?? FEED_LIMITS_DEFAULT;
    assert(this.#limits.staleAfterMs > 0, "A book may be silent for some time");
    this.#staleAfter = this.#limits.staleAfterMs * 1_000;
    this.#mayCross = options.mayCross ?? options.rule.mayCross ?? false;
    this.#checksums = new ChecksumSampler(this.#limits.checksum ?? "every");
    this.#isChecksumRight = options.isChecksumRight ?? checksumOf(options);
    this.#buffer = new DeltaBuffer(this.#limits.bufferMax);
    this.#onApplied = options.onApplied;
    this.#retry = new SnapshotRetry(
      this.#limits.snapshotRetryMsMin,
      this.#limits.snapshotRetryMsMax,
    );
    this.#witness = new TouchWitness((this.#limits.behindTouchMs ?? Infinity) * 1_000);
    this.#rule.reset();
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Whether its books come by the stream, unasked. */
  get isPushed(): boolean {
    return this.#rule.snapshotFrom === "stream";
  }

  /** Synchronised, fresh, and both sides are there: only then may one quote on the book. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /**
   * The last touch said by the venue's own stream, for cross-checks; sequence -1 before the first.
   */
  get streamTouch(): { sequence: number; bid: number; ask: number } {
    return this.#witness.touch;
  }

  /**
   * Milliseconds without a usable book since the first call, the first synchronisation included.
   */
  unusableMs(now: Micros): number {
    const open = this.#unusableSince < 0 ? 0 : now - this.#unusableSince;
    return (this.#unusableMicros + open) / 1_000;
  }

  /** Takes a snapshot, asked for or pushed. */
  onSnapshot(event: BookSnapshot, now: Micros): void {
    this.#begin(now);
    this.counters.messages++;
    if (this.#rule.snapshotFrom === "stream") this.#hearStream();
    // What was asked for while the stream is away will not hang together with its first delta.
    if (this.#rule.snapshotFrom === "stream") this.#replaceBook(event, now);
    else if (this.#isTrue() || this.#isCutOff(now)) this.counters.ignored++;
    else this.#splice(event, now);
    this.#end(now);
  }

  /** Takes a delta. */
  onDelta(event: BookDelta, now: Micros): void {
    this.#begin(now);
    this.counters.messages++;
    this.#hearStream();
    if (this.#isTrue() || this.#awaitsStream) this.#followOn(event, now);
    else if (this.#rule.snapshotFrom === "stream") this.#dropUntilSnapshot(now);
    else this.#keepForSplice(event, now);
    this.#end(now);
  }

  /** The connector knows that something was or may have been missed. */
  onInterrupted(event: FeedInterrupted, now: Micros): void {
    this.#begin(now);
    this.counters.interruptions++;
    if (this.#state !== "subscribing") this.#loseTrack();
    if (event.reason === "disconnected") {
      this.#cutOffUntil = now + this.#limits.snapshotRetryMsMax * 1_000;
    }
    // The stream starts anew by itself after these; a REST snapshot waits for its first delta.
    const comesByItself = event.reason === "disconnected" || this.#rule.snapshotFrom === "rest";
    if (comesByItself) this.#giveStreamTime(now);
    else this.#request(event.reason, now);
    this.#end(now);
  }

  /** The venue's market sockets are all open again. */
  onConnected(now: Micros): void {
    this.#begin(now);
    if (this.#isCutOff(now)) this.#giveStreamTime(now);
    this.#hearStream();
    this.#end(now);
  }

  /** Time passed. */
  onTimer(now: Micros): void {
    this.#begin(now);
    const isBehind = this.#isTrue() && this.#witness.look(this.book, now);
    this.#isBehindTouch = isBehind;
    if (this.#state === "synchronised") {
      const isSilent = now - this.#heardAt > this.#staleAfter;
      if (isSilent || isBehind) this.#state = moveFeed(this.#state, "silent");
      if (isSilent) this.counters.silences++;
      else if (isBehind) this.counters.behindTouch++;
    } else if (this.#state !== "silent" && !this.#awaitsStream && this.#isLate(now)) {
      this.#request("no snapshot yet", now);
    }
    this.#end(now);
  }

  /** Remembers what the venue's own stream says of the touch; the book is not altered. */
  onBestBidAsk(event: BestBidAsk, now: Micros): void {
    this.#begin(now);
    this.#witness.note(event);
    if (this.#isTrue()) {
      if (this.#witness.agrees(this.book)) this.#becomeTrue(now);
      else if (this.#state === "synchronised") this.#compareTouch();
    }
    this.#end(now);
  }

  /** Somebody found the book to be as the venue has it now: silence counts from here. */
  confirm(now: Micros): void {
    this.#begin(now);
    if (this.#isTrue()) this.#becomeTrue(now);
    this.#end(now);
  }

  /** Whether the book was behind the venue's own touch for too long, when last looked at. */
  get isBehindTouch(): boolean {
    return this.#isBehindTouch;
  }

  /** How long nothing confirmed the book, in microseconds. */
  silence(now: Micros): number {
    return now - this.#heardAt;
  }

  #isTrue(): boolean {
    return this.#state === "synchronised" || this.#state === "silent";
  }

  #begin(now: Micros): void {
    this.changed = false;
    this.usableChanged = false;
    this.needsSnapshot = false;
    if (this.#unusableSince < 0 && !this.#isUsable) {
      this.#unusableSince = now;
      this.#giveStreamTime(now);
    }
  }

  #end(now: Micros): void {
    const usable = this.#state === "synchronised" && this.book.isTwoSided;
    if (usable === this.#isUsable) return;
    this.#isUsable = usable;
    this.usableChanged = true;
    if (usable) {
      this.#unusableMicros += now - this.#unusableSince;
      this.#unusableSince = -1;
    } else {
      this.#unusableSince = now;
    }
  }

  /** Whether the connection is gone and nothing came of the stream since. */
  #isCutOff(now: Micros): boolean {
    return now < this.#cutOffUntil;
  }

  #isLate(now: Micros): boolean {
    return now >= this.#patientUntil && !this.#isCutOff(now);
  }

  /** The stream is there: after an outage the book may be asked for at once. */
  #hearStream(): void {
    if (this.#cutOffUntil === 0) return;
    this.#cutOffUntil = 0;
    this.#retry.renew();
  }

  #giveStreamTime(now: Micros): void {
    this.#patientUntil = now + this.#limits.snapshotRetryMsMin * 1_000;
  }

  /** Steady state: the delta is next, or old, or the book is wrong from here. */
  #followOn(event: BookDelta, now: Micros): void {
    const verdict = this.#rule.judge(event);
    if (verdict === "stale") {
      this.counters.ignored++;
      if (this.#awaitsStream && event.sequence === this.book.sequence) this.#becomeTrue(now);
      return;
    }
    if (verdict === "gap") {
      this.counters.gaps++;
      this.#loseTrack();
      if (this.#rule.snapshotFrom === "rest") return this.#keepForSplice(event, now);
      this.counters.ignored++;
      return this.#request("gap", now);
    }
    this.book.applyDelta(event);
    this.counters.applied++;
    this.changed = true;
    if (!this.#isSound(event.checksum)) {
      this.#loseTrack();
      this.#request(this.reason, now);
      return;
    }
    this.#becomeTrue(now);
    if (this.#witness.sequence === event.sequence) this.#compareTouch();
  }

  /** After a loss on a pushed stream only its next snapshot helps. */
  #dropUntilSnapshot(now: Micros): void {
    this.counters.ignored++;
    this.#request("no snapshot yet", now);
  }

  #keepForSplice(event: BookDelta, now: Micros): void {
    if (this.#state !== "buffering") this.#state = moveFeed(this.#state, "buffering");
    if (!this.#buffer.offer(event)) {
      this.counters.bufferOverflows++;
      this.counters.ignored += this.#buffer.count;
      this.#buffer.clear();
      this.#buffer.offer(event);
    }
    this.#request(this.counters.gaps > 0 ? "gap" : "first snapshot", now);
  }

  #replaceBook(event: BookSnapshot, now: Micros): void {
    if (this.#isTrue() && this.#rule.isOldSnapshot?.(event) === true) {
      this.counters.ignored++;
      return;
    }
    this.#rule.reset();
    this.#rule.onSnapshot(event);
    this.#takeSnapshot(event);
    if (this.#isSound(event.checksum)) {
      this.#becomeTrue(now);
    } else {
      this.#loseTrack();
      this.#request(this.reason, now);
    }
  }

  /** Puts a REST snapshot under the buffered deltas. */
  #splice(event: BookSnapshot, now: Micros): void {
    if (!this.#rule.isSnapshotRecent(event, this.#buffer.firstSequence)) {
      this.counters.ignored++;
      this.#request("snapshot too old", now);
      return;
    }
    this.#rule.reset();
    this.#rule.onSnapshot(event);
    this.#takeSnapshot(event);
    if (!this.#isSound(event.checksum)) {
      this.#loseTrack();
      this.#request(this.reason, now);
      return;
    }
    this.#awaitsStream = true;
    if (!this.#judgeBuffered(now)) return;
    const buffered = this.#buffer.count;
    if (this.#isJoined(event.sequence)) this.#becomeTrue(now);
    this.#onApplied?.();
    for (let i = 0; i < buffered; i++) {
      if (this.#isStale[i]) continue;
      const delta = this.#buffer.at(i);
      this.book.applyDelta(delta);
      this.counters.applied++;
      if (!this.#isSound(delta.checksum)) return this.#restartFrom(i + 1, this.reason, now);
      this.#onApplied?.();
    }
    this.#buffer.release();
  }

  /** Judges all buffered deltas against the snapshot before one is applied; false: they do not hang
   * together, and another snapshot is waited for. */
  #judgeBuffered(now: Micros): boolean {
    const buffered = this.#buffer.count;
    for (let i = 0; i < buffered; i++) {
      const verdict = this.#rule.judge(this.#buffer.at(i));
      if (verdict === "gap") {
        this.#restartFrom(i, "gap", now);
        return false;
      }
      this.#isStale[i] = verdict === "stale";
      if (verdict === "stale") this.counters.ignored++;
    }
    return true;
  }

  /** Whether a buffered delta said the snapshot's id or what comes after it. */
  #isJoined(sequence: number): boolean {
    for (let i = this.#buffer.count - 1; i >= 0; i--) {
      if (!this.#isStale[i] || this.#buffer.at(i).sequence === sequence) return true;
    }
    return false;
  }

  /** The buffered deltas do not hang together: those from `index` on wait for another snapshot. */
  #restartFrom(index: number, reason: string, now: Micros): void {
    if (reason === "gap") this.counters.gaps++;
    this.#buffer.dropFirst(index);
    if (this.#state === "synchronised") {
      this.#state = moveFeed(moveFeed(this.#state, "gapped"), "buffering");
    }
    this.#forgetBook();
    this.#request(reason, now);
  }

  #takeSnapshot(event: BookSnapshot): void {
    this.book.applySnapshot(event);
    this.#checksums.demand();
    this.counters.applied++;
    this.changed = true;
  }

  /** Whether the book may be believed after a message; `reason` says why not. */
  #isSound(checksum: number | undefined): boolean {
    this.reason = "";
    if (!this.#mayCross && this.book.isCrossed) {
      this.counters.crossed++;
      this.reason = "crossed";
      return false;
    }
    if (checksum === undefined || this.#isChecksumRight === undefined) {
      this.#checksums.pass();
      return true;
    }
    if (!this.#checksums.isDue()) return true;
    if (this.#isChecksumRight(this.book, checksum)) return true;
    this.counters.checksumFailures++;
    this.reason = "checksum";
    return false;
  }

  #becomeTrue(now: Micros): void {
    this.#heardAt = now;
    if (this.#state === "synchronised") return;
    if (this.#state === "silent" && this.#witness.isBehind(this.book, now)) return;
    const isRecovery = this.#state !== "silent";
    this.#state = moveFeed(this.#state, "synchronised");
    this.#awaitsStream = false;
    if (!isRecovery) return;
    if (this.#wasSynchronised) this.counters.resyncs++;
    this.#wasSynchronised = true;
    this.#retry.settle(now);
  }

  /** The book is wrong from here: nobody may read it, and its numbering is void. */
  #loseTrack(): void {
    if (this.#state !== "gapped") this.#state = moveFeed(this.#state, "gapped");
    this.counters.ignored += this.#buffer.count;
    this.#buffer.clear();
    this.#forgetBook();
  }

  #forgetBook(): void {
    this.#awaitsStream = false;
    this.#rule.reset();
    this.book.clear();
    this.changed = true;
  }

  #request(reason: string, now: Micros): void {
    if (!this.#retry.tryRequest(now)) return;
    this.needsSnapshot = true;
    this.reason = reason;
    this.counters.snapshotRequests++;
  }

  #compareTouch(): void {
    if (this.#witness.contradicts(this.book)) this.counters.touchDisagreements++;
  }
}

/** The rule's own comparison, where there is one and the grids are known. */
function checksumOf({ rule, instrumentNow }: FeedOptions): FeedOptions["isChecksumRight"] {
  if (rule.isChecksumRight === undefined || instrumentNow === undefined) return undefined;
  return (book, checksum) => rule.isChecksumRight!(book, checksum, instrumentNow());
}
