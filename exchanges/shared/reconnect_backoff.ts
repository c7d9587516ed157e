/**
 * How long to wait before the next attempt: growing, jittered, bounded, and the same for the same
 * seed.
 *
 * Full jitter between half the step and the whole of it keeps seven venues from knocking together.
 * @module
 */
import type { Random } from "@/engine/ports/mod.ts";

/** Bounds of the waiting time. */
export interface BackoffLimits {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Each failure multiplies the step by this. */
  readonly factor: number;
}

/** However long a venue was away, it is found again soon enough to trade within 30 s; what a venue
 * allows in connections is held by their budget. */
export const BACKOFF_DEFAULT: BackoffLimits = { firstMs: 250, maxMs: 10_000, factor: 2 };

/** Counts failures of one thing and says how long to wait after each. */
export class ReconnectBackoff {
  readonly #random: Random;
  readonly #limits: BackoffLimits;
  #failures = 0;

  constructor(random: Random, limits: BackoffLimits = BACKOFF_DEFAULT) {
    this.#random = random;
    this.#limits = limits;
  }

  /** Failures since the last `reset`. */
  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds to wait after one more failure. */
  nextMs(): number {
    const { firstMs, maxMs, factor } = this.#limits;
    const step = Math.min(maxMs, firstMs * factor ** Math.min(this.#failures, 60));
    this.#failures++;
    return step * (0.5 + this.#random.next() / 2);
  }

  /** It worked: the next failure waits the first step again. */
  reset(): void {
    this.#failures = 0;
  }
}
