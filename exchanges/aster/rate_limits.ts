/**
 * Aster's published limits as data, and what its answers say of them.
 *
 * 1. Weight counts per address and host, orders per account. Futures and spot are two hosts, so
 *    every rule names its product's account.
 * 2. 429 stops the product's weight, 418 everything; without a `Retry-After` (the venue does not
 *    promise one) ten seconds, two minutes and one minute are kept to (429, 418, 403).
 * 3. The venue bans an address that does not keep its connection rules, and names no number of
 *    attempts: those of the venue it is modelled on, Binance, are kept to.
 *
 * Source: `exchangeInfo.rateLimits` and "Limits" of the venue's documentation, read 2026-06-30.
 * @module
 */
import { type AccountKey, type Micros, micros, type Product } from "@/engine/domain/mod.ts";
import type { RateLimitReport } from "@/engine/messages/mod.ts";
import type { RateLimitRule } from "@/engine/ports/mod.ts";
import { connectionBudget } from "@/exchanges/kit/mod.ts";
import { PERPETUAL_ACCOUNT, SPOT_ACCOUNT } from "./instruments.ts";

const SOURCE = "https://github.com/asterdex/api-docs";
/** A report asks for open orders and fills of each instrument, positions and balances. */
const REPORT_WEIGHT = 60;
const REQUESTS = { place_order: 1, amend_order: 1, cancel_order: 1, cancel_all: 1 } as const;
const ORDERS = { place_order: 1, amend_order: 1 } as const;

function weightRule(id: string, account: AccountKey, capacity: number): RateLimitRule {
  return {
    id,
    account,
    capacity,
    windowMs: 60_000,
    weights: {
      ...REQUESTS,
      query_order: 1,
      query_fills: 5,
      query_account: REPORT_WEIGHT,
      request_snapshot: 20,
      request_book_check: 5,
      arm_dead_man: 10,
    },
    cancelReserve: 300,
    source: SOURCE,
  };
}

function orderRule(
  id: string,
  account: AccountKey,
  capacity: number,
  windowMs: number,
): RateLimitRule {
  return { id, account, capacity, windowMs, weights: ORDERS, cancelReserve: 0, source: SOURCE };
}

/** All rules of the venue. */
export const ASTER_RATE_LIMITS: readonly RateLimitRule[] = [
  weightRule("perpetual_weight_1m", PERPETUAL_ACCOUNT, 2_400),
  orderRule("perpetual_orders_10s", PERPETUAL_ACCOUNT, 300, 10_000),
  orderRule("perpetual_orders_1m", PERPETUAL_ACCOUNT, 1_200, 60_000),
  weightRule("spot_weight_1m", SPOT_ACCOUNT, 6_000),
  orderRule("spot_orders_10s", SPOT_ACCOUNT, 1_000, 10_000),
  orderRule("spot_orders_1m", SPOT_ACCOUNT, 6_000, 60_000),
];

const HEADERS: Readonly<Record<string, string>> = {
  "x-mbx-used-weight-1m": "weight_1m",
  "x-mbx-order-count-10s": "orders_10s",
  "x-mbx-order-count-1m": "orders_1m",
};

/** What the headers of an answer say; the venue may leave them out. */
export function reportsFrom(
  product: Product,
  headers: ReadonlyMap<string, string>,
  at: Micros,
): readonly RateLimitReport[] {
  return Object.entries(HEADERS).flatMap(([header, rule]) => {
    const text = headers.get(header) ?? "";
    return /^\d{1,9}$/.test(text) ? [report(`${product}_${rule}`, at, Number(text), 0)] : [];
  });
}

const SILENCE_SECONDS: Readonly<Record<number, number>> = { 418: 120, 403: 60 };

/** How long nothing may be said after a refusal for speaking too fast. */
export function blockFrom(
  product: Product,
  refusal: { readonly status: number; readonly code: number; readonly retryAfter?: string },
  at: Micros,
): RateLimitReport {
  const { status, code, retryAfter = "" } = refusal;
  const said = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : SILENCE_SECONDS[status] ?? 10;
  const until = at + Math.max(1, said) * 1_000_000;
  if (status === 418) return report("", at, -1, until);
  return report(`${product}_${code === -1015 ? "orders_10s" : "weight_1m"}`, at, -1, until);
}

function report(rule: string, at: Micros, used: number, until: number): RateLimitReport {
  return { kind: "rate_limit", venue: "aster", at, rule, used, blockedUntil: micros(until) };
}

/** A transport that opens at most 300 connections in five minutes. */
export const withConnectionBudget = connectionBudget({
  attemptsMax: 300,
  windowMs: 300_000,
  windowName: "five minutes",
});
