/**
 * Fair value: where we think the instrument trades, from its own touch without our own orders.
 *
 *   F = mid or microprice, plus imbalance_bp times the imbalance
 *
 * The microprice moves at most half a spread, which on one-tick markets is far less than the true
 * lean: hence the coefficient of the imbalance on top (MARKETS.md sections 0 and 1).
 * @module
 */
import type { TouchReadings } from "@/strategies/signals/mod.ts";
import type { FairValueKind } from "./market_making_parameters.ts";

/** Fair value in the unit of the readings' prices; `touch.present` must hold. */
export function fairValueOf(
  touch: TouchReadings,
  kind: FairValueKind,
  imbalanceBp: number,
): number {
  const centre = kind === "microprice" ? touch.weightedMid : touch.mid;
  return centre + touch.mid * (imbalanceBp / 1e4) * touch.imbalance;
}
