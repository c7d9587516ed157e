/**
 * Reads the venue's three hot frames when they are written exactly as the venue writes them:
 * updates of a book, best bid and ask, one trade.
 *
 * 1. Any other byte than the expected one answers false; the caller then reads the frame the
 *    general way, so nothing is lost by being strict.
 * 2. Nothing here throws and nothing allocates. A number is read exactly or not at all.
 * 3. All of a frame is read before anyone may use the scratch.
 * @module
 */
import type { Price, Size } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import {
  type BestBidAskScratch,
  type DeltaScratch,
  digitCount,
  digitsAt,
  type FrameText,
  literal,
  quoteAt,
  scanLevels,
  stepsAt,
  stepsEnd,
  textAt,
  type TradeScratch,
} from "@/exchanges/shared/mod.ts";
import { instantOf } from "./_json.ts";
import type { SymbolEntry, SymbolTable } from "./_symbol_table.ts";

const ZERO = 48;
const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const CLOSE_OBJECT = 125;
const MILLIS_DIGITS = 13;

const BOOK_HEAD = literal('{"arg":{"channel":"books","instId":"');
const TRADE_HEAD = literal('{"arg":{"channel":"trades","instId":"');
const TOUCH_HEAD = literal('{"arg":{"channel":"bbo-tbt","instId":"');
/** Where the three heads differ first. */
const CHANNEL_AT = 19;
const CHANNEL_SECOND_AT = 20;
const LETTER_O = 111;
const LETTER_T = 116;
const UPDATE = literal('"},"action":"update","data":[{"asks":');
const TOUCH_ROW = literal('"},"data":[{"asks":');
const TRADE_ROW = literal('"},"data":[{"instId":"');
const BIDS = literal(',"bids":');
const TS = literal(',"ts":"');
const CHECKSUM = literal('","checksum":');
const PREVIOUS = literal(',"prevSeqId":');
const SEQUENCE = literal(',"seqId":');
const SEQUENCE_AFTER_TS = literal('","seqId":');
const END = literal("}]}");
const TRADE_ID = literal('","tradeId":"');
const PX = literal('","px":"');
const SZ = literal('","sz":"');
const BUY = literal('","side":"buy","ts":"');
const SELL = literal('","side":"sell","ts":"');

/** What a frame turned out to be. */
export type FixedKind = "delta" | "touch" | "trade" | "unread";

/** Reads frames into scratch events. */
export class FixedFrames {
  /** Instrument of the frame read last. */
  entry: SymbolEntry | undefined = undefined;
  readonly #table: SymbolTable;
  readonly #delta: DeltaScratch;
  readonly #touch: BestBidAskScratch;
  readonly #trade: TradeScratch;
  /** How many digits numbers had last. */
  #sequenceDigits = 1;
  #checksumDigits = 1;
  #idDigits = 1;

  constructor(
    table: SymbolTable,
    delta: DeltaScratch,
    touch: BestBidAskScratch,
    trade: TradeScratch,
  ) {
    this.#table = table;
    this.#delta = delta;
    this.#touch = touch;
    this.#trade = trade;
  }

  /** Reads a frame; `unread` leaves everything to the general way. */
  read(frame: FrameText, at: DeltaScratch["at"]): FixedKind {
    const { bytes, view, start, end } = frame;
    if (end - start < 80) return "unread";
    if (bytes[start + CHANNEL_AT] === LETTER_T) {
      const from = this.#symbol(bytes, TRADE_HEAD(view, start), end);
      return from > 0 && this.#readTrade(frame, from, at) ? "trade" : "unread";
    }
    if (bytes[start + CHANNEL_SECOND_AT] === LETTER_O) {
      const from = this.#symbol(bytes, BOOK_HEAD(view, start), end);
      return from > 0 && this.#readDelta(frame, from, at) ? "delta" : "unread";
    }
    const from = this.#symbol(bytes, TOUCH_HEAD(view, start), end);
    return from > 0 && this.#readTouch(frame, from, at) ? "touch" : "unread";
  }

  /** A known symbol; its closing quote, or -1. */
  #symbol(bytes: Uint8Array, from: number, end: number): number {
    if (from < 0) return -1;
    const last = this.entry;
    if (last !== undefined) {
      const behind = textAt(bytes, from, last.bytes);
      if (behind > 0 && bytes[behind] === QUOTE) return behind;
    }
    const quote = quoteAt(bytes, from, Math.min(end, from + 64));
    const found = quote < 0 ? undefined : this.#table.find(bytes, from, quote);
    if (found === undefined) return -1;
    this.entry = found;
    return quote;
  }

  #readDelta(frame: FrameText, from: number, receivedAt: DeltaScratch["at"]): boolean {
    const { bytes, view, end } = frame;
    const delta = this.#delta.begin(this.entry!.instrument.index, receivedAt);
    let at = UPDATE(view, from);
    if (at < 0 || (at = this.#levels(frame, at, delta.asks)) < 0) return false;
    if ((at = BIDS(view, at)) < 0 || (at = this.#levels(frame, at, delta.bids)) < 0) return false;
    if ((at = TS(view, at)) < 0) return false;
    const time = digitsAt(view, at, MILLIS_DIGITS);
    if (time < 0 || (at = CHECKSUM(view, (at + MILLIS_DIGITS) | 0)) < 0) return false;
    const isNegative = bytes[at] === MINUS;
    if (isNegative) at = (at + 1) | 0;
    let digits = digitCount(bytes, at, this.#checksumDigits);
    this.#checksumDigits = digits;
    const checksum = digitsAt(view, at, digits);
    at = (at + digits) | 0;
    // The venue writes the two in either order.
    let next = PREVIOUS(view, at);
    const isPreviousFirst = next > 0;
    if (!isPreviousFirst && (next = SEQUENCE(view, at)) < 0) return false;
    digits = digitCount(bytes, next, this.#sequenceDigits);
    const one = digitsAt(view, next, digits);
    at = (next + digits) | 0;
    if ((at = isPreviousFirst ? SEQUENCE(view, at) : PREVIOUS(view, at)) < 0) return false;
    digits = digitCount(bytes, at, digits);
    this.#sequenceDigits = digits;
    const other = digitsAt(view, at, digits);
    if (END(view, (at + digits) | 0) !== end || checksum < 0 || one < 0 || other < 0) return false;
    const sequence = isPreviousFirst ? other : one;
    delta.firstSequence = sequence;
    delta.sequence = sequence;
    delta.previousSequence = isPreviousFirst ? one : other;
    delta.venueAt = instantOf(time);
    delta.checksum = checksum === 0 ? undefined : isNegative ? -checksum : checksum;
    return true;
  }

  #readTouch(frame: FrameText, from: number, receivedAt: DeltaScratch["at"]): boolean {
    const { bytes, view, end } = frame;
    const { index } = this.entry!.instrument;
    const touch = this.#touch.begin(index, receivedAt);
    // The delta's memory holds nothing between messages.
    const { asks, bids } = this.#delta.begin(index, receivedAt);
    let at = TOUCH_ROW(view, from);
    if (at < 0 || (at = this.#levels(frame, at, asks)) < 0) return false;
    if ((at = BIDS(view, at)) < 0 || (at = this.#levels(frame, at, bids)) < 0) return false;
    if ((at = TS(view, at)) < 0) return false;
    const time = digitsAt(view, at, MILLIS_DIGITS);
    if (time < 0 || (at = SEQUENCE_AFTER_TS(view, (at + MILLIS_DIGITS) | 0)) < 0) return false;
    const digits = digitCount(bytes, at, this.#sequenceDigits);
    this.#sequenceDigits = digits;
    const sequence = digitsAt(view, at, digits);
    if (sequence < 0 || END(view, (at + digits) | 0) !== end) return false;
    touch.sequence = sequence;
    touch.venueAt = instantOf(time);
    if (bids.count > 0) {
      touch.bid = bids.prices[0] as Price;
      touch.bidSize = bids.sizes[0] as Size;
    }
    if (asks.count > 0) {
      touch.ask = asks.prices[0] as Price;
      touch.askSize = asks.sizes[0] as Size;
    }
    return true;
  }

  #readTrade(frame: FrameText, from: number, receivedAt: DeltaScratch["at"]): boolean {
    const { bytes, view, end } = frame;
    const { instrument, bytes: name } = this.entry!;
    let at = TRADE_ROW(view, from);
    if (at < 0 || (at = textAt(bytes, at, name)) < 0 || (at = TRADE_ID(view, at)) < 0) return false;
    const idStart = at;
    const idEnd = (at + digitCount(bytes, at, this.#idDigits)) | 0;
    this.#idDigits = idEnd - idStart;
    if (digitsAt(view, idStart, idEnd - idStart) < 0 || (at = PX(view, idEnd)) < 0) return false;
    const price = stepsAt(bytes, at, instrument.priceGrid);
    if (price <= 0 || (at = SZ(view, stepsEnd[0]!)) < 0) return false;
    const size = stepsAt(bytes, at, instrument.sizeGrid);
    if (size <= 0) return false;
    at = BUY(view, stepsEnd[0]!);
    const isBuy = at > 0;
    if (!isBuy && (at = SELL(view, stepsEnd[0]!)) < 0) return false;
    const time = digitsAt(view, at, MILLIS_DIGITS);
    at = (at + MILLIS_DIGITS) | 0;
    if (time < 0 || bytes[at] !== QUOTE) return false;
    at = skipScalars(bytes, (at + 1) | 0, end);
    if (at < 0 || END(view, at) !== end) return false;
    const trade = this.#trade.begin(instrument.index, receivedAt);
    trade.venueAt = instantOf(time);
    trade.price = price as Price;
    trade.size = size as Size;
    trade.aggressor = isBuy ? "buy" : "sell";
    trade.setTradeIdSpan(bytes, idStart, idEnd);
    return true;
  }

  /** `[["price","size","0","orders"],…]` into `out`; behind it, or -1. */
  #levels({ bytes, end }: FrameText, from: number, out: LevelBuffer): number {
    const { priceGrid, sizeGrid } = this.entry!.instrument;
    return scanLevels(bytes, from, end, priceGrid, sizeGrid, out, true);
  }
}

/** Steps over the rest of a row, `,"count":"3","seqId":1`: its form, not its meaning; or -1. */
function skipScalars(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (bytes[at] === COMMA) {
    at = endOfName(bytes, (at + 1) | 0, end);
    if (at < 0) return -1;
    at = bytes[at] === QUOTE ? endOfName(bytes, at, end, COMMA) : endOfDigits(bytes, at);
    if (at < 0) return -1;
  }
  return at;
}

/** Behind a quoted plain text and the byte after it (`:` of a key); -1 when it is none. */
function endOfName(bytes: Uint8Array, start: number, end: number, after = 58): number {
  if (bytes[start] !== QUOTE) return -1;
  let at = (start + 1) | 0;
  while (at < end && bytes[at] !== QUOTE) {
    if (bytes[at]! < 32 || bytes[at] === 92 || bytes[at]! > 126) return -1;
    at = (at + 1) | 0;
  }
  if (after === COMMA) return at < end ? (at + 1) | 0 : -1;
  return at < end && bytes[(at + 1) | 0] === after ? (at + 2) | 0 : -1;
}

/** Behind a bare whole number; -1 when it is none. */
function endOfDigits(bytes: Uint8Array, start: number): number {
  let at = start | 0;
  while ((bytes[at]! ^ ZERO) <= 9) at = (at + 1) | 0;
  const isOne = at > start && (bytes[start] !== ZERO || at === start + 1);
  return isOne && (bytes[at] === COMMA || bytes[at] === CLOSE_OBJECT) ? at : -1;
}
