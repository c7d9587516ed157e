/**
 * Depth, best bid and ask, and futures' trades exactly as the venue writes them today: known bytes
 * are compared, numbers are read, nothing is searched.
 *
 *   {"time":1,"time_ms":1,"channel":"futures.obu","event":"update","result":{"t":1,"s":"ob.X.400",
 *    "U":1,"u":2,"b":[["1","2"]],"a":[]}}
 *
 * 1. `unread` leaves the whole frame to the general reader; nothing that was read counts then.
 * 2. The head's times may stand before the channel, behind the event, or not at all; `l` behind
 *    `u`, at the end, or not at all; a trade's size before its id or behind it.
 * 3. Whole books, and what else is rare, go the general way.
 * @module
 */
import { type Micros, micros, type Price, type Product, type Size } from "@/engine/domain/mod.ts";
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
} from "@/exchanges/shared/mod.ts";
import type { Slot, SymbolTable } from "./_frame_scanner.ts";
import { scanObjectLevels } from "./_object_levels.ts";
import type { TradeReader } from "./_trade_reader.ts";

const TIMES = literal('{"time":');
const TIME_MS = literal(',"time_ms":');
const CHANNEL_BEHIND = literal(',"channel":"');
const CHANNEL = literal('{"channel":"');
const FUTURES = literal("futures.");
const SPOT = literal("spot.");
const OBU = literal('obu","event":"update",');
const BOOK_UPDATE = literal('order_book_update","event":"update",');
const TICKER = literal('book_ticker","event":"update",');
const TRADES = literal('trades","event":"update",');
const EVENT_TIME_MS = literal('"time_ms":');
const RESULT = literal('"result":{"t":');
const RESULT_BEHIND = literal(',"result":{"t":');
const TRADE_RESULT = literal('"result":[{');
const TRADE_RESULT_BEHIND = literal(',"result":[{');
const SPOT_EVENT = literal(',"e":"depthUpdate","E":');
const SYMBOL = literal(',"s":"');
const OBU_SYMBOL = literal(',"s":"ob.');
const FIRST = literal('","U":');
const LAST = literal(',"u":');
const LIMIT = literal(',"l":"');
const BIDS = literal(',"b":[');
const ASKS = literal(',"a":[');
const BID = literal('","b":"');
const BID_SIZE = literal('","B":"');
const ASK = literal('","a":"');
const ASK_SIZE = literal('","A":"');
const END = literal("}}");
const TEXT_END = literal('"}}');
const ID_SIZE = literal('"id":');
const SIZE_BEHIND = literal(',"size":');
const SIZE_ID = literal('"size":');
const ID_BEHIND = literal(',"id":');
const CREATED = literal(',"create_time":');
const CREATED_MS = literal(',"create_time_ms":');
const PRICE = literal(',"price":"');
const CONTRACT = literal('","contract":"');
const NOT_INTERNAL = literal('","is_internal":false}');
const TRADE_END = literal('"}');
const NEXT_TRADE = literal(",{");
const TRADES_END = literal("]}");
const LETTER_o = 111, LETTER_b = 98, LETTER_c = 99;
const QUOTE = 34, MINUS = 45, POINT = 46, ZERO = 48, OPEN_OBJECT = 123;
const SECONDS_DIGITS = 10;
const MILLIS_DIGITS = 13;

/** What a frame turned out to be. */
export type FixedKind = "depth" | "touch" | "trades" | "unread";

/** Reads frames into scratch events. */
export class FixedFrames {
  /** Instrument of the depth frame or touch read last. */
  slot: Slot | undefined = undefined;
  readonly #tables: Readonly<Record<Product, SymbolTable>>;
  readonly #delta: DeltaScratch;
  readonly #touch: BestBidAskScratch;
  readonly #trades: TradeReader;
  #product: Product = "spot";
  #idDigits = 1;

  constructor(
    tables: Readonly<Record<Product, SymbolTable>>,
    delta: DeltaScratch,
    touch: BestBidAskScratch,
    trades: TradeReader,
  ) {
    this.#tables = tables;
    this.#delta = delta;
    this.#touch = touch;
    this.#trades = trades;
  }

  /** Reads a frame into the scratch of its kind. */
  read(frame: FrameText, at: Micros): FixedKind {
    const { bytes, view, end } = frame;
    if (end - frame.start < 64) return "unread";
    const channel = this.#channel(frame);
    if (channel < 0) return "unread";
    const letter = bytes[channel];
    if (letter === LETTER_b) {
      const from = TICKER(view, channel);
      return from > 0 && this.#readTouch(frame, from, at) ? "touch" : "unread";
    }
    if (letter !== LETTER_o) {
      const from = this.#product === "perpetual" ? TRADES(view, channel) : -1;
      return from > 0 && this.#readTrades(frame, from) ? "trades" : "unread";
    }
    const isObu = bytes[channel + 1] === LETTER_b;
    const from = isObu ? OBU(view, channel) : BOOK_UPDATE(view, channel);
    return from > 0 && this.#readDepth(frame, from, isObu, at) ? "depth" : "unread";
  }

  /** Where the channel's own name begins, behind its product; or -1. */
  #channel({ bytes, view, start }: FrameText): number {
    let at = start;
    if (bytes[at + 2] === LETTER_c) at = CHANNEL(view, at);
    else {
      if ((at = TIMES(view, at)) < 0 || digitsAt(view, at, SECONDS_DIGITS) <= 0) return -1;
      if ((at = TIME_MS(view, (at + SECONDS_DIGITS) | 0)) < 0) return -1;
      if (digitsAt(view, at, MILLIS_DIGITS) <= 0) return -1;
      at = CHANNEL_BEHIND(view, (at + MILLIS_DIGITS) | 0);
    }
    if (at < 0) return -1;
    const futures = FUTURES(view, at);
    this.#product = futures < 0 ? "spot" : "perpetual";
    return futures < 0 ? SPOT(view, at) : futures;
  }

  /** Behind the time that may stand before a result, and the result's own beginning; or -1. */
  #result(view: DataView, from: number, isList: boolean): number {
    const time = EVENT_TIME_MS(view, from);
    if (time < 0) return isList ? TRADE_RESULT(view, from) : RESULT(view, from);
    if (digitsAt(view, time, MILLIS_DIGITS) <= 0) return -1;
    const at = (time + MILLIS_DIGITS) | 0;
    return isList ? TRADE_RESULT_BEHIND(view, at) : RESULT_BEHIND(view, at);
  }

  #readDepth(frame: FrameText, from: number, isObu: boolean, receivedAt: Micros): boolean {
    const { bytes, view, end } = frame;
    let at = this.#result(view, from, false);
    if (at < 0) return false;
    const time = digitsAt(view, at, MILLIS_DIGITS);
    at = (at + MILLIS_DIGITS) | 0;
    const event = SPOT_EVENT(view, at);
    if (event > 0) at = (event + SECONDS_DIGITS) | 0;
    at = isObu ? OBU_SYMBOL(view, at) : SYMBOL(view, at);
    if (time <= 0 || at < 0 || (at = this.#symbol(bytes, at, end, isObu)) < 0) return false;
    if ((at = FIRST(view, at)) < 0) return false;
    let digits = digitCount(bytes, at, this.#idDigits);
    const first = digitsAt(view, at, digits);
    if ((at = LAST(view, (at + digits) | 0)) < 0) return false;
    digits = digitCount(bytes, at, digits);
    const last = digitsAt(view, at, digits);
    this.#idDigits = digits;
    if (first < 0 || last < first) return false;
    if ((at = BIDS(view, limitEnd(bytes, view, (at + digits) | 0))) < 0) return false;
    const delta = this.#delta.begin(this.slot!.instrument.index, receivedAt);
    at = this.#levels(frame, (at - 1) | 0, delta.bids);
    if (at < 0 || (at = ASKS(view, at)) < 0) return false;
    at = this.#levels(frame, (at - 1) | 0, delta.asks);
    if (at < 0 || END(view, limitEnd(bytes, view, at)) !== end) return false;
    delta.firstSequence = first;
    delta.sequence = last;
    delta.venueAt = micros(time * 1_000);
    return true;
  }

  #levels({ bytes, view, end }: FrameText, from: number, out: DeltaScratch["bids"]): number {
    const { instrument } = this.slot!;
    if (bytes[from + 1] === OPEN_OBJECT) {
      return scanObjectLevels(bytes, view, from, instrument, out);
    }
    return scanLevels(bytes, from, end, instrument.priceGrid, instrument.sizeGrid, out);
  }

  #readTouch(frame: FrameText, from: number, receivedAt: Micros): boolean {
    const { bytes, view, end } = frame;
    let at = this.#result(view, from, false);
    if (at < 0) return false;
    const time = digitsAt(view, at, MILLIS_DIGITS);
    if (time <= 0 || (at = LAST(view, (at + MILLIS_DIGITS) | 0)) < 0) return false;
    const digits = digitCount(bytes, at, this.#idDigits);
    this.#idDigits = digits;
    const sequence = digitsAt(view, at, digits);
    if (sequence < 0 || (at = SYMBOL(view, (at + digits) | 0)) < 0) return false;
    if ((at = this.#symbol(bytes, at, end, false)) < 0 || (at = BID(view, at)) < 0) return false;
    const { priceGrid, sizeGrid, index } = this.slot!.instrument;
    const bid = stepsAt(bytes, at, priceGrid);
    if (bid <= 0 || (at = BID_SIZE(view, stepsEnd[0]!)) < 0) return false;
    const bidSize = stepsAt(bytes, at, sizeGrid);
    if (bidSize < 0 || (at = ASK(view, stepsEnd[0]!)) < 0) return false;
    const ask = stepsAt(bytes, at, priceGrid);
    if (ask <= 0 || (at = ASK_SIZE(view, stepsEnd[0]!)) < 0) return false;
    const askSize = stepsAt(bytes, at, sizeGrid);
    if (askSize < 0 || TEXT_END(view, stepsEnd[0]!) !== end) return false;
    const touch = this.#touch.begin(index, receivedAt);
    touch.venueAt = micros(time * 1_000);
    touch.sequence = sequence;
    touch.bid = bid as Price;
    touch.bidSize = bidSize as Size;
    touch.ask = ask as Price;
    touch.askSize = askSize as Size;
    return true;
  }

  #readTrades(frame: FrameText, from: number): boolean {
    const { view, end } = frame;
    let at = this.#result(view, from, true);
    while (at > 0) {
      if ((at = this.#trade(frame, at)) < 0) return false;
      if (TRADES_END(view, at) === end) return true;
      at = NEXT_TRADE(view, at);
    }
    return false;
  }

  /** One trade from behind its brace to behind its end; or -1. */
  #trade({ bytes, view, end }: FrameText, from: number): number {
    let id = ID_SIZE(view, from);
    let amount = -1;
    if (id < 0) {
      if ((amount = SIZE_ID(view, from)) < 0) return -1;
      const digits = amountEnd(bytes, amount);
      if ((id = ID_BEHIND(view, digits)) < 0) return -1;
    }
    const digits = digitCount(bytes, id, this.#idDigits);
    this.#idDigits = digits;
    if (digitsAt(view, id, digits) < 0) return -1;
    let at = (id + digits) | 0;
    if (amount < 0) {
      if ((amount = SIZE_BEHIND(view, at)) < 0) return -1;
      at = amountEnd(bytes, amount);
    }
    if ((at = CREATED(view, at)) < 0 || digitsAt(view, at, SECONDS_DIGITS) <= 0) return -1;
    if ((at = CREATED_MS(view, (at + SECONDS_DIGITS) | 0)) < 0) return -1;
    const time = digitsAt(view, at, MILLIS_DIGITS);
    if (time <= 0 || (at = PRICE(view, (at + MILLIS_DIGITS) | 0)) < 0) return -1;
    const priceAt = at;
    while ((bytes[at]! ^ ZERO) <= 9 || bytes[at] === POINT) at = (at + 1) | 0;
    const priceEnd = at;
    if ((at = CONTRACT(view, at)) < 0 || (at = this.#symbol(bytes, at, end, false)) < 0) return -1;
    const { priceGrid, sizeGrid } = this.slot!.instrument;
    const price = stepsAt(bytes, priceAt, priceGrid);
    if (price <= 0 || stepsEnd[0] !== priceEnd) return -1;
    const isSell = bytes[amount] === MINUS;
    const size = stepsAt(bytes, isSell ? amount + 1 : amount, sizeGrid);
    if (size <= 0 || stepsEnd[0] !== amountEnd(bytes, amount)) return -1;
    this.#trades.add(this.slot!, isSell, price, size, time * 1_000, id, id + digits);
    const internal = NOT_INTERNAL(view, at);
    return internal < 0 ? TRADE_END(view, at) : internal;
  }

  /** A known symbol, for `obu` with its number of levels; its closing quote, or -1. */
  #symbol(bytes: Uint8Array, from: number, end: number, isObu: boolean): number {
    const last = this.slot;
    const table = this.#tables[this.#product];
    const behind = last === undefined ? -1 : textAt(bytes, from, last.bytes);
    const isLast = behind > 0 && last!.instrument.terms.product === this.#product;
    if (isLast && !isObu && bytes[behind] === QUOTE) return behind;
    const quote = quoteAt(bytes, isLast ? behind : from, end);
    if (quote < 0) return -1;
    let nameEnd = quote;
    if (isObu) {
      while (nameEnd > from && bytes[nameEnd] !== POINT) nameEnd--;
      if (isLast && nameEnd === behind) return quote;
    }
    const found = table.find(bytes, from, nameEnd);
    if (found === undefined) return -1;
    this.slot = found;
    return quote;
  }
}

/** Behind `,"l":"100"` where that stands, else `from`. */
function limitEnd(bytes: Uint8Array, view: DataView, from: number): number {
  let at = LIMIT(view, from);
  if (at < 0) return from;
  while ((bytes[at]! ^ ZERO) <= 9) at = (at + 1) | 0;
  return bytes[at] === QUOTE ? (at + 1) | 0 : from;
}

/** Behind a bare whole number of either sign. */
function amountEnd(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === MINUS ? (from + 1) | 0 : from;
  while ((bytes[at]! ^ ZERO) <= 9) at = (at + 1) | 0;
  return at;
}
