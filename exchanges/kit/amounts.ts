/**
 * Amounts as venues write them: a text to a price, a size or money of ours.
 *
 * 1. What is not said is `undefined`, never zero; what is said but cannot be ours is "bad".
 * @module
 */
import {
  decimalToText,
  type Instrument,
  type Money,
  moneyFromText,
  parseDecimal,
  type Price,
  type Size,
} from "@/engine/domain/mod.ts";

/** A price above zero; undefined where the venue writes 0 or nothing; `bad` off the grid. */
export function priceOf(instrument: Instrument, text: string): Price | undefined | "bad" {
  if (text === "" || Number(text) === 0) return undefined;
  const read = instrument.priceFromText(text);
  return read.ok && read.value > 0 ? read.value : "bad";
}

/** A size; undefined where nothing is said; `bad` off the grid. */
export function sizeOf(instrument: Instrument, text: string): Size | undefined | "bad" {
  if (text === "") return undefined;
  const read = instrument.sizeFromText(text);
  return read.ok ? read.value : "bad";
}

/** A decimal above zero as money. */
export function positiveMoney(text: string): Money | undefined {
  const read = moneyFromText(text);
  return read.ok && read.value > 0n ? read.value : undefined;
}

/** Whether the text is a decimal above zero. */
export function isPositive(text: string): boolean {
  const parsed = parseDecimal(text);
  return parsed.ok && parsed.value.digits > 0n;
}

/** The same amount without exponent and trailing zeros; what is no decimal stays as it is. */
export function plain(text: string): string {
  const parsed = parseDecimal(text);
  return parsed.ok ? decimalToText(parsed.value.digits, parsed.value.scale) : text;
}
