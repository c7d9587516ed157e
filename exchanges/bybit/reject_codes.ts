/**
 * Bybit's codes and end reasons to our `RejectReason`s, and what an answer with a code means for
 * the request.
 *
 * Source: venue documentation "Error codes" and "Enums definitions" (rejectReason), read 2026-07.
 * @module
 */
import type { OrderStatus } from "@/engine/domain/mod.ts";
import type { RejectReason } from "@/engine/messages/mod.ts";

const CODES: readonly (readonly [RejectReason, readonly number[]])[] = [
  ["timestamp", [10002, -1]],
  [
    "authentication",
    [10003, 10004, 10005, 10007, 10008, 10009, 10010, 10024, 10029, 33004, -2015],
  ],
  ["rate_limited", [10006, 10429, 429, 10403, 20003, 170005, 170222]],
  ["venue_unavailable", [10000, 10016, 10019, 170001, 170007, 170032, 170146, 170147]],
  ["duplicate_client_order_id", [10014, 110072, 170141, 20006]],
  ["unknown_order", [110001, 170213, 110008, 110010, 170139, 170142, 170143, 170190]],
  [
    "insufficient_balance",
    [
      ...[110004, 110006, 110007, 110012, 110014, 110044, 110045, 110051, 110052, 110053],
      ...[170131, 170033],
    ],
  ],
  [
    "price_band",
    [110003, 110120, 110121, 170132, 170133, 170193, 170194, 170371, 170372],
  ],
  ["filter", [10001, 170134, 110094, 170136, 170140, 170124, 170137]],
  ["reduce_only", [110017, 110023, 30228]],
  ["too_many_orders", [110009, 110020, 170810]],
  ["instrument_closed", [110063, 110066, 110074, 10027, 170121, 170151, 170157]],
  ["amend_refused", [110079, 40004]],
  ["post_only_would_take", [170218]],
  ["not_supported", [170217]],
];

const BY_CODE: ReadonlyMap<number, RejectReason> = new Map(
  CODES.flatMap(([reason, codes]) => codes.map((code) => [code, reason] as const)),
);

/** Why the venue said no to a request. */
export function rejectReasonOf(code: number): RejectReason {
  return BY_CODE.get(code) ?? "other";
}

/**
 * What an answer with a code says about the request itself. `unknown`: it may have been executed;
 * ask, never send again. `resync`: not executed, measure the clock and sign again, once. `busy`:
 * not executed because the order is being changed; once more in a moment. `unchanged`: what was
 * asked for was so already. `closing`: the socket is about to go, the outcome is unknown.
 */
export type ErrorMeaning =
  | "refused"
  | "unknown"
  | "resync"
  | "rate_limited"
  | "busy"
  | "unchanged"
  | "closing";

/** Reads HTTP status (200 on the order socket) and code together. */
export function meaningOf(status: number, code: number): ErrorMeaning {
  if (code === 10002 || code === -1) return "resync";
  if (code === 10019) return "closing";
  if (code === 110043 || code === 110025) return "unchanged";
  if (code === 110079 || code === 40004) return "busy";
  const reason = BY_CODE.get(code);
  if (status === 403 || status === 429 || reason === "rate_limited") return "rate_limited";
  if (status >= 500 || status === 408 || reason === "venue_unavailable") return "unknown";
  return "refused";
}

/** Words of `rejectReason` that tell why an order ended. */
const BY_WORDS: readonly (readonly [RegExp, RejectReason])[] = [
  [/PostOnlyWillTakeLiquidity/, "post_only_would_take"],
  [/NoImmediateQtyToFill|NoEnoughQtyToFill|CancelForNoFullFill/, "not_filled"],
  [/BySelfMatch/, "self_trade"],
  [/InvalidSymbolStatus|InCallAuctionStatus/, "instrument_closed"],
  [/DuplicatedClOrdID/, "duplicate_client_order_id"],
  [/ReachMarketPriceLimit|ReachRiskPriceLimit/, "price_band"],
  [/TooLateToCancel|OrigClOrdIDDoesNotExist|UnknownOrder/, "unknown_order"],
  [/INSUFFICIENT|Insufficient|NoEnoughBalance|NoEnoughMargin/, "insufficient_balance"],
  [/ReduceOnly/, "reduce_only"],
];

/** Why an order ended; undefined where the venue gives no reason or it was asked to. */
export function endReasonOf(venueWords: string, status: OrderStatus): RejectReason | undefined {
  const isQuiet = venueWords === "" || venueWords === "EC_NoError" ||
    venueWords === "EC_PerCancelRequest";
  if (isQuiet) return status === "rejected" ? "other" : undefined;
  // A late cancel of a filled order repeats the terminal message with a complaint.
  if (status === "filled" || status === "new" || status === "partially_filled") return undefined;
  for (const [words, reason] of BY_WORDS) if (words.test(venueWords)) return reason;
  return "other";
}

/** Our status of an order: the venue has no "expired", and a crossing post-only order "ends". */
export function orderStatusOf(
  venueStatus: string,
  venueWords: string,
  isPartlyFilled: boolean,
): OrderStatus | undefined {
  switch (venueStatus) {
    case "New":
    case "Untriggered":
    case "Triggered":
      return "new";
    case "PartiallyFilled":
      return "partially_filled";
    case "Filled":
      return "filled";
    case "Cancelled":
    case "PartiallyFilledCanceled":
    case "Deactivated": {
      const crossed = /PostOnlyWillTakeLiquidity/.test(venueWords);
      return crossed && !isPartlyFilled ? "rejected" : "cancelled";
    }
    case "Rejected":
      return isPartlyFilled ? "cancelled" : "rejected";
    default:
      return undefined;
  }
}
