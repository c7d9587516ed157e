/**
 * Reads Hyperliquid's market frames where they lie: keys, integers, quoted decimals, levels.
 *
 * 1. `at` moves only forward; every method leaves it behind what it read.
 * 2. Nothing here throws and nothing allocates; what is not understood is `UNREAD` (or false) and
 *    the caller falls back to `JSON.parse`.
 * 3. A number is read exactly or not at all: digits beyond the grid must be zeros.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import { scanDecimal } from "@/exchanges/shared/mod.ts";

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
const COLON = 58;
const BACKSLASH = 92;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const POWERS_OF_TEN = Float64Array.from({ length: 19 }, (_, exponent) => Number(`1e${exponent}`));
const SAFE_MAX = Number.MAX_SAFE_INTEGER;
const DEPTH_MAX = 32;
const LEVELS = new TextEncoder().encode("levels");

/** Keys of at most four letters as one number; `KEY_OTHER` for every other but `levels`. */
export function keyOf(text: string): number {
  let code = 0;
  for (let at = 0; at < text.length; at++) code = (code << 8) | text.charCodeAt(at);
  return code;
}
export const KEY_OTHER = 0;
export const KEY_LEVELS = 1;
const KEY_PX = keyOf("px");
const KEY_SZ = keyOf("sz");

/** One instrument with its grids, flat, and the newest block time of each of its channels. */
export interface Slot {
  readonly bytes: Uint8Array;
  readonly instrument: Instrument;
  readonly priceScale: number;
  readonly priceMantissa: number;
  readonly sizeScale: number;
  readonly sizeMantissa: number;
  /** Milliseconds; 0 before the first. */
  bookTime: number;
  touchTime: number;
}

/** Coins by their bytes: an open-addressing table, at most half full. */
export class CoinTable {
  readonly slots: readonly Slot[];
  readonly #entries: (Slot | undefined)[];
  readonly #mask: number;
  /** The coin of the frame before: very often the next one's too. */
  #last: Slot | undefined = undefined;

  constructor(instruments: readonly Instrument[]) {
    let capacity = 16;
    while (capacity < instruments.length * 2) capacity *= 2;
    this.#entries = new Array<Slot | undefined>(capacity).fill(undefined);
    this.#mask = capacity - 1;
    this.slots = instruments.map(slotOf);
    for (const slot of this.slots) this.#add(slot);
  }

  /** The entry of the coin in `bytes[start..end)`. */
  find(bytes: Uint8Array, start: number, end: number): Slot | undefined {
    const last = this.#last;
    if (last !== undefined && isText(bytes, start, end, last.bytes)) return last;
    let place = hashOf(bytes, start, end) & this.#mask;
    for (;;) {
      const entry = this.#entries[place];
      if (entry === undefined) return undefined;
      if (isText(bytes, start, end, entry.bytes)) {
        this.#last = entry;
        return entry;
      }
      place = (place + 1) & this.#mask;
    }
  }

  /** The entry of a coin by its name. */
  byName(coin: string): Slot | undefined {
    const bytes = new TextEncoder().encode(coin);
    return this.find(bytes, 0, bytes.length);
  }

  #add(slot: Slot): void {
    let place = hashOf(slot.bytes, 0, slot.bytes.length) & this.#mask;
    while (this.#entries[place] !== undefined) place = (place + 1) & this.#mask;
    this.#entries[place] = slot;
  }
}

function slotOf(instrument: Instrument): Slot {
  return {
    bytes: new TextEncoder().encode(instrument.terms.venueSymbol),
    instrument,
    priceScale: instrument.priceGrid.scale,
    priceMantissa: instrument.priceGrid.mantissa,
    sizeScale: instrument.sizeGrid.scale,
    sizeMantissa: instrument.sizeGrid.mantissa,
    bookTime: 0,
    touchTime: 0,
  };
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  return hash ^ (hash >>> 15);
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
export function isText(
  bytes: Uint8Array,
  start: number,
  end: number,
  wanted: Uint8Array,
): boolean {
  return end - start === wanted.length && isAt(bytes, start, end, wanted);
}

/** A place in a frame. */
export class FrameScanner {
  at = 0;
  /** What a level's or touch's object said last. */
  price = UNREAD;
  size = UNREAD;

  /** Reads `"key":`; `KEY_OTHER` where nothing can be read: its value is skipped or fails. */
  key(bytes: Uint8Array, end: number): number {
    const start = this.at + 1;
    if (bytes[this.at] !== QUOTE) return this.#lost(end);
    let at = start;
    let code = 0;
    let byte = bytes[at]!;
    while (byte !== QUOTE) {
      if (at >= end || byte === BACKSLASH) return this.#lost(end);
      code = (code << 8) | byte;
      byte = bytes[++at]!;
    }
    if (bytes[at + 1] !== COLON) return this.#lost(end);
    this.at = at + 2;
    if (at - start <= 4) return code;
    return isText(bytes, start, at, LEVELS) ? KEY_LEVELS : KEY_OTHER;
  }

  /** A whole number of at most 2^53 - 1. */
  integer(bytes: Uint8Array): number {
    const first = this.at;
    let at = first;
    let head = 0;
    let digit = bytes[at]! - ZERO;
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
      digit = bytes[++at]! - ZERO;
      if (digit === QUOTE_DIGIT) return UNREAD;
      while (missing > 0 && digit >= 0 && digit <= 9) {
        value = (Math.imul(value, 10) + digit) | 0;
        missing--;
        digit = bytes[++at]! - ZERO;
      }
      count += scale - missing;
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
    const first = this.at;
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
        if (depth === 0) return this.at > first;
        if (--depth === 0) {
          this.at++;
          return true;
        }
      } else if (code === COMMA && depth === 0) {
        return this.at > first;
      }
      this.at++;
    }
    return false;
  }

  /** `[{"px":"…","sz":"…","n":1},…]` into `out`; false when any of it is not on the grids. */
  levels(bytes: Uint8Array, end: number, slot: Slot, out: LevelBuffer): boolean {
    if (bytes[this.at] !== OPEN_LIST) return false;
    if (bytes[this.at + 1] === CLOSE_LIST) {
      this.at += 2;
      return true;
    }
    do {
      this.at++;
      if (!this.level(bytes, end, slot)) return false;
      out.push(this.price, this.size);
    } while (bytes[this.at] === COMMA);
    return bytes[this.at++] === CLOSE_LIST && this.at <= end;
  }

  /** One level's object into `price` and `size`. */
  level(bytes: Uint8Array, end: number, slot: Slot): boolean {
    if (bytes[this.at] !== OPEN_OBJECT) return false;
    let price = UNREAD;
    let size = UNREAD;
    do {
      this.at++;
      switch (this.key(bytes, end)) {
        case KEY_PX:
          price = this.quotedSteps(bytes, slot.priceScale, slot.priceMantissa);
          break;
        case KEY_SZ:
          size = this.quotedSteps(bytes, slot.sizeScale, slot.sizeMantissa);
          break;
        default:
          if (!this.skipValue(bytes, end)) return false;
      }
    } while (bytes[this.at] === COMMA);
    this.price = price;
    this.size = size;
    return bytes[this.at++] === CLOSE_OBJECT && price > 0 && size >= 0;
  }

  /** No key stands here: reading ends, because nothing stands at the end either. */
  #lost(end: number): number {
    this.at = end;
    return KEY_OTHER;
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
