/**
 * The chain's codes and the indexer's removal reasons to our `RejectReason`s, and what an answer of
 * a node means for a request.
 *
 * Source: venue sheet section 8; v4-chain `clob/types/errors.go`, snapshot 2026-03-04.
 * @module
 */
import type { OrderStatus } from "@/engine/domain/mod.ts";
import type { RejectReason } from "@/engine/messages/mod.ts";

/** What is asked of the node. */
export type ChainRequest = "place" | "amend" | "cancel";

/**
 * What a node's code says of the request. `accepted`: it does no harm (also a duplicate); `height`:
 * our block height was wrong, sign again once; `sequence`: read the account again, sign again once.
 */
export type CodeMeaning = "accepted" | "refused" | "height" | "sequence" | "stop" | "rate_limited";

const CLOB: ReadonlyMap<number, RejectReason> = new Map<number, RejectReason>([
  [3, "filter"],
  [4, "filter"],
  [5, "filter"],
  [6, "filter"],
  [7, "duplicate_client_order_id"],
  [8, "filter"],
  [9, "duplicate_client_order_id"],
  [10, "timestamp"],
  [11, "timestamp"],
  [12, "filter"],
  [17, "too_many_orders"],
  [20, "amend_refused"],
  [24, "unknown_order"],
  [29, "filter"],
  [32, "unknown_order"],
  [34, "instrument_closed"],
  [44, "filter"],
  [45, "filter"],
  [46, "other"],
  [47, "venue_unavailable"],
  [48, "not_supported"],
  [2_001, "reduce_only"],
  [2_002, "reduce_only"],
  [2_003, "post_only_would_take"],
  [2_004, "not_filled"],
  [2_005, "not_supported"],
  [3_000, "filter"],
  [3_001, "filter"],
  [3_002, "not_supported"],
  [3_003, "timestamp"],
  [3_004, "timestamp"],
  [3_005, "duplicate_client_order_id"],
  [3_006, "unknown_order"],
  [3_007, "insufficient_balance"],
  [3_008, "duplicate_client_order_id"],
  [3_009, "duplicate_client_order_id"],
  [3_010, "unknown_order"],
  [5_001, "rate_limited"],
  [9_003, "reduce_only"],
  [10_001, "too_many_orders"],
]);

/** Why the node said no. */
export function rejectReasonOf(
  codespace: string,
  code: number,
  request: ChainRequest,
): RejectReason {
  if (codespace === "clob" || codespace === "") {
    // A cancel that meets an equal or newer one has done its work.
    if (request === "place" && code === 24) return "duplicate_client_order_id";
    return CLOB.get(code) ?? "other";
  }
  if (codespace === "subaccounts") return code === 102 ? "insufficient_balance" : "other";
  if (codespace === "sdk") {
    if (code === 4 || code === 22) return "authentication";
    if (code === 32) return "timestamp";
    return code === 20 ? "rate_limited" : "other";
  }
  return codespace === "accountplus" ? "authentication" : "other";
}

/** What a node's code says of the request. `isStateful` requests alone use the sequence. */
export function meaningOf(
  codespace: string,
  code: number,
  request: ChainRequest,
  words: string,
): CodeMeaning {
  if (code === 0) return "accepted";
  if (codespace === "clob" || codespace === "") {
    if (request === "cancel" && (code === 9 || code === 32)) return "accepted";
    if (code === 10 || code === 11) return "height";
    return code === 5_001 ? "rate_limited" : "refused";
  }
  if (codespace === "sdk") {
    if (code === 19) return "accepted";
    if (code === 32) return "sequence";
    return code === 4 || code === 22 ? "stop" : "refused";
  }
  // A timestamp nonce outside the window or used before.
  if (/timestamp nonce/i.test(words)) return "sequence";
  return codespace === "accountplus" ? "stop" : "refused";
}

const REMOVAL_PREFIX = "ORDER_REMOVAL_REASON_";

/** How an order ended for a reason of the indexer's. `alive`: it did not. */
export interface Removal {
  readonly status: OrderStatus | "alive";
  readonly reason: RejectReason | undefined;
}

/** The end of an order by its removal reason. `filled`: whether any of it traded, if known. */
export function removalOf(removalReason: string, filled: boolean | undefined): Removal {
  const name = removalReason.startsWith(REMOVAL_PREFIX)
    ? removalReason.slice(REMOVAL_PREFIX.length)
    : removalReason;
  switch (name) {
    case "REPLACED":
      return { status: "alive", reason: undefined };
    case "FULLY_FILLED":
      return { status: "filled", reason: undefined };
    case "EXPIRED":
    case "INDEXER_EXPIRED":
      return { status: "expired", reason: undefined };
    case "SELF_TRADE_ERROR":
      return { status: "cancelled", reason: "self_trade" };
    case "IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK":
      return { status: "cancelled", reason: "not_filled" };
    case "REDUCE_ONLY_RESIZE":
      return { status: "cancelled", reason: "reduce_only" };
    case "FINAL_SETTLEMENT":
      return { status: "cancelled", reason: "instrument_closed" };
    case "POST_ONLY_WOULD_CROSS_MAKER_ORDER":
      return { status: rejectedOr(filled), reason: "post_only_would_take" };
    case "UNDERCOLLATERALIZED":
      return { status: rejectedOr(filled), reason: "insufficient_balance" };
    case "EQUITY_TIER":
      return { status: rejectedOr(filled), reason: "too_many_orders" };
    case "VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS":
      return { status: rejectedOr(filled), reason: "not_supported" };
    case "INTERNAL_ERROR":
      return { status: rejectedOr(filled), reason: "other" };
    default:
      return { status: "cancelled", reason: undefined };
  }
}

/** Rejected means that nothing of it ever traded; what is not known to be so is cancelled. */
function rejectedOr(filled: boolean | undefined): "rejected" | "cancelled" {
  return filled === false ? "rejected" : "cancelled";
}
