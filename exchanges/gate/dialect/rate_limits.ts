/**
 * What may be asked how often: windows that open with the first request and forget all at once.
 *
 * 1. Orders and amendments share one count; cancels have their own, except for futures over
 *    WebSockets, where all three are one.
 * 2. Spot counts orders per market, futures per account; every item of a batch counts on futures.
 * Source: protocol sheet section 7.
 * @module
 */
import type { Clock } from "@/engine/ports/mod.ts";
import type { WireProduct } from "./wire_symbols.ts";

interface Window {
  until: number;
  count: number;
}

/** What is left after a request. */
export interface Charge {
  readonly taken: boolean;
  readonly remain: number;
  readonly limit: number;
  readonly resetMs: number;
}

/** What a request does. */
export type RateKind = "place" | "cancel" | "other";

const KEYS_MAX = 10_000;

/** Counts by key. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(key: string, count: number, limit: number, windowMs: number): Charge {
    const now = this.#clock.now();
    let window = this.#windows.get(key);
    if (window === undefined || now >= window.until) {
      if (this.#windows.size >= KEYS_MAX) this.#windows.clear();
      window = { until: now + windowMs * 1_000, count: 0 };
      this.#windows.set(key, window);
    }
    const taken = window.count + count <= limit;
    if (taken) window.count += count;
    const remain = Math.max(0, limit - window.count);
    return { taken, remain, limit, resetMs: Math.floor(window.until / 1_000) };
  }

  /** Charges one request of an account. */
  charge(request: {
    readonly product: WireProduct;
    readonly kind: RateKind;
    readonly via: "rest" | "ws";
    /** Its path or channel. */
    readonly endpoint: string;
    readonly market: string;
    readonly count: number;
  }): Charge {
    const { product, kind, via, endpoint, market, count } = request;
    if (kind === "other") return this.take(`other/${endpoint}`, 1, 200, 10_000);
    if (product === "futures") {
      if (via === "ws") return this.take("futures/ws", count, 100, 1_000);
      return this.take(`futures/${kind}`, count, kind === "place" ? 100 : 200, 1_000);
    }
    if (kind === "cancel") return this.take("spot/cancel", 1, 200, 1_000);
    return this.take(`spot/place/${market}`, 1, 10, 1_000);
  }
}
