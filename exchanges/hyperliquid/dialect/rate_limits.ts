/**
 * What may be asked how often: weight by minute, and the account's budget of actions.
 *
 * 1. Weights count in windows that open with the first request and forget all at once.
 * 2. The budget grows with the value traded; each order and each cancel of a batch counts.
 * 3. When it is used up there is one action per ten seconds; cancels have a larger budget.
 * Source: protocol sheet section 7.
 * @module
 */
import type { Clock } from "@/engine/ports/mod.ts";

interface Window {
  until: number;
  count: number;
}

const KEYS_MAX = 1_000;
const MINUTE_MS = 60_000;
const WEIGHT_MAX = 1_200;
const BUDGET_BASE = 10_000;
const CANCELS_MORE = 100_000;
const TRICKLE_US = 10_000_000;
const LIGHT = new Set([
  "l2Book",
  "allMids",
  "clearinghouseState",
  "orderStatus",
  "spotClearinghouseState",
  "exchangeStatus",
]);

/** Counts by key, and the account's actions. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();
  #trickledAt = -Infinity;
  /** Actions so far, and those bought beyond the budget. */
  used = 0;
  bought = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** False when there is no room for `count` more under `key`; then nothing is counted. */
  take(key: string, count: number, limit: number, windowMs = MINUTE_MS): boolean {
    const now = this.#clock.now();
    let window = this.#windows.get(key);
    if (window === undefined || now >= window.until) {
      if (this.#windows.size >= KEYS_MAX) this.#windows.clear();
      window = { until: now + windowMs * 1_000, count: 0 };
      this.#windows.set(key, window);
    }
    if (window.count + count > limit) return false;
    window.count += count;
    return true;
  }

  /** Charges an info request or an action; false when the minute is used up. */
  takeWeight(weight: number): boolean {
    return this.take("weight", weight, WEIGHT_MAX);
  }

  /** Budget of actions at so much value traded. */
  capOf(volume: number): number {
    return BUDGET_BASE + Math.floor(volume) + this.bought;
  }

  /** Charges the account; a text when its budget is used up. */
  chargeActions(count: number, isCancel: boolean, volume: number): string | undefined {
    const cap = this.capOf(volume);
    const limit = isCancel ? Math.min(cap + CANCELS_MORE, 2 * cap) : cap;
    const now = this.#clock.now();
    if (this.used + count > limit && now - this.#trickledAt < TRICKLE_US) {
      return `Too many cumulative requests sent (${this.used + count} > ${limit}) for cumulative ` +
        `volume traded $${volume.toFixed(2)}. Place taker orders to free up 1 request per USDC ` +
        "traded.";
    }
    if (this.used + count > limit) this.#trickledAt = now;
    this.used += count;
    return undefined;
  }
}

/** Weight of an info request. */
export function weightOf(type: unknown): number {
  if (LIGHT.has(String(type))) return 2;
  return type === "userRole" ? 60 : 20;
}
