/**
 * OUT 1: our requests to Aster's parameters.
 *
 * 1. Post-only is `timeInForce=GTX`; stops are ordinary orders on `/order`.
 * 2. Market, IOC and FOK ask futures for `RESULT`: the answer then tells how the order ended.
 * 3. What the venue cannot do is refused here, with the reason; nothing is silently changed.
 *
 * Source: venue documentation "Account/Trades endpoints", futures and spot v3, read 2026-06-30.
 * @module
 */
import { err, type Instrument, ok, type Price, type Result } from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  ArmDeadMan,
  CancelAll,
  CancelOrder,
  PlaceOrder,
  ReplaceOrder,
} from "@/engine/messages/mod.ts";
import type { EncodedRequest } from "@/engine/ports/mod.ts";
import { type Generation, pathOf } from "./endpoints.ts";
import type { Pair } from "./signer.ts";

/** A request as the venue takes it, before nonce and signature. */
export interface WireRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Name of the path, as `order`. */
  readonly name: string;
  readonly params: readonly Pair[];
}

/** What the encoder turns into wire requests. */
export type EncodableRequest = PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder | CancelAll;

const CLIENT_ID = /^[.A-Z:/a-z0-9_-]{1,36}$/;

/** Encodes one request. */
export function encodeRequest(
  request: EncodableRequest,
  instrument: Instrument,
  generation: Generation = "v3",
): Result<WireRequest> {
  const symbol: Pair = ["symbol", instrument.terms.venueSymbol];
  switch (request.kind) {
    case "place_order": {
      const reason = placeRefusal(request, instrument);
      if (reason !== undefined) return err(`Cannot place ${request.clientOrderId}: ${reason}`);
      return ok({ method: "POST", name: "order", params: placeParams(request, instrument) });
    }
    case "amend_order": {
      const reason = amendRefusal(request, instrument, generation);
      if (reason !== undefined) return err(`Cannot amend ${request.clientOrderId}: ${reason}`);
      const params: Pair[] = [
        symbol,
        orderName(request),
        ["side", request.side === "buy" ? "BUY" : "SELL"],
        ["quantity", instrument.sizeText(request.size)],
        ["price", instrument.priceText(request.price)],
      ];
      return ok({ method: "PUT", name: "order", params });
    }
    case "replace_order":
      return err(`Cannot replace ${request.clientOrderId}: wanted a venue with such a request`);
    case "cancel_order":
      if (request.clientOrderId === "" && request.venueOrderId === undefined) {
        return err("Cannot cancel: wanted a client or venue order id, found none");
      }
      return ok({ method: "DELETE", name: "order", params: [symbol, orderName(request)] });
    case "cancel_all":
      return ok({ method: "DELETE", name: "allOpenOrders", params: [symbol] });
  }
}

/** Cancels all open orders of a futures instrument after a time without news; 0 switches it off. */
export function encodeDeadMan(
  request: ArmDeadMan,
  instrument: Instrument,
): WireRequest | undefined {
  if (instrument.terms.product === "spot") return undefined;
  const delay = String(Math.max(0, Math.round(request.timeoutMs)));
  const params: Pair[] = [["symbol", instrument.terms.venueSymbol], ["countdownTime", delay]];
  return { method: "POST", name: "countdownCancelAll", params };
}

/** What `encode` prints: everything but nonce, names of the account and signature. */
export function encodedForPeople(wire: WireRequest, instrument: Instrument): EncodedRequest {
  return {
    channel: "rest",
    method: wire.method,
    path: pathOf(instrument.terms.product, "v3", wire.name),
    message: Object.fromEntries(wire.params),
  };
}

/** The parameter that names an order: the venue's id where known. */
export function orderName(
  order: { readonly clientOrderId: string; readonly venueOrderId: string | undefined },
): Pair {
  const { clientOrderId, venueOrderId } = order;
  if (venueOrderId !== undefined) return ["orderId", venueOrderId];
  return ["origClientOrderId", clientOrderId];
}

/** The venue's word for an order type, and which prices it needs. */
const TYPES = {
  market: { word: "MARKET", needsPrice: false, needsTrigger: false },
  limit: { word: "LIMIT", needsPrice: true, needsTrigger: false },
  stop_loss: { word: "STOP_MARKET", needsPrice: false, needsTrigger: true },
  stop_limit: { word: "STOP", needsPrice: true, needsTrigger: true },
} as const;

function placeParams(request: PlaceOrder, instrument: Instrument): Pair[] {
  const { word, needsPrice, needsTrigger } = TYPES[request.type];
  const isFutures = instrument.terms.product === "perpetual";
  const timeInForce = request.postOnly ? "GTX" : request.timeInForce.toUpperCase();
  const params: Pair[] = [
    ["symbol", instrument.terms.venueSymbol],
    ["side", request.side === "buy" ? "BUY" : "SELL"],
    ["type", word],
  ];
  if (needsPrice) params.push(["timeInForce", timeInForce]);
  params.push(["quantity", instrument.sizeText(request.size)]);
  if (needsPrice) params.push(["price", instrument.priceText(request.price!)]);
  if (needsTrigger) params.push(["stopPrice", instrument.priceText(request.triggerPrice!)]);
  if (request.reduceOnly) params.push(["reduceOnly", "true"]);
  params.push(["newClientOrderId", request.clientOrderId]);
  const endsAtOnce = request.type === "market" ||
    (request.type === "limit" && request.timeInForce !== "gtc");
  if (isFutures && endsAtOnce) params.push(["newOrderRespType", "RESULT"]);
  return params;
}

function placeRefusal(request: PlaceOrder, instrument: Instrument): string | undefined {
  const { type, price, triggerPrice, postOnly, timeInForce, reduceOnly } = request;
  const { needsPrice, needsTrigger } = TYPES[type];
  if (!CLIENT_ID.test(request.clientOrderId)) {
    return `client order id must be 1 to 36 of letters, digits, ".:/_-"`;
  }
  if (needsPrice && price === undefined) return `a ${type} order needs a price`;
  if (needsTrigger && triggerPrice === undefined) return `a ${type} order needs a trigger price`;
  if (postOnly && type !== "limit") return `only a limit order can be post-only, found ${type}`;
  if (postOnly && timeInForce !== "gtc") return `post-only needs gtc, found ${timeInForce}`;
  if (reduceOnly && instrument.terms.product === "spot") return "spot has no reduce-only";
  return gridRefusal(instrument, request.size, [
    needsPrice ? price : undefined,
    needsTrigger ? triggerPrice : undefined,
  ]);
}

function amendRefusal(
  request: AmendOrder,
  instrument: Instrument,
  generation: Generation,
): string | undefined {
  if (instrument.terms.product === "spot") return "spot orders cannot be changed in place";
  if (generation === "v1") return "only the wallet-signed interface changes orders in place";
  if (request.size <= request.filledSize) {
    return "wanted a size above what is filled, the venue would cancel";
  }
  return gridRefusal(instrument, request.size, [request.price]);
}

function gridRefusal(
  instrument: Instrument,
  size: number,
  prices: readonly (Price | undefined)[],
): string | undefined {
  if (size <= 0) return "size must be above 0";
  if (size % instrument.orderLot !== 0) return "size is not a multiple of the order lot";
  const isOff = prices.some((price) => price !== undefined && !instrument.isOrderPrice(price));
  return isOff ? "price is not on the order tick" : undefined;
}
