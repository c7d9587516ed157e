/**
 * Orders and executions as the venue writes them in answers, alike for both products.
 *
 * A fired stop keeps its number on the wire, whatever number the exchange gave what it became.
 * Source: protocol sheet section 4 and the venue's own examples.
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
  return order.status === "cancelled" ? "CANCELED" : order.status.toUpperCase();
}

const POLICIES: Readonly<Record<string, SelfTradePolicy>> = {
  EXPIRE_TAKER: "cancel_newest",
  EXPIRE_MAKER: "cancel_oldest",
  EXPIRE_BOTH: "cancel_both",
};

/** The policy of a name, or undefined. */
export function policyOf(name: string): SelfTradePolicy | undefined {
  return Object.hasOwn(POLICIES, name) ? POLICIES[name] : undefined;
}

/** Self-trade prevention by the venue's name. */
export function policyText(policy: SelfTradePolicy): string {
  return Object.keys(POLICIES).find((name) => POLICIES[name] === policy) ?? "NONE";
}

/** Time in force; GTX says post-only. */
export function timeInForceText(order: SimOrder): string {
  return order.postOnly ? "GTX" : order.timeInForce.toUpperCase();
}

/** The number an order has on the wire. */
export function wireId(order: SimOrder): number {
  return order.parentId > 0 ? order.parentId : order.id;
}

/** What an order is now: a fired stop is a market or limit order. */
export function typeText(order: SimOrder): string {
  if (order.type === "market" || order.type === "limit") return order.type.toUpperCase();
  if (order.triggeredAt === 0) return order.label;
  return order.type === "stop_limit" ? "LIMIT" : "MARKET";
}

/** An order, in every answer. */
export function orderJson(symbol: WireSymbol, order: SimOrder, withTime = false): Json {
  const executed = symbol.size(order.filled);
  const perp = symbol.product === "perp";
  return {
    orderId: wireId(order),
    symbol: symbol.name,
    status: statusText(order),
    clientOrderId: order.clientOrderId,
    price: order.price === 0 ? "0" : symbol.price(order.price),
    avgPrice: moneyFixed(averagePrice(order), perp ? 5 : 16),
    origQty: symbol.size(order.size),
    executedQty: executed,
    ...(withTime ? {} : { cumQty: executed }),
    cumQuote: moneyToText(order.filledValue),
    timeInForce: timeInForceText(order),
    type: typeText(order),
    ...(perp ? { reduceOnly: order.reduceOnly, closePosition: order.closePosition } : {}),
    side: order.side.toUpperCase(),
    ...(perp ? { positionSide: "BOTH" } : {}),
    stopPrice: order.triggerPrice === 0 ? "0" : symbol.price(order.triggerPrice),
    ...(perp ? { workingType: workingType(order), priceProtect: false } : {}),
    origType: order.label,
    ...(withTime ? { time: millis(order.createdAt) } : {}),
    updateTime: millis(order.updatedAt),
  };
}

/** Which price a stop watches. */
export function workingType(order: SimOrder): string {
  return order.triggerOn === "mark" ? "MARK_PRICE" : "CONTRACT_PRICE";
}

/** One own execution. A commission above zero was paid, below zero it is a rebate. */
export function tradeJson(symbol: WireSymbol, fill: SimFill): Json {
  const perp = symbol.product === "perp";
  return {
    symbol: symbol.name,
    id: fill.tradeId,
    orderId: wireId(fill.order),
    side: fill.side.toUpperCase(),
    ...(perp ? { positionSide: "BOTH" } : {}),
    price: symbol.price(fill.price),
    qty: symbol.size(fill.size),
    quoteQty: moneyToText(fill.value),
    ...(perp ? { realizedPnl: moneyFixed(fill.realised) } : {}),
    commission: moneyFixed(fill.fee),
    commissionAsset: fill.feeAsset,
    time: millis(fill.at),
    buyer: fill.side === "buy",
    maker: fill.liquidity === "maker",
  };
}
