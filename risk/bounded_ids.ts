/**
 * Remembers the latest ids, each with one flag; the oldest goes when the bound is reached.
 *
 * The bound is far beyond what a venue repeats after a reconnect, so what is forgotten is history.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";

/** A bounded set of texts in the order they came. */
export class BoundedIds {
  readonly #max: number;
  readonly #ids = new Map<string, boolean>();

  constructor(max: number) {
    assert(max > 0, "Bound must be above zero");
    this.#max = max;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** Adds an id with its flag; false when it is known already, and then nothing changes. */
  add(id: string, flag: boolean): boolean {
    if (this.#ids.has(id)) return false;
    if (this.#ids.size === this.#max) {
      for (const oldest of this.#ids.keys()) {
        this.#ids.delete(oldest);
        break;
      }
    }
    this.#ids.set(id, flag);
    return true;
  }

  /** Raises a known id's flag; false when it was raised before or the id is not known. */
  mark(id: string): boolean {
    if (this.#ids.get(id) !== false) return false;
    this.#ids.set(id, true);
    return true;
  }
}
