/**
 * `PriceIndex`: which level stands at which key, best key first. A dense window of keys with a
 * two-storey bitmap holds what is near the touch, a sorted array the rest.
 *
 *   key  = ask price, or minus the bid price: the best level always has the smallest key
 *   slot = key - base      summary bit -> word bit -> level
 *
 * 1. A key is in the window or in the far array, never in both.
 * 2. `first` is the smallest key, or `KEY_NONE` when empty.
 * 3. Answers do not depend on where the window lies; only their speed does.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";

/** No key: larger than all others. */
export const KEY_NONE = Number.MAX_SAFE_INTEGER;

/** Far insertions after which it is worth asking whether the window still lies at the touch. */
const FAR_INSERTS_BEFORE_MOVE = 64;

/** Keys of one side and the level number at each; level 0 means none. */
export class PriceIndex {
  /** The smallest key. */
  first = KEY_NONE;
  /** How many levels there are. */
  count = 0;
  readonly #window: number;
  readonly #slots: Int32Array;
  readonly #words: Int32Array;
  readonly #summary: Int32Array;
  #base = 0;
  #farKeys = new Float64Array(64);
  #farLevels = new Int32Array(64);
  #farCount = 0;
  #farInserts = 0;

  /** `windowTicks` is a power of two, at least 1,024. */
  constructor(windowTicks: number) {
    assert(windowTicks >= 1_024, "Window must hold at least 1024 ticks");
    assert((windowTicks & (windowTicks - 1)) === 0, "Window must be a power of two");
    this.#window = windowTicks;
    this.#slots = new Int32Array(windowTicks);
    this.#words = new Int32Array(windowTicks >>> 5);
    this.#summary = new Int32Array(windowTicks >>> 10);
  }

  /** The level at a key, 0 when there is none. */
  find(key: number): number {
    const slot = key - this.#base;
    if (slot >= 0 && slot < this.#window) return this.#slots[slot]!;
    if (this.#farCount === 0) return 0;
    const at = this.#lowerBound(key);
    return at < this.#farCount && this.#farKeys[at] === key ? this.#farLevels[at]! : 0;
  }

  /** Adds a level at a key that has none. */
  insert(key: number, level: number): void {
    if (this.count === 0) this.#base = key - (this.#window >>> 2);
    this.count++;
    if (key < this.first) this.first = key;
    const slot = key - this.#base;
    if (slot >= 0 && slot < this.#window) return this.#setSlot(slot, level);
    this.#insertFar(key, level);
    if (++this.#farInserts >= FAR_INSERTS_BEFORE_MOVE) this.#considerMove();
  }

  /** Removes the level at a key; the key must have one. */
  remove(key: number): void {
    const slot = key - this.#base;
    if (slot >= 0 && slot < this.#window) {
      assert(this.#slots[slot] !== 0, "No level to remove at this key");
      this.#clearSlot(slot);
    } else {
      this.#removeFar(key);
    }
    this.count--;
    if (key === this.first) this.first = this.count === 0 ? KEY_NONE : this.next(key);
  }

  /** The smallest key above `key`, or `KEY_NONE`. */
  next(key: number): number {
    const slot = this.#nextSlot(key - this.#base + 1);
    const near = slot < 0 ? KEY_NONE : slot + this.#base;
    if (this.#farCount === 0) return near;
    const at = this.#lowerBound(key + 1);
    const far = at < this.#farCount ? this.#farKeys[at]! : KEY_NONE;
    return near < far ? near : far;
  }

  /** Forgets all keys. */
  clear(): void {
    this.#slots.fill(0);
    this.#words.fill(0);
    this.#summary.fill(0);
    this.#farCount = 0;
    this.#farInserts = 0;
    this.count = 0;
    this.first = KEY_NONE;
  }

  #setSlot(slot: number, level: number): void {
    const word = slot >>> 5;
    this.#slots[slot] = level;
    this.#words[word]! |= 1 << (slot & 31);
    this.#summary[word >>> 5]! |= 1 << (word & 31);
  }

  #clearSlot(slot: number): void {
    const word = slot >>> 5;
    this.#slots[slot] = 0;
    const left = this.#words[word]! & ~(1 << (slot & 31));
    this.#words[word] = left;
    if (left === 0) this.#summary[word >>> 5]! &= ~(1 << (word & 31));
  }

  /** The first used slot at or above `from`, -1 when there is none. */
  #nextSlot(from: number): number {
    if (from >= this.#window) return -1;
    const start = from < 0 ? 0 : from;
    const word = start >>> 5;
    const bits = this.#words[word]! & (-1 << (start & 31));
    if (bits !== 0) return (word << 5) + lowestBit(bits);
    return this.#nextWord(word + 1);
  }

  #nextWord(from: number): number {
    const storeys = this.#summary.length;
    let group = from >>> 5;
    if (group >= storeys) return -1;
    let bits = this.#summary[group]! & (-1 << (from & 31));
    while (bits === 0) {
      if (++group >= storeys) return -1;
      bits = this.#summary[group]!;
    }
    const word = (group << 5) + lowestBit(bits);
    return (word << 5) + lowestBit(this.#words[word]!);
  }

  /** Index of the first far key not below `wanted`. */
  #lowerBound(wanted: number): number {
    let low = 0;
    let high = this.#farCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#farKeys[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insertFar(key: number, level: number): void {
    if (this.#farCount === this.#farKeys.length) this.#growFar();
    const at = this.#lowerBound(key);
    this.#farKeys.copyWithin(at + 1, at, this.#farCount);
    this.#farLevels.copyWithin(at + 1, at, this.#farCount);
    this.#farKeys[at] = key;
    this.#farLevels[at] = level;
    this.#farCount++;
  }

  #removeFar(key: number): void {
    const at = this.#lowerBound(key);
    assert(at < this.#farCount, "No far level to remove at this key");
    assert(this.#farKeys[at] === key, "No far level to remove at exactly this key");
    this.#farKeys.copyWithin(at, at + 1, this.#farCount);
    this.#farLevels.copyWithin(at, at + 1, this.#farCount);
    this.#farCount--;
  }

  #growFar(): void {
    const keys = new Float64Array(this.#farKeys.length * 2);
    const levels = new Int32Array(keys.length);
    keys.set(this.#farKeys);
    levels.set(this.#farLevels);
    this.#farKeys = keys;
    this.#farLevels = levels;
  }

  /** Moves the window to the touch when the touch is not well inside it. */
  #considerMove(): void {
    this.#farInserts = 0;
    const slot = this.first - this.#base;
    const eighth = this.#window >>> 3;
    if (slot >= eighth && slot <= eighth * 4) return;
    const keys = new Float64Array(this.count);
    const levels = new Int32Array(this.count);
    let count = 0;
    for (let key = this.first; key !== KEY_NONE; key = this.next(key)) {
      keys[count] = key;
      levels[count++] = this.find(key);
    }
    this.clear();
    for (let index = 0; index < count; index++) this.#reinsert(keys[index]!, levels[index]!);
  }

  /** `insert` without the question whether to move, so that a move never causes another. */
  #reinsert(key: number, level: number): void {
    if (this.count === 0) {
      this.#base = key - (this.#window >>> 2);
      this.first = key;
    }
    this.count++;
    const slot = key - this.#base;
    if (slot < this.#window) this.#setSlot(slot, level);
    else this.#insertFar(key, level);
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
