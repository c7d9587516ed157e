/**
 * What may be asked how often: windows that open with the first request and forget all at once.
 *
 * 1. Orders, amendments and cancels of an instrument have a bucket each; REST and WebSockets share.
 * 2. Batches have buckets of their own, counted by orders; a batch of one counts as single.
 * 3. New orders and amendments also count for the whole account.
 * Source: protocol sheet section 7.
 * @module
 */
import type { Clock } from "@/engine/ports/mod.ts";
import { ACCOUNT_TOO_MANY, type Failure, TOO_MANY } from "./failures.ts";
import type { Limiter } from "./venue_state.ts";

interface Window {
  until: number;
  count: number;
}

const KEYS_MAX = 10_000;
const TRADE_WINDOW_MS = 2_000;
const SINGLE_MAX = 60;
const BATCH_MAX = 300;
const ACCOUNT_MAX = 1_000;

/** Counts by key. */
export class RateLimits implements Limiter {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(key: string, count: number, limit: number, windowMs: number): boolean {
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
}

/** What a trade request does. */
export type TradeKind = "order" | "amend" | "cancel";

/** Charges one trade request; a failure when there is no room for it. */
export function chargeTrade(
  limits: Limiter,
  kind: TradeKind,
  instruments: readonly string[],
): Failure | undefined {
  if (instruments.length === 1) {
    const key = `${kind}/${instruments[0]}`;
    if (!limits.take(key, 1, SINGLE_MAX, TRADE_WINDOW_MS)) return TOO_MANY;
  } else {
    const counts = new Map<string, number>();
    for (const each of instruments) counts.set(each, (counts.get(each) ?? 0) + 1);
    for (const [instrument, count] of counts) {
      const key = `batch-${kind}/${instrument}`;
      if (!limits.take(key, count, BATCH_MAX, TRADE_WINDOW_MS)) return TOO_MANY;
    }
  }
  if (kind === "cancel") return undefined;
  const room = limits.take("account", instruments.length, ACCOUNT_MAX, TRADE_WINDOW_MS);
  return room ? undefined : ACCOUNT_TOO_MANY;
}
