/**
 * ASCII digits straight to exact integers: no floating-point value of a price ever exists.
 *
 * 1. A text is read exactly or refused; nothing is ever rounded.
 * 2. Accepted: `digits` or `digits.digits`. Decimals beyond `scale` must be zeros. No exponent, no plus
 *    sign, no empty side of the point: what venues rarely send is left to the caller's slow path.
 * 3. `scanLevels` is the innermost loop of every book decoder: the compact form `[["p","q"],...]`, amounts
 *    quoted or bare, in one pass over local variables; any doubt answers -1.
 * 4. The result is at most 2^53 - 1. A partial sum once above 2^53 stays above it, so one comparison at
 *    the end is enough.
 * @module
 */
import type { Grid } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";

/** What the unsigned scanners answer when the text was not understood. */
export const REFUSED = -1;

/** 10^0 ... 10^22, all exact. */
const POWERS_OF_TEN: Float64Array = Float64Array.from(
  { length: 23 },
  (_, exponent) => Number(`1e${exponent}`),
);

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const SCALE_MAX = 22;

/** `bytes[start..end)` as a whole number of 10^-scale, or `REFUSED`. `0 <= scale <= 22`. */
export function scanDecimal(
  bytes: Uint8Array,
  start: number,
  end: number,
  scale: number,
): number {
  let value = 0;
  let at = start;
  while (at < end) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    at++;
  }
  if (at === start || scale > SCALE_MAX) return REFUSED;
  if (at === end) return fits(value * POWERS_OF_TEN[scale]!);
  if (bytes[at] !== POINT) return REFUSED;
  return scanFraction(bytes, at + 1, end, scale, value);
}

/** The part behind the point, onto the whole part read so far. */
function scanFraction(
  bytes: Uint8Array,
  start: number,
  end: number,
  scale: number,
  whole: number,
): number {
  if (start === end) return REFUSED;
  const kept = end - start > scale ? start + scale : end;
  let value = whole;
  for (let at = start; at < kept; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return REFUSED;
    value = value * 10 + digit;
  }
  for (let at = kept; at < end; at++) {
    if (bytes[at] !== ZERO) return REFUSED;
  }
  const missing = scale - (kept - start);
  return fits(missing === 0 ? value : value * POWERS_OF_TEN[missing]!);
}

function fits(value: number): number {
  return value <= Number.MAX_SAFE_INTEGER ? value : REFUSED;
}

/** Like `scanDecimal`, but a leading minus is read too; `NaN` when refused. `-0` is 0. */
export function scanSignedDecimal(
  bytes: Uint8Array,
  start: number,
  end: number,
  scale: number,
): number {
  const negative = start < end && bytes[start] === MINUS;
  const value = scanDecimal(bytes, negative ? start + 1 : start, end, scale);
  if (value === REFUSED) return NaN;
  return negative && value !== 0 ? -value : value;
}

/** Whole steps of `grid` (ticks or lots), or `REFUSED`, also when the text lies off the grid. */
export function scanTicks(bytes: Uint8Array, start: number, end: number, grid: Grid): number {
  const value = scanDecimal(bytes, start, end, grid.scale);
  if (grid.mantissa === 1 || value === REFUSED) return value;
  const steps = value / grid.mantissa;
  // Both are safe integers: the quotient is whole exactly when the grid divides the value.
  return value % grid.mantissa === 0 ? steps : REFUSED;
}

/** Like `scanTicks`, but a leading minus is read too; `NaN` when refused. */
export function scanSignedTicks(
  bytes: Uint8Array,
  start: number,
  end: number,
  grid: Grid,
): number {
  const negative = start < end && bytes[start] === MINUS;
  const value = scanTicks(bytes, negative ? start + 1 : start, end, grid);
  if (value === REFUSED) return NaN;
  return negative && value !== 0 ? -value : value;
}

/** Digits only, to a safe integer, or `REFUSED`. */
export function scanDigits(bytes: Uint8Array, start: number, end: number): number {
  return scanDecimal(bytes, start, end, 0);
}

/** Where the amount read last by `scanAmount` ended. */
let amountEnd = 0;

/**
 * Reads levels from `bytes[start]`, which is the outer `[`, and pushes them onto `out` as ticks and lots.
 * Answers the position behind the outer `]`, or -1.
 */
export function scanLevels(
  bytes: Uint8Array,
  start: number,
  end: number,
  priceGrid: Grid,
  sizeGrid: Grid,
  out: LevelBuffer,
): number {
  let at = start + 1;
  if (priceGrid.scale > SCALE_MAX || sizeGrid.scale > SCALE_MAX) return -1;
  if (at < end && bytes[at] === BRACKET_CLOSE) return at + 1;
  while (at < end) {
    if (bytes[at] !== BRACKET_OPEN) return -1;
    const price = scanAmount(bytes, at + 1, end, priceGrid);
    if (price < 0 || bytes[amountEnd] !== COMMA) return -1;
    const size = scanAmount(bytes, amountEnd + 1, end, sizeGrid);
    if (size < 0) return -1;
    at = amountEnd;
    if (bytes[at] !== BRACKET_CLOSE) {
      at = skipScalars(bytes, at, end);
      if (at < 0) return -1;
    }
    out.push(price, size);
    at++;
    if (at >= end) return -1;
    if (bytes[at] === BRACKET_CLOSE) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at++;
  }
  return -1;
}

/** One amount, quoted or bare, as whole steps of a grid; -1 when refused. Sets `amountEnd`. */
function scanAmount(bytes: Uint8Array, start: number, end: number, grid: Grid): number {
  const quoted = bytes[start] === QUOTE;
  const first = quoted ? start + 1 : start;
  let at = first;
  let value = 0;
  let digit = bytes[at]! - ZERO;
  while (at < end && digit >= 0 && digit <= 9) {
    value = value * 10 + digit;
    digit = bytes[++at]! - ZERO;
  }
  if (at === first) return -1;
  let missing = grid.scale;
  if (at < end && bytes[at] === POINT) {
    const point = at++;
    digit = bytes[at]! - ZERO;
    while (at < end && digit >= 0 && digit <= 9) {
      if (missing > 0) {
        value = value * 10 + digit;
        missing--;
      } else if (digit !== 0) return -1;
      digit = bytes[++at]! - ZERO;
    }
    if (at === point + 1) return -1;
  }
  if (at >= end) return -1;
  if (quoted) {
    if (bytes[at] !== QUOTE) return -1;
    at++;
  }
  if (missing > 0) value *= POWERS_OF_TEN[missing]!;
  if (value > Number.MAX_SAFE_INTEGER) return -1;
  amountEnd = at;
  if (grid.mantissa === 1) return value;
  return value % grid.mantissa === 0 ? value / grid.mantissa : -1;
}

/** From the comma behind the second element to the closing bracket; only scalars may stand between. */
function skipScalars(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== COMMA) return -1;
  let at = start + 1;
  while (at < end && bytes[at] !== BRACKET_CLOSE) {
    const byte = bytes[at]!;
    if (byte === BRACKET_OPEN || byte === 0x7b || byte === 0x5c || byte < 0x20) return -1;
    at++;
  }
  return at < end ? at : -1;
}
