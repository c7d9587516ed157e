/**
 * `Side`: buy or sell, and the one place where price improvement is decided.
 * @module
 */
import type { Price } from "./price.ts";

/** The side of an order or a fill. */
export type Side = "buy" | "sell";

/** The other side. */
export function opposite(side: Side): Side {
  return side === "buy" ? "sell" : "buy";
}

/** +1 for buy, -1 for sell: what a fill does to a position. */
export function signOf(side: Side): 1 | -1 {
  return side === "buy" ? 1 : -1;
}

/** Whether `a` is strictly better than `b` for who takes the other side: higher bids, lower
 * asks. */
export function isBetter(side: Side, a: Price, b: Price): boolean {
  return side === "buy" ? a > b : a < b;
}

/** Whether an order of `side` at `limit` would trade against a resting price `resting`. */
export function isMarketable(side: Side, limit: Price, resting: Price): boolean {
  return side === "buy" ? limit >= resting : limit <= resting;
}
