/**
 * What an answer to one of our actions says about orders: pure, the same for socket and REST.
 *
 * 1. An order's state is told only where the answer states it: `{"type":"default"}` says nothing.
 * 2. An error that leaves the execution open is `request_lost`; any other is `request_refused`.
 * 3. A modify whose cancel worked and whose order did not tells both: the old order is cancelled,
 *    the new one rejected.
 * @module
 */
import {
  type ClientOrderId,
  type Instrument,
  type Micros,
  moneyFromText,
  type OrderStatus,
  type Price,
  type Size,
  type VenueOrderId,
} from "@/engine/domain/mod.ts";
import type {
  CancelOrder,
  EngineEvent,
  OrderUpdate,
  PlaceOrder,
  RejectReason,
  ReplaceOrder,
  RequestLost,
  RequestRefused,
} from "@/engine/messages/mod.ts";
import { decimalField, type JsonObject, objectOf, textField } from "./_json.ts";
import { orderIdOf, sizeOf } from "./_order_objects.ts";
import type { Outcome, VenueError } from "./_rest.ts";
import { isHalfModified, rejectReasonOf } from "./reject_codes.ts";

/** Requests whose answers are about orders. */
export type OrderRequestSent = PlaceOrder | ReplaceOrder | CancelOrder;

/** The events an answer stands for. */
export function answerEvents(
  request: OrderRequestSent,
  outcome: Outcome,
  instrument: Instrument,
  at: Micros,
): readonly EngineEvent[] {
  switch (outcome.kind) {
    case "lost":
      return [lostEvent(request, outcome.sent ? "unknown" : "not_sent", outcome.reason, at)];
    case "error":
      return errorEvents(request, outcome, at);
    case "ok":
      return okEvents(request, outcome.result, instrument, at);
  }
}

/** A request of unknown fate, or one that never left. */
export function lostEvent(
  request: OrderRequestSent,
  outcome: "unknown" | "not_sent",
  text: string,
  at: Micros,
): RequestLost {
  return {
    kind: "request_lost",
    instrument: request.instrument,
    at,
    clientOrderId: request.clientOrderId,
    request: wordOf(request),
    outcome,
    text,
  };
}

function wordOf(request: OrderRequestSent): RequestRefused["request"] {
  switch (request.kind) {
    case "place_order":
      return "place";
    case "replace_order":
      return "replace";
    case "cancel_order":
      return "cancel";
  }
}

function okEvents(
  request: OrderRequestSent,
  result: unknown,
  instrument: Instrument,
  at: Micros,
): readonly EngineEvent[] {
  const response = objectOf(result);
  if (response !== undefined && textField(response, "type") === "default") return [];
  const statuses = objectOf(response?.["data"])?.["statuses"];
  const status = Array.isArray(statuses) ? statuses[0] as unknown : undefined;
  if (request.kind === "cancel_order") {
    if (status === "success") return [update(request, { status: "cancelled" }, at)];
  } else if (status === "waitingForTrigger" || status === "waitingForFill") {
    return [update(request, { status: "new" }, at)];
  }
  const object = objectOf(status);
  const error = object?.["error"];
  if (typeof error === "string") return refusedEvents(request, error, at);
  const told = object === undefined || request.kind === "cancel_order"
    ? undefined
    : statedOf(request, object, instrument);
  if (told !== undefined) return [update(request, told, at)];
  return [lostEvent(request, "unknown", "answer is not readable", at)];
}

/** What an answer states of a new order. */
interface Stated {
  readonly status: OrderStatus;
  readonly venueOrderId?: VenueOrderId | undefined;
  readonly filledSize?: Size | undefined;
  readonly averagePrice?: OrderUpdate["averagePrice"];
  readonly reason?: RejectReason;
  readonly text?: string;
}

function statedOf(
  request: PlaceOrder | ReplaceOrder,
  object: JsonObject,
  instrument: Instrument,
): Stated | undefined {
  const resting = objectOf(object["resting"]);
  if (resting !== undefined) return { status: "new", venueOrderId: orderIdOf(resting) };
  const filled = objectOf(object["filled"]);
  if (filled === undefined) return undefined;
  const size = sizeOf(instrument, decimalField(filled, "totalSz"));
  const mean = moneyFromText(decimalField(filled, "avgPx"));
  if (size === undefined || size === "bad") return undefined;
  const isTaker = request.timeInForce === "ioc" ||
    (request.kind === "place_order" && request.type === "market");
  const isWhole = size >= request.size;
  return {
    // The rest of an IOC is cancelled without a word; that of another order rests.
    status: isWhole ? "filled" : isTaker ? "cancelled" : "partially_filled",
    venueOrderId: orderIdOf(filled),
    filledSize: size,
    ...(mean.ok ? { averagePrice: mean.value } : {}),
    ...(isTaker && !isWhole ? { reason: "not_filled" as const, text: "filled in part" } : {}),
  };
}

function errorEvents(
  request: OrderRequestSent,
  error: VenueError,
  at: Micros,
): readonly EngineEvent[] {
  if (error.meaning === "unknown") return [lostEvent(request, "unknown", error.text, at)];
  if (error.meaning === "rate_limited" || error.meaning === "budget_spent") {
    return [refused(request, "rate_limited", error.text, at)];
  }
  return refusedEvents(request, error.text, at);
}

function refusedEvents(
  request: OrderRequestSent,
  text: string,
  at: Micros,
): readonly EngineEvent[] {
  const reason = rejectReasonOf(text);
  if (request.kind === "place_order" && reason === "not_filled") {
    // An IOC that met nobody ended without a fill; it was not refused.
    const filledSize = 0 as Size;
    return [update(request, { status: "cancelled", filledSize, reason, text }, at)];
  }
  if (request.kind === "replace_order" && isHalfModified(text)) {
    const rejected = { status: "rejected", reason, text } as const;
    const old = { ...update(request, rejected, at), clientOrderId: request.clientOrderId };
    return [
      {
        ...old,
        venueOrderId: request.venueOrderId,
        status: "cancelled",
        price: undefined,
        size: undefined,
        timeInForce: undefined,
        type: undefined,
        reason: undefined,
        text: undefined,
      },
      update(request, rejected, at),
    ];
  }
  return [refused(request, reason, text, at)];
}

function refused(
  request: OrderRequestSent,
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
    text: text.slice(0, 200),
  };
}

/** The order that an answer speaks of: the new one of a replace. */
function update(request: OrderRequestSent, told: Stated, at: Micros): OrderUpdate {
  const isCancel = request.kind === "cancel_order";
  const isPlace = request.kind === "place_order";
  const name: ClientOrderId = request.kind === "replace_order"
    ? request.newClientOrderId
    : request.clientOrderId;
  const price: Price | undefined = isCancel ? undefined : request.price;
  return {
    kind: "order",
    instrument: request.instrument,
    at,
    // An answer carries no time of its own.
    venueAt: 0 as Micros,
    source: "answer",
    clientOrderId: name,
    venueOrderId: told.venueOrderId ?? (isCancel ? request.venueOrderId : undefined),
    status: told.status,
    side: isCancel ? undefined : request.side,
    type: isCancel ? undefined : isPlace ? request.type : "limit",
    timeInForce: isCancel ? undefined : request.timeInForce,
    price,
    size: isCancel ? undefined : request.size,
    filledSize: told.filledSize,
    averagePrice: told.averagePrice,
    reason: told.reason,
    text: told.text?.slice(0, 200),
  };
}
