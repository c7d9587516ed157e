/**
 * Hyperliquid's refusals to our `RejectReason`s. The venue has no codes: texts are matched by what
 * they begin with or hold, because they end in details (` asset=N`, prices, sums).
 *
 * Source: venue documentation "Error responses"; wordings from client test suites, read 2026-09.
 * @module
 */
import type { RejectReason } from "@/engine/messages/mod.ts";

/** What a refusal says about the request itself. */
export type ErrorMeaning =
  | "refused"
  /** It may have been executed; ask, never send again. */
  | "unknown"
  /** The nonce was not taken: sign again with a fresh one, once. */
  | "fresh_nonce"
  | "rate_limited"
  /** The address has spent its lifetime of requests: one action in ten seconds. */
  | "budget_spent";

const BY_WORDS: readonly (readonly [RegExp, RejectReason])[] = [
  [/post[- ]only order would have immediately matched/i, "post_only_would_take"],
  [/could not immediately match/i, "not_filled"],
  [/no liquidity available for market order/i, "not_filled"],
  [/never placed, already canceled, or filled/i, "unknown_order"],
  [/cannot modify canceled or filled order/i, "unknown_order"],
  [/user or api wallet|must deposit before|different signature/i, "authentication"],
  [/builder fee has not been approved/i, "authentication"],
  [/duplicate nonce/i, "timestamp"],
  [/invalid nonce|already expired|expires ?after/i, "timestamp"],
  [/duplicate cloid|cloid .*(already|used)/i, "duplicate_client_order_id"],
  [/insufficient (margin|spot balance|balance)/i, "insufficient_balance"],
  [/reduce[- ]only order would increase/i, "reduce_only"],
  [/reduce[- ]only/i, "reduce_only"],
  [/open interest|oracle|too far from|max(imum)? position|95%|80%/i, "price_band"],
  [/only post-only orders allowed/i, "venue_unavailable"],
  [/too many open orders|open order limit/i, "too_many_orders"],
  [/weight limit|too many cumulative requests|rate limit|^429|too many requests/i, "rate_limited"],
  [/trigger price|invalid tp\/?sl/i, "trigger_would_fire"],
  [/divisible by tick size|invalid price|invalid size|zero size/i, "filter"],
  [/minimum value|below minimum/i, "filter"],
  [/delisted|trading is halted|asset is not|invalid asset|market is closed/i, "instrument_closed"],
  [/scheduled cancel/i, "not_supported"],
  [/parsing json|deserialize|invalid request/i, "not_supported"],
];

/** Why the venue said no. */
export function rejectReasonOf(text: string): RejectReason {
  for (const [words, reason] of BY_WORDS) if (words.test(text)) return reason;
  return "other";
}

/** What a refusal of a whole action says. `status` is the HTTP status, or the one in its text. */
export function meaningOf(status: number, text: string): ErrorMeaning {
  if (/duplicate nonce/i.test(text)) return "unknown";
  if (/invalid nonce|nonce too (low|high)/i.test(text)) return "fresh_nonce";
  if (/too many cumulative requests/i.test(text)) return "budget_spent";
  if (status === 429 || status === 418 || status === 403 || /^429/.test(text)) {
    return "rate_limited";
  }
  if (status === 408 || status >= 500) return "unknown";
  return "refused";
}

/** The HTTP status that the text of a socket's error begins with; 0 where it names none. */
export function statusIn(text: string): number {
  const match = /^\s*([1-5]\d\d)\b/.exec(text);
  return match === null ? 0 : Number(match[1]);
}

/** The cancel of a modify worked and its new order was refused. */
export function isHalfModified(text: string): boolean {
  return /^error placing new order during modify/i.test(text);
}

const END_REASONS: Readonly<Record<string, RejectReason>> = {
  marginCanceled: "insufficient_balance",
  vaultWithdrawalCanceled: "insufficient_balance",
  openInterestCapCanceled: "price_band",
  selfTradeCanceled: "self_trade",
  reduceOnlyCanceled: "reduce_only",
  delistedCanceled: "instrument_closed",
  outcomeSettledCanceled: "instrument_closed",
  liquidatedCanceled: "insufficient_balance",
  tickRejected: "filter",
  minTradeNtlRejected: "filter",
  minTradeSpotNtlRejected: "filter",
  perpMarginRejected: "insufficient_balance",
  insufficientSpotBalanceRejected: "insufficient_balance",
  reduceOnlyRejected: "reduce_only",
  badAloPxRejected: "post_only_would_take",
  iocCancelRejected: "not_filled",
  marketOrderNoLiquidityRejected: "not_filled",
  badTriggerPxRejected: "trigger_would_fire",
  positionIncreaseAtOpenInterestCapRejected: "price_band",
  positionFlipAtOpenInterestCapRejected: "price_band",
  tooAggressiveAtOpenInterestCapRejected: "price_band",
  openInterestIncreaseRejected: "price_band",
  oracleRejected: "price_band",
  perpMaxPositionRejected: "price_band",
  tooManyOpenOrdersRejected: "too_many_orders",
};

/** Why an order ended, by the venue's status; undefined for an end that somebody asked for. */
export function endReasonOf(venueStatus: string): RejectReason | undefined {
  const known = Object.hasOwn(END_REASONS, venueStatus) ? END_REASONS[venueStatus] : undefined;
  if (known !== undefined) return known;
  if (/[rR]ejected$/.test(venueStatus)) return "other";
  return /[a-z]Canceled$/.test(venueStatus) || venueStatus === "internalCancel"
    ? "other"
    : undefined;
}
