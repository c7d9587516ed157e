/**
 * What a venue's report means for an order: pure readings and the taking over of its terms.
 *
 * 1. A missing field is not zero: it leaves what is known.
 * 2. A cumulative filled size never goes back; an overtaken report moves neither state nor terms.
 * 3. While an amend is unanswered, a report that shows the old terms answers nothing, unless it
 *    answers a question asked long enough after the amend left.
 * @module
 */
import { assert, type Micros, type Size } from "@/engine/domain/mod.ts";
import type { OrderUpdate } from "@/engine/messages/mod.ts";
import { isTooFreshToResolve } from "./in_flight.ts";
import type { Order } from "./order.ts";
import { isQuiet, type OrderTransition } from "./order_state.ts";

/** Whether the venue made this report before the last one we have of the order. */
export function isOvertaken(order: Order, update: OrderUpdate): boolean {
  if (update.source === "query") return order.termsAt > order.askedAt;
  return update.venueAt !== 0 && update.venueAt < order.venueAt;
}

/** Which row of the state table a report is, for an order that is not terminal. Changes nothing. */
export function readReport(
  order: Order,
  update: OrderUpdate,
  isOld: boolean,
): OrderTransition {
  switch (update.status) {
    case "filled":
    case "cancelled":
    case "rejected":
    case "expired":
      return update.status;
    default: {
      const partly = order.filledSize > 0 || update.status === "partially_filled";
      if (!answersPending(order, update, isOld)) return partly ? "seen_partly" : "seen_new";
      return partly ? "rests_partly" : "rests_new";
    }
  }
}

/** Whether a report that the order rests answers what we last asked for. */
function answersPending(order: Order, update: OrderUpdate, isOld: boolean): boolean {
  switch (order.pending) {
    case "none":
      // Only `unknown` needs the stronger word; a quiet order is merely seen.
      return order.state === "unknown" && !isOld;
    case "place":
      return true;
    case "amend":
      return !isOld && (showsTarget(order, update) || answersQuestion(order, update));
    case "cancel":
      return !isOld && answersQuestion(order, update);
  }
}

function answersQuestion(order: Order, update: OrderUpdate): boolean {
  return update.source === "query" && !isTooFreshToResolve(order, update.at);
}

/** Whether the report shows the price and size that the unanswered amend asked for. */
function showsTarget(order: Order, update: OrderUpdate): boolean {
  const priceFits = update.price === undefined
    ? order.pendingPrice === order.price
    : update.price === order.pendingPrice;
  const sizeFits = update.size === undefined
    ? order.pendingSize === order.size
    : update.size === order.pendingSize;
  const isSaid = update.price !== undefined || update.size !== undefined;
  return isSaid && priceFits && sizeFits;
}

/** Takes over cumulative filled size; true when it grew. */
export function takeFilledSize(order: Order, update: OrderUpdate): boolean {
  let filled: number = update.filledSize ?? 0;
  if (update.status === "filled" && update.filledSize === undefined) {
    filled = update.size ?? order.size;
  }
  const isSaid = update.filledSize !== undefined || update.status === "filled" ||
    update.status === "rejected";
  // What an open order's report said is no word on where it ended.
  order.isFilledSizeKnown = isSaid || (order.isTerminal && order.isFilledSizeKnown);
  if (filled <= order.filledSize) return false;
  order.filledSize = filled as Size;
  return true;
}

/** Takes over price and size as the venue says them; true when one moved. */
export function takeTerms(order: Order, update: OrderUpdate): boolean {
  const price = update.price !== undefined && update.price > 0 ? update.price : order.price;
  const size = update.size !== undefined && update.size > 0 ? update.size : order.size;
  if (price === order.price && size === order.size) return false;
  // A market order has no price of its own; some venues show its fill price there.
  if (order.type === "limit" || order.type === "stop_limit") order.price = price;
  order.size = size;
  order.termsAt = update.at;
  return true;
}

/** Nothing of ours is unanswered any more: what was pending is over. */
export function clearPending(order: Order): void {
  order.pending = "none";
  order.pendingPrice = undefined;
  order.pendingSize = undefined;
  order.replacedBy = undefined;
  clearUnknown(order);
}

/** The order's fate is known again. */
export function clearUnknown(order: Order): void {
  order.unknownSince = 0 as Micros;
  order.nextAskAt = 0 as Micros;
  order.asks = 0;
  order.notFoundCount = 0;
  order.firstNotFoundAt = 0 as Micros;
}

/** Records that an amend is out. */
export function setAmend(order: Order, target: Pick<Order, "price" | "size">, at: Micros): void {
  assert(target.size > 0, "Amend must ask for a size");
  order.pending = "amend";
  order.pendingPrice = target.price;
  // A second amend over an unanswered one: the larger may still stand.
  const before = order.pendingSize;
  order.pendingSize = before !== undefined && before > target.size && !isQuiet(order.state)
    ? before
    : target.size;
  order.sentAt = at;
  order.changedAt = at;
}
