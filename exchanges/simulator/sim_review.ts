/**
 * The order of questions before an order is taken or changed: the first no is the answer.
 * @module
 */
import type { SimUser } from "./sim_accounts.ts";
import {
  checkFunds,
  checkMargin,
  checkTerms,
  lockAsset,
  lockFor,
  reducibleLots,
  walkBook,
  wouldTake,
} from "./sim_checks.ts";
import type { SimInstrument } from "./sim_instrument.ts";
import type { SimOrderStore } from "./sim_orders.ts";
import type { SimOrder, SimPlace, SimReject } from "./sim_types.ts";

/** What the questions need to know. */
export interface ReviewedExchange {
  readonly instruments: readonly SimInstrument[];
  readonly orders: SimOrderStore;
  user(owner: number): SimUser;
}

/** Whether an order waits for a trigger. */
export function isStop(request: { readonly type: SimPlace["type"] }): boolean {
  return request.type === "stop_loss" || request.type === "stop_limit";
}

/** The first reason against a new order, or undefined. */
export function reviewPlace(
  request: SimPlace,
  exchange: ReviewedExchange,
): SimReject | undefined {
  const { instrument: sim, owner } = request;
  const { orders } = exchange;
  const user = exchange.user(owner);
  const terms = checkTerms(request);
  if (terms !== undefined) return terms;
  const known = orders.byClient(owner, sim, request.clientOrderId);
  if (known !== undefined && orders.isOpen(known)) return "duplicate_client_order_id";
  const full = tooMany(request, orders);
  if (full !== undefined) return full;
  if (isStop(request)) return reviewStop(request, user);
  if (request.reduceOnly === true) {
    const left = reducibleLots(user, sim, request.side, orders.open());
    if (left === 0 || request.size > left) return "reduce_only";
  }
  if (request.postOnly === true && wouldTake(request)) return "post_only_would_take";
  if (request.timeInForce === "fok" && request.refuseUnfillable === true) {
    if (walkBook(request).lots < request.size) return "fill_or_kill";
  }
  return sim.perpetual
    ? checkMargin(request, user, exchange.instruments, orders.open())
    : checkFunds(request, user);
}

/** The first reason against a new price and total size of an open order, or undefined. */
export function reviewAmend(
  order: SimOrder,
  price: number,
  size: number,
  exchange: ReviewedExchange,
): SimReject | undefined {
  const { owner, instrument, clientOrderId, side, type, timeInForce, reduceOnly } = order;
  const wanted = { owner, instrument, clientOrderId, side, type, timeInForce, reduceOnly };
  const terms = checkTerms({ ...wanted, price, size });
  if (terms !== undefined) return terms;
  const user = exchange.user(owner);
  const leaves = size - order.filled;
  if (reduceOnly) {
    const others = without(order, exchange.orders.open());
    return leaves > reducibleLots(user, instrument, side, others) ? "reduce_only" : undefined;
  }
  if (instrument.perpetual) {
    const others = without(order, exchange.orders.open());
    return checkMargin({ ...wanted, price, size: leaves }, user, exchange.instruments, others);
  }
  const more = lockFor({ ...order, price, size }) - order.locked;
  const free = user.walletOf(instrument).free(lockAsset(order));
  return more > free ? "insufficient_balance" : undefined;
}

function reviewStop(request: SimPlace, user: SimUser): SimReject | undefined {
  const { instrument: sim, triggerPrice, triggerWhen, triggerOn } = request;
  const watched = triggerOn === "mark" ? sim.mark : sim.last;
  const reached = triggerWhen === "falls" ? watched <= triggerPrice! : watched >= triggerPrice!;
  if (reached) return "trigger_would_fire";
  return sim.perpetual ? undefined : checkFunds(request, user);
}

function tooMany(request: SimPlace, orders: SimOrderStore): SimReject | undefined {
  const { options } = request.instrument;
  let working = 0;
  let waiting = 0;
  for (const order of orders.open()) {
    if (order.owner !== request.owner || order.instrument !== request.instrument) continue;
    if (order.workingAt === 0) waiting++;
    else working++;
  }
  if (isStop(request)) return waiting >= options.stopsMax ? "too_many_stops" : undefined;
  return working >= options.openOrdersMax ? "too_many_orders" : undefined;
}

function* without(order: SimOrder, orders: Iterable<SimOrder>): Iterable<SimOrder> {
  for (const each of orders) if (each !== order) yield each;
}
