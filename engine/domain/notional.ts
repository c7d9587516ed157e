/**
 * The only place where a `Price` meets a `Size`.
 *
 * Ten BTC in satoshis at $100,000 in cents is 10^16, beyond 2^53: the exact product is a `bigint`
 * for ledgers; checks and signals use the float, good to one part in 10^15.
 * @module
 */
import type { Instrument } from "./instrument.ts";
import { type Money, money } from "./money.ts";
import type { Price } from "./price.ts";

/** Exact quote value of `lots` at `at` (contracts included); keeps the sign of `lots`. */
export function notional(instrument: Instrument, at: Price, lots: number): Money {
  return money(BigInt(at) * BigInt(lots) * instrument.tickLotMoney);
}

/** Quote value as a float, for limits and signals; allocates nothing. */
export function notionalValue(instrument: Instrument, at: Price, lots: number): number {
  return at * instrument.tickValue * (lots * instrument.lotValue);
}
