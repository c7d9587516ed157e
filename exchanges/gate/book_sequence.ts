/**
 * Gate's answer to `SequenceRule`, the same for both products and both depth channels.
 *
 * `order_book_update` ("How to maintain a local order book"):
 *   1. Subscribe and buffer.            2. Ask for a snapshot `with_id=true`; `id` is the base.
 *   3. Drop deltas with `u < id + 1`.
 *   4. The first applied delta has `U <= id + 1 <= u`; a first delta with `U > id + 1` means that
 *      the snapshot is too old (REST lags): ask again, keep buffering.
 *   5. Each later delta has `U <= last + 1 <= u`; `u <= last` is old; `U > last + 1` is a gap.
 *   6. `full: true` replaces the book when `u >= last`, else it is old. The decoder makes a
 *      snapshot of it, `isReplacement` tells which it is.
 *
 * `obu`: a full frame is the snapshot (again at any time), a delta has `U == last + 1`. An overlap,
 * as two connections of one stream make it, is harmless there too: sizes are absolute.
 *
 * 7. Ids go back only when the venue starts its numbering anew. An old id with a later time than
 *    the book's is therefore no repetition but a gap.
 * @module
 */
import type { BookDelta, BookSnapshot } from "@/engine/messages/mod.ts";
import type { SequenceRule, SequenceVerdict } from "@/engine/ports/mod.ts";
import { NumberingClock } from "@/exchanges/kit/mod.ts";

const NOWHERE = -1;

/** The rule of one instrument. */
export class GateBookSequence implements SequenceRule {
  /** A snapshot of the `obu` channel comes with a new subscription only. */
  readonly snapshotDisturbs = true;
  readonly snapshotFrom = "rest";
  /** `u` of the last applied delta, or the snapshot's id. */
  #last = NOWHERE;
  readonly #clock = new NumberingClock();

  reset(): void {
    this.#last = NOWHERE;
    this.#clock.reset();
  }

  /** Step 4. */
  isSnapshotRecent(snapshot: BookSnapshot, firstBufferedSequence: number): boolean {
    return firstBufferedSequence < 0 || snapshot.sequence + 1 >= firstBufferedSequence;
  }

  onSnapshot(snapshot: BookSnapshot): void {
    this.#last = snapshot.sequence;
    this.#clock.moveTo(snapshot);
  }

  /** Step 6: whether a pushed whole book takes the place of a book that stands. */
  isReplacement(snapshot: BookSnapshot): boolean {
    return snapshot.sequence >= this.#last || this.#clock.beginsAnew(snapshot);
  }

  judge(delta: BookDelta): SequenceVerdict {
    const last = this.#last;
    if (last === NOWHERE) return "gap";
    if (delta.sequence <= last) return this.#clock.judgeOld(last, delta);
    if (delta.firstSequence > last + 1) return "gap";
    this.#last = delta.sequence;
    this.#clock.moveTo(delta);
    return "next";
  }
}
