/**
 * Gate's error labels to our `RejectReason`s, and what an answer with an error means for a request.
 *
 * Source: venue documentation "Error codes" (REST labels, WebSocket `errs.label`), read 2026-09.
 * @module
 */
import type { OrderStatus } from "@/engine/domain/mod.ts";
import type { RejectReason } from "@/engine/messages/mod.ts";

const BY_LABEL: ReadonlyMap<string, RejectReason> = new Map<string, RejectReason>([
  ["REQUEST_EXPIRED", "timestamp"],
  ["TOO_MANY_REQUESTS", "rate_limited"],
  ["INVALID_KEY", "authentication"],
  ["INVALID_SIGNATURE", "authentication"],
  ["INVALID_CREDENTIALS", "authentication"],
  ["IP_FORBIDDEN", "authentication"],
  ["MISSING_REQUIRED_HEADER", "authentication"],
  ["READ_ONLY", "authentication"],
  ["FORBIDDEN", "authentication"],
  ["ACCOUNT_LOCKED", "authentication"],
  ["TRADE_RESTRICTED", "authentication"],
  // A futures wallet that never held anything.
  ["USER_NOT_FOUND", "insufficient_balance"],
  ["BALANCE_NOT_ENOUGH", "insufficient_balance"],
  ["MARGIN_BALANCE_NOT_ENOUGH", "insufficient_balance"],
  ["INSUFFICIENT_AVAILABLE", "insufficient_balance"],
  ["POC_FILL_IMMEDIATELY", "post_only_would_take"],
  ["ORDER_POC_IMMEDIATE", "post_only_would_take"],
  ["ORDER_NOT_FOUND", "unknown_order"],
  ["ORDER_CLOSED", "unknown_order"],
  ["ORDER_CANCELLED", "unknown_order"],
  ["ORDER_FINISHED", "unknown_order"],
  ["CLIENT_ID_NOT_FOUND", "unknown_order"],
  ["AUTO_ORDER_NOT_FOUND", "unknown_order"],
  ["FOK_NOT_FILL", "not_filled"],
  ["ORDER_FOK", "not_filled"],
  ["AMOUNT_TOO_LITTLE", "filter"],
  ["AMOUNT_TOO_MUCH", "filter"],
  ["INVALID_PRECISION", "filter"],
  ["INVALID_PARAM_VALUE", "filter"],
  ["SIZE_TOO_SMALL", "filter"],
  ["SIZE_TOO_LARGE", "filter"],
  ["INVALID_ARGUMENT", "filter"],
  ["PRICE_TOO_DEVIATED", "price_band"],
  ["PRICE_THRESHOLD_EXCEEDED", "price_band"],
  ["RISK_LIMIT_EXCEEDED", "insufficient_balance"],
  ["LIQUIDATE_IMMEDIATELY", "insufficient_balance"],
  ["INCREASE_POSITION", "reduce_only"],
  ["REDUCE_EXCEEDED", "reduce_only"],
  ["POSITION_EMPTY", "reduce_only"],
  ["TOO_MANY_ORDERS", "too_many_orders"],
  ["CONTRACT_IN_DELISTING", "instrument_closed"],
  ["CONTRACT_NOT_FOUND", "instrument_closed"],
  ["INVALID_CURRENCY_PAIR", "instrument_closed"],
  ["REPEATED_CREATION", "duplicate_client_order_id"],
  ["AUTO_TRIGGER_PRICE_LESS_LAST", "trigger_would_fire"],
  ["AUTO_TRIGGER_PRICE_GREATE_LAST", "trigger_would_fire"],
  ["AUTO_TRIGGER_PRICE_GREATER_LAST", "trigger_would_fire"],
  ["INTERNAL", "venue_unavailable"],
  ["SERVER_ERROR", "venue_unavailable"],
  ["TOO_BUSY", "venue_unavailable"],
]);

/** After these the outcome of a request is not known. */
const UNKNOWN_OUTCOME = new Set(["INTERNAL", "SERVER_ERROR", "TOO_BUSY"]);

/** Why the venue said no; a label that is not in the table is "other". */
export function rejectReasonOf(label: string): RejectReason {
  return BY_LABEL.get(label) ?? "other";
}

/**
 * What an error answer says about the request itself.
 * `unknown`: it may have been executed; ask, never send again. `resync`: the clock is off.
 */
export type ErrorMeaning = "refused" | "unknown" | "resync" | "rate_limited";

/** Reads status and label together; an answer without either leaves the outcome unknown. */
export function meaningOf(status: number, label: string): ErrorMeaning {
  if (label === "REQUEST_EXPIRED") return "resync";
  if (status === 429 || label === "TOO_MANY_REQUESTS") return "rate_limited";
  if (UNKNOWN_OUTCOME.has(label) || status >= 500 || status === 408) return "unknown";
  return status >= 400 || label !== "" ? "refused" : "unknown";
}

/** The label of an error, also where the futures write it into the message. */
export function labelIn(label: string, message: string): string {
  if (label !== "") return label;
  return /^label: ([A-Z_]+)/.exec(message)?.[1] ?? "";
}

/** How an order ended. */
export interface Ending {
  readonly status: OrderStatus;
  readonly reason: RejectReason | undefined;
}

const CANCELLED_BECAUSE: ReadonlyMap<string, RejectReason | undefined> = new Map([
  ["cancelled", undefined],
  ["ioc", "not_filled"],
  ["fok", "not_filled"],
  ["small", "not_filled"],
  ["depth_not_enough", "not_filled"],
  ["trader_not_enough", "not_filled"],
  ["stp", "self_trade"],
  ["price_protect_cancelled", "price_band"],
  ["reduce_only", "reduce_only"],
  ["reduce_out", "reduce_only"],
  ["position_closed", "reduce_only"],
]);

/** The end of an order that has size left, by `finish_as`. A word not known is a cancel. */
export function endingOf(finishAs: string, isUnfilled: boolean): Ending {
  if (finishAs === "poc" && isUnfilled) {
    return { status: "rejected", reason: "post_only_would_take" };
  }
  if (finishAs === "expired") return { status: "expired", reason: "other" };
  if (finishAs === "failed") return { status: "rejected", reason: "other" };
  const reason = CANCELLED_BECAUSE.has(finishAs) ? CANCELLED_BECAUSE.get(finishAs) : "other";
  return { status: "cancelled", reason };
}

/** Ends that the venue's risk engine makes: worth an alarm. */
export function isRiskEnding(finishAs: string): boolean {
  return finishAs === "liquidated" || finishAs === "auto_deleveraged" ||
    finishAs === "liquidate_cancelled";
}
