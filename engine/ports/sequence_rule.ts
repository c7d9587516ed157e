/**
 * `SequenceRule`: is this delta next, stale, or after a gap? Each venue answers in its own way.
 *
 * One object per instrument; it remembers where the book stands. The feed handler calls `reset`
 * when the book is unusable, `onSnapshot` when a snapshot is taken, then `judge` on every delta,
 * in steady state too.
 * @module
 */
import type { BookDelta, BookSnapshot } from "@/engine/messages/mod.ts";

/** What to do with a delta. `gap`: the book is wrong from here. `reset`: the venue restarts its
 * numbering; the delta is applied and the numbering continues from it. */
export type SequenceVerdict = "next" | "stale" | "gap" | "reset";

/** A venue's published way of keeping a book true. */
export interface SequenceRule {
  /** Where the first book comes from: asked for by REST, or pushed by the stream. */
  readonly snapshotFrom: "rest" | "stream";
  /** Forgets all numbering. */
  reset(): void;
  /** Whether a REST snapshot may be spliced with the first buffered delta (`firstSequence` of it;
   * -1 when nothing is buffered yet). */
  isSnapshotRecent(snapshot: BookSnapshot, firstBufferedSequence: number): boolean;
  /** Takes a snapshot's numbering as the place to continue from. */
  onSnapshot(snapshot: BookSnapshot): void;
  /** Judges a delta against the numbering so far and, when `next` or `reset`, moves on to it. */
  judge(delta: BookDelta): SequenceVerdict;
}
