/**
 * The venue's error codes and texts, and which of them answers each refusal.
 *
 * Source: protocol sheet section 8.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";
import type { SimReject } from "@/exchanges/simulator/mod.ts";
import type { WireSymbol } from "./wire_symbols.ts";

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
export const NONCE_EXPIRED = failure(-4225, "Nonce Expired");
export const UNAVAILABLE = failure(-1016, "This service is no longer available.", 503);

const REFUSALS: Readonly<Record<SimReject, readonly [number, string]>> = {
  unknown_order: [-2011, "Unknown order sent."],
  duplicate_client_order_id: [-2010, "Duplicate order sent."],
  post_only_would_take: [
    -5022,
    "Due to the order could not be executed as maker, the Post Only order will be rejected. " +
    "The order will not be recorded in the order history",
  ],
  insufficient_balance: [-2018, "Balance is insufficient."],
  insufficient_margin: [-2019, "Margin is insufficient."],
  reduce_only: [-2022, "ReduceOnly Order is rejected."],
  halted: [-1013, "Invalid symbol status for opening position."],
  maintenance: [-1016, "This service is no longer available."],
  price_off_grid: [-4014, "Price not increased by tick size."],
  size_off_grid: [-4023, "Quantity not increased by step size."],
  size_too_small: [-4004, "Quantity less than or equal to zero."],
  size_too_large: [-4005, "Quantity greater than max quantity."],
  value_too_small: [
    -4164,
    "Order's notional must be no smaller than 5.0 (unless you choose reduce only).",
  ],
  price_band: [-4016, "Limit price can't be higher than the allowed price band."],
  trigger_would_fire: [-2021, "Order would immediately trigger."],
  too_many_orders: [-2025, "Reach max open order limit."],
  too_many_stops: [-4045, "Reach max stop order limit."],
  no_liquidity: [-2020, "Unable to fill."],
  fill_or_kill: [-2020, "Unable to fill."],
  nothing_changed: [-5027, "No need to modify the order."],
  not_amendable: [-5024, "Only LIMIT order is supported to be modified."],
};

/** The venue's answer to a refusal of the exchange. */
export function failureOf(reject: SimReject): Failure {
  const [code, msg] = REFUSALS[reject];
  return failure(code, msg);
}

/** The answer to a limit price outside the band around the mark. */
export function outsideBand(symbol: WireSymbol, side: Side): Failure {
  const { mark, options } = symbol.sim;
  if (side === "buy") {
    const highest = symbol.price(Math.floor(mark * (1 + options.priceBand)));
    return failure(-4016, `Price is higher than mark price multiplier cap: ${highest}.`);
  }
  const lowest = symbol.price(Math.ceil(mark * (1 - options.priceBand)));
  return failure(-4024, `Price is lower than mark price multiplier floor: ${lowest}.`);
}
