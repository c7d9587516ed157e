/**
 * What can be read from the touch: mid, weighted mid (microprice), imbalance and spread.
 *
 * 1. `present` is false unless both sides have a price and a size and the book is not locked or
 *    crossed; the numbers then mean nothing. Absent is a flag, never zero and never the last value.
 * 2. Prices are in the caller's unit (ticks in a strategy), sizes in any unit.
 * Source: MARKETS.md section 1.
 * @module
 */

/** A reusable reading of one touch; its owner reads before the next `read`. */
export class TouchReadings {
  present = false;
  mid = 0;
  /** `(ask B + bid A) / (A + B)`: a big bid pulls it towards the ask. */
  weightedMid = 0;
  /** `(B - A) / (B + A)`, in [-1, 1]: above zero when the bid is bigger. */
  imbalance = 0;
  spread = 0;

  /** Reads one touch; answers `present`. */
  read(bid: number, bidSize: number, ask: number, askSize: number): boolean {
    const total = bidSize + askSize;
    this.present = bid > 0 && ask > bid && bidSize > 0 && askSize > 0 && total < Infinity;
    if (!this.present) return false;
    this.mid = (bid + ask) / 2;
    this.spread = ask - bid;
    this.imbalance = (bidSize - askSize) / total;
    // The same as (ask B + bid A) / (A + B), without losing digits to large products.
    this.weightedMid = this.mid + (this.spread / 2) * this.imbalance;
    return true;
  }

  /** Marks the touch as absent. */
  clear(): void {
    this.present = false;
  }
}

/** Sizes weighted by closeness to the mid, over several levels of a book. */
export class DepthImbalance {
  present = false;
  /** In [-1, 1]: above zero when the bids are heavier. */
  value = 0;

  /**
   * Reads both sides, best first: `I = sum k (B - A) / sum k (B + A)` with
   * `k = exp(-distance / delta)`, distances from the mid in bp.
   */
  read(
    bids: { readonly prices: Float64Array; readonly sizes: Float64Array; readonly count: number },
    asks: { readonly prices: Float64Array; readonly sizes: Float64Array; readonly count: number },
    deltaBp: number,
  ): boolean {
    this.present = false;
    if (bids.count === 0 || asks.count === 0) return false;
    const bid = bids.prices[0]!;
    const ask = asks.prices[0]!;
    if (!(bid > 0) || !(ask > bid)) return false;
    const mid = (bid + ask) / 2;
    const scale = 1e4 / (mid * Math.max(1, deltaBp));
    const bidWeight = weightedSize(bids.prices, bids.sizes, bids.count, mid, scale);
    const askWeight = weightedSize(asks.prices, asks.sizes, asks.count, mid, scale);
    const total = bidWeight + askWeight;
    if (!(total > 0)) return false;
    this.value = (bidWeight - askWeight) / total;
    this.present = true;
    return true;
  }
}

function weightedSize(
  prices: Float64Array,
  sizes: Float64Array,
  count: number,
  mid: number,
  scale: number,
): number {
  let sum = 0;
  for (let index = 0; index < count; index++) {
    sum += sizes[index]! * Math.exp(-Math.abs(prices[index]! - mid) * scale);
  }
  return sum;
}
