/**
 * What a simulated exchange asks before it takes an order. Pure questions, first no wins.
 * @module
 */
import {
  type Money,
  money,
  MONEY_ZERO,
  notional,
  notionalValue,
  opposite,
  type Price,
  signOf,
} from "@/engine/domain/mod.ts";
import { marginOf, type SimUser } from "./sim_accounts.ts";
import type { SimInstrument } from "./sim_instrument.ts";
import type { SimOrder, SimPlace, SimReject } from "./sim_types.ts";

/** Grid, bounds, value and price band; undefined when all hold. */
export function checkTerms(request: SimPlace): SimReject | undefined {
  const { instrument: sim, size, side } = request;
  const { instrument, options } = sim;
  const closing = request.closePosition === true;
  if (sim.status === "maintenance") return "maintenance";
  if (sim.status !== "trading") return "halted";
  if (!closing) {
    if (size % instrument.orderLot !== 0) return "size_off_grid";
    if (size < instrument.minSize) return "size_too_small";
    if (size > instrument.maxSize) return "size_too_large";
  }
  if (request.price !== undefined) {
    if (!instrument.isOrderPrice(request.price as Price)) return "price_off_grid";
    if (outsideBand(sim, side === "buy", request.price)) return "price_band";
  }
  if (request.triggerPrice !== undefined && request.triggerPrice <= 0) return "price_off_grid";
  if (closing || request.reduceOnly === true) return undefined;
  const at = request.price ?? request.triggerPrice ?? sim.mid();
  const value = notionalValue(instrument, at as Price, size);
  return value + 1e-9 < instrument.minNotionalValue ? "value_too_small" : undefined;
  function outsideBand(of: SimInstrument, buying: boolean, ticks: number): boolean {
    if (options.priceBand === 0) return false;
    return buying
      ? ticks > of.mark * (1 + options.priceBand)
      : ticks < of.mark * (1 - options.priceBand);
  }
}

/** Whether a limit at `price` would trade at once. */
export function wouldTake(request: {
  readonly instrument: SimInstrument;
  readonly side: "buy" | "sell";
  readonly price?: number;
}): boolean {
  const touch = request.instrument.market!.best(opposite(request.side));
  if (touch <= 0) return false;
  if (request.price === undefined) return true;
  return request.side === "buy" ? request.price >= touch : request.price <= touch;
}

/** What taking `size` lots now would find: lots within the limit and their exact value. */
export function walkBook(
  request: Pick<SimPlace, "instrument" | "side" | "price" | "size">,
): { lots: number; value: Money } {
  const { instrument: sim, side, price } = request;
  let lots = 0;
  let value = 0n;
  sim.market!.forEachLevel(opposite(side), (level, size) => {
    if (price !== undefined && (side === "buy" ? level > price : level < price)) return false;
    const taken = Math.min(size, request.size - lots);
    lots += taken;
    value += notional(sim.instrument, level as Price, taken);
    return lots < request.size;
  });
  return { lots, value: money(value) };
}

/** Lots that a quote amount buys at the present book, whole lots only. */
export function lotsForValue(sim: SimInstrument, side: "buy" | "sell", amount: Money): number {
  let left: bigint = amount;
  let lots = 0;
  sim.market!.forEachLevel(opposite(side), (level, size) => {
    const one = notional(sim.instrument, level as Price, 1);
    const taken = Math.min(size, Number(left / one));
    lots += taken;
    left -= one * BigInt(taken);
    return taken === size;
  });
  return lots - (lots % sim.instrument.orderLot);
}

/** What a spot order holds back: quote for a buy, base for a sell; nothing for market orders. */
export function lockFor(order: SimOrder): Money {
  const { instrument } = order.instrument;
  if (order.instrument.perpetual) return MONEY_ZERO;
  const leaves = order.size - order.filled;
  if (order.side === "sell") {
    return order.type === "market" ? MONEY_ZERO : instrument.baseMoney(leaves);
  }
  const at = order.price > 0 ? order.price : order.triggerPrice;
  return at > 0 ? notional(instrument, at as Price, leaves) : MONEY_ZERO;
}

/** The asset a spot order holds back. */
export function lockAsset(order: SimOrder): string {
  const { terms } = order.instrument.instrument;
  return order.side === "buy" ? terms.quote : terms.base;
}

/** Whether a spot wallet can pay for an order. */
export function checkFunds(request: SimPlace, user: SimUser): SimReject | undefined {
  const { instrument: sim, side, size } = request;
  const { terms } = sim.instrument;
  const wallet = user.walletOf(sim);
  if (side === "sell") {
    return wallet.free(terms.base) < sim.instrument.baseMoney(size)
      ? "insufficient_balance"
      : undefined;
  }
  const at = request.price ?? request.triggerPrice;
  const cost = at === undefined
    ? walkBook(request).value
    : notional(sim.instrument, at as Price, size);
  return wallet.free(terms.quote) < cost ? "insufficient_balance" : undefined;
}

/** Whether a perpetual wallet can carry an order on top of what is open. */
export function checkMargin(
  request: Pick<SimPlace, "instrument" | "side" | "price" | "size" | "reduceOnly">,
  user: SimUser,
  instruments: readonly SimInstrument[],
  openOrders: Iterable<SimOrder>,
): SimReject | undefined {
  if (request.reduceOnly === true) return undefined;
  const { instrument: sim } = request;
  const { terms, tickValue, lotValue } = sim.instrument;
  const position = user.positions.get(sim)?.size ?? 0;
  const sign = signOf(request.side);
  if (position * sign < 0 && request.size <= Math.abs(position)) return undefined;
  const margin = marginOf(user, terms.account, terms.settle, instruments, openOrders);
  const at = request.price ?? sim.mid();
  const opening = request.size - (position * sign < 0 ? Math.abs(position) : 0);
  const needed = at * tickValue * opening * lotValue / user.leverageOf(sim);
  return needed > margin.available ? "insufficient_margin" : undefined;
}

/** Lots a reduce-only order of this side may still ask for. */
export function reducibleLots(
  user: SimUser,
  sim: SimInstrument,
  side: "buy" | "sell",
  openOrders: Iterable<SimOrder>,
): number {
  const position = user.positions.get(sim)?.size ?? 0;
  if (position * signOf(side) >= 0) return 0;
  let left = Math.abs(position);
  for (const order of openOrders) {
    if (order.instrument !== sim || order.owner !== user.owner) continue;
    if (order.side !== side || !order.reduceOnly || order.workingAt === 0) continue;
    left -= order.size - order.filled;
  }
  return Math.max(0, left);
}
