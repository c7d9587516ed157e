/**
 * Orders of both products: place, modify, cancel, query, batches and the dead man's switch.
 * @module
 */
import type { SimFill, SimOrder } from "@/exchanges/simulator/mod.ts";
import {
  type Failure,
  failure,
  failureBody,
  failureOf,
  isFailure,
  ORDER_DOES_NOT_EXIST,
  outsideBand,
  UNKNOWN_ORDER,
} from "./failures.ts";
import { lotsOf, orderRequest, sideOf, symbolOf, ticksOf } from "./order_requests.ts";
import { type Json, orderJson, policyOf, policyText, tradeJson, wireId } from "./order_shapes.ts";
import { listOf, mandatory, missing, type Params, paramsOfJson, whole } from "./params.ts";
import { turnedAway } from "./turned_away.ts";
import type { Answer, Call } from "./venue_state.ts";
import type { WireSymbol } from "./wire_symbols.ts";

const BATCH_MAX = 5;
const BATCH_CANCEL_MAX = 10;
const AMENDS_MAX = 10_000;
const NONE = 0n as SimOrder["filledValue"];

/** New order. A perpetual's acknowledgement knows nothing of what the order met. */
export function placeOrder(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const request = orderRequest(call, symbol);
  if (isFailure(request)) return request;
  const placed = call.state.exchange.place(request);
  const expires = call.state.crossingPostOnly === "expired";
  if (!placed.ok && !(expires && placed.error === "post_only_would_take")) {
    return placed.error === "price_band"
      ? outsideBand(symbol, request.side)
      : failureOf(placed.error);
  }
  const order = placed.ok ? placed.value : turnedAway(call.state, request);
  const result = symbol.product === "spot" || call.params.get("newOrderRespType") === "RESULT";
  if (result) return orderJson(symbol, order);
  const updatedAt = order.createdAt;
  return orderJson(symbol, { ...order, status: "new", filled: 0, filledValue: NONE, updatedAt });
}

/** Changes price and size; loses its place. */
export function modifyOrder(call: Call): Answer {
  const { state, params } = call;
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const order = namedOrder(call, symbol, "orderId", "origClientOrderId");
  if (isFailure(order)) return order;
  const side = params.has("side") ? sideOf(params) : order?.side;
  if (isFailure(side)) return side;
  const size = lotsOf(symbol, params, "quantity");
  if (isFailure(size)) return size;
  const price = ticksOf(symbol, params, "price");
  if (isFailure(price)) return price;
  if (order === undefined || !state.exchange.orders.isOpen(order)) return ORDER_DOES_NOT_EXIST;
  if (order.type !== "limit") return failureOf("not_amendable");
  if (order.side !== side) {
    return failure(-1130, "Data sent for parameter 'side' is not valid.");
  }
  if (order.amends >= AMENDS_MAX) {
    return failure(-5026, "Exceed maximum modify order limit.");
  }
  const amended = state.exchange.amend({ order, price, size, keepPriority: false });
  if (amended.ok) return orderJson(symbol, order);
  return amended.error === "price_band"
    ? outsideBand(symbol, order.side)
    : failureOf(amended.error);
}

/** Cancels one order. */
export function cancelOrder(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const order = namedOrder(call, symbol, "orderId", "origClientOrderId");
  if (isFailure(order)) return order;
  if (order === undefined) return UNKNOWN_ORDER;
  const cancelled = call.state.exchange.cancel(order);
  return cancelled.ok ? orderJson(symbol, order) : failureOf(cancelled.error);
}

/** Cancels all orders of a symbol, waiting ones too. */
export function cancelAll(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const { exchange, owner } = call.state;
  for (const order of exchange.orders.openOf(owner, symbol.sim)) {
    exchange.cancel(order, "cancel_all");
  }
  // Perpetuals answer the number as text, spot as a number.
  const code = symbol.product === "perp" ? "200" : 200;
  return { code, msg: "The operation of cancel all open order is done." };
}

/** Places up to five orders; each answers for itself. */
export function placeBatch(call: Call): Answer {
  return eachOfBatch(call, placeOrder);
}

/** Cancels up to ten orders; each answers for itself. */
export function cancelBatch(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const ids = listOf(call.params, "orderIdList");
  const names = listOf(call.params, "origClientOrderIdList");
  const list = ids ?? names;
  if (list === undefined || list.length === 0 || list.length > BATCH_CANCEL_MAX) {
    return failure(-1130, "Data sent for parameter 'orderIdList' is not valid.");
  }
  const parameter = ids === undefined ? "origClientOrderId" : "orderId";
  return list.map((name) => {
    const params = new Map([["symbol", symbol.name], [parameter, name]]);
    return jsonOf(cancelOrder({ ...call, params }));
  });
}

/** Arms or disarms the countdown that cancels all. */
export function countdownCancel(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const text = mandatory(call.params, "countdownTime");
  if (isFailure(text)) return text;
  const countdown = whole(call.params, "countdownTime");
  if (countdown === undefined) {
    return failure(-1130, "Data sent for parameter 'countdownTime' is not valid.");
  }
  call.state.exchange.armDeadMan(call.state.owner, symbol.sim, countdown);
  return { symbol: symbol.name, countdownTime: String(countdown) };
}

/** One order. */
export function queryOrder(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const order = namedOrder(call, symbol, "orderId", "origClientOrderId");
  if (isFailure(order)) return order;
  return order === undefined ? ORDER_DOES_NOT_EXIST : orderJson(symbol, order, true);
}

/** One order, if it is open. */
export function queryOpen(call: Call): Answer {
  const answer = queryOrder(call);
  if (isFailure(answer)) return answer;
  const { status } = answer as Json;
  return status === "NEW" || status === "PARTIALLY_FILLED" ? answer : ORDER_DOES_NOT_EXIST;
}

/** Open orders of a symbol, or of all. */
export function openOrders(call: Call): Answer {
  const { exchange, owner, symbols } = call.state;
  const symbol = call.params.has("symbol") ? symbolOf(call) : undefined;
  if (isFailure(symbol)) return symbol;
  return exchange.orders.openOf(owner, symbol?.sim)
    .filter((order) => order.instrument.perpetual === (call.product === "perp"))
    .map((order) => orderJson(symbols.of(order.instrument), order, true));
}

/** All remembered orders of a symbol. */
export function allOrders(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const from = whole(call.params, "orderId") ?? 0;
  return call.state.exchange.orders.allOf(call.state.owner, symbol.sim)
    .filter((order) => order.id >= from && order.end !== "triggered")
    .slice(-limitOf(call.params, 500))
    .map((order) => orderJson(symbol, order, true));
}

/** Own executions. */
export function userTrades(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  return ownFills(call, symbol).map((fill) => tradeJson(symbol, fill));
}

/** Self-trade prevention of orders that name none. */
export function stpMode(call: Call): Answer {
  return { stpMode: policyText(call.state.selfTrade) };
}

/** Sets the self-trade prevention of orders that name none. */
export function setStpMode(call: Call): Answer {
  const name = mandatory(call.params, "stpMode");
  if (isFailure(name)) return name;
  const policy = policyOf(name);
  if (policy === undefined) {
    return failure(-1130, "Data sent for parameter 'stpMode' is not valid.");
  }
  call.state.selfTrade = policy;
  return { stpMode: name };
}

/** The order that a call names by number or by client's name; undefined when unknown. */
function namedOrder(
  call: Call,
  symbol: WireSymbol,
  idName: string,
  clientName: string,
): SimOrder | Failure | undefined {
  const { exchange, owner } = call.state;
  const id = call.params.get(idName);
  const client = call.params.get(clientName);
  if ((id === undefined || id === "") && (client === undefined || client === "")) {
    return missing(idName);
  }
  const found = id !== undefined && id !== ""
    ? exchange.orders.byId(Number(id))
    : exchange.orders.byClient(owner, symbol.sim, client!);
  // A fired stop goes on as another record; the wire knows both by the stop's number.
  const order = (found?.childId ?? 0) > 0 ? exchange.orders.byId(found!.childId) : found;
  return order?.owner === owner && order.instrument === symbol.sim ? order : undefined;
}

function ownFills(call: Call, symbol: WireSymbol): SimFill[] {
  const { params, state } = call;
  const orderId = whole(params, "orderId");
  const fromId = whole(params, "fromId") ?? 0;
  const from = (whole(params, "startTime") ?? 0) * 1_000;
  const until = (whole(params, "endTime") ?? Number.MAX_SAFE_INTEGER / 2_000) * 1_000 + 999;
  const found = state.exchange.orders.fills().filter((fill) =>
    fill.owner === state.owner && fill.instrument === symbol.sim && fill.tradeId >= fromId &&
    (orderId === undefined || wireId(fill.order) === orderId) &&
    fill.at >= from && fill.at <= until
  );
  const limit = limitOf(params, 500);
  const fromStart = params.has("fromId") || params.has("startTime");
  return fromStart ? found.slice(0, limit) : found.slice(-limit);
}

function limitOf(params: Params, otherwise: number): number {
  return Math.max(1, Math.min(1_000, whole(params, "limit") ?? otherwise));
}

function eachOfBatch(call: Call, run: (one: Call) => Answer): Answer {
  const text = mandatory(call.params, "batchOrders");
  if (isFailure(text)) return text;
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = undefined;
  }
  if (!Array.isArray(list) || list.length === 0 || list.length > BATCH_MAX) {
    return failure(-1130, "Data sent for parameter 'batchOrders' is not valid.");
  }
  return list.map((each) => jsonOf(run({ ...call, params: paramsOfJson(each) })));
}

function jsonOf(answer: Answer): unknown {
  return isFailure(answer) ? failureBody(answer) : answer;
}
