/**
 * Trade flow: faded aggressor volume, its balance, and sweeps of several levels.
 *
 * 1. Trades of one aggressor (same venue stamp, same side) are one taker order: merged before
 *    counting.
 * 2. No volume yet is `quiet`, a flag beside the balance: never a division by zero.
 * Source: MARKETS.md section 1, "Trade flow", and section 3, "sweep".
 * @module
 */
import type { Micros, Side } from "@/engine/domain/mod.ts";
import { DecayedSum } from "./ewma.ts";

/** Volume below which the market counts as quiet, in the caller's unit. */
const VOLUME_MIN = 1e-12;

/** Follows one instrument's public trades. */
export class TradeFlow {
  readonly #bought: DecayedSum;
  readonly #sold: DecayedSum;
  readonly #orders: DecayedSum;
  #takerAt = -1;
  #takerSide: Side = "buy";
  #takerPrice = 0;
  #takerLevels = 0;

  constructor(halfLifeSeconds: number) {
    this.#bought = new DecayedSum(halfLifeSeconds);
    this.#sold = new DecayedSum(halfLifeSeconds);
    this.#orders = new DecayedSum(halfLifeSeconds);
  }

  /** Price levels the latest taker order went through so far. */
  get takerLevels(): number {
    return this.#takerLevels;
  }

  /** Side of the latest taker order. */
  get takerSide(): Side {
    return this.#takerSide;
  }

  /** Takes a trade; prices and sizes of zero and below are dropped. */
  update(aggressor: Side, price: number, size: number, venueAt: Micros, at: Micros): void {
    if (!(price > 0) || !(size > 0)) return;
    (aggressor === "buy" ? this.#bought : this.#sold).add(size, at);
    const stamp = Math.floor((venueAt > 0 ? venueAt : at) / 1_000);
    if (stamp !== this.#takerAt || aggressor !== this.#takerSide) {
      this.#takerAt = stamp;
      this.#takerSide = aggressor;
      this.#takerLevels = 1;
      this.#orders.add(1, at);
    } else if (price !== this.#takerPrice) {
      this.#takerLevels++;
    }
    this.#takerPrice = price;
  }

  /** Whether so little was traded lately that `balanceAt` says nothing. */
  isQuietAt(at: Micros): boolean {
    return this.#bought.valueAt(at) + this.#sold.valueAt(at) < VOLUME_MIN;
  }

  /** `(V+ - V-) / (V+ + V-)`, in [-1, 1]; 0 while quiet: ask `isQuietAt` too. */
  balanceAt(at: Micros): number {
    const bought = this.#bought.valueAt(at);
    const sold = this.#sold.valueAt(at);
    const total = bought + sold;
    return total < VOLUME_MIN ? 0 : (bought - sold) / total;
  }

  /** Faded count of taker orders. */
  takerOrdersAt(at: Micros): number {
    return this.#orders.valueAt(at);
  }
}
