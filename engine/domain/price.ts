/**
 * `Price`: whole ticks of one instrument.
 *
 * 1. A price is a safe integer, so sums and comparisons are exact.
 * 2. Text becomes a price only through `Instrument.priceFromText`; no float of a price ever exists.
 * @module
 */
import { assert } from "./assert.ts";
import type { Brand } from "./brand.ts";

/** Whole ticks of one instrument; `Instrument.priceFromText("64250.10")` makes one. */
export type Price = Brand<number, "Price">;

/** Makes a price of whole ticks; anything else is a broken invariant. */
export function price(ticks: number): Price {
  assert(Number.isSafeInteger(ticks), "Price must be whole ticks");
  return ticks as Price;
}

/** The price `ticks` whole ticks away; a negative number moves it down. */
export function moveByTicks(from: Price, ticks: number): Price {
  return price(from + ticks);
}
