/**
 * Aster's error codes to our reasons, and what an error says about the request it answers.
 *
 * Source: venue documentation "Error codes", v3, read 2026-06-30.
 * @module
 */
import type { RejectReason } from "@/engine/messages/mod.ts";

const CODES: Readonly<Partial<Record<RejectReason, readonly number[]>>> = {
  timestamp: [-1021, -4225],
  // The last two are a wrong position mode and an account in liquidation: stop and alert, as well.
  authentication: [-1002, -1011, -1022, -2014, -2015, -4061, -2023],
  rate_limited: [-1003, -1015],
  venue_unavailable: [-1001],
  instrument_closed: [-1013, -1016, -1121],
  insufficient_balance: [-2018, -2019, -2024, -4050, -4051],
  unknown_order: [-2011, -2013],
  not_filled: [-2020, -5021],
  trigger_would_fire: [-2021],
  reduce_only: [-2022, -2026],
  too_many_orders: [-2025, -4045],
  price_band: [-4016, -4024],
  post_only_would_take: [-5022],
  duplicate_client_order_id: [-4116],
  filter: [
    ...[-1111, -4003, -4004, -4005, -4013, -4014, -4015, -4023, -4164],
  ],
};

const BY_CODE: ReadonlyMap<number, RejectReason> = new Map(
  Object.entries(CODES).flatMap(([reason, codes]) =>
    codes.map((code) => [code, reason as RejectReason] as const)
  ),
);

/** What -2010 means stands only in its words. */
const WORDS: readonly (readonly [RegExp, RejectReason])[] = [
  [/insufficient|margin|balance/i, "insufficient_balance"],
  [/immediately match|post.?only|gtx/i, "post_only_would_take"],
  [/duplicate/i, "duplicate_client_order_id"],
  [/closed|not trading/i, "instrument_closed"],
  [/trigger/i, "trigger_would_fire"],
  [/filter/i, "filter"],
];

/** Why the venue said no. */
export function rejectReasonOf(code: number, message: string): RejectReason {
  if (code === -2010) return WORDS.find(([words]) => words.test(message))?.[1] ?? "other";
  return BY_CODE.get(code) ?? "other";
}

/**
 * Why an order ended without being cancelled or filled. A post-only order that would have traded
 * may be accepted and then expire without a fill: that is a post-only reject too.
 */
export function endReasonOf(
  status: string,
  timeInForce: string,
  isUnfilled: boolean,
): RejectReason | undefined {
  if (status !== "EXPIRED" && status !== "REJECTED") return undefined;
  if (timeInForce === "GTX" && isUnfilled) return "post_only_would_take";
  return timeInForce === "IOC" || timeInForce === "FOK" ? "not_filled" : "other";
}

/**
 * What an error answer says about the request. `unknown`: it may have been executed; ask, never
 * send again. `resync`: our time or nonce is off. `blocked`: not taken; say nothing for a while.
 */
export type ErrorMeaning = "refused" | "unknown" | "resync" | "blocked";

const UNKNOWN_CODES: ReadonlySet<number> = new Set([-1000, -1001, -1006, -1007]);

/** Reads status and code together. 403 is the venue's firewall. */
export function meaningOf(status: number, code: number): ErrorMeaning {
  if (status === 429 || status === 418 || status === 403) return "blocked";
  switch (BY_CODE.get(code)) {
    case "rate_limited":
      return "blocked";
    case "timestamp":
      return "resync";
    default:
      return status >= 500 || status === 408 || UNKNOWN_CODES.has(code) ? "unknown" : "refused";
  }
}
