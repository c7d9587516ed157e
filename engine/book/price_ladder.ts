/**
 * `PriceLadder`: one side of a book: price to size, best first, on the B+tree.
 *
 * Bids are kept under their price, asks under its negative, so that on both sides the best level is
 * the tree's largest key, where edits are cheapest.
 *
 * 1. No level is empty: size 0 deletes it.
 * 2. `best` and `bestSize` always equal the tree's last entry; both are 0 when there is none.
 * 3. Whoever reads or writes levels does so through this class, so that a dense window of ticks
 *    around the touch can be put in front of the tree without anyone noticing.
 * @module
 */
import { BPlusTree, CURSOR_NONE } from "@/engine/collections/mod.ts";
import { assert, type Side } from "@/engine/domain/mod.ts";
import type { Levels } from "@/engine/messages/mod.ts";

/** No level: what level cursors answer beyond the worst price. */
export const LEVEL_NONE = CURSOR_NONE;

/** Levels of one side. Prices are whole ticks above zero, sizes whole lots above zero. */
export class PriceLadder {
  readonly side: Side;
  readonly #tree = new BPlusTree();
  /** +1 for bids, -1 for asks: price times sign is the key. */
  readonly #sign: 1 | -1;
  #bestKey = -Infinity;
  #bestSize = 0;

  constructor(side: Side) {
    this.side = side;
    this.#sign = side === "buy" ? 1 : -1;
  }

  /** Number of levels. */
  get count(): number {
    return this.#tree.size;
  }

  /** Best price in ticks; 0 when empty. */
  get best(): number {
    return this.#bestSize === 0 ? 0 : this.#bestKey * this.#sign;
  }

  /** Size at the best price; 0 when empty. */
  get bestSize(): number {
    return this.#bestSize;
  }

  /** Sets the size of a level; 0 deletes it. */
  set(price: number, size: number): void {
    assert(size >= 0, "A level's size must not be negative");
    const key = price * this.#sign;
    if (size === 0) {
      if (!this.#tree.delete(key)) return;
      if (key === this.#bestKey) this.#readBest();
    } else {
      this.#tree.set(key, size);
      if (key >= this.#bestKey) {
        this.#bestKey = key;
        this.#bestSize = size;
      }
    }
  }

  /** Sets every level of a message, in an order that is cheap when they come best first. */
  setAll(levels: Levels): void {
    const { prices, sizes } = levels;
    for (let i = levels.count - 1; i >= 0; i--) this.set(prices[i]!, sizes[i]!);
  }

  /** Size at a price; 0 when there is no such level. */
  sizeAt(price: number): number {
    const size = this.#tree.get(price * this.#sign);
    return size === size ? size : 0;
  }

  /** Forgets every level. */
  clear(): void {
    this.#tree.clear();
    this.#bestKey = -Infinity;
    this.#bestSize = 0;
  }

  /** Cursor of the best level, `LEVEL_NONE` when empty. Cursors are valid until the next change. */
  first(): number {
    return this.#tree.last();
  }

  /** Cursor of the next worse level. */
  after(cursor: number): number {
    return this.#tree.before(cursor);
  }

  /** Price of the level under a cursor. */
  priceAt(cursor: number): number {
    return this.#tree.keyAt(cursor) * this.#sign;
  }

  /** Size of the level under a cursor. */
  levelSizeAt(cursor: number): number {
    return this.#tree.valueAt(cursor);
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
    return this.#tree.memoryBytes;
  }

  /** Asserts the tree's and this file's invariants: for tests and sampled checks. */
  assertValid(): void {
    this.#tree.assertValid();
    const key = this.#bestKey;
    const size = this.#bestSize;
    this.#readBest();
    assert(key === this.#bestKey, "Ladder's best price is not its tree's last");
    assert(size === this.#bestSize, "Ladder's best size is not its tree's last");
  }

  #readBest(): void {
    const cursor = this.#tree.last();
    this.#bestKey = cursor === CURSOR_NONE ? -Infinity : this.#tree.keyAt(cursor);
    this.#bestSize = cursor === CURSOR_NONE ? 0 : this.#tree.valueAt(cursor);
  }
}
