/**
 * What a node says of a transaction it does not let in.
 *
 * Source: protocol sheet section 8.
 * @module
 */
import type { SimReject } from "@/exchanges/simulator/mod.ts";
import type { CheckResult } from "./node.ts";
import type { EndCause } from "./venue_state.ts";

/** The node's own check passed. */
export const PASSED: CheckResult = { code: 0, codespace: "", log: "" };

/** A check that did not pass. */
export function refusal(codespace: string, code: number, log: string): CheckResult {
  return { code, codespace, log };
}

/** One of the order book's own refusals. */
export function clobRefusal(code: number, log: string): CheckResult {
  return refusal("clob", code, log);
}

/** Why an order that had been let in did not make it into the book. */
export function causeOf(reject: SimReject): EndCause {
  switch (reject) {
    case "insufficient_balance":
    case "insufficient_margin":
      return "UNDERCOLLATERALIZED";
    case "post_only_would_take":
      return "POST_ONLY_WOULD_CROSS_MAKER_ORDER";
    case "reduce_only":
      return "REDUCE_ONLY_RESIZE";
    case "no_liquidity":
      return "IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK";
    default:
      return "INTERNAL_ERROR";
  }
}
