/**
 * The venue's error codes and texts, and which of them answers each refusal.
 *
 * Source: protocol sheet section 8 and the venue's error code list.
 * @module
 */
import type { SimReject } from "@/exchanges/simulator/mod.ts";

/** A code with its text, and the HTTP status under which REST says it. */
export interface Failure {
  readonly failed: true;
  readonly status: number;
  readonly code: string;
  readonly msg: string;
}

/** Makes a failure. */
export function failure(code: string, msg: string, status = 200): Failure {
  return { failed: true, status, code, msg };
}

/** Whether an answer is a failure. */
export function isFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null && "failed" in value;
}

/** A parameter of the wrong shape. */
export function badParameter(name: string): Failure {
  return failure("51000", `Parameter ${name} error`);
}

/** A parameter that must be there. */
export function missingParameter(name: string): Failure {
  return failure("50014", `Parameter ${name} can not be empty.`);
}

export const TOO_MANY = failure("50011", "Too Many Requests", 429);
export const ACCOUNT_TOO_MANY = failure(
  "50061",
  "Sub-account rate limit reached. Please refer to API docs and throttle requests.",
  429,
);
export const UNAVAILABLE = failure(
  "50001",
  "Service temporarily unavailable. Please try again later.",
  503,
);
export const NO_INSTRUMENT = failure(
  "51001",
  "Instrument ID, Instrument ID code, or Spread ID doesn't exist.",
);
export const NO_ORDER = failure("51603", "Order does not exist.");
export const LATE_AT_GATEWAY = failure(
  "50036",
  "The expTime can't be earlier than the current system time. Please adjust and try again.",
);
export const LATE_AT_ENGINE = failure("50037", "Order expired.");
export const POST_ONLY_AMEND = failure(
  "51511",
  "Operation failed as the order price doesn't meet the requirement for Post Only orders.",
);

const REJECTS: Readonly<Record<SimReject, readonly [string, string]>> = {
  unknown_order: ["51603", "Order does not exist."],
  duplicate_client_order_id: ["51016", "Duplicated client order ID."],
  post_only_would_take: [POST_ONLY_AMEND.code, POST_ONLY_AMEND.msg],
  insufficient_balance: ["51008", "Order failed. Insufficient balance in account."],
  insufficient_margin: ["51008", "Order failed. Insufficient margin in account."],
  reduce_only: ["51169", "Order failed because you don't have any positions to reduce."],
  halted: ["51022", "Contract suspended."],
  maintenance: [UNAVAILABLE.code, UNAVAILABLE.msg],
  price_off_grid: ["51000", "Parameter px error"],
  size_off_grid: ["51121", "Order quantity must be a multiple of the lot size."],
  size_too_small: ["51020", "Your order should meet or exceed the minimum order amount."],
  size_too_large: ["51004", "Order failed. Order amount exceeds the maximum of this instrument."],
  value_too_small: ["51020", "Your order should meet or exceed the minimum order amount."],
  price_band: ["51137", "Your price has triggered the limit price."],
  trigger_would_fire: ["51000", "Parameter triggerPx error"],
  too_many_orders: ["51174", "Order failed. The number of pending orders reached the limit."],
  too_many_stops: ["51174", "Order failed. The number of pending orders reached the limit."],
  no_liquidity: ["51000", "Parameter sz error"],
  fill_or_kill: ["51000", "Parameter ordType error"],
  nothing_changed: ["0", ""],
  not_amendable: ["51506", "Order modification unsupported for this order type."],
};

/** The venue's answer to a refusal of the exchange. */
export function failureOf(reject: SimReject): Failure {
  const [code, msg] = REJECTS[reject];
  return failure(code, msg);
}
