/**
 * Price levels from bytes to ticks and lots: the innermost loops of every book decoder.
 *
 * 1. A level is read exactly or refused, as in `decimal_scanner.ts`: digits beyond the grid must be
 *    zeros, amounts off the grid and above 2^53 - 1 are refused.
 * 2. One loop over local variables for the form that venues send; a level of another form is read
 *    by slower code of the same strictness, or refused.
 * 3. Reading may run behind `end`, which is noticed before a level is taken.
 *
 * `byte ^ 0x30` is at most nine exactly for a digit, so that one comparison tells; `| 0` says that
 * nothing overflows, which saves a check at each step: 13 ns a level of 22 bytes where the same
 * loop without it took 20, with a function for each amount 17 to 21, with four bytes a load 22.
 * @module
 */
import type { Grid } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import { SCALE_MAX, scanDecimal, wholeSteps } from "./decimal_scanner.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const POINT_DIGIT = POINT ^ ZERO;
const QUOTE_DIGIT = QUOTE ^ ZERO;
/** Digits that fit 32-bit arithmetic. */
const SHORT_DIGITS = 9;
const SHORT_POWERS = Int32Array.from({ length: SHORT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/**
 * Reads levels from `bytes[start]`, which is the outer `[`, and appends them to `out` as ticks and
 * lots. Amounts are quoted or, where they may be, bare; further elements of a level are skipped.
 * Answers the position behind the outer `]`, or -1; what was appended may then not be used.
 */
export function scanLevels(
  bytes: Uint8Array,
  start: number,
  end: number,
  priceGrid: Grid,
  sizeGrid: Grid,
  out: LevelBuffer,
  mustBeQuoted = false,
): number {
  const { scale: priceScale } = priceGrid;
  const { scale: sizeScale } = sizeGrid;
  if (bytes[start] !== BRACKET_OPEN) return -1;
  if (priceScale > SCALE_MAX || sizeScale > SCALE_MAX) return -1;
  const from = out.count;
  let at = start + 1;
  if (at < end && bytes[at] === BRACKET_CLOSE) return at + 1;
  while (at < end) {
    at = scanPairs(bytes, at, priceScale, sizeScale, out);
    if (at < end && bytes[at] === BRACKET_CLOSE) break;
    // One level of any other form; most often there is none.
    const price = scanAmount(bytes, at, BRACKET_OPEN, end, priceScale, mustBeQuoted);
    if (price < 0) return -1;
    const size = scanAmount(bytes, amountEnd, COMMA, end, sizeScale, mustBeQuoted);
    if (size < 0) return -1;
    at = skipScalars(bytes, amountEnd, end);
    if (at < 0) return -1;
    out.push(price, size);
    if (++at >= end) return -1;
    if (bytes[at] === BRACKET_CLOSE) break;
    if (bytes[at] !== COMMA) return -1;
    at++;
    if (bytes[at] === BRACKET_CLOSE) return -1;
  }
  return at < end && areWhole(out, from, priceGrid, sizeGrid) ? at + 1 : -1;
}

/**
 * Levels of the usual form, `["digits.digits","digits.digits"]`, up to the first one of another
 * form, whose start it answers, or all of them: then it answers where the outer `]` stands. Amounts
 * are in units of their scale, of at most nine digits, so that 32 bits hold them.
 */
function scanPairs(
  bytes: Uint8Array,
  start: number,
  priceScale: number,
  sizeScale: number,
  out: LevelBuffer,
): number {
  let { prices, sizes } = out;
  let count = out.count | 0;
  let level = start | 0;
  while (bytes[level] === BRACKET_OPEN && bytes[(level + 1) | 0] === QUOTE) {
    const priceStart = (level + 2) | 0;
    let at = priceStart;
    let digit = 0, price = 0, size = 0;
    for (; (digit = bytes[at]! ^ ZERO) <= 9; at = (at + 1) | 0) {
      price = (Math.imul(price, 10) + digit) | 0;
    }
    let missing = priceScale;
    if (at === priceStart || at - priceStart + missing > SHORT_DIGITS) break;
    if (digit === POINT_DIGIT) {
      if ((digit = bytes[at = (at + 1) | 0]! ^ ZERO) > 9) break;
      for (; missing > 0 && digit <= 9; missing = (missing - 1) | 0) {
        price = (Math.imul(price, 10) + digit) | 0;
        digit = bytes[at = (at + 1) | 0]! ^ ZERO;
      }
      while (digit === 0) digit = bytes[at = (at + 1) | 0]! ^ ZERO;
    }
    if (missing > 0) price = Math.imul(price, SHORT_POWERS[missing]!);
    if (digit !== QUOTE_DIGIT || bytes[(at + 1) | 0] !== COMMA) break;
    if (bytes[(at + 2) | 0] !== QUOTE) break;
    const sizeStart = (at + 3) | 0;
    at = sizeStart;
    for (; (digit = bytes[at]! ^ ZERO) <= 9; at = (at + 1) | 0) {
      size = (Math.imul(size, 10) + digit) | 0;
    }
    missing = sizeScale;
    if (at === sizeStart || at - sizeStart + missing > SHORT_DIGITS) break;
    if (digit === POINT_DIGIT) {
      if ((digit = bytes[at = (at + 1) | 0]! ^ ZERO) > 9) break;
      // Three at once: decimals of sizes are mostly as many as the grid's.
      const second = bytes[(at + 1) | 0]! ^ ZERO;
      const third = bytes[(at + 2) | 0]! ^ ZERO;
      if (missing >= 3 && second <= 9 && third <= 9) {
        const three = (Math.imul(digit, 100) + Math.imul(second, 10) + third) | 0;
        size = (Math.imul(size, 1_000) + three) | 0;
        missing = (missing - 3) | 0;
        digit = bytes[at = (at + 3) | 0]! ^ ZERO;
      }
      for (; missing > 0 && digit <= 9; missing = (missing - 1) | 0) {
        size = (Math.imul(size, 10) + digit) | 0;
        digit = bytes[at = (at + 1) | 0]! ^ ZERO;
      }
      while (digit === 0) digit = bytes[at = (at + 1) | 0]! ^ ZERO;
    }
    if (missing > 0) size = Math.imul(size, SHORT_POWERS[missing]!);
    if (digit !== QUOTE_DIGIT) break;
    at = (at + 1) | 0;
    if (bytes[at] !== BRACKET_CLOSE && (at = skipCounts(bytes, at)) < 0) break;
    const next = bytes[at = (at + 1) | 0];
    const isLast = next === BRACKET_CLOSE;
    if (!isLast && (next !== COMMA || bytes[(at + 1) | 0] !== BRACKET_OPEN)) break;
    if (count === prices.length) ({ prices, sizes } = out.grow());
    prices[count] = price;
    sizes[count] = size;
    count = (count + 1) | 0;
    level = (at + (isLast ? 0 : 1)) | 0;
  }
  out.count = count;
  return level;
}

/** Units to whole steps of grids, from a level on; false when one lies off them or is too large. */
function areWhole(out: LevelBuffer, from: number, priceGrid: Grid, sizeGrid: Grid): boolean {
  const { prices, sizes, count } = out;
  const { mantissa: priceStep } = priceGrid;
  const { mantissa: sizeStep } = sizeGrid;
  if (priceStep === 1 && sizeStep === 1) return true;
  for (let i = from; i < count; i++) {
    const price = wholeSteps(prices[i]!, priceStep);
    const size = wholeSteps(sizes[i]!, sizeStep);
    if (price < 0 || size < 0) return false;
    prices[i] = price;
    sizes[i] = size;
  }
  return true;
}

/** Where the amount read last ended. */
let amountEnd = 0;

/** An amount, quoted or bare, behind a byte that must be `before`; -1 when refused. Sets
 * `amountEnd`. */
function scanAmount(
  bytes: Uint8Array,
  start: number,
  before: number,
  end: number,
  scale: number,
  mustBeQuoted: boolean,
): number {
  if (start >= end || bytes[start] !== before) return -1;
  const quoted = bytes[start + 1] === QUOTE;
  if (mustBeQuoted && !quoted) return -1;
  const first = quoted ? start + 2 : start + 1;
  let at = first;
  while (at < end && ((bytes[at]! ^ ZERO) <= 9 || bytes[at] === POINT)) at++;
  if (at >= end) return -1;
  if (quoted && bytes[at] !== QUOTE) return -1;
  amountEnd = quoted ? at + 1 : at;
  return scanDecimal(bytes, first, at, scale);
}

/**
 * To the bracket of a counted level's usual end, `,"0","12"]`: a field without meaning, and how
 * many orders there are. Whatever else stands there is stepped over up to the buffer's end, and
 * levels that end behind their frame are refused.
 */
function skipCounts(bytes: Uint8Array, start: number): number {
  let at = (start + 5) | 0;
  const isUsual = bytes[start] === COMMA && bytes[(start + 1) | 0] === QUOTE &&
    bytes[(start + 2) | 0] === ZERO && bytes[(start + 3) | 0] === QUOTE &&
    bytes[(start + 4) | 0] === COMMA && bytes[at] === QUOTE;
  if (isUsual) {
    at = (at + 1) | 0;
    while ((bytes[at]! ^ ZERO) <= 9) at = (at + 1) | 0;
    if (bytes[at] === QUOTE && bytes[(at + 1) | 0] === BRACKET_CLOSE) return (at + 1) | 0;
  }
  return skipScalars(bytes, start, bytes.length);
}

/** From behind the second element to the closing bracket; only scalars may stand between. */
function skipScalars(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] === BRACKET_CLOSE) return start < end ? start : -1;
  if (bytes[start] !== COMMA) return -1;
  let at = start + 1;
  while (at < end && bytes[at] !== BRACKET_CLOSE) {
    const byte = bytes[at]!;
    if (byte === BRACKET_OPEN || byte === 0x7b || byte === 0x5c || byte < 0x20) return -1;
    at++;
  }
  return at < end ? at : -1;
}
