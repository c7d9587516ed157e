/**
 * The venue's error labels and texts, and which of them answers each refusal.
 *
 * Source: protocol sheet section 8.
 * @module
 */
import type { SimReject } from "@/exchanges/simulator/mod.ts";
import type { WireProduct } from "./wire_symbols.ts";

/** A label with its text, and the HTTP status under which it is said. */
export interface Failure {
  readonly failed: true;
  readonly status: number;
  readonly label: string;
  readonly message: string;
}

/** Makes a failure. */
export function failure(label: string, message: string, status = 400): Failure {
  return { failed: true, status, label, message };
}

/** Whether an answer is a failure. */
export function isFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null && "failed" in value && "label" in value;
}

/** A parameter of the wrong shape. */
export function badParameter(name: string): Failure {
  return failure("INVALID_PARAM_VALUE", `Invalid request parameter \`${name}\` value`);
}

/** A parameter that must be there. */
export function missingParameter(name: string): Failure {
  return failure("MISSING_REQUIRED_PARAM", `Missing required parameter: ${name}`);
}

export const TOO_MANY = failure("TOO_MANY_REQUESTS", "Request Rate limit Exceeded", 429);
export const UNAVAILABLE = failure("TOO_BUSY", "Service is under maintenance", 503);
export const NO_ORDER = failure("ORDER_NOT_FOUND", "Order not found", 404);
export const EXPIRED = failure("REQUEST_EXPIRED", "gap between request Timestamp and now", 403);
export const NOT_LOGGED_IN = failure("INVALID_KEY", "Invalid key provided: please login", 401);

/** The instrument is not there. */
export function noInstrument(product: WireProduct, name: unknown): Failure {
  return product === "spot"
    ? failure("INVALID_CURRENCY_PAIR", `Invalid currency pair ${String(name)}`)
    : failure("CONTRACT_NOT_FOUND", `contract ${String(name)} not found`);
}

type Said = readonly [label: string, message: string, status?: number];

const BOTH: Readonly<Record<SimReject, Said>> = {
  unknown_order: [NO_ORDER.label, NO_ORDER.message, 404],
  duplicate_client_order_id: ["REPEATED_CREATION", "order with this text is open already"],
  post_only_would_take: ["POC_FILL_IMMEDIATELY", "Order would match and take immediately"],
  insufficient_balance: ["BALANCE_NOT_ENOUGH", "Not enough balance"],
  insufficient_margin: ["INSUFFICIENT_AVAILABLE", "available balance is not enough"],
  reduce_only: ["REDUCE_EXCEEDED", "reduce-only order exceeds the position"],
  halted: ["INVALID_CURRENCY_PAIR", "currency pair is untradable"],
  maintenance: [UNAVAILABLE.label, UNAVAILABLE.message, 503],
  price_off_grid: ["INVALID_PRECISION", "price precision is too high"],
  size_off_grid: ["INVALID_PRECISION", "amount precision is too high"],
  size_too_small: ["AMOUNT_TOO_LITTLE", "Your order size is below the minimum"],
  size_too_large: ["AMOUNT_TOO_MUCH", "Your order size is above the maximum"],
  value_too_small: ["AMOUNT_TOO_LITTLE", "Your order value is below the minimum of the market"],
  price_band: ["PRICE_THRESHOLD_EXCEEDED", "Order price exceeds the threshold of the market"],
  trigger_would_fire: ["AUTO_TRIGGER_PRICE_LESS_LAST", "trigger price must be < last price"],
  too_many_orders: ["TOO_MANY_ORDERS", "too many open orders"],
  too_many_stops: ["TOO_MANY_ORDERS", "too many open price orders"],
  no_liquidity: ["AMOUNT_TOO_LITTLE", "Your order size is below the minimum"],
  fill_or_kill: ["FOK_NOT_FILL", "Order cannot be filled completely"],
  nothing_changed: ["NO_CHANGE", "nothing is changed by this amendment"],
  not_amendable: [NO_ORDER.label, NO_ORDER.message, 404],
};
/** Where futures say it otherwise. */
const FUTURES: Readonly<Partial<Record<SimReject, Said>>> = {
  post_only_would_take: ["ORDER_POC_IMMEDIATE", "order is filled immediately"],
  fill_or_kill: ["ORDER_FOK", "order cannot be filled completely"],
  halted: ["CONTRACT_IN_DELISTING", "contract takes no orders"],
  price_off_grid: ["INVALID_PARAM_VALUE", "price is not a multiple of order_price_round"],
  size_off_grid: ["INVALID_PARAM_VALUE", "size is not a whole number of contracts"],
  size_too_small: ["SIZE_TOO_SMALL", "order size is below order_size_min"],
  size_too_large: ["SIZE_TOO_LARGE", "order size is above order_size_max"],
  price_band: ["PRICE_TOO_DEVIATED", "order price deviates too far from the mark price"],
};

/** The venue's answer to a refusal of the exchange. */
export function failureOf(reject: SimReject, product: WireProduct): Failure {
  const [label, message, status] = (product === "futures" ? FUTURES[reject] : undefined) ??
    BOTH[reject];
  return failure(label, message, status ?? 400);
}
