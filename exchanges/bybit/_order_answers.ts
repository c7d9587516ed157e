/**
 * What a failed answer to one of our requests says, as events. A good answer says nothing: it is
 * only an acknowledgement.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelOrder,
  PlaceOrder,
  ReplaceOrder,
  RequestLost,
  RequestRefused,
} from "@/engine/messages/mod.ts";
import { type VenueError, wordsOf } from "./_rest.ts";
import { rejectReasonOf } from "./reject_codes.ts";

/** Requests that name one order. */
export type NamedRequest = PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder;

const WORDS = {
  place_order: "place",
  amend_order: "amend",
  replace_order: "replace",
  cancel_order: "cancel",
} as const;

/** The venue's no. */
export function refusedRequest(
  request: NamedRequest,
  error: VenueError,
  at: Micros,
): RequestRefused {
  const reason = rejectReasonOf(error.code);
  return {
    kind: "request_refused",
    instrument: request.instrument,
    at,
    clientOrderId: request.clientOrderId,
    request: WORDS[request.kind],
    reason: error.meaning === "rate_limited" ? "rate_limited" : reason,
    text: wordsOf(error),
  };
}

/** Nobody knows what became of it, or it never left. */
export function lostRequest(
  request: NamedRequest,
  outcome: "unknown" | "not_sent",
  text: string,
  at: Micros,
): RequestLost {
  return {
    kind: "request_lost",
    instrument: request.instrument,
    at,
    clientOrderId: request.clientOrderId,
    request: WORDS[request.kind],
    outcome,
    text,
  };
}
