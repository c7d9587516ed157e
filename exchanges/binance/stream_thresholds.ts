/**
 * How long each of Binance's streams may be silent, as data, from how it pushes them.
 *
 *   depth@100ms   on change only, no keep-alive: a liquid book has ten a second; a quiet one
 *                 is confirmed by REST before 5 s are over (the core asks at half of them)
 *   bookTicker    on change, of one numbering with depth: a book 1 s behind it is ten pushes late
 *   markPrice@1s  each second, whatever happens; funding rides on it: ten and sixty pushes missed
 *   trades        a tape may be quiet
 *
 * Source: venue documentation "Diff. Book Depth Streams", "Mark Price Stream", read 2026-09.
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
  mark_price: 10_000,
  funding: 60_000,
  trades: Infinity,
};

/** The thresholds of a product. */
export function streamThresholdsOf(product: Product): StreamThresholds {
  return product === "spot" ? SPOT : PERPETUAL;
}
