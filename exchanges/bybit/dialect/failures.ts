/**
 * The venue's return codes and texts, and which of them answers each refusal.
 *
 * HTTP says 200 for almost all of them: the code in the body counts.
 * Source: protocol sheet section 8; texts are the venue's own.
 * @module
 */
import type { SimReject } from "@/exchanges/simulator/mod.ts";
import type { Category } from "./wire_symbols.ts";

/** A code with its text, and the HTTP status under which REST says it. */
export interface Failure {
  readonly failed: true;
  readonly status: number;
  readonly code: number;
  readonly msg: string;
}

/** Makes a failure. */
export function failure(code: number, msg: string, status = 200): Failure {
  return { failed: true, status, code, msg };
}

/** Whether an answer is a failure. */
export function isFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null && "failed" in value;
}

/** A parameter of the wrong shape, or none where there must be one. */
export function badParameter(name: string): Failure {
  return failure(10001, `params error: ${name} invalid`);
}

export const TOO_MANY = failure(10006, "Too many visits!");
export const UNAVAILABLE = failure(10016, "Service is restarting.");
export const RESTARTING = failure(10019, "ws trade service is restarting, please reconnect.");
export const DENIED = failure(10005, "Permission denied, please check your API key permissions.");
export const UNCHANGED = failure(
  10001,
  "The order remains unchanged as the parameters entered match the existing ones.",
);

const GONE = "order not exists or too late to cancel";
const LIVE_NOT = "Trading is currently not allowed.";
const LIMIT = "The number of stop orders exceeds the maximum allowable limit.";
const BALANCE = "ab not enough for new order";

/** Codes for contracts and for spot. */
const REJECTS: Readonly<Record<SimReject, readonly [number, string, number, string]>> = {
  unknown_order: [110001, GONE, 170213, "Order does not exist."],
  duplicate_client_order_id: [
    110072,
    "OrderLinkedID is duplicate",
    170141,
    "Duplicate clientOrderId",
  ],
  post_only_would_take: [110001, GONE, 170218, "The LIMIT-MAKER order is rejected."],
  insufficient_balance: [110007, BALANCE, 170131, "Insufficient balance."],
  insufficient_margin: [110007, BALANCE, 170131, "Insufficient balance."],
  reduce_only: [110017, "orderQty will be truncated to zero.", 170131, "Insufficient balance."],
  halted: [110066, LIVE_NOT, 170151, "This trading pair is not available."],
  maintenance: [110066, LIVE_NOT, 170151, "This trading pair is not available."],
  price_off_grid: [
    110003,
    "Order price exceeds the allowable range.",
    170134,
    "Order price has too many decimals.",
  ],
  size_off_grid: [10001, "Qty invalid", 170137, "Order volume decimal too long."],
  size_too_small: [
    10001,
    "The number of contracts below minimum limit allowed",
    170136,
    "Order quantity lower than the minimum.",
  ],
  size_too_large: [
    10001,
    "The number of contracts exceeds maximum limit allowed",
    170124,
    "Order amount too large.",
  ],
  value_too_small: [
    110094,
    "Order notional value below the lower limit",
    170140,
    "Order value exceeded lower limit.",
  ],
  price_band: [
    110003,
    "Order price exceeds the allowable range.",
    170193,
    "Buy order price cannot be higher than the highest bid.",
  ],
  trigger_would_fire: [
    110093,
    "expect Falling, but trigger_price >= current",
    170130,
    "Data sent for parameter 'triggerPrice' is not valid.",
  ],
  too_many_orders: [
    110020,
    "You are not allowed to have more than 500 active orders.",
    170810,
    "Cannot exceed maximum of 500 conditional, TP/SL and active orders.",
  ],
  too_many_stops: [110009, LIMIT, 170810, LIMIT],
  no_liquidity: [10001, "Qty invalid", 170137, "Order volume decimal too long."],
  fill_or_kill: [10001, "Qty invalid", 170137, "Order volume decimal too long."],
  nothing_changed: [UNCHANGED.code, UNCHANGED.msg, UNCHANGED.code, UNCHANGED.msg],
  not_amendable: [110001, GONE, 170213, "Order does not exist."],
};

/** The venue's answer to a refusal of the exchange. */
export function failureOf(reject: SimReject, category: Category): Failure {
  const [linear, linearText, spot, spotText] = REJECTS[reject];
  return category === "linear" ? failure(linear, linearText) : failure(spot, spotText);
}
