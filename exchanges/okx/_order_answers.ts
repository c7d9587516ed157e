/**
 * What an answer to one of our requests says about orders: pure, the same for socket and REST.
 *
 * 1. A yes (`sCode` "0") is an acknowledgement: it moves no order. The order's own state comes on
 *    its channel.
 * 2. An error that leaves the execution open is `request_lost`; any other is `request_refused`.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelOrder,
  EngineEvent,
  PlaceOrder,
  RequestLost,
  RequestRefused,
} from "@/engine/messages/mod.ts";
import { type Outcome, wordsOf } from "./_answers.ts";
import { rejectReasonOf } from "./reject_codes.ts";

/** Requests whose answers are about orders. */
export type OrderRequestSent = PlaceOrder | AmendOrder | CancelOrder;

const WORDS = { place_order: "place", amend_order: "amend", cancel_order: "cancel" } as const;

/** The event an answer stands for; undefined for a mere acknowledgement. */
export function answerEvent(
  request: OrderRequestSent,
  outcome: Outcome,
  at: Micros,
): EngineEvent | undefined {
  if (outcome.kind === "ok") return undefined;
  const text = wordsOf(outcome);
  if (outcome.kind === "lost") {
    return lostEvent(request, outcome.sent ? "unknown" : "not_sent", text, at);
  }
  if (outcome.meaning === "unknown") return lostEvent(request, "unknown", text, at);
  return {
    kind: "request_refused",
    instrument: request.instrument,
    at,
    clientOrderId: request.clientOrderId,
    request: WORDS[request.kind],
    reason: outcome.meaning === "rate_limited" ? "rate_limited" : reasonOf(request, outcome.code),
    text,
  };
}

/** `request_lost` of a request. */
export function lostEvent(
  request: OrderRequestSent,
  outcome: RequestLost["outcome"],
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

function reasonOf(request: OrderRequestSent, code: string): RequestRefused["reason"] {
  const reason = rejectReasonOf(code);
  return reason === "other" && request.kind === "amend_order" ? "amend_refused" : reason;
}
