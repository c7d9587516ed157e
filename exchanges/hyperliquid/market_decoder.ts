/**
 * IN 2: bytes of Hyperliquid's public channels and of its `l2Book` answers to `MarketEvent`s.
 *
 *   frame -> channel name -> coin -> fields in place -> scratch event -> receiver
 *               |             |           |
 *               +-------------+-----------+--> anything unexpected: JSON.parse, counted
 *
 * 1. Books, touches and trades become ticks and lots without an object per message.
 * 2. Nothing of a frame is delivered before all of it is understood, trades of one frame included.
 * 3. Keys may come in any order as long as the coin stands before the levels; unknown keys are
 *    stepped over. Everything else goes the slow way, which decodes or refuses it.
 * 4. There are no sequences: a book or touch of an older block than the newest seen of its coin
 *    and channel is ignored (`forgetTimes` begins anew).
 *
 * Source: venue documentation "Subscriptions", read 2026-09.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros, Price, Size } from "@/engine/domain/mod.ts";
import type { DecodeOutcome, EventReceiver, MarketDecoder } from "@/engine/ports/mod.ts";
import {
  BestBidAskScratch,
  FrameText,
  scanTicks,
  SnapshotScratch,
  TradeScratch,
} from "@/exchanges/shared/mod.ts";
import { FixedFrames } from "./_fixed_frames.ts";
import {
  CoinTable,
  FrameScanner,
  isAt,
  KEY_LEVELS,
  keyOf,
  type Slot,
  UNREAD,
} from "./_frame_scanner.ts";
import { instantOf, MILLIS_MAX, parseJson, textOf } from "./_json.ts";
import {
  decodeBookAnswer,
  decodeTree,
  isStale,
  type MarketScratch,
  type TreeFrame,
  type TreeResult,
} from "./_market_tree.ts";
import { TradeColumns } from "./_trade_columns.ts";

const QUOTE = 34;
const COMMA = 44;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const LETTER_n = 110;
const SIDE_BUY = 66, SIDE_SELL = 65;
const encoder = new TextEncoder();
const BOOK_PREFIX = encoder.encode('{"channel":"l2Book","data":');
const TOUCH_PREFIX = encoder.encode('{"channel":"bbo","data":');
const TRADES_PREFIX = encoder.encode('{"channel":"trades","data":[');
const PONG = encoder.encode('{"channel":"pong"');
const NULL = encoder.encode("null");
const KEY_COIN = keyOf("coin"), KEY_TIME = keyOf("time"), KEY_BBO = keyOf("bbo");
const KEY_SIDE = keyOf("side"), KEY_PX = keyOf("px"), KEY_SZ = keyOf("sz"), KEY_TID = keyOf("tid");

/** What a fast reader answers; `slow` sends the frame to `JSON.parse`. */
type FastOutcome = DecodeOutcome | "slow";

/** Decodes public frames. One per connection; owns its scratch events. */
export class HyperliquidMarketDecoder implements MarketDecoder {
  reason = "";
  /** Frames that went the slow way although a fast one exists. */
  fallbacks = 0;
  /** Instrument of the last frame, where it could be told; for `feed_interrupted`. */
  lastInstrument: InstrumentIndex | undefined = undefined;
  readonly #table: CoinTable;
  readonly #scan = new FrameScanner();
  readonly #frame = new FrameText();
  readonly #fixed: FixedFrames;
  readonly #trades = new TradeColumns();
  readonly #scratch: MarketScratch = {
    snapshot: new SnapshotScratch(),
    touch: new BestBidAskScratch(),
    trade: new TradeScratch(),
  };

  constructor(instruments: readonly Instrument[]) {
    this.#table = new CoinTable(instruments);
    const { snapshot, touch } = this.#scratch;
    this.#fixed = new FixedFrames(this.#table, snapshot, touch, this.#trades);
  }

  /** Forgets which blocks were seen: another connection begins where it likes. */
  forgetTimes(): void {
    for (const slot of this.#table.slots) {
      slot.bookTime = 0;
      slot.touchTime = 0;
    }
  }

  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    this.reason = "";
    this.lastInstrument = undefined;
    const frame = this.#frame.take(bytes, start, end);
    const kind = this.#fixed.read(frame, at);
    if (kind === "trades") return this.#deliverTrades(frame.bytes, at, receiver);
    if (kind !== "unread") return this.#deliverFixed(kind, receiver);
    const outcome = this.#decodeInPlace(bytes, start, end, at, receiver);
    if (outcome !== "slow") return outcome;
    const text = textOf(bytes, start, end);
    return this.#finish(decodeTree(parseJson(text), text, this.#treeFrame(at, receiver)));
  }

  decodeSnapshot(
    bytes: Uint8Array,
    start: number,
    end: number,
    instrument: InstrumentIndex,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    this.reason = "";
    this.lastInstrument = instrument;
    this.#scan.at = start;
    const outcome = this.#book(bytes, end, at, receiver, instrument);
    if (outcome !== "slow") return outcome;
    const tree = parseJson(textOf(bytes, start, end));
    return this.#finish(decodeBookAnswer(tree, instrument, this.#treeFrame(at, receiver)));
  }

  #treeFrame(at: Micros, receiver: EventReceiver): TreeFrame {
    return { table: this.#table, scratch: this.#scratch, at, receiver };
  }

  #finish(result: TreeResult): DecodeOutcome {
    this.reason = result.reason;
    if (result.instrument !== undefined) this.lastInstrument = result.instrument;
    if (result.isFastKind) this.fallbacks++;
    return result.outcome;
  }

  #ignore(reason: string): "ignored" {
    this.reason = reason;
    return "ignored";
  }

  #decodeInPlace(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): FastOutcome {
    const inner = end - 1;
    if (bytes[inner] !== CLOSE_OBJECT) return "slow";
    if (isAt(bytes, start, inner, BOOK_PREFIX)) {
      this.#scan.at = start + BOOK_PREFIX.length;
      return this.#book(bytes, inner, at, receiver, undefined);
    }
    if (isAt(bytes, start, inner, TOUCH_PREFIX)) {
      this.#scan.at = start + TOUCH_PREFIX.length;
      return this.#touch(bytes, inner, at, receiver);
    }
    if (isAt(bytes, start, inner, TRADES_PREFIX)) {
      this.#scan.at = start + TRADES_PREFIX.length;
      return this.#tradeList(bytes, inner, at, receiver);
    }
    if (end - start === PONG.length + 1 && isAt(bytes, start, inner, PONG)) {
      return this.#ignore("heartbeat");
    }
    return "slow";
  }

  /** Reads a book's object from its brace; with `wanted` it is an answer for that instrument. */
  #book(
    bytes: Uint8Array,
    end: number,
    at: Micros,
    receiver: EventReceiver,
    wanted: InstrumentIndex | undefined,
  ): FastOutcome {
    const scan = this.#scan;
    const snapshot = this.#scratch.snapshot;
    if (bytes[scan.at] !== OPEN_OBJECT) return "slow";
    let slot: Slot | undefined;
    let time = UNREAD;
    let isRead = false;
    do {
      scan.at++;
      const key = scan.key(bytes, end);
      if (key === KEY_COIN) {
        slot = this.#coin(bytes, end);
        if (slot === undefined) return scan.at > end ? "slow" : this.#unknown(wanted);
      } else if (key === KEY_TIME) time = scan.integer(bytes);
      else if (key === KEY_LEVELS) {
        if (slot === undefined || isRead || bytes[scan.at] !== OPEN_LIST) return "slow";
        snapshot.begin(slot.instrument.index, at);
        scan.at++;
        if (!scan.levels(bytes, end, slot, snapshot.bids)) return "slow";
        if (bytes[scan.at++] !== COMMA) return "slow";
        if (!scan.levels(bytes, end, slot, snapshot.asks)) return "slow";
        if (bytes[scan.at++] !== CLOSE_LIST) return "slow";
        isRead = true;
      } else if (!scan.skipValue(bytes, end)) return "slow";
    } while (bytes[scan.at] === COMMA && scan.at < end);
    if (scan.at !== end - 1 || bytes[scan.at] !== CLOSE_OBJECT) return "slow";
    if (slot === undefined || !isTime(time) || !isRead) return "slow";
    if (wanted !== undefined && slot.instrument.index !== wanted) return "slow";
    this.lastInstrument = slot.instrument.index;
    if (isStale(slot, "bookTime", time)) return this.#ignore("older than the newest");
    snapshot.venueAt = instantOf(time);
    receiver.deliver(snapshot);
    return "decoded";
  }

  #touch(bytes: Uint8Array, end: number, at: Micros, receiver: EventReceiver): FastOutcome {
    const scan = this.#scan;
    const touch = this.#scratch.touch;
    if (bytes[scan.at] !== OPEN_OBJECT) return "slow";
    let slot: Slot | undefined;
    let time = UNREAD;
    let isRead = false;
    do {
      scan.at++;
      const key = scan.key(bytes, end);
      if (key === KEY_COIN) {
        slot = this.#coin(bytes, end);
        if (slot === undefined) return scan.at > end ? "slow" : this.#unknown(undefined);
      } else if (key === KEY_TIME) time = scan.integer(bytes);
      else if (key === KEY_BBO) {
        if (slot === undefined || isRead) return "slow";
        touch.begin(slot.instrument.index, at);
        if (!this.#touchSides(bytes, end, slot)) return "slow";
        isRead = true;
      } else if (!scan.skipValue(bytes, end)) return "slow";
    } while (bytes[scan.at] === COMMA && scan.at < end);
    if (scan.at !== end - 1 || bytes[scan.at] !== CLOSE_OBJECT) return "slow";
    if (slot === undefined || !isTime(time) || !isRead) return "slow";
    this.lastInstrument = slot.instrument.index;
    if (isStale(slot, "touchTime", time)) return this.#ignore("older than the newest");
    touch.venueAt = instantOf(time);
    receiver.deliver(touch);
    return "decoded";
  }

  /** `[bid,ask]`, either of which may be `null`: that side is empty. */
  #touchSides(bytes: Uint8Array, end: number, slot: Slot): boolean {
    const scan = this.#scan;
    const touch = this.#scratch.touch;
    if (bytes[scan.at++] !== OPEN_LIST) return false;
    if (!this.#touchSide(bytes, end, slot)) return false;
    touch.bid = scan.price as Price;
    touch.bidSize = scan.size as Size;
    if (bytes[scan.at++] !== COMMA || !this.#touchSide(bytes, end, slot)) return false;
    touch.ask = scan.price as Price;
    touch.askSize = scan.size as Size;
    return bytes[scan.at++] === CLOSE_LIST;
  }

  #touchSide(bytes: Uint8Array, end: number, slot: Slot): boolean {
    const scan = this.#scan;
    if (bytes[scan.at] !== LETTER_n) return scan.level(bytes, end, slot);
    if (!isAt(bytes, scan.at, end, NULL)) return false;
    scan.at += NULL.length;
    scan.price = 0;
    scan.size = 0;
    return true;
  }

  /** Reads the list's elements from behind its bracket, then delivers them. */
  #tradeList(bytes: Uint8Array, end: number, at: Micros, receiver: EventReceiver): FastOutcome {
    const scan = this.#scan;
    const trades = this.#trades;
    trades.count = 0;
    if (bytes[scan.at] === CLOSE_LIST) {
      return scan.at === end - 1 ? this.#ignore("no trades") : "slow";
    }
    let isKnown = false;
    for (;;) {
      const read = this.#tradeFields(bytes, end);
      if (read === "slow") return "slow";
      isKnown ||= read === "known";
      const next = bytes[scan.at++];
      if (next === CLOSE_LIST) break;
      if (next !== COMMA || scan.at >= end) return "slow";
    }
    if (scan.at !== end) return "slow";
    if (!isKnown) return this.#ignore("instrument not known");
    return this.#deliverTrades(bytes, at, receiver);
  }

  #deliverTrades(bytes: Uint8Array, at: Micros, receiver: EventReceiver): "decoded" {
    const trades = this.#trades;
    for (let index = 0; index < trades.count; index++) {
      const trade = trades.fill(index, bytes, at, this.#scratch.trade);
      this.lastInstrument = trade.instrument;
      receiver.deliver(trade);
    }
    return "decoded";
  }

  /** Delivers the book or touch that was read as the venue writes it today. */
  #deliverFixed(kind: "book" | "touch", receiver: EventReceiver): DecodeOutcome {
    const { time } = this.#fixed;
    const slot = this.#fixed.slot!;
    this.lastInstrument = slot.instrument.index;
    if (isStale(slot, kind === "book" ? "bookTime" : "touchTime", time)) {
      return this.#ignore("older than the newest");
    }
    const event = kind === "book" ? this.#scratch.snapshot : this.#scratch.touch;
    event.venueAt = instantOf(time);
    receiver.deliver(event);
    return "decoded";
  }

  #tradeFields(bytes: Uint8Array, end: number): "known" | "unknown" | "slow" {
    const scan = this.#scan;
    if (bytes[scan.at] !== OPEN_OBJECT) return "slow";
    let slot: Slot | undefined;
    let isCoinRead = false;
    let side = 0, time = UNREAD, px = 0, pxEnd = 0, sz = 0, szEnd = 0, id = 0, idEnd = 0;
    do {
      scan.at++;
      const key = scan.key(bytes, end);
      const from = scan.at;
      if (key === KEY_TIME) time = scan.integer(bytes);
      else if (key === KEY_COIN) {
        slot = this.#coin(bytes, end);
        // `""` is two characters.
        isCoinRead = scan.at <= end && scan.at - from > 2;
      } else {
        if (!scan.skipValue(bytes, end)) return "slow";
        if (key === KEY_PX) {
          px = from + 1;
          pxEnd = scan.at - 1;
        } else if (key === KEY_SZ) {
          sz = from + 1;
          szEnd = scan.at - 1;
        } else if (key === KEY_SIDE) side = scan.at - from === 3 ? bytes[from + 1]! : 0;
        else if (key === KEY_TID) {
          id = from;
          idEnd = scan.at;
        }
      }
    } while (bytes[scan.at] === COMMA && scan.at < end);
    if (bytes[scan.at++] !== CLOSE_OBJECT || !isCoinRead || !isTime(time)) return "slow";
    if ((side !== SIDE_BUY && side !== SIDE_SELL) || !isDigits(bytes, id, idEnd)) return "slow";
    if (bytes[px - 1] !== QUOTE || bytes[sz - 1] !== QUOTE) return "slow";
    if (slot === undefined) return "unknown";
    const price = scanTicks(bytes, px, pxEnd, slot.instrument.priceGrid);
    const size = scanTicks(bytes, sz, szEnd, slot.instrument.sizeGrid);
    if (price <= 0 || size <= 0) return "slow";
    this.#trades.push(slot.instrument.index, price, size, time, side === SIDE_BUY, id, idEnd);
    return "known";
  }

  /** The coin's entry; where its text cannot be read, `at` moves beyond the end. */
  #coin(bytes: Uint8Array, end: number): Slot | undefined {
    const scan = this.#scan;
    const start = scan.at + 1;
    if (!scan.skipQuoted(bytes, end)) {
      scan.at = end + 1;
      return undefined;
    }
    return this.#table.find(bytes, start, scan.at - 1);
  }

  /** A frame of another coin is none of ours; an answer for another one is broken. */
  #unknown(wanted: InstrumentIndex | undefined): FastOutcome {
    return wanted === undefined ? this.#ignore("instrument not known") : "slow";
  }
}

/** A time beyond all others would make every later block look old. */
function isTime(time: number): boolean {
  return time > 0 && time < MILLIS_MAX;
}

function isDigits(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return false;
  for (let at = start; at < end; at++) {
    const code = bytes[at]!;
    if (code < 48 || code > 57) return false;
  }
  return true;
}
