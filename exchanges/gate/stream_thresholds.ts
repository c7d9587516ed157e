/**
 * How long each of Gate's streams may be silent, as data, from how it pushes them.
 *
 *   obu           each 20 or 100 ms on change, no keep-alive: a quiet book is confirmed by REST
 *                 before 5 s are over (the core asks at half of them)
 *   book_ticker   each 10 ms on change, of one numbering with the depth: 1 s behind is ten late
 *   tickers       each 1 to 2 s: the mark, fifteen missed
 *   funding       rides on tickers
 *   trades        a tape may be quiet
 *
 * Source: venue documentation "WebSocket v4" of both products, read 2026-09.
 * @module
 */
import type { Product } from "@/engine/domain/mod.ts";
import type { StreamThresholds } from "@/engine/ports/mod.ts";

/** No mark and no funding. */
const SPOT: StreamThresholds = {
  book: 5_000,
  best_bid_ask: 1_000,
  mark_price: Infinity,
  funding: Infinity,
  trades: Infinity,
};

/** Milliseconds. */
const PERPETUAL: StreamThresholds = {
  book: 5_000,
  best_bid_ask: 1_000,
  mark_price: 30_000,
  funding: 120_000,
  trades: Infinity,
};

/** The thresholds of a product. */
export function streamThresholdsOf(product: Product): StreamThresholds {
  return product === "spot" ? SPOT : PERPETUAL;
}
