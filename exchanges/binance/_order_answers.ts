/**
 * What an answer to one of our requests says about orders: pure, the same for socket and REST.
 *
 * 1. An order's state is told only where the answer states it.
 * 2. An error that leaves the execution open is `request_lost`; any other is `request_refused`.
 * 3. A replace whose cancel worked and whose place did not tells both: the old order is cancelled,
 *    the
 *    new one rejected.
 * @module
 */
import type { Instrument, Micros, VenueOrderId } from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelAll,
  CancelOrder,
  EngineEvent,
  OrderUpdate,
  PlaceOrder,
  RejectReason,
  ReplaceOrder,
  RequestLost,
  RequestRefused,
} from "@/engine/messages/mod.ts";
import { idField, integerField, type JsonObject, objectOf, objectsOf, textField } from "./_json.ts";
import { algoUpdateOf, type InstrumentLookup, orderUpdateOf } from "./_order_objects.ts";
import { ALGO_ID_PREFIX } from "./order_encoder.ts";
import type { Outcome, VenueError } from "./_rest.ts";
import { rejectReasonOf } from "./reject_codes.ts";

/** Requests whose answers are about orders. */
export type OrderRequestSent = PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder | CancelAll;

/** The events an answer stands for. */
export function answerEvents(
  request: OrderRequestSent,
  outcome: Outcome,
  instrument: Instrument,
  lookup: InstrumentLookup,
  at: Micros,
): readonly EngineEvent[] {
  if (outcome.kind === "lost") {
    return lostEvents(request, outcome.sent ? "unknown" : "not_sent", outcome.reason, at);
  }
  if (outcome.kind === "error") return errorEvents(request, outcome, instrument, lookup, at);
  const updates = updatesIn(request, outcome.result, instrument, at);
  for (const update of updates) remember(update, instrument, lookup);
  return updates;
}

/** `request_lost`, for requests that name an order. */
export function lostEvents(
  request: OrderRequestSent,
  outcome: "unknown" | "not_sent",
  text: string,
  at: Micros,
): readonly RequestLost[] {
  if (request.kind === "cancel_all") return [];
  return [{
    kind: "request_lost",
    instrument: request.instrument,
    at,
    clientOrderId: request.clientOrderId,
    request: wordOf(request),
    outcome,
    text,
  }];
}

function wordOf(request: Exclude<OrderRequestSent, CancelAll>): RequestRefused["request"] {
  switch (request.kind) {
    case "place_order":
      return "place";
    case "amend_order":
      return "amend";
    case "replace_order":
      return "replace";
    case "cancel_order":
      return "cancel";
  }
}

function updatesIn(
  request: OrderRequestSent,
  result: unknown,
  instrument: Instrument,
  at: Micros,
): readonly OrderUpdate[] {
  if (request.kind === "cancel_all") {
    // Elements of order lists have no status of their own; their orders are told by the stream.
    return (objectsOf(result) ?? []).flatMap((order) =>
      present(orderAnswer(order, instrument, at))
    );
  }
  const answer = objectOf(result);
  if (answer === undefined) return [];
  if (request.kind === "replace_order") {
    return [answer["cancelResponse"], answer["newOrderResponse"]].flatMap((part) => {
      const order = objectOf(part);
      return order === undefined ? [] : present(orderAnswer(order, instrument, at));
    });
  }
  const amended = objectOf(answer["amendedOrder"]);
  if (amended !== undefined) {
    const { origClientOrderId: _before, ...now } = amended;
    return present(orderAnswer(now, instrument, at));
  }
  if ("algoId" in answer) return present(algoAnswer(request, answer, instrument, at));
  return present(orderAnswer(answer, instrument, at));
}

function orderAnswer(
  order: JsonObject,
  instrument: Instrument,
  at: Micros,
): OrderUpdate | undefined {
  return orderUpdateOf(order, instrument, at, "answer");
}

/** Over REST the cancel of a conditional order is answered with ids and "success" alone. */
function algoAnswer(
  request: OrderRequestSent,
  answer: JsonObject,
  instrument: Instrument,
  at: Micros,
): OrderUpdate | undefined {
  const full = algoUpdateOf(answer, instrument, at, "answer");
  if (full !== undefined || request.kind !== "cancel_order") return full;
  if (idField(answer, "code") !== "200") return undefined;
  const cancelled = { ...answer, algoStatus: "CANCELED" };
  const update = algoUpdateOf(cancelled, instrument, at, "answer");
  return update === undefined ? undefined : { ...update, clientOrderId: request.clientOrderId };
}

function errorEvents(
  request: OrderRequestSent,
  error: VenueError,
  instrument: Instrument,
  lookup: InstrumentLookup,
  at: Micros,
): readonly EngineEvent[] {
  const isPerpetual = instrument.terms.product === "perpetual";
  const words = `${error.code} ${error.message}`.slice(0, 200);
  if (error.meaning === "unknown") return lostEvents(request, "unknown", words, at);
  if (request.kind === "cancel_all") return [];
  if (request.kind === "replace_order") {
    const parts = replaceParts(request, error, instrument, lookup, at);
    if (parts !== undefined) return parts;
  }
  const reason = error.meaning === "refused" && error.status >= 500
    ? "venue_unavailable"
    : error.meaning === "rate_limited"
    ? "rate_limited"
    : rejectReasonOf(error.code, error.message, isPerpetual);
  return [refused(request, reason, words, at)];
}

function refused(
  request: Exclude<OrderRequestSent, CancelAll>,
  reason: RejectReason,
  text: string,
  at: Micros,
): RequestRefused {
  return {
    kind: "request_refused",
    instrument: request.instrument,
    at,
    clientOrderId: request.clientOrderId,
    request: wordOf(request),
    reason,
    text,
  };
}

/** The two halves of a failed replace; undefined when the error has none. */
function replaceParts(
  request: ReplaceOrder,
  error: VenueError,
  instrument: Instrument,
  lookup: InstrumentLookup,
  at: Micros,
): readonly EngineEvent[] | undefined {
  const data = objectOf(error.data);
  if (data === undefined) return undefined;
  const cancelled = objectOf(data["cancelResponse"]);
  const placed = objectOf(data["newOrderResponse"]);
  if (textField(data, "cancelResult") !== "SUCCESS") {
    const [reason, words] = reasonIn(cancelled, error);
    return [refused(request, reason, words, at)];
  }
  const update = cancelled === undefined ? undefined : orderAnswer(cancelled, instrument, at);
  if (update !== undefined) remember(update, instrument, lookup);
  const [reason, words] = reasonIn(placed, error);
  return [...present(update), rejectedOrder(request, reason, words, at)];
}

function reasonIn(part: JsonObject | undefined, error: VenueError): [RejectReason, string] {
  const code = part === undefined ? undefined : integerField(part, "code");
  if (part === undefined || code === undefined) {
    return ["other", `${error.code} ${error.message}`.slice(0, 200)];
  }
  const message = textField(part, "msg");
  return [rejectReasonOf(code, message, false), `${code} ${message}`.slice(0, 200)];
}

function rejectedOrder(
  request: ReplaceOrder,
  reason: RejectReason,
  text: string,
  at: Micros,
): OrderUpdate {
  return {
    kind: "order",
    instrument: request.instrument,
    at,
    venueAt: at,
    source: "answer",
    clientOrderId: request.newClientOrderId,
    venueOrderId: undefined,
    status: "rejected",
    side: request.side,
    type: "limit",
    timeInForce: request.timeInForce,
    price: request.price,
    size: request.size,
    filledSize: undefined,
    averagePrice: undefined,
    reason,
    text,
  };
}

function present(update: OrderUpdate | undefined): readonly OrderUpdate[] {
  return update === undefined ? [] : [update];
}

function remember(update: OrderUpdate, instrument: Instrument, lookup: InstrumentLookup): void {
  if (update.venueOrderId !== undefined) {
    lookup.remember(instrument, update.venueOrderId, update.clientOrderId);
  }
}

/** Whether a venue id belongs to the algo service. */
export function isAlgoId(id: VenueOrderId | undefined): boolean {
  return id !== undefined && id.startsWith(ALGO_ID_PREFIX);
}
