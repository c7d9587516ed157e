/**
 * Requests without an answer: when to call their order unknown, when to ask, when to believe.
 *
 *   sent --ACK_TIMEOUT--> unknown --ask, back off--> answered
 *                                  \--not found, twice, a safe span apart--> never was, or gone
 *
 * 1. Nothing is ever sent again: a question by client id is harmless, a second order is not.
 * 2. One "not found" proves nothing (the place may still be on its way, or the answer stale).
 * 3. With defaults and a venue that answers, everything is resolved within 12 s of asking.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { Order } from "./order.ts";

/** Instants and counts of the asking; all may be changed for tests and slow venues. */
export interface InFlightOptions {
  /** Without an answer after this an order's state is called unknown. */
  readonly ackTimeoutMs: number;
  /** First pause between two questions about one order; it doubles up to the largest. */
  readonly askAgainMsMin: number;
  readonly askAgainMsMax: number;
  /** How long the executions may trail the status that speaks of them. */
  readonly fillsGraceMs: number;
  /** How often a closed order's filled size is asked for when the venue did not say it. */
  readonly closedAsksMax: number;
}

/** Fitting for venues that answer within some hundred milliseconds. */
export const IN_FLIGHT_DEFAULTS: InFlightOptions = {
  ackTimeoutMs: 1_500,
  askAgainMsMin: 250,
  askAgainMsMax: 4_000,
  fillsGraceMs: 1_000,
  closedAsksMax: 4,
};

/** A request may still be on its way to the venue for this long. */
const TRAVEL_US_MAX = 2_000_000;
/** Two "not found" count when they are this far apart. */
const NOT_FOUND_SPAN_US = 1_000_000;
const NOT_FOUND_COUNT = 2;

/** Whether a request about the order has waited too long for its answer. */
export function isOverdue(order: Order, now: Micros, options: InFlightOptions): boolean {
  if (order.pending === "none" || order.state === "unknown" || order.isTerminal) return false;
  return now - order.sentAt >= options.ackTimeoutMs * 1_000;
}

/** Whether a request may still be travelling, so that "unchanged" is no answer to it yet. */
export function isTooFreshToResolve(order: Order, now: Micros): boolean {
  return now - order.sentAt < TRAVEL_US_MAX;
}

/** From now on nobody knows how the order stands; the first question is due at once. */
export function markUnknown(order: Order, now: Micros): void {
  if (order.unknownSince === 0) order.unknownSince = now;
  order.nextAskAt = now;
  order.asks = 0;
}

/** Notes that a question about the order's state left. */
export function markAsked(order: Order, now: Micros, options: InFlightOptions): void {
  order.askedAt = now;
  order.nextAskAt = later(now, order.asks, options);
  order.asks++;
}

/** Notes that a question about the order's executions left. */
export function markFillsAsked(order: Order, now: Micros, options: InFlightOptions): void {
  order.nextFillsAskAt = later(now, order.fillsAsks, options);
  order.fillsAsks++;
}

/** Notes a "not found". `wait`: proves nothing yet. */
export function judgeNotFound(order: Order, now: Micros): "wait" | "never_was" | "gone" {
  if (order.notFoundCount === 0) order.firstNotFoundAt = now;
  order.notFoundCount++;
  if (order.notFoundCount < NOT_FOUND_COUNT) return "wait";
  if (now - order.firstNotFoundAt < NOT_FOUND_SPAN_US) return "wait";
  if (isTooFreshToResolve(order, now)) return "wait";
  return order.isAcknowledged || order.filledSize > 0 ? "gone" : "never_was";
}

function later(now: Micros, asks: number, options: InFlightOptions): Micros {
  const pauseMs = Math.min(options.askAgainMsMin * 2 ** Math.min(asks, 20), options.askAgainMsMax);
  return (now + pauseMs * 1_000) as Micros;
}
