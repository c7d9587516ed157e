/**
 * Half-spread: how far from the reservation price the first quote stands.
 *
 *   h = max(tick / 2, fee + adverse selection + margin, configured, c sigma sqrt(T)) x widening
 *
 * Buying at F(1 - h) and selling at F(1 + h) at maker fee f earns 2F(h - f) exactly: below the fee
 * there is only loss. A rebate lowers the floor; half a tick stays. Source: MARKETS.md section 3.
 * @module
 */
import { feeFraction, type FeeRate } from "@/engine/domain/mod.ts";
import type { MarketMakerOptions } from "./market_making_parameters.ts";

/** The maker fee in basis points; below zero is a rebate. */
export function makerFeeBp(maker: FeeRate): number {
  return feeFraction(maker) * 1e4;
}

/**
 * Half-spread in ticks around `fairValue` (ticks). `sigmaBp` is 0 while volatility is not known.
 */
export function halfSpreadTicks(
  options: MarketMakerOptions,
  fairValue: number,
  feeBp: number,
  sigmaBp: number,
): number {
  const floorBp = feeBp + options.adverseSelectionBp + options.marginBp;
  const volatilityBp = options.volatilityMultiplier * sigmaBp * Math.sqrt(options.holdSeconds);
  const wantedBp = Math.max(floorBp, options.halfSpreadBp, volatilityBp);
  return Math.max(0.5, (fairValue * wantedBp) / 1e4);
}

/** The least edge of a resting quote against fair value, bp; one below it moves at once. */
export function edgeMinBp(options: MarketMakerOptions, feeBp: number): number {
  return feeBp + options.adverseSelectionBp / 2;
}
