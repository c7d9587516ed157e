/**
 * When ids that went back mean a repetition, and when a new numbering: the time tells.
 *
 *   id   97 98 99 | 98        said before: old          id   97 98 99 |  1  2   a new numbering
 *   at    1  2  3 |  2                                  at    1  2  3 | 4s 4s   begins later
 *
 * 1. A venue that begins to count anew has stood still for longer than a second, and says a later
 *    time; servers of one venue do not disagree by as much.
 * 2. A snapshot that says no time is of its receipt at the latest. Where no time is known nothing
 *    is concluded.
 * @module
 */
import type { BookDelta, BookSnapshot } from "@/engine/messages/mod.ts";
import type { SequenceVerdict } from "@/engine/ports/mod.ts";

const RESTART_MICROS = 1_000_000;

/** Whether what has an id that is not above the last one belongs to a new numbering. */
export function isNewNumbering(lastAt: number, venueAt: number): boolean {
  return lastAt > 0 && venueAt > lastAt + RESTART_MICROS;
}

/** Whether what has an id above the last one belongs to the numbering before. */
export function isFormerNumbering(lastAt: number, venueAt: number): boolean {
  return venueAt > 0 && venueAt + RESTART_MICROS < lastAt;
}

/** When the last message of a book was, by the venue's clock; 0 where it did not say. */
export class NumberingClock {
  #at = 0;
  /** Whether the time is of the last message itself, not of older ones. */
  #isTold = false;
  #receivedAt = 0;
  /** The highest of the older ids heard while the time was not told. */
  #heard = -1;

  reset(): void {
    this.#at = 0;
    this.#isTold = false;
    this.#receivedAt = 0;
    this.#heard = -1;
  }

  /** A message was taken; what says no time is no later than its receipt. */
  moveTo({ venueAt, at }: { readonly venueAt: number; readonly at: number }): void {
    this.#at = venueAt;
    this.#isTold = venueAt > 0;
    this.#receivedAt = at;
    this.#heard = -1;
  }

  /** A delta with an id that is not above `last`: said before, or by a venue that counts anew. */
  judgeOld(last: number, delta: BookDelta): SequenceVerdict {
    // Until the time is told, ids that rise are what the snapshot holds, however far apart, unless
    // they are later than it.
    const isRising = !this.#isTold && delta.sequence > this.#heard;
    const lastAt = isRising ? this.#receivedAt : this.#at;
    if (isNewNumbering(lastAt, delta.venueAt)) return "gap";
    this.#heard = Math.max(this.#heard, delta.sequence);
    // A snapshot without a time is at least as late as the changes it holds.
    const isLast = delta.sequence === last;
    if (!this.#isTold || isLast) this.#at = Math.max(this.#at, delta.venueAt);
    if (isLast && delta.venueAt > 0) this.#isTold = true;
    return "stale";
  }

  /** Whether a pushed whole book is older than the one that stands at `last`: late, or repeated. */
  isOldWhole(last: number, whole: BookSnapshot): boolean {
    if (whole.sequence > last) return isFormerNumbering(this.#at, whole.venueAt);
    if (whole.venueAt === 0) return false;
    return whole.sequence < last ? whole.venueAt <= this.#at : whole.venueAt < this.#at;
  }

  /** Whether a whole book with an id below the last one begins a new numbering. */
  beginsAnew(whole: BookSnapshot): boolean {
    return isNewNumbering(this.#at, whole.venueAt);
  }
}
