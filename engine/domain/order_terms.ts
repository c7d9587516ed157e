/**
 * The closed lists of order vocabulary, as CONTRACT.md spells them.
 * @module
 */

/** What kind of order it is. Stops carry a trigger price. */
export const ORDER_TYPES = ["market", "limit", "stop_loss", "stop_limit"] as const;
export type OrderType = (typeof ORDER_TYPES)[number];

/** How long an order lives. Post-only is a separate flag, because venues combine them
 * differently. */
export const TIMES_IN_FORCE = ["gtc", "ioc", "fok"] as const;
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];

/** What the venue says an order is. The last four are terminal. */
export const ORDER_STATUSES = [
  "new",
  "partially_filled",
  "filled",
  "cancelled",
  "rejected",
  "expired",
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** Whether an order of this status can never trade again. */
export function isTerminalStatus(status: OrderStatus): boolean {
  return status !== "new" && status !== "partially_filled";
}

/** Whether our order rested (maker) or took (taker). */
export type Liquidity = "maker" | "taker";

/** Whether an instrument may be traded now. */
export const INSTRUMENT_STATUSES = ["trading", "halted", "maintenance", "delisted"] as const;
export type InstrumentTradingStatus = (typeof INSTRUMENT_STATUSES)[number];
