/**
 * Reads Binance's market frames where they lie: integers, quoted decimals, level arrays, symbols.
 *
 * 1. `at` moves only forward; every method leaves it behind what it read.
 * 2. Nothing here throws and nothing allocates; what is not understood is `UNREAD` (or false) and
 *    the
 *    caller falls back to `JSON.parse`.
 * 3. A number is read exactly or not at all: digits beyond the grid must be zeros.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import { scanDecimal, scanLevels } from "@/exchanges/shared/mod.ts";

/** What a reader answers when the bytes were not what it expected. */
export const UNREAD = -1;

const ZERO = 48;
const QUOTE = 34;
/** What a point and a quote are when zero is subtracted from them. */
const POINT_DIGIT = 46 - ZERO;
const QUOTE_DIGIT = QUOTE - ZERO;
/** Digits that fit 32-bit arithmetic. */
const SHORT_DIGITS = 9;
const COMMA = 44;
const BACKSLASH = 92;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const POWERS_OF_TEN = Float64Array.from({ length: 19 }, (_, exponent) => Number(`1e${exponent}`));
const SAFE_MAX = Number.MAX_SAFE_INTEGER;
const DEPTH_MAX = 32;
const AT_SIGN = 64;
const LETTER_d = 100;

/** The grids of one instrument, flat, for the scanner. */
export interface Slot {
  readonly instrument: Instrument;
  readonly priceScale: number;
  readonly priceMantissa: number;
  readonly sizeScale: number;
  readonly sizeMantissa: number;
}

/** The instruments that share one venue symbol. */
export interface SymbolEntry {
  readonly bytes: Uint8Array;
  spot: Slot | undefined;
  perpetual: Slot | undefined;
}

/** Venue symbols by their bytes: an open-addressing table, at most half full. */
export class SymbolTable {
  readonly #entries: (SymbolEntry | undefined)[];
  readonly #mask: number;

  constructor(instruments: readonly Instrument[]) {
    let capacity = 16;
    while (capacity < instruments.length * 4) capacity *= 2;
    this.#entries = new Array<SymbolEntry | undefined>(capacity).fill(undefined);
    this.#mask = capacity - 1;
    for (const instrument of instruments) this.#add(instrument);
  }

  /** An instrument follows other terms: its grids are read anew. */
  redefine(instrument: Instrument): void {
    const bytes = new TextEncoder().encode(instrument.terms.venueSymbol);
    const entry = this.find(bytes, 0, bytes.length);
    if (entry !== undefined) entry[instrument.terms.product] = slotOf(instrument);
  }

  /** The entry of the symbol in `bytes[start..end)`. */
  find(bytes: Uint8Array, start: number, end: number): SymbolEntry | undefined {
    let slot = hashOf(bytes, start, end) & this.#mask;
    for (;;) {
      const entry = this.#entries[slot];
      if (entry === undefined || isSame(entry.bytes, bytes, start, end)) return entry;
      slot = (slot + 1) & this.#mask;
    }
  }

  #add(instrument: Instrument): void {
    const bytes = new TextEncoder().encode(instrument.terms.venueSymbol);
    let entry = this.find(bytes, 0, bytes.length);
    if (entry === undefined) {
      entry = { bytes, spot: undefined, perpetual: undefined };
      let slot = hashOf(bytes, 0, bytes.length) & this.#mask;
      while (this.#entries[slot] !== undefined) slot = (slot + 1) & this.#mask;
      this.#entries[slot] = entry;
    }
    entry[instrument.terms.product] = slotOf(instrument);
  }
}

function slotOf(instrument: Instrument): Slot {
  return {
    instrument,
    priceScale: instrument.priceGrid.scale,
    priceMantissa: instrument.priceGrid.mantissa,
    sizeScale: instrument.sizeGrid.scale,
    sizeMantissa: instrument.sizeGrid.mantissa,
  };
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  return hash ^ (hash >>> 15);
}

function isSame(own: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (own.length !== end - start) return false;
  for (let at = 0; at < own.length; at++) if (own[at] !== bytes[start + at]) return false;
  return true;
}

/** A place in a frame. */
export class FrameScanner {
  at = 0;

  /** A whole number of at most 2^53 - 1. */
  integer(bytes: Uint8Array): number {
    const first = this.at;
    let at = first;
    let head = 0;
    let digit = bytes[at]! - ZERO;
    // Nine digits fit 32-bit arithmetic, which is twice as fast as floating point.
    const headEnd = at + SHORT_DIGITS;
    while (at < headEnd && digit >= 0 && digit <= 9) {
      head = (Math.imul(head, 10) + digit) | 0;
      digit = bytes[++at]! - ZERO;
    }
    let value = head;
    if (digit >= 0 && digit <= 9) {
      const tailStart = at;
      const tailEnd = at + SHORT_DIGITS;
      let tail = 0;
      while (at < tailEnd && digit >= 0 && digit <= 9) {
        tail = (Math.imul(tail, 10) + digit) | 0;
        digit = bytes[++at]! - ZERO;
      }
      value = head * POWERS_OF_TEN[at - tailStart]! + tail;
    }
    this.at = at;
    const isRead = at > first && value <= SAFE_MAX && !(digit >= 0 && digit <= 9);
    return isRead ? value : UNREAD;
  }

  /** A quoted decimal as whole steps of a grid. */
  quotedSteps(bytes: Uint8Array, scale: number, mantissa: number): number {
    let at = this.at;
    if (bytes[at] !== QUOTE) return UNREAD;
    const first = ++at;
    let value = 0;
    let digit = bytes[at]! - ZERO;
    while (digit >= 0 && digit <= 9) {
      value = (Math.imul(value, 10) + digit) | 0;
      digit = bytes[++at]! - ZERO;
    }
    let count = at - first;
    if (count === 0) return UNREAD;
    let missing = scale;
    if (digit === POINT_DIGIT) {
      const point = at;
      digit = bytes[++at]! - ZERO;
      while (missing > 0 && digit >= 0 && digit <= 9) {
        value = (Math.imul(value, 10) + digit) | 0;
        missing--;
        digit = bytes[++at]! - ZERO;
      }
      count += at - point - 1;
      while (digit === 0) digit = bytes[++at]! - ZERO;
    }
    if (digit !== QUOTE_DIGIT) return UNREAD;
    this.at = at + 1;
    if (count > SHORT_DIGITS) return longSteps(bytes, first, at, scale, mantissa);
    return toSteps(missing === 0 ? value : value * POWERS_OF_TEN[missing]!, mantissa);
  }

  /** The end of a quoted text without escapes; `at` is behind its closing quote. */
  skipQuoted(bytes: Uint8Array, end: number): boolean {
    let at = this.at;
    if (bytes[at] !== QUOTE) return false;
    at++;
    while (at < end && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at++;
    if (at >= end || bytes[at] !== QUOTE) return false;
    this.at = at + 1;
    return true;
  }

  /** Steps over one value of any kind. */
  skipValue(bytes: Uint8Array, end: number): boolean {
    let depth = 0;
    while (this.at < end) {
      const code = bytes[this.at]!;
      if (code === QUOTE) {
        if (!this.skipQuoted(bytes, end)) return false;
        if (depth === 0) return true;
        continue;
      }
      if (code === OPEN_LIST || code === OPEN_OBJECT) {
        if (++depth > DEPTH_MAX) return false;
      } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) {
        if (depth === 0) return true;
        if (--depth === 0) {
          this.at++;
          return true;
        }
      } else if (code === COMMA && depth === 0) {
        return true;
      }
      this.at++;
    }
    return false;
  }

  /** `[["price","size"],…]` into `out`; false when any of it is not exactly on the grids. */
  levels(bytes: Uint8Array, end: number, slot: Slot, out: LevelBuffer): boolean {
    const { priceGrid, sizeGrid } = slot.instrument;
    const next = scanLevels(bytes, this.at, end, priceGrid, sizeGrid, out, true);
    if (next < 0) return false;
    this.at = next;
    return true;
  }
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

/** Whether a stream's name is that of a partial book: `btcusdt@depth5`, `…@depth20@100ms`. */
export function isPartialStream(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] !== AT_SIGN) at++;
  return bytes[at + 1] === LETTER_d && (bytes[at + 6]! ^ ZERO) <= 9;
}

/** Whether `bytes` go on with `wanted` at `at`, before `end`. */
export function isAt(bytes: Uint8Array, at: number, end: number, wanted: Uint8Array): boolean {
  if (end - at < wanted.length) return false;
  for (let index = 0; index < wanted.length; index++) {
    if (bytes[at + index] !== wanted[index]) return false;
  }
  return true;
}

/** Whether `bytes[start..end)` is exactly `wanted`. */
export function isText(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  return end - start === wanted.length && isAt(bytes, start, end, wanted);
}

/** Whether `bytes[start..end)` are digits, and some. */
export function isDigits(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return false;
  for (let at = start; at < end; at++) {
    const code = bytes[at]!;
    if (code < 48 || code > 57) return false;
  }
  return true;
}
