/**
 * How long each of dYdX's streams may be silent, as data, from how it pushes them.
 *
 *   v4_orderbook  on change, no keep-alive: a quiet book is confirmed by REST before 5 s are over
 *                 (the core asks at half of them)
 *   best bid/ask  has no stream of its own
 *   v4_markets    oracle prices block by block, on change; a funding estimate with others, now
 *                 and then: its silence says nothing
 *   trades        a tape may be quiet
 *
 * Source: venue sheet sections 2.3 and 2.5.
 * @module
 */
import type { StreamThresholds } from "@/engine/ports/mod.ts";

/** Milliseconds; perpetuals alone are traded here. */
export const STREAM_THRESHOLDS: StreamThresholds = {
  book: 5_000,
  best_bid_ask: Infinity,
  mark_price: 60_000,
  funding: Infinity,
  trades: Infinity,
};
