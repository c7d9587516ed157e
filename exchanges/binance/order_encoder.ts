/**
 * OUT 1: our requests to Binance's order parameters, and those to a signed frame or REST request.
 *
 * 1. Parameters are made in the order of their names, which is the order the order socket signs.
 * 2. Post-only is `LIMIT_MAKER` on spot and `timeInForce=GTX` on USD-M; stops are ordinary orders
 *    on
 *    spot and live in the algo service on USD-M, with ids of their own.
 * 3. What the venue cannot do is refused here, with the reason; nothing is silently changed.
 *
 * Source: venue documentation "Trading requests" and "New algo order", read 2026-09.
 * @module
 */
import { err, type Instrument, ok, type Result } from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelAll,
  CancelOrder,
  PlaceOrder,
  ReplaceOrder,
} from "@/engine/messages/mod.ts";
import type { EncodedRequest } from "@/engine/ports/mod.ts";
import { offGrid, stepsText } from "@/exchanges/kit/mod.ts";
import { encodedPairs, type Signer } from "./signer.ts";

export { stepsText } from "@/exchanges/kit/mod.ts";

/** One parameter: on the order socket a JSON number where `isNumber`, else a JSON text. */
export type WireParameter = readonly [name: string, value: string, isNumber?: boolean];

/** A request as Binance takes it, before time and signature. */
export interface WireRequest {
  /** Method of the order socket; undefined where only REST offers it. */
  readonly socketMethod: string | undefined;
  readonly restMethod: "GET" | "POST" | "PUT" | "DELETE";
  readonly restPath: string;
  /** Sorted by name. */
  readonly params: readonly WireParameter[];
}

/** What the encoder turns into wire requests. */
export type EncodableRequest = PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder | CancelAll;

/** Window in which the venue must receive a request, milliseconds. */
export const RECEIVE_WINDOW_MS = 5_000;

/**
 * Venue ids of the USD-M algo service carry this prefix, because they are a number space of their
 * own.
 */
export const ALGO_ID_PREFIX = "algo-";

const CLIENT_ID = /^[.A-Z:/a-z0-9_-]{1,36}$/;

/** Encodes one request; `isAlgo` says that a cancel is for an order of the algo service. */
export function encodeRequest(
  request: EncodableRequest,
  instrument: Instrument,
  isAlgo = false,
): Result<WireRequest> {
  const isSpot = instrument.terms.product === "spot";
  switch (request.kind) {
    case "place_order": {
      const refusal = refusalOf(request, instrument);
      if (refusal !== undefined) return err(`Cannot place ${request.clientOrderId}: ${refusal}`);
      if (isSpot) return ok(spotPlace(request, instrument));
      return ok(
        isStop(request) ? algoPlace(request, instrument) : perpetualPlace(request, instrument),
      );
    }
    case "amend_order":
      return isSpot ? spotAmend(request, instrument) : perpetualAmend(request, instrument);
    case "replace_order":
      if (!isSpot) {
        return err("Cannot replace: USD-M has no cancel-and-place request, amend instead");
      }
      return spotReplace(request, instrument);
    case "cancel_order":
      return cancel(request, instrument, isAlgo);
    case "cancel_all":
      return ok({
        socketMethod: isSpot ? "openOrders.cancelAll" : undefined,
        restMethod: "DELETE",
        restPath: isSpot ? "/api/v3/openOrders" : "/fapi/v1/allOpenOrders",
        params: [symbolOf(instrument)],
      });
  }
}

/** Cancels every conditional order of a USD-M instrument: the second half of `cancel_all`. */
export function algoCancelAll(instrument: Instrument): WireRequest {
  return {
    socketMethod: undefined,
    restMethod: "DELETE",
    restPath: "/fapi/v1/algoOpenOrders",
    params: [symbolOf(instrument)],
  };
}

/** What `encode` prints: everything but id, time and signature. */
export function encodedForPeople(wire: WireRequest): EncodedRequest {
  const params: Record<string, unknown> = {};
  for (const [name, value, isNumber] of wire.params) {
    // A long id as a JSON number would lose digits in JavaScript: shown as text then.
    params[name] = isNumber === true && value.length < 16 ? Number(value) : value;
  }
  params["recvWindow"] = RECEIVE_WINDOW_MS;
  if (wire.socketMethod !== undefined) {
    const method = wire.socketMethod;
    return { channel: "ws", method, message: { method, params } };
  }
  return { channel: "rest", method: wire.restMethod, path: wire.restPath, message: params };
}

/** The signed frame of the order socket. `timestampMs` is on the venue's clock. */
export function socketFrame(
  wire: WireRequest,
  id: string,
  timestampMs: number,
  signer: Signer,
): string {
  const own: readonly WireParameter[] = [
    ["apiKey", signer.key],
    ["recvWindow", String(RECEIVE_WINDOW_MS), true],
    ["timestamp", String(timestampMs), true],
  ];
  let payload = "";
  let json = "";
  let next = 0;
  for (let index = 0; index <= wire.params.length; index++) {
    const param = wire.params[index];
    while (next < own.length && (param === undefined || own[next]![0] < param[0])) {
      const [name, value, isNumber] = own[next++]!;
      payload += `${name}=${value}&`;
      json += isNumber === true ? `"${name}":${value},` : `"${name}":"${value}",`;
    }
    if (param === undefined) break;
    const [name, value, isNumber] = param;
    payload += `${name}=${value}&`;
    json += isNumber === true ? `"${name}":${value},` : `"${name}":"${value}",`;
  }
  const signature = signer.sign(payload.slice(0, -1));
  const params = `{${json}"signature":"${signature}"}`;
  return `{"id":"${id}","method":"${wire.socketMethod}","params":${params}}`;
}

/** Query or body of a signed REST request. */
export function signedQuery(
  params: readonly WireParameter[],
  timestampMs: number,
  signer: Signer,
): string {
  const payload = encodedPairs([
    ...params.map(([name, value]) => [name, value] as const),
    ["recvWindow", RECEIVE_WINDOW_MS],
    ["timestamp", timestampMs],
  ]);
  return `${payload}&signature=${encodeURIComponent(signer.sign(payload))}`;
}

/** The parameter that names an order: the venue's id where known, it is found faster. */
export function orderName(
  request: { readonly clientOrderId: string; readonly venueOrderId: string | undefined },
  idName: string,
  clientName: string,
): WireParameter {
  const id = request.venueOrderId;
  if (id === undefined) return [clientName, request.clientOrderId];
  return [idName, id.startsWith(ALGO_ID_PREFIX) ? id.slice(ALGO_ID_PREFIX.length) : id, true];
}

/** Whether a place request goes to the USD-M algo service. */
export function isStop(request: PlaceOrder): boolean {
  return request.type === "stop_loss" || request.type === "stop_limit";
}

function refusalOf(request: PlaceOrder, instrument: Instrument): string | undefined {
  const { type, price, triggerPrice, postOnly, timeInForce, size } = request;
  const needsPrice = type === "limit" || type === "stop_limit";
  if (!CLIENT_ID.test(request.clientOrderId)) {
    return "client order id must match the venue's alphabet";
  }
  if (needsPrice && price === undefined) return `a ${type} order needs a price`;
  if (isStop(request) && triggerPrice === undefined) return `a ${type} order needs a trigger price`;
  if (postOnly && type !== "limit") return "only a limit order can be post-only";
  if (postOnly && timeInForce !== "gtc") return `post-only needs gtc, found ${timeInForce}`;
  if (request.reduceOnly && instrument.terms.product === "spot") return "spot has no reduce-only";
  if (size <= 0) return "size must be above 0";
  return offGrid(instrument, size, needsPrice ? price : undefined, triggerPrice);
}

function symbolOf(instrument: Instrument): WireParameter {
  return ["symbol", instrument.terms.venueSymbol];
}

function sideOf(side: "buy" | "sell"): WireParameter {
  return ["side", side === "buy" ? "BUY" : "SELL"];
}

function timeInForceOf(timeInForce: string): string {
  return timeInForce === "ioc" ? "IOC" : timeInForce === "fok" ? "FOK" : "GTC";
}

function spotPlace(request: PlaceOrder, instrument: Instrument): WireRequest {
  const { type, postOnly } = request;
  const hasPrice = type === "limit" || type === "stop_limit";
  const params: WireParameter[] = [
    ["newClientOrderId", request.clientOrderId],
    ["newOrderRespType", "RESULT"],
  ];
  if (hasPrice) params.push(["price", stepsText(request.price!, instrument.priceGrid)]);
  params.push(["quantity", stepsText(request.size, instrument.sizeGrid)], sideOf(request.side));
  if (isStop(request)) {
    params.push(["stopPrice", stepsText(request.triggerPrice!, instrument.priceGrid)]);
  }
  params.push(symbolOf(instrument));
  if (hasPrice && !postOnly) params.push(["timeInForce", timeInForceOf(request.timeInForce)]);
  params.push(["type", spotType(request)]);
  return {
    socketMethod: "order.place",
    restMethod: "POST",
    restPath: "/api/v3/order",
    params,
  };
}

function spotType(request: PlaceOrder): string {
  switch (request.type) {
    case "market":
      return "MARKET";
    case "limit":
      return request.postOnly ? "LIMIT_MAKER" : "LIMIT";
    case "stop_loss":
      return "STOP_LOSS";
    case "stop_limit":
      return "STOP_LOSS_LIMIT";
  }
}

function perpetualPlace(request: PlaceOrder, instrument: Instrument): WireRequest {
  const isLimit = request.type === "limit";
  const params: WireParameter[] = [
    ["newClientOrderId", request.clientOrderId],
    ["newOrderRespType", "RESULT"],
  ];
  if (isLimit) params.push(["price", stepsText(request.price!, instrument.priceGrid)]);
  params.push(["quantity", stepsText(request.size, instrument.sizeGrid)]);
  if (request.reduceOnly) params.push(["reduceOnly", "true"]);
  params.push(sideOf(request.side), symbolOf(instrument));
  if (isLimit) {
    const timeInForce = request.postOnly ? "GTX" : timeInForceOf(request.timeInForce);
    params.push(["timeInForce", timeInForce]);
  }
  params.push(["type", isLimit ? "LIMIT" : "MARKET"]);
  return {
    socketMethod: "order.place",
    restMethod: "POST",
    restPath: "/fapi/v1/order",
    params,
  };
}

function algoPlace(request: PlaceOrder, instrument: Instrument): WireRequest {
  const isLimit = request.type === "stop_limit";
  const params: WireParameter[] = [
    ["algoType", "CONDITIONAL"],
    ["clientAlgoId", request.clientOrderId],
  ];
  if (isLimit) params.push(["price", stepsText(request.price!, instrument.priceGrid)]);
  params.push(["quantity", stepsText(request.size, instrument.sizeGrid)]);
  if (request.reduceOnly) params.push(["reduceOnly", "true"]);
  params.push(sideOf(request.side), symbolOf(instrument));
  if (isLimit) params.push(["timeInForce", timeInForceOf(request.timeInForce)]);
  params.push(
    ["triggerPrice", stepsText(request.triggerPrice!, instrument.priceGrid)],
    ["type", isLimit ? "STOP" : "STOP_MARKET"],
  );
  return {
    socketMethod: "algoOrder.place",
    restMethod: "POST",
    restPath: "/fapi/v1/algoOrder",
    params,
  };
}

/** In place, priority lost; `quantity` is the new total, filled part included. */
function perpetualAmend(request: AmendOrder, instrument: Instrument): Result<WireRequest> {
  const reason = offGrid(instrument, request.size, request.price, undefined);
  if (reason !== undefined) return err(`Cannot amend ${request.clientOrderId}: ${reason}`);
  if (request.size <= request.filledSize) {
    // The venue would cancel the order instead.
    return err(`Cannot amend ${request.clientOrderId}: wanted a size above what is filled`);
  }
  return ok({
    socketMethod: "order.modify",
    restMethod: "PUT",
    restPath: "/fapi/v1/order",
    params: [
      orderName(request, "orderId", "origClientOrderId"),
      ["price", stepsText(request.price, instrument.priceGrid)],
      ["quantity", stepsText(request.size, instrument.sizeGrid)],
      sideOf(request.side),
      symbolOf(instrument),
    ],
  });
}

/**
 * Smaller size at the same price, priority kept; the client id is passed again, or it would change.
 */
function spotAmend(request: AmendOrder, instrument: Instrument): Result<WireRequest> {
  const reason = offGrid(instrument, request.size, undefined, undefined);
  if (reason !== undefined) return err(`Cannot amend ${request.clientOrderId}: ${reason}`);
  if (request.size <= request.filledSize) {
    return err(`Cannot amend ${request.clientOrderId}: wanted a size above what is filled`);
  }
  return ok({
    socketMethod: "order.amend.keepPriority",
    restMethod: "PUT",
    restPath: "/api/v3/order/amend/keepPriority",
    params: [
      ["newClientOrderId", request.clientOrderId],
      ["newQty", stepsText(request.size, instrument.sizeGrid)],
      orderName(request, "orderId", "origClientOrderId"),
      symbolOf(instrument),
    ],
  });
}

function spotReplace(request: ReplaceOrder, instrument: Instrument): Result<WireRequest> {
  const where = `Cannot replace ${request.clientOrderId}`;
  const reason = offGrid(instrument, request.size, request.price, undefined);
  if (reason !== undefined) return err(`${where}: ${reason}`);
  if (request.size <= 0) return err(`${where}: size must be above 0`);
  if (request.reduceOnly) return err(`${where}: spot has no reduce-only`);
  if (request.postOnly && request.timeInForce !== "gtc") {
    return err(`${where}: post-only needs gtc, found ${request.timeInForce}`);
  }
  if (!CLIENT_ID.test(request.newClientOrderId)) {
    return err(`${where}: client order id must match the venue's alphabet`);
  }
  const name = orderName(request, "cancelOrderId", "cancelOrigClientOrderId");
  const mode: WireParameter = ["cancelReplaceMode", "STOP_ON_FAILURE"];
  const params: WireParameter[] = [
    name,
    mode,
    ["newClientOrderId", request.newClientOrderId],
    ["newOrderRespType", "RESULT"],
    ["price", stepsText(request.price, instrument.priceGrid)],
    ["quantity", stepsText(request.size, instrument.sizeGrid)],
    sideOf(request.side),
    symbolOf(instrument),
  ];
  if (!request.postOnly) params.push(["timeInForce", timeInForceOf(request.timeInForce)]);
  params.push(["type", request.postOnly ? "LIMIT_MAKER" : "LIMIT"]);
  return ok({
    socketMethod: "order.cancelReplace",
    restMethod: "POST",
    restPath: "/api/v3/order/cancelReplace",
    params,
  });
}

function cancel(
  request: CancelOrder,
  instrument: Instrument,
  isAlgo: boolean,
): Result<WireRequest> {
  if (request.clientOrderId === "" && request.venueOrderId === undefined) {
    return err("Cannot cancel: wanted a client or venue order id, found none");
  }
  if (isAlgo || request.venueOrderId?.startsWith(ALGO_ID_PREFIX) === true) {
    return ok({
      socketMethod: "algoOrder.cancel",
      restMethod: "DELETE",
      restPath: "/fapi/v1/algoOrder",
      params: [orderName(request, "algoId", "clientAlgoId")],
    });
  }
  const isSpot = instrument.terms.product === "spot";
  return ok({
    socketMethod: "order.cancel",
    restMethod: "DELETE",
    restPath: isSpot ? "/api/v3/order" : "/fapi/v1/order",
    params: [orderName(request, "orderId", "origClientOrderId"), symbolOf(instrument)],
  });
}
