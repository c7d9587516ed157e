/**
 * What a market says, normalised. Kinds and fields as CONTRACT.md names them.
 *
 * 1. `at` is our receipt stamp (same for all events of one socket read), `venueAt` the venue's (0:
 *    not said).
 * 2. A market event may be a reused scratch object: valid only during the call that receives it.
 * 3. Sequences are numbers below 2^53; -1 where the venue does not say one.
 * @module
 */
import type {
  InstrumentIndex,
  InstrumentTradingStatus,
  Micros,
  Money,
  Price,
  Side,
  Size,
  TradeId,
} from "@/engine/domain/mod.ts";
import type { Levels } from "./level_buffer.ts";

/** A sequence the venue did not say. */
export const SEQUENCE_NONE = -1;

/** The whole book of one instrument at `sequence`. Levels best first. */
export interface BookSnapshot {
  readonly kind: "book_snapshot";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly sequence: number;
  readonly bids: Levels;
  readonly asks: Levels;
  /** The venue's checksum of the book after this message, where it gives one. */
  readonly checksum: number | undefined;
}

/** Changed levels; size 0 deletes. Covers venue ids `firstSequence..sequence`. */
export interface BookDelta {
  readonly kind: "book_delta";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly firstSequence: number;
  readonly sequence: number;
  readonly previousSequence: number;
  readonly bids: Levels;
  readonly asks: Levels;
  readonly checksum: number | undefined;
}

/**
 * A venue's book as it answers a question, to compare with; never applied. `sequence` is of the
 * stream's numbering, or `SEQUENCE_NONE` where the answer has none of it.
 */
export interface BookCheck {
  readonly kind: "book_check";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly sequence: number;
  readonly bids: Levels;
  readonly asks: Levels;
}

/** The touch as its own stream says it. A side without orders has size 0. */
export interface BestBidAsk {
  readonly kind: "best_bid_ask";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly sequence: number;
  readonly bid: Price;
  readonly bidSize: Size;
  readonly ask: Price;
  readonly askSize: Size;
}

/** A public trade. `tradeId` may be read lazily from the frame. */
export interface Trade {
  readonly kind: "trade";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly price: Price;
  readonly size: Size;
  readonly aggressor: Side;
  readonly tradeId: TradeId;
}

/** The venue's price for margin; quote per base in `Money` units, because it need not be on a
 * tick. */
export interface MarkPrice {
  readonly kind: "mark_price";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly mark: Money;
  readonly index: Money | undefined;
}

/** The current funding rate as a fraction in `Money` units (10^-18); longs pay when it is
 * positive. */
export interface Funding {
  readonly kind: "funding";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly rate: Money;
  /** When it is paid next; 0 where the venue does not say. */
  readonly nextAt: Micros;
}

/** Whether an instrument may be traded. */
export interface InstrumentStatus {
  readonly kind: "instrument_status";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly status: InstrumentTradingStatus;
}

/** Why a feed can no longer be believed, said by the connector. */
export type FeedInterruption = "disconnected" | "silent" | "refused_frame" | "venue_reset";

/** The connector knows that deltas of this instrument were or may have been missed. */
export interface FeedInterrupted {
  readonly kind: "feed_interrupted";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly reason: FeedInterruption;
}

/** All that a market can say. */
export type MarketEvent =
  | BookSnapshot
  | BookDelta
  | BookCheck
  | BestBidAsk
  | Trade
  | MarkPrice
  | Funding
  | InstrumentStatus
  | FeedInterrupted;
