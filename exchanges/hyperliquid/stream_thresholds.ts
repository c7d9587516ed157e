/**
 * How long each of Hyperliquid's streams may be silent, as data, from how it pushes them.
 *
 *   l2Book fast     the whole book each 0.5 s, changed or not, by block: the sheet gives it 3 s
 *   bbo             merged into the book by the market stream: it never finds a book behind
 *   activeAssetCtx  each second: mark and funding, fifteen and sixty missed
 *   trades          a tape may be quiet
 *
 * Source: venue documentation "Subscriptions", "Timeouts and heartbeats", read 2026-09.
 * @module
 */
import type { StreamThresholds } from "@/engine/ports/mod.ts";

/** Milliseconds, of both products: spot has no funding that could fall silent. */
export const STREAM_THRESHOLDS: StreamThresholds = {
  book: 3_000,
  best_bid_ask: Infinity,
  mark_price: 15_000,
  funding: 60_000,
  trades: Infinity,
};
