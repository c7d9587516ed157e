/**
 * OUT 1: our requests to Bybit's order objects, and those to a frame of the order socket or to the
 * body of a REST request.
 *
 * 1. The object of an order is the same on the socket and over REST.
 * 2. Post-only is `timeInForce=PostOnly`; market orders say no time in force, and on spot always
 *    that they count in base.
 * 3. Stops: linear ones name price kind and direction; on spot they are `StopOrder`s, which are
 *    cancelled under that filter until they trigger.
 * 4. An amend sends the new price and the new total size, filled part included.
 * 5. What the venue cannot do is refused here, with the reason; nothing is silently changed.
 *
 * Source: venue documentation "Place order", "Amend order", "Cancel order", "Cancel all orders" and
 * "WebSocket trade guideline", read 2026-07.
 * @module
 */
import { err, type Instrument, ok, type Result, type Side } from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelAll,
  CancelOrder,
  PlaceOrder,
  ReplaceOrder,
} from "@/engine/messages/mod.ts";
import type { EncodedRequest } from "@/engine/ports/mod.ts";
import { offGrid, stepsText } from "@/exchanges/kit/mod.ts";
import { categoryOf } from "./endpoints.ts";
import { RECEIVE_WINDOW_MS } from "./signer.ts";

export { stepsText } from "@/exchanges/kit/mod.ts";

/** One order object, keys in the order of sending. */
export type WireObject = Readonly<Record<string, string | number | boolean>>;

/** A request as Bybit takes it, before time and signature. */
export interface WireRequest {
  /** Operation of the order socket; undefined where only REST offers it. */
  readonly operation: "order.create" | "order.amend" | "order.cancel" | undefined;
  readonly path: string;
  readonly body: WireObject;
}

/** What the encoder turns into wire requests. */
export type EncodableRequest = PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder | CancelAll;

const CLIENT_ID = /^[A-Za-z0-9_-]{1,36}$/;

/** Encodes one request; `isWaitingStop` says that a cancel is for a spot stop not yet triggered. */
export function encodeRequest(
  request: EncodableRequest,
  instrument: Instrument,
  isWaitingStop = false,
): Result<WireRequest> {
  switch (request.kind) {
    case "place_order": {
      const refusal = refusalOf(request, instrument);
      if (refusal !== undefined) return err(`Cannot place ${request.clientOrderId}: ${refusal}`);
      const body = placeBody(request, instrument);
      return ok({ operation: "order.create", path: "/v5/order/create", body });
    }
    case "amend_order":
      return amend(request, instrument);
    case "replace_order":
      return err("Cannot replace: the venue has no cancel-and-place request, amend instead");
    case "cancel_order": {
      if (request.clientOrderId === "" && request.venueOrderId === undefined) {
        return err("Cannot cancel: wanted a client or venue order id, found none");
      }
      const filter: WireObject = isWaitingStop ? { orderFilter: "StopOrder" } : {};
      const body = { ...marketOf(instrument), ...orderName(request), ...filter };
      return ok({ operation: "order.cancel", path: "/v5/order/cancel", body });
    }
    case "cancel_all":
      return ok(cancelAll(instrument));
  }
}

/** Cancels all orders of an instrument; on spot the conditional ones have to be named. */
export function cancelAll(instrument: Instrument, orderFilter?: "StopOrder"): WireRequest {
  const filter: WireObject = orderFilter === undefined ? {} : { orderFilter };
  return {
    operation: undefined,
    path: "/v5/order/cancel-all",
    body: { ...marketOf(instrument), ...filter },
  };
}

/** What `encode` prints: everything but request id, time and signature. */
export function encodedForPeople(wire: WireRequest): EncodedRequest {
  if (wire.operation === undefined) {
    return { channel: "rest", method: "POST", path: wire.path, message: wire.body };
  }
  return {
    channel: "ws",
    method: wire.operation,
    message: {
      header: { "X-BAPI-RECV-WINDOW": String(RECEIVE_WINDOW_MS) },
      op: wire.operation,
      args: [wire.body],
    },
  };
}

/** A frame of the order socket. `timestampMs` is on the venue's clock. */
export function socketFrame(wire: WireRequest, requestId: string, timestampMs: number): string {
  return `{"reqId":"${requestId}","header":{"X-BAPI-TIMESTAMP":"${timestampMs}",` +
    `"X-BAPI-RECV-WINDOW":"${RECEIVE_WINDOW_MS}"},"op":"${wire.operation}",` +
    `"args":[${JSON.stringify(wire.body)}]}`;
}

/** The field that names an order: the venue's id where known; if both are sent it wins anyway. */
export function orderName(
  request: { readonly clientOrderId: string; readonly venueOrderId: string | undefined },
): WireObject {
  return request.venueOrderId === undefined
    ? { orderLinkId: request.clientOrderId }
    : { orderId: request.venueOrderId };
}

/** Whether a place request waits for a trigger. */
export function isStop(request: PlaceOrder): boolean {
  return request.type === "stop_loss" || request.type === "stop_limit";
}

function refusalOf(request: PlaceOrder, instrument: Instrument): string | undefined {
  const { type, price, triggerPrice, postOnly, timeInForce, size } = request;
  const needsPrice = type === "limit" || type === "stop_limit";
  if (!CLIENT_ID.test(request.clientOrderId)) {
    return "client order id must match the venue's alphabet, at most 36 characters";
  }
  if (needsPrice && price === undefined) return `a ${type} order needs a price`;
  if (isStop(request) && triggerPrice === undefined) return `a ${type} order needs a trigger price`;
  if (postOnly && type !== "limit") return "only a limit order can be post-only";
  if (postOnly && timeInForce !== "gtc") return `post-only needs gtc, found ${timeInForce}`;
  if (request.reduceOnly && instrument.terms.product === "spot") return "spot has no reduce-only";
  if (size <= 0) return "size must be above 0";
  return offGrid(
    instrument,
    size,
    needsPrice ? price : undefined,
    isStop(request) ? triggerPrice : undefined,
  );
}

function marketOf(instrument: Instrument): { category: string; symbol: string } {
  const { product, venueSymbol } = instrument.terms;
  return { category: categoryOf(product), symbol: venueSymbol };
}

function placeBody(request: PlaceOrder, instrument: Instrument): WireObject {
  const isSpot = instrument.terms.product === "spot";
  const isLimit = request.type === "limit" || request.type === "stop_limit";
  const body: Record<string, string | number | boolean> = {
    ...marketOf(instrument),
    side: sideWord(request.side),
    orderType: isLimit ? "Limit" : "Market",
    qty: stepsText(request.size, instrument.sizeGrid),
  };
  if (isLimit) {
    body["price"] = stepsText(request.price!, instrument.priceGrid);
    body["timeInForce"] = request.postOnly ? "PostOnly" : request.timeInForce.toUpperCase();
  } else if (isSpot) {
    body["marketUnit"] = "baseCoin";
  }
  body["orderLinkId"] = request.clientOrderId;
  if (isStop(request)) {
    body["triggerPrice"] = stepsText(request.triggerPrice!, instrument.priceGrid);
    if (isSpot) {
      body["orderFilter"] = "StopOrder";
    } else {
      // 1: when the price rises to the trigger, 2: when it falls to it.
      body["triggerDirection"] = request.side === "buy" ? 1 : 2;
      body["triggerBy"] = "LastPrice";
    }
  }
  if (!isSpot) {
    body["positionIdx"] = 0;
    body["reduceOnly"] = request.reduceOnly;
  }
  return body;
}

function sideWord(side: Side): string {
  return side === "buy" ? "Buy" : "Sell";
}

function amend(request: AmendOrder, instrument: Instrument): Result<WireRequest> {
  const reason = offGrid(instrument, request.size, request.price, undefined);
  if (reason !== undefined) return err(`Cannot amend ${request.clientOrderId}: ${reason}`);
  if (request.size <= request.filledSize) {
    return err(`Cannot amend ${request.clientOrderId}: wanted a size above what is filled`);
  }
  if (request.clientOrderId === "" && request.venueOrderId === undefined) {
    return err("Cannot amend: wanted a client or venue order id, found none");
  }
  const body = {
    ...marketOf(instrument),
    ...orderName(request),
    qty: stepsText(request.size, instrument.sizeGrid),
    price: stepsText(request.price, instrument.priceGrid),
  };
  return ok({ operation: "order.amend", path: "/v5/order/amend", body });
}
