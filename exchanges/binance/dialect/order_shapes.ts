/**
 * Orders and executions as the venue writes them in answers.
 *
 * Source: protocol sheet sections 4 and 10 and the venue's own examples.
 * @module
 */
import { moneyToText } from "@/engine/domain/mod.ts";
import type { SelfTradePolicy } from "@/engine/matching/mod.ts";
import type { SimFill, SimOrder } from "@/exchanges/simulator/mod.ts";
import { averagePrice, moneyFixed, type WireSymbol } from "./wire_symbols.ts";

/** A JSON object in the making. */
export type Json = Record<string, unknown>;

/** Microseconds to the wire's milliseconds. */
export function millis(at: number): number {
  return Math.floor(at / 1_000);
}

/** Status text. */
export function statusText(order: SimOrder): string {
  if (order.status === "expired") {
    return order.end === "self_trade" ? "EXPIRED_IN_MATCH" : "EXPIRED";
  }
  return order.status === "cancelled" ? "CANCELED" : order.status.toUpperCase();
}

const POLICY_NAMES: Readonly<Record<SelfTradePolicy, string>> = {
  allow: "NONE",
  cancel_newest: "EXPIRE_TAKER",
  cancel_oldest: "EXPIRE_MAKER",
  cancel_both: "EXPIRE_BOTH",
  decrement: "DECREMENT",
};

/** Self-trade prevention by the venue's name. */
export function policyText(policy: SelfTradePolicy): string {
  return POLICY_NAMES[policy];
}

/** The policy of a name, or undefined. */
export function policyOf(name: string): SelfTradePolicy | undefined {
  const found = Object.entries(POLICY_NAMES).find(([, text]) => text === name);
  return found?.[0] as SelfTradePolicy | undefined;
}

/** Time in force: LIMIT_MAKER rests, GTX says post-only on USD-M. */
export function timeInForceText(order: SimOrder): string {
  if (order.postOnly && order.instrument.perpetual) return "GTX";
  return order.timeInForce.toUpperCase();
}

/** What spot answers to a new order, by the asked depth of answer. */
export function spotPlaced(
  symbol: WireSymbol,
  order: SimOrder,
  respType: string,
  fills: readonly SimFill[],
): Json {
  const ack = {
    symbol: symbol.name,
    orderId: order.id,
    orderListId: -1,
    clientOrderId: order.clientOrderId,
    transactTime: millis(order.updatedAt),
  };
  if (respType === "ACK") return ack;
  const result = {
    ...ack,
    ...spotAmounts(symbol, order),
    ...(order.workingAt > 0 ? { workingTime: millis(order.workingAt) } : {}),
    ...(order.triggerPrice > 0 ? { stopPrice: symbol.price(order.triggerPrice) } : {}),
  };
  if (respType !== "FULL") return { ...result, selfTradePreventionMode: stp(order) };
  return {
    ...result,
    fills: fills.map((fill) => ({
      price: symbol.price(fill.price),
      qty: symbol.size(fill.size),
      commission: moneyFixed(fill.fee),
      commissionAsset: fill.feeAsset,
      tradeId: fill.tradeId,
    })),
    selfTradePreventionMode: stp(order),
  };
}

/** What spot answers to a cancel: `clientOrderId` is the cancel's own name. */
export function spotCancelled(symbol: WireSymbol, order: SimOrder, cancelName: string): Json {
  return {
    symbol: symbol.name,
    origClientOrderId: order.clientOrderId,
    orderId: order.id,
    orderListId: -1,
    clientOrderId: cancelName,
    transactTime: millis(order.updatedAt),
    ...spotAmounts(symbol, order),
    ...(order.triggerPrice > 0 ? { stopPrice: symbol.price(order.triggerPrice) } : {}),
    selfTradePreventionMode: stp(order),
  };
}

/** A spot order in a query's answer. */
export function spotOrder(symbol: WireSymbol, order: SimOrder): Json {
  return {
    symbol: symbol.name,
    orderId: order.id,
    orderListId: -1,
    clientOrderId: order.clientOrderId,
    ...spotAmounts(symbol, order),
    stopPrice: symbol.price(order.triggerPrice),
    icebergQty: "0.00000000",
    time: millis(order.createdAt),
    updateTime: millis(order.updatedAt),
    isWorking: order.workingAt > 0,
    workingTime: order.workingAt > 0 ? millis(order.workingAt) : -1,
    selfTradePreventionMode: stp(order),
  };
}

/** What spot answers to an amendment that keeps its place. */
export function spotAmended(symbol: WireSymbol, order: SimOrder, oldName: string): Json {
  return {
    transactTime: millis(order.updatedAt),
    executionId: order.id * 10 + order.amends,
    amendedOrder: {
      symbol: symbol.name,
      orderId: order.id,
      orderListId: -1,
      origClientOrderId: oldName,
      clientOrderId: order.clientOrderId,
      price: symbol.price(order.price),
      qty: symbol.size(order.size),
      executedQty: symbol.size(order.filled),
      preventedQty: symbol.size(0),
      quoteOrderQty: "0.00000000",
      cumulativeQuoteQty: moneyFixed(order.filledValue),
      status: statusText(order),
      timeInForce: timeInForceText(order),
      type: order.label,
      side: order.side.toUpperCase(),
      workingTime: millis(order.workingAt),
      selfTradePreventionMode: stp(order),
    },
  };
}

function spotAmounts(symbol: WireSymbol, order: SimOrder): Json {
  return {
    price: symbol.price(order.price),
    origQty: symbol.size(order.size),
    executedQty: symbol.size(order.filled),
    origQuoteOrderQty: "0.00000000",
    cummulativeQuoteQty: moneyFixed(order.filledValue),
    status: statusText(order),
    timeInForce: timeInForceText(order),
    type: order.label,
    side: order.side.toUpperCase(),
  };
}

function stp(order: SimOrder): string {
  return policyText(order.selfTrade);
}

/** One own execution on spot. */
export function spotTrade(symbol: WireSymbol, fill: SimFill): Json {
  return {
    symbol: symbol.name,
    id: fill.tradeId,
    orderId: fill.orderId,
    orderListId: -1,
    price: symbol.price(fill.price),
    qty: symbol.size(fill.size),
    quoteQty: moneyFixed(fill.value),
    commission: moneyFixed(fill.fee),
    commissionAsset: fill.feeAsset,
    time: millis(fill.at),
    isBuyer: fill.side === "buy",
    isMaker: fill.liquidity === "maker",
    isBestMatch: true,
  };
}

/** A USD-M order, in every answer. */
export function usdmOrder(symbol: WireSymbol, order: SimOrder, withTime = false): Json {
  const executed = symbol.size(order.filled);
  return {
    orderId: order.id,
    symbol: symbol.name,
    status: statusText(order),
    clientOrderId: order.clientOrderId,
    price: symbol.price(order.price),
    avgPrice: moneyFixed(averagePrice(order), order.filled === 0 ? 2 : 5),
    origQty: symbol.size(order.size),
    executedQty: executed,
    cumQty: executed,
    cumQuote: moneyFixed(order.filledValue, 5),
    timeInForce: timeInForceText(order),
    type: usdmType(order),
    reduceOnly: order.reduceOnly,
    closePosition: order.closePosition,
    side: order.side.toUpperCase(),
    positionSide: "BOTH",
    stopPrice: symbol.price(order.triggerPrice),
    workingType: "CONTRACT_PRICE",
    priceProtect: false,
    origType: order.label,
    priceMatch: "NONE",
    selfTradePreventionMode: policyText(order.selfTrade),
    goodTillDate: 0,
    ...(withTime ? { time: millis(order.createdAt) } : {}),
    updateTime: millis(order.updatedAt),
  };
}

/** What a USD-M order is in the book: a fired stop is a market or limit order. */
export function usdmType(order: SimOrder): string {
  return order.type === "market" ? "MARKET" : order.type === "limit" ? "LIMIT" : order.label;
}

/** One own execution on USD-M. */
export function usdmTrade(symbol: WireSymbol, fill: SimFill): Json {
  return {
    symbol: symbol.name,
    id: fill.tradeId,
    orderId: fill.orderId,
    side: fill.side.toUpperCase(),
    positionSide: "BOTH",
    price: symbol.price(fill.price),
    qty: symbol.size(fill.size),
    quoteQty: moneyToText(fill.value),
    realizedPnl: moneyFixed(fill.realised),
    commission: moneyFixed(fill.fee),
    commissionAsset: fill.feeAsset,
    time: millis(fill.at),
    buyer: fill.side === "buy",
    maker: fill.liquidity === "maker",
  };
}

/** Where a conditional order is in its life. */
export function algoStatus(order: SimOrder, child: SimOrder | undefined): string {
  if (order.end === "triggered") {
    const open = child !== undefined &&
      (child.status === "new" || child.status === "partially_filled");
    return open ? "TRIGGERED" : "FINISHED";
  }
  if (order.status === "cancelled") return "CANCELED";
  return order.status === "new" ? "NEW" : order.status.toUpperCase();
}

/** A conditional order of USD-M. */
export function algoOrder(
  symbol: WireSymbol,
  order: SimOrder,
  child: SimOrder | undefined,
): Json {
  return {
    algoId: order.id,
    clientAlgoId: order.clientOrderId,
    algoType: "CONDITIONAL",
    orderType: order.label,
    symbol: symbol.name,
    side: order.side.toUpperCase(),
    positionSide: "BOTH",
    timeInForce: timeInForceText(order),
    quantity: symbol.size(order.size),
    algoStatus: algoStatus(order, child),
    actualOrderId: child === undefined ? "" : String(child.id),
    actualPrice: child === undefined ? "0.00000" : moneyFixed(averagePrice(child), 5),
    actualQty: symbol.size(child?.filled ?? 0),
    triggerPrice: symbol.price(order.triggerPrice),
    price: symbol.price(order.price),
    icebergQuantity: null,
    tpTriggerPrice: "0.000",
    tpPrice: "0.000",
    slTriggerPrice: "0.000",
    slPrice: "0.000",
    tpOrderType: "",
    selfTradePreventionMode: policyText(order.selfTrade),
    workingType: order.triggerOn === "mark" ? "MARK_PRICE" : "CONTRACT_PRICE",
    priceMatch: "NONE",
    closePosition: order.closePosition,
    priceProtect: false,
    reduceOnly: order.reduceOnly,
    createTime: millis(order.createdAt),
    updateTime: millis(order.updatedAt),
    triggerTime: millis(order.triggeredAt),
    goodTillDate: 0,
  };
}
