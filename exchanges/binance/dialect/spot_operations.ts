/**
 * Spot orders and account, alike over REST and the WebSocket API.
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
  UNKNOWN_ORDER,
} from "./failures.ts";
import { clientName, lotsOf, spotRequest, symbolOf } from "./order_requests.ts";
import {
  type Json,
  millis,
  spotAmended,
  spotCancelled,
  spotOrder,
  spotPlaced,
  spotTrade,
} from "./order_shapes.ts";
import { mandatory, missing, type Params, whole } from "./params.ts";
import { type Answer, type Call, freshName } from "./venue_state.ts";
import { moneyFixed, type WireSymbol } from "./wire_symbols.ts";

/** New order. */
export function placeSpot(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const request = spotRequest(call, symbol);
  if (isFailure(request)) return request;
  const placed = call.state.exchange.place(request);
  if (!placed.ok) return failureOf("spot", placed.error);
  const order = placed.value;
  const asked = call.params.get("newOrderRespType");
  const respType = asked ?? (order.type === "limit" && !order.postOnly ? "FULL" : undefined) ??
    (order.type === "market" ? "FULL" : "ACK");
  return spotPlaced(symbol, order, respType, fillsOf(call, order));
}

/** Checks a new order and forgets it. */
export function testSpot(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const request = spotRequest(call, symbol);
  return isFailure(request) ? request : {};
}

/** Cancels one order. */
export function cancelSpot(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const order = namedOrder(call, symbol, "orderId", "origClientOrderId");
  if (isFailure(order)) return order;
  if (order === undefined) return UNKNOWN_ORDER;
  const restriction = call.params.get("cancelRestrictions");
  const wanted = restriction === "ONLY_NEW"
    ? "new"
    : restriction === "ONLY_PARTIALLY_FILLED"
    ? "partially_filled"
    : order.status;
  if (order.status !== wanted) {
    return failure(-2011, "Order was not canceled due to cancel restrictions.");
  }
  return cancelNamed(call, symbol, order, "newClientOrderId");
}

/** Cancels all orders of a symbol. */
export function cancelAllSpot(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const { exchange, owner } = call.state;
  const open = exchange.orders.openOf(owner, symbol.sim);
  if (open.length === 0) return UNKNOWN_ORDER;
  const answers: Json[] = [];
  for (const order of open) {
    const answer = cancelNamed(call, symbol, order, "");
    if (!isFailure(answer)) answers.push(answer);
  }
  return answers;
}

/** Cancels one order and places another. */
export function replaceSpot(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const mode = mandatory(call.params, "cancelReplaceMode");
  if (isFailure(mode)) return mode;
  if (mode !== "STOP_ON_FAILURE" && mode !== "ALLOW_FAILURE") {
    return failure(-1130, "Data sent for parameter 'cancelReplaceMode' is not valid.");
  }
  const request = spotRequest(call, symbol);
  if (isFailure(request)) return request;
  const order = namedOrder(call, symbol, "cancelOrderId", "cancelOrigClientOrderId");
  if (isFailure(order)) return order;
  const cancelled = order === undefined
    ? UNKNOWN_ORDER
    : cancelNamed(call, symbol, order, "cancelNewClientOrderId");
  const cancelFailed = isFailure(cancelled);
  if (cancelFailed && mode === "STOP_ON_FAILURE") {
    return replaceFailure(-2022, "Order cancel-replace failed.", 400, {
      cancelResult: "FAILURE",
      newOrderResult: "NOT_ATTEMPTED",
      cancelResponse: failureBody(cancelled),
      newOrderResponse: null,
    });
  }
  const placed = placeSpot(call) as Json | Failure;
  const placeFailed = isFailure(placed);
  const data = {
    cancelResult: cancelFailed ? "FAILURE" : "SUCCESS",
    newOrderResult: placeFailed ? "FAILURE" : "SUCCESS",
    cancelResponse: cancelFailed ? failureBody(cancelled) : cancelled,
    newOrderResponse: placeFailed ? failureBody(placed) : placed,
  };
  if (cancelFailed && placeFailed) {
    return replaceFailure(-2022, "Order cancel-replace failed.", 400, data);
  }
  if (cancelFailed || placeFailed) {
    return replaceFailure(-2021, "Order cancel-replace partially failed.", 409, data);
  }
  return data;
}

/** Shrinks an order in its place. */
export function amendSpot(call: Call): Answer {
  const { state, params } = call;
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const order = namedOrder(call, symbol, "orderId", "origClientOrderId");
  if (isFailure(order)) return order;
  if (order === undefined || !state.exchange.orders.isOpen(order)) return ORDER_DOES_NOT_EXIST;
  const size = lotsOf(symbol, params, "newQty");
  if (isFailure(size)) return size;
  if (size >= order.size || size <= order.filled) {
    return failure(
      -2038,
      "The requested action would change no state; rejecting.",
    );
  }
  const name = clientName(call, "newClientOrderId");
  if (isFailure(name)) return name;
  const oldName = order.clientOrderId;
  state.otherName = oldName;
  const amended = state.exchange.amend({ order, size, clientOrderId: name, keepPriority: true });
  state.otherName = "";
  return amended.ok ? spotAmended(symbol, order, oldName) : failureOf("spot", amended.error);
}

/** One order. */
export function querySpot(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const order = namedOrder(call, symbol, "orderId", "origClientOrderId");
  if (isFailure(order)) return order;
  return order === undefined ? ORDER_DOES_NOT_EXIST : spotOrder(symbol, order);
}

/** Open orders of a symbol, or of all. */
export function openSpot(call: Call): Answer {
  const { exchange, owner, symbols } = call.state;
  const symbol = call.params.has("symbol") ? symbolOf(call) : undefined;
  if (isFailure(symbol)) return symbol;
  return exchange.orders.openOf(owner, symbol?.sim)
    .filter((order) => !order.instrument.perpetual)
    .map((order) => spotOrder(symbols.of(order.instrument), order));
}

/** All remembered orders of a symbol. */
export function allSpot(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const from = whole(call.params, "orderId") ?? 0;
  return call.state.exchange.orders.allOf(call.state.owner, symbol.sim)
    .filter((order) => order.id >= from)
    .slice(-limitOf(call.params, 500))
    .map((order) => spotOrder(symbol, order));
}

/** Own executions of a symbol. */
export function tradesSpot(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  return ownFills(call, symbol).map((fill) => spotTrade(symbol, fill));
}

/** Balances and permissions. */
export function accountSpot(call: Call): Answer {
  const { symbols } = call.state;
  const fees = symbols.ofProduct("spot")[0]?.sim.options.fees;
  const rate = (value: number | undefined) => ((value ?? 0) / 1e6).toFixed(8);
  const points = (value: number | undefined) => Math.round((value ?? 0) / 100);
  const skipEmpty = call.params.get("omitZeroBalances") === "true";
  const balances = [...call.user.wallet("binance/spot").assets]
    .filter(([, balance]) => !skipEmpty || balance.total !== 0n)
    .map(([asset, balance]) => ({
      asset,
      free: moneyFixed((balance.total - balance.locked) as typeof balance.total),
      locked: moneyFixed(balance.locked),
    }));
  return {
    makerCommission: points(fees?.maker),
    takerCommission: points(fees?.taker),
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: {
      maker: rate(fees?.maker),
      taker: rate(fees?.taker),
      buyer: "0.00000000",
      seller: "0.00000000",
    },
    canTrade: true,
    canWithdraw: false,
    canDeposit: true,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: millis(call.now),
    accountType: "SPOT",
    balances,
    permissions: ["SPOT"],
    uid: 354_937_868,
  };
}

/** Fee rates of a symbol. */
export function commissionSpot(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const { fees } = symbol.sim.options;
  const standard = {
    maker: (fees.maker / 1e6).toFixed(8),
    taker: (fees.taker / 1e6).toFixed(8),
    buyer: "0.00000000",
    seller: "0.00000000",
  };
  const none = {
    maker: "0.00000000",
    taker: "0.00000000",
    buyer: "0.00000000",
    seller: "0.00000000",
  };
  return {
    symbol: symbol.name,
    standardCommission: standard,
    specialCommission: none,
    taxCommission: none,
    discount: {
      enabledForAccount: false,
      enabledForSymbol: false,
      discountAsset: "BNB",
      discount: "0.75000000",
    },
  };
}

/** Fee rates of a symbol, or of all, as the wallet's own service gives them. */
export function tradeFeeSpot(call: Call): Answer {
  const symbol = call.params.has("symbol") ? symbolOf(call) : undefined;
  if (isFailure(symbol)) return symbol;
  const wanted = symbol === undefined ? call.state.symbols.ofProduct("spot") : [symbol];
  return wanted.map((each) => ({
    symbol: each.name,
    makerCommission: (each.sim.options.fees.maker / 1e6).toFixed(6),
    takerCommission: (each.sim.options.fees.taker / 1e6).toFixed(6),
  }));
}

/** The order that a call names by number or by client's name; undefined when unknown. */
export function namedOrder(
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
  const order = id !== undefined && id !== ""
    ? exchange.orders.byId(Number(id))
    : exchange.orders.byClient(owner, symbol.sim, client!);
  return order?.owner === owner && order.instrument === symbol.sim ? order : undefined;
}

/** Own executions as a query asks for them. */
export function ownFills(call: Call, symbol: WireSymbol): SimFill[] {
  const { params, state } = call;
  const orderId = whole(params, "orderId");
  const fromId = whole(params, "fromId") ?? 0;
  const from = (whole(params, "startTime") ?? 0) * 1_000;
  const until = (whole(params, "endTime") ?? Number.MAX_SAFE_INTEGER) * 1_000 + 999;
  const found = state.exchange.orders.fills().filter((fill) =>
    fill.owner === state.owner && fill.instrument === symbol.sim && fill.tradeId >= fromId &&
    (orderId === undefined || fill.orderId === orderId) && fill.at >= from && fill.at <= until
  );
  const limit = limitOf(params, 500);
  const fromStart = params.has("fromId") || params.has("startTime");
  return fromStart ? found.slice(0, limit) : found.slice(-limit);
}

/** `limit`, at most 1,000. */
export function limitOf(params: Params, otherwise: number): number {
  return Math.max(1, Math.min(1_000, whole(params, "limit") ?? otherwise));
}

function cancelNamed(
  call: Call,
  symbol: WireSymbol,
  order: SimOrder,
  parameter: string,
): Json | Failure {
  const { state } = call;
  const name = call.params.get(parameter) ?? freshName(state.random);
  state.otherName = name;
  const cancelled = state.exchange.cancel(order);
  state.otherName = "";
  return cancelled.ok ? spotCancelled(symbol, order, name) : failureOf("spot", cancelled.error);
}

function fillsOf(call: Call, order: SimOrder): SimFill[] {
  if (order.filled === 0) return [];
  const fills = call.state.exchange.orders.fills();
  const own: SimFill[] = [];
  let left = order.filled;
  for (let i = fills.length - 1; i >= 0 && left > 0; i--) {
    const fill = fills[i]!;
    if (fill.order !== order) continue;
    own.unshift(fill);
    left -= fill.size;
  }
  return own;
}

function replaceFailure(code: number, msg: string, status: number, data: Json): Failure {
  return failure(code, msg, status, data);
}
