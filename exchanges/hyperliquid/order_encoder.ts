/**
 * OUT 1: our requests to Hyperliquid's actions.
 *
 * 1. The keys of an action stand in wire order: they are hashed as they are sent.
 * 2. Decimals are texts without trailing zeros, for the same reason.
 * 3. Post-only is `Alo`; a market order is an `Ioc` at a price far beyond the touch; a replace is
 *    `modify` under a new client id. What the venue cannot do is refused here, with the reason.
 *
 * Source: venue documentation "Exchange endpoint", read 2026-09.
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
import { stepsText } from "@/exchanges/kit/mod.ts";
import type { WireAction } from "./signer.ts";

export { stepsText } from "@/exchanges/kit/mod.ts";

/** What the encoder turns into actions. */
export type EncodableRequest = PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder | CancelAll;

/** The touch a market order is priced from; a side without orders is 0. */
export interface Touch {
  readonly bid: number;
  readonly ask: number;
}

/** How far beyond the touch a market order may trade, and beyond its trigger a stop. */
const MARKET_SLIPPAGE = 0.05;
const TRIGGER_SLIPPAGE = 0.1;
const CLIENT_ID = /^0x[0-9a-f]{32}$/;
const VENUE_ID = /^\d{1,15}$/;

/** Encodes one request. `touch` is only needed by market orders. */
export function encodeRequest(
  request: EncodableRequest,
  instrument: Instrument,
  touch?: Touch,
): Result<WireAction> {
  const asset = instrument.terms.venueNumber;
  if (asset === undefined) {
    return err(`Cannot encode: ${instrument.key} has no asset number; load the venue's meta`);
  }
  switch (request.kind) {
    case "place_order":
      return place(request, instrument, asset, touch);
    case "replace_order":
      return replace(request, instrument, asset);
    case "cancel_order":
      return cancel(request, asset);
    case "amend_order":
      return err(
        `Cannot amend ${request.clientOrderId}: the venue makes a new order; replace it instead`,
      );
    case "cancel_all":
      return err("Cannot cancel all: the venue has no such action; cancel each open order");
  }
}

/** What `encode` prints: everything but nonce, expiry, request id and signature. */
export function encodedForPeople(action: WireAction): EncodedRequest {
  const method = "post";
  const message = { method, request: { type: "action", payload: { action } } };
  return { channel: "ws", method, message };
}

/** Arms the switch that cancels everything at an instant, or clears it. */
export function scheduleCancelAction(atMs: number | undefined): WireAction {
  return atMs === undefined
    ? { type: "scheduleCancel" }
    : { type: "scheduleCancel", time: Math.floor(atMs) };
}

/** How an order is named in questions: by the venue's number where known. */
export function orderName(
  request: { readonly clientOrderId: string; readonly venueOrderId: string | undefined },
): number | string | undefined {
  const { clientOrderId, venueOrderId } = request;
  if (venueOrderId !== undefined && VENUE_ID.test(venueOrderId)) return Number(venueOrderId);
  return CLIENT_ID.test(clientOrderId) ? clientOrderId : undefined;
}

function place(
  request: PlaceOrder,
  instrument: Instrument,
  asset: number,
  touch: Touch | undefined,
): Result<WireAction> {
  const refusal = placeRefusal(request, instrument);
  if (refusal !== undefined) return err(`Cannot place ${request.clientOrderId}: ${refusal}`);
  const limit = limitPrice(request, instrument, touch);
  if (!limit.ok) return limit;
  const order = {
    a: asset,
    b: request.side === "buy",
    p: stepsText(limit.value, instrument.priceGrid),
    s: stepsText(request.size, instrument.sizeGrid),
    r: request.reduceOnly,
    t: orderType(request, instrument),
    c: request.clientOrderId,
  };
  return ok({ type: "order", orders: [order], grouping: "na" });
}

function orderType(request: PlaceOrder, instrument: Instrument): WireAction {
  const { type, triggerPrice, postOnly, timeInForce } = request;
  if (isStop(request)) {
    const triggerPx = stepsText(triggerPrice!, instrument.priceGrid);
    return { trigger: { isMarket: type === "stop_loss", triggerPx, tpsl: "sl" } };
  }
  const tif = type === "market" || timeInForce === "ioc" ? "Ioc" : postOnly ? "Alo" : "Gtc";
  return { limit: { tif } };
}

/** The worst price an order may trade at. */
function limitPrice(
  request: PlaceOrder,
  instrument: Instrument,
  touch: Touch | undefined,
): Result<number> {
  const { type, side } = request;
  if (type === "limit" || type === "stop_limit") return ok(request.price!);
  if (type === "stop_loss") {
    return ok(beyond(instrument, side, request.triggerPrice!, TRIGGER_SLIPPAGE));
  }
  const reference = side === "buy" ? touch?.ask : touch?.bid;
  if (reference === undefined || reference <= 0) {
    return err(
      `Cannot place ${request.clientOrderId}: a market order is an ioc beyond the touch; ` +
        "wanted the market's price, found none",
    );
  }
  return ok(beyond(instrument, side, reference, MARKET_SLIPPAGE));
}

/** A valid price that much worse than `ticks` for this side, rounded towards it. */
function beyond(instrument: Instrument, side: Side, ticks: number, share: number): Price {
  return instrument.roundToOrderPrice(side, ticks * (side === "buy" ? 1 + share : 1 - share));
}

function isStop(request: PlaceOrder): boolean {
  return request.type === "stop_loss" || request.type === "stop_limit";
}

function placeRefusal(request: PlaceOrder, instrument: Instrument): string | undefined {
  const { type, price, triggerPrice, postOnly, timeInForce, reduceOnly } = request;
  const needsPrice = type === "limit" || type === "stop_limit";
  if (!CLIENT_ID.test(request.clientOrderId)) {
    return "client order id must be 0x and 32 lower-case hex digits";
  }
  if (timeInForce === "fok") return "the venue has no fill-or-kill";
  if (needsPrice && price === undefined) return `a ${type} order needs a price`;
  if (isStop(request) && triggerPrice === undefined) return `a ${type} order needs a trigger price`;
  if (isStop(request) && timeInForce !== "gtc") return "a stop order rests until it is cancelled";
  if (postOnly && type !== "limit") return "only a limit order can be post-only";
  if (postOnly && timeInForce !== "gtc") return `post-only needs gtc, found ${timeInForce}`;
  if (reduceOnly && instrument.terms.product === "spot") return "spot has no reduce-only";
  return offGrid(instrument, request.size, needsPrice ? price : undefined, triggerPrice);
}

function offGrid(
  instrument: Instrument,
  size: number,
  price: Price | undefined,
  trigger: Price | undefined,
): string | undefined {
  if (size <= 0) return "size must be above 0";
  if (size % instrument.orderLot !== 0) return "size is not a multiple of the order lot";
  for (const ticks of [price, trigger]) {
    if (ticks !== undefined && !instrument.isOrderPrice(ticks)) {
      return "price needs at most five significant figures on the instrument's tick";
    }
  }
  return undefined;
}

/** Cancels the one and, only if that worked, places the other. The old order's id is needed. */
function replace(
  request: ReplaceOrder,
  instrument: Instrument,
  asset: number,
): Result<WireAction> {
  const where = `Cannot replace ${request.clientOrderId}`;
  const refusal = offGrid(instrument, request.size, request.price, undefined);
  if (refusal !== undefined) return err(`${where}: ${refusal}`);
  if (request.timeInForce !== "gtc") {
    return err(`${where}: the new order must rest, found ${request.timeInForce}`);
  }
  if (request.reduceOnly && instrument.terms.product === "spot") {
    return err(`${where}: spot has no reduce-only`);
  }
  if (!CLIENT_ID.test(request.newClientOrderId)) {
    return err(`${where}: the new client order id must be 0x and 32 lower-case hex digits`);
  }
  const oid = orderName(request);
  if (oid === undefined) {
    return err(`${where}: wanted the venue's order number or a client id of 0x and 32 hex digits`);
  }
  const order = {
    a: asset,
    b: request.side === "buy",
    p: stepsText(request.price, instrument.priceGrid),
    s: stepsText(request.size, instrument.sizeGrid),
    r: request.reduceOnly,
    t: { limit: { tif: request.postOnly ? "Alo" : "Gtc" } },
    c: request.newClientOrderId,
  };
  return ok({ type: "modify", oid, order });
}

function cancel(request: CancelOrder, asset: number): Result<WireAction> {
  const name = orderName(request);
  if (typeof name === "number") return ok({ type: "cancel", cancels: [{ a: asset, o: name }] });
  if (name !== undefined) {
    return ok({ type: "cancelByCloid", cancels: [{ asset, cloid: name }] });
  }
  return err(
    `Cannot cancel ${request.clientOrderId}: wanted the venue's order number or a client id of ` +
      "0x and 32 hex digits",
  );
}
