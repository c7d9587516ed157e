/**
 * Hyperliquid's published limits as data, and what its refusals say of them.
 *
 * 1. Per IP: weight of questions and actions, and messages over all sockets. Socket requests are
 *    counted as if they drew on the weight too, because the venue was seen to refuse them for it.
 * 2. Per address: 10,000 actions and one more for each USDC ever traded. That is no window, so it
 *    is no rule here: `userRateLimit` is asked, and when it is spent the rule `address_actions`
 *    is blocked. That rule itself bounds bursts. Cancels have a larger budget at the venue and are
 *    not counted by it.
 *
 * Source: venue documentation "Rate limits and user limits", read 2026-09.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import type { RateLimitReport } from "@/engine/messages/mod.ts";
import type { RateLimitRule } from "@/engine/ports/mod.ts";
import { connectionBudget } from "@/exchanges/kit/mod.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";

const SOURCE =
  "https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/rate-limits-and-user-limits";
const MINUTE_MS = 60_000;

/** Weight of a question of each type; all others weigh 20. */
export const QUESTION_WEIGHTS: Readonly<Record<string, number>> = {
  l2Book: 2,
  allMids: 2,
  clearinghouseState: 2,
  orderStatus: 2,
  spotClearinghouseState: 2,
  exchangeStatus: 2,
  userRole: 60,
};

/** The venue's limits. */
export const HYPERLIQUID_RATE_LIMITS: readonly RateLimitRule[] = [
  {
    id: "ip_weight_1m",
    account: undefined,
    capacity: 1_200,
    windowMs: MINUTE_MS,
    weights: {
      place_order: 1,
      replace_order: 1,
      cancel_order: 1,
      query_order: 2,
      query_fills: 40,
      query_account: 104,
      arm_dead_man: 1,
      request_snapshot: 2,
      request_book_check: 2,
    },
    cancelReserve: 200,
    source: SOURCE,
  },
  {
    id: "ip_messages_1m",
    account: undefined,
    capacity: 2_000,
    windowMs: MINUTE_MS,
    weights: { place_order: 1, replace_order: 1, cancel_order: 1 },
    cancelReserve: 400,
    source: SOURCE,
  },
  {
    id: "address_actions",
    account: UNIFIED_ACCOUNT,
    capacity: 400,
    windowMs: 10_000,
    weights: { place_order: 1, replace_order: 1 },
    cancelReserve: 0,
    source: SOURCE,
  },
];

/** Nothing of a rule may be said before `until`; "" means all of the venue. */
export function blockReport(rule: string, until: Micros, at: Micros): RateLimitReport {
  return {
    kind: "rate_limit",
    venue: "hyperliquid",
    at,
    rule,
    used: -1,
    blockedUntil: until,
  };
}

/** When a 429 ends: after `Retry-After` seconds, at least ten. */
export function blockedUntil(at: Micros, retryAfterSeconds: string | undefined): Micros {
  const seconds = /^\d{1,6}$/.test(retryAfterSeconds ?? "") ? Number(retryAfterSeconds) : 10;
  return micros(at + Math.max(10, seconds) * 1_000_000);
}

/** One action in ten seconds is allowed to an address that has spent its budget. */
export function budgetBlockedUntil(at: Micros): Micros {
  return micros(at + 10_000_000);
}

/** Lets at most 25 connections be attempted in a minute (30 are allowed); others fail, unsent. */
export const withConnectionBudget = connectionBudget({
  attemptsMax: 25,
  windowMs: MINUTE_MS,
  windowName: "a minute",
});
