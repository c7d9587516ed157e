/**
 * Market events and timers to bytes and back, without garbage on the way in.
 *
 *   book     instrument | venueAt | sequence(s) | checksum | bids | asks
 *   side     count | (price less the price before, size) ...
 *
 * Prices and sizes are varints, so that a level takes some five bytes instead of sixteen.
 * @module
 */
import {
  INSTRUMENT_STATUSES,
  instrumentIndex,
  type Micros,
  micros,
  money,
  price,
  size,
  tradeId,
} from "@/engine/domain/mod.ts";
import {
  type BookDelta,
  type BookSnapshot,
  type EngineEvent,
  type FeedInterruption,
  LevelBuffer,
  type Levels,
} from "@/engine/messages/mod.ts";
import { type ByteBuffer, ByteReader } from "./byte_buffer.ts";
import { messageFromText, messageText, RECORD } from "./journal_format.ts";

const INTERRUPTIONS: readonly FeedInterruption[] = [
  "disconnected",
  "silent",
  "refused_frame",
  "venue_reset",
];

/** The record kind of an event. */
export function recordKindOf(event: EngineEvent): number {
  switch (event.kind) {
    case "book_snapshot":
      return RECORD.bookSnapshot;
    case "book_delta":
      return RECORD.bookDelta;
    case "book_check":
      return RECORD.bookCheck;
    case "best_bid_ask":
      return RECORD.bestBidAsk;
    case "trade":
      return RECORD.trade;
    case "mark_price":
      return RECORD.markPrice;
    case "funding":
      return RECORD.funding;
    case "instrument_status":
      return RECORD.instrumentStatus;
    case "feed_interrupted":
      return RECORD.feedInterrupted;
    case "timer":
      return RECORD.timer;
    default:
      return RECORD.event;
  }
}

/** Writes an event's payload; its time stands in the record's head. */
export function writeEvent(event: EngineEvent, into: ByteBuffer): void {
  switch (event.kind) {
    case "timer":
      return;
    case "book_snapshot":
    case "book_delta":
      return writeBook(event, into);
    case "book_check":
      into.varint(event.instrument);
      into.f64(event.venueAt);
      into.f64(event.sequence);
      into.levels(event.bids.count, event.bids.prices, event.bids.sizes);
      into.levels(event.asks.count, event.asks.prices, event.asks.sizes);
      return;
    case "best_bid_ask":
      into.varint(event.instrument);
      into.f64(event.venueAt);
      into.f64(event.sequence);
      into.signed(event.bid);
      into.varint(event.bidSize);
      into.signed(event.ask);
      into.varint(event.askSize);
      return;
    case "trade":
      into.varint(event.instrument);
      into.f64(event.venueAt);
      into.signed(event.price);
      into.varint(event.size);
      into.u8(event.aggressor === "buy" ? 0 : 1);
      into.text(event.tradeId);
      return;
    case "mark_price":
      into.varint(event.instrument);
      into.f64(event.venueAt);
      into.i128(event.mark);
      into.u8(event.index === undefined ? 0 : 1);
      if (event.index !== undefined) into.i128(event.index);
      return;
    case "funding":
      into.varint(event.instrument);
      into.f64(event.venueAt);
      into.i128(event.rate);
      into.f64(event.nextAt);
      return;
    case "instrument_status":
      into.varint(event.instrument);
      into.f64(event.venueAt);
      into.u8(INSTRUMENT_STATUSES.indexOf(event.status));
      return;
    case "feed_interrupted":
      into.varint(event.instrument);
      into.u8(INTERRUPTIONS.indexOf(event.reason));
      return;
    default:
      return into.text(messageText(event));
  }
}

function writeBook(event: BookSnapshot | BookDelta, into: ByteBuffer): void {
  into.varint(event.instrument);
  into.f64(event.venueAt);
  into.f64(event.sequence);
  if (event.kind === "book_delta") {
    into.f64(event.firstSequence);
    into.f64(event.previousSequence);
  }
  into.u8(event.checksum === undefined ? 0 : 1);
  if (event.checksum !== undefined) into.f64(event.checksum);
  into.levels(event.bids.count, event.bids.prices, event.bids.sizes);
  into.levels(event.asks.count, event.asks.prices, event.asks.sizes);
}

/**
 * Reads an event back; undefined for a kind that is not an event. Throws on a payload that is not
 * ours.
 */
export function readEvent(
  kind: number,
  at: Micros,
  bytes: Uint8Array,
  start: number,
  end: number,
): EngineEvent | undefined {
  const reader = new ByteReader(bytes, start, end);
  const event = readPayload(kind, at, reader);
  if (event !== undefined && reader.left > 0) {
    throw new RangeError(`Cannot read a record: wanted its end, found ${reader.left} more bytes`);
  }
  return event;
}

function readPayload(kind: number, at: Micros, reader: ByteReader): EngineEvent | undefined {
  switch (kind) {
    case RECORD.timer:
      return { kind: "timer", at };
    case RECORD.event:
      return messageFromText(reader.text()) as EngineEvent;
    case RECORD.bookSnapshot:
      return readSnapshot(at, reader);
    case RECORD.bookDelta:
      return readDelta(at, reader);
    case RECORD.bookCheck:
      return {
        kind: "book_check",
        ...readHead(at, reader),
        sequence: reader.f64(),
        bids: readLevels(reader),
        asks: readLevels(reader),
      };
    case RECORD.bestBidAsk:
      return { kind: "best_bid_ask", ...readHead(at, reader), ...readTouch(reader) };
    case RECORD.trade:
      return {
        kind: "trade",
        ...readHead(at, reader),
        price: price(reader.signed()),
        size: size(reader.varint()),
        aggressor: reader.u8() === 0 ? "buy" : "sell",
        tradeId: tradeId(reader.text()),
      };
    case RECORD.markPrice:
      return {
        kind: "mark_price",
        ...readHead(at, reader),
        mark: money(reader.i128()),
        index: reader.u8() === 0 ? undefined : money(reader.i128()),
      };
    case RECORD.funding:
      return {
        kind: "funding",
        ...readHead(at, reader),
        rate: money(reader.i128()),
        nextAt: micros(reader.f64()),
      };
    case RECORD.instrumentStatus:
      return {
        kind: "instrument_status",
        ...readHead(at, reader),
        status: nameAt(INSTRUMENT_STATUSES, reader.u8()),
      };
    case RECORD.feedInterrupted:
      return {
        kind: "feed_interrupted",
        instrument: instrumentIndex(reader.varint()),
        at,
        reason: nameAt(INTERRUPTIONS, reader.u8()),
      };
    default:
      return undefined;
  }
}

function readHead(at: Micros, reader: ByteReader) {
  return {
    instrument: instrumentIndex(reader.varint()),
    at,
    venueAt: micros(reader.f64()),
  };
}

function readTouch(reader: ByteReader) {
  return {
    sequence: reader.f64(),
    bid: price(reader.signed()),
    bidSize: size(reader.varint()),
    ask: price(reader.signed()),
    askSize: size(reader.varint()),
  };
}

function readSnapshot(at: Micros, reader: ByteReader): BookSnapshot {
  return {
    kind: "book_snapshot",
    ...readHead(at, reader),
    sequence: reader.f64(),
    checksum: readChecksum(reader),
    bids: readLevels(reader),
    asks: readLevels(reader),
  };
}

function readDelta(at: Micros, reader: ByteReader): BookDelta {
  return {
    kind: "book_delta",
    ...readHead(at, reader),
    sequence: reader.f64(),
    firstSequence: reader.f64(),
    previousSequence: reader.f64(),
    checksum: readChecksum(reader),
    bids: readLevels(reader),
    asks: readLevels(reader),
  };
}

function readChecksum(reader: ByteReader): number | undefined {
  return reader.u8() === 0 ? undefined : reader.f64();
}

function readLevels(reader: ByteReader): Levels {
  const count = reader.varint();
  // A level takes two bytes at least: a damaged count cannot ask for the moon.
  if (count * 2 > reader.left) {
    throw new RangeError(`Cannot read levels: wanted ${count}, found ${reader.left} bytes`);
  }
  const levels = new LevelBuffer(Math.max(1, count));
  let before = 0;
  for (let i = 0; i < count; i++) {
    before += reader.signed();
    levels.push(before, reader.varint());
  }
  return levels;
}

function nameAt<T>(names: readonly T[], index: number): T {
  const name = names[index];
  if (name === undefined) throw new RangeError(`Cannot read a name: found number ${index}`);
  return name;
}
