/**
 * `RecentKeys`: the last keys of one stream, to tell a repeated one: numbers in two tables, the
 * older of which is emptied when the newer is full.
 *
 * 1. The last `KEYS_MAX` keys are remembered, at most twice as many; older ones are new again.
 * 2. Nothing is allocated after the first key.
 * @module
 */

/** Keys that are surely remembered. */
const KEYS_MAX = 512;
const SLOTS = KEYS_MAX * 2;
const MASK = SLOTS - 1;
const EMPTY = -1;

/** Remembers keys, which are whole numbers from 0. */
export class RecentKeys {
  #newer: Float64Array | undefined = undefined;
  #older: Float64Array | undefined = undefined;
  #count = 0;

  /** Whether the key is new; it is remembered from now on. */
  add(key: number): boolean {
    const newer = this.#newer ??= new Float64Array(SLOTS).fill(EMPTY);
    const slot = slotOf(newer, key);
    if (newer[slot] === key) return false;
    const older = this.#older;
    if (older !== undefined && older[slotOf(older, key)] === key) return false;
    newer[slot] = key;
    this.#count++;
    if (this.#count === KEYS_MAX) this.#turn(newer);
    return true;
  }

  #turn(full: Float64Array): void {
    const empty = this.#older ?? new Float64Array(SLOTS);
    this.#newer = empty.fill(EMPTY);
    this.#older = full;
    this.#count = 0;
  }
}

/** Where the key is, or the free slot where it would be. Half of the slots are free. */
function slotOf(table: Float64Array, key: number): number {
  let slot = (key >>> 0) & MASK;
  while (table[slot] !== key && table[slot] !== EMPTY) slot = (slot + 1) & MASK;
  return slot;
}
