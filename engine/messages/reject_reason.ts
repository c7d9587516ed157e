/**
 * One vocabulary for why venues say no; each venue maps its codes to it in `reject_codes.ts`.
 * @module
 */

export const REJECT_REASONS = [
  /** A post-only order would have traded at once. Re-price. */
  "post_only_would_take",
  "insufficient_balance",
  /** Price, size or value off the venue's grid or bounds. Refresh the instrument. */
  "filter",
  "price_band",
  "too_many_orders",
  "duplicate_client_order_id",
  /** Cancel, amend or query of an order the venue does not know (any more). Query once. */
  "unknown_order",
  "reduce_only",
  "instrument_closed",
  /** Our clock is outside the venue's window. Resynchronise, sign again, once. */
  "timestamp",
  /** Signature, key, address or permission. Stop trading and alert. */
  "authentication",
  /** Back off until the time given; cancels first. */
  "rate_limited",
  /** The venue is overloaded or in maintenance and did not process it. */
  "venue_unavailable",
  /** FOK or IOC that could not be filled as asked. */
  "not_filled",
  "self_trade",
  /** The order cannot be amended now; it stands unchanged. */
  "amend_refused",
  "trigger_would_fire",
  /** The venue does not offer what was asked; our own check should have caught it. */
  "not_supported",
  /** A code that is not in the table. Counted and logged. */
  "other",
] as const;

export type RejectReason = (typeof REJECT_REASONS)[number];
