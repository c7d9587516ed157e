/**
 * A post-only order that would have taken: taken on, then expired, without ever resting.
 *
 * The documents do not say whether such an order is refused instead; a venue can be either.
 * @module
 */
import { micros, money } from "@/engine/domain/mod.ts";
import type { SimOrder, SimPlace } from "@/exchanges/simulator/mod.ts";
import type { VenueState } from "./venue_state.ts";

/** Records the order and tells of its beginning and its end. */
export function turnedAway(state: VenueState, request: SimPlace): SimOrder {
  const { orders, clock } = state.exchange;
  const now = clock.now();
  const order: SimOrder = {
    id: state.nextGhostId++,
    owner: request.owner,
    instrument: request.instrument,
    clientOrderId: request.clientOrderId,
    side: request.side,
    type: request.type,
    timeInForce: request.timeInForce,
    postOnly: true,
    reduceOnly: request.reduceOnly ?? false,
    closePosition: false,
    selfTrade: request.selfTrade ?? "allow",
    label: request.label ?? "",
    price: request.price ?? 0,
    size: request.size,
    filled: 0,
    filledValue: money(0n),
    triggerPrice: 0,
    triggerWhen: "rises",
    triggerOn: "last",
    triggeredAt: micros(0),
    childId: 0,
    parentId: 0,
    status: "new",
    end: "none",
    createdAt: now,
    updatedAt: now,
    workingAt: now,
    amends: 0,
    locked: money(0n),
  };
  orders.add(order);
  state.tellOrder(order, "new");
  order.status = "expired";
  order.end = "post_only";
  orders.close(order);
  state.tellOrder(order, "expired");
  return order;
}
