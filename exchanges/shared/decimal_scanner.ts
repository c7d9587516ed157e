/**
 * ASCII digits straight to exact integers: no floating-point value of a price ever exists.
 *
 * 1. A text is read exactly or refused; nothing is ever rounded.
 * 2. Accepted: `digits` or `digits.digits`. Decimals beyond `scale` must be zeros. No exponent, no
 *    plus sign, no empty side of the point: what venues rarely send is left to the caller's slow
 *    path.
 * 3. The result is at most 2^53 - 1. A partial sum once above 2^53 stays above it, so one
 *    comparison at the end is enough.
 * @module
 */
import type { Grid } from "@/engine/domain/mod.ts";

/** What the unsigned scanners answer when the text was not understood. */
export const REFUSED = -1;

/** 10^0 ... 10^22, all exact. */
const POWERS_OF_TEN: Float64Array = Float64Array.from(
  { length: 23 },
  (_, exponent) => Number(`1e${exponent}`),
);

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
/** Largest scale that is understood. */
export const SCALE_MAX = 22;
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

/** `value / step` when that is whole, else `REFUSED`. The product of two safe integers decides. */
export function wholeSteps(value: number, step: number): number {
  if (step === 1 || value === REFUSED) return value;
  const steps = Math.round(value / step);
  return steps * step === value ? steps : REFUSED;
}
