/**
 * Binance's published limits as data, and what its answers say of them.
 *
 * 1. Weight is counted per address and host, orders per account; both products count for
 *    themselves, so
 *    every rule names its product's account.
 * 2. Spot charges weight only for failures since 2026-04-02; we budget as if each failed.
 * 3. 429 stops all weight of the product until the time given, 418 everything.
 * 4. At most 300 WebSocket connections may be attempted per address in five minutes.
 *
 * Source: venue documentation "Limits" of both products, read 2026-09.
 * @module
 */
import { type Micros, micros, type Product } from "@/engine/domain/mod.ts";
import type { RateLimitReport } from "@/engine/messages/mod.ts";
import type { RateLimitRule } from "@/engine/ports/mod.ts";
import { connectionBudget } from "@/exchanges/kit/mod.ts";
import { PERPETUAL_ACCOUNT, SPOT_ACCOUNT } from "./instruments.ts";
import { integerField, objectsOf, textField } from "./_json.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const SPOT_SOURCE = "https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits";
const PERPETUAL_SOURCE =
  "https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info";

/** All rules of the venue. */
export const BINANCE_RATE_LIMITS: readonly RateLimitRule[] = [
  {
    id: "spot_weight_1m",
    account: SPOT_ACCOUNT,
    capacity: 6_000,
    windowMs: MINUTE_MS,
    weights: {
      place_order: 1,
      amend_order: 4,
      replace_order: 1,
      cancel_order: 1,
      cancel_all: 1,
      query_order: 4,
      query_fills: 20,
      query_account: 200,
      request_snapshot: 250,
      request_book_check: 5,
    },
    cancelReserve: 300,
    source: SPOT_SOURCE,
  },
  {
    id: "spot_orders_10s",
    account: SPOT_ACCOUNT,
    capacity: 50,
    windowMs: 10_000,
    weights: { place_order: 1, replace_order: 1 },
    cancelReserve: 0,
    source: SPOT_SOURCE,
  },
  {
    id: "spot_orders_1d",
    account: SPOT_ACCOUNT,
    capacity: 160_000,
    windowMs: DAY_MS,
    weights: { place_order: 1, replace_order: 1 },
    cancelReserve: 0,
    source: SPOT_SOURCE,
  },
  {
    id: "perpetual_weight_1m",
    account: PERPETUAL_ACCOUNT,
    capacity: 2_400,
    windowMs: MINUTE_MS,
    weights: {
      amend_order: 1,
      cancel_order: 1,
      cancel_all: 2,
      query_order: 1,
      query_fills: 5,
      query_account: 120,
      arm_dead_man: 10,
      request_snapshot: 20,
      request_book_check: 5,
    },
    cancelReserve: 300,
    source: PERPETUAL_SOURCE,
  },
  {
    id: "perpetual_orders_10s",
    account: PERPETUAL_ACCOUNT,
    capacity: 300,
    windowMs: 10_000,
    weights: { place_order: 1, amend_order: 1 },
    cancelReserve: 0,
    source: PERPETUAL_SOURCE,
  },
  {
    id: "perpetual_orders_1m",
    account: PERPETUAL_ACCOUNT,
    capacity: 1_200,
    windowMs: MINUTE_MS,
    weights: { place_order: 1, amend_order: 1 },
    cancelReserve: 0,
    source: PERPETUAL_SOURCE,
  },
];

const HEADERS: readonly (readonly [name: string, suffix: string])[] = [
  ["x-mbx-used-weight-1m", "weight_1m"],
  ["x-mbx-order-count-10s", "orders_10s"],
  ["x-mbx-order-count-1m", "orders_1m"],
  ["x-mbx-order-count-1d", "orders_1d"],
];

/** What the headers of a REST answer say. */
export function reportsFromHeaders(
  product: Product,
  headers: ReadonlyMap<string, string>,
  at: Micros,
): RateLimitReport[] {
  const reports: RateLimitReport[] = [];
  for (const [name, suffix] of HEADERS) {
    const text = headers.get(name);
    const rule = knownRule(product, suffix);
    if (text === undefined || rule === undefined || !/^\d{1,12}$/.test(text)) continue;
    reports.push(report(rule, at, Number(text), 0));
  }
  return reports;
}

/** What `rateLimits` of an order-socket answer say. */
export function reportsFromAnswer(
  product: Product,
  limits: unknown,
  at: Micros,
): RateLimitReport[] {
  const reports: RateLimitReport[] = [];
  for (const limit of objectsOf(limits) ?? []) {
    const count = integerField(limit, "count");
    const span = `${integerField(limit, "intervalNum")}${textField(limit, "interval")[0] ?? ""}`;
    const type = textField(limit, "rateLimitType");
    const name = type === "REQUEST_WEIGHT" ? "weight" : type === "ORDERS" ? "orders" : "";
    const rule = knownRule(product, `${name}_${span.toLowerCase()}`);
    if (rule !== undefined && count !== undefined) reports.push(report(rule, at, count, 0));
  }
  return reports;
}

/** What a refusal for speaking too fast says: nothing of this kind before `until`. */
export function blockReport(
  product: Product,
  status: number,
  code: number,
  until: Micros,
  at: Micros,
): RateLimitReport {
  if (status === 418) return report("", at, -1, until);
  const suffix = code === -1015 ? "orders_10s" : "weight_1m";
  return report(knownRule(product, suffix) ?? "", at, -1, until);
}

/** When a 429 or 418 ends: `Retry-After` seconds, or the order socket's `retryAfter` instant. */
export function blockedUntil(
  at: Micros,
  retryAfterSeconds: string | undefined,
  retryAfterMs: number | undefined,
): Micros {
  if (retryAfterMs !== undefined && retryAfterMs * 1_000 > at) return micros(retryAfterMs * 1_000);
  const seconds = /^\d{1,9}$/.test(retryAfterSeconds ?? "") ? Number(retryAfterSeconds) : 10;
  return micros(at + Math.max(1, seconds) * 1_000_000);
}

function knownRule(product: Product, suffix: string): string | undefined {
  const id = `${product}_${suffix}`;
  return BINANCE_RATE_LIMITS.some((rule) => rule.id === id) ? id : undefined;
}

function report(rule: string, at: Micros, used: number, until: number): RateLimitReport {
  return { kind: "rate_limit", venue: "binance", at, rule, used, blockedUntil: micros(until) };
}

/** Lets at most 300 connections be attempted in five minutes; further ones fail at once, unsent. */
export const withConnectionBudget = connectionBudget({
  attemptsMax: 300,
  windowMs: 5 * MINUTE_MS,
  windowName: "five minutes",
});
