/**
 * OUT 1: requests as Gate takes them, over the order socket and over REST.
 *
 * 1. Texts only: prices and sizes by digits, futures sizes with the side as their sign.
 * 2. Our client id is the venue's `text` without its prefix `t-`.
 * 3. What the venue cannot do is refused here, with a reason, before anything is sent.
 * 4. A spot market buy is counted in quote currency at the venue. We send base sizes only: such an
 *    order becomes a limit with ioc at a protective price, and without one it is refused.
 * 5. Conditional orders are a service of their own: REST only, ids of their own (prefix `stop-`).
 *
 * Source: venue documentation of spot and futures orders, REST and WebSocket, read 2026-09.
 * @module
 */
import {
  err,
  type Instrument,
  ok,
  type Price,
  type Result,
  type Side,
} from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelAll,
  CancelOrder,
  PlaceOrder,
  ReplaceOrder,
} from "@/engine/messages/mod.ts";
import type { EncodedRequest } from "@/engine/ports/mod.ts";
import { offGrid, stepsText } from "@/exchanges/kit/mod.ts";
import { API_PREFIX, channelOf } from "./endpoints.ts";

export { stepsText } from "@/exchanges/kit/mod.ts";

/** A request as the venue takes it, before time, login and signature. */
export interface WireRequest {
  /** Channel of the order socket; undefined where only REST offers it. */
  readonly channel: string | undefined;
  /** JSON of `req_param`; empty where only REST offers it. */
  readonly param: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Behind `/api/v4`. */
  readonly path: string;
  readonly query: string;
  readonly body: string;
}

/** What the encoder turns into wire requests. */
export type EncodableRequest = PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder | CancelAll;

/** What the encoder may be told beside the request. */
export interface EncodeHints {
  /** The cancel is of a conditional order. */
  readonly isStop?: boolean;
  /** Limit of a spot market buy. */
  readonly protectivePrice?: Price;
}

/** Venue ids of conditional orders carry this prefix: they are a number space of their own. */
export const STOP_ID_PREFIX = "stop-";

/** Thirty days: a stop that nobody renews must not lapse after one. */
const STOP_EXPIRES_S = 2_592_000;

const CLIENT_ID = /^[0-9A-Za-z_.-]{1,28}$/;
const VENUE_ID = /^[0-9A-Za-z_.-]{1,40}$/;

/** Encodes one request. */
export function encodeRequest(
  request: EncodableRequest,
  instrument: Instrument,
  hints: EncodeHints = {},
): Result<WireRequest> {
  switch (request.kind) {
    case "place_order": {
      const refusal = refusalOf(request, instrument, hints);
      if (refusal !== undefined) return err(`Cannot place ${request.clientOrderId}: ${refusal}`);
      if (isStop(request)) return ok(stopPlace(request, instrument));
      return ok(
        instrument.terms.product === "spot"
          ? spotPlace(request, instrument, hints)
          : futuresPlace(request, instrument),
      );
    }
    case "amend_order":
      return amend(request, instrument);
    case "replace_order":
      return err("Cannot replace: Gate has no cancel-and-place request, amend instead");
    case "cancel_order":
      return cancel(request, instrument, hints.isStop === true);
    case "cancel_all":
      return ok(cancelAll(instrument));
  }
}

/** What `encode` prints: everything but id, time and proof. */
export function encodedForPeople(wire: WireRequest): EncodedRequest {
  if (wire.channel !== undefined) {
    const payload = { req_param: JSON.parse(wire.param) as unknown };
    const message = { channel: wire.channel, event: "api", payload };
    return { channel: "ws", method: wire.channel, message };
  }
  const query = wire.query === "" ? "" : `?${wire.query}`;
  return {
    channel: "rest",
    method: wire.method,
    path: `${API_PREFIX}${wire.path}${query}`,
    message: wire.body === "" ? {} : JSON.parse(wire.body) as unknown,
  };
}

/** The frame of the order socket; the venue drops it when it arrives after `expiresMs`. */
export function socketFrame(
  wire: WireRequest,
  id: string,
  timeSeconds: number,
  expiresMs: number,
): string {
  return `{"time":${timeSeconds},"channel":"${wire.channel}","event":"api","payload":{` +
    `"req_id":"${id}","req_param":${wire.param},` +
    `"req_header":{"x-gate-exptime":"${expiresMs}"}}}`;
}

/** The name of an order on the wire: the venue's id where known, else our own. */
export function orderName(
  order: { readonly clientOrderId: string; readonly venueOrderId: string | undefined },
): string {
  return order.venueOrderId ?? `t-${order.clientOrderId}`;
}

/** Whether a place request goes to the service of conditional orders. */
export function isStop(request: PlaceOrder): boolean {
  return request.type === "stop_loss" || request.type === "stop_limit";
}

/** Whether a venue id is of a conditional order. */
export function isStopId(id: string | undefined): boolean {
  return id !== undefined && id.startsWith(STOP_ID_PREFIX);
}

/** Path of the conditional orders of a product. */
export function stopPath(instrument: Instrument): string {
  return instrument.terms.product === "spot" ? "/spot/price_orders" : "/futures/usdt/price_orders";
}

/** The query that names an instrument in lists of orders. */
export function symbolQuery(instrument: Instrument): string {
  const name = instrument.terms.product === "spot" ? "currency_pair" : "contract";
  return `${name}=${instrument.terms.venueSymbol}`;
}

/** The same where conditional orders are listed. */
export function stopSymbolQuery(instrument: Instrument): string {
  const name = instrument.terms.product === "spot" ? "market" : "contract";
  return `${name}=${instrument.terms.venueSymbol}`;
}

/** Cancels every conditional order of an instrument: the second half of `cancel_all`. */
export function stopCancelAll(instrument: Instrument): WireRequest {
  return rest("DELETE", stopPath(instrument), stopSymbolQuery(instrument), "");
}

function rest(
  method: WireRequest["method"],
  path: string,
  query: string,
  body: string,
): WireRequest {
  return { channel: undefined, param: "", method, path, query, body };
}

function refusalOf(
  request: PlaceOrder,
  instrument: Instrument,
  hints: EncodeHints,
): string | undefined {
  const { type, price, triggerPrice, postOnly, timeInForce, size, side } = request;
  const isSpot = instrument.terms.product === "spot";
  const needsPrice = type === "limit" || type === "stop_limit";
  if (!CLIENT_ID.test(request.clientOrderId)) {
    return "client order id must match the venue's alphabet, 1 to 28 of [0-9A-Za-z_.-]";
  }
  if (needsPrice && price === undefined) return `a ${type} order needs a price`;
  if (isStop(request) && triggerPrice === undefined) return `a ${type} order needs a trigger price`;
  if (isStop(request) && timeInForce === "fok") return "a conditional order cannot be fok";
  if (postOnly && type !== "limit") return "only a limit order can be post-only";
  if (postOnly && timeInForce !== "gtc") return `post-only needs gtc, found ${timeInForce}`;
  if (request.reduceOnly && isSpot) return "spot has no reduce-only";
  if (isSpot && side === "buy" && type === "stop_loss") {
    return "a spot market buy counts in quote currency, use stop_limit";
  }
  if (isSpot && side === "buy" && type === "market" && protectiveOf(request, hints) === undefined) {
    return "a spot market buy counts in quote currency, a limit with ioc needs a protective price";
  }
  if (size <= 0) return "size must be above 0";
  return offGrid(instrument, size, needsPrice ? price : undefined, triggerPrice);
}

function protectiveOf(request: PlaceOrder, hints: EncodeHints): Price | undefined {
  return request.price ?? hints.protectivePrice;
}

/** Contracts with the side as their sign, as text: decimals are cut off from a number. */
function signedSize(side: Side, lots: number, instrument: Instrument): string {
  const text = stepsText(lots, instrument.sizeGrid);
  return side === "sell" ? `-${text}` : text;
}

function spotPlace(request: PlaceOrder, instrument: Instrument, hints: EncodeHints): WireRequest {
  const { side, postOnly } = request;
  const isBoughtAtMarket = request.type === "market" && side === "buy";
  const isLimit = request.type === "limit" || isBoughtAtMarket;
  const ticks = isBoughtAtMarket ? protectiveOf(request, hints)! : request.price;
  const price = isLimit ? `"price":"${stepsText(ticks!, instrument.priceGrid)}",` : "";
  // A market order knows ioc and fok only.
  const isForced = request.type === "market" && request.timeInForce === "gtc";
  const timeInForce = postOnly ? "poc" : isForced ? "ioc" : request.timeInForce;
  const body = `{"text":"t-${request.clientOrderId}",` +
    `"currency_pair":"${instrument.terms.venueSymbol}","type":"${isLimit ? "limit" : "market"}",` +
    `"account":"spot","side":"${side}",` +
    `"amount":"${stepsText(request.size, instrument.sizeGrid)}",${price}` +
    `"time_in_force":"${timeInForce}"}`;
  return {
    channel: channelOf("spot", "order_place"),
    param: body,
    method: "POST",
    path: "/spot/orders",
    query: "",
    body,
  };
}

function futuresPlace(request: PlaceOrder, instrument: Instrument): WireRequest {
  const isMarket = request.type === "market";
  const price = isMarket ? "0" : stepsText(request.price!, instrument.priceGrid);
  const isForced = isMarket && request.timeInForce === "gtc";
  const tif = request.postOnly ? "poc" : isForced ? "ioc" : request.timeInForce;
  const body = `{"contract":"${instrument.terms.venueSymbol}",` +
    `"size":"${signedSize(request.side, request.size, instrument)}","price":"${price}",` +
    `"tif":"${tif}","text":"t-${request.clientOrderId}","reduce_only":${request.reduceOnly}}`;
  return {
    channel: channelOf("perpetual", "order_place"),
    param: body,
    method: "POST",
    path: "/futures/usdt/orders",
    query: "",
    body,
  };
}

/** Fires on the last price: a buy at or above its trigger, a sell at or below. */
function stopPlace(request: PlaceOrder, instrument: Instrument): WireRequest {
  const isSpot = instrument.terms.product === "spot";
  const body = isSpot ? spotStop(request, instrument) : futuresStop(request, instrument);
  return rest("POST", stopPath(instrument), "", JSON.stringify(body));
}

function spotStop(request: PlaceOrder, instrument: Instrument): Record<string, unknown> {
  const { side, type } = request;
  const trigger = stepsText(request.triggerPrice!, instrument.priceGrid);
  const isLimit = type === "stop_limit";
  return {
    trigger: { price: trigger, rule: side === "buy" ? ">=" : "<=", expiration: STOP_EXPIRES_S },
    put: {
      type: isLimit ? "limit" : "market",
      side,
      price: isLimit ? stepsText(request.price!, instrument.priceGrid) : trigger,
      amount: stepsText(request.size, instrument.sizeGrid),
      account: "normal",
      time_in_force: isLimit ? request.timeInForce : "ioc",
      text: `t-${request.clientOrderId}`,
    },
    market: instrument.terms.venueSymbol,
  };
}

function futuresStop(request: PlaceOrder, instrument: Instrument): Record<string, unknown> {
  const isLimit = request.type === "stop_limit";
  const size = signedSize(request.side, request.size, instrument);
  const isDecimal = instrument.terms.extra?.["enable_decimal"] === "true";
  return {
    initial: {
      contract: instrument.terms.venueSymbol,
      ...(isDecimal ? { amount: size } : { size: Number(size) }),
      price: isLimit ? stepsText(request.price!, instrument.priceGrid) : "0",
      tif: isLimit ? request.timeInForce : "ioc",
      reduce_only: request.reduceOnly,
      text: `t-${request.clientOrderId}`,
    },
    trigger: {
      strategy_type: 0,
      price_type: 0,
      price: stepsText(request.triggerPrice!, instrument.priceGrid),
      rule: request.side === "buy" ? 1 : 2,
      expiration: STOP_EXPIRES_S,
    },
  };
}

/** In place; the size is the new total, filled part included. */
function amend(request: AmendOrder, instrument: Instrument): Result<WireRequest> {
  const where = `Cannot amend ${request.clientOrderId}`;
  const reason = offGrid(instrument, request.size, request.price, undefined);
  if (reason !== undefined) return err(`${where}: ${reason}`);
  if (isStopId(request.venueOrderId)) return err(`${where}: a conditional order cannot be amended`);
  // The venue would cancel the order instead.
  if (request.size <= request.filledSize) {
    return err(`${where}: wanted a size above what is filled`);
  }
  const name = nameOf(request);
  if (!name.ok) return err(`${where}: ${name.error}`);
  const price = stepsText(request.price, instrument.priceGrid);
  const symbol = instrument.terms.venueSymbol;
  if (instrument.terms.product === "spot") {
    const fields = `"amount":"${stepsText(request.size, instrument.sizeGrid)}","price":"${price}"}`;
    return ok({
      channel: channelOf("spot", "order_amend"),
      param: `{"order_id":"${name.value}","currency_pair":"${symbol}",${fields}`,
      method: "PATCH",
      path: `/spot/orders/${name.value}`,
      query: symbolQuery(instrument),
      body: `{${fields}`,
    });
  }
  const size = signedSize(request.side, request.size, instrument);
  const fields = `"size":"${size}","price":"${price}"}`;
  return ok({
    channel: channelOf("perpetual", "order_amend"),
    param: `{"order_id":"${name.value}",${fields}`,
    method: "PUT",
    path: `/futures/usdt/orders/${name.value}`,
    query: "",
    body: `{${fields}`,
  });
}

function cancel(
  request: CancelOrder,
  instrument: Instrument,
  isStopOrder: boolean,
): Result<WireRequest> {
  const name = nameOf(request);
  if (!name.ok) return err(`Cannot cancel: ${name.error}`);
  if (isStopId(request.venueOrderId)) {
    const id = name.value.slice(STOP_ID_PREFIX.length);
    return ok(rest("DELETE", `${stopPath(instrument)}/${id}`, "", ""));
  }
  if (isStopOrder) {
    return err("Cannot cancel: a conditional order is cancelled by the venue's id, found none");
  }
  if (instrument.terms.product === "spot") {
    const symbol = instrument.terms.venueSymbol;
    return ok({
      channel: channelOf("spot", "order_cancel"),
      param: `{"order_id":"${name.value}","currency_pair":"${symbol}"}`,
      method: "DELETE",
      path: `/spot/orders/${name.value}`,
      query: symbolQuery(instrument),
      body: "",
    });
  }
  return ok({
    channel: channelOf("perpetual", "order_cancel"),
    param: `{"order_id":"${name.value}"}`,
    method: "DELETE",
    path: `/futures/usdt/orders/${name.value}`,
    query: "",
    body: "",
  });
}

function cancelAll(instrument: Instrument): WireRequest {
  const { product, venueSymbol } = instrument.terms;
  const isSpot = product === "spot";
  return {
    channel: channelOf(product, "order_cancel_cp"),
    param: `{"${isSpot ? "currency_pair" : "contract"}":"${venueSymbol}"}`,
    method: "DELETE",
    path: isSpot ? "/spot/orders" : "/futures/usdt/orders",
    query: symbolQuery(instrument),
    body: "",
  };
}

/** The name goes into a path and a JSON text: nothing else than its alphabet may be in it. */
function nameOf(
  order: { readonly clientOrderId: string; readonly venueOrderId: string | undefined },
): Result<string> {
  if (order.clientOrderId === "" && order.venueOrderId === undefined) {
    return err("wanted a client or venue order id, found none");
  }
  const name = orderName(order);
  return VENUE_ID.test(name) ? ok(name) : err("the order's id is not of the venue's alphabet");
}
