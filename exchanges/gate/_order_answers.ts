/**
 * What an answer to one of our requests says about orders: pure, the same for socket and REST.
 *
 * 1. An order's state is told only where the answer states it.
 * 2. An error that leaves the execution open is `request_lost`; any other is `request_refused`.
 * 3. An amend to what the order is already (`NO_CHANGE`) has worked.
 * @module
 */
import { type Instrument, type Micros, MICROS_UNKNOWN, venueOrderId } from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelAll,
  CancelOrder,
  EngineEvent,
  OrderUpdate,
  PlaceOrder,
  ReplaceOrder,
  RequestLost,
  RequestRefused,
} from "@/engine/messages/mod.ts";
import { objectOf, objectsOf } from "./_json.ts";
import { type InstrumentLookup, orderUpdateOf } from "./_order_objects.ts";
import { type Outcome, type VenueError, wordsOf } from "./_rest.ts";
import { isStopObject, stopIdIn, stopUpdateOf } from "./_stop_objects.ts";
import { isStop, isStopId } from "./order_encoder.ts";
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
  if (outcome.kind === "error") return errorEvents(request, outcome, at);
  if (request.kind === "place_order" && isStop(request)) {
    const placed = stopPlaced(request, outcome.result, at);
    return placed === undefined ? lostEvents(request, "unknown", "answer has no id", at) : [placed];
  }
  if (request.kind === "cancel_order" && isStopId(request.venueOrderId)) {
    const order = objectOf(outcome.result) ?? {};
    const update = stopUpdateOf(order, instrument, at, "answer");
    return [update ?? stopCancelled(request, at)];
  }
  const single = objectOf(outcome.result);
  const orders = single === undefined ? objectsOf(outcome.result) ?? [] : [single];
  const updates = orders.flatMap((order) => {
    // The second half of a cancel-all answers with conditional orders, which have no state of ours
    // when somebody else gave them their names.
    if (isStopObject(order)) {
      const stop = stopUpdateOf(order, instrument, at, "answer");
      return stop === undefined || stop.clientOrderId === "" ? [] : [stop];
    }
    const update = orderUpdateOf(order, instrument, lookup, at, "answer");
    return update === undefined ? [] : [named(update, request)];
  });
  // An answer that says yes without an order leaves its state to the stream, or to a question.
  if (updates.length > 0 || request.kind === "cancel_all") return updates;
  return lostEvents(request, "unknown", "answer does not state the order", at);
}

/** An order that was cancelled by its id may come back without our text. */
function named(update: OrderUpdate, request: OrderRequestSent): OrderUpdate {
  if (request.kind === "cancel_all" || update.clientOrderId !== "") return update;
  return { ...update, clientOrderId: request.clientOrderId };
}

/** The service of conditional orders answers with an id alone: that is its acceptance. */
function stopPlaced(request: PlaceOrder, result: unknown, at: Micros): OrderUpdate | undefined {
  const id = stopIdIn(objectOf(result) ?? {});
  if (id === "") return undefined;
  return {
    kind: "order",
    instrument: request.instrument,
    at,
    venueAt: MICROS_UNKNOWN,
    source: "answer",
    clientOrderId: request.clientOrderId,
    venueOrderId: venueOrderId(id),
    status: "new",
    side: request.side,
    type: request.type,
    timeInForce: request.timeInForce,
    price: request.price,
    size: request.size,
    filledSize: undefined,
    averagePrice: undefined,
    reason: undefined,
    text: undefined,
  };
}

function bareUpdate(request: CancelOrder | AmendOrder, at: Micros): OrderUpdate {
  return {
    kind: "order",
    instrument: request.instrument,
    at,
    venueAt: MICROS_UNKNOWN,
    source: "answer",
    clientOrderId: request.clientOrderId,
    venueOrderId: request.venueOrderId,
    status: "new",
    side: undefined,
    type: undefined,
    timeInForce: undefined,
    price: undefined,
    size: undefined,
    filledSize: undefined,
    averagePrice: undefined,
    reason: undefined,
    text: undefined,
  };
}

function stopCancelled(request: CancelOrder, at: Micros): OrderUpdate {
  return { ...bareUpdate(request, at), status: "cancelled" };
}

function unchanged(request: AmendOrder, at: Micros): OrderUpdate {
  return {
    ...bareUpdate(request, at),
    status: request.filledSize > 0 ? "partially_filled" : "new",
    side: request.side,
    price: request.price,
    size: request.size,
    text: "NO_CHANGE",
  };
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

function errorEvents(
  request: OrderRequestSent,
  error: VenueError,
  at: Micros,
): readonly EngineEvent[] {
  const text = wordsOf(error);
  if (error.meaning === "unknown") return lostEvents(request, "unknown", text, at);
  if (request.kind === "cancel_all") return [];
  if (request.kind === "amend_order" && error.label === "NO_CHANGE") {
    return [unchanged(request, at)];
  }
  const known = rejectReasonOf(error.label);
  return [{
    kind: "request_refused",
    instrument: request.instrument,
    at,
    clientOrderId: request.clientOrderId,
    request: wordOf(request),
    reason: error.meaning === "rate_limited" ? "rate_limited" : known,
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
