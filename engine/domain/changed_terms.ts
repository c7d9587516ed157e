/**
 * What a venue lists now, put on a grid on which everything counted so far is still whole.
 *
 *   coarser step    the grid stays, orders get the new step       0.1 -> 1     grid 0.1, orders 1
 *   finer step      the grid becomes the finer one                0.1 -> 0.01  grid 0.01
 *   neither         the finest step that both are multiples of    0.5 -> 0.2   grid 0.1, orders 0.2
 *
 * 1. The new grid divides the old one, so positions, orders and levels move to it exactly.
 * 2. A grid never becomes coarser while running: what rests at the old step stays expressible.
 * 3. Another contract size is refused: what our contracts are then worth is not ours to guess.
 * @module
 */
import { decimalToText, type ExactDecimal, parseDecimal } from "./decimal_text.ts";
import type { InstrumentTerms } from "./instrument.ts";
import { err, ok, type Result } from "./result.ts";

/** Terms of `listed` on a grid that divides the one of `known`. */
export function changedTerms(
  known: InstrumentTerms,
  listed: InstrumentTerms,
): Result<InstrumentTerms> {
  const where = `Cannot change the terms of ${known.venue}:${known.symbol}`;
  if (canonical(known.contractSize) !== canonical(listed.contractSize)) {
    return err(
      `${where}: wanted contract size ${known.contractSize}, found "${listed.contractSize}"`,
    );
  }
  const tick = commonStep(known.tick, listed.tick);
  if (!tick.ok) return err(`${where}: tick: ${tick.error}`);
  const lot = commonStep(known.lot, listed.lot);
  if (!lot.ok) return err(`${where}: lot: ${lot.error}`);
  const { orderTick: _tick, orderLot: _lot, ...others } = listed;
  return ok({
    ...others,
    contractSize: known.contractSize,
    tick: tick.value,
    lot: lot.value,
    ...stepBeside("orderTick", listed.orderTick ?? listed.tick, tick.value),
    ...stepBeside("orderLot", listed.orderLot ?? listed.lot, lot.value),
  });
}

/** Whether two terms say the same, however their numbers are written. */
export function areSameTerms(a: InstrumentTerms, b: InstrumentTerms): boolean {
  return normalText(a) === normalText(b);
}

/** The largest step of which both are whole multiples. */
function commonStep(a: string, b: string): Result<string> {
  const first = stepOf(a);
  const second = stepOf(b);
  if (!first.ok) return first;
  if (!second.ok) return second;
  const scale = Math.max(first.value.scale, second.value.scale);
  let high = first.value.digits * 10n ** BigInt(scale - first.value.scale);
  let low = second.value.digits * 10n ** BigInt(scale - second.value.scale);
  while (low !== 0n) [high, low] = [low, high % low];
  return ok(decimalToText(high, scale));
}

function stepOf(text: string): Result<ExactDecimal> {
  const parsed = parseDecimal(text);
  if (parsed.ok && parsed.value.digits <= 0n) return err(`wanted a step above 0, found "${text}"`);
  return parsed;
}

function stepBeside(
  name: "orderTick" | "orderLot",
  step: string,
  grid: string,
): Partial<InstrumentTerms> {
  return canonical(step) === canonical(grid) ? {} : { [name]: step };
}

/** Text that is equal for equal terms: keys in order, decimals in their shortest form. */
function normalText(terms: InstrumentTerms): string {
  const { extra, ...flat } = terms;
  return JSON.stringify([entriesOf(flat), entriesOf(extra ?? {})]);
}

function entriesOf(fields: object): [string, string][] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]): [string, string] => [key, canonical(String(value))])
    .sort(([a], [b]) => a < b ? -1 : 1);
}

function canonical(text: string): string {
  const parsed = parseDecimal(text);
  return parsed.ok ? decimalToText(parsed.value.digits, parsed.value.scale) : text;
}
