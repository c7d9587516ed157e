/**
 * OKX's error codes to our `RejectReason`s, and what an answer with an error means for a request.
 *
 * 1. Codes are texts. HTTP 200 with a code other than "0" is an error all the same.
 * 2. A post-only order that would take is accepted and then cancelled with source 31: there is no
 *    placement code for it.
 * 3. 50113 is a wrong signature, never a reason to try again.
 *
 * Source: venue documentation "Error code" and "cancelSource", read 2026-09.
 * @module
 */
import type { OrderStatus } from "@/engine/domain/mod.ts";
import type { RejectReason } from "@/engine/messages/mod.ts";

const CODES: readonly (readonly [RejectReason, string])[] = [
  ["timestamp", "50102 50112 60004 60006"],
  [
    "authentication",
    "50100 50101 50103 50104 50105 50106 50107 50110 50111 50113 50114 50119 50120 51010 51024 " +
    "60005 60007 60009 60011 60024 60032",
  ],
  ["rate_limited", "50011 50040 50061 60014"],
  ["venue_unavailable", "50001 50004 50013 50026 50036 50037 51054 51149 63999"],
  ["filter", "50014 51000 51001 51020 51121 60012 60013"],
  ["insufficient_balance", "51004 51008 51131"],
  ["duplicate_client_order_id", "50071 51016"],
  ["instrument_closed", "51021 51022 51027 51028 51029 51030 54012"],
  ["price_band", "51116 51137 51138"],
  ["reduce_only", "51169 51170"],
  [
    "unknown_order",
    "51400 51401 51402 51403 51404 51405 51406 51407 51408 51409 51410 51503 51603",
  ],
  ["amend_refused", "51506 51511 51513"],
];

const BY_CODE: ReadonlyMap<string, RejectReason> = new Map(
  CODES.flatMap(([reason, codes]) => codes.split(" ").map((code) => [code, reason] as const)),
);

/** Why the venue said no. */
export function rejectReasonOf(code: string): RejectReason {
  return BY_CODE.get(code) ?? "other";
}

/**
 * What an error answer says about the request itself.
 * `unknown`: it may have been executed; ask, never send again. `resync`: sign again once.
 */
export type ErrorMeaning = "refused" | "unknown" | "resync" | "rate_limited";

const UNKNOWN_OUTCOME = new Set(["50001", "50004", "50013", "50026", "51054", "51149", "63999"]);

/** Reads status and code together; `code` is "" where the body was not the venue's. */
export function meaningOf(status: number, code: string): ErrorMeaning {
  const reason = rejectReasonOf(code);
  if (reason === "timestamp") return "resync";
  if (reason === "rate_limited" || status === 429) return "rate_limited";
  if (UNKNOWN_OUTCOME.has(code) || status === 408) return "unknown";
  if (code === "" || code === "0") return status >= 400 && status < 500 ? "refused" : "unknown";
  return "refused";
}

/** A `state` of the orders channel with its cancel source, in our words. */
export interface OrderEnd {
  readonly status: OrderStatus;
  readonly reason: RejectReason | undefined;
}

/** Our words for a state; undefined when it is not in the documentation. */
export function orderEndOf(state: string, cancelSource: string): OrderEnd | undefined {
  switch (state) {
    case "live":
      return { status: "new", reason: undefined };
    case "partially_filled":
      return { status: "partially_filled", reason: undefined };
    case "filled":
      return { status: "filled", reason: undefined };
    case "mmp_canceled":
      return { status: "cancelled", reason: "other" };
    case "canceled":
      return cancelledBy(cancelSource);
    default:
      return undefined;
  }
}

function cancelledBy(source: string): OrderEnd {
  switch (source) {
    case "":
    case "1":
      return { status: "cancelled", reason: undefined };
    case "13":
    case "14":
      return { status: "expired", reason: "not_filled" };
    case "31":
      return { status: "rejected", reason: "post_only_would_take" };
    case "32":
      return { status: "cancelled", reason: "self_trade" };
    case "2":
    case "3":
      return { status: "cancelled", reason: "insufficient_balance" };
    case "15":
      return { status: "cancelled", reason: "price_band" };
    default:
      return { status: "cancelled", reason: "other" };
  }
}
