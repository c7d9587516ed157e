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
import { accumulatedText, trimmed, unrealisedText } from "./account_operations.ts";
import {
  type Json,
  millis,
  statusText,
  timeInForceText,
  typeText,
  wireId,
  workingType,
} from "./order_shapes.ts";
import { entryPriceOf } from "@/exchanges/simulator/mod.ts";
import type { VenueState } from "./venue_state.ts";
import { averagePrice, moneyFixed, type WireSymbol } from "./wire_symbols.ts";

const EXECUTIONS: Readonly<Record<SimOrderCause, string>> = {
  new: "NEW",
  trade: "TRADE",
  amended: "NEW",
  cancelled: "CANCELED",
  expired: "EXPIRED",
  triggered: "NEW",
  rejected: "REJECTED",
};

/** Spot's event of an order. */
export function executionReport(
  symbol: WireSymbol,
  order: SimOrder,
  cause: SimOrderCause,
  fill: SimFill | undefined,
  now: number,
): Json {
  return {
    e: "executionReport",
    E: millis(now),
    s: symbol.name,
    c: order.clientOrderId,
    S: order.side.toUpperCase(),
    o: typeText(order),
    f: timeInForceText(order),
    q: symbol.size(order.size),
    p: symbol.price(order.price),
    ap: moneyFixed(averagePrice(order), 16),
    P: order.triggerPrice === 0 ? "0" : symbol.price(order.triggerPrice),
    x: EXECUTIONS[cause],
    X: statusText(order),
    i: wireId(order),
    l: symbol.size(fill?.size ?? 0),
    z: symbol.size(order.filled),
    L: symbol.price(fill?.price ?? 0),
    n: fill === undefined ? "0" : moneyFixed(fill.fee),
    N: fill?.feeAsset ?? "",
    T: millis(order.updatedAt),
    t: fill?.tradeId ?? 0,
    m: fill?.liquidity === "maker",
    ot: order.label,
    O: millis(order.createdAt),
    Z: moneyToText(order.filledValue),
    Y: moneyToText(fill?.value ?? (0n as typeof order.filledValue)),
    Q: "0",
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
    T: millis(now),
    u: millis(now),
    B: change.assets.map((asset) => ({
      a: asset,
      f: moneyFixed(wallet.free(asset)),
      l: moneyFixed(wallet.of(asset).locked),
    })),
  };
}

/** Perpetuals' event of an order. */
export function orderTradeUpdate(
  symbol: WireSymbol,
  order: SimOrder,
  cause: SimOrderCause,
  fill: SimFill | undefined,
  now: number,
): Json {
  return {
    e: "ORDER_TRADE_UPDATE",
    E: millis(now),
    T: millis(order.updatedAt),
    o: {
      s: symbol.name,
      c: order.clientOrderId,
      S: order.side.toUpperCase(),
      o: typeText(order),
      f: timeInForceText(order),
      q: symbol.size(order.size),
      p: symbol.price(order.price),
      ap: order.filled === 0 ? "0" : moneyFixed(averagePrice(order)),
      sp: symbol.price(order.triggerPrice),
      x: EXECUTIONS[cause],
      X: statusText(order),
      i: wireId(order),
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
      wt: workingType(order),
      ot: order.label,
      ps: "BOTH",
      cp: order.closePosition,
      rp: fill === undefined ? "0" : moneyFixed(fill.realised),
    },
  };
}

/** Perpetuals' event of balances and the position they belong to. */
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
