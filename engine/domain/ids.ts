/**
 * Names of orders, fills and strategies. They are texts: venue ids exceed 2^53.
 * @module
 */
import type { Brand } from "./brand.ts";

/** Our name of an order: instance id + start number + counter, in the venue's alphabet. */
export type ClientOrderId = Brand<string, "ClientOrderId">;

/** The venue's name of an order. */
export type VenueOrderId = Brand<string, "VenueOrderId">;

/** The venue's name of one of our executions, unique per instrument. */
export type FillId = Brand<string, "FillId">;

/** The venue's name of a public trade. */
export type TradeId = Brand<string, "TradeId">;

/** The configured name of a strategy. */
export type StrategyId = Brand<string, "StrategyId">;

/** Marks a text as our order's name. */
export function clientOrderId(text: string): ClientOrderId {
  return text as ClientOrderId;
}

/** Marks a text as the venue's order name. */
export function venueOrderId(text: string): VenueOrderId {
  return text as VenueOrderId;
}

/** Marks a text as a fill's name. */
export function fillId(text: string): FillId {
  return text as FillId;
}

/** Marks a text as a public trade's name. */
export function tradeId(text: string): TradeId {
  return text as TradeId;
}

/** Marks a text as a strategy's name. */
export function strategyId(text: string): StrategyId {
  return text as StrategyId;
}
