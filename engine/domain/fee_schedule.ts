/**
 * Maker and taker fees in hundredths of a basis point (1e-6 of the traded value).
 * @module
 */
import type { Brand } from "./brand.ts";
import { assert } from "./assert.ts";

/** Hundredths of a basis point: 1 is 1e-6 of notional. Negative is a rebate. */
export type FeeRate = Brand<number, "FeeRate">;

/** What a venue charges on one instrument. */
export interface FeeSchedule {
  readonly maker: FeeRate;
  readonly taker: FeeRate;
}

/** Makes a fee rate from whole hundredths of a basis point. */
export function feeRate(hundredthsOfBasisPoint: number): FeeRate {
  assert(Number.isSafeInteger(hundredthsOfBasisPoint), "Fee rate must be whole 1e-6");
  return hundredthsOfBasisPoint as FeeRate;
}

/** The fee rate as a fraction of notional: 200 becomes 0.0002. */
export function feeFraction(rate: FeeRate): number {
  return rate / 1e6;
}
