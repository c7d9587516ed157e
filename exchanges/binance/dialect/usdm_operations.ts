/**
 * USD-M orders, plain and conditional, alike over REST and the WebSocket API.
 * @module
 */
import { outsideBand } from "./price_limits.ts";
import {
  type Failure,
  failure,
  failureBody,
  failureOf,
  isFailure,
  ORDER_DOES_NOT_EXIST,
  UNKNOWN_ORDER,
} from "./failures.ts";
import { algoRequest, lotsOf, sideOf, symbolOf, ticksOf, usdmRequest } from "./order_requests.ts";
import { algoOrder, type Json, usdmOrder, usdmTrade } from "./order_shapes.ts";
import { listOf, mandatory, paramsOfJson, whole } from "./params.ts";
import { limitOf, namedOrder, ownFills } from "./spot_operations.ts";
import type { Answer, Call } from "./venue_state.ts";
import type { WireSymbol } from "./wire_symbols.ts";

const BATCH_MAX = 5;
const BATCH_CANCEL_MAX = 10;
const AMENDS_MAX = 10_000;

/** New order. */
export function placeUsdm(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const request = usdmRequest(call, symbol);
  if (isFailure(request)) return request;
  const placed = call.state.exchange.place(request);
  if (placed.ok) {
    const order = usdmOrder(symbol, placed.value);
    if (call.params.get("newOrderRespType") === "RESULT") return order;
    // An acknowledgement knows nothing of what the order met.
    const nothing = symbol.size(0);
    const before = { status: "NEW", avgPrice: "0.00", executedQty: nothing, cumQty: nothing };
    return { ...order, ...before, cumQuote: "0.00000" };
  }
  if (placed.error === "price_band") {
    return outsideBand(symbol, request.side);
  }
  return failureOf("usdm", placed.error);
}

/** Changes price and size; loses its place. */
export function modifyUsdm(call: Call): Answer {
  const { state, params } = call;
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const order = namedOrder(call, symbol, "orderId", "origClientOrderId");
  if (isFailure(order)) return order;
  const side = sideOf(params);
  if (isFailure(side)) return side;
  const size = lotsOf(symbol, params, "quantity");
  if (isFailure(size)) return size;
  const price = ticksOf(symbol, params, "price");
  if (isFailure(price)) return price;
  if (order === undefined || !state.exchange.orders.isOpen(order)) return ORDER_DOES_NOT_EXIST;
  if (order.side !== side) {
    return failure(-1130, "Data sent for parameter 'side' is not valid.");
  }
  if (order.amends >= AMENDS_MAX) {
    return failure(-5026, "Exceed maximum modify order limit.");
  }
  const amended = state.exchange.amend({ order, price, size, keepPriority: false });
  if (amended.ok) return usdmOrder(symbol, order);
  return amended.error === "price_band"
    ? outsideBand(symbol, side)
    : failureOf("usdm", amended.error);
}

/** Cancels one order. */
export function cancelUsdm(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const order = namedOrder(call, symbol, "orderId", "origClientOrderId");
  if (isFailure(order)) return order;
  if (order === undefined || isConditional(order)) return UNKNOWN_ORDER;
  const cancelled = call.state.exchange.cancel(order);
  return cancelled.ok ? usdmOrder(symbol, order) : failureOf("usdm", cancelled.error);
}

/** Cancels all plain orders of a symbol. */
export function cancelAllUsdm(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  call.state.exchange.cancelAll(call.state.owner, symbol.sim, "orders");
  return { code: 200, msg: "The operation of cancel all open order is done." };
}

/** Places up to five orders; each answers for itself. */
export function placeBatch(call: Call): Answer {
  return eachOfBatch(call, placeUsdm);
}

/** Modifies up to five orders; each answers for itself. */
export function modifyBatch(call: Call): Answer {
  return eachOfBatch(call, modifyUsdm);
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
    return jsonOf(cancelUsdm({ ...call, params }));
  });
}

/** Arms or disarms the countdown that cancels all. */
export function countdownUsdm(call: Call): Answer {
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
export function queryUsdm(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const order = namedOrder(call, symbol, "orderId", "origClientOrderId");
  if (isFailure(order)) return order;
  if (order === undefined || isConditional(order)) return ORDER_DOES_NOT_EXIST;
  return usdmOrder(symbol, order, true);
}

/** One order, if it is open. */
export function queryOpenUsdm(call: Call): Answer {
  const answer = queryUsdm(call);
  if (isFailure(answer)) return answer;
  const { status } = answer as Json;
  return status === "NEW" || status === "PARTIALLY_FILLED" ? answer : ORDER_DOES_NOT_EXIST;
}

/** Open plain orders of a symbol, or of all. */
export function openUsdm(call: Call): Answer {
  return openOf(call, false).map(([symbol, order]) => usdmOrder(symbol, order, true));
}

/** All remembered plain orders of a symbol. */
export function allUsdm(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const from = whole(call.params, "orderId") ?? 0;
  return call.state.exchange.orders.allOf(call.state.owner, symbol.sim)
    .filter((order) => order.id >= from && !isConditional(order))
    .slice(-limitOf(call.params, 500))
    .map((order) => usdmOrder(symbol, order, true));
}

/** Own executions. */
export function tradesUsdm(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  return ownFills(call, symbol).map((fill) => usdmTrade(symbol, fill));
}

/** New conditional order. */
export function placeAlgo(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const request = algoRequest(call, symbol);
  if (isFailure(request)) return request;
  const placed = call.state.exchange.place(request);
  return placed.ok ? algoOrder(symbol, placed.value, undefined) : failureOf("usdm", placed.error);
}

/** Cancels one conditional order; answers with a receipt, as REST does. */
export function cancelAlgo(call: Call): Answer {
  const order = cancelAlgoInFull(call);
  if (isFailure(order)) return order;
  const { algoId, clientAlgoId } = order as Json;
  return { algoId, clientAlgoId, code: "200", msg: "success" };
}

/** Cancels one conditional order; answers with the order, as the WebSocket API does. */
export function cancelAlgoInFull(call: Call): Answer {
  const found = namedAlgo(call);
  if (isFailure(found)) return found;
  const [symbol, order] = found;
  const cancelled = call.state.exchange.cancel(order);
  return cancelled.ok ? algoOrder(symbol, order, undefined) : failureOf("usdm", cancelled.error);
}

/** Cancels all conditional orders of a symbol. */
export function cancelAllAlgo(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  call.state.exchange.cancelAll(call.state.owner, symbol.sim, "stops");
  return { code: 200, msg: "The operation of cancel all open order is done." };
}

/** One conditional order. */
export function queryAlgo(call: Call): Answer {
  const found = namedAlgo(call);
  if (isFailure(found)) return found;
  const [symbol, order] = found;
  return algoOrder(symbol, order, call.state.exchange.orders.byId(order.childId));
}

/** Waiting conditional orders. */
export function openAlgo(call: Call): Answer {
  return openOf(call, true).map(([symbol, order]) => algoOrder(symbol, order, undefined));
}

/** All remembered conditional orders of a symbol. */
export function allAlgo(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const { orders } = call.state.exchange;
  return orders.allOf(call.state.owner, symbol.sim)
    .filter(isConditional)
    .slice(-limitOf(call.params, 500))
    .map((order) => algoOrder(symbol, order, orders.byId(order.childId)));
}

type Order = Parameters<typeof usdmOrder>[1];

/** Whether an order lives in the conditional service. */
export function isConditional(order: Order): boolean {
  return order.instrument.perpetual && (order.type === "stop_loss" || order.type === "stop_limit");
}

function openOf(call: Call, conditional: boolean): [WireSymbol, Order][] {
  const { exchange, owner, symbols } = call.state;
  const symbol = symbols.find("usdm", call.params.get("symbol"));
  if (symbol === undefined && call.params.has("symbol")) return [];
  return exchange.orders.openOf(owner, symbol?.sim)
    .filter((order) => order.instrument.perpetual && isConditional(order) === conditional)
    .map((order) => [symbols.of(order.instrument), order]);
}

function namedAlgo(call: Call): [WireSymbol, Order] | Failure {
  const { exchange, owner, symbols } = call.state;
  const id = whole(call.params, "algoId");
  const name = call.params.get("clientAlgoId");
  if (id === undefined && name === undefined) {
    return failure(
      -1102,
      "Mandatory parameter 'algoId' was not sent, was empty/null, or malformed.",
    );
  }
  for (const symbol of symbols.ofProduct("usdm")) {
    const order = id === undefined
      ? exchange.orders.byClient(owner, symbol.sim, name!)
      : exchange.orders.byId(id);
    if (order === undefined || order.instrument !== symbol.sim || order.owner !== owner) continue;
    const stop = order.parentId === 0 ? order : exchange.orders.byId(order.parentId);
    if (stop !== undefined && isConditional(stop)) return [symbol, stop];
  }
  return UNKNOWN_ORDER;
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
