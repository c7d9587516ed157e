/**
 * Depth, touch and trade frames exactly as the venue writes them today: known bytes are compared,
 * numbers are read, nothing is searched.
 *
 * 1. Any other byte, key, order or space answers false: then the key scanner reads the frame, and
 *    after it `JSON.parse`.
 * 2. Nothing here throws or allocates; reading may run behind the end of the frame, which the last
 *    comparison notices.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import {
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
import type { MarketScratch } from "./_market_scratch.ts";
import type { Topic } from "./_topics.ts";

const COMMA = 44;
const LIST_CLOSE = 93;
const LETTER_L = 76;
const MILLIS_DIGITS = 13;

const AFTER_TOPIC = literal('{"topic":"');
const SNAPSHOT = literal('","type":"snapshot","ts":');
const DELTA = literal('","type":"delta","ts":');
const DATA = literal(',"data":{"s":"');
const BIDS = literal('","b":');
const ASKS = literal(',"a":');
const UPDATE = literal(',"u":');
const SEQUENCE = literal(',"seq":');
const ENGINE = literal('},"cts":');
const TRADES = literal(',"data":[');
const TIME = literal('{"T":');
const SYMBOL = literal(',"s":"');
const BUY = literal('","S":"Buy","v":"');
const SELL = literal('","S":"Sell","v":"');
const PRICE = literal('","p":"');
const TICK_DIRECTION = literal('","L":"');
const ID = literal('","i":"');
const NO_BLOCK = literal('","BT":false');
const NO_RPI = literal(',"RPI":false');
const END = literal("}");

/** Reads frames of the usual form. */
export class FrameTemplate {
  isSnapshot = false;
  gatewayMs = 0;
  engineMs = 0;
  sequence = 0;
  /** Digits that numbers had last. */
  #updateDigits = 1;
  #sequenceDigits = 1;

  /** Where a topic begins in the frame; -1 when it is no frame of a topic. */
  topicAt({ view, start }: FrameText): number {
    return AFTER_TOPIC(view, start);
  }

  /** Reads a depth frame from behind its topic into the scratch's levels. */
  readDepth(
    { bytes, view, end }: FrameText,
    from: number,
    topic: Topic,
    { priceGrid, sizeGrid }: Instrument,
    scratch: MarketScratch,
  ): boolean {
    let at = this.#head(view, from);
    if (at < 0 || (at = DATA(view, at)) < 0) return false;
    if ((at = textAt(bytes, at, topic.symbol)) < 0 || (at = BIDS(view, at)) < 0) return false;
    scratch.clearLevels();
    at = scanLevels(bytes, at, end, priceGrid, sizeGrid, scratch.bids);
    if (at < 0 || (at = ASKS(view, at)) < 0) return false;
    at = scanLevels(bytes, at, end, priceGrid, sizeGrid, scratch.asks);
    if (at < 0 || (at = UPDATE(view, at)) < 0) return false;
    let digits = digitCount(bytes, at, this.#updateDigits);
    this.#updateDigits = digits;
    this.sequence = digitsAt(view, at, digits);
    if ((at = SEQUENCE(view, (at + digits) | 0)) < 0) return false;
    digits = digitCount(bytes, at, this.#sequenceDigits);
    this.#sequenceDigits = digits;
    if (digitsAt(view, at, digits) < 0) return false;
    if ((at = ENGINE(view, (at + digits) | 0)) < 0) return false;
    this.engineMs = digitsAt(view, at, MILLIS_DIGITS);
    return END(view, (at + MILLIS_DIGITS) | 0) === end && this.engineMs > 0 && this.sequence > 0;
  }

  /** Reads a trade frame from behind its topic into the scratch's columns. */
  readTrades(
    frame: FrameText,
    from: number,
    topic: Topic,
    instrument: Instrument,
    scratch: MarketScratch,
  ): boolean {
    const { bytes, view, end } = frame;
    const columns = scratch.trades;
    columns.count = 0;
    let at = this.#head(view, from);
    if (at < 0) return false;
    at = TRADES(view, at);
    while (at > 0 && at < end && !columns.isFull) {
      at = this.#trade(frame, at, topic, instrument, scratch);
      if (at < 0) return false;
      const next = bytes[at];
      at++;
      if (next === LIST_CLOSE) return END(view, at) === end;
      if (next !== COMMA) return false;
    }
    return false;
  }

  /** Reads type and time; behind them, or -1. */
  #head(view: DataView, from: number): number {
    let at = DELTA(view, from);
    this.isSnapshot = at < 0;
    if (at < 0) at = SNAPSHOT(view, from);
    if (at < 0) return -1;
    this.gatewayMs = digitsAt(view, at, MILLIS_DIGITS);
    return this.gatewayMs > 0 ? (at + MILLIS_DIGITS) | 0 : -1;
  }

  /** Reads one trade; behind it, or -1. Trades of no size or price go the other way. */
  #trade(
    { bytes, view, end }: FrameText,
    from: number,
    topic: Topic,
    { priceGrid, sizeGrid }: Instrument,
    scratch: MarketScratch,
  ): number {
    const columns = scratch.trades;
    const slot = columns.count;
    let at = TIME(view, from);
    if (at < 0) return -1;
    const time = digitsAt(view, at, MILLIS_DIGITS);
    at = SYMBOL(view, (at + MILLIS_DIGITS) | 0);
    if (time < 0 || at < 0 || (at = textAt(bytes, at, topic.symbol)) < 0) return -1;
    let behind = BUY(view, at);
    const isBuy = behind > 0;
    if (!isBuy && (behind = SELL(view, at)) < 0) return -1;
    const size = stepsAt(bytes, behind, sizeGrid);
    if (size <= 0 || (at = PRICE(view, stepsEnd[0]!)) < 0) return -1;
    const price = stepsAt(bytes, at, priceGrid);
    if (price <= 0) return -1;
    at = stepsEnd[0]!;
    if (bytes[at + 3] === LETTER_L) {
      if ((at = TICK_DIRECTION(view, at)) < 0 || (at = quoteAt(bytes, at, end)) < 0) return -1;
    }
    if ((at = ID(view, at)) < 0) return -1;
    const quote = quoteAt(bytes, at, end);
    if (quote <= at) return -1;
    columns.millis[slot] = time;
    columns.isSell[slot] = isBuy ? 0 : 1;
    columns.idStarts[slot] = at;
    columns.idEnds[slot] = quote;
    columns.sizes[slot] = size;
    columns.prices[slot] = price;
    at = this.#tradeEnd(bytes, view, NO_BLOCK(view, quote));
    if (at > 0) columns.count = slot + 1;
    return at;
  }

  /** What newer frames add behind a trade. */
  #tradeEnd(bytes: Uint8Array, view: DataView, from: number): number {
    if (from < 0) return -1;
    const withRpi = NO_RPI(view, from);
    let at = withRpi < 0 ? from : withRpi;
    const withSequence = SEQUENCE(view, at);
    if (withSequence > 0) {
      const digits = digitCount(bytes, withSequence, this.#sequenceDigits);
      this.#sequenceDigits = digits;
      if (digitsAt(view, withSequence, digits) < 0) return -1;
      at = (withSequence + digits) | 0;
    }
    return END(view, at);
  }
}
