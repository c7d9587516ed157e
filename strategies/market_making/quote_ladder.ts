/**
 * Prices and sizes of each level of one side.
 *
 * 1. Bids are rounded down and asks up to the valid order grid; equal prices after that are one
 *    quote.
 * 2. No price reaches the other side's touch: every quote can be post-only.
 * 3. The sizes of a side together never carry the inventory beyond its limit.
 * 4. From 70 % of the limit on, the increasing side shrinks in a line to the smallest order; at the
 *    limit it is not quoted.
 * Source: MARKETS.md section 3.
 * @module
 */
import type { Instrument, Side } from "@/engine/domain/mod.ts";
import { LEVELS_MAX } from "./market_making_parameters.ts";

/** Share of the inventory limit from which the increasing side shrinks. */
const SHRINK_FROM = 0.7;

/** One side's quotes, best first; owned and reused by the strategy. */
export class LadderSide {
  readonly prices = new Float64Array(LEVELS_MAX);
  readonly sizes = new Float64Array(LEVELS_MAX);
  count = 0;

  clear(): void {
    this.count = 0;
  }

  push(priceTicks: number, sizeLots: number): void {
    this.prices[this.count] = priceTicks;
    this.sizes[this.count] = sizeLots;
    this.count++;
  }

  equals(other: LadderSide): boolean {
    if (this.count !== other.count) return false;
    for (let level = 0; level < this.count; level++) {
      if (this.prices[level] !== other.prices[level]) return false;
      if (this.sizes[level] !== other.sizes[level]) return false;
    }
    return true;
  }

  copyFrom(other: LadderSide): void {
    this.count = other.count;
    for (let level = 0; level < other.count; level++) {
      this.prices[level] = other.prices[level]!;
      this.sizes[level] = other.sizes[level]!;
    }
  }
}

/** What one side shall look like; a scratch object of the strategy. */
export interface SidePlan {
  side: Side;
  /** Wanted price of the first level, fractional ticks. */
  anchor: number;
  /** Distance between levels, ticks. */
  step: number;
  levels: number;
  /** Lots of each level. */
  size: number;
  /** Lots all levels together may have. */
  room: number;
  /** Smallest order, lots. */
  smallest: number;
  /** The last price that does not trade: bids at most, asks at least this. */
  limit: number;
}

/** Writes the side's quotes into `out`. */
export function buildSide(instrument: Instrument, plan: SidePlan, out: LadderSide): void {
  out.clear();
  const away = plan.side === "buy" ? -1 : 1;
  let room = plan.room;
  for (let level = 0; level < plan.levels; level++) {
    let lots = Math.min(plan.size, room);
    lots -= lots % instrument.orderLot;
    if (lots < plan.smallest || lots <= 0) return;
    const wanted = plan.anchor + away * level * plan.step;
    const clamped = plan.side === "buy"
      ? Math.min(wanted, plan.limit)
      : Math.max(wanted, plan.limit);
    if (!(clamped > 0)) return;
    const at = instrument.roundToOrderPrice(plan.side, clamped);
    if (at <= 0) return;
    if (level > 0 && (at - out.prices[out.count - 1]!) * away <= 0) continue;
    out.push(at, lots);
    room -= lots;
  }
}

/**
 * Lots of one level when the side increases an inventory that uses `used` (0 to 1) of its limit:
 * all up to 70 %, then in a line down to the smallest order, none at the limit.
 */
export function increasingSize(orderLots: number, used: number, smallest: number): number {
  if (used >= 1) return 0;
  if (used <= SHRINK_FROM) return orderLots;
  const left = (1 - used) / (1 - SHRINK_FROM);
  return Math.floor(smallest + Math.max(0, orderLots - smallest) * left);
}

/**
 * The smallest order the venue takes near `priceTicks`: its least size and least value, in lots.
 */
export function smallestOrder(instrument: Instrument, priceTicks: number): number {
  const lotQuoteValue = instrument.priceValue(priceTicks) * instrument.lotValue;
  // A hair more than the least value, so that rounding of floats never asks for less.
  const forValue = lotQuoteValue > 0
    ? Math.ceil((instrument.minNotionalValue * (1 + 1e-9)) / lotQuoteValue)
    : 0;
  const lots = Math.max(instrument.minSize, forValue);
  const beyond = lots % instrument.orderLot;
  return beyond === 0 ? lots : lots + instrument.orderLot - beyond;
}

/** The best price of a side that does not trade with the other side's touch. */
export function passiveLimit(instrument: Instrument, side: Side, oppositeTouch: number): number {
  return side === "buy"
    ? instrument.roundToOrderPrice("buy", oppositeTouch - 1)
    : instrument.roundToOrderPrice("sell", oppositeTouch + 1);
}
