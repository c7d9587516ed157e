/**
 * Bybit's published limits as data, and what its answers say of them.
 *
 * 1. Orders are counted per account, category and second, on socket and REST together. One account
 *    serves spot and linear here, so the smaller (linear) limit counts for both.
 * 2. All REST requests of an address share 600 in five seconds; beyond it every request is answered
 *    403 until there was silence for ten minutes.
 * 3. At most 500 WebSocket connections may be opened per address in five minutes.
 *
 * Source: venue documentation "Rate limit rules" and "WebSocket connect", read 2026-07.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import type { RateLimitReport } from "@/engine/messages/mod.ts";
import type { RateLimitRule, RequestKind } from "@/engine/ports/mod.ts";
import { connectionBudget } from "@/exchanges/kit/mod.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";

const SOURCE = "https://bybit-exchange.github.io/docs/v5/rate-limit";
const SECOND_MS = 1_000;

function perSecond(
  id: string,
  capacity: number,
  weights: Partial<Record<RequestKind, number>>,
): RateLimitRule {
  return {
    id,
    account: UNIFIED_ACCOUNT,
    capacity,
    windowMs: SECOND_MS,
    weights,
    cancelReserve: 0,
    source: SOURCE,
  };
}

/** The rule of all REST requests of this address. */
export const ADDRESS_RULE = "address_requests_5s";

/** All rules of the venue. */
export const BYBIT_RATE_LIMITS: readonly RateLimitRule[] = [
  perSecond("create_1s", 10, { place_order: 1 }),
  perSecond("amend_1s", 10, { amend_order: 1 }),
  perSecond("cancel_1s", 10, { cancel_order: 1 }),
  perSecond("cancel_all_1s", 10, { cancel_all: 2 }),
  perSecond("queries_1s", 50, { query_order: 2, query_fills: 4, query_account: 12 }),
  {
    id: ADDRESS_RULE,
    account: undefined,
    capacity: 600,
    windowMs: 5_000,
    weights: {
      cancel_all: 2,
      query_order: 2,
      query_fills: 4,
      query_account: 12,
      request_book_check: 1,
    },
    cancelReserve: 100,
    source: SOURCE,
  },
];

const RULE_BY_PATH: Readonly<Record<string, string>> = {
  "/v5/order/create": "create_1s",
  "/v5/order/amend": "amend_1s",
  "/v5/order/cancel": "cancel_1s",
  "/v5/order/cancel-all": "cancel_all_1s",
  "/v5/order/realtime": "queries_1s",
  "/v5/order/history": "queries_1s",
  "/v5/execution/list": "queries_1s",
  "/v5/position/list": "queries_1s",
  "/v5/account/wallet-balance": "queries_1s",
};

/** Header fields by their names in lower case. */
export type LimitFields = (name: string) => string | undefined;

/** What the header of an answer says of the bucket its request was counted in. */
export function reportOf(path: string, field: LimitFields, at: Micros): RateLimitReport[] {
  const rule = BYBIT_RATE_LIMITS.find(({ id }) => id === RULE_BY_PATH[path]);
  const left = field("x-bapi-limit-status");
  if (rule === undefined || left === undefined || !/^\d{1,9}$/.test(left)) return [];
  // Accounts of higher tiers have more left than our capacity: then nothing counts as used.
  return [report(rule.id, at, rule.capacity - Math.min(rule.capacity, Number(left)), micros(0))];
}

/** A refusal for speaking too fast: nothing of this kind before its reset. */
export function blockReport(path: string, field: LimitFields, at: Micros): RateLimitReport {
  const reset = field("x-bapi-limit-reset-timestamp") ?? "";
  const resetAt = /^\d{13}$/.test(reset) ? Number(reset) * 1_000 : 0;
  const until = resetAt > at && resetAt < at + 60_000_000 ? resetAt : at + 1_000_000;
  return report(RULE_BY_PATH[path] ?? "", at, -1, micros(until));
}

/** The address is barred from REST. */
export function addressBlock(until: Micros, at: Micros): RateLimitReport {
  return report(ADDRESS_RULE, at, -1, until);
}

function report(rule: string, at: Micros, used: number, blockedUntil: Micros): RateLimitReport {
  return { kind: "rate_limit", venue: "bybit", at, rule, used, blockedUntil };
}

/** Lets at most 500 connections be attempted in five minutes; further ones fail at once, unsent. */
export const withConnectionBudget = connectionBudget({
  attemptsMax: 500,
  windowMs: 5 * 60_000,
  windowName: "five minutes",
});
