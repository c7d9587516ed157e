/**
 * What the account streams push: orders, executions, balances and positions.
 *
 * Source: protocol sheet section 5 and the venue's own examples.
 * @module
 */
import { moneyToText } from "@/engine/domain/mod.ts";
import type {
  SimAccountChange,
  SimFill,
  SimOrder,
  SimOrderCause,
} from "@/exchanges/simulator/mod.ts";
import {
  algoStatus,
  type Json,
  millis,
  policyText,
  statusText,
  timeInForceText,
  usdmType,
} from "./order_shapes.ts";
import { accumulatedText, breakEven, trimmed, unrealisedText } from "./usdm_account.ts";
import { entryPriceOf } from "@/exchanges/simulator/mod.ts";
import type { VenueState } from "./venue_state.ts";
import { averagePrice, moneyFixed, type WireSymbol } from "./wire_symbols.ts";

const EXECUTIONS: Readonly<Record<SimOrderCause, string>> = {
  new: "NEW",
  trade: "TRADE",
  amended: "REPLACED",
  cancelled: "CANCELED",
  expired: "EXPIRED",
  triggered: "NEW",
  rejected: "REJECTED",
};

/** Numbers of spot executions, one per event. */
export class ExecutionIds {
  #next = 6_000_000_000;

  next(): number {
    return this.#next++;
  }
}

/** Spot's event of an order. `otherName`: the cancel's own name, or the one before an amendment. */
export function executionReport(
  symbol: WireSymbol,
  order: SimOrder,
  cause: SimOrderCause,
  fill: SimFill | undefined,
  more: { readonly otherName: string; readonly executionId: number; readonly now: number },
): Json {
  const named = cause === "cancelled" && more.otherName !== "";
  const renamed = cause === "amended" && more.otherName !== "";
  const prevented = cause === "expired" && order.end === "self_trade";
  return {
    e: "executionReport",
    E: millis(more.now),
    s: symbol.name,
    c: named ? more.otherName : order.clientOrderId,
    S: order.side.toUpperCase(),
    o: order.label,
    f: timeInForceText(order),
    q: symbol.size(order.size),
    p: symbol.price(order.price),
    P: symbol.price(order.triggerPrice),
    F: "0.00000000",
    g: -1,
    C: named ? order.clientOrderId : renamed ? more.otherName : "",
    x: prevented ? "TRADE_PREVENTION" : EXECUTIONS[cause],
    X: statusText(order),
    r: "NONE",
    i: order.id,
    l: symbol.size(fill?.size ?? 0),
    z: symbol.size(order.filled),
    L: symbol.price(fill?.price ?? 0),
    n: fill === undefined ? "0" : moneyFixed(fill.fee),
    N: fill === undefined ? null : fill.feeAsset,
    T: millis(order.updatedAt),
    t: fill?.tradeId ?? -1,
    I: more.executionId,
    w: order.workingAt > 0 && (order.status === "new" || order.status === "partially_filled"),
    m: fill?.liquidity === "maker",
    M: false,
    O: millis(order.createdAt),
    Z: moneyFixed(order.filledValue),
    Y: moneyFixed(fill?.value ?? (0n as typeof order.filledValue)),
    Q: "0.00000000",
    ...(order.workingAt > 0 ? { W: millis(order.workingAt) } : {}),
    V: policyText(order.selfTrade),
  };
}

/** Spot's event of balances: only the assets that changed, absolute. */
export function outboundAccountPosition(
  state: VenueState,
  change: SimAccountChange,
  now: number,
): Json {
  const wallet = state.exchange.user(change.owner).wallet(change.account);
  return {
    e: "outboundAccountPosition",
    E: millis(now),
    u: millis(now),
    B: change.assets.map((asset) => ({
      a: asset,
      f: moneyFixed(wallet.free(asset)),
      l: moneyFixed(wallet.of(asset).locked),
    })),
  };
}

/** USD-M's event of a plain order. */
export function orderTradeUpdate(
  symbol: WireSymbol,
  order: SimOrder,
  cause: SimOrderCause,
  fill: SimFill | undefined,
  now: number,
): Json {
  const execution = cause === "amended" ? "AMENDMENT" : EXECUTIONS[cause];
  return {
    e: "ORDER_TRADE_UPDATE",
    E: millis(now),
    T: millis(order.updatedAt),
    o: {
      s: symbol.name,
      c: order.clientOrderId,
      S: order.side.toUpperCase(),
      o: usdmType(order),
      f: timeInForceText(order),
      q: symbol.size(order.size),
      p: symbol.price(order.price),
      ap: order.filled === 0 ? "0" : moneyToText(averagePrice(order)),
      sp: symbol.price(order.triggerPrice),
      x: execution,
      X: statusText(order),
      i: order.id,
      l: symbol.size(fill?.size ?? 0),
      z: symbol.size(order.filled),
      L: symbol.price(fill?.price ?? 0),
      ...(fill === undefined ? {} : { n: moneyFixed(fill.fee), N: fill.feeAsset }),
      T: millis(order.updatedAt),
      t: fill?.tradeId ?? 0,
      b: "0",
      a: "0",
      m: fill?.liquidity === "maker",
      R: order.reduceOnly,
      wt: "CONTRACT_PRICE",
      ot: order.label,
      ps: "BOTH",
      cp: order.closePosition,
      rp: fill === undefined ? "0" : moneyFixed(fill.realised),
      pP: false,
      si: 0,
      ss: 0,
      V: policyText(order.selfTrade),
      pm: "NONE",
      gtd: 0,
      er: order.end === "reduce_only" ? "2" : order.end === "self_trade" ? "3" : "0",
    },
  };
}

/** USD-M's fast duplicate of an execution. */
export function tradeLite(symbol: WireSymbol, fill: SimFill, now: number): Json {
  return {
    e: "TRADE_LITE",
    E: millis(now),
    T: millis(fill.at),
    s: symbol.name,
    q: symbol.size(fill.order.size),
    p: symbol.price(fill.order.price),
    m: fill.liquidity === "maker",
    c: fill.clientOrderId,
    S: fill.side.toUpperCase(),
    L: symbol.price(fill.price),
    l: symbol.size(fill.size),
    t: fill.tradeId,
    i: fill.orderId,
  };
}

/** USD-M's event of balances and the position they belong to. */
export function accountUpdate(state: VenueState, change: SimAccountChange, now: number): Json {
  const user = state.exchange.user(change.owner);
  const wallet = user.wallet(change.account);
  const reason = change.cause === "funding"
    ? "FUNDING_FEE"
    : change.cause === "transfer"
    ? "DEPOSIT"
    : "ORDER";
  const balances = change.assets.map((asset) => {
    const total = moneyFixed(wallet.of(asset).total);
    return { a: asset, wb: total, cw: total, bc: "0" };
  });
  const positions: Json[] = [];
  if (change.instrument !== undefined && reason === "ORDER") {
    const position = user.position(change.instrument);
    const symbol = state.symbols.of(change.instrument);
    const entry = entryPriceOf(position);
    positions.push({
      s: symbol.name,
      pa: symbol.size(position.size),
      ep: entry === 0 ? "0" : trimmed(entry),
      bep: entry === 0 ? "0" : trimmed(breakEven(position)),
      cr: accumulatedText(position),
      up: unrealisedText(position),
      mt: "cross",
      iw: "0",
      ps: "BOTH",
    });
  }
  const a = { m: reason, B: balances, P: positions };
  return { e: "ACCOUNT_UPDATE", E: millis(now), T: millis(now), a };
}

/** USD-M's event of a conditional order. */
export function algoUpdate(
  symbol: WireSymbol,
  order: SimOrder,
  child: SimOrder | undefined,
  now: number,
  status = algoStatus(order, child),
): Json {
  return {
    e: "ALGO_UPDATE",
    T: millis(order.updatedAt),
    E: millis(now),
    o: {
      caid: order.clientOrderId,
      aid: order.id,
      at: "CONDITIONAL",
      o: order.label,
      s: symbol.name,
      S: order.side.toUpperCase(),
      ps: "BOTH",
      f: timeInForceText(order),
      q: symbol.size(order.size),
      X: status,
      ai: child === undefined ? "" : String(child.id),
      ap: child === undefined ? "0.00000" : moneyFixed(averagePrice(child), 5),
      aq: symbol.size(child?.filled ?? 0),
      act: child === undefined ? "0" : usdmType(child),
      tp: symbol.price(order.triggerPrice),
      p: symbol.price(order.price),
      V: policyText(order.selfTrade),
      wt: order.triggerOn === "mark" ? "MARK_PRICE" : "CONTRACT_PRICE",
      pm: "NONE",
      cp: order.closePosition,
      pP: false,
      R: order.reduceOnly,
      tt: millis(order.triggeredAt),
      gtd: 0,
      rm: order.end === "trigger_refused" ? "Order was refused when it fired." : "",
    },
  };
}
