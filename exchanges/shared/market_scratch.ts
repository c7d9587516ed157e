/**
 * Reused market events: a decoder owns one of each, fills it and hands it on; valid during that
 * call.
 *
 * They have the shape of the events in `engine/messages`, with fields one may write.
 * @module
 */
import {
  type InstrumentIndex,
  instrumentIndex,
  type Micros,
  MICROS_UNKNOWN,
  type Price,
  price,
  type Side,
  type Size,
  SIZE_ZERO,
  type TradeId,
  tradeId,
} from "@/engine/domain/mod.ts";
import {
  type BestBidAsk,
  type BookDelta,
  type BookSnapshot,
  LevelBuffer,
  SEQUENCE_NONE,
  type Trade,
} from "@/engine/messages/mod.ts";

const NO_INSTRUMENT = instrumentIndex(0);
const NO_PRICE = price(0);
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const DIGITS_EXACT_MAX = 15;
const ZERO = 48;
const NO_KEY = -1;

/** A book snapshot that is filled again for each message. */
export class SnapshotScratch implements BookSnapshot {
  readonly kind = "book_snapshot";
  instrument: InstrumentIndex = NO_INSTRUMENT;
  at: Micros = MICROS_UNKNOWN;
  venueAt: Micros = MICROS_UNKNOWN;
  sequence = SEQUENCE_NONE;
  readonly bids = new LevelBuffer(512);
  readonly asks = new LevelBuffer(512);
  checksum: number | undefined = undefined;

  /** Starts a new message: no levels, nothing said by the venue. */
  begin(instrument: InstrumentIndex, at: Micros): this {
    this.instrument = instrument;
    this.at = at;
    this.venueAt = MICROS_UNKNOWN;
    this.sequence = SEQUENCE_NONE;
    this.checksum = undefined;
    this.bids.clear();
    this.asks.clear();
    return this;
  }
}

/** A book delta that is filled again for each message. */
export class DeltaScratch implements BookDelta {
  readonly kind = "book_delta";
  instrument: InstrumentIndex = NO_INSTRUMENT;
  at: Micros = MICROS_UNKNOWN;
  venueAt: Micros = MICROS_UNKNOWN;
  firstSequence = SEQUENCE_NONE;
  sequence = SEQUENCE_NONE;
  previousSequence = SEQUENCE_NONE;
  readonly bids = new LevelBuffer(512);
  readonly asks = new LevelBuffer(512);
  checksum: number | undefined = undefined;

  /** Starts a new message: no levels, nothing said by the venue. */
  begin(instrument: InstrumentIndex, at: Micros): this {
    this.instrument = instrument;
    this.at = at;
    this.venueAt = MICROS_UNKNOWN;
    this.firstSequence = SEQUENCE_NONE;
    this.sequence = SEQUENCE_NONE;
    this.previousSequence = SEQUENCE_NONE;
    this.checksum = undefined;
    this.bids.clear();
    this.asks.clear();
    return this;
  }
}

/** A best bid and ask that is filled again for each message. */
export class BestBidAskScratch implements BestBidAsk {
  readonly kind = "best_bid_ask";
  instrument: InstrumentIndex = NO_INSTRUMENT;
  at: Micros = MICROS_UNKNOWN;
  venueAt: Micros = MICROS_UNKNOWN;
  sequence = SEQUENCE_NONE;
  bid: Price = NO_PRICE;
  bidSize: Size = SIZE_ZERO;
  ask: Price = NO_PRICE;
  askSize: Size = SIZE_ZERO;

  /** Starts a new message: both sides empty. */
  begin(instrument: InstrumentIndex, at: Micros): this {
    this.instrument = instrument;
    this.at = at;
    this.venueAt = MICROS_UNKNOWN;
    this.sequence = SEQUENCE_NONE;
    this.bid = NO_PRICE;
    this.bidSize = SIZE_ZERO;
    this.ask = NO_PRICE;
    this.askSize = SIZE_ZERO;
    return this;
  }
}

/** A public trade that is filled again for each message; its id becomes a text only when asked
 * for. */
export class TradeScratch implements Trade {
  readonly kind = "trade";
  instrument: InstrumentIndex = NO_INSTRUMENT;
  at: Micros = MICROS_UNKNOWN;
  venueAt: Micros = MICROS_UNKNOWN;
  price: Price = NO_PRICE;
  size: Size = SIZE_ZERO;
  aggressor: Side = "buy";
  #id: TradeId | undefined = undefined;
  #bytes: Uint8Array | undefined = undefined;
  #start = 0;
  #end = 0;

  /** Starts a new message. */
  begin(instrument: InstrumentIndex, at: Micros): this {
    this.instrument = instrument;
    this.at = at;
    this.venueAt = MICROS_UNKNOWN;
    this.price = NO_PRICE;
    this.size = SIZE_ZERO;
    this.#bytes = undefined;
    this.#id = undefined;
    return this;
  }

  /** The venue's name of the trade; empty when it gives none. */
  get tradeId(): TradeId {
    this.#id ??= this.#bytes === undefined
      ? tradeId("")
      : tradeId(decoder.decode(this.#bytes.subarray(this.#start, this.#end)));
    return this.#id;
  }

  /** A number that stands for the id, worked out where it lies; equal ids have equal keys. Below
   * zero: the venue gave no id. */
  get tradeKey(): number {
    const bytes = this.#bytes;
    if (bytes === undefined) return tradeKeyOf(this.#id ?? "");
    const start = this.#start;
    const length = this.#end - start;
    let key = 0;
    if (length === 0) return NO_KEY;
    if (length > DIGITS_EXACT_MAX) return hashOf(bytes, start, this.#end);
    for (let at = start; at < this.#end; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) return hashOf(bytes, start, this.#end);
      key = key * 10 + digit;
    }
    return key;
  }

  /** The id stands in the frame at `bytes[start..end)`. */
  setTradeIdSpan(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#id = undefined;
  }

  /** The id as a text (slow path). */
  setTradeIdText(text: string): void {
    this.#id = tradeId(text);
  }
}

/** The key of an id that is a text already. */
export function tradeKeyOf(id: string): number {
  if (id === "") return NO_KEY;
  if (/^\d{1,15}$/.test(id)) return Number(id);
  const bytes = encoder.encode(id);
  return hashOf(bytes, 0, bytes.length);
}

/** 53 bits of two hashes: among thousands of ids two are alike once in 10^9 runs. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let low = 0x811c_9dc5;
  let high = 0x1b87_3593;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    low = Math.imul(low ^ byte, 0x0100_0193);
    high = Math.imul(high ^ byte, 0x85eb_ca6b);
    high ^= high >>> 13;
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}
