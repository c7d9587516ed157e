/**
 * Price-triggered orders: numbers of their own, and an order of its own when they fire.
 *
 * 1. A rule watches from one side: the price must not have passed the trigger already.
 * 2. The client's text stays with the price order; what it fires bears none.
 * Source: protocol sheet section 4.5.
 * @module
 */
import type { SimOrder, SimPlace } from "@/exchanges/simulator/mod.ts";
import { badParameter, type Failure, failure, failureOf, isFailure, NO_ORDER } from "./failures.ts";
import { lotsAtPrice, lotsOf, namedSymbol, ticksOf } from "./order_requests.ts";
import {
  type Answer,
  type Call,
  futuresId,
  isStop,
  noteOf,
  orderName,
  stopLabel,
  stopRequest,
  type VenueState,
} from "./venue_state.ts";
import type { Json, WireProduct, WireSymbol } from "./wire_symbols.ts";

const EXPIRATION_S_MAX = 2_592_000;

/** A new price order. */
export function placeStop(call: Call): Answer {
  const { state, product, params } = call;
  const { exchange } = state;
  const request = stopPlace(call);
  if (isFailure(request)) return request;
  const placed = exchange.place(request);
  if (!placed.ok) {
    if (placed.error !== "trigger_would_fire") return failureOf(placed.error, product);
    const falls = request.triggerWhen === "falls";
    return falls
      ? failure("AUTO_TRIGGER_PRICE_LESS_LAST", "trigger price must be < last price")
      : failure("AUTO_TRIGGER_PRICE_GREATE_LAST", "trigger price must be > last price");
  }
  const order = placed.value;
  const seconds = Number((params.trigger as Json).expiration ?? 0);
  if (seconds > 0) {
    exchange.scheduler.after(seconds * 1_000, () => {
      if (!exchange.orders.isOpen(order)) return;
      noteOf(state, order).expired = true;
      exchange.cancel(order);
    });
  }
  return product === "spot" ? { id: order.id } : { id: order.id, id_string: String(order.id) };
}

/** Price orders by their state, newest first. */
export function listStops(call: Call): Answer {
  const { params, product, state } = call;
  if (params.status !== "open" && params.status !== "finished") return badParameter("status");
  const among = stopsOf(call);
  if (isFailure(among)) return among;
  const open = params.status === "open";
  return among.filter((order) => state.exchange.orders.isOpen(order) === open)
    .sort((a, b) => b.id - a.id).slice(0, 100).map((order) => stopBody(state, order, product));
}

/** One price order. */
export function getStop(call: Call): Answer {
  const order = findStop(call);
  return order === undefined ? NO_ORDER : stopBody(call.state, order, call.product);
}

/** Ends one price order. */
export function cancelStop(call: Call): Answer {
  const { state, product } = call;
  const order = findStop(call);
  if (order === undefined) return NO_ORDER;
  if (!state.exchange.orders.isOpen(order)) return failure("ORDER_FINISHED", "order is finished");
  const done = state.exchange.cancel(order);
  return done.ok ? stopBody(state, order, product) : failureOf(done.error, product);
}

/** Ends the price orders of a market, or of all. */
export function cancelStops(call: Call): Answer {
  const { state, product } = call;
  const among = stopsOf(call);
  if (isFailure(among)) return among;
  return among.filter((order) => {
    return state.exchange.orders.isOpen(order) && state.exchange.cancel(order, "cancel_all").ok;
  }).map((order) => stopBody(state, order, product));
}

/** A price order as the wire writes it. */
export function stopBody(state: VenueState, order: SimOrder, product: WireProduct): Json {
  const request = stopRequest(order);
  const open = state.exchange.orders.isOpen(order);
  const at = Math.floor(order.updatedAt / 1e6);
  const { expired } = noteOf(state, order);
  const fired = order.childId > 0;
  const failed = order.end === "trigger_refused";
  const common = {
    ...request,
    id: order.id,
    user: Number(state.uid),
    ...(open ? {} : { finish_time: at }),
    reason: failed ? "order was refused" : "",
  };
  const seconds = Math.floor(order.createdAt / 1e6);
  if (product === "spot") {
    const ended = fired ? "finish" : failed ? "failed" : expired ? "expired" : "cancelled";
    const status = open ? "open" : ended;
    return { ...common, ctime: seconds, status, fired_order_id: fired ? order.childId : 0 };
  }
  const ended = fired ? "succeeded" : failed ? "failed" : expired ? "expired" : "cancelled";
  return {
    ...common,
    id_string: String(order.id),
    create_time: seconds,
    status: open ? "open" : "finished",
    finish_as: open ? "" : ended,
    trade_id: fired ? `#${futuresId(order.childId)}` : 0,
  };
}

function stopPlace(call: Call): SimPlace | Failure {
  const { params, product } = call;
  const spot = product === "spot";
  const initial = spot ? params.put : params.initial;
  const { trigger } = params;
  if (!isObject(initial)) return badParameter(spot ? "put" : "initial");
  if (!isObject(trigger)) return badParameter("trigger");
  const named = spot ? { currency_pair: params.market } : { contract: initial.contract };
  const symbol = namedSymbol(call, named);
  if (isFailure(symbol)) return symbol;
  const triggerPrice = ticksOf(symbol, trigger.price, "trigger.price");
  if (isFailure(triggerPrice)) return triggerPrice;
  const seconds = Number(trigger.expiration ?? 0);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > EXPIRATION_S_MAX) {
    return badParameter("trigger.expiration");
  }
  const rises = trigger.rule === (spot ? ">=" : 1);
  if (!rises && trigger.rule !== (spot ? "<=" : 2)) return badParameter("trigger.rule");
  const order = spot ? spotPut(symbol, initial, triggerPrice) : futuresInitial(symbol, initial);
  if (isFailure(order)) return order;
  const onMark = !spot && (trigger.price_type === 1 || trigger.price_type === 2);
  return {
    owner: call.state.owner,
    instrument: symbol.sim,
    clientOrderId: orderName(call.state, undefined, "rest"),
    ...order,
    triggerPrice,
    triggerWhen: rises ? "rises" : "falls",
    triggerOn: onMark ? "mark" : "last",
    label: stopLabel(
      spot ? { market: params.market, put: initial, trigger } : { initial, trigger },
    ),
  };
}

type Terms = Pick<SimPlace, "side" | "type" | "timeInForce" | "size" | "reduceOnly" | "price">;

function spotPut(symbol: WireSymbol, put: Json, trigger: number): Terms | Failure {
  const { side, account } = put;
  const type = put.type ?? "limit";
  const time = put.time_in_force ?? (type === "market" ? "ioc" : "gtc");
  if (side !== "buy" && side !== "sell") return badParameter("put.side");
  if (type !== "limit" && type !== "market") return badParameter("put.type");
  if (account !== undefined && account !== "normal") return badParameter("put.account");
  if (time !== "gtc" && time !== "ioc") return badParameter("put.time_in_force");
  const market = type === "market";
  const price = market ? undefined : ticksOf(symbol, put.price, "put.price");
  if (isFailure(price)) return price;
  const size = market && side === "buy"
    ? lotsAtPrice(symbol, put.amount, trigger)
    : lotsOf(symbol, put.amount, "put.amount");
  if (isFailure(size)) return size;
  if (!(size > 0)) return badParameter("put.amount");
  return {
    side,
    type: market ? "stop_loss" : "stop_limit",
    timeInForce: time,
    size,
    ...(price === undefined ? {} : { price }),
  };
}

function futuresInitial(symbol: WireSymbol, initial: Json): Terms | Failure {
  const time = initial.tif ?? "gtc";
  if (time !== "gtc" && time !== "ioc") return badParameter("initial.tif");
  const price = ticksOf(symbol, initial.price ?? "0", "initial.price");
  if (isFailure(price)) return price;
  if (price === 0 && time !== "ioc") return badParameter("initial.tif");
  const size = lotsOf(symbol, initial.amount ?? initial.size, "initial.size");
  if (isFailure(size)) return size;
  if (size === 0) return badParameter("initial.size");
  return {
    side: size > 0 ? "buy" : "sell",
    type: price === 0 ? "stop_loss" : "stop_limit",
    timeInForce: time,
    size: Math.abs(size),
    reduceOnly: initial.reduce_only === true,
    ...(price === 0 ? {} : { price }),
  };
}

function stopsOf(call: Call): SimOrder[] | Failure {
  const { state, product, params } = call;
  const name = product === "spot" ? params.market : params.contract;
  const some = name !== undefined && name !== "";
  const symbol = some ? namedSymbol(call, { currency_pair: name, contract: name }) : undefined;
  if (isFailure(symbol)) return symbol;
  const among = symbol === undefined ? state.symbols.ofProduct(product) : [symbol];
  return among.flatMap(({ sim }) => state.exchange.orders.allOf(state.owner, sim)).filter(isStop);
}

function findStop({ state, product, params }: Call): SimOrder | undefined {
  const id = String(params.order_id);
  const order = /^\d{1,15}$/.test(id) ? state.exchange.orders.byId(Number(id)) : undefined;
  if (order === undefined || order.owner !== state.owner || !isStop(order)) return undefined;
  return order.instrument.perpetual === (product === "futures") ? order : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
