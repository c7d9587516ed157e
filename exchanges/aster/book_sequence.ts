/**
 * When a depth event may be applied, by the venue's own steps.
 *
 * Futures:
 *   1. Open the diff stream, buffer.   2. Ask for a snapshot of 1,000 levels.
 *   3. Drop events with `u < lastUpdateId`.
 *   4. The first applied one has `U <= lastUpdateId <= u`.
 *   5. Every later one has `pu == previous u`; otherwise throw the book away, again from 2.
 *   6. Quantities are absolute, 0 deletes, deleting what is unknown is normal.
 * Spot differs: 3. drop `u <= lastUpdateId`; 4. `U <= lastUpdateId + 1 <= u`;
 *   5. `U == previous u + 1`.
 *
 * A snapshot newer than all that is buffered waits for the covering event; one older than the first
 * buffered `U` is asked for again. A repeated event is `stale` at every step;
 * an old id with a time well after the book's is none: the venue counts anew, so does the book.
 * @module
 */
import type { BookDelta, BookSnapshot } from "@/engine/messages/mod.ts";
import type { SequenceRule, SequenceVerdict } from "@/engine/ports/mod.ts";
import { NumberingClock } from "@/exchanges/kit/mod.ts";
import type { Product } from "@/engine/domain/mod.ts";

/** Where a book stands: nowhere, on a snapshot (step 4 is next), or on an event (step 5). */
type Standing = "nowhere" | "snapshot" | "event";

/** The rule of one product; what differs is how an event joins on. */
abstract class UpdateIdRule implements SequenceRule {
  readonly snapshotFrom = "rest";
  #standing: Standing = "nowhere";
  #last = -1;
  readonly #clock = new NumberingClock();

  reset(): void {
    this.#standing = "nowhere";
    this.#clock.reset();
  }

  isSnapshotRecent(snapshot: BookSnapshot, firstBufferedSequence: number): boolean {
    return firstBufferedSequence <= this.reach(snapshot.sequence);
  }

  onSnapshot(snapshot: BookSnapshot): void {
    this.#standing = "snapshot";
    this.#last = snapshot.sequence;
    this.#clock.moveTo(snapshot);
  }

  judge(delta: BookDelta): SequenceVerdict {
    if (this.#standing === "nowhere") return "gap";
    const isFirst = this.#standing === "snapshot";
    const joins = isFirst ? this.splices(delta, this.#last) : this.follows(delta, this.#last);
    if (!joins) {
      if (!this.isOld(delta, this.#last, isFirst)) return "gap";
      return this.#clock.judgeOld(this.#last, delta);
    }
    this.#standing = "event";
    this.#last = delta.sequence;
    this.#clock.moveTo(delta);
    return "next";
  }

  /** Largest first id that an event on top of a snapshot may have. */
  protected abstract reach(lastUpdateId: number): number;
  /** Step 4. */
  protected abstract splices(delta: BookDelta, lastUpdateId: number): boolean;
  /** Step 5. */
  protected abstract follows(delta: BookDelta, previous: number): boolean;
  /** Step 3, and repetitions later. */
  protected abstract isOld(delta: BookDelta, last: number, isFirst: boolean): boolean;
}

/** Futures: events are chained by `pu`. */
class FuturesRule extends UpdateIdRule {
  protected override reach(lastUpdateId: number): number {
    return lastUpdateId;
  }

  protected override splices(delta: BookDelta, lastUpdateId: number): boolean {
    if (delta.sequence < lastUpdateId) return false;
    // `pu == lastUpdateId` says as exactly as step 4 that nothing lies between.
    return delta.firstSequence <= lastUpdateId || delta.previousSequence === lastUpdateId;
  }

  protected override follows(delta: BookDelta, previous: number): boolean {
    return delta.previousSequence === previous;
  }

  protected override isOld(delta: BookDelta, last: number, isFirst: boolean): boolean {
    return isFirst ? delta.sequence < last : delta.sequence <= last;
  }
}

/** Spot: ids are contiguous. */
class SpotRule extends UpdateIdRule {
  protected override reach(lastUpdateId: number): number {
    return lastUpdateId + 1;
  }

  protected override splices(delta: BookDelta, lastUpdateId: number): boolean {
    return delta.firstSequence <= lastUpdateId + 1 && delta.sequence > lastUpdateId;
  }

  protected override follows(delta: BookDelta, previous: number): boolean {
    return delta.firstSequence === previous + 1;
  }

  protected override isOld(delta: BookDelta, last: number): boolean {
    return delta.sequence <= last;
  }
}

/** A new rule for one book. */
export function sequenceRuleOf(product: Product): SequenceRule {
  return product === "spot" ? new SpotRule() : new FuturesRule();
}
