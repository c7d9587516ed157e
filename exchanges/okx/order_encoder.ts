/**
 * OUT 1: our requests to OKX's order messages, for the socket and for REST.
 *
 * 1. The socket names an instrument by its number alone (`instIdCode`), REST by its name; without a
 *    number a request goes over REST.
 * 2. Time in force is part of the order type; spot market orders say that their size is in base
 *    currency, because a buy's would be in quote.
 * 3. Stops are conditional orders: REST only, with ids of their own.
 * 4. What the venue cannot do is refused here, with the reason; nothing is silently changed. The
 *    one flag left out is reduce-only of a spot sell for cash, which can only reduce.
 *
 * Source: venue documentation "Place order" (WebSocket and REST) and "Place algo order", read
 * 2026-09.
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
import { ALGO_ID_PREFIX, isAlgoId } from "./_order_objects.ts";
import { OKX_CAPABILITIES } from "./capabilities.ts";

export { stepsText } from "@/exchanges/kit/mod.ts";

/** A value as it stands in the message: a number or truth is written bare. */
export type WireValue = string | number | boolean;

/** A request as OKX takes it, before id, time and signature. */
export interface WireRequest {
  /** Operation of the order socket; undefined where only REST offers it. */
  readonly op: string | undefined;
  readonly restPath: string;
  /** Fields after the instrument's name, in order. */
  readonly fields: readonly (readonly [name: string, value: WireValue])[];
  readonly instrument: Instrument;
  /** The REST body is a list of one. */
  readonly isList: boolean;
}

/** Facts of the account that orders must say. */
export interface TradeModes {
  /** `cross` in the account modes that lend against everything. */
  readonly spot: "cash" | "cross";
  readonly perpetual: "cross" | "isolated";
  /** Put on every order, so that the dead-man switch touches only ours; undefined: none. */
  readonly tag: string | undefined;
}

/** Modes of a simple account. */
export const TRADE_MODES_DEFAULT: TradeModes = {
  spot: "cash",
  perpetual: "cross",
  tag: undefined,
};

/** What the encoder turns into wire requests. */
export type EncodableRequest = PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder | CancelAll;

const CLIENT_ID = new RegExp(OKX_CAPABILITIES.clientOrderIdPattern);

/** Encodes one request; `algoId` says that a cancel is for a conditional order ("": id unknown). */
export function encodeRequest(
  request: EncodableRequest,
  instrument: Instrument,
  modes: TradeModes = TRADE_MODES_DEFAULT,
  algoId?: string,
): Result<WireRequest> {
  switch (request.kind) {
    case "place_order": {
      const refusal = refusalOf(request, instrument, modes);
      if (refusal !== undefined) return err(`Cannot place ${request.clientOrderId}: ${refusal}`);
      return ok(
        isStop(request) ? placeAlgo(request, instrument, modes) : place(request, instrument, modes),
      );
    }
    case "amend_order":
      return amend(request, instrument);
    case "replace_order":
      return err("Cannot replace: OKX has no cancel-and-place request, amend instead");
    case "cancel_order":
      return cancel(request, instrument, algoId);
    case "cancel_all":
      return err(
        "Cannot cancel all: OKX has no such request for an instrument, cancel each own order",
      );
  }
}

/** Whether the request may go over the order socket. */
export function isForSocket(wire: WireRequest): boolean {
  return wire.op !== undefined && wire.instrument.terms.venueNumber !== undefined;
}

/** The frame of the order socket; `expiresAtMs` is on the venue's clock. */
export function socketFrame(wire: WireRequest, id: string, expiresAtMs?: number): string {
  const code = wire.instrument.terms.venueNumber;
  const args = `{"instIdCode":${code}${fieldsText(wire, ",")}}`;
  const expiry = expiresAtMs === undefined ? "" : `,"expTime":"${expiresAtMs}"`;
  return `{"id":"${id}","op":"${wire.op}","args":[${args}]${expiry}}`;
}

/** The body of the REST request, byte for byte what is signed. */
export function restBody(wire: WireRequest): string {
  const body = `{"instId":"${wire.instrument.terms.venueSymbol}"${fieldsText(wire, ",")}}`;
  return wire.isList ? `[${body}]` : body;
}

/** What `encode` prints: everything but id, time and signature. */
export function encodedForPeople(wire: WireRequest): EncodedRequest {
  if (isForSocket(wire)) {
    const { id: _id, ...message } = JSON.parse(socketFrame(wire, "")) as Record<string, unknown>;
    return { channel: "ws", method: wire.op!, message };
  }
  return {
    channel: "rest",
    method: "POST",
    path: wire.restPath,
    message: JSON.parse(restBody(wire)) as unknown,
  };
}

/** Whether a place request becomes a conditional order. */
export function isStop(request: PlaceOrder): boolean {
  return request.type === "stop_loss" || request.type === "stop_limit";
}

function fieldsText(wire: WireRequest, before: string): string {
  let text = "";
  for (const [name, value] of wire.fields) {
    // Every text here is of digits, letters and points: none needs an escape.
    text += `${before}"${name}":${typeof value === "string" ? `"${value}"` : value}`;
  }
  return text;
}

function refusalOf(
  request: PlaceOrder,
  instrument: Instrument,
  modes: TradeModes,
): string | undefined {
  const { type, price, triggerPrice, postOnly, timeInForce, size } = request;
  const needsPrice = type === "limit" || type === "stop_limit";
  const isSpot = instrument.terms.product === "spot";
  if (!CLIENT_ID.test(request.clientOrderId)) {
    return "client order id must be 1 to 32 letters and digits";
  }
  if (needsPrice && price === undefined) return `a ${type} order needs a price`;
  if (isStop(request) && triggerPrice === undefined) return `a ${type} order needs a trigger price`;
  if (postOnly && type !== "limit") return "only a limit order can be post-only";
  if (postOnly && timeInForce !== "gtc") return `post-only needs gtc, found ${timeInForce}`;
  if (request.reduceOnly && isSpot && !(request.side === "sell" && modes.spot === "cash")) {
    return "spot has no reduce-only";
  }
  if (size <= 0) return "size must be above 0";
  if (size < instrument.minSize) return "size is below the venue's minimum";
  return offGrid(instrument, size, needsPrice ? price : undefined, triggerPrice);
}

type Field = readonly [name: string, value: WireValue];

function tradeMode(instrument: Instrument, modes: TradeModes): Field {
  return ["tdMode", instrument.terms.product === "spot" ? modes.spot : modes.perpetual];
}

function isReduceOnlySaid(request: PlaceOrder, instrument: Instrument): boolean {
  return request.reduceOnly && instrument.terms.product === "perpetual";
}

function place(request: PlaceOrder, instrument: Instrument, modes: TradeModes): WireRequest {
  const isMarket = request.type === "market";
  const fields: Field[] = [
    tradeMode(instrument, modes),
    ["side", request.side],
    ["ordType", orderType(request)],
  ];
  if (!isMarket) fields.push(["px", stepsText(request.price!, instrument.priceGrid)]);
  fields.push(["sz", stepsText(request.size, instrument.sizeGrid)]);
  if (isMarket && instrument.terms.product === "spot") fields.push(["tgtCcy", "base_ccy"]);
  if (isReduceOnlySaid(request, instrument)) fields.push(["reduceOnly", true]);
  fields.push(["clOrdId", request.clientOrderId], ["stpMode", "cancel_maker"]);
  if (modes.tag !== undefined) fields.push(["tag", modes.tag]);
  return { op: "order", restPath: "/api/v5/trade/order", fields, instrument, isList: false };
}

function orderType(request: PlaceOrder): string {
  if (request.type === "market") return "market";
  if (request.postOnly) return "post_only";
  return request.timeInForce === "gtc" ? "limit" : request.timeInForce;
}

function placeAlgo(request: PlaceOrder, instrument: Instrument, modes: TradeModes): WireRequest {
  const isLimit = request.type === "stop_limit";
  const price = isLimit ? stepsText(request.price!, instrument.priceGrid) : "-1";
  const fields: Field[] = [
    tradeMode(instrument, modes),
    ["side", request.side],
    ["ordType", "trigger"],
    ["sz", stepsText(request.size, instrument.sizeGrid)],
    ["triggerPx", stepsText(request.triggerPrice!, instrument.priceGrid)],
    ["triggerPxType", "last"],
    ["orderPx", price],
  ];
  if (isLimit && request.timeInForce !== "gtc") {
    fields.push(["advanceOrdType", request.timeInForce]);
  }
  if (!isLimit && instrument.terms.product === "spot") fields.push(["tgtCcy", "base_ccy"]);
  if (isReduceOnlySaid(request, instrument)) fields.push(["reduceOnly", true]);
  fields.push(["algoClOrdId", request.clientOrderId]);
  if (modes.tag !== undefined) fields.push(["tag", modes.tag]);
  const restPath = "/api/v5/trade/order-algo";
  return { op: undefined, restPath, fields, instrument, isList: false };
}

/** In place, under the same client id; `newSz` is the new total, filled part included. */
function amend(request: AmendOrder, instrument: Instrument): Result<WireRequest> {
  const where = `Cannot amend ${request.clientOrderId}`;
  if (isAlgoId(request.venueOrderId)) {
    return err(`${where}: a conditional order is cancelled and placed anew`);
  }
  const reason = offGrid(instrument, request.size, request.price, undefined);
  if (reason !== undefined) return err(`${where}: ${reason}`);
  if (request.size <= request.filledSize) {
    // The venue would call the order filled instead.
    return err(`${where}: wanted a size above what is filled`);
  }
  const name = nameOf(request);
  if (name === undefined) return err(`${where}: wanted a client or venue order id, found none`);
  return ok({
    op: "amend-order",
    restPath: "/api/v5/trade/amend-order",
    fields: [
      name,
      ["newPx", stepsText(request.price, instrument.priceGrid)],
      ["newSz", stepsText(request.size, instrument.sizeGrid)],
    ],
    instrument,
    isList: false,
  });
}

function cancel(
  request: CancelOrder,
  instrument: Instrument,
  algoId: string | undefined,
): Result<WireRequest> {
  const known = isAlgoId(request.venueOrderId)
    ? request.venueOrderId!.slice(ALGO_ID_PREFIX.length)
    : algoId;
  if (known !== undefined) {
    const name: Field = known === "" ? ["algoClOrdId", request.clientOrderId] : ["algoId", known];
    const restPath = "/api/v5/trade/cancel-algos";
    return ok({ op: undefined, restPath, fields: [name], instrument, isList: true });
  }
  const name = nameOf(request);
  if (name === undefined) {
    return err("Cannot cancel: wanted a client or venue order id, found none");
  }
  const restPath = "/api/v5/trade/cancel-order";
  return ok({ op: "cancel-order", restPath, fields: [name], instrument, isList: false });
}

/** The field that names an order: the venue's id where known, it wins there anyway. */
function nameOf(
  request: { readonly clientOrderId: string; readonly venueOrderId: string | undefined },
): Field | undefined {
  if (request.venueOrderId !== undefined) return ["ordId", request.venueOrderId];
  return request.clientOrderId === "" ? undefined : ["clOrdId", request.clientOrderId];
}
