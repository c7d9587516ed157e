/**
 * `TouchMemory`: an instrument's touches by book number, for a while.
 *
 *   number --search the rising end, then the rest, newest first--> slot of a ring --> touch
 *
 * 1. Numbers rise, so the newest stretch is searched by halves and noting costs no hashing.
 * 2. A venue may number anew from further back: older stretches stay known until they are the
 *    oldest of the ring.
 * @module
 */
import type { TrueTouch } from "@/engine/ports/mod.ts";

/** Touches remembered. */
export const TOUCHES_KEPT = 8_192;

/** Remembered touches of one instrument: a ring, whose newest `#rising` numbers rise. */
export class TouchMemory {
  readonly #ids = new Float64Array(TOUCHES_KEPT);
  readonly #touches = new Float64Array(TOUCHES_KEPT * 4);
  /** Where the newest is. */
  #slot = -1;
  #count = 0;
  #rising = 0;

  /** Notes the touch under a book number; a later one under the same number replaces it. */
  note(updateId: number, bid: number, bidSize: number, ask: number, askSize: number): void {
    const at = this.#slotFor(updateId) * 4;
    const touches = this.#touches;
    touches[at] = bid;
    touches[at + 1] = bidSize;
    touches[at + 2] = ask;
    touches[at + 3] = askSize;
  }

  /** What was noted under a number; undefined when it never was, or is forgotten. */
  at(updateId: number): TrueTouch | undefined {
    const slot = this.#find(updateId);
    if (slot < 0) return undefined;
    const [bid, bidSize, ask, askSize] = this.#touches.subarray(slot * 4, slot * 4 + 4);
    return { bid: bid!, bidSize: bidSize!, ask: ask!, askSize: askSize! };
  }

  /** The slot of a number: the newest one's, or the oldest one's, whose number is forgotten. */
  #slotFor(updateId: number): number {
    const newest = this.#count > 0 ? this.#ids[this.#slot]! : -1;
    if (newest === updateId) return this.#slot;
    // A venue may number anew from further back; then the same number comes twice.
    this.#rising = updateId > newest ? Math.min(this.#rising + 1, TOUCHES_KEPT) : 1;
    this.#slot = (this.#slot + 1) % TOUCHES_KEPT;
    if (this.#count < TOUCHES_KEPT) this.#count++;
    this.#ids[this.#slot] = updateId;
    return this.#slot;
  }

  /** The slot of a number that is remembered, the newest of that number; -1: none is. */
  #find(updateId: number): number {
    let from = 0;
    let beyond = this.#rising;
    while (from < beyond) {
      const middle = (from + beyond) >> 1;
      const id = this.#ids[this.#back(middle)]!;
      if (id === updateId) return this.#back(middle);
      if (id > updateId) from = middle + 1;
      else beyond = middle;
    }
    for (let steps = this.#rising; steps < this.#count; steps++) {
      if (this.#ids[this.#back(steps)] === updateId) return this.#back(steps);
    }
    return -1;
  }

  /** The slot so many steps before the newest. */
  #back(steps: number): number {
    return (this.#slot - steps + TOUCHES_KEPT) % TOUCHES_KEPT;
  }
}
