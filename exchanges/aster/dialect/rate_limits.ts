/**
 * What may be said how fast, and what happens to who says more.
 *
 *   weight over the limit -> 429 until the minute ends -> too many more -> 418 for two minutes
 *
 * 1. Windows are aligned to the clock: a minute's weight is forgotten when the next one begins.
 * 2. Weight is counted per address and orders per account; here both have one caller.
 * Source: protocol sheet section 7.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import { type Failure, failure } from "./failures.ts";
import type { WireProduct } from "./wire_symbols.ts";

/** One published limit. */
export interface PublishedLimit {
  readonly rateLimitType: "REQUEST_WEIGHT" | "ORDERS";
  readonly interval: "SECOND" | "MINUTE";
  readonly intervalNum: number;
  readonly limit: number;
}

const SPOT_LIMITS: readonly PublishedLimit[] = [
  { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 6_000 },
  { rateLimitType: "ORDERS", interval: "MINUTE", intervalNum: 1, limit: 6_000 },
  { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 1_000 },
];
const PERP_LIMITS: readonly PublishedLimit[] = [
  { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 2_400 },
  { rateLimitType: "ORDERS", interval: "MINUTE", intervalNum: 1, limit: 1_200 },
  { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 300 },
];

const SECONDS = { SECOND: 1, MINUTE: 60 } as const;
const REFUSALS_BEFORE_BAN = 30;
const BAN_SECONDS = 120;

interface Window {
  readonly limit: PublishedLimit;
  readonly seconds: number;
  number: number;
  count: number;
}

/** One product's limits of one caller. */
export class RateLimits {
  readonly published: readonly PublishedLimit[];
  readonly #windows: Window[];
  #refusals = 0;
  #bannedUntil = 0;

  constructor(product: WireProduct) {
    this.published = product === "spot" ? SPOT_LIMITS : PERP_LIMITS;
    this.#windows = this.published.map((limit) => ({
      limit,
      seconds: SECONDS[limit.interval] * limit.intervalNum,
      number: -1,
      count: 0,
    }));
  }

  /** Charges a request's weight; a failure when there is none left. */
  charge(weight: number, now: Micros): Failure | undefined {
    const seconds = now / 1e6;
    if (seconds < this.#bannedUntil) return this.#banned();
    for (const window of this.#windows) {
      this.#roll(window, seconds);
      if (window.limit.rateLimitType === "ORDERS") continue;
      window.count += weight;
      if (window.count <= window.limit.limit) continue;
      return this.#refuse(window, seconds);
    }
    this.#refusals = 0;
    return undefined;
  }

  /** Counts new orders; a failure when there are too many. */
  chargeOrders(count: number, now: Micros): Failure | undefined {
    const seconds = now / 1e6;
    for (const window of this.#windows) {
      if (window.limit.rateLimitType !== "ORDERS") continue;
      this.#roll(window, seconds);
      if (window.count + count <= window.limit.limit) continue;
      const { limit, intervalNum, interval } = window.limit;
      const span = `${intervalNum} ${interval}`;
      return {
        ...failure(
          -1015,
          `Too many new orders; current limit is ${limit} orders per ${span}.`,
          429,
        ),
        retryAfter: secondsLeft(window, seconds),
      };
    }
    for (const window of this.#windows) {
      if (window.limit.rateLimitType === "ORDERS") window.count += count;
    }
    return undefined;
  }

  /** Headers of a REST answer. */
  headers(now: Micros, withOrders: boolean): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const window of this.#windows) {
      const { rateLimitType, interval, intervalNum } = window.limit;
      if (rateLimitType === "ORDERS" && !withOrders) continue;
      this.#roll(window, now / 1e6);
      const name = rateLimitType === "ORDERS" ? "ORDER-COUNT" : "USED-WEIGHT";
      headers[`X-MBX-${name}-${intervalNum}${interval[0]}`] = String(window.count);
    }
    return headers;
  }

  /** The answer to one request too many, as a fault may also give it. */
  throttled(now: Micros): Failure {
    const window = this.#windows[0]!;
    this.#roll(window, now / 1e6);
    return this.#tooMuch(window, now / 1e6);
  }

  #refuse(window: Window, seconds: number): Failure {
    this.#refusals++;
    if (this.#refusals <= REFUSALS_BEFORE_BAN) return this.#tooMuch(window, seconds);
    this.#refusals = 0;
    this.#bannedUntil = seconds + BAN_SECONDS;
    return this.#banned();
  }

  #tooMuch(window: Window, seconds: number): Failure {
    const { limit, intervalNum, interval } = window.limit;
    const retryAfter = secondsLeft(window, seconds);
    const text = `Too much request weight used; current limit is ${limit} request weight per ` +
      `${intervalNum} ${interval}. Please use WebSocket Streams for live updates to avoid ` +
      "polling the API.";
    return { ...failure(-1003, text, 429), retryAfter };
  }

  #banned(): Failure {
    const untilMs = Math.ceil(this.#bannedUntil * 1_000);
    const text = `Way too much request weight used; IP banned until ${untilMs}. Please use ` +
      "WebSocket Streams for live updates to avoid bans.";
    return { ...failure(-1003, text, 418), retryAfter: BAN_SECONDS };
  }

  #roll(window: Window, seconds: number): void {
    const number = Math.floor(seconds / window.seconds);
    if (number === window.number) return;
    window.number = number;
    window.count = 0;
  }
}

function secondsLeft(window: Window, seconds: number): number {
  return Math.max(1, Math.ceil((window.number + 1) * window.seconds - seconds));
}
