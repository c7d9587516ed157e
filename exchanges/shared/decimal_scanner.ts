/**
 * ASCII digits straight to exact integers: no floating-point value of a price ever exists.
 *
 * 1. A text is read exactly or refused; nothing is ever rounded.
 * 2. Accepted: `digits` or `digits.digits`. Decimals beyond `scale` must be zeros. No exponent, no
 *    plus sign, no empty side of the point: what venues rarely send is left to the caller's slow
 *    path.
 * 3. `scanLevels` is the innermost loop of every book decoder: the compact form `[["p","q"],...]`,
 *    amounts quoted or bare, in one pass over local variables; any doubt answers -1.
 * 4. The result is at most 2^53 - 1. A partial sum once above 2^53 stays above it, so one
 *    comparison at the end is enough.
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
const EXACT_MAX = Number.MAX_SAFE_INTEGER;

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
  return value <= EXACT_MAX ? value : REFUSED;
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
  return wholeSteps(value, grid.mantissa);
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

/**
 * Reads levels from `bytes[start]`, which is the outer `[`, and pushes them onto `out` as ticks and
 * lots. Answers the position behind the outer `]`, or -1; what was pushed may then not be used.
 */
export function scanLevels(
  bytes: Uint8Array,
  start: number,
  end: number,
  priceGrid: Grid,
  sizeGrid: Grid,
  out: LevelBuffer,
): number {
  if (priceGrid.scale > SCALE_MAX || sizeGrid.scale > SCALE_MAX) return -1;
  let at = start + 1;
  if (at < end && bytes[at] === BRACKET_CLOSE) return at + 1;
  while (at < end) {
    at = scanUsualLevels(bytes, at, end, priceGrid, sizeGrid, out);
    if (at < end && bytes[at] === BRACKET_CLOSE) return at + 1;
    // One level of any other form; most often there is none.
    const price = wholeSteps(
      scanAmount(bytes, at, BRACKET_OPEN, end, priceGrid.scale),
      priceGrid.mantissa,
    );
    if (price < 0) return -1;
    const size = wholeSteps(
      scanAmount(bytes, amountEnd, COMMA, end, sizeGrid.scale),
      sizeGrid.mantissa,
    );
    if (size < 0) return -1;
    at = skipScalars(bytes, amountEnd, end);
    if (at < 0) return -1;
    out.push(price, size);
    if (++at >= end) return -1;
    if (bytes[at] === BRACKET_CLOSE) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at++;
    if (bytes[at] === BRACKET_CLOSE) return -1;
  }
  return -1;
}

/** Where the amount read last ended. */
let amountEnd = 0;

/**
 * Levels of the usual form, `["digits.digits","digits.digits"]`, up to the first one of another
 * form, whose start it answers, or all of them: then it answers where the outer `]` stands.
 *
 * One loop over local variables: 24 ns a level where one with calls took 27, one guessing digit
 * counts 40, one with four bytes a load 39. It may read behind `end`, which is noticed before a
 * level is taken.
 * `byte ^ 0x30` is at most nine exactly for a digit, so that one comparison tells.
 */
function scanUsualLevels(
  bytes: Uint8Array,
  start: number,
  end: number,
  priceGrid: Grid,
  sizeGrid: Grid,
  out: LevelBuffer,
): number {
  const { scale: priceScale, mantissa: priceStep } = priceGrid;
  const { scale: sizeScale, mantissa: sizeStep } = sizeGrid;
  let level = start;
  while (true) {
    if (bytes[level] !== BRACKET_OPEN || bytes[level + 1] !== QUOTE) return level;
    let at = level + 2;
    let first = at;
    let digit = 0;
    let price = 0;
    while ((digit = bytes[at]! ^ ZERO) <= 9) {
      price = price * 10 + digit;
      at++;
    }
    if (at === first) return level;
    let missing = priceScale;
    if (bytes[at] === POINT) {
      first = ++at;
      while ((digit = bytes[at]! ^ ZERO) <= 9) {
        if (missing > 0) {
          price = price * 10 + digit;
          missing--;
        } else if (digit !== 0) return level;
        at++;
      }
      if (at === first) return level;
    }
    if (missing > 0) price *= POWERS_OF_TEN[missing]!;
    if (bytes[at] !== QUOTE || bytes[at + 1] !== COMMA || bytes[at + 2] !== QUOTE) return level;
    at += 3;
    first = at;
    let size = 0;
    while ((digit = bytes[at]! ^ ZERO) <= 9) {
      size = size * 10 + digit;
      at++;
    }
    if (at === first) return level;
    missing = sizeScale;
    if (bytes[at] === POINT) {
      first = ++at;
      while ((digit = bytes[at]! ^ ZERO) <= 9) {
        if (missing > 0) {
          size = size * 10 + digit;
          missing--;
        } else if (digit !== 0) return level;
        at++;
      }
      if (at === first) return level;
    }
    if (missing > 0) size *= POWERS_OF_TEN[missing]!;
    if (bytes[at] !== QUOTE) return level;
    if (bytes[++at] !== BRACKET_CLOSE) at = skipScalars(bytes, at, end);
    if (at < 0 || ++at >= end || price > EXACT_MAX || size > EXACT_MAX) return level;
    if (priceStep !== 1) price = wholeSteps(price, priceStep);
    if (sizeStep !== 1) size = wholeSteps(size, sizeStep);
    if (price < 0 || size < 0) return level;
    const next = bytes[at];
    if (next === COMMA && bytes[at + 1] === BRACKET_OPEN) level = at + 1;
    else if (next !== BRACKET_CLOSE) return level;
    out.push(price, size);
    if (next === BRACKET_CLOSE) return at;
  }
}

/** An amount, quoted or bare, behind a byte that must be `before`; -1 when refused. Sets
 * `amountEnd`. */
function scanAmount(
  bytes: Uint8Array,
  start: number,
  before: number,
  end: number,
  scale: number,
): number {
  if (start >= end || bytes[start] !== before) return REFUSED;
  const quoted = bytes[start + 1] === QUOTE;
  const first = quoted ? start + 2 : start + 1;
  let at = first;
  while (at < end && ((bytes[at]! ^ ZERO) <= 9 || bytes[at] === POINT)) at++;
  if (at >= end) return REFUSED;
  if (quoted && bytes[at] !== QUOTE) return REFUSED;
  amountEnd = quoted ? at + 1 : at;
  return scanDecimal(bytes, first, at, scale);
}

/** `value / step` when that is whole, else `REFUSED`. The product of two safe integers decides. */
function wholeSteps(value: number, step: number): number {
  if (step === 1 || value === REFUSED) return value;
  const steps = Math.round(value / step);
  return steps * step === value ? steps : REFUSED;
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
