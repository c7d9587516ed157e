/**
 * `DenseMap`: a sorted map of whole numbers to numbers: the largest keys lie in a dense window, the
 * others in a B+tree. An order book keeps its touch at the large end.
 *
 *      B+tree               window
 *   | 3 entries . . . || . . . entries . . last . . |
 *     smaller keys      base                     base + WINDOW_KEYS
 *
 * 1. Entries with keys from the window's base on are in the window, the others in the tree; the
 *    window is empty only when the tree is too. So the largest key is always in the window.
 * 2. `lastKey` and `lastValue` always equal the window's highest entry.
 * 3. The window moves when the largest key leaves it, or sinks below its first quarter while the
 *    tree holds entries; it then has that key at three quarters. So a move is paid for by many
 *    edits.
 *
 * Source: the measurements of `bench/book_bench.ts`; near the large end an edit of the window takes
 * a fifth of an edit of the tree.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";
import { BPlusTree, CURSOR_NONE } from "./bplus_tree.ts";
import { OFFSET_NONE, TickWindow, WINDOW_KEYS } from "./tick_window.ts";

/** A cursor into the window is this less the offset; below every cursor of the tree. */
const WINDOW_CURSOR = -2;
const HEADROOM = WINDOW_KEYS / 4;
const BELOW_LAST = WINDOW_KEYS - HEADROOM;

/** A sorted map of safe integers to numbers. */
export class DenseMap {
  readonly #tree = new BPlusTree();
  readonly #window = new TickWindow();
  /** Offset of the largest key in the window, `OFFSET_NONE` when empty. */
  #lastOffset = OFFSET_NONE;
  #lastKey = 0;
  #lastValue = 0;

  /** Number of entries. */
  get size(): number {
    return this.#window.count + this.#tree.size;
  }

  /** Whether there is no entry. */
  get isEmpty(): boolean {
    return this.#lastOffset < 0;
  }

  /** Largest key; 0 when empty. */
  get lastKey(): number {
    return this.#lastKey;
  }

  /** Value of the largest key; 0 when empty. */
  get lastValue(): number {
    return this.#lastValue;
  }

  /** Sets the value of a key. */
  set(key: number, value: number): void {
    const window = this.#window;
    const distance = key - window.base;
    const offset = distance | 0;
    if (offset !== distance || offset >>> 0 >= WINDOW_KEYS || this.#lastOffset < 0) {
      this.#setOutside(key, value);
      return;
    }
    window.set(offset, value);
    if (offset < this.#lastOffset) return;
    this.#lastOffset = offset;
    this.#lastKey = key;
    this.#lastValue = value;
  }

  /** Removes a key; false when it is not there. */
  delete(key: number): boolean {
    const window = this.#window;
    const distance = key - window.base;
    const offset = distance | 0;
    if (offset !== distance || offset >>> 0 >= WINDOW_KEYS) {
      return key < window.base && this.#tree.delete(key);
    }
    if (!window.delete(offset)) return false;
    if (offset === this.#lastOffset) this.#findLast(offset - 1);
    return true;
  }

  /** The value of a key; `NaN` when it is not there. */
  get(key: number): number {
    const window = this.#window;
    const distance = key - window.base;
    const offset = distance | 0;
    if (offset !== distance || offset >>> 0 >= WINDOW_KEYS) {
      return key < window.base ? this.#tree.get(key) : NaN;
    }
    return window.has(offset) ? window.sizeAt(offset) : NaN;
  }

  /** Forgets every entry; keeps the memory. */
  clear(): void {
    this.#tree.clear();
    this.#window.clear();
    this.#findLast(OFFSET_NONE);
  }

  /** Cursor of the largest entry, `CURSOR_NONE` when empty. Cursors are valid until the next
   * change. */
  last(): number {
    return this.#lastOffset < 0 ? CURSOR_NONE : WINDOW_CURSOR - this.#lastOffset;
  }

  /** Cursor of the next smaller entry. */
  before(cursor: number): number {
    if (cursor > WINDOW_CURSOR) return this.#tree.before(cursor);
    const offset = this.#window.highest(WINDOW_CURSOR - cursor - 1);
    return offset < 0 ? this.#tree.last() : WINDOW_CURSOR - offset;
  }

  keyAt(cursor: number): number {
    if (cursor > WINDOW_CURSOR) return this.#tree.keyAt(cursor);
    return this.#window.base + WINDOW_CURSOR - cursor;
  }

  valueAt(cursor: number): number {
    if (cursor > WINDOW_CURSOR) return this.#tree.valueAt(cursor);
    return this.#window.sizeAt(WINDOW_CURSOR - cursor);
  }

  /** Bytes held. */
  get memoryBytes(): number {
    return this.#tree.memoryBytes + this.#window.memoryBytes;
  }

  /** Asserts the tree's and this file's invariants: for tests and sampled checks. */
  assertValid(): void {
    this.#tree.assertValid();
    const window = this.#window;
    const deepest = this.#tree.last();
    if (deepest !== CURSOR_NONE) {
      assert(this.#tree.keyAt(deepest) < window.base, "Map's tree holds a key of its window");
      assert(window.count > 0, "Map's window is empty and its tree is not");
    }
    let seen = 0;
    for (let at = window.highest(WINDOW_KEYS - 1); at >= 0; at = window.highest(at - 1)) seen++;
    assert(seen === window.count, "Map's window miscounts its entries");
    const offset = window.highest(WINDOW_KEYS - 1);
    assert(offset === this.#lastOffset, "Map's last key is not its window's highest");
    const key = offset < 0 ? 0 : window.base + offset;
    assert(key === this.#lastKey, "Map's last key is not its window's highest");
    const value = offset < 0 ? 0 : window.sizeAt(offset);
    assert(value === this.#lastValue, "Map's last value is not its window's highest");
  }

  /** A key outside the window, or the first one. */
  #setOutside(key: number, value: number): void {
    assert(Number.isSafeInteger(key), "A key must be a whole number");
    if (this.#lastOffset >= 0 && key < this.#window.base) {
      this.#tree.set(key, value);
      return;
    }
    this.#raise(baseFor(key));
    this.#lastOffset = key - this.#window.base;
    this.#lastKey = key;
    this.#lastValue = value;
    this.#window.set(this.#lastOffset, value);
  }

  /** Finds the largest key, which is at or below `from`, and brings the window down to it. */
  #findLast(from: number): void {
    const window = this.#window;
    let offset = window.highest(from);
    if (offset < HEADROOM && this.#tree.size > 0) {
      this.#lower(offset < 0 ? this.#tree.lastKey() : window.base + offset);
      offset = window.highest(WINDOW_KEYS - 1);
    }
    this.#lastOffset = offset;
    this.#lastKey = offset < 0 ? 0 : window.base + offset;
    this.#lastValue = offset < 0 ? 0 : window.sizeAt(offset);
  }

  /** Moves the window up; entries that fall out of it go to the tree. */
  #raise(base: number): void {
    const window = this.#window;
    for (let at = window.lowest(); at >= 0 && window.base + at < base; at = window.lowest()) {
      this.#tree.set(window.base + at, window.sizeAt(at));
      window.delete(at);
    }
    window.moveTo(base);
  }

  /** Moves the window down to its largest key; entries of the tree that it then covers come in. */
  #lower(key: number): void {
    const window = this.#window;
    const tree = this.#tree;
    window.moveTo(baseFor(key));
    for (let at = tree.last(); at !== CURSOR_NONE; at = tree.last()) {
      const offset = tree.keyAt(at) - window.base;
      if (offset < 0) return;
      window.set(offset, tree.valueAt(at));
      tree.delete(tree.keyAt(at));
    }
  }
}

/** Where a window begins whose largest key is `key`. */
function baseFor(key: number): number {
  return Math.floor((key - BELOW_LAST) / 32) * 32;
}
