/**
 * Price levels as two parallel typed arrays: how book events carry their levels without objects.
 * @module
 */

/** `count` levels: `prices[i]` whole ticks, `sizes[i]` whole lots (0 deletes the level in a
 * delta). */
export interface Levels {
  readonly count: number;
  readonly prices: Float64Array;
  readonly sizes: Float64Array;
}

/** A growing, reusable `Levels`. Its owner clears it before each message. */
export class LevelBuffer implements Levels {
  count = 0;
  prices: Float64Array;
  sizes: Float64Array;

  constructor(capacity = 64) {
    this.prices = new Float64Array(capacity);
    this.sizes = new Float64Array(capacity);
  }

  /** Appends a level of whole ticks and whole lots. */
  push(priceTicks: number, sizeLots: number): void {
    const count = this.count;
    if (count === this.prices.length) this.grow();
    this.prices[count] = priceTicks;
    this.sizes[count] = sizeLots;
    this.count = count + 1;
  }

  /** Forgets all levels; keeps the memory. */
  clear(): void {
    this.count = 0;
  }

  /** Takes a copy of another buffer's levels. */
  copyFrom(other: Levels): void {
    this.count = 0;
    while (this.prices.length < other.count) this.grow();
    this.prices.set(other.prices.subarray(0, other.count));
    this.sizes.set(other.sizes.subarray(0, other.count));
    this.count = other.count;
  }

  /** Doubles the memory: other arrays with the same levels, and as many again to come. */
  grow(): this {
    const capacity = this.prices.length * 2;
    const prices = new Float64Array(capacity);
    const sizes = new Float64Array(capacity);
    prices.set(this.prices);
    sizes.set(this.sizes);
    this.prices = prices;
    this.sizes = sizes;
    return this;
  }
}
