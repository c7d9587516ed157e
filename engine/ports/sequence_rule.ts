/**
 * `SequenceRule`: is this delta next, stale, or after a gap? Each venue answers in its own way.
 *
 * One object per instrument; it remembers where the book stands. The feed handler calls `reset`
 * when the book is unusable, `onSnapshot` when a snapshot is taken, then `judge` on every delta,
 * in steady state too.
 * @module
 */
import type { Instrument, Side } from "@/engine/domain/mod.ts";
import type { BookDelta, BookSnapshot } from "@/engine/messages/mod.ts";

/** What to do with a delta. `gap`: the book is wrong from here. `reset`: the venue restarts its
 * numbering; the delta is applied and the numbering continues from it. */
export type SequenceVerdict = "next" | "stale" | "gap" | "reset";

/** What a checksum is worked out from: the best levels of a side, best first. */
export interface ChecksummedBook {
  /** Up to `count` best levels into the two arrays, ticks and lots; how many there were. */
  readLevels(side: Side, count: number, prices: Float64Array, sizes: Float64Array): number;
}

/** A venue's published way of keeping a book true. */
export interface SequenceRule {
  /** Where the first book comes from: asked for by REST, or pushed by the stream. */
  readonly snapshotFrom: "rest" | "stream";
  /** Snapshots come by a new subscription though the rule splices them as if asked for: the answer
   * to a question is compared level by level, not spliced. */
  readonly snapshotDisturbs?: boolean;
  /** The venue publishes crossed books as a matter of course; absent: crossing is a fault. */
  readonly mayCross?: boolean;
  /** Compares a message's checksum with the book after it, on the instrument's present grids;
   * absent: the venue gives none that counts. */
  isChecksumRight?(book: ChecksummedBook, checksum: number, instrument: Instrument): boolean;
  /** Forgets all numbering. */
  reset(): void;
  /** Whether a REST snapshot may be spliced with the first buffered delta (`firstSequence` of it;
   * -1 when nothing is buffered yet). */
  isSnapshotRecent(snapshot: BookSnapshot, firstBufferedSequence: number): boolean;
  /** Whether a pushed snapshot is older than the book that stands, as one that came late or again
   * is; absent: every one is taken. */
  isOldSnapshot?(snapshot: BookSnapshot): boolean;
  /** Takes a snapshot's numbering as the place to continue from. */
  onSnapshot(snapshot: BookSnapshot): void;
  /** Judges a delta against the numbering so far and, when `next` or `reset`, moves on to it. */
  judge(delta: BookDelta): SequenceVerdict;
}
