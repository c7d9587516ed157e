/**
 * Binance's error codes to our `RejectReason`s, and what an answer with an error means for a
 * request.
 *
 * Source: venue documentation "Error codes" of both products, read 2026-09.
 * @module
 */
import type { RejectReason } from "@/engine/messages/mod.ts";

const BY_CODE: ReadonlyMap<number, RejectReason> = new Map<number, RejectReason>([
  [-1021, "timestamp"],
  [-5028, "timestamp"],
  [-1002, "authentication"],
  [-1022, "authentication"],
  [-2014, "authentication"],
  [-2015, "authentication"],
  [-2017, "authentication"],
  [-2028, "authentication"],
  [-1099, "authentication"],
  [-1003, "rate_limited"],
  [-1015, "rate_limited"],
  [-1034, "rate_limited"],
  [-1001, "venue_unavailable"],
  [-1004, "venue_unavailable"],
  [-1008, "venue_unavailable"],
  [-1016, "instrument_closed"],
  [-4108, "instrument_closed"],
  [-4109, "instrument_closed"],
  [-4140, "instrument_closed"],
  [-4141, "instrument_closed"],
  [-2018, "insufficient_balance"],
  [-2019, "insufficient_balance"],
  [-2027, "insufficient_balance"],
  [-4050, "insufficient_balance"],
  [-4051, "insufficient_balance"],
  [-2011, "unknown_order"],
  [-2013, "unknown_order"],
  [-2026, "unknown_order"],
  [-2020, "not_filled"],
  [-5021, "not_filled"],
  [-5022, "post_only_would_take"],
  [-2022, "reduce_only"],
  [-4118, "reduce_only"],
  [-4400, "reduce_only"],
  [-4116, "duplicate_client_order_id"],
  [-4015, "filter"],
  [-2025, "too_many_orders"],
  [-1220, "too_many_orders"],
  [-4045, "too_many_orders"],
  [-2023, "reduce_only"],
  [-4016, "price_band"],
  [-4024, "price_band"],
  [-4131, "price_band"],
  [-4120, "not_supported"],
  [-1106, "not_supported"],
  [-1116, "not_supported"],
  [-1115, "not_supported"],
  [-2038, "amend_refused"],
  [-2039, "amend_refused"],
  [-5024, "amend_refused"],
  [-5025, "amend_refused"],
  [-5026, "amend_refused"],
  [-5027, "amend_refused"],
  [-5043, "amend_refused"],
  [-1013, "filter"],
  [-1111, "filter"],
  [-1100, "filter"],
  [-1121, "filter"],
  [-4001, "filter"],
  [-4002, "filter"],
  [-4003, "filter"],
  [-4004, "filter"],
  [-4005, "filter"],
  [-4013, "filter"],
  [-4014, "filter"],
  [-4023, "filter"],
  [-4029, "filter"],
  [-4030, "filter"],
  [-4164, "filter"],
]);

/** Spot's -2010 says why only in words. */
const BY_WORDS: readonly (readonly [RegExp, RejectReason])[] = [
  [/insufficient balance/i, "insufficient_balance"],
  [/immediately match and take/i, "post_only_would_take"],
  [/duplicate order/i, "duplicate_client_order_id"],
  [/market is closed|not available for|symbol .*closed/i, "instrument_closed"],
  [/would trigger immediately/i, "trigger_would_fire"],
  [/max_num|maximum (number|open)/i, "too_many_orders"],
  [/filter failure/i, "filter"],
  [/rest api trading is not enabled|account.*may not/i, "authentication"],
];

/**
 * Why a venue said no, from its code and words. `perpetual` tells the two meanings of -2021 apart.
 */
export function rejectReasonOf(code: number, message: string, perpetual: boolean): RejectReason {
  if (code === -2021) return perpetual ? "trigger_would_fire" : "other";
  if (code === -2010 || code === -1013) {
    for (const [words, reason] of BY_WORDS) if (words.test(message)) return reason;
  }
  if (!perpetual && code === -2022) return "amend_refused";
  return BY_CODE.get(code) ?? (code <= -4400 && code > -4500 ? "reduce_only" : "other");
}

/**
 * Reason of a terminal status on the own-order stream: STP, GTX cross, remainder of IOC and FOK.
 */
export function endReasonOf(
  status: string,
  timeInForce: string,
  venueWords: string,
): RejectReason | undefined {
  if (status === "EXPIRED_IN_MATCH") return "self_trade";
  if (status === "REJECTED") return reasonFromWords(venueWords);
  if (status !== "EXPIRED") return undefined;
  if (timeInForce === "GTX") return "post_only_would_take";
  return timeInForce === "IOC" || timeInForce === "FOK" ? "not_filled" : "other";
}

function reasonFromWords(words: string): RejectReason {
  if (/GTX|WOULD_MATCH_IMMEDIATELY/.test(words)) return "post_only_would_take";
  if (/INSUFFICIENT_BALANCE/.test(words)) return "insufficient_balance";
  if (/DUPLICATE/.test(words)) return "duplicate_client_order_id";
  if (/UNKNOWN_INSTRUMENT|MARKET_CLOSED/.test(words)) return "instrument_closed";
  if (/PRICE_QTY|QTY|PRICE/.test(words)) return "filter";
  return "other";
}

/**
 * What an error answer says about the request itself.
 * `unknown`: it may have been executed; ask, never send again. `resync`: sign again once.
 */
export type ErrorMeaning = "refused" | "unknown" | "resync" | "rate_limited";

/**
 * Reads status and code together. HTTP 503 has two meanings: "Service Unavailable." and "Internal
 * error; unable to process" mean not processed; "Unknown error, please check your request" and any
 * other text leave the execution unknown.
 */
export function meaningOf(status: number, code: number, message: string): ErrorMeaning {
  if (code === -1021 || code === -5028) return "resync";
  if (status === 429 || status === 418 || code === -1003 || code === -1015) return "rate_limited";
  if (code === -1000 || code === -1006 || code === -1007 || status === 408) return "unknown";
  if (code === -1008) return "refused";
  if (status === 503) return isNotProcessed(message) ? "refused" : "unknown";
  if (status >= 500) return "unknown";
  return "refused";
}

function isNotProcessed(message: string): boolean {
  return /service unavailable|internal error; unable/i.test(message);
}
