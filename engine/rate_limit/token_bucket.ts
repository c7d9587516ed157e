/**
 * `TokenBucket`: weight that may be spent now, refilled by the given clock.
 *
 *   any window of length W holds at most  burst + refill in W
 *
 * 1. With `burst + refill per window <= capacity` neither a venue's fixed windows nor its sliding
 *    ones are ever exceeded: so the bucket is smaller than the window's whole weight.
 * 2. Counted in weight times microseconds of the window, so that refill is exact in integers.
 * 3. A clock that goes back adds nothing.
 * @module
 */
import { assert, type Micros } from "@/engine/domain/mod.ts";

/** Weight with a refill. */
export class TokenBucket {
  readonly #burst: number;
  readonly #refillPerWindow: number;
  readonly #windowUs: number;
  /** Weight times window microseconds; below zero after the venue told us of more use. */
  #units: number;
  #at: Micros;

  /** A full bucket of `burst` weight that refills `refillPerWindow` weight per `windowUs`. */
  constructor(burst: number, refillPerWindow: number, windowUs: number, now: Micros) {
    assert(burst > 0, "Bucket must hold some weight");
    assert(refillPerWindow > 0, "Bucket must refill");
    assert(windowUs > 0, "Bucket window must be above zero");
    this.#burst = burst;
    this.#refillPerWindow = refillPerWindow;
    this.#windowUs = windowUs;
    this.#units = burst * windowUs;
    this.#at = now;
  }

  get burst(): number {
    return this.#burst;
  }

  /** Weight in the bucket now; below zero: owed. */
  available(now: Micros): number {
    this.#refill(now);
    return this.#units / this.#windowUs;
  }

  /** Whether `weight` could be taken and leave at least `reserve`. */
  holds(weight: number, reserve: number, now: Micros): boolean {
    this.#refill(now);
    return this.#units >= (weight + reserve) * this.#windowUs;
  }

  /** Takes `weight`, if it leaves at least `reserve`. */
  tryTake(weight: number, reserve: number, now: Micros): boolean {
    assert(weight >= 0, "Weight must not be negative");
    if (!this.holds(weight, reserve, now)) return false;
    this.#units -= weight * this.#windowUs;
    return true;
  }

  /** Believes the venue when it knows of more use than we do: at most `weight` is left. */
  lowerTo(weight: number, now: Micros): void {
    this.#refill(now);
    this.#units = Math.min(this.#units, weight * this.#windowUs);
  }

  #refill(now: Micros): void {
    if (now <= this.#at) return;
    const units = this.#units + (now - this.#at) * this.#refillPerWindow;
    this.#units = Math.min(units, this.#burst * this.#windowUs);
    this.#at = now;
  }
}
