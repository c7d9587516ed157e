/**
 * `PriceLadder`: one side of a book: price to size, best first.
 *
 * Bids are kept under their price, asks under its negative, so that on both sides the best level is
 * the map's largest key, where edits are cheapest.
 *
 * 1. No level is empty: size 0 deletes it.
 * 2. `best` and `bestSize` always equal the map's last entry; both are 0 when there is none.
 * 3. Whoever reads or writes levels does so through this class, so that nobody else knows where
 *    they lie.
 * @module
 */
import { CURSOR_NONE, DenseMap } from "@/engine/collections/mod.ts";
import { assert, type Side } from "@/engine/domain/mod.ts";
import type { Levels } from "@/engine/messages/mod.ts";

/** No level: what level cursors answer beyond the worst price. */
export const LEVEL_NONE = CURSOR_NONE;

/** Levels of one side. Prices are whole ticks above zero, sizes whole lots above zero. */
export class PriceLadder {
  readonly side: Side;
  readonly #levels = new DenseMap();
  /** +1 for bids, -1 for asks: price times sign is the key. */
  readonly #sign: 1 | -1;

  constructor(side: Side) {
    this.side = side;
    this.#sign = side === "buy" ? 1 : -1;
  }

  /** Number of levels. */
  get count(): number {
    return this.#levels.size;
  }

  /** Best price in ticks; 0 when empty. */
  get best(): number {
    const levels = this.#levels;
    return levels.isEmpty ? 0 : levels.lastKey * this.#sign;
  }

  /** Size at the best price; 0 when empty. */
  get bestSize(): number {
    return this.#levels.lastValue;
  }

  /** Sets the size of a level; 0 deletes it. */
  set(price: number, size: number): void {
    assert(size >= 0, "A level's size must not be negative");
    if (size > 0) this.#levels.set(price * this.#sign, size);
    else this.#levels.delete(price * this.#sign);
  }

  /** Sets every level of a message, in an order that is cheap when they come best first. */
  setAll({ count, prices, sizes }: Levels): void {
    if (this.#levels.isEmpty) this.#setBest(count, prices, sizes);
    for (let i = count - 1; i >= 0; i--) this.set(prices[i]!, sizes[i]!);
  }

  /** Size at a price; 0 when there is no such level. */
  sizeAt(price: number): number {
    const size = this.#levels.get(price * this.#sign);
    return size === size ? size : 0;
  }

  /** Forgets every level. */
  clear(): void {
    this.#levels.clear();
  }

  /** Cursor of the best level, `LEVEL_NONE` when empty. Cursors are valid until the next change. */
  first(): number {
    return this.#levels.last();
  }

  /** Cursor of the next worse level. */
  after(cursor: number): number {
    return this.#levels.before(cursor);
  }

  /** Price of the level under a cursor. */
  priceAt(cursor: number): number {
    return this.#levels.keyAt(cursor) * this.#sign;
  }

  /** Size of the level under a cursor. */
  levelSizeAt(cursor: number): number {
    return this.#levels.valueAt(cursor);
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
    return this.#levels.memoryBytes;
  }

  /** Asserts the map's invariants: for tests and sampled checks. */
  assertValid(): void {
    this.#levels.assertValid();
  }

  /** Puts the best level of a message into an empty ladder, so that its map is dense round it. */
  #setBest(count: number, prices: Float64Array, sizes: Float64Array): void {
    let best = -1;
    for (let i = 0; i < count; i++) {
      if (!(sizes[i]! > 0)) continue;
      if (best < 0 || (prices[i]! - prices[best]!) * this.#sign > 0) best = i;
    }
    if (best >= 0) this.set(prices[best]!, sizes[best]!);
  }
}
