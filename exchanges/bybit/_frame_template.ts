/**
 * Depth, touch and trade frames exactly as the venue writes them today: known bytes are compared,
 * numbers are read, nothing is searched. About three times as fast as looking for keys.
 *
 * 1. Any other byte, key, order or space answers false: then the key scanner reads the frame, and
 *    after it `JSON.parse`.
 * 2. Nothing here throws or allocates; reading may run behind the end of the frame, which the last
 *    comparison notices.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import { keyBytes, scanLevels, scanTicks } from "@/exchanges/shared/mod.ts";
import type { MarketScratch } from "./_market_scratch.ts";
import type { Topic } from "./_topics.ts";

const ZERO = 48;
const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const LIST_OPEN = 91;
const LIST_CLOSE = 93;
const LETTER_s = 115;
const LETTER_B = 66;
const LETTER_L = 76;
const MILLIS_DIGITS_MAX = 15;

const AFTER_TOPIC = keyBytes('","type":"');
const SNAPSHOT = keyBytes('snapshot","ts":');
const DELTA = keyBytes('delta","ts":');
const DATA = keyBytes(',"data":{"s":"');
const BIDS = keyBytes('","b":');
const ASKS = keyBytes(',"a":');
const UPDATE = keyBytes(',"u":');
const SEQUENCE = keyBytes(',"seq":');
const ENGINE = keyBytes('},"cts":');
const TRADES = keyBytes(',"data":[');
const TIME = keyBytes('{"T":');
const SYMBOL = keyBytes(',"s":"');
const SIDE = keyBytes('","S":"');
const BUY = keyBytes("Buy");
const SELL = keyBytes("Sell");
const SIZE = keyBytes('","v":"');
const PRICE = keyBytes('","p":"');
const TICK_DIRECTION = keyBytes('","L":"');
const ID = keyBytes('","i":"');
const NO_BLOCK = keyBytes('","BT":false');
const NO_RPI = keyBytes(',"RPI":false');
const END = keyBytes("}");

/** Reads frames of the usual form. */
export class FrameTemplate {
  isSnapshot = false;
  gatewayMs = 0;
  engineMs = 0;
  sequence = 0;
  /** Behind the number or text read last; -1 when it was none. */
  #next = 0;

  /** Reads a depth frame from behind its topic into the scratch's levels. */
  readDepth(
    bytes: Uint8Array,
    from: number,
    end: number,
    topic: Topic,
    instrument: Instrument,
    scratch: MarketScratch,
  ): boolean {
    let at = this.#head(bytes, from);
    at = match(bytes, at, DATA);
    at = match(bytes, at, topic.symbol);
    at = match(bytes, at, BIDS);
    if (at < 0 || bytes[at] !== LIST_OPEN) return false;
    const { priceGrid, sizeGrid } = instrument;
    scratch.clearLevels();
    at = match(bytes, scanLevels(bytes, at, end, priceGrid, sizeGrid, scratch.bids), ASKS);
    if (at < 0 || bytes[at] !== LIST_OPEN) return false;
    at = match(bytes, scanLevels(bytes, at, end, priceGrid, sizeGrid, scratch.asks), UPDATE);
    if (at < 0) return false;
    this.sequence = this.#digits(bytes, at);
    at = match(bytes, this.#next, SEQUENCE);
    if (at < 0) return false;
    this.#digits(bytes, at);
    at = match(bytes, this.#next, ENGINE);
    if (at < 0) return false;
    this.engineMs = this.#digits(bytes, at);
    return match(bytes, this.#next, END) === end && this.sequence > 0;
  }

  /** Reads a trade frame from behind its topic into the scratch's columns. */
  readTrades(
    bytes: Uint8Array,
    from: number,
    end: number,
    topic: Topic,
    instrument: Instrument,
    scratch: MarketScratch,
  ): boolean {
    const columns = scratch.trades;
    columns.count = 0;
    let at = match(bytes, this.#head(bytes, from), TRADES);
    while (at > 0 && at < end && !columns.isFull) {
      at = this.#trade(bytes, at, topic, instrument, scratch);
      if (at < 0) return false;
      const next = bytes[at];
      at++;
      if (next === LIST_CLOSE) return match(bytes, at, END) === end;
      if (next !== COMMA) return false;
    }
    return false;
  }

  /** Reads type and time; behind them, or -1. */
  #head(bytes: Uint8Array, from: number): number {
    const at = match(bytes, from, AFTER_TOPIC);
    if (at < 0) return -1;
    this.isSnapshot = bytes[at] === LETTER_s;
    const behind = match(bytes, at, this.isSnapshot ? SNAPSHOT : DELTA);
    if (behind < 0) return -1;
    this.gatewayMs = this.#digits(bytes, behind);
    return this.#next;
  }

  /** Reads one trade; behind it, or -1. Trades of no size or price go the other way. */
  #trade(
    bytes: Uint8Array,
    from: number,
    topic: Topic,
    instrument: Instrument,
    scratch: MarketScratch,
  ): number {
    const columns = scratch.trades;
    const slot = columns.count;
    let at = match(bytes, from, TIME);
    if (at < 0) return -1;
    columns.millis[slot] = this.#digits(bytes, at);
    at = match(bytes, this.#next, SYMBOL);
    at = match(bytes, at, topic.symbol);
    at = match(bytes, at, SIDE);
    if (at < 0) return -1;
    const isBuy = bytes[at] === LETTER_B;
    columns.isSell[slot] = isBuy ? 0 : 1;
    at = match(bytes, match(bytes, at, isBuy ? BUY : SELL), SIZE);
    let quote = endOfText(bytes, at);
    if (quote < 0) return -1;
    const size = scanTicks(bytes, at, quote, instrument.sizeGrid);
    at = match(bytes, quote, PRICE);
    quote = endOfText(bytes, at);
    if (quote < 0) return -1;
    const price = scanTicks(bytes, at, quote, instrument.priceGrid);
    if (!(size > 0) || !(price > 0)) return -1;
    if (bytes[quote + 3] === LETTER_L) {
      quote = endOfText(bytes, match(bytes, quote, TICK_DIRECTION));
    }
    at = match(bytes, quote, ID);
    quote = endOfText(bytes, at);
    if (quote <= at) return -1;
    columns.idStarts[slot] = at;
    columns.idEnds[slot] = quote;
    columns.sizes[slot] = size;
    columns.prices[slot] = price;
    at = this.#tradeEnd(bytes, match(bytes, quote, NO_BLOCK));
    if (at > 0) columns.count = slot + 1;
    return at;
  }

  /** What newer frames add behind a trade. */
  #tradeEnd(bytes: Uint8Array, from: number): number {
    if (from < 0) return -1;
    const withRpi = match(bytes, from, NO_RPI);
    let at = withRpi < 0 ? from : withRpi;
    const withSequence = match(bytes, at, SEQUENCE);
    if (withSequence > 0) {
      this.#digits(bytes, withSequence);
      at = this.#next;
    }
    return match(bytes, at, END);
  }

  /** A whole number of at most fifteen digits; `#next` is behind it. */
  #digits(bytes: Uint8Array, from: number): number {
    let at = from;
    let value = 0;
    let digit = 0;
    while ((digit = bytes[at]! ^ ZERO) <= 9) {
      value = value * 10 + digit;
      at++;
    }
    const count = at - from;
    const isLeadingZero = count > 1 && bytes[from] === ZERO;
    this.#next = count === 0 || count > MILLIS_DIGITS_MAX || isLeadingZero ? -1 : at;
    return value;
  }
}

/** The place behind `wanted`, when it stands at `at`; -1 when not, or when `at` is -1 already. */
export function match(bytes: Uint8Array, at: number, wanted: Uint8Array): number {
  if (at < 0) return -1;
  for (let index = 0; index < wanted.length; index++) {
    if (bytes[at + index] !== wanted[index]) return -1;
  }
  return at + wanted.length;
}

/** The closing quote of the text that begins at `from`; -1 when there is none, or an escape. */
function endOfText(bytes: Uint8Array, from: number): number {
  if (from < 0) return -1;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH || byte < 32) return -1;
  }
  return -1;
}
