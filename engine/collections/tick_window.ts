/**
 * `TickWindow`: sizes of consecutive keys, one slot each, and a bit for each key that is there.
 *
 *    base                              base + WINDOW_KEYS
 *      | . . 5 . 9 9 . 2 7 . . . . . . |      sizes: a ring of slots, so that moving moves nothing
 *        0 0 1 0 1 1 0 1 1 0 0 0 0 0 0        bits: 32 keys a word
 *
 * 1. Whether a key is there its bit alone says; the size of an absent key is anything.
 * 2. `base` is a multiple of 32, so that a word's keys follow each other.
 * 3. Setting, deleting and reading a key are one step; finding a neighbour reads 32 keys a step.
 * @module
 */

/** Keys a window holds. With sizes of 8 bytes that is 32 KB. */
export const WINDOW_KEYS = 4_096;

const WORDS = WINDOW_KEYS / 32;
const KEY_MASK = WINDOW_KEYS - 1;
const WORD_MASK = WORDS - 1;

/** What `highest` answers when there is none. */
export const OFFSET_NONE = -1;

/** Sizes of the keys `base .. base + WINDOW_KEYS - 1`, spoken of by their offset from `base`. */
export class TickWindow {
  /** Smallest key. */
  base = 0;
  /** Number of keys that are there. */
  count = 0;
  readonly #sizes = new Float64Array(WINDOW_KEYS);
  readonly #bits = new Int32Array(WORDS);
  /** Slot of `base`, and its word. */
  #baseSlot = 0;
  #baseWord = 0;

  /** Sets the size of a key. */
  set(offset: number, size: number): void {
    const bits = this.#bits;
    const word = (this.#baseWord + (offset >>> 5)) & WORD_MASK;
    const old = bits[word]!;
    const mark = 1 << offset;
    this.#sizes[(this.#baseSlot + offset) & KEY_MASK] = size;
    if ((old & mark) !== 0) return;
    bits[word] = old | mark;
    this.count++;
  }

  /** Takes a key out; false when it was not there. */
  delete(offset: number): boolean {
    const bits = this.#bits;
    const word = (this.#baseWord + (offset >>> 5)) & WORD_MASK;
    const old = bits[word]!;
    const mark = 1 << offset;
    if ((old & mark) === 0) return false;
    bits[word] = old & ~mark;
    this.count--;
    return true;
  }

  /** Whether a key is there. */
  has(offset: number): boolean {
    const word = this.#bits[(this.#baseWord + (offset >>> 5)) & WORD_MASK]!;
    return (word & (1 << offset)) !== 0;
  }

  /** Size of a key that is there. */
  sizeAt(offset: number): number {
    return this.#sizes[(this.#baseSlot + offset) & KEY_MASK]!;
  }

  /** The highest offset that is there, at or below `offset`; `OFFSET_NONE` when there is none. */
  highest(offset: number): number {
    if (offset < 0) return OFFSET_NONE;
    const bits = this.#bits;
    const first = this.#baseWord;
    let word = offset >>> 5;
    let found = bits[(first + word) & WORD_MASK]! & (-1 >>> (31 - (offset & 31)));
    while (found === 0) {
      if (--word < 0) return OFFSET_NONE;
      found = bits[(first + word) & WORD_MASK]!;
    }
    return (word << 5) + 31 - Math.clz32(found);
  }

  /** The lowest offset that is there; `OFFSET_NONE` when there is none. */
  lowest(): number {
    const bits = this.#bits;
    const first = this.#baseWord;
    for (let word = 0; word < WORDS; word++) {
      const found = bits[(first + word) & WORD_MASK]!;
      if (found !== 0) return (word << 5) + 31 - Math.clz32(found & -found);
    }
    return OFFSET_NONE;
  }

  /** Moves the window; the keys that are there must lie in the new one too. */
  moveTo(base: number): void {
    this.base = base;
    // Exact for every safe integer: both take a number modulo a power of two.
    this.#baseSlot = base & KEY_MASK;
    this.#baseWord = this.#baseSlot >>> 5;
  }

  /** Forgets every key. */
  clear(): void {
    this.#bits.fill(0);
    this.count = 0;
  }

  /** Bytes held. */
  get memoryBytes(): number {
    return this.#sizes.byteLength + this.#bits.byteLength;
  }
}
