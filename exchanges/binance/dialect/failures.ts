/**
 * The venue's error codes and texts, and which of them answers each refusal.
 *
 * Source: the venue's error code lists for spot and USD-M, read 2026-09.
 * @module
 */
import type { SimReject } from "@/exchanges/simulator/mod.ts";

/** An error body with its HTTP status. */
export interface Failure {
  readonly failed: true;
  readonly status: number;
  readonly code: number;
  readonly msg: string;
  readonly data?: unknown;
  /** Seconds for `Retry-After`. */
  readonly retryAfter?: number;
}

/** Makes a failure. */
export function failure(code: number, msg: string, status = 400, data?: unknown): Failure {
  return { failed: true, status, code, msg, ...(data === undefined ? {} : { data }) };
}

/** Whether an answer is a failure. */
export function isFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null && "failed" in value;
}

/** The JSON body of a failure. */
export function failureBody(of: Failure): Record<string, unknown> {
  return { code: of.code, msg: of.msg, ...(of.data === undefined ? {} : { data: of.data }) };
}

export const INVALID_SYMBOL = failure(-1121, "Invalid symbol.");
export const UNKNOWN_ORDER = failure(-2011, "Unknown order sent.");
export const ORDER_DOES_NOT_EXIST = failure(-2013, "Order does not exist.");
export const BAD_SIGNATURE = failure(-1022, "Signature for this request is not valid.");
export const BAD_KEY_FORMAT = failure(-2014, "API-key format invalid.", 401);
export const UNKNOWN_KEY = failure(
  -2015,
  "Invalid API-key, IP, or permissions for action.",
  401,
);
export const UNAVAILABLE = failure(
  -1001,
  "Internal error; unable to process your request. Please try again.",
  503,
);

const SPOT: Readonly<Record<SimReject, readonly [number, string]>> = {
  unknown_order: [-2011, "Unknown order sent."],
  duplicate_client_order_id: [-2010, "Duplicate order sent."],
  post_only_would_take: [-2010, "Order would immediately match and take."],
  insufficient_balance: [-2010, "Account has insufficient balance for requested action."],
  insufficient_margin: [-2010, "Account has insufficient balance for requested action."],
  reduce_only: [-1106, "Parameter 'reduceOnly' sent when not required."],
  halted: [-2010, "Market is closed."],
  maintenance: [-2010, "Market is closed."],
  price_off_grid: [-1013, "Filter failure: PRICE_FILTER"],
  size_off_grid: [-1013, "Filter failure: LOT_SIZE"],
  size_too_small: [-1013, "Filter failure: LOT_SIZE"],
  size_too_large: [-1013, "Filter failure: LOT_SIZE"],
  value_too_small: [-1013, "Filter failure: NOTIONAL"],
  price_band: [-1013, "Filter failure: PERCENT_PRICE_BY_SIDE"],
  trigger_would_fire: [-2010, "Stop price would trigger immediately."],
  too_many_orders: [-1013, "Filter failure: MAX_NUM_ORDERS"],
  too_many_stops: [-1013, "Filter failure: MAX_NUM_ALGO_ORDERS"],
  no_liquidity: [-2010, "Market is closed."],
  fill_or_kill: [-2010, "Order would not fill completely."],
  nothing_changed: [
    -2038,
    "The requested action would change no state; rejecting.",
  ],
  not_amendable: [-2038, "Order amend is not supported for this order."],
};

const USDM: Readonly<Record<SimReject, readonly [number, string]>> = {
  unknown_order: [-2011, "Unknown order sent."],
  duplicate_client_order_id: [-4116, "ClientOrderId is duplicated."],
  post_only_would_take: [
    -5022,
    "Due to the order could not be executed as maker, the Post Only order will be rejected. " +
    "The order will not be recorded in the order history",
  ],
  insufficient_balance: [-2018, "Balance is insufficient."],
  insufficient_margin: [-2019, "Margin is insufficient."],
  reduce_only: [-2022, "ReduceOnly Order is rejected."],
  halted: [-4140, "Invalid symbol status for opening position."],
  maintenance: [-4141, "Symbol is closed."],
  price_off_grid: [-4014, "Price not increased by tick size."],
  size_off_grid: [-4023, "Quantity not increased by step size."],
  size_too_small: [-4004, "Quantity less than or equal to zero."],
  size_too_large: [-4005, "Quantity greater than max quantity."],
  value_too_small: [
    -4164,
    "Order's notional must be no smaller than 100 (unless you choose reduce only).",
  ],
  price_band: [-4016, "Limit price can't be higher than the allowed price band."],
  trigger_would_fire: [-2021, "Order would immediately trigger."],
  too_many_orders: [-2025, "Reach max open order limit."],
  too_many_stops: [-4045, "Reach max stop order limit."],
  no_liquidity: [
    -4131,
    "The counterparty's best price does not meet the PERCENT_PRICE filter limit.",
  ],
  fill_or_kill: [
    -5021,
    "Due to the order could not be filled immediately, the FOK order has been rejected. " +
    "The order will not be recorded in the order history",
  ],
  nothing_changed: [-5027, "No need to modify the order."],
  not_amendable: [-5024, "Only LIMIT order is supported to be modified."],
};

/** The venue's answer to a refusal of the exchange. */
export function failureOf(product: "spot" | "usdm", reject: SimReject): Failure {
  const [code, msg] = (product === "spot" ? SPOT : USDM)[reject];
  return failure(code, msg);
}
