/**
 * Levels of futures' `order_book_update`, `[{"p":"67100.1","s":15},…]`; sizes are quoted or bare.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import { literal, stepsAt, stepsEnd } from "@/exchanges/shared/mod.ts";

const PRICE = literal('{"p":"');
const SIZE = literal('","s":');
const QUOTE = 34, COMMA = 44, OPEN_LIST = 91, CLOSE_LIST = 93, CLOSE = 125;

/** Levels into `out`; the place behind their bracket, or -1. */
export function scanObjectLevels(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  { priceGrid, sizeGrid }: Instrument,
  out: LevelBuffer,
): number {
  if (bytes[from] !== OPEN_LIST) return -1;
  if (bytes[from + 1] === CLOSE_LIST) return from + 2;
  let at = (from + 1) | 0;
  while ((at = PRICE(view, at)) > 0) {
    const price = stepsAt(bytes, at, priceGrid);
    if (price < 0 || (at = SIZE(view, stepsEnd[0]!)) < 0) return -1;
    const isQuoted = bytes[at] === QUOTE;
    const size = stepsAt(bytes, isQuoted ? (at + 1) | 0 : at, sizeGrid);
    if (size < 0) return -1;
    at = stepsEnd[0]!;
    if (isQuoted) {
      if (bytes[at] !== QUOTE) return -1;
      at = (at + 1) | 0;
    }
    if (bytes[at] !== CLOSE) return -1;
    out.push(price, size);
    const next = bytes[(at + 1) | 0];
    at = (at + 2) | 0;
    if (next !== COMMA) return next === CLOSE_LIST ? at : -1;
  }
  return -1;
}
