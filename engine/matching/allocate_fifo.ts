/**
 * Price-time priority: the best price first, at one price the oldest order first, at the maker's
 * price.
 * @module
 */
import type { MarketEvents } from "./market_events.ts";
import { priceOf, type RestingOrders } from "./resting_orders.ts";
import { endsAtOwnOrder, preventSelfTrade } from "./self_trade_prevention.ts";
import type { TakingOrder } from "./taking_order.ts";

/** Matches `taker` as far as its limit, size and self-trade policy allow. */
export function allocateFifo(
  taker: TakingOrder,
  orders: RestingOrders,
  events: MarketEvents,
): void {
  const makers = 1 - taker.side;
  const index = orders.index[makers as 0 | 1];
  while (taker.leaves > 0 && !taker.stopped && index.first <= taker.limitKey) {
    const key = index.first;
    const level = index.find(key);
    const price = priceOf(makers, key);
    matchLevel(taker, level, price, orders, events);
    const left = index.first === key ? orders.levelTotal[level]! : 0;
    events.level(makers, price, left);
  }
}

function matchLevel(
  taker: TakingOrder,
  level: number,
  price: number,
  orders: RestingOrders,
  events: MarketEvents,
): void {
  let slot = orders.levelHead[level]!;
  while (slot !== 0 && taker.leaves > 0 && !taker.stopped) {
    const after = orders.next[slot]!;
    if (orders.owners[slot] === taker.owner && taker.selfTrade !== "allow") {
      preventSelfTrade(taker, slot, price, orders, events);
    } else {
      matchOrder(taker, slot, price, orders, events);
    }
    slot = after;
  }
}

function matchOrder(
  taker: TakingOrder,
  slot: number,
  price: number,
  orders: RestingOrders,
  events: MarketEvents,
): void {
  const resting = orders.leaves[slot]!;
  const size = taker.leaves < resting ? taker.leaves : resting;
  taker.leaves -= size;
  events.trade(orders.ids[slot]!, orders.owners[slot]!, resting - size, taker, price, size);
  if (size === resting) orders.remove(slot);
  else orders.reduce(slot, size);
}

/** Whether the whole of `taker` would trade now; touches nothing. */
export function fillsCompletely(taker: TakingOrder, orders: RestingOrders): boolean {
  const index = orders.index[(1 - taker.side) as 0 | 1];
  let missing = taker.leaves;
  for (let key = index.first; key <= taker.limitKey; key = index.next(key)) {
    let slot = orders.levelHead[index.find(key)]!;
    while (slot !== 0) {
      const own = orders.owners[slot] === taker.owner && taker.selfTrade !== "allow";
      if (own && endsAtOwnOrder(taker)) return false;
      if (!own) missing -= orders.leaves[slot]!;
      if (missing <= 0) return true;
      slot = orders.next[slot]!;
    }
  }
  return false;
}
