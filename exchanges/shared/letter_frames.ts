/**
 * Depth, best bid and ask, and trades of the venues whose fields are single letters, written as
 * they mostly are.
 *
 *   {"e":"depthUpdate","E":1571889248277,"T":1571889248276,"s":"BTCUSDT","U":1,"u":2,"pu":0,
 *    "b":[["7403.89","0.002"]],"a":[]}
 *   {"e":"bookTicker","u":1,"E":2,"T":1,"s":"BNBUSDT","b":"25.3","B":"31.2","a":"25.4","A":"40.6"}
 *   {"e":"aggTrade","E":2,"s":"BTCUSDT","a":5,"p":"0.1","q":"10","f":1,"l":2,"T":1,"m":true}
 *
 * 1. `unread` leaves the whole frame to the caller's general reader; nothing of the scratch events
 *    may be used then.
 * 2. A frame with `pu` or with `T` before its symbol is of a perpetual; another goes the general
 *    way, which knows what spot and perpetuals share.
 * @module
 */
import type { Instrument, Micros, Price, Size } from "@/engine/domain/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import {
  digitCount,
  digitsAt,
  FrameText,
  literal,
  quoteAt,
  stepsAt,
  stepsEnd,
  textAt,
} from "./frame_text.ts";
import { scanLevels } from "./level_scanner.ts";
import type { BestBidAskScratch, DeltaScratch, TradeScratch } from "./market_scratch.ts";

const DEPTH = literal('{"e":"depthUpdate","E":');
const TICKER = literal('{"e":"bookTicker","u":');
const TRADE = literal('{"e":"aggTrade","E":');
const EVENT_TIME = literal(',"E":');
const TIME = literal(',"T":');
const SYMBOL = literal(',"s":"');
const FIRST = literal('","U":');
const LAST = literal(',"u":');
const PREVIOUS = literal(',"pu":');
const BIDS = literal(',"b":');
const ASKS = literal(',"a":');
const BID = literal('","b":"');
const BID_SIZE = literal('","B":"');
const ASK = literal('","a":"');
const ASK_SIZE = literal('","A":"');
const TEXT_END = literal('"}');
const TRADE_ID = literal('","a":');
const PRICE = literal(',"p":"');
const SIZE = literal('","q":"');
const FIRST_FILL = literal('","f":');
const LAST_FILL = literal(',"l":');
const IS_SOLD = literal(',"m":true}');
const IS_BOUGHT = literal(',"m":false}');
const CLOSE = 125;
/** Where the names of the three events differ first. */
const NAME_AT = 6;
const LETTER_a = 97, LETTER_b = 98, LETTER_d = 100;
const MILLIS_DIGITS = 13;
const NO_BYTES = new Uint8Array(0);

/** The perpetual that a venue calls `bytes[start..end)`. */
export type FindPerpetual = (
  bytes: Uint8Array,
  start: number,
  end: number,
) => Instrument | undefined;

/** What a frame turned out to be. */
export type LetterKind = "delta" | "touch" | "trade" | "unread";

/** Reads frames into scratch events. */
export class LetterFrames {
  readonly #find: FindPerpetual;
  readonly #delta: DeltaScratch;
  readonly #touch: BestBidAskScratch;
  readonly #trade: TradeScratch;
  readonly #frame = new FrameText();
  /** Instrument of the frame before, and its name: very often the next one's too. */
  #instrument: Instrument | undefined = undefined;
  #name: Uint8Array = NO_BYTES;
  /** How many digits ids had last. */
  #idDigits = 1;
  #fillDigits = 1;

  constructor(
    find: FindPerpetual,
    delta: DeltaScratch,
    touch: BestBidAskScratch,
    trade: TradeScratch,
  ) {
    this.#find = find;
    this.#delta = delta;
    this.#touch = touch;
    this.#trade = trade;
  }

  /** Instruments have changed: the one of the frame before is looked up again. */
  forget(): void {
    this.#name = NO_BYTES;
  }

  /** Reads a frame into the scratch event of its kind. */
  read(bytes: Uint8Array, start: number, end: number, at: Micros): LetterKind {
    if (end - start < 64) return "unread";
    switch (bytes[start + NAME_AT]) {
      case LETTER_d:
        return this.#readDepth(this.#frame.take(bytes, start, end), at) ? "delta" : "unread";
      case LETTER_b:
        return this.#readTouch(this.#frame.take(bytes, start, end), at) ? "touch" : "unread";
      case LETTER_a:
        return this.#readTrade(this.#frame.take(bytes, start, end), at) ? "trade" : "unread";
      default:
        return "unread";
    }
  }

  #readDepth(frame: FrameText, receivedAt: Micros): boolean {
    const { bytes, view, end } = frame;
    let at = DEPTH(view, frame.start);
    if (at < 0) return false;
    at = TIME(view, (at + MILLIS_DIGITS) | 0);
    if (at < 0) return false;
    const time = digitsAt(view, at, MILLIS_DIGITS);
    at = SYMBOL(view, (at + MILLIS_DIGITS) | 0);
    const isEventTimed = digitsAt(view, frame.start + 23, MILLIS_DIGITS) > 0;
    if (at < 0 || time <= 0 || !isEventTimed) return false;
    if ((at = this.#symbol(bytes, at, end)) < 0 || (at = FIRST(view, at)) < 0) return false;
    let digits = digitCount(bytes, at, this.#idDigits);
    const first = digitsAt(view, at, digits);
    this.#idDigits = digits;
    if ((at = LAST(view, (at + digits) | 0)) < 0) return false;
    digits = digitCount(bytes, at, digits);
    const last = digitsAt(view, at, digits);
    if ((at = PREVIOUS(view, (at + digits) | 0)) < 0) return false;
    digits = digitCount(bytes, at, digits);
    const previous = digitsAt(view, at, digits);
    if (first < 0 || last < first || previous < 0) return false;
    if ((at = BIDS(view, (at + digits) | 0)) < 0) return false;
    const { priceGrid, sizeGrid, index } = this.#instrument!;
    const delta = this.#delta.begin(index, receivedAt);
    at = scanLevels(bytes, at, end, priceGrid, sizeGrid, delta.bids, true);
    if (at < 0 || (at = ASKS(view, at)) < 0) return false;
    at = scanLevels(bytes, at, end, priceGrid, sizeGrid, delta.asks, true);
    if (at !== end - 1 || bytes[at] !== CLOSE) return false;
    delta.firstSequence = first;
    delta.sequence = last;
    delta.previousSequence = previous;
    delta.venueAt = micros(time * 1_000);
    return true;
  }

  #readTouch(frame: FrameText, receivedAt: Micros): boolean {
    const { bytes, view, end } = frame;
    let at = TICKER(view, frame.start);
    if (at < 0) return false;
    const digits = digitCount(bytes, at, this.#idDigits);
    const sequence = digitsAt(view, at, digits);
    this.#idDigits = digits;
    const eventAt = EVENT_TIME(view, (at + digits) | 0);
    if (sequence < 0 || eventAt < 0) return false;
    if ((at = TIME(view, (eventAt + MILLIS_DIGITS) | 0)) < 0) return false;
    const time = digitsAt(view, at, MILLIS_DIGITS);
    if (time <= 0 || digitsAt(view, eventAt, MILLIS_DIGITS) <= 0) return false;
    if ((at = SYMBOL(view, (at + MILLIS_DIGITS) | 0)) < 0) return false;
    if ((at = this.#symbol(bytes, at, end)) < 0 || (at = BID(view, at)) < 0) return false;
    const { priceGrid, sizeGrid, index } = this.#instrument!;
    const bid = stepsAt(bytes, at, priceGrid);
    if (bid < 0 || (at = BID_SIZE(view, stepsEnd[0]!)) < 0) return false;
    const bidSize = stepsAt(bytes, at, sizeGrid);
    if (bidSize < 0 || (at = ASK(view, stepsEnd[0]!)) < 0) return false;
    const ask = stepsAt(bytes, at, priceGrid);
    if (ask < 0 || (at = ASK_SIZE(view, stepsEnd[0]!)) < 0) return false;
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

  #readTrade(frame: FrameText, receivedAt: Micros): boolean {
    const { bytes, view, end } = frame;
    const eventAt = TRADE(view, frame.start);
    if (eventAt < 0) return false;
    let at = SYMBOL(view, (eventAt + MILLIS_DIGITS) | 0);
    if (at < 0 || digitsAt(view, eventAt, MILLIS_DIGITS) <= 0) return false;
    if ((at = this.#symbol(bytes, at, end)) < 0 || (at = TRADE_ID(view, at)) < 0) return false;
    const idStart = at;
    const idEnd = (at + digitCount(bytes, at, this.#idDigits)) | 0;
    this.#idDigits = idEnd - idStart;
    if (digitsAt(view, idStart, idEnd - idStart) < 0) return false;
    if ((at = PRICE(view, idEnd)) < 0) return false;
    const { priceGrid, sizeGrid, index } = this.#instrument!;
    const price = stepsAt(bytes, at, priceGrid);
    if (price <= 0 || (at = SIZE(view, stepsEnd[0]!)) < 0) return false;
    const size = stepsAt(bytes, at, sizeGrid);
    if (size <= 0 || (at = FIRST_FILL(view, stepsEnd[0]!)) < 0) return false;
    let digits = digitCount(bytes, at, this.#fillDigits);
    this.#fillDigits = digits;
    const firstFill = digitsAt(view, at, digits);
    if (firstFill < 0 || (at = LAST_FILL(view, (at + digits) | 0)) < 0) return false;
    digits = digitCount(bytes, at, digits);
    const lastFill = digitsAt(view, at, digits);
    if (lastFill < 0 || (at = TIME(view, (at + digits) | 0)) < 0) return false;
    const time = digitsAt(view, at, MILLIS_DIGITS);
    at = (at + MILLIS_DIGITS) | 0;
    const isSold = IS_SOLD(view, at) === end;
    if (time <= 0 || (!isSold && IS_BOUGHT(view, at) !== end)) return false;
    const trade = this.#trade.begin(index, receivedAt);
    trade.venueAt = micros(time * 1_000);
    trade.price = price as Price;
    trade.size = size as Size;
    trade.aggressor = isSold ? "sell" : "buy";
    trade.setTradeIdSpan(bytes, idStart, idEnd);
    return true;
  }

  /** Reads a symbol; where its closing quote stands, or -1. */
  #symbol(bytes: Uint8Array, at: number, end: number): number {
    const known = textAt(bytes, at, this.#name);
    if (known > at && bytes[known] === 0x22) return known;
    const quote = quoteAt(bytes, at, end);
    const found = quote < 0 ? undefined : this.#find(bytes, at, quote);
    if (found === undefined) return -1;
    this.#instrument = found;
    this.#name = bytes.slice(at, quote);
    return quote;
  }
}
