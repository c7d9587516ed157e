/**
 * How long each of Bybit's streams may be silent, as data, from how it pushes them.
 *
 *   orderbook.50  each 20 ms on change, no keep-alive; but orderbook.1 repeats after 3 s without
 *                 change, and while it agrees with the book it confirms it: 5 s are a repeat missed
 *   orderbook.1   its ids are not those of orderbook.50: it never finds a book behind
 *   tickers       each 100 ms, only fields that changed: a mark may stand still for a while;
 *                 funding changes once an hour at most, so its silence says nothing
 *   trades        a tape may be quiet
 *
 * Source: venue documentation "Orderbook", "Ticker" (public stream), read 2026-07.
 * @module
 */
import type { Product } from "@/engine/domain/mod.ts";
import type { StreamThresholds } from "@/engine/ports/mod.ts";

/** No mark and no funding. */
const SPOT: StreamThresholds = {
  book: 5_000,
  best_bid_ask: Infinity,
  mark_price: Infinity,
  funding: Infinity,
  trades: Infinity,
};

/** Milliseconds. */
const PERPETUAL: StreamThresholds = {
  book: 5_000,
  best_bid_ask: Infinity,
  mark_price: 60_000,
  funding: Infinity,
  trades: Infinity,
};

/** The thresholds of a product. */
export function streamThresholdsOf(product: Product): StreamThresholds {
  return product === "spot" ? SPOT : PERPETUAL;
}
