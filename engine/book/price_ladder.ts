/**
 * `PriceLadder`: one side of a book: price to size, best first. A dense window of ticks holds the
 * levels round the touch, a B+tree the rest.
 *
 *      B+tree             window
 *   | 3 levels . . . || . . . levels . . best . . |
 *    worse prices    base                      base + WINDOW_KEYS
 *
 * Bids are kept under their price, asks under its negative, so that on both sides the best level is
 * the largest key.
 *
 * 1. No level is empty: size 0 deletes it.
 * 2. Levels with keys from the window's base on are in the window, the others in the tree; the
 *    window is empty only when the tree is too. So the best level is always in the window.
 * 3. `best` and `bestSize` always equal the window's highest entry; both are 0 when there is none.
 * 4. The window moves when the touch leaves it, or sinks below its first quarter while the tree
 *    holds levels; it then has the touch at three quarters. So a move is paid for by many edits.
 * 5. Whoever reads or writes levels does so through this class, so that nobody else knows where
 *    they lie.
 *
 * Source: the measurements of `bench/book_bench.ts`; round the touch an edit of the window takes a
 * fifth of an edit of the tree.
 * @module
 */
import { BPlusTree, CURSOR_NONE } from "@/engine/collections/mod.ts";
import { assert, type Side } from "@/engine/domain/mod.ts";
import type { Levels } from "@/engine/messages/mod.ts";
import { OFFSET_NONE, TickWindow, WINDOW_KEYS } from "./tick_window.ts";

/** No level: what level cursors answer beyond the worst price. */
export const LEVEL_NONE = CURSOR_NONE;

/** A cursor into the window is this less the offset; below every cursor of the tree. */
const WINDOW_CURSOR = -2;
const HEADROOM = WINDOW_KEYS / 4;
const BELOW_TOUCH = WINDOW_KEYS - HEADROOM;

/** Levels of one side. Prices are whole ticks above zero, sizes whole lots above zero. */
export class PriceLadder {
  readonly side: Side;
  readonly #tree = new BPlusTree();
  readonly #window = new TickWindow();
  /** +1 for bids, -1 for asks: price times sign is the key. */
  readonly #sign: 1 | -1;
  /** Offset of the best level in the window, `OFFSET_NONE` when empty, and its price and size. */
  #bestOffset = OFFSET_NONE;
  #bestPrice = 0;
  #bestSize = 0;

  constructor(side: Side) {
    this.side = side;
    this.#sign = side === "buy" ? 1 : -1;
  }

  /** Number of levels. */
  get count(): number {
    return this.#window.count + this.#tree.size;
  }

  /** Best price in ticks; 0 when empty. */
  get best(): number {
    return this.#bestPrice;
  }

  /** Size at the best price; 0 when empty. */
  get bestSize(): number {
    return this.#bestSize;
  }

  /** Sets the size of a level; 0 deletes it. */
  set(price: number, size: number): void {
    assert(size >= 0, "A level's size must not be negative");
    const window = this.#window;
    const distance = price * this.#sign - window.base;
    const offset = distance | 0;
    if (offset !== distance || offset >>> 0 >= WINDOW_KEYS || this.#bestOffset < 0) {
      this.#setOutside(price * this.#sign, size);
    } else if (size > 0) {
      window.set(offset, size);
      if (offset >= this.#bestOffset) {
        this.#bestOffset = offset;
        this.#bestPrice = price;
        this.#bestSize = size;
      }
    } else if (window.delete(offset) && offset === this.#bestOffset) {
      this.#findBest(offset - 1);
    }
  }

  /** Sets every level of a message, in an order that is cheap when they come best first. */
  setAll(levels: Levels): void {
    const { count, prices, sizes } = levels;
    if (this.#bestOffset < 0) this.#setBest(levels);
    for (let i = count - 1; i >= 0; i--) this.set(prices[i]!, sizes[i]!);
  }

  /** Size at a price; 0 when there is no such level. */
  sizeAt(price: number): number {
    const key = price * this.#sign;
    const offset = key - this.#window.base;
    if (offset >= 0) {
      const isThere = offset < WINDOW_KEYS && this.#window.has(offset);
      return isThere ? this.#window.sizeAt(offset) : 0;
    }
    const size = this.#tree.get(key);
    return size === size ? size : 0;
  }

  /** Forgets every level. */
  clear(): void {
    this.#tree.clear();
    this.#window.clear();
    this.#findBest(OFFSET_NONE);
  }

  /** Cursor of the best level, `LEVEL_NONE` when empty. Cursors are valid until the next change. */
  first(): number {
    return this.#bestOffset < 0 ? LEVEL_NONE : WINDOW_CURSOR - this.#bestOffset;
  }

  /** Cursor of the next worse level. */
  after(cursor: number): number {
    if (cursor > WINDOW_CURSOR) return this.#tree.before(cursor);
    const offset = this.#window.highest(WINDOW_CURSOR - cursor - 1);
    return offset < 0 ? this.#tree.last() : WINDOW_CURSOR - offset;
  }

  /** Price of the level under a cursor. */
  priceAt(cursor: number): number {
    if (cursor > WINDOW_CURSOR) return this.#tree.keyAt(cursor) * this.#sign;
    return (this.#window.base + WINDOW_CURSOR - cursor) * this.#sign;
  }

  /** Size of the level under a cursor. */
  levelSizeAt(cursor: number): number {
    if (cursor > WINDOW_CURSOR) return this.#tree.valueAt(cursor);
    return this.#window.sizeAt(WINDOW_CURSOR - cursor);
  }

  /** Up to `count` best levels into the two arrays; how many there were. */
  readLevels(count: number, prices: Float64Array, sizes: Float64Array): number {
    let read = 0;
    let cursor = this.first();
    while (read < count && cursor !== LEVEL_NONE) {
      prices[read] = this.priceAt(cursor);
      sizes[read] = this.levelSizeAt(cursor);
      read++;
      cursor = this.after(cursor);
    }
    return read;
  }

  /** Visits levels best first until `visit` answers false. */
  forEach(visit: (price: number, size: number) => boolean): void {
    for (let at = this.first(); at !== LEVEL_NONE; at = this.after(at)) {
      if (!visit(this.priceAt(at), this.levelSizeAt(at))) return;
    }
  }

  /** Bytes the levels hold. */
  get memoryBytes(): number {
    return this.#tree.memoryBytes + this.#window.memoryBytes;
  }

  /** Asserts the tree's and this file's invariants: for tests and sampled checks. */
  assertValid(): void {
    this.#tree.assertValid();
    const window = this.#window;
    const deepest = this.#tree.last();
    if (deepest !== CURSOR_NONE) {
      assert(this.#tree.keyAt(deepest) < window.base, "Ladder's tree holds a key of its window");
      assert(window.count > 0, "Ladder's window is empty and its tree is not");
    }
    let seen = 0;
    for (let at = window.highest(WINDOW_KEYS - 1); at >= 0; at = window.highest(at - 1)) seen++;
    assert(seen === window.count, "Ladder's window miscounts its levels");
    const offset = window.highest(WINDOW_KEYS - 1);
    assert(offset === this.#bestOffset, "Ladder's best price is not its window's highest");
    const price = offset < 0 ? 0 : (window.base + offset) * this.#sign;
    assert(price === this.#bestPrice, "Ladder's best price is not its window's highest");
    const size = offset < 0 ? 0 : window.sizeAt(offset);
    assert(size === this.#bestSize, "Ladder's best size is not its window's highest");
  }

  /** An edit outside the window, or of an empty ladder. */
  #setOutside(key: number, size: number): void {
    assert(Number.isSafeInteger(key), "A level's price must be a whole number of ticks");
    if (this.#bestOffset >= 0 && key < this.#window.base) {
      if (size > 0) this.#tree.set(key, size);
      else this.#tree.delete(key);
      return;
    }
    if (size === 0) return;
    this.#raise(baseFor(key));
    this.#bestOffset = key - this.#window.base;
    this.#bestPrice = key * this.#sign;
    this.#bestSize = size;
    this.#window.set(this.#bestOffset, size);
  }

  /** Finds the best level, which is at or below `from`, and brings the window down to it. */
  #findBest(from: number): void {
    const window = this.#window;
    let offset = window.highest(from);
    if (offset < HEADROOM && this.#tree.size > 0) {
      this.#lower(offset < 0 ? this.#tree.lastKey() : window.base + offset);
      offset = window.highest(WINDOW_KEYS - 1);
    }
    this.#bestOffset = offset;
    this.#bestPrice = offset < 0 ? 0 : (window.base + offset) * this.#sign;
    this.#bestSize = offset < 0 ? 0 : window.sizeAt(offset);
  }

  /** Puts the best level of a message into an empty ladder, and so its window round it. */
  #setBest({ count, prices, sizes }: Levels): void {
    let best = -1;
    for (let i = 0; i < count; i++) {
      if (!(sizes[i]! > 0)) continue;
      if (best < 0 || (prices[i]! - prices[best]!) * this.#sign > 0) best = i;
    }
    if (best >= 0) this.set(prices[best]!, sizes[best]!);
  }

  /** Moves the window up; levels that fall out of it go to the tree. */
  #raise(base: number): void {
    const window = this.#window;
    for (let at = window.lowest(); at >= 0 && window.base + at < base; at = window.lowest()) {
      this.#tree.set(window.base + at, window.sizeAt(at));
      window.delete(at);
    }
    window.moveTo(base);
  }

  /** Moves the window down to a best key; levels of the tree that it then covers come into it. */
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

/** Where a window begins whose best key is `key`. */
function baseFor(key: number): number {
  return Math.floor((key - BELOW_TOUCH) / 32) * 32;
}
