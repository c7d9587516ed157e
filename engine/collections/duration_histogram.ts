/**
 * `DurationHistogram`: how long things took, counted between a few fixed bounds: small enough for
 * one an instrument, and what Prometheus calls a histogram.
 *
 *   bounds     1 ms    2 ms    5 ms          (upper, inclusive; beyond the last: one more count)
 *   counts   3   |  9    |  0    |  1
 *
 * 1. `record` allocates nothing and takes one pass over the bounds at most.
 * 2. A quantile is the upper bound of the count it falls into; beyond the last it is the longest.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";

/** Durations in nanoseconds between bounds. */
export class DurationHistogram {
  /** Upper bounds, rising, in nanoseconds. */
  readonly bounds: readonly number[];
  /** One more than there are bounds. */
  readonly counts: Float64Array;
  #count = 0;
  #sum = 0;
  #longest = 0;

  constructor(bounds: readonly number[]) {
    assert(bounds.length > 0, "A duration histogram has a bound");
    for (let i = 1; i < bounds.length; i++) {
      assert(bounds[i]! > bounds[i - 1]!, "Bounds of a duration histogram rise");
    }
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  get longest(): number {
    return this.#longest;
  }

  /** Counts one duration; below zero counts as zero. */
  record(nanos: number): void {
    const value = nanos > 0 ? nanos : 0;
    const { bounds } = this;
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at++;
    this.counts[at] = this.counts[at]! + 1;
    this.#count++;
    this.#sum += value;
    if (value > this.#longest) this.#longest = value;
  }

  /** A bound that this share (0 to 1) of all does not exceed; 0 when nothing was counted. */
  quantile(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let at = 0; at < this.bounds.length; at++) {
      seen += this.counts[at]!;
      if (seen >= wanted) return Math.min(this.bounds[at]!, this.#longest);
    }
    return this.#longest;
  }

  /** Counts everything another one of the same bounds counted. */
  merge(other: DurationHistogram): void {
    assert(other.bounds === this.bounds, "Histograms that are merged have the same bounds");
    for (let at = 0; at < this.counts.length; at++) {
      this.counts[at] = this.counts[at]! + other.counts[at]!;
    }
    this.#count += other.count;
    this.#sum += other.sum;
    this.#longest = Math.max(this.#longest, other.longest);
  }
}
