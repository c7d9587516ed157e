/**
 * One pass over a public frame: every field that some event needs, left where it stands.
 *
 * Aster's events name their fields by single letters and share them: `b` is the bids of a book or
 * the best bid, `a` the asks, the best ask or a trade's id; the kind of value tells which. So one
 * reader serves all events in whatever order their keys come.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import {
  type DeltaScratch,
  JsonScanner,
  keyBytes,
  keyCodeOf,
  type SnapshotScratch,
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

const KINDS: readonly (readonly [name: Uint8Array, kind: FrameKind])[] = [
  "depthUpdate",
  "bookTicker",
  "aggTrade",
  "markPriceUpdate",
  "trade",
].map((name) => [keyBytes(name), name as FrameKind] as const);

/** Where a value stands; empty while it was not met. */
export interface Span {
  start: number;
  end: number;
}

/** Codes of the keys; a one-letter key's is its character. */
const KEY_a = 97, KEY_A = 65, KEY_b = 98, KEY_B = 66, KEY_e = 101, KEY_E = 69, KEY_i = 105;
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
const LAST_UPDATE_ID = keyBytes("lastUpdateId");
const MARKET = keyBytes("MARKET");
const PARTIAL_STREAM = keyBytes("@depth");

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
  readonly #scan = new JsonScanner();
  readonly #symbols: SymbolIndex;
  readonly #delta: DeltaScratch;
  readonly #snapshot: SnapshotScratch;
  #hasSpecial = false;

  constructor(symbols: SymbolIndex, delta: DeltaScratch, snapshot: SnapshotScratch) {
    this.#symbols = symbols;
    this.#delta = delta;
    this.#snapshot = snapshot;
  }

  /** The bytes that the spans point into. */
  get bytes(): Uint8Array {
    return this.#scan.bytes;
  }

  /** Reads a stream's frame; false when it must be put in order first. */
  readFrame(bytes: Uint8Array, start: number, end: number): boolean {
    this.#begin(bytes, start, end);
    if (!this.#readObject(true)) return false;
    if (this.ignoredFor !== "") return true;
    if (this.kind === "none" && this.sequence >= 0 && this.bid.end > 0) {
      this.kind = "bookTicker";
      this.isOfSpot = true;
    }
    if (this.kind === "trade" && !this.#hasSpecial) this.isOfSpot = true;
    return this.#scan.finish();
  }

  /** Reads a depth snapshot onto the snapshot scratch. */
  readSnapshot(bytes: Uint8Array, start: number, end: number, of: Instrument): boolean {
    this.#begin(bytes, start, end);
    this.#snapshot.begin(of.index, 0 as SnapshotScratch["at"]);
    const scan = this.#scan;
    if (!scan.enterObject()) return false;
    while (scan.nextKey()) {
      if (scan.keyCode === KEY_bids) this.#readSnapshotSide(of, 1);
      else if (scan.keyCode === KEY_asks) this.#readSnapshotSide(of, 2);
      else if (scan.keyCode === KEY_E) this.eventMs = this.#millis();
      else if (scan.keyCode === KEY_T) this.transactedMs = this.#millis();
      else if (scan.keyIs(LAST_UPDATE_ID)) this.sequence = this.#id();
      else scan.skipValue();
    }
    return scan.finish() && this.sides === 3 && this.sequence >= 0;
  }

  #begin(bytes: Uint8Array, start: number, end: number): void {
    this.#scan.reset(bytes, start, end);
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
  }

  /** Reads one object; the outer one of a combined stream holds the event in `data`. */
  #readObject(isOuter: boolean): boolean {
    const scan = this.#scan;
    if (!scan.enterObject()) return false;
    while (scan.nextKey()) {
      if (isOuter && scan.keyCode === KEY_data && scan.peekKind() === "object") {
        if (!this.#readObject(false)) return false;
      } else this.#readValue();
      if (this.ignoredFor !== "") return true;
    }
    return !scan.failed;
  }

  #readValue(): void {
    const scan = this.#scan;
    switch (scan.keyCode) {
      case KEY_e:
        return this.#readKind();
      case KEY_s:
        return this.#readSymbol();
      case KEY_E:
        this.eventMs = this.#millis();
        return;
      case KEY_T:
        this.transactedMs = this.#millis();
        return;
      case KEY_U:
        this.first = this.#id();
        return;
      case KEY_u:
        this.sequence = this.#id();
        return;
      case KEY_pu:
        this.previous = this.#id();
        return;
      case KEY_b:
        return this.#readSide(1, this.bid);
      case KEY_a:
        return this.#readSide(2, this.ask);
      case KEY_B:
        return this.#take(this.bidSize);
      case KEY_A:
        return this.#take(this.askSize);
      case KEY_p:
        return this.#take(this.price);
      case KEY_q:
        return this.#take(this.size);
      default:
        return this.#readRarer();
    }
  }

  #readRarer(): void {
    const scan = this.#scan;
    switch (scan.keyCode) {
      case KEY_m:
        if (scan.peekKind() === "true" || scan.peekKind() === "false") {
          this.buyerIsMaker = scan.readBoolean() ? 1 : 0;
        } else scan.skipValue();
        return;
      case KEY_M:
        this.isOfSpot = true;
        scan.skipValue();
        return;
      case KEY_X:
        this.#hasSpecial = true;
        if (scan.peekKind() !== "string") {
          this.isSpecial = true;
          scan.skipValue();
        } else this.isSpecial = scan.readString() && !scan.valueIs(MARKET);
        return;
      case KEY_i:
        return this.#take(this.index);
      case KEY_r:
        return this.#take(this.rate);
      case KEY_t:
        return this.#take(this.tradeId);
      case KEY_stream:
        return this.#readStream();
      case KEY_bids:
      case KEY_asks:
        return this.#ignore("partial book");
      case KEY_result:
        return this.#ignore("acknowledgement");
      case KEY_code:
      case KEY_error:
        return this.#ignore("subscription refused");
      default:
        scan.skipValue();
    }
  }

  #ignore(reason: string): void {
    // Rest and form of a frame that nobody wants are of no interest.
    this.ignoredFor = reason;
  }

  #readKind(): void {
    const scan = this.#scan;
    if (!scan.readString()) return;
    for (const [name, kind] of KINDS) {
      if (!scan.valueIs(name)) continue;
      this.kind = kind;
      // Futures begin with the event's name; spot's best bid and ask with `u`.
      if (kind === "bookTicker" && this.sequence >= 0) this.isOfSpot = true;
      return;
    }
    this.#ignore("other channel");
  }

  #readSymbol(): void {
    const scan = this.#scan;
    // A second symbol behind the levels would be of another grid.
    if (this.sides !== 0 || !scan.readString() || scan.escaped) return void scan.fail();
    this.listed = this.#symbols.find(scan.bytes, scan.valueStart, scan.valueEnd);
    if (this.listed === undefined) this.#ignore("instrument not known");
  }

  /** `btcusdt@depth5` and `btcusdt@depth20@100ms` are whole small books. */
  #readStream(): void {
    const scan = this.#scan;
    if (!scan.readString()) return;
    const { bytes, valueStart, valueEnd } = scan;
    for (let at = valueEnd - PARTIAL_STREAM.length - 1; at >= valueStart; at--) {
      const digit = bytes[at + PARTIAL_STREAM.length]!;
      if (bytes[at] !== PARTIAL_STREAM[0] || digit < 48 || digit > 57) continue;
      if (PARTIAL_STREAM.every((byte, offset) => bytes[at + offset] === byte)) {
        return this.#ignore("partial book");
      }
    }
  }

  #readSide(side: 1 | 2, best: Span): void {
    const scan = this.#scan;
    if (scan.peekKind() !== "array") return this.#take(best);
    const of = this.listed?.perpetual ?? this.listed?.spot;
    if (of === undefined) return void scan.fail();
    const levels = side === 1 ? this.#delta.bids : this.#delta.asks;
    levels.clear();
    if (scan.readLevels(of.priceGrid, of.sizeGrid, levels)) this.sides |= side;
  }

  #readSnapshotSide(of: Instrument, side: 1 | 2): void {
    const levels = side === 1 ? this.#snapshot.bids : this.#snapshot.asks;
    levels.clear();
    if (this.#scan.readLevels(of.priceGrid, of.sizeGrid, levels)) this.sides |= side;
  }

  #take(span: Span): void {
    const scan = this.#scan;
    if (!scan.readScalar()) return;
    span.start = scan.valueStart;
    span.end = scan.valueEnd;
  }

  /** A whole number that is not negative; anything else fails. */
  #id(): number {
    const value = this.#scan.readInteger();
    if (value >= 0) return value;
    this.#scan.fail();
    return -1;
  }

  #millis(): number {
    const value = this.#id();
    if (value < 9e12) return value;
    this.#scan.fail();
    return 0;
  }
}

function clear(span: Span): void {
  span.start = 0;
  span.end = 0;
}

/** Keys that must stand before the levels. */
const FIRST_KEYS = ["e", "s", "stream"];

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
