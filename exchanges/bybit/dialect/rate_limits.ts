/**
 * What may be asked how often, over a rolling window.
 *
 * 1. Orders, amendments and cancels have a bucket each by category; REST and WebSockets share.
 * 2. Batches have buckets of their own, counted by orders; one that finds any room is let in
 *    whole, or the largest ones never would be.
 * 3. An address that asks too much over REST is shut out for ten minutes.
 * Source: protocol sheet section 7.
 * @module
 */
import type { Clock } from "@/engine/ports/mod.ts";

/** How a bucket stands. */
export interface Charge {
  readonly ok: boolean;
  readonly limit: number;
  readonly left: number;
  /** When there is room again, in milliseconds since 1970; now when there is. */
  readonly resetAt: number;
}

const KEYS_MAX = 10_000;
const IP_MAX = 600;
const IP_WINDOW_MS = 5_000;
const IP_BAN_US = 600_000_000;
const CONNECTS_MAX = 500;
const CONNECTS_WINDOW_MS = 300_000;

/** Remembers when what was asked. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #taken = new Map<string, number[]>();
  #bannedUntil = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Charges `count` to a bucket; nothing when there is no room: for all, or for the `first`. */
  take(
    key: string,
    count: number,
    limit: number,
    windowMs = 1_000,
    roomFor: "all" | "first" = "all",
  ): Charge {
    const now = this.#clock.now();
    let taken = this.#taken.get(key);
    if (taken === undefined) {
      if (this.#taken.size >= KEYS_MAX) this.#taken.clear();
      taken = [];
      this.#taken.set(key, taken);
    }
    let gone = 0;
    while (gone < taken.length && taken[gone]! <= now - windowMs * 1_000) gone++;
    if (gone > 0) taken.splice(0, gone);
    const needed = roomFor === "all" ? count : 1;
    const ok = taken.length + needed <= limit;
    if (ok) { for (let i = 0; i < count; i++) taken.push(now); }
    const free = taken[Math.max(0, Math.min(taken.length, taken.length + needed - limit) - 1)];
    const resetAt = ok || free === undefined ? now : free + windowMs * 1_000;
    return {
      ok,
      limit,
      left: Math.max(0, limit - taken.length),
      resetAt: Math.ceil(resetAt / 1_000),
    };
  }

  /** Whether an address may ask over REST; once it may not, not for ten minutes. */
  takeAddress(): boolean {
    const now = this.#clock.now();
    if (now < this.#bannedUntil) return false;
    if (this.take("address", 1, IP_MAX, IP_WINDOW_MS).ok) return true;
    this.#bannedUntil = now + IP_BAN_US;
    return false;
  }

  /** Whether an address may open one more socket. */
  takeConnect(): boolean {
    return this.take("connect", 1, CONNECTS_MAX, CONNECTS_WINDOW_MS).ok;
  }
}

/** What a trade request does. */
export type TradeKind = "create" | "amend" | "cancel";

/** Requests a second of one bucket of order entry. */
export function tradeLimit(kind: TradeKind, category: unknown): number {
  return category === "spot" && kind !== "amend" ? 20 : 10;
}
