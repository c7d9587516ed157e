/**
 * Binance's answer to `SequenceRule`: two rules, one per product, by the venue's numbered steps.
 *
 * Spot ("How to manage a local order book correctly", rewritten 2025-11-12):
 *   1. Open the diff stream, buffer, remember `U` of the first buffered event.
 *   2. Ask for a snapshot; one older than that `U` is asked for again.
 *   3. Drop events with `u <= lastUpdateId`; the first kept one has `U <= lastUpdateId + 1 <= u`.
 *   4. Each later event: `u <= id` is old; `U > id + 1` is a gap; else apply and `id = u`.
 *
 * USD-M (same title, futures documentation):
 *   1. Open the diff stream, buffer.   2. Ask for a snapshot.
 *   3. Drop events with `u < lastUpdateId`.
 *   4. The first applied one has `U <= lastUpdateId <= u` (`u == lastUpdateId` changes nothing but
 *      seeds step 5).
 *   5. Every later event has `pu == previous u`; otherwise start again from 2.
 *
 * In steady state too, a repeated event is `stale` and never applied again. But an old id with a
 * time well after the book's is no repetition: the venue counts anew, and the book starts again.
 * @module
 */
import type { BookDelta, BookSnapshot } from "@/engine/messages/mod.ts";
import type { SequenceRule, SequenceVerdict } from "@/engine/ports/mod.ts";
import { NumberingClock } from "@/exchanges/kit/mod.ts";

const NOWHERE = -1;

/** The spot rule: ids are contiguous. */
export class SpotBookSequence implements SequenceRule {
  readonly snapshotFrom = "rest";
  /** `u` of the last applied event, or the snapshot's `lastUpdateId`. */
  #last = NOWHERE;
  readonly #clock = new NumberingClock();

  reset(): void {
    this.#last = NOWHERE;
    this.#clock.reset();
  }

  /** Step 2. `lastUpdateId + 1 == U` is contiguous and therefore recent enough (step 3). */
  isSnapshotRecent(snapshot: BookSnapshot, firstBufferedSequence: number): boolean {
    return firstBufferedSequence < 0 || snapshot.sequence + 1 >= firstBufferedSequence;
  }

  onSnapshot(snapshot: BookSnapshot): void {
    this.#last = snapshot.sequence;
    this.#clock.moveTo(snapshot);
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

/** The USD-M rule: events are chained by `pu`. */
export class PerpetualBookSequence implements SequenceRule {
  readonly snapshotFrom = "rest";
  #last = NOWHERE;
  readonly #clock = new NumberingClock();
  /** True from a snapshot until its first event: step 4 applies instead of step 5. */
  #spliced = false;

  reset(): void {
    this.#last = NOWHERE;
    this.#clock.reset();
    this.#spliced = false;
  }

  isSnapshotRecent(snapshot: BookSnapshot, firstBufferedSequence: number): boolean {
    return firstBufferedSequence < 0 || snapshot.sequence >= firstBufferedSequence;
  }

  onSnapshot(snapshot: BookSnapshot): void {
    this.#last = snapshot.sequence;
    this.#clock.moveTo(snapshot);
    this.#spliced = false;
  }

  judge(delta: BookDelta): SequenceVerdict {
    const last = this.#last;
    if (last === NOWHERE) return "gap";
    if (!this.#spliced) {
      if (delta.sequence < last) return this.#clock.judgeOld(last, delta);
      // `pu == lastUpdateId` says as exactly as step 4 that nothing lies between.
      if (delta.firstSequence > last && delta.previousSequence !== last) return "gap";
    } else if (delta.previousSequence !== last) {
      return delta.sequence <= last ? this.#clock.judgeOld(last, delta) : "gap";
    }
    this.#spliced = true;
    this.#last = delta.sequence;
    this.#clock.moveTo(delta);
    return "next";
  }
}
