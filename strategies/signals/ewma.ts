/**
 * Exponentially weighted mean, variance and sum: by time, not by count.
 *
 * 1. A step backwards or sideways in time counts as no time: an out-of-order stamp never grows a
 *    weight.
 * 2. Nothing is known before the first value: `ready` is false, and the numbers then mean nothing.
 * Source: MARKETS.md section 1, common rules; variance after West 1979 with a constant gain.
 * @module
 */
import { assert, type Micros } from "@/engine/domain/mod.ts";

/** Natural decay time of a half-life. */
const LN2 = Math.LN2;

/** Mean and variance of a value that is seen at irregular times. */
export class Ewma {
  readonly #tauMicros: number;
  #at = 0;
  #mean = 0;
  #variance = 0;
  #ready = false;

  /** `halfLifeSeconds` after which an old value weighs half. */
  constructor(halfLifeSeconds: number) {
    assert(halfLifeSeconds > 0, "Half-life must be above zero");
    this.#tauMicros = (halfLifeSeconds * 1e6) / LN2;
  }

  /** Whether a value was ever seen. */
  get ready(): boolean {
    return this.#ready;
  }

  get mean(): number {
    return this.#mean;
  }

  /** Weighted mean of squared distances from the mean. */
  get variance(): number {
    return this.#variance;
  }

  /** Takes a value seen at `at`: `m += (1 - exp(-dt/tau)) (x - m)`. */
  update(value: number, at: Micros): void {
    if (!this.#ready) {
      this.#mean = value;
      this.#variance = 0;
      this.#at = at;
      this.#ready = true;
      return;
    }
    const elapsed = at - this.#at;
    if (elapsed <= 0) return;
    this.#at = at;
    const gain = -Math.expm1(-elapsed / this.#tauMicros);
    const away = value - this.#mean;
    this.#mean += gain * away;
    this.#variance = (1 - gain) * (this.#variance + gain * away * away);
  }

  /** Forgets everything. */
  reset(): void {
    this.#ready = false;
    this.#mean = 0;
    this.#variance = 0;
    this.#at = 0;
  }
}

/** A sum whose parts fade: `S = S exp(-dt/tau) + x`. */
export class DecayedSum {
  readonly #tauMicros: number;
  #at = 0;
  #sum = 0;

  constructor(halfLifeSeconds: number) {
    assert(halfLifeSeconds > 0, "Half-life must be above zero");
    this.#tauMicros = (halfLifeSeconds * 1e6) / LN2;
  }

  /** Adds `value` seen at `at`. */
  add(value: number, at: Micros): void {
    this.#fadeTo(at);
    this.#sum += value;
  }

  /** The sum as it has faded by `at`. */
  valueAt(at: Micros): number {
    const elapsed = at - this.#at;
    return elapsed > 0 ? this.#sum * Math.exp(-elapsed / this.#tauMicros) : this.#sum;
  }

  /** Forgets everything. */
  reset(): void {
    this.#sum = 0;
    this.#at = 0;
  }

  #fadeTo(at: Micros): void {
    const elapsed = at - this.#at;
    if (elapsed <= 0) return;
    if (this.#sum !== 0) this.#sum *= Math.exp(-elapsed / this.#tauMicros);
    this.#at = at;
  }
}
