/**
 * Prices and sizes of a request: on the grid that orders must keep, and as the text that is sent.
 *
 * 1. The text is exact at every size: never rounded, never with an exponent.
 * @module
 */
import type { Grid, Instrument } from "@/engine/domain/mod.ts";

/** Why size, price or trigger is not on the grid of orders; undefined when all are. */
export function offGrid(
  instrument: Instrument,
  size: number,
  price: number | undefined,
  trigger: number | undefined,
): string | undefined {
  if (size % instrument.orderLot !== 0) return "size is not a multiple of the order lot";
  for (const ticks of [price, trigger]) {
    if (ticks !== undefined && (ticks <= 0 || ticks % instrument.orderStepAt(ticks) !== 0)) {
      return "price is not on the order tick";
    }
  }
  return undefined;
}

/** Plain decimal text of whole steps, by digits; the same text as `Instrument.priceText`. */
export function stepsText(steps: number, grid: Grid): string {
  const product = steps * grid.mantissa;
  if (!Number.isSafeInteger(product)) return bigStepsText(steps, grid);
  const digits = String(product);
  const scale = grid.scale;
  if (scale === 0) return digits;
  const padded = digits.length > scale ? digits : digits.padStart(scale + 1, "0");
  let end = padded.length;
  const point = end - scale;
  while (end > point && padded.charCodeAt(end - 1) === 48) end--;
  return end === point
    ? padded.slice(0, point)
    : `${padded.slice(0, point)}.${padded.slice(point, end)}`;
}

function bigStepsText(steps: number, grid: Grid): string {
  const digits = (BigInt(steps) * BigInt(grid.mantissa)).toString().padStart(grid.scale + 1, "0");
  const point = digits.length - grid.scale;
  const fraction = digits.slice(point).replace(/0+$/, "");
  return fraction === "" ? digits.slice(0, point) : `${digits.slice(0, point)}.${fraction}`;
}
