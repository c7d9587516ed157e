/**
 * One pass over a public frame: every field that some event needs, left where it stands.
 *
 * Aster's events name their fields by single letters and share them: `b` is the bids of a book or
 * the best bid, `a` the asks, the best ask or a trade's id; the kind of value tells which. So one
 * reader serves all events in whatever order their keys come.
 *
 * 1. It reads compact JSON, as the venue writes it; anything else is `false`, and nothing of it is
 *    used.
 * 2. It may look at bytes behind the frame, but is only content when it ends exactly at its end.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import {
  type DeltaScratch,
  JsonScanner,
  keyBytes,
  keyCodeOf,
  scanLevels,
  type SnapshotScratch,
  spanIs,
} from "@/exchanges/shared/mod.ts";
import { Fields, jsonOf } from "./_fields.ts";
import type { Listed, SymbolIndex } from "./_symbol_index.ts";

/** Events that are decoded. */
export type FrameKind =
  | "none"
  | "depthUpdate"
  | "bookTicker"
  | "aggTrade"
  | "trade"
  | "markPriceUpdate";

/** Names of events, by their first letters. */
const DEPTH = keyBytes("depthUpdate"), TICKER = keyBytes("bookTicker");
const AGGREGATE = keyBytes("aggTrade"), TRADE = keyBytes("trade");
const MARK = keyBytes("markPriceUpdate");

/** Where a value stands; empty while it was not met. */
export interface Span {
  start: number;
  end: number;
}

/** Codes of the keys; a one-letter key's is its character. */
const KEY_a = 97,
  KEY_A = 65,
  KEY_b = 98,
  KEY_B = 66,
  KEY_d = 100,
  KEY_e = 101,
  KEY_E = 69,
  KEY_i = 105;
const KEY_m = 109, KEY_M = 77, KEY_p = 112, KEY_q = 113, KEY_r = 114, KEY_s = 115, KEY_t = 116;
const KEY_T = 84, KEY_u = 117, KEY_U = 85, KEY_X = 88;
const KEY_pu = keyCodeOf("pu");
const KEY_asks = keyCodeOf("asks");
const KEY_bids = keyCodeOf("bids");
const KEY_data = keyCodeOf("data");
const KEY_stream = keyCodeOf("stream");
const KEY_result = keyCodeOf("result");
const KEY_code = keyCodeOf("code");
const KEY_error = keyCodeOf("error");
const NO_KEY = -1;
const LAST_UPDATE_ID = keyBytes("lastUpdateId");
const MARKET = keyBytes("MARKET");
const STREAM_HEAD = keyBytes('{"stream":"');
const DATA_HEAD = keyBytes('","data":');
const PARTIAL_STREAM = keyBytes("@depth");
const QUOTE = 34, COMMA = 44, MINUS = 45, ZERO = 48, COLON = 58, BACKSLASH = 92;
const LIST_OPEN = 91, OPEN = 123, CLOSE = 125, TRUE_T = 116, FALSE_F = 102;

/** Fields of the frame read last. */
export class FrameFields {
  kind: FrameKind = "none";
  listed: Listed | undefined = undefined;
  /** Not empty: nothing of the frame is wanted, and this is why. */
  ignoredFor = "";
  eventMs = 0;
  transactedMs = 0;
  first = -1;
  sequence = -1;
  previous = -1;
  /** 1: bids were read, 2: asks were. */
  sides = 0;
  /** 1 true, 0 false, -1 not said. */
  buyerIsMaker = -1;
  /** A trade that the venue itself made. */
  isSpecial = false;
  /** Only spot sends such a frame. */
  isOfSpot = false;
  readonly price: Span = { start: 0, end: 0 };
  readonly size: Span = { start: 0, end: 0 };
  readonly index: Span = { start: 0, end: 0 };
  readonly rate: Span = { start: 0, end: 0 };
  readonly tradeId: Span = { start: 0, end: 0 };
  readonly bid: Span = { start: 0, end: 0 };
  readonly bidSize: Span = { start: 0, end: 0 };
  readonly ask: Span = { start: 0, end: 0 };
  readonly askSize: Span = { start: 0, end: 0 };
  readonly stream: Span = { start: 0, end: 0 };
  bytes: Uint8Array = new Uint8Array(0);
  readonly #scan = new JsonScanner();
  readonly #symbols: SymbolIndex;
  readonly #delta: DeltaScratch;
  readonly #snapshot: SnapshotScratch;
  #at = 0;
  #end = 0;
  #hasSpecial = false;

  constructor(symbols: SymbolIndex, delta: DeltaScratch, snapshot: SnapshotScratch) {
    this.#symbols = symbols;
    this.#delta = delta;
    this.#snapshot = snapshot;
  }

  /** `btcusdt@depth5` and `btcusdt@depth20@100ms` are whole small books. */
  get isPartialBook(): boolean {
    const { start, end } = this.stream;
    const length = PARTIAL_STREAM.length;
    for (let at = start; at < end - length; at++) {
      if (this.bytes[at] !== PARTIAL_STREAM[0]) continue;
      const digit = this.bytes[at + length]! - ZERO;
      return digit >= 0 && digit <= 9 && spanIs(this.bytes, at, at + length, PARTIAL_STREAM);
    }
    return false;
  }

  /** Reads a stream's frame; false when it must be put in order first. */
  readFrame(bytes: Uint8Array, start: number, end: number): boolean {
    this.#begin(bytes, start, end);
    const isWrapped = this.#readWrapper(bytes);
    if (!this.#readObject(!isWrapped)) return false;
    if (isWrapped) this.#at++;
    if (this.ignoredFor !== "") return true;
    // A best bid and ask without a name is spot's, and has no time either.
    const isUndated = this.eventMs === 0 && this.transactedMs === 0;
    if (this.kind === "none" && isUndated && this.sequence >= 0 && this.bid.end > 0) {
      this.kind = "bookTicker";
      this.isOfSpot = true;
    }
    if (this.kind === "trade" && !this.#hasSpecial) this.isOfSpot = true;
    return this.#at === end;
  }

  /** Reads a depth snapshot onto the snapshot scratch. */
  readSnapshot(bytes: Uint8Array, start: number, end: number, of: Instrument): boolean {
    this.#begin(bytes, start, end);
    this.#snapshot.begin(of.index, 0 as SnapshotScratch["at"]);
    const scan = this.#scan;
    scan.reset(bytes, start, end);
    if (!scan.enterObject()) return false;
    while (scan.nextKey()) {
      if (scan.keyCode === KEY_bids) this.#readSnapshotSide(of, 1);
      else if (scan.keyCode === KEY_asks) this.#readSnapshotSide(of, 2);
      else if (scan.keyCode === KEY_E) this.eventMs = scan.readInteger();
      else if (scan.keyCode === KEY_T) this.transactedMs = scan.readInteger();
      else if (scan.keyIs(LAST_UPDATE_ID)) this.sequence = scan.readInteger();
      else scan.skipValue();
    }
    const isDated = isMillis(this.eventMs) && isMillis(this.transactedMs);
    return scan.finish() && this.sides === 3 && this.sequence >= 0 && isDated;
  }

  #readSnapshotSide(of: Instrument, side: 1 | 2): void {
    const levels = side === 1 ? this.#snapshot.bids : this.#snapshot.asks;
    levels.clear();
    if (this.#scan.readLevels(of.priceGrid, of.sizeGrid, levels)) this.sides |= side;
  }

  #begin(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.kind = "none";
    this.listed = undefined;
    this.ignoredFor = "";
    this.eventMs = 0;
    this.transactedMs = 0;
    this.first = -1;
    this.sequence = -1;
    this.previous = -1;
    this.sides = 0;
    this.buyerIsMaker = -1;
    this.isSpecial = false;
    this.isOfSpot = false;
    this.#hasSpecial = false;
    clear(this.price);
    clear(this.size);
    clear(this.index);
    clear(this.rate);
    clear(this.tradeId);
    clear(this.bid);
    clear(this.bidSize);
    clear(this.ask);
    clear(this.askSize);
    clear(this.stream);
  }

  /** The usual head of a combined stream's frame; then its event ends one byte before the end. */
  #readWrapper(bytes: Uint8Array): boolean {
    const start = this.#at;
    const nameStart = start + STREAM_HEAD.length;
    if (bytes[this.#end - 1] !== CLOSE || !spanIs(bytes, start, nameStart, STREAM_HEAD)) {
      return false;
    }
    let at = nameStart;
    while (at < this.#end && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at++;
    const eventStart = at + DATA_HEAD.length;
    if (!spanIs(bytes, at, eventStart, DATA_HEAD) || bytes[eventStart] !== OPEN) return false;
    this.stream.start = nameStart;
    this.stream.end = at;
    this.#at = eventStart;
    return true;
  }

  /** Reads one object; the outer one of a combined stream holds the event in `data`. */
  #readObject(isOuter: boolean): boolean {
    const bytes = this.bytes;
    if (bytes[this.#at] !== OPEN) return false;
    if (bytes[this.#at + 1] === CLOSE) {
      this.#at += 2;
      return true;
    }
    for (;;) {
      this.#at++;
      const key = this.#readKey(bytes);
      const isWrapper = isOuter && key === KEY_data && bytes[this.#at] === OPEN;
      if (!(isWrapper ? this.#readObject(false) : this.#readValue(bytes, key))) return false;
      if (this.#at >= this.#end) return false;
      if (this.ignoredFor !== "") return true;
      if (bytes[this.#at] === COMMA) continue;
      return bytes[this.#at++] === CLOSE;
    }
  }

  /** A key and its colon, as `keyCodeOf` makes it. */
  #readKey(bytes: Uint8Array): number {
    const at = this.#at;
    if (bytes[at] !== QUOTE || bytes[at + 1] === BACKSLASH) return NO_KEY;
    if (bytes[at + 2] === QUOTE && bytes[at + 3] === COLON) {
      this.#at = at + 4;
      return bytes[at + 1]!;
    }
    let code = 0;
    let end = at + 1;
    for (; end < this.#end && bytes[end] !== QUOTE; end++) {
      if (bytes[end] === BACKSLASH) return NO_KEY;
      code = code * 256 + bytes[end]!;
    }
    if (bytes[end] !== QUOTE || bytes[end + 1] !== COLON) return NO_KEY;
    this.#at = end + 2;
    return code;
  }

  #readValue(bytes: Uint8Array, key: number): boolean {
    switch (key) {
      case KEY_e:
        return this.#readKind(bytes);
      case KEY_s:
        return this.#readSymbol(bytes);
      case KEY_E:
        return isMillis(this.eventMs = this.#integer(bytes));
      case KEY_T:
        return isMillis(this.transactedMs = this.#integer(bytes));
      case KEY_U:
        return (this.first = this.#integer(bytes)) >= 0;
      case KEY_u:
        return (this.sequence = this.#integer(bytes)) >= 0;
      case KEY_b:
        return this.#readSide(bytes, 1, this.bid);
      case KEY_a:
        return this.#readSide(bytes, 2, this.ask);
      case KEY_B:
        return this.#take(bytes, this.bidSize);
      case KEY_A:
        return this.#take(bytes, this.askSize);
      case KEY_p:
        return this.#take(bytes, this.price);
      case KEY_q:
        return this.#take(bytes, this.size);
      case KEY_t:
        return this.#take(bytes, this.tradeId);
      case KEY_m:
        return this.#readMaker(bytes);
      case NO_KEY:
        return false;
      default:
        return this.#readRarer(bytes, key);
    }
  }

  #readRarer(bytes: Uint8Array, key: number): boolean {
    switch (key) {
      case KEY_pu:
        return (this.previous = this.#integer(bytes)) >= 0;
      case KEY_stream:
        return this.#take(bytes, this.stream);
      case KEY_i:
        return this.#take(bytes, this.index);
      case KEY_r:
        return this.#take(bytes, this.rate);
      case KEY_M:
        this.isOfSpot = true;
        return this.#skip(bytes);
      case KEY_X: {
        const start = this.#at + 1;
        this.#hasSpecial = true;
        if (!this.#skip(bytes)) return false;
        this.isSpecial = !spanIs(bytes, start, this.#at - 1, MARKET);
        return true;
      }
      case KEY_bids:
      case KEY_asks:
        return this.#ignore("partial book");
      case KEY_result:
        return this.#ignore("acknowledgement");
      case KEY_code:
      case KEY_error:
        return this.#ignore("subscription refused");
      default:
        return this.#skip(bytes);
    }
  }

  /** Rest and form of a frame that nobody wants are of no interest. */
  #ignore(reason: string): true {
    this.ignoredFor = reason;
    return true;
  }

  #readKind(bytes: Uint8Array): boolean {
    const start = this.#at + 1;
    if (bytes[this.#at] !== QUOTE || !this.#skip(bytes)) return false;
    this.kind = kindAt(bytes, start, this.#at - 1);
    if (this.kind === "none") return this.#ignore("other channel");
    // Futures begin with the event's name; spot's best bid and ask with `u`.
    if (this.kind === "bookTicker" && this.sequence >= 0) this.isOfSpot = true;
    return true;
  }

  #readSymbol(bytes: Uint8Array): boolean {
    const start = this.#at + 1;
    // A second symbol behind the levels would be of another grid.
    if (this.sides !== 0 || bytes[this.#at] !== QUOTE || !this.#skip(bytes)) return false;
    this.listed = this.#symbols.find(bytes, start, this.#at - 1);
    return this.listed !== undefined || this.#ignore("instrument not known");
  }

  #readMaker(bytes: Uint8Array): boolean {
    const letter = bytes[this.#at];
    if (letter === TRUE_T || letter === FALSE_F) this.buyerIsMaker = letter === TRUE_T ? 1 : 0;
    return this.#skip(bytes);
  }

  #readSide(bytes: Uint8Array, side: 1 | 2, best: Span): boolean {
    if (bytes[this.#at] !== LIST_OPEN) return this.#take(bytes, best);
    const of = this.listed?.perpetual ?? this.listed?.spot;
    if (of === undefined) return false;
    const levels = side === 1 ? this.#delta.bids : this.#delta.asks;
    levels.clear();
    const next = scanLevels(bytes, this.#at, this.#end, of.priceGrid, of.sizeGrid, levels);
    this.sides |= side;
    this.#at = next;
    return next >= 0;
  }

  /** The span of a text or a bare number. */
  #take(bytes: Uint8Array, span: Span): boolean {
    let at = this.#at;
    if (bytes[at] === QUOTE) {
      span.start = ++at;
      // What has no backslash and ends behind the frame is found out at the end.
      while (at < this.#end && bytes[at] !== QUOTE) {
        if (bytes[at] === BACKSLASH) return false;
        at++;
      }
      span.end = at;
      this.#at = at + 1;
      return true;
    }
    span.start = at;
    if (!isNumberStart(bytes[at]!) || !this.#skip(bytes)) return false;
    span.end = this.#at;
    return true;
  }

  /** Steps over a value: texts and numbers at once, the rest with the shared scanner. */
  #skip(bytes: Uint8Array): boolean {
    let at = this.#at;
    if (bytes[at] === QUOTE) {
      at++;
      while (at < this.#end && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at++;
      this.#at = at + 1;
      return bytes[at] === QUOTE;
    }
    if ((bytes[at]! ^ ZERO) <= 9) {
      // The usual number has digits alone.
      while ((bytes[at]! ^ ZERO) <= 9) at++;
      if (bytes[at] === COMMA || bytes[at] === CLOSE) {
        this.#at = at;
        return true;
      }
    }
    const scan = this.#scan;
    scan.reset(bytes, this.#at, this.#end);
    if (!scan.skipValue()) return false;
    this.#at = scan.position;
    return true;
  }

  /**
   * A whole number that is not negative; -1 when it is none or not exact. Nine digits at a time fit
   * 32-bit arithmetic, which is three times as fast as floating point.
   */
  #integer(bytes: Uint8Array): number {
    let at = this.#at;
    let value = 0;
    let chunkEnd = at;
    while (at === chunkEnd) {
      chunkEnd = at + 9;
      let chunk = 0;
      let scale = 1;
      let digit = 0;
      while (at < chunkEnd && (digit = bytes[at]! ^ ZERO) <= 9) {
        chunk = (Math.imul(chunk, 10) + digit) | 0;
        scale = Math.imul(scale, 10);
        at++;
      }
      value = value * scale + chunk;
    }
    const isRead = at > this.#at && value <= Number.MAX_SAFE_INTEGER;
    this.#at = at;
    return isRead ? value : -1;
  }
}

function kindAt(bytes: Uint8Array, start: number, end: number): FrameKind {
  switch (bytes[start]) {
    case KEY_d:
      return spanIs(bytes, start, end, DEPTH) ? "depthUpdate" : "none";
    case KEY_b:
      return spanIs(bytes, start, end, TICKER) ? "bookTicker" : "none";
    case KEY_a:
      return spanIs(bytes, start, end, AGGREGATE) ? "aggTrade" : "none";
    case KEY_t:
      return spanIs(bytes, start, end, TRADE) ? "trade" : "none";
    case KEY_m:
      return spanIs(bytes, start, end, MARK) ? "markPriceUpdate" : "none";
    default:
      return "none";
  }
}

/** Milliseconds of the venue that are a time; 9e12 is in the year 2255. */
function isMillis(value: number): boolean {
  return value >= 0 && value < 9e12;
}

function isNumberStart(byte: number): boolean {
  return byte === MINUS || (byte >= ZERO && byte <= ZERO + 9);
}

function clear(span: Span): void {
  span.start = 0;
  span.end = 0;
}

/** Keys that must stand before the levels. */
const FIRST_KEYS = ["stream", "s"];

/** The same frame without spaces, its name and symbol first; undefined when it is no object. */
export function inReadingOrder(text: string): string | undefined {
  const outer = jsonOf(text);
  if (Fields.of(outer) === undefined) return undefined;
  const { data, ...others } = outer as Readonly<Record<string, unknown>>;
  const inner = Fields.of(data) === undefined ? data : sorted(data as Record<string, unknown>);
  return JSON.stringify({ ...sorted(others), data: inner });
}

function sorted(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(object);
  const isFirst = ([key]: [string, unknown]) => FIRST_KEYS.includes(key);
  return Object.fromEntries([
    ...entries.filter(isFirst),
    ...entries.filter((entry) => !isFirst(entry)),
  ]);
}
