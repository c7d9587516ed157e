/**
 * Reads `[["price","size"], ...]` where it lies: the innermost loop of every book decoder.
 *
 * 1. The compact form without spaces is read in one loop over local variables.
 * 2. Amounts may be quoted or bare; elements behind the second must be scalars and are skipped.
 * 3. Any doubt answers -1, and nothing that was pushed may then be used.
 * @module
 */
import type { Grid } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import { POWERS_OF_TEN } from "./decimal_scanner.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const SCALE_MAX = 22;

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
