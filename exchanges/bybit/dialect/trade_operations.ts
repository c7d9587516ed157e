/**
 * Order entry, alike over REST and WebSockets, one item or many.
 *
 * 1. `retCode` 0 says that a request was accepted; what became of it is told on the order topic.
 * 2. A post-only that would take is accepted and ends at once; spot may refuse it right away.
 * 3. A new size is the total, what was filled included.
 * Source: protocol sheet sections 4.1, 4.2 and 8.
 * @module
 */
import { micros, type Money } from "@/engine/domain/mod.ts";
import type { SimOrder } from "@/exchanges/simulator/mod.ts";
import {
  badParameter,
  type Failure,
  failure,
  failureOf,
  isFailure,
  UNCHANGED,
} from "./failures.ts";
import { categoryOf, symbolOf } from "./market_operations.ts";
import {
  allowedPrice,
  type Entry,
  given,
  lotsOf,
  orderEntry,
  outsideBand,
  ticksOf,
} from "./order_requests.ts";
import type { TradeKind } from "./rate_limits.ts";
import {
  type Answer,
  type Call,
  isConditional,
  noteOf,
  orderById,
  orderByName,
  orderIdOf,
  shownName,
  type VenueState,
} from "./venue_state.ts";
import { type Category, type Json, millisText, type WireSymbol } from "./wire_symbols.ts";

/** Numbers of an order that a request was accepted for. */
export interface Accepted {
  readonly orderId: string;
  readonly orderLinkId: string;
}

const CANCELS_MAX = 500;
const SYNCHRONOUS_REFUSALS = 0.5;

/** Carries out one item of a trade request. */
export function tradeOne(state: VenueState, kind: TradeKind, arg: Json): Accepted | Failure {
  const order = carryOut(state, kind, arg);
  if (isFailure(order)) return order;
  return { orderId: orderIdOf(order), orderLinkId: shownName(order.clientOrderId) };
}

/** An item of the answer to a batch. */
export function batchItem(
  state: VenueState,
  kind: TradeKind,
  category: Category,
  arg: Json,
  result: Accepted | Failure,
): Json {
  const failed = isFailure(result);
  const createAt = failed ? "" : millisText(state.exchange.clock.now());
  return {
    category,
    symbol: arg.symbol ?? "",
    orderId: failed ? "" : result.orderId,
    orderLinkId: failed ? String(arg.orderLinkId ?? "") : result.orderLinkId,
    ...(kind === "create" ? { createAt } : {}),
  };
}

function carryOut(state: VenueState, kind: TradeKind, arg: Json): SimOrder | Failure {
  const symbol = symbolOf(state, arg);
  if (isFailure(symbol)) return symbol;
  switch (kind) {
    case "create":
      return create(state, symbol, arg);
    case "amend":
      return amend(state, symbol, arg);
    case "cancel":
      return cancel(state, symbol, arg);
  }
}

function create(state: VenueState, symbol: WireSymbol, arg: Json): SimOrder | Failure {
  const { category } = symbol;
  const entry = orderEntry(state, symbol, arg);
  if (isFailure(entry)) return entry;
  // A name is used once for all, whatever became of its order.
  if (orderByName(state, category, entry.request.clientOrderId) !== undefined) {
    return failureOf("duplicate_client_order_id", category);
  }
  state.entering = entry.note;
  const placed = state.exchange.place(entry.request);
  state.entering = undefined;
  if (placed.ok) return placed.value;
  if (placed.error === "post_only_would_take") {
    const atOnce = category === "spot" && state.random.next() < SYNCHRONOUS_REFUSALS;
    return atOnce ? failureOf(placed.error, category) : turnedAway(state, entry);
  }
  if (placed.error === "price_band") return outsideBand(symbol, entry.request.side);
  return failureOf(placed.error, category);
}

/** Records a post-only that would have taken: it never rested. */
function turnedAway(state: VenueState, { request, note }: Entry): SimOrder {
  const { exchange } = state;
  const now = exchange.clock.now();
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
    label: "",
    price: request.price ?? 0,
    size: request.size,
    filled: 0,
    filledValue: 0n as Money,
    triggerPrice: 0,
    triggerWhen: "rises",
    triggerOn: "last",
    triggeredAt: micros(0),
    childId: 0,
    parentId: 0,
    status: "expired",
    end: "post_only",
    createdAt: now,
    updatedAt: now,
    workingAt: now,
    amends: 0,
    locked: 0n as Money,
  };
  state.notes.set(order, note);
  exchange.orders.add(order);
  exchange.orders.close(order);
  state.tellOrder(order, "expired");
  return order;
}

function amend(state: VenueState, symbol: WireSymbol, arg: Json): SimOrder | Failure {
  const { category } = symbol;
  const order = namedOrder(state, symbol, arg);
  if (isFailure(order)) return order;
  if (order === undefined || !state.exchange.orders.isOpen(order)) return gone(category, order);
  if (!given(arg.price) && !given(arg.qty) && !given(arg.triggerPrice)) return UNCHANGED;
  const price = given(arg.price) ? allowedPrice(state, symbol, order.side, arg.price) : order.price;
  if (isFailure(price)) return price;
  const size = given(arg.qty) ? lotsOf(symbol, arg.qty) : order.size;
  if (isFailure(size)) return size;
  if (size <= order.filled) return failure(10001, "Qty invalid");
  if (isConditional(order) && order.workingAt === 0) {
    return amendConditional(state, symbol, order, arg, price, size);
  }
  if (given(arg.triggerPrice)) return badParameter("triggerPrice");
  const amended = state.exchange.amend({ order, price, size, keepPriority: true });
  if (amended.ok) return amended.value;
  return amended.error === "price_band"
    ? outsideBand(symbol, order.side)
    : failureOf(amended.error, category);
}

/** Changes an order that waits for its trigger. */
function amendConditional(
  state: VenueState,
  symbol: WireSymbol,
  order: SimOrder,
  arg: Json,
  price: number,
  size: number,
): SimOrder | Failure {
  const trigger = given(arg.triggerPrice)
    ? ticksOf(symbol, arg.triggerPrice, "triggerPrice")
    : order.triggerPrice;
  if (isFailure(trigger)) return trigger;
  const { sim } = symbol;
  const watched = order.triggerOn === "mark" ? sim.mark : sim.last;
  if (order.triggerWhen === "rises" ? trigger <= watched : trigger >= watched) {
    return failureOf("trigger_would_fire", symbol.category);
  }
  if (size < sim.instrument.minSize) return failureOf("size_too_small", symbol.category);
  if (size > sim.instrument.maxSize) return failureOf("size_too_large", symbol.category);
  const changes: { triggerPrice: number; price: number; size: number } = order;
  changes.triggerPrice = trigger;
  if (order.price > 0) changes.price = price;
  changes.size = size;
  order.updatedAt = state.exchange.clock.now();
  state.tellOrder(order, "amended");
  return order;
}

function cancel(state: VenueState, symbol: WireSymbol, arg: Json): SimOrder | Failure {
  const { category } = symbol;
  const order = namedOrder(state, symbol, arg);
  if (isFailure(order)) return order;
  if (order === undefined || !state.exchange.orders.isOpen(order)) return gone(category, order);
  if (!isOfFilter(state, order, arg.orderFilter)) return gone(category, undefined);
  const done = state.exchange.cancel(order);
  return done.ok ? order : failureOf(done.error, category);
}

/** Spot keeps conditional orders apart: they are named only together with their filter. */
function isOfFilter(state: VenueState, order: SimOrder, filter: unknown): boolean {
  if (order.instrument.perpetual) return true;
  const waits = isConditional(order) && order.workingAt === 0;
  const kind = waits
    ? noteOf(state, order).stopOrderType === "tpslOrder" ? "tpslOrder" : "StopOrder"
    : "Order";
  return (given(filter) ? filter : "Order") === kind;
}

function gone(category: Category, order: SimOrder | undefined): Failure {
  if (category === "linear" || order === undefined) return failureOf("unknown_order", category);
  return order.status === "filled"
    ? failure(170139, "Order has been filled.")
    : failure(170142, "Order has been canceled.");
}

/** The order an item names, `orderId` before `orderLinkId`; undefined when there is none. */
function namedOrder(
  state: VenueState,
  symbol: WireSymbol,
  arg: Json,
): SimOrder | Failure | undefined {
  const { orderId, orderLinkId } = arg;
  if (!given(orderId) && !given(orderLinkId)) return badParameter("orderId");
  const order = given(orderId)
    ? orderById(state, orderId)
    : orderByName(state, symbol.category, orderLinkId);
  return order?.instrument === symbol.sim ? order : undefined;
}

/** Cancels what an account has open: of a symbol, of a coin, or of a category. */
export function cancelAll({ state, params }: Call): Answer {
  const category = categoryOf(params);
  if (isFailure(category)) return category;
  const { symbol: name, baseCoin, settleCoin, orderFilter } = params;
  if (category === "linear" && !given(name) && !given(baseCoin) && !given(settleCoin)) {
    return badParameter("symbol, baseCoin or settleCoin");
  }
  if (given(name) && state.symbols.find(category, name) === undefined) {
    return badParameter("symbol");
  }
  const spot = category === "spot";
  const orders = state.exchange.orders.openOf(state.owner).filter((order) => {
    const each = state.symbols.of(order.instrument);
    const { base, settle } = order.instrument.instrument.terms;
    if (each.category !== category || (given(name) && each.name !== name)) return false;
    if (given(baseCoin) && !given(name) && base !== baseCoin) return false;
    if (!spot && given(settleCoin) && !given(name) && settle !== settleCoin) return false;
    if (spot) return isOfFilter(state, order, orderFilter);
    const waits = isConditional(order) && order.workingAt === 0;
    return !given(orderFilter) || (orderFilter === "Order" ? !waits : waits);
  });
  const list = orders.slice(0, CANCELS_MAX)
    .filter((order) => state.exchange.cancel(order, "cancel_all").ok)
    .map((order) => ({
      orderId: orderIdOf(order),
      orderLinkId: shownName(order.clientOrderId),
    }));
  return { result: { list, success: "1" } };
}
