/**
 * How long each of OKX's streams may be silent, as data, from how it pushes them.
 *
 *   books         each 100 ms on change; without change an empty update only after 60 s, so a quiet
 *                 book is confirmed by REST before 5 s are over (the core asks at half of them)
 *   bbo-tbt       each 10 ms on change, of one numbering with books: 1 s behind is ten pushes late
 *   mark-price    each 200 ms on change, else about each 10 s: three of those missed
 *   funding-rate  each 30 to 90 s: three missed
 *   trades        a tape may be quiet
 *
 * Source: venue documentation "Order book channel", "Mark price channel", read 2026-09.
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
  funding: 300_000,
  trades: Infinity,
};

/** The thresholds of a product. */
export function streamThresholdsOf(product: Product): StreamThresholds {
  return product === "spot" ? SPOT : PERPETUAL;
}
