/**
 * What may be copied and kept of market data when we are behind, and what never may (fills,
 * answers).
 * @module
 */
import {
  type BookDelta,
  type BookSnapshot,
  type EngineEvent,
  LevelBuffer,
  type Levels,
  type MarketEvent,
} from "@/engine/messages/mod.ts";

const MARKET_KINDS: ReadonlySet<string> = new Set([
  "book_snapshot",
  "book_delta",
  "book_check",
  "best_bid_ask",
  "trade",
  "mark_price",
  "funding",
  "instrument_status",
  "feed_interrupted",
]);

/** Whether an event is market data. */
export function isMarketEvent(event: EngineEvent): event is MarketEvent {
  return MARKET_KINDS.has(event.kind);
}

/** A copy that stays valid after the call: market events may be reused scratch objects. */
export function copyOfMarketEvent(event: MarketEvent): MarketEvent {
  switch (event.kind) {
    case "book_snapshot":
      return copyOfSnapshot(event);
    case "book_delta":
      return copyOfDelta(event);
    case "book_check":
      return { ...event, bids: copyOfLevels(event.bids), asks: copyOfLevels(event.asks) };
    case "best_bid_ask":
      return {
        kind: event.kind,
        instrument: event.instrument,
        at: event.at,
        venueAt: event.venueAt,
        sequence: event.sequence,
        bid: event.bid,
        bidSize: event.bidSize,
        ask: event.ask,
        askSize: event.askSize,
      };
    case "trade":
      return {
        kind: event.kind,
        instrument: event.instrument,
        at: event.at,
        venueAt: event.venueAt,
        price: event.price,
        size: event.size,
        aggressor: event.aggressor,
        tradeId: event.tradeId,
      };
    default:
      return { ...event };
  }
}

function copyOfSnapshot(event: BookSnapshot): BookSnapshot {
  return {
    kind: event.kind,
    instrument: event.instrument,
    at: event.at,
    venueAt: event.venueAt,
    sequence: event.sequence,
    bids: copyOfLevels(event.bids),
    asks: copyOfLevels(event.asks),
    checksum: event.checksum,
  };
}

function copyOfDelta(event: BookDelta): BookDelta {
  return {
    kind: event.kind,
    instrument: event.instrument,
    at: event.at,
    venueAt: event.venueAt,
    firstSequence: event.firstSequence,
    sequence: event.sequence,
    previousSequence: event.previousSequence,
    bids: copyOfLevels(event.bids),
    asks: copyOfLevels(event.asks),
    checksum: event.checksum,
  };
}

function copyOfLevels(levels: Levels): LevelBuffer {
  const copy = new LevelBuffer(Math.max(1, levels.count));
  copy.copyFrom(levels);
  return copy;
}
