/**
 * Order entry, alike over REST and WebSockets.
 *
 * 1. A refusal leaves no order behind; an answer shows the order as it is then.
 * 2. Batches of spot answer per item; one malformed item of futures refuses all.
 * 3. Cancel-all leaves price orders alone.
 * Source: protocol sheet sections 4.2, 4.3, 4.4 and 4.6.
 * @module
 */
import { opposite } from "@/engine/domain/mod.ts";
import type { SimOrder, SimPlace } from "@/exchanges/simulator/mod.ts";
import {
  badParameter,
  type Failure,
  failure,
  failureOf,
  isFailure,
  missingParameter,
  NO_ORDER,
} from "./failures.ts";
import {
  deviates,
  findOrder,
  lotsOf,
  namedSymbol,
  placeRequest,
  ticksOf,
} from "./order_requests.ts";
import { isOpen, orderBody } from "./order_shapes.ts";
import { type Answer, type Call, idOf, isStop, noteOf, shownText } from "./venue_state.ts";
import type { Json, WireSymbol } from "./wire_symbols.ts";

const SPOT_BATCH_PER_PAIR = 10;
const SPOT_BATCH_PAIRS = 4;
const FUTURES_BATCH_MAX = 10;
const SPOT_AMENDS_MAX = 5;
const CANCELS_MAX = 20;
const PAGE_MAX = 100;
const DEAD_MAN_S_MIN = 5;

/** A new order. */
export function placeOne(call: Call): Answer {
  const order = enter(call, call.params);
  return isFailure(order) ? order : shown(call, order, call.params);
}

/** A new order, or a list of them: one channel takes both. */
export function placeAny(call: Call): Answer {
  return call.list.length > 0 && call.product === "spot" ? placeMany(call) : placeOne(call);
}

/** Several new orders. */
export function placeMany(call: Call): Answer {
  const items = call.list.filter(isObject);
  if (items.length === 0 || items.length !== call.list.length) return badParameter("orders");
  const wrong = call.product === "spot" ? spotBatch(items) : futuresBatch(call, items);
  if (wrong !== undefined) return wrong;
  return items.map((arg) => {
    const order = enter(call, arg);
    if (isFailure(order)) return refusedItem(arg, order);
    return { ...doneItem(call), ...orderBody(call.state, order, call.decimal) };
  });
}

/** Another price or total size. */
export function amendOne(call: Call): Answer {
  const order = amend(call, call.params, call.params.order_id);
  return isFailure(order) ? order : orderBody(call.state, order, call.decimal);
}

/** Several amendments. */
export function amendMany(call: Call): Answer {
  const items = call.list.filter(isObject);
  const most = call.product === "spot" ? SPOT_AMENDS_MAX : FUTURES_BATCH_MAX;
  if (items.length === 0 || items.length > most) return badParameter("orders");
  return items.map((arg) => {
    const order = amend(call, arg, arg.order_id ?? arg.id ?? arg.text);
    if (isFailure(order)) return refusedItem(arg, order);
    return { ...doneItem(call), ...orderBody(call.state, order, call.decimal) };
  });
}

/** Ends one order. */
export function cancelOne(call: Call): Answer {
  const symbol = call.product === "spot" ? namedSymbol(call, call.params) : undefined;
  if (isFailure(symbol)) return symbol;
  const order = cancel(call, call.params.order_id, symbol);
  return isFailure(order) ? order : shown(call, order, call.params);
}

/** Ends named orders. */
export function cancelMany(call: Call): Answer {
  const { list, product, state } = call;
  if (list.length === 0 || list.length > CANCELS_MAX) return badParameter("ids");
  return list.map((each): Json => {
    if (product === "futures") {
      const order = cancel(call, each, undefined);
      const id = isFailure(order) ? String(each) : idOf(order);
      const done = !isFailure(order);
      const message = isFailure(order) ? order.label : "";
      return { id, user_id: Number(state.uid), succeeded: done, message };
    }
    const arg = isObject(each) ? each : {};
    const symbol = namedSymbol(call, arg);
    const order = isFailure(symbol) ? symbol : cancel(call, arg.id, symbol);
    const { currency_pair } = arg;
    if (isFailure(order)) {
      const text = String(arg.id ?? "");
      return { currency_pair, id: text, text, ...failedItem(order) };
    }
    const text = shownText(order.clientOrderId);
    return { currency_pair, id: idOf(order), text, ...doneItem(call) };
  });
}

/** Ends all orders: of one market, of one side. */
export function cancelAll(call: Call): Answer {
  const { state, product, params, decimal } = call;
  const { exchange } = state;
  const field = product === "spot" ? "currency_pair" : "contract";
  const all = product === "spot" && (params[field] === undefined || params[field] === "");
  const symbol = all ? undefined : namedSymbol(call, params);
  if (isFailure(symbol)) return symbol;
  const side = sideOf(call);
  if (isFailure(side)) return side;
  const ended: Json[] = [];
  for (const order of exchange.orders.openOf(state.owner, symbol?.sim)) {
    if (order.instrument.perpetual !== (product === "futures") || isStop(order)) continue;
    if (side !== undefined && order.side !== side) continue;
    if (!exchange.cancel(order, "cancel_all").ok) continue;
    const succeeded = product === "spot" ? { succeeded: true } : {};
    ended.push({ ...orderBody(state, order, decimal), ...succeeded });
  }
  return ended;
}

/** One order. */
export function getOrder(call: Call): Answer {
  const symbol = call.product === "spot" ? namedSymbol(call, call.params) : undefined;
  if (isFailure(symbol)) return symbol;
  const order = findOrder(call, call.params.order_id, symbol);
  return order === undefined ? NO_ORDER : orderBody(call.state, order, call.decimal);
}

/** Open or finished orders of a market, newest first. */
export function listOrders(call: Call): Answer {
  const { state, product, params, decimal } = call;
  const { status } = params;
  if (status !== "open" && status !== "finished") return badParameter("status");
  const every = product === "futures" && params.contract === undefined;
  const symbol = every ? undefined : namedSymbol(call, params);
  if (isFailure(symbol)) return symbol;
  const among = symbol === undefined ? state.symbols.ofProduct(product) : [symbol];
  const found = among.flatMap(({ sim }) => state.exchange.orders.allOf(state.owner, sim))
    .filter((order) => !isStop(order) && isOpen(order) === (status === "open"))
    .sort((a, b) => b.id - a.id);
  return paged(call, found).map((order) => orderBody(state, order, decimal));
}

/** All open spot orders by pair. */
export function openOrders(call: Call): Answer {
  const { state } = call;
  return state.symbols.ofProduct("spot").flatMap((symbol) => {
    const open = state.exchange.orders.openOf(state.owner, symbol.sim)
      .filter((order) => !isStop(order)).reverse();
    if (open.length === 0) return [];
    const orders = paged(call, open).map((order) => orderBody(state, order, false));
    return [{ currency_pair: symbol.name, total: open.length, orders }];
  });
}

/** The dead man's switch: ends all orders of a market, or of all, unless it is renewed. */
export function countdown(call: Call): Answer {
  const { state, product, params, now } = call;
  const seconds = Number(params.timeout);
  if (params.timeout === undefined) return missingParameter("timeout");
  const known = seconds === 0 || seconds >= DEAD_MAN_S_MIN;
  if (!Number.isInteger(seconds) || !known) return badParameter("timeout");
  const one = params.currency_pair ?? params.contract;
  const symbol = one === undefined || one === "" ? undefined : namedSymbol(call, params);
  if (isFailure(symbol)) return symbol;
  const among = symbol === undefined ? state.symbols.ofProduct(product) : [symbol];
  for (const { sim } of among) state.exchange.armDeadMan(state.owner, sim, seconds * 1_000);
  return { triggerTime: seconds === 0 ? 0 : Math.floor(now / 1_000) + seconds * 1_000 };
}

function enter(call: Call, arg: Json): SimOrder | Failure {
  const request = placeRequest(call, arg);
  if (isFailure(request)) return request;
  const placed = call.state.exchange.place(request);
  if (placed.ok) return placed.value;
  if (placed.error === "reduce_only") return notReducing(call, request);
  return failureOf(placed.error, call.product);
}

function amend(call: Call, arg: Json, id: unknown): SimOrder | Failure {
  const { state, product } = call;
  const named = product === "spot" ? namedSymbol(call, arg) : undefined;
  if (isFailure(named)) return named;
  const order = findOrder(call, id, named);
  if (order === undefined) return NO_ORDER;
  if (!state.exchange.orders.isOpen(order)) return gone(order);
  const symbol = state.symbols.of(order.instrument);
  const wanted = product === "spot" ? arg.amount : arg.size;
  if (!isGiven(wanted) && !isGiven(arg.price)) return missingParameter("price");
  const lots = isGiven(wanted) ? lotsOf(symbol, wanted, "size") : undefined;
  if (isFailure(lots)) return lots;
  const turned = lots !== undefined && (lots < 0) !== (product === "futures" &&
        order.side === "sell");
  if (turned) return badParameter("size");
  const price = isGiven(arg.price) ? ticksOf(symbol, arg.price, "price") : order.price;
  if (isFailure(price)) return price;
  if (product === "futures" && deviates(symbol, price)) return failureOf("price_band", product);
  const touch = order.instrument.market!.best(opposite(order.side));
  const takes = touch > 0 && (order.side === "buy" ? price >= touch : price <= touch);
  if (order.postOnly && takes && price !== order.price) {
    return failureOf("post_only_would_take", product);
  }
  const note = noteOf(state, order);
  const { amend_text } = arg;
  if (typeof amend_text === "string" && /^[\w.-]{1,32}$/.test(amend_text)) {
    note.amendText = amend_text;
  }
  const size = lots === undefined ? order.size : Math.abs(lots);
  const amended = state.exchange.amend({ order, price, size, keepPriority: true });
  return amended.ok ? order : failureOf(amended.error, product);
}

function cancel(
  call: Call,
  id: unknown,
  symbol: WireSymbol | undefined,
): SimOrder | Failure {
  const order = findOrder(call, id, symbol);
  if (order === undefined) return NO_ORDER;
  const { exchange } = call.state;
  if (!exchange.orders.isOpen(order)) return gone(order);
  const done = exchange.cancel(order);
  return done.ok ? order : failureOf(done.error, call.product);
}

function gone(order: SimOrder): Failure {
  if (order.instrument.perpetual) return failure("ORDER_FINISHED", "order is finished");
  return order.status === "filled"
    ? failure("ORDER_CLOSED", "Order is closed")
    : failure("ORDER_CANCELLED", "Order is cancelled");
}

function notReducing({ user }: Call, request: SimPlace): Failure {
  const held = user.positions.get(request.instrument)?.size ?? 0;
  if (held === 0) return failure("POSITION_EMPTY", "empty position");
  return (held > 0) === (request.side === "buy")
    ? failure("INCREASE_POSITION", "reduce-only order would increase the position")
    : failureOf("reduce_only", "futures");
}

function spotBatch(items: readonly Json[]): Failure | undefined {
  const counts = new Map<unknown, number>();
  for (const { currency_pair, text } of items) {
    if (text === undefined || text === "") return missingParameter("text");
    counts.set(currency_pair, (counts.get(currency_pair) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  if (counts.size > SPOT_BATCH_PAIRS || most > SPOT_BATCH_PER_PAIR) {
    return failure("TOO_MANY_ORDERS", "at most 4 pairs with 10 orders each");
  }
  return undefined;
}

function futuresBatch(call: Call, items: readonly Json[]): Failure | undefined {
  if (items.length > FUTURES_BATCH_MAX) return failure("TOO_MANY_ORDERS", "at most 10 orders");
  for (const arg of items) {
    const request = placeRequest(call, arg);
    const malformed = isFailure(request) && request.label !== "POSITION_EMPTY" &&
      request.label !== "PRICE_TOO_DEVIATED";
    if (malformed) return request;
  }
  return undefined;
}

/** The answer to one order: all of it, or its ids. */
function shown({ state, decimal }: Call, order: SimOrder, arg: Json): Json {
  const body = orderBody(state, order, decimal);
  if (arg.action_mode !== "ACK") return body;
  const { id, id_string, text, amend_text } = body;
  return { id, ...(id_string === undefined ? {} : { id_string }), text, amend_text };
}

function sideOf({ product, params }: Call): "buy" | "sell" | undefined | Failure {
  const { side } = params;
  if (side === undefined || side === "") return undefined;
  if (product === "spot") return side === "buy" || side === "sell" ? side : badParameter("side");
  return side === "bid" ? "buy" : side === "ask" ? "sell" : badParameter("side");
}

function paged({ params, product }: Call, orders: readonly SimOrder[]): readonly SimOrder[] {
  const limit = Math.max(1, Math.min(PAGE_MAX, Number(params.limit ?? PAGE_MAX) || PAGE_MAX));
  const page = Math.max(1, Number(params.page ?? 1) || 1);
  const from = product === "futures" ? Number(params.offset ?? 0) || 0 : (page - 1) * limit;
  return orders.slice(from, from + limit);
}

function doneItem({ product }: Call): Json {
  return product === "spot" ? { succeeded: true, label: "", message: "" } : { succeeded: true };
}

function failedItem({ label, message }: Failure): Json {
  return { succeeded: false, label, message };
}

function refusedItem(arg: Json, why: Failure): Json {
  return { text: arg.text ?? "", ...failedItem(why), detail: why.message };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== "" && value !== null;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
