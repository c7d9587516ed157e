/**
 * The venue's published limits as data.
 *
 * 1. The chain counts per account address and block: short-term places and cancels together, and
 *    stateful places by a far smaller measure. Blocks are taken as 500 ms, the shortest seen, times
 *    the number of blocks of the rule; so a slower chain allows less than we use only where the
 *    rule of the chain is not the tighter one.
 * 2. A node behind a provider, and the indexer's REST, count requests per address of ours.
 *
 * Source: venue sheet section 7; `block_rate` as of v4-chain 2026-03-04 (governance may change it).
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import type { RateLimitReport } from "@/engine/messages/mod.ts";
import type { RateLimitRule } from "@/engine/ports/mod.ts";
import { DYDX_ACCOUNT } from "./instruments.ts";

const SOURCE = "https://docs.dydx.xyz/concepts/trading/limits/rate-limits";

/** All rules of the venue. */
export const DYDX_RATE_LIMITS: readonly RateLimitRule[] = [
  {
    // 4,000 per 5 blocks is not verified; half of it is the value before.
    id: "short_term_5_blocks",
    account: DYDX_ACCOUNT,
    capacity: 2_000,
    windowMs: 5_000,
    weights: { place_order: 1, amend_order: 1, cancel_order: 1, cancel_all: 2 },
    cancelReserve: 200,
    source: SOURCE,
  },
  {
    id: "node_requests_1m",
    account: DYDX_ACCOUNT,
    capacity: 250,
    windowMs: 60_000,
    weights: { place_order: 1, amend_order: 1, cancel_order: 1, cancel_all: 1 },
    cancelReserve: 50,
    source: SOURCE,
  },
  {
    id: "indexer_requests_10s",
    account: undefined,
    capacity: 100,
    windowMs: 10_000,
    weights: { query_order: 1, query_fills: 1, query_account: 6, request_book_check: 1 },
    cancelReserve: 20,
    source: SOURCE,
  },
];

/** What a refusal for speaking too fast says: nothing by this rule before `until`. */
export function blockReport(rule: string, at: Micros, until: Micros): RateLimitReport {
  return { kind: "rate_limit", venue: "dydx", at, rule, used: -1, blockedUntil: until };
}

/** When a 429 ends: its `Retry-After` seconds, or ten. */
export function blockedUntil(at: Micros, retryAfterSeconds: string | undefined): Micros {
  const seconds = /^\d{1,9}$/.test(retryAfterSeconds ?? "") ? Number(retryAfterSeconds) : 10;
  return micros(at + Math.max(1, seconds) * 1_000_000);
}
