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
import type { Instrument, Price, Size } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import {
  type BestBidAskScratch,
  type DeltaScratch,
  keyBytes,
  scanDecimal,
  scanLevels,
  spanIs,
  type TradeScratch,
} from "@/exchanges/shared/mod.ts";
import { instantOf } from "./_json.ts";
import type { SymbolEntry, SymbolTable } from "./_symbol_table.ts";

const UNREAD = -1;
const ZERO = 48;
const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const CLOSE_OBJECT = 125;
/** `byte ^ 0x30` is at most nine exactly for a digit, and 48 behind the last byte. */
const POINT_DIGIT = 46 ^ ZERO;
const QUOTE_DIGIT = QUOTE ^ ZERO;
/** Digits that fit 32-bit arithmetic. */
const SHORT_DIGITS = 9;
const SAFE_MAX = Number.MAX_SAFE_INTEGER;
const POWERS_OF_TEN = Float64Array.from({ length: 19 }, (_, exponent) => Number(`1e${exponent}`));

const BOOK_HEAD = keyBytes('{"arg":{"channel":"books","instId":"');
const TRADE_HEAD = keyBytes('{"arg":{"channel":"trades","instId":"');
const TOUCH_HEAD = keyBytes('{"arg":{"channel":"bbo-tbt","instId":"');
/** Where the three heads differ first. */
const CHANNEL_AT = 19;
const CHANNEL_SECOND_AT = 20;
const LETTER_O = 111;
const LETTER_T = 116;
const UPDATE = keyBytes('"},"action":"update","data":[{"asks":');
const ROW = keyBytes('"},"data":[{');
const ASKS = keyBytes('"asks":');
const BIDS = keyBytes(',"bids":');
const TS = keyBytes(',"ts":"');
const CHECKSUM = keyBytes('","checksum":');
const PREVIOUS = keyBytes(',"prevSeqId":');
const SEQUENCE = keyBytes(',"seqId":');
const SEQUENCE_AFTER_TS = keyBytes('","seqId":');
const END = keyBytes("}]}");
const INST_ID = keyBytes('"instId":"');
const TRADE_ID = keyBytes('","tradeId":"');
const PX = keyBytes('","px":');
const SZ = keyBytes(',"sz":');
const SIDE = keyBytes(',"side":"');
const BUY = keyBytes('buy","ts":"');
const SELL = keyBytes('sell","ts":"');

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
  #at = 0;

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
  read(bytes: Uint8Array, start: number, end: number, at: DeltaScratch["at"]): FixedKind {
    if (end - start < 80) return "unread";
    this.#at = start;
    if (bytes[start + CHANNEL_AT] === LETTER_T) {
      return this.#head(bytes, TRADE_HEAD) && this.#readTrade(bytes, end, at) ? "trade" : "unread";
    }
    if (bytes[start + CHANNEL_SECOND_AT] === LETTER_O) {
      return this.#head(bytes, BOOK_HEAD) && this.#readDelta(bytes, end, at) ? "delta" : "unread";
    }
    return this.#head(bytes, TOUCH_HEAD) && this.#readTouch(bytes, end, at) ? "touch" : "unread";
  }

  #head(bytes: Uint8Array, head: Uint8Array): boolean {
    return this.#take(bytes, head) && this.#readSymbol(bytes);
  }

  #readSymbol(bytes: Uint8Array): boolean {
    const start = this.#at;
    const last = this.entry;
    if (last !== undefined) {
      const end = start + last.bytes.length;
      if (bytes[end] === QUOTE && spanIs(bytes, start, end, last.bytes)) {
        this.#at = end;
        return true;
      }
    }
    let at = start;
    const most = Math.min(bytes.length, start + 64);
    while (at < most && bytes[at] !== QUOTE) at++;
    const found = at < most ? this.#table.find(bytes, start, at) : undefined;
    if (found === undefined) return false;
    this.entry = found;
    this.#at = at;
    return true;
  }

  #readDelta(bytes: Uint8Array, end: number, receivedAt: DeltaScratch["at"]): boolean {
    const { instrument } = this.entry!;
    const delta = this.#delta.begin(instrument.index, receivedAt);
    if (!this.#take(bytes, UPDATE) || !this.#levels(bytes, end, instrument, delta.asks)) {
      return false;
    }
    if (!this.#take(bytes, BIDS) || !this.#levels(bytes, end, instrument, delta.bids)) {
      return false;
    }
    if (!this.#take(bytes, TS)) return false;
    const time = this.#integer(bytes);
    if (!this.#take(bytes, CHECKSUM)) return false;
    const isNegative = bytes[this.#at] === MINUS;
    if (isNegative) this.#at++;
    const checksum = this.#integer(bytes);
    // The venue writes the two in either order.
    const isPreviousFirst = this.#take(bytes, PREVIOUS);
    if (!isPreviousFirst && !this.#take(bytes, SEQUENCE)) return false;
    const one = this.#integer(bytes);
    if (!this.#take(bytes, isPreviousFirst ? SEQUENCE : PREVIOUS)) return false;
    const other = this.#integer(bytes);
    const sequence = isPreviousFirst ? other : one;
    const previous = isPreviousFirst ? one : other;
    if (!this.#ends(bytes, end) || time < 0 || checksum < 0) return false;
    if (previous < 0 || sequence < 0) return false;
    delta.firstSequence = sequence;
    delta.sequence = sequence;
    delta.previousSequence = previous;
    delta.venueAt = instantOf(time);
    delta.checksum = checksum === 0 ? undefined : isNegative ? -checksum : checksum;
    return true;
  }

  #readTouch(bytes: Uint8Array, end: number, receivedAt: DeltaScratch["at"]): boolean {
    const { instrument } = this.entry!;
    const touch = this.#touch.begin(instrument.index, receivedAt);
    // The delta's memory holds nothing between messages.
    const { asks, bids } = this.#delta.begin(instrument.index, receivedAt);
    if (!this.#take(bytes, ROW) || !this.#take(bytes, ASKS)) return false;
    if (!this.#levels(bytes, end, instrument, asks) || !this.#take(bytes, BIDS)) return false;
    if (!this.#levels(bytes, end, instrument, bids) || !this.#take(bytes, TS)) return false;
    const time = this.#integer(bytes);
    if (!this.#take(bytes, SEQUENCE_AFTER_TS)) return false;
    const sequence = this.#integer(bytes);
    if (!this.#ends(bytes, end) || time < 0 || sequence < 0) return false;
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

  #readTrade(bytes: Uint8Array, end: number, receivedAt: DeltaScratch["at"]): boolean {
    const { instrument, bytes: name } = this.entry!;
    const trade = this.#trade.begin(instrument.index, receivedAt);
    if (!this.#take(bytes, ROW) || !this.#take(bytes, INST_ID)) return false;
    if (!this.#take(bytes, name) || !this.#take(bytes, TRADE_ID)) return false;
    const idStart = this.#at;
    while (this.#at < end && (bytes[this.#at]! ^ ZERO) <= 9) this.#at++;
    const idEnd = this.#at;
    if (idEnd === idStart || !this.#take(bytes, PX)) return false;
    const { priceGrid, sizeGrid } = instrument;
    const price = this.#quotedSteps(bytes, priceGrid.scale, priceGrid.mantissa);
    if (price <= 0 || !this.#take(bytes, SZ)) return false;
    const size = this.#quotedSteps(bytes, sizeGrid.scale, sizeGrid.mantissa);
    if (size <= 0 || !this.#take(bytes, SIDE)) return false;
    const isBuy = this.#take(bytes, BUY);
    if (!isBuy && !this.#take(bytes, SELL)) return false;
    const time = this.#integer(bytes);
    if (time < 0 || bytes[this.#at] !== QUOTE || !this.#skipScalars(bytes, end)) return false;
    trade.venueAt = instantOf(time);
    trade.price = price as Price;
    trade.size = size as Size;
    trade.aggressor = isBuy ? "buy" : "sell";
    trade.setTradeIdSpan(bytes, idStart, idEnd);
    return true;
  }

  /** Steps over the rest of one row, `…,"count":"3","seqId":1}]}`: its form, not its meaning. */
  #skipScalars(bytes: Uint8Array, end: number): boolean {
    let at = this.#at + 1;
    while (bytes[at] === COMMA) {
      at = endOfName(bytes, at + 1, end);
      if (at < 0) return false;
      at = bytes[at] === QUOTE ? endOfName(bytes, at, end, COMMA) : endOfDigits(bytes, at);
      if (at < 0) return false;
    }
    this.#at = at;
    return this.#ends(bytes, end);
  }

  #ends(bytes: Uint8Array, end: number): boolean {
    return this.#take(bytes, END) && this.#at === end;
  }

  #take(bytes: Uint8Array, wanted: Uint8Array): boolean {
    const at = this.#at;
    for (let index = 0; index < wanted.length; index++) {
      if (bytes[at + index] !== wanted[index]) return false;
    }
    this.#at = at + wanted.length;
    return true;
  }

  /** A whole number without leading zeros, of at most 2^53 - 1. */
  #integer(bytes: Uint8Array): number {
    const first = this.#at;
    let at = first;
    let head = 0;
    let digit = bytes[at]! ^ ZERO;
    if (digit === 0) {
      this.#at = at + 1;
      return 0;
    }
    // Nine digits fit 32-bit arithmetic, which is twice as fast as floating point.
    const headEnd = at + SHORT_DIGITS;
    while (at < headEnd && digit <= 9) {
      head = (Math.imul(head, 10) + digit) | 0;
      digit = bytes[++at]! ^ ZERO;
    }
    let value = head;
    if (digit <= 9) {
      const tailStart = at;
      const tailEnd = at + SHORT_DIGITS;
      let tail = 0;
      while (at < tailEnd && digit <= 9) {
        tail = (Math.imul(tail, 10) + digit) | 0;
        digit = bytes[++at]! ^ ZERO;
      }
      value = head * POWERS_OF_TEN[at - tailStart]! + tail;
    }
    this.#at = at;
    return at > first && value <= SAFE_MAX && !(digit <= 9) ? value : UNREAD;
  }

  /** A quoted decimal as whole steps of a grid. */
  #quotedSteps(bytes: Uint8Array, scale: number, mantissa: number): number {
    let at = this.#at;
    if (bytes[at] !== QUOTE) return UNREAD;
    const first = ++at;
    let value = 0;
    let digit = bytes[at]! ^ ZERO;
    while (digit <= 9) {
      value = (Math.imul(value, 10) + digit) | 0;
      digit = bytes[++at]! ^ ZERO;
    }
    let count = at - first;
    if (count === 0) return UNREAD;
    let missing = scale;
    if (digit === POINT_DIGIT) {
      const point = at;
      digit = bytes[++at]! ^ ZERO;
      while (missing > 0 && digit <= 9) {
        value = (Math.imul(value, 10) + digit) | 0;
        missing--;
        digit = bytes[++at]! ^ ZERO;
      }
      count += at - point - 1;
      while (digit === 0) digit = bytes[++at]! ^ ZERO;
      if (at === point + 1) return UNREAD;
    }
    if (digit !== QUOTE_DIGIT) return UNREAD;
    this.#at = at + 1;
    if (count > SHORT_DIGITS) return longSteps(bytes, first, at, scale, mantissa);
    return toSteps(missing === 0 ? value : value * POWERS_OF_TEN[missing]!, mantissa);
  }

  /** `[["price","size","0","orders"],…]` into `out`. */
  #levels(bytes: Uint8Array, end: number, instrument: Instrument, out: LevelBuffer): boolean {
    const { priceGrid, sizeGrid } = instrument;
    const next = scanLevels(bytes, this.#at, end, priceGrid, sizeGrid, out, true);
    if (next < 0) return false;
    this.#at = next;
    return true;
  }
}

/** Behind a quoted plain text and the byte after it (`:` of a key); -1 when it is none. */
function endOfName(bytes: Uint8Array, start: number, end: number, after = 58): number {
  if (bytes[start] !== QUOTE) return -1;
  let at = start + 1;
  while (at < end && bytes[at] !== QUOTE) {
    if (bytes[at]! < 32 || bytes[at] === 92 || bytes[at]! > 126) return -1;
    at++;
  }
  if (after === COMMA) return at < end ? at + 1 : -1;
  return at < end && bytes[at + 1] === after ? at + 2 : -1;
}

/** Behind a bare whole number; -1 when it is none. */
function endOfDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  while ((bytes[at]! ^ ZERO) <= 9) at++;
  const isOne = at > start && (bytes[start] !== ZERO || at === start + 1);
  return isOne && (bytes[at] === COMMA || bytes[at] === CLOSE_OBJECT) ? at : -1;
}

/** Amounts of more than nine digits, in floating point. */
function longSteps(
  bytes: Uint8Array,
  start: number,
  end: number,
  scale: number,
  mantissa: number,
): number {
  const value = scanDecimal(bytes, start, end, scale);
  return value < 0 ? UNREAD : toSteps(value, mantissa);
}

function toSteps(value: number, mantissa: number): number {
  if (!(value <= SAFE_MAX)) return UNREAD;
  if (mantissa === 1) return value;
  return value % mantissa === 0 ? value / mantissa : UNREAD;
}
