/**
 * Self-trade prevention: what happens when an order meets one of the same owner. The policy of the
 * incoming order decides; no trade is ever made of such a meeting except under `allow`.
 *
 *   cancel_newest  the incoming order goes, the resting one stays
 *   cancel_oldest  the resting order goes, the incoming one goes on
 *   cancel_both    both go
 *   decrement      both shrink by the smaller size; what has nothing left goes
 *
 * @module
 */
import type { MarketEvents } from "./market_events.ts";
import type { RestingOrders } from "./resting_orders.ts";
import type { TakingOrder } from "./taking_order.ts";

/** Settles the meeting of `taker` with the resting order in `slot` at `price`, without a trade. */
export function preventSelfTrade(
  taker: TakingOrder,
  slot: number,
  price: number,
  orders: RestingOrders,
  events: MarketEvents,
): void {
  const policy = taker.selfTrade;
  const resting = orders.leaves[slot]!;
  if (policy === "decrement") {
    const common = taker.leaves < resting ? taker.leaves : resting;
    taker.leaves -= common;
    taker.decremented += common;
    if (common < resting) {
      orders.reduce(slot, common);
      events.amended(orders.ids[slot]!, taker.owner, price, resting - common);
    } else {
      removeOwn(slot, resting, orders, events);
    }
    if (taker.leaves === 0) taker.stopped = true;
    return;
  }
  if (policy !== "cancel_newest") removeOwn(slot, resting, orders, events);
  if (policy !== "cancel_oldest") taker.stopped = true;
}

function removeOwn(
  slot: number,
  leaves: number,
  orders: RestingOrders,
  events: MarketEvents,
): void {
  events.removed(orders.ids[slot]!, orders.owners[slot]!, leaves, "self_trade");
  orders.remove(slot);
}

/** Whether an own resting order ends the lots that an all-or-none order may count on. */
export function endsAtOwnOrder(taker: TakingOrder): boolean {
  return taker.selfTrade !== "allow" && taker.selfTrade !== "cancel_oldest";
}
