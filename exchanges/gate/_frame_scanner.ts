/**
 * Reads Gate's market frames where they lie: keys, integers, amounts, levels of both shapes.
 *
 * 1. `at` moves only forward; every method leaves it behind what it read.
 * 2. Nothing here throws and nothing allocates; what is not understood is `UNREAD` (or false) and
 *    the caller falls back to `JSON.parse`.
 * 3. Amounts come quoted or bare, levels as `["p","q"]` (spot, `obu`) or `{"p":"…","s":…}`
 *    (futures) in either order of keys. A number is read exactly or not at all.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import { keyCodeOf, scanDecimal, scanLevels, scanTicks } from "@/exchanges/shared/mod.ts";

/** What a reader answers when the bytes were not what it expected. */
export const UNREAD = -1;

const ZERO = 48;
const POINT = 46;
const QUOTE = 34;
const COLON = 58;
const COMMA = 44;
const MINUS = 45;
const BACKSLASH = 92;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const LETTER_P = 112;
const LETTER_S = 115;
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const SAFE_MAX = Number.MAX_SAFE_INTEGER;
const DEPTH_MAX = 32;

/** One instrument and what its stream said last. */
export interface Slot {
  readonly instrument: Instrument;
  readonly bytes: Uint8Array;
  /** Id and time of the last depth frame; -1 and 0 before the first. */
  lastId: number;
  lastAt: number;
  /** The stream was asked for anew: its next whole book is taken whatever its id. */
  isAnew: boolean;
  /** When funding is paid next, as far as the connector knows; 0: not known. */
  fundingAt: number;
}

/** Venue symbols of one product by their bytes: an open-addressing table, at most half full. */
export class SymbolTable {
  readonly #slots: (Slot | undefined)[];
  readonly #mask: number;

  constructor(instruments: readonly Instrument[]) {
    let capacity = 16;
    while (capacity < instruments.length * 4) capacity *= 2;
    this.#slots = new Array<Slot | undefined>(capacity).fill(undefined);
    this.#mask = capacity - 1;
    for (const instrument of instruments) this.#add(instrument);
  }

  /** The slot of the symbol in `bytes[start..end)`. */
  find(bytes: Uint8Array, start: number, end: number): Slot | undefined {
    let at = hashOf(bytes, start, end) & this.#mask;
    for (;;) {
      const slot = this.#slots[at];
      if (slot === undefined || isText(bytes, start, end, slot.bytes)) return slot;
      at = (at + 1) & this.#mask;
    }
  }

  #add(instrument: Instrument): void {
    const bytes = new TextEncoder().encode(instrument.terms.venueSymbol);
    if (this.find(bytes, 0, bytes.length) !== undefined) return;
    let at = hashOf(bytes, 0, bytes.length) & this.#mask;
    while (this.#slots[at] !== undefined) at = (at + 1) & this.#mask;
    this.#slots[at] = { instrument, bytes, lastId: UNREAD, lastAt: 0, isAnew: false, fundingAt: 0 };
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  return hash ^ (hash >>> 15);
}

/** Whether `bytes[start..end)` is exactly `wanted`. */
export function isText(
  bytes: Uint8Array,
  start: number,
  end: number,
  wanted: Uint8Array,
): boolean {
  if (end - start !== wanted.length) return false;
  for (let at = 0; at < wanted.length; at++) if (bytes[start + at] !== wanted[at]) return false;
  return true;
}

/** Codes that `FrameScanner.key` gives to longer keys: told apart by length and both ends. */
export function longKeyCode(key: string): number {
  return key.length <= 4
    ? keyCodeOf(key)
    : endsCode(key.length, key.charCodeAt(0), key.charCodeAt(key.length - 2));
}

function endsCode(length: number, first: number, lastButOne: number): number {
  return -((length * 256 + first) * 256 + lastButOne);
}

/** A place in a frame. */
export class FrameScanner {
  at = 0;
  /** Span of the key, or of the text, read last, without quotes. */
  start = 0;
  end = 0;

  /**
   * Reads `{"key":` or `,"key":` and answers the key's code: its bytes up to four of them, else
   * `longKeyCode`, which two keys may share: compare the span where it matters. 0 is no key.
   */
  key(bytes: Uint8Array, limit: number): number {
    let at = this.at + 1;
    if (bytes[at] !== QUOTE) return 0;
    const start = ++at;
    let code = 0;
    let byte = 0;
    while (at < limit && (byte = bytes[at]!) !== QUOTE) {
      if (byte === BACKSLASH) return 0;
      code = (code << 8) | byte;
      at++;
    }
    if (at >= limit || bytes[at + 1] !== COLON || at === start) return 0;
    this.start = start;
    this.end = at;
    this.at = at + 2;
    const length = at - start;
    return length <= 4 ? code : endsCode(length, bytes[start]!, bytes[at - 2]!);
  }

  /** A whole number of at most 2^53 - 1, quoted or bare. */
  integer(bytes: Uint8Array, limit: number): number {
    const quoted = bytes[this.at] === QUOTE;
    const first = quoted ? this.at + 1 : this.at;
    let at = first;
    let value = 0;
    let digit = 0;
    while (at < limit && (digit = bytes[at]! ^ ZERO) <= 9) {
      value = value * 10 + digit;
      at++;
    }
    if (at === first || value > SAFE_MAX || (quoted && bytes[at] !== QUOTE)) return UNREAD;
    this.at = quoted ? at + 1 : at;
    return value;
  }

  /** Steps over an amount, quoted or bare, of either sign; its span is in `start` and `end`. */
  amount(bytes: Uint8Array, limit: number): boolean {
    const quoted = bytes[this.at] === QUOTE;
    let at = quoted ? this.at + 1 : this.at;
    this.start = at;
    if (bytes[at] === MINUS) at++;
    while (at < limit && ((bytes[at]! ^ ZERO) <= 9 || bytes[at] === POINT)) at++;
    if (at >= limit) return false;
    this.end = at;
    if (quoted && bytes[at] !== QUOTE) return false;
    this.at = quoted ? at + 1 : at;
    return true;
  }

  /** A quoted text without escapes; its span is in `start` and `end`. */
  quoted(bytes: Uint8Array, limit: number): boolean {
    let at = this.at;
    if (bytes[at] !== QUOTE) return false;
    this.start = ++at;
    while (at < limit && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at++;
    if (at >= limit || bytes[at] !== QUOTE) return false;
    this.end = at;
    this.at = at + 1;
    return true;
  }

  /** Steps over one value of any kind. */
  skipValue(bytes: Uint8Array, limit: number): boolean {
    let depth = 0;
    let at = this.at;
    while (at < limit) {
      const code = bytes[at]!;
      if (code === QUOTE) {
        at++;
        while (at < limit && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at++;
        if (at >= limit || bytes[at] !== QUOTE) return false;
        at++;
        if (depth === 0) return this.#to(at);
        continue;
      }
      if (code === OPEN_LIST || code === OPEN_OBJECT) {
        if (++depth > DEPTH_MAX) return false;
      } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) {
        if (depth === 0) return this.#to(at);
        if (--depth === 0) return this.#to(at + 1);
      } else if (code === COMMA && depth === 0) {
        return this.#to(at);
      }
      at++;
    }
    return false;
  }

  #to(at: number): boolean {
    const moved = at > this.at;
    this.at = at;
    return moved;
  }

  /** Levels of either shape into `out`; false when any of it is not exactly on the grids. */
  levels(bytes: Uint8Array, limit: number, slot: Slot, out: LevelBuffer): boolean {
    if (bytes[this.at] !== OPEN_LIST) return false;
    const { priceGrid, sizeGrid } = slot.instrument;
    if (bytes[this.at + 1] === OPEN_OBJECT) return this.#objectLevels(bytes, limit, slot, out);
    const next = scanLevels(bytes, this.at, limit, priceGrid, sizeGrid, out);
    if (next < 0) return false;
    this.at = next;
    return true;
  }

  /**
   * `[{"p":"digits.digits","s":digits},…]`: the innermost loop of the venue, over local variables.
   * A level of another form is read by `#oneLevel`, with the same strictness.
   */
  #objectLevels(bytes: Uint8Array, limit: number, slot: Slot, out: LevelBuffer): boolean {
    const { priceGrid, sizeGrid } = slot.instrument;
    const priceScale = priceGrid.scale;
    const isUsual = priceGrid.mantissa === 1 && sizeGrid.mantissa === 1 && sizeGrid.scale <= 22;
    const sizeUnit = POWERS_OF_TEN[sizeGrid.scale]!;
    let at = this.at + 1;
    while (at < limit) {
      const level = at;
      let price = UNREAD;
      let size = UNREAD;
      if (
        isUsual && bytes[at] === OPEN_OBJECT && bytes[at + 1] === QUOTE &&
        bytes[at + 2] === LETTER_P && bytes[at + 3] === QUOTE && bytes[at + 4] === COLON &&
        bytes[at + 5] === QUOTE
      ) {
        at += 6;
        let value = 0;
        let digit = 0;
        let missing = priceScale;
        const first = at;
        while ((digit = bytes[at]! ^ ZERO) <= 9) {
          value = value * 10 + digit;
          at++;
        }
        if (at > first && bytes[at] === POINT) {
          at++;
          while (missing > 0 && (digit = bytes[at]! ^ ZERO) <= 9) {
            value = value * 10 + digit;
            missing--;
            at++;
          }
          if (bytes[at - 1] === POINT) at = level;
          while (bytes[at] === ZERO) at++;
        }
        if (at > first && bytes[at] === QUOTE && bytes[at + 1] === COMMA) {
          price = missing === 0 ? value : value * POWERS_OF_TEN[missing]!;
        }
        if (
          bytes[at + 2] === QUOTE && bytes[at + 3] === LETTER_S && bytes[at + 4] === QUOTE &&
          bytes[at + 5] === COLON
        ) {
          at += 6;
          const quoted = bytes[at] === QUOTE;
          if (quoted) at++;
          const from = at;
          value = 0;
          while ((digit = bytes[at]! ^ ZERO) <= 9) {
            value = value * 10 + digit;
            at++;
          }
          if (at > from && quoted === (bytes[at] === QUOTE)) size = value * sizeUnit;
          if (quoted) at++;
        }
        if (bytes[at++] !== CLOSE_OBJECT || price > SAFE_MAX || size > SAFE_MAX) size = UNREAD;
      }
      if (price < 0 || size < 0) {
        this.at = level;
        if (!this.#oneLevel(bytes, limit, slot, out)) return false;
        at = this.at;
      } else {
        out.push(price, size);
      }
      if (bytes[at] !== COMMA) {
        this.at = at + 1;
        return bytes[at] === CLOSE_LIST && at < limit;
      }
      at++;
    }
    return false;
  }

  /** One `{"p":…,"s":…}` with its keys in any order. */
  #oneLevel(bytes: Uint8Array, limit: number, slot: Slot, out: LevelBuffer): boolean {
    if (bytes[this.at] !== OPEN_OBJECT) return false;
    const { priceGrid, sizeGrid } = slot.instrument;
    let price = UNREAD;
    let size = UNREAD;
    do {
      const key = this.key(bytes, limit);
      if (key === LETTER_P || key === LETTER_S) {
        if (!this.amount(bytes, limit)) return false;
        const grid = key === LETTER_P ? priceGrid : sizeGrid;
        const steps = scanTicks(bytes, this.start, this.end, grid);
        if (key === LETTER_P) price = steps;
        else size = steps;
      } else if (key === 0 || !this.skipValue(bytes, limit)) return false;
    } while (bytes[this.at] === COMMA);
    if (bytes[this.at] !== CLOSE_OBJECT || price < 0 || size < 0) return false;
    this.at++;
    out.push(price, size);
    return true;
  }
}

/**
 * An instant with or without decimals in `bytes[start..end)` as microseconds, of which its unit
 * has 10^`decimals`: 3 for milliseconds, 6 for seconds. What is finer is cut off. `UNREAD` when it
 * is no such number.
 */
export function scanInstant(
  bytes: Uint8Array,
  start: number,
  end: number,
  decimals: number,
): number {
  let point = start;
  while (point < end && bytes[point] !== POINT) point++;
  for (let at = point + 1; at < end; at++) if ((bytes[at]! ^ ZERO) > 9) return UNREAD;
  return scanDecimal(bytes, start, Math.min(end, point + 1 + decimals), decimals);
}
