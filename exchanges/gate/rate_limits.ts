/**
 * Gate's published limits as data, and what its answers say of them.
 *
 * 1. Spot counts placing and amending per market, futures per user. The rule here is the same for
 *    all spot markets together: stricter than the venue, never looser.
 * 2. On the futures order socket place, amend and cancel share one count, so they share one rule.
 * 3. Reads are counted per endpoint; the account rule bounds each of them.
 * 4. After a 429 nothing of the product is said before the reset instant.
 * 5. An address may hold 300 connections; attempts are bounded so that a storm cannot spend them.
 *
 * Source: venue documentation "Frequency limit rule", read 2026-09.
 * @module
 */
import { type Micros, micros, type Product } from "@/engine/domain/mod.ts";
import type { RateLimitReport } from "@/engine/messages/mod.ts";
import type { RateLimitRule } from "@/engine/ports/mod.ts";
import { connectionBudget } from "@/exchanges/kit/mod.ts";
import { FUTURES_ACCOUNT, SPOT_ACCOUNT } from "./instruments.ts";
import { integerField, type JsonObject } from "./_json.ts";

const SOURCE = "https://www.gate.com/docs/developers/apiv4/en/#frequency-limit-rule";
const READS = { query_order: 1, query_fills: 1, query_account: 10, arm_dead_man: 1 } as const;

/** All rules of the venue. */
export const GATE_RATE_LIMITS: readonly RateLimitRule[] = [
  {
    id: "spot_orders_1s",
    account: SPOT_ACCOUNT,
    capacity: 10,
    windowMs: 1_000,
    weights: { place_order: 1, amend_order: 1 },
    cancelReserve: 0,
    source: SOURCE,
  },
  {
    id: "spot_cancels_1s",
    account: SPOT_ACCOUNT,
    capacity: 200,
    windowMs: 1_000,
    weights: { cancel_order: 1, cancel_all: 2 },
    cancelReserve: 0,
    source: SOURCE,
  },
  {
    id: "spot_reads_10s",
    account: SPOT_ACCOUNT,
    capacity: 200,
    windowMs: 10_000,
    weights: READS,
    cancelReserve: 0,
    source: SOURCE,
  },
  {
    id: "perpetual_orders_1s",
    account: FUTURES_ACCOUNT,
    capacity: 100,
    windowMs: 1_000,
    weights: { place_order: 1, amend_order: 1, cancel_order: 1, cancel_all: 2 },
    cancelReserve: 20,
    source: SOURCE,
  },
  {
    id: "perpetual_reads_10s",
    account: FUTURES_ACCOUNT,
    capacity: 200,
    windowMs: 10_000,
    weights: READS,
    cancelReserve: 0,
    source: SOURCE,
  },
  {
    id: "public_10s",
    account: undefined,
    capacity: 200,
    windowMs: 10_000,
    weights: { request_snapshot: 1, request_book_check: 1 },
    cancelReserve: 0,
    source: SOURCE,
  },
];

/** What the headers of an answer to placing or amending say; the others count elsewhere. */
export function reportsFromHeaders(
  product: Product,
  isOrder: boolean,
  headers: ReadonlyMap<string, string>,
  at: Micros,
): readonly RateLimitReport[] {
  if (!isOrder) return [];
  const limit = wholeOf(headers.get("x-gate-ratelimit-limit"));
  const remain = wholeOf(headers.get("x-gate-ratelimit-requests-remain"));
  return usedReport(product, limit, remain, at);
}

/** The same from the `header` of an order-socket answer; a field that would be 0 is absent. */
export function reportsFromAnswer(
  product: Product,
  header: JsonObject,
  at: Micros,
): readonly RateLimitReport[] {
  const limit = integerField(header, "x_gate_ratelimit_limit");
  const remain = integerField(header, "x_gate_ratelimit_requests_remain");
  return usedReport(product, limit, limit === undefined ? undefined : remain ?? 0, at);
}

function usedReport(
  product: Product,
  limit: number | undefined,
  remain: number | undefined,
  at: Micros,
): readonly RateLimitReport[] {
  if (limit === undefined || remain === undefined || remain > limit) return [];
  const rule = GATE_RATE_LIMITS.find((one) => one.id === `${product}_orders_1s`)!;
  // The count of another tier or endpoint would say nothing of this rule.
  if (limit !== rule.capacity) return [];
  return [report(rule.id, at, limit - remain, 0)];
}

/** What a refusal for speaking too fast says: nothing before `until`. */
export function blockReport(
  product: Product,
  isOrder: boolean,
  until: Micros,
  at: Micros,
): RateLimitReport {
  return report(`${product}_${isOrder ? "orders_1s" : "reads_10s"}`, at, -1, until);
}

/** When a 429 ends: the reset instant in milliseconds, else one second from now. */
export function blockedUntil(at: Micros, resetMs: number | undefined): Micros {
  if (resetMs !== undefined && resetMs * 1_000 > at && resetMs * 1_000 < at + RESET_MICROS_MAX) {
    return micros(resetMs * 1_000);
  }
  return micros(at + 1_000_000);
}

/** The fill-ratio rule blocks for an hour; more than that is not believed. */
const RESET_MICROS_MAX = 2 * 3_600 * 1_000_000;

/** The reset instant of an answer in milliseconds; the venue spells the field in two ways. */
export function resetIn(header: JsonObject): number | undefined {
  return integerField(header, "x_gate_ratelimit_reset_timestamp") ??
    integerField(header, "x_gat_ratelimit_reset_timestamp");
}

/** A whole number in a header. */
export function wholeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function report(rule: string, at: Micros, used: number, until: number): RateLimitReport {
  return { kind: "rate_limit", venue: "gate", at, rule, used, blockedUntil: micros(until) };
}

/** Lets a bounded number of connections be attempted in five minutes; others fail unsent. */
export const withConnectionBudget = connectionBudget({
  attemptsMax: 250,
  windowMs: 5 * 60_000,
  windowName: "five minutes",
});
