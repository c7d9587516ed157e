/**
 * Reservation price: fair value after skew, the price around which we want to trade.
 *
 *   r = F - k h clip((q - q*) / q_max, -1, 1)
 *
 * Long: both quotes move down (the ask comes closer to the market, the bid goes further away).
 * Short: both move up. Source: MARKETS.md section 3.
 * @module
 */

/** Inventory over its limit, clipped to [-1, 1]; `away` and `limit` in lots, limit above zero. */
export function inventoryShare(away: number, limit: number): number {
  const share = away / limit;
  return share > 1 ? 1 : share < -1 ? -1 : share;
}

/** Fair value leaned against an inventory share. */
export function reservationPrice(
  fairValue: number,
  halfSpread: number,
  skew: number,
  share: number,
): number {
  return fairValue - skew * halfSpread * share;
}
