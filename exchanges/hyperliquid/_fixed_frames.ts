/**
 * Books, touches and trades exactly as the venue writes them today: known bytes are compared,
 * numbers are read, nothing is searched.
 *
 *   {"channel":"l2Book","data":{"coin":"BTC","time":1790232236610,"levels":[[{"px":…}],[…]]}}
 *   {"channel":"bbo","data":{"coin":"BTC","time":1790232236610,"bbo":[{"px":…},{"px":…}]}}
 *   {"channel":"trades","data":[{"coin":"BTC","side":"A","px":…,"time":…,"hash":…,"tid":…},…]}
 *
 * 1. `unread` leaves the whole frame to the general reader; nothing that was read counts then.
 * 2. Nothing here throws or allocates. All of a frame is read before any of it may be used.
 * @module
 */
import type { Micros, Price, Size } from "@/engine/domain/mod.ts";
import {
  type BestBidAskScratch,
  digitCount,
  digitsAt,
  type FrameText,
  literal,
  quoteAt,
  type SnapshotScratch,
  stepsAt,
  stepsEnd,
  textAt,
} from "@/exchanges/shared/mod.ts";
import type { CoinTable, Slot } from "./_frame_scanner.ts";
import { scanObjectLevels } from "./_object_levels.ts";
import type { TradeColumns } from "./_trade_columns.ts";

const BOOK = literal('{"channel":"l2Book","data":{"coin":"');
const TOUCH = literal('{"channel":"bbo","data":{"coin":"');
const TRADES = literal('{"channel":"trades","data":[{"coin":"');
const NEXT_TRADE = literal('},{"coin":"');
const TIME = literal('","time":');
const LEVELS = literal(',"levels":[');
const SIDES = literal(',"bbo":[');
const PRICE = literal('{"px":"');
const SIZE = literal('","sz":"');
const ORDERS = literal('","n":');
const END = literal("]}}");
const FAST_END = literal('],"fast":true}}');
const SOLD = literal('","side":"A","px":"');
const BOUGHT = literal('","side":"B","px":"');
const HASH = literal(',"hash":"0x');
const TRADE_ID = literal('","tid":');
const USERS = literal(',"users":["0x');
const USER = literal('","0x');
const USERS_END = literal('"]');
const TRADES_END = literal("}]}");
/** Where the three channels' names differ first. */
const CHANNEL_AT = 12;
const LETTER_l = 108, LETTER_b = 98, LETTER_t = 116;
const ZERO = 48, QUOTE = 34, COMMA = 44, CLOSE_LIST = 93, CLOSE = 125;
const MILLIS_DIGITS = 13;
const HASH_DIGITS = 64;
const USER_DIGITS = 40;

/** What a frame turned out to be. */
export type FixedKind = "book" | "touch" | "trades" | "unread";

/** Reads frames into scratch events. */
export class FixedFrames {
  /** Coin and block time of the book or touch read last. */
  slot: Slot | undefined = undefined;
  time = 0;
  readonly #table: CoinTable;
  readonly #snapshot: SnapshotScratch;
  readonly #touch: BestBidAskScratch;
  readonly #trades: TradeColumns;
  #idDigits = 1;

  constructor(
    table: CoinTable,
    snapshot: SnapshotScratch,
    touch: BestBidAskScratch,
    trades: TradeColumns,
  ) {
    this.#table = table;
    this.#snapshot = snapshot;
    this.#touch = touch;
    this.#trades = trades;
  }

  /** Reads a frame into the scratch of its kind. */
  read(frame: FrameText, at: Micros): FixedKind {
    if (frame.end - frame.start < 64) return "unread";
    switch (frame.bytes[frame.start + CHANNEL_AT]) {
      case LETTER_l:
        return this.#readBook(frame, at) ? "book" : "unread";
      case LETTER_b:
        return this.#readTouch(frame, at) ? "touch" : "unread";
      case LETTER_t:
        return this.#readTrades(frame) ? "trades" : "unread";
      default:
        return "unread";
    }
  }

  #readBook({ bytes, view, start, end }: FrameText, receivedAt: Micros): boolean {
    let at = this.#head(bytes, view, BOOK(view, start), end);
    if (at < 0 || (at = LEVELS(view, at)) < 0) return false;
    const slot = this.slot!;
    const { bids, asks } = this.#snapshot.begin(slot.instrument.index, receivedAt);
    at = scanObjectLevels(bytes, view, at, slot.instrument, bids);
    if (at < 0 || bytes[at] !== COMMA) return false;
    at = scanObjectLevels(bytes, view, (at + 1) | 0, slot.instrument, asks);
    return at > 0 && (END(view, at) === end || FAST_END(view, at) === end);
  }

  #readTouch({ bytes, view, start, end }: FrameText, receivedAt: Micros): boolean {
    let at = this.#head(bytes, view, TOUCH(view, start), end);
    if (at < 0 || (at = SIDES(view, at)) < 0) return false;
    const { instrument } = this.slot!;
    const { priceGrid, sizeGrid } = instrument;
    const touch = this.#touch.begin(instrument.index, receivedAt);
    for (let side = 0; side < 2; side++) {
      if ((at = PRICE(view, at)) < 0) return false;
      const price = stepsAt(bytes, at, priceGrid);
      if (price <= 0 || (at = SIZE(view, stepsEnd[0]!)) < 0) return false;
      const size = stepsAt(bytes, at, sizeGrid);
      if (size < 0 || (at = ORDERS(view, stepsEnd[0]!)) < 0) return false;
      while ((bytes[at]! ^ ZERO) <= 9) at = (at + 1) | 0;
      if (bytes[at] !== CLOSE || bytes[at + 1] !== (side === 0 ? COMMA : CLOSE_LIST)) return false;
      at = (at + 2) | 0;
      if (side === 0) {
        touch.bid = price as Price;
        touch.bidSize = size as Size;
      } else {
        touch.ask = price as Price;
        touch.askSize = size as Size;
      }
    }
    return END(view, (at - 1) | 0) === end;
  }

  #readTrades(frame: FrameText): boolean {
    const { view, start, end } = frame;
    this.#trades.count = 0;
    let at = TRADES(view, start);
    while (at > 0) {
      if ((at = this.#trade(frame, at)) < 0) return false;
      if (TRADES_END(view, at) === end) return true;
      at = NEXT_TRADE(view, at);
    }
    return false;
  }

  /** One trade from its coin; before its closing brace, or -1. */
  #trade({ bytes, view, end }: FrameText, from: number): number {
    let at = this.#coin(bytes, from, end);
    if (at < 0) return -1;
    const { instrument } = this.slot!;
    let behind = SOLD(view, at);
    const isBuy = behind < 0;
    if (isBuy && (behind = BOUGHT(view, at)) < 0) return -1;
    const price = stepsAt(bytes, behind, instrument.priceGrid);
    if (price <= 0 || (at = SIZE(view, stepsEnd[0]!)) < 0) return -1;
    const size = stepsAt(bytes, at, instrument.sizeGrid);
    if (size <= 0 || (at = TIME(view, stepsEnd[0]!)) < 0) return -1;
    const time = digitsAt(view, at, MILLIS_DIGITS);
    if (time <= 0 || (at = HASH(view, (at + MILLIS_DIGITS) | 0)) < 0) return -1;
    if ((at = TRADE_ID(view, hexEnd(view, at, HASH_DIGITS))) < 0) return -1;
    const digits = digitCount(bytes, at, this.#idDigits);
    this.#idDigits = digits;
    if (digitsAt(view, at, digits) < 0) return -1;
    this.#trades.push(instrument.index, price, size, time, isBuy, at, at + digits);
    if ((at = USERS(view, (at + digits) | 0)) < 0) return -1;
    if ((at = USER(view, hexEnd(view, at, USER_DIGITS))) < 0) return -1;
    return USERS_END(view, hexEnd(view, at, USER_DIGITS));
  }

  /** Coin and time; behind them, or -1. */
  #head(bytes: Uint8Array, view: DataView, from: number, end: number): number {
    let at = from < 0 ? -1 : this.#coin(bytes, from, end);
    if (at < 0 || (at = TIME(view, at)) < 0) return -1;
    this.time = digitsAt(view, at, MILLIS_DIGITS);
    return this.time > 0 ? (at + MILLIS_DIGITS) | 0 : -1;
  }

  /** A known coin; where its closing quote stands, or -1. */
  #coin(bytes: Uint8Array, from: number, end: number): number {
    const { slot } = this;
    if (slot !== undefined) {
      const behind = textAt(bytes, from, slot.bytes);
      if (behind > 0 && bytes[behind] === QUOTE) return behind;
    }
    const quote = quoteAt(bytes, from, end);
    const found = quote < 0 ? undefined : this.#table.find(bytes, from, quote);
    if (found === undefined) return -1;
    this.slot = found;
    return quote;
  }
}

/**
 * Behind so many lower-case hexadecimal digits, a multiple of four; or where the first four stand
 * that are others. Of the bits 0x10 and 0x40 such a digit has one, of 0x80 and 0x20 the second.
 */
function hexEnd(view: DataView, from: number, size: number): number {
  const end = (from + size) | 0;
  for (let at = from | 0; at < end; at = (at + 4) | 0) {
    const four = view.getInt32(at, true);
    const isOne = (four ^ (four << 2)) & 0x40404040;
    if ((isOne | (four & 0xa0a0a0a0)) !== 0x60606060) return at;
  }
  return end;
}
