/**
 * Realised volatility of the mid in basis points per square root of a second.
 *
 *   mids   x  x    x|      x |        |        |  x      x = a mid, | = a grid point
 *   sample          ^        ^                 ^         the last mid before it (previous tick)
 *
 * 1. The mid is sampled on a fixed grid, so that its bounce between ticks is not counted.
 * 2. After a silence of k grid steps there is one return over k steps, and it counts k times.
 * 3. The weights are normalised, so a young estimate is a plain mean and not biased towards zero.
 * 4. Not ready before 30 grid steps; never below 0.05 bp per square root of a second.
 * Source: MARKETS.md section 1, "Realised volatility".
 * @module
 */
import { assert, type Micros } from "@/engine/domain/mod.ts";

/** Grid steps before the estimate may be used. */
export const VOLATILITY_STEPS_MIN = 30;
/** The least volatility that is ever told, bp per square root of a second. */
export const VOLATILITY_FLOOR_BP = 0.05;

/** Estimates volatility with one half-life. */
export class RealizedVolatility {
  readonly #gridMicros: number;
  readonly #gridSeconds: number;
  readonly #halfLifeSeconds: number;
  /** Last grid point that was sampled, and the mid there; 0 before the first mid. */
  #sampledAt = 0;
  #sampledMid = 0;
  #lastMid = 0;
  #weightedVariance = 0;
  #weight = 0;
  #steps = 0;

  constructor(halfLifeSeconds: number, gridSeconds = 1) {
    assert(halfLifeSeconds > 0, "Half-life must be above zero");
    assert(gridSeconds > 0, "Grid must be above zero");
    this.#halfLifeSeconds = halfLifeSeconds;
    this.#gridSeconds = gridSeconds;
    this.#gridMicros = gridSeconds * 1e6;
  }

  /** Whether enough of the market was seen. */
  get ready(): boolean {
    return this.#steps >= VOLATILITY_STEPS_MIN;
  }

  /** Volatility, bp per square root of a second; means nothing until `ready`. */
  get sigmaBp(): number {
    if (this.#weight <= 0) return VOLATILITY_FLOOR_BP;
    return Math.max(VOLATILITY_FLOOR_BP, Math.sqrt(this.#weightedVariance / this.#weight));
  }

  /** Takes the mid of a usable book at `at`. Any price unit will do; zero and below are ignored. */
  update(mid: number, at: Micros): void {
    if (!(mid > 0)) return;
    if (this.#lastMid === 0) {
      this.#sampledAt = at;
      this.#sampledMid = mid;
      this.#lastMid = mid;
      return;
    }
    const steps = Math.floor((at - this.#sampledAt) / this.#gridMicros);
    if (steps >= 1) this.#sample(steps, at, mid);
    if (at >= this.#sampledAt) this.#lastMid = mid;
  }

  /** The next mid is not compared with the last one, as when the unit of prices changes. */
  interrupt(): void {
    this.#sampledAt = 0;
    this.#sampledMid = 0;
    this.#lastMid = 0;
  }

  /** Forgets everything. */
  reset(): void {
    this.interrupt();
    this.#weightedVariance = 0;
    this.#weight = 0;
    this.#steps = 0;
  }

  #sample(steps: number, at: number, mid: number): void {
    const gridPoint = this.#sampledAt + steps * this.#gridMicros;
    // A mid exactly on the grid point is the last one at or before it.
    const sample = gridPoint === at ? mid : this.#lastMid;
    const returnBp = sample === this.#sampledMid ? 0 : 1e4 * Math.log(sample / this.#sampledMid);
    const seconds = steps * this.#gridSeconds;
    const keep = 2 ** (-seconds / this.#halfLifeSeconds);
    this.#weightedVariance = keep * this.#weightedVariance +
      (1 - keep) * ((returnBp * returnBp) / seconds);
    this.#weight = keep * this.#weight + (1 - keep);
    this.#steps += steps;
    this.#sampledAt = gridPoint;
    this.#sampledMid = sample;
  }
}
