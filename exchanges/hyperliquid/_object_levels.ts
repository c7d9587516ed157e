/**
 * Levels as the venue writes them, `[{"px":"67100.1","sz":"0.015","n":7},…]`: one loop over local
 * variables, as `exchanges/shared/level_scanner.ts` has for pairs. With a function for each amount
 * it would take a third longer.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import { literal, stepsAt, stepsEnd } from "@/exchanges/shared/mod.ts";

const PRICE = literal('{"px":"');
const SIZE = literal('","sz":"');
const ORDERS = literal('","n":');
const ZERO = 48, POINT_DIGIT = 46 ^ ZERO, COMMA = 44, CLOSE = 125;
const OPEN_LIST = 91, CLOSE_LIST = 93;
/** Digits that fit 32-bit arithmetic. */
const SHORT_DIGITS = 9;
const POWERS = Int32Array.from({ length: SHORT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/** Levels into `out`, best first; the place behind their bracket, or -1. */
export function scanObjectLevels(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  { priceGrid, sizeGrid }: Instrument,
  out: LevelBuffer,
): number {
  if (bytes[from] !== OPEN_LIST) return -1;
  if (bytes[from + 1] === CLOSE_LIST) return from + 2;
  const isPlain = priceGrid.mantissa === 1 && sizeGrid.mantissa === 1;
  const priceScale = priceGrid.scale, sizeScale = sizeGrid.scale;
  let at = (from + 1) | 0;
  while ((at = PRICE(view, at)) > 0) {
    const priceStart = at;
    let digit = 0, price = 0, size = 0;
    for (; (digit = bytes[at]! ^ ZERO) <= 9; at = (at + 1) | 0) {
      price = (Math.imul(price, 10) + digit) | 0;
    }
    let missing = priceScale;
    let isShort = isPlain && at > priceStart && at - priceStart + missing <= SHORT_DIGITS;
    if (digit === POINT_DIGIT) {
      digit = bytes[at = (at + 1) | 0]! ^ ZERO;
      isShort &&= digit <= 9;
      for (; missing > 0 && digit <= 9; missing = (missing - 1) | 0) {
        price = (Math.imul(price, 10) + digit) | 0;
        digit = bytes[at = (at + 1) | 0]! ^ ZERO;
      }
      while (digit === 0) digit = bytes[at = (at + 1) | 0]! ^ ZERO;
    }
    if (isShort) price = Math.imul(price, POWERS[missing]!);
    else {
      price = stepsAt(bytes, priceStart, priceGrid);
      at = stepsEnd[0]!;
    }
    if (price <= 0 || (at = SIZE(view, at)) < 0) return -1;
    const sizeStart = at;
    for (; (digit = bytes[at]! ^ ZERO) <= 9; at = (at + 1) | 0) {
      size = (Math.imul(size, 10) + digit) | 0;
    }
    missing = sizeScale;
    isShort = isPlain && at > sizeStart && at - sizeStart + missing <= SHORT_DIGITS;
    if (digit === POINT_DIGIT) {
      digit = bytes[at = (at + 1) | 0]! ^ ZERO;
      isShort &&= digit <= 9;
      for (; missing > 0 && digit <= 9; missing = (missing - 1) | 0) {
        size = (Math.imul(size, 10) + digit) | 0;
        digit = bytes[at = (at + 1) | 0]! ^ ZERO;
      }
      while (digit === 0) digit = bytes[at = (at + 1) | 0]! ^ ZERO;
    }
    if (isShort) size = Math.imul(size, POWERS[missing]!);
    else {
      size = stepsAt(bytes, sizeStart, sizeGrid);
      at = stepsEnd[0]!;
    }
    if (size < 0 || (at = ORDERS(view, at)) < 0) return -1;
    while ((bytes[at]! ^ ZERO) <= 9) at = (at + 1) | 0;
    if (bytes[at] !== CLOSE) return -1;
    out.push(price, size);
    const next = bytes[(at + 1) | 0];
    at = (at + 2) | 0;
    if (next !== COMMA) return next === CLOSE_LIST ? at : -1;
  }
  return -1;
}
