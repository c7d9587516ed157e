/**
 * Bybit's answer to `SequenceRule`, by the venue's numbered steps for `orderbook.{depth}`:
 *
 *   1. A snapshot, whenever it comes, is the whole book; its `u` is where to go on from.
 *   2. `u == 1` in any message is a restart of the numbering and a whole book: the decoder makes a
 *      snapshot of it, so that step 1 applies.
 *   3. Deltas before the first snapshot are dropped.
 *   4. A delta has `u == last u + 1`; then every level is applied and `u` is the new last one.
 *   5. `u <= last u` is old; `u > last u + 1` is a gap: unsubscribe, subscribe, step 1.
 *      An old `u` with a time well after the book's is a restart whose first message was lost: a
 *      gap too. A whole book that is older than what stands came late and is left out.
 *   6. A book that is crossed after a delta counts as a gap (the feed handler looks).
 *
 * Step 4 is written for the full-depth stream and seen in recordings of the others; a venue that
 * skips numbers can be followed with `"monotonic"`, where only old deltas are told apart.
 *
 * Source: venue documentation "Orderbook" (public stream), read 2026-07.
 * @module
 */
import type { BookDelta, BookSnapshot } from "@/engine/messages/mod.ts";
import type { SequenceRule, SequenceVerdict } from "@/engine/ports/mod.ts";
import { NumberingClock } from "@/exchanges/kit/mod.ts";

const NOWHERE = -1;

/** Whether update ids count every delta, or only grow. */
export type DepthContinuity = "contiguous" | "monotonic";

/** The rule of spot and linear books. */
export class BybitBookSequence implements SequenceRule {
  readonly snapshotFrom = "stream";
  readonly #continuity: DepthContinuity;
  /** `u` of the last snapshot or delta taken. */
  #last = NOWHERE;
  readonly #clock = new NumberingClock();

  constructor(continuity: DepthContinuity = "contiguous") {
    this.#continuity = continuity;
  }

  reset(): void {
    this.#last = NOWHERE;
    this.#clock.reset();
  }

  /** REST numbers another stream (1,000 levels): never spliced. */
  isSnapshotRecent(_snapshot: BookSnapshot, _firstBufferedSequence: number): boolean {
    return false;
  }

  isOldSnapshot(snapshot: BookSnapshot): boolean {
    return this.#last !== NOWHERE && this.#clock.isOldWhole(this.#last, snapshot);
  }

  onSnapshot(snapshot: BookSnapshot): void {
    this.#last = snapshot.sequence;
    this.#clock.moveTo(snapshot);
  }

  judge(delta: BookDelta): SequenceVerdict {
    const last = this.#last;
    if (last === NOWHERE || delta.sequence === 1) return "gap";
    if (delta.sequence <= last) return this.#clock.judgeOld(last, delta);
    if (delta.sequence > last + 1 && this.#continuity === "contiguous") return "gap";
    this.#last = delta.sequence;
    this.#clock.moveTo(delta);
    return "next";
  }
}
