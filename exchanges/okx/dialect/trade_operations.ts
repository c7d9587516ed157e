/**
 * Order entry, alike over REST and WebSockets: each argument is answered for itself.
 *
 * 1. `sCode` 0 says that a request was accepted; what became of it is told on the orders channel.
 * 2. A post-only that would take is accepted, and cancelled at once with source 31.
 * 3. An amendment that the engine refuses is accepted, and told as `amendResult` -1.
 * Source: protocol sheet sections 4 and 8.
 * @module
 */
import { micros, type Money, opposite } from "@/engine/domain/mod.ts";
import type { SimOrder, SimPlace } from "@/exchanges/simulator/mod.ts";
import {
  badParameter,
  type Failure,
  failure,
  failureOf,
  isFailure,
  missingParameter,
  POST_ONLY_AMEND,
} from "./failures.ts";
import { priceBand } from "./market_operations.ts";
import {
  type Entry,
  instrumentOf,
  isName,
  lotsOf,
  orderEntry,
  ticksOf,
  type Via,
} from "./order_requests.ts";
import type { TradeKind } from "./rate_limits.ts";
import {
  type Answer,
  type Call,
  isAlgo,
  noteOf,
  orderNumber,
  ordIdOf,
  shownName,
  type VenueState,
} from "./venue_state.ts";
import { type Json, millisText, type WireSymbol } from "./wire_symbols.ts";

const DEAD_MAN_S_MIN = 10;
const DEAD_MAN_S_MAX = 120;
const DEAD_MAN_TAGS_MAX = 20;
const AMEND_GONE = failure(
  "51503",
  "Order modification failed as the order has been filled, canceled or does not exist.",
);

/** Carries out one argument of a trade request. */
export function tradeOne(state: VenueState, kind: TradeKind, arg: Json, via: Via): Json {
  switch (kind) {
    case "order":
      return placeOne(state, arg, via);
    case "amend":
      return amendOne(state, arg, via);
    case "cancel":
      return cancelOne(state, arg, via);
  }
}

/** The item that says why an argument was not carried out. */
export function refusedItem(state: VenueState, kind: TradeKind, arg: Json, why: Failure): Json {
  return item(state, kind, arg, undefined, why);
}

function placeOne(state: VenueState, arg: Json, via: Via): Json {
  const symbol = instrumentOf(state, arg, via);
  if (isFailure(symbol)) return item(state, "order", arg, undefined, symbol);
  const entry = orderEntry(state, symbol, arg);
  if (isFailure(entry)) return item(state, "order", arg, undefined, entry);
  const order = enter(state, symbol, entry);
  if (isFailure(order)) return item(state, "order", arg, undefined, order);
  return item(state, "order", arg, order, undefined);
}

/** Hands a request to the exchange; answers the order or why there is none. */
export function enter(state: VenueState, symbol: WireSymbol, entry: Entry): SimOrder | Failure {
  const { exchange } = state;
  const { request, note } = entry;
  if (isTaken(state, request.clientOrderId)) return failureOf("duplicate_client_order_id");
  state.entering = note;
  const placed = exchange.place(request);
  state.entering = undefined;
  if (placed.ok) return placed.value;
  switch (placed.error) {
    case "post_only_would_take":
      return turnedAway(state, entry);
    case "price_band":
      return outsideBand(symbol, request);
    case "reduce_only":
      return notReducing(state, request);
    default:
      return failureOf(placed.error);
  }
}

/** Names are unique among the pending orders of all instruments. */
function isTaken(state: VenueState, name: string): boolean {
  const { orders, instruments } = state.exchange;
  return instruments.some((sim) => {
    const known = orders.byClient(state.owner, sim, name);
    return known !== undefined && orders.isOpen(known);
  });
}

/** Records a post-only that would have taken: it was live for no time. */
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
    label: request.label ?? "",
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
    status: "new",
    end: "none",
    createdAt: now,
    updatedAt: now,
    workingAt: now,
    amends: 0,
    locked: 0n as Money,
  };
  state.notes.set(order, note);
  exchange.orders.add(order);
  state.tellOrder(order, "new");
  order.status = "expired";
  order.end = "post_only";
  exchange.orders.close(order);
  state.tellOrder(order, "cancelled");
  return order;
}

function amendOne(state: VenueState, arg: Json, via: Via): Json {
  const symbol = instrumentOf(state, arg, via);
  if (isFailure(symbol)) return item(state, "amend", arg, undefined, symbol);
  const { reqId, newPx, newSz, cxlOnFail } = arg;
  const refuse = (why: Failure) => item(state, "amend", arg, undefined, why);
  if (reqId !== undefined && reqId !== "" && !isName(reqId)) return refuse(badParameter("reqId"));
  if (cxlOnFail !== undefined && typeof cxlOnFail !== "boolean") {
    return refuse(badParameter("cxlOnFail"));
  }
  const order = namedOrder(state, symbol, arg);
  if (isFailure(order)) return refuse(order);
  if (order === undefined || !state.exchange.orders.isOpen(order)) return refuse(AMEND_GONE);
  if (!isGiven(newPx) && !isGiven(newSz)) return refuse(missingParameter("newSz"));
  const price = isGiven(newPx) ? ticksOf(symbol, arg, "newPx") : order.price;
  if (isFailure(price)) return refuse(price);
  const size = isGiven(newSz) ? lotsOf(symbol, arg, "newSz") : order.size;
  if (isFailure(size)) return refuse(size);
  const note = noteOf(state, order);
  note.reqId = String(reqId ?? "");
  note.amendResult = "0";
  const refused = carryOutAmend(state, symbol, order, price, size);
  if (refused !== undefined) {
    note.code = refused.code;
    note.msg = refused.msg;
    note.amendResult = cxlOnFail === true ? "1" : "-1";
    if (cxlOnFail === true) state.exchange.cancel(order);
    else state.tellOrder(order, "amended");
  }
  return item(state, "amend", arg, order, undefined);
}

function carryOutAmend(
  state: VenueState,
  symbol: WireSymbol,
  order: SimOrder,
  price: number,
  size: number,
): Failure | undefined {
  const { exchange } = state;
  if (size <= order.filled) {
    noteOf(state, order).completed = true;
    exchange.cancel(order);
    return undefined;
  }
  const touch = order.instrument.market!.best(opposite(order.side));
  const takes = touch > 0 && (order.side === "buy" ? price >= touch : price <= touch);
  if (order.postOnly && takes && price !== order.price) return POST_ONLY_AMEND;
  const amended = exchange.amend({ order, price, size, keepPriority: true });
  if (amended.ok) return undefined;
  if (amended.error === "nothing_changed") {
    state.tellOrder(order, "amended");
    return undefined;
  }
  if (amended.error === "price_band") return outsideBand(symbol, order);
  return failureOf(amended.error);
}

function cancelOne(state: VenueState, arg: Json, via: Via): Json {
  const symbol = instrumentOf(state, arg, via);
  if (isFailure(symbol)) return item(state, "cancel", arg, undefined, symbol);
  const order = namedOrder(state, symbol, arg);
  if (isFailure(order)) return item(state, "cancel", arg, undefined, order);
  const gone = order === undefined ? notThere() : cancelled(state, order);
  return item(state, "cancel", arg, gone === undefined ? order : undefined, gone);
}

function cancelled(state: VenueState, order: SimOrder): Failure | undefined {
  if (!state.exchange.orders.isOpen(order)) {
    return order.status === "filled"
      ? failure("51402", "Cancellation failed as the order is already completed.")
      : failure("51401", "Cancellation failed as the order is already canceled.");
  }
  const done = state.exchange.cancel(order);
  return done.ok ? undefined : failureOf(done.error);
}

function notThere(): Failure {
  return failure(
    "51400",
    "Cancellation failed as the order has been filled, canceled or does not exist.",
  );
}

/** The order an argument names, `ordId` before `clOrdId`; undefined when there is none. */
export function namedOrder(
  state: VenueState,
  symbol: WireSymbol,
  arg: Json,
): SimOrder | Failure | undefined {
  const { ordId, clOrdId } = arg;
  const { orders } = state.exchange;
  if (!isGiven(ordId) && !isGiven(clOrdId)) return missingParameter("ordId");
  const order = isGiven(ordId)
    ? orders.byId(orderNumber(ordId))
    : orders.byClient(state.owner, symbol.sim, String(clOrdId));
  if (order === undefined || order.owner !== state.owner) return undefined;
  if (order.instrument !== symbol.sim) return undefined;
  // A trigger order that waits is not in the book, and its name is another kind of name.
  return isAlgo(order) && order.workingAt === 0 ? undefined : order;
}

/** The dead man's switch: ends the account's orders, or those of a tag, unless it is renewed. */
export function cancelAllAfter(call: Call): Answer {
  const { state, params, now } = call;
  const { scheduler, orders, instruments } = state.exchange;
  const seconds = Number(params.timeOut);
  const tag = String(params.tag ?? "");
  if (params.timeOut === undefined || params.timeOut === "") return missingParameter("timeOut");
  const known = seconds === 0 || (seconds >= DEAD_MAN_S_MIN && seconds <= DEAD_MAN_S_MAX);
  if (!Number.isInteger(seconds) || !known) return badParameter("timeOut");
  const triggerTime = seconds === 0 ? "0" : millisText(now + seconds * 1e6);
  const answer = [{ triggerTime, tag, ts: millisText(now) }];
  if (tag === "") {
    for (const sim of instruments) state.exchange.armDeadMan(state.owner, sim, seconds * 1_000);
    return answer;
  }
  const armed = state.deadMen.get(tag);
  if (armed !== undefined) scheduler.cancel(armed);
  state.deadMen.delete(tag);
  if (seconds > 0) {
    if (state.deadMen.size >= DEAD_MAN_TAGS_MAX) return badParameter("tag");
    const timer = scheduler.after(seconds * 1_000, () => {
      state.deadMen.delete(tag);
      for (const order of orders.openOf(state.owner)) {
        if (order.workingAt === 0 || noteOf(state, order).tag !== tag) continue;
        state.exchange.cancel(order, "dead_man");
      }
    });
    state.deadMen.set(tag, timer);
  }
  return answer;
}

function item(
  state: VenueState,
  kind: TradeKind,
  arg: Json,
  order: SimOrder | undefined,
  why: Failure | undefined,
): Json {
  const clOrdId = order === undefined ? String(arg.clOrdId ?? "") : shownName(order.clientOrderId);
  return {
    clOrdId,
    ordId: order === undefined ? (kind === "order" ? "" : String(arg.ordId ?? "")) : ordIdOf(order),
    ...(kind === "order" ? { tag: String(arg.tag ?? "") } : {}),
    ...(kind === "amend" ? { reqId: String(arg.reqId ?? "") } : {}),
    ts: millisText(state.exchange.clock.now()),
    sCode: why?.code ?? "0",
    sMsg: why?.msg ?? "",
    ...(kind === "cancel" ? {} : { subCode: "" }),
  };
}

function outsideBand(symbol: WireSymbol, { side }: Pick<SimPlace, "side">): Failure {
  const { highest, lowest } = priceBand(symbol);
  return side === "buy"
    ? failure(
      "51137",
      `Your opening price has triggered the limit price, and the max buy price is ${
        symbol.price(highest)
      }.`,
    )
    : failure(
      "51138",
      `Your opening price has triggered the limit price, and the min sell price is ${
        symbol.price(lowest)
      }.`,
    );
}

function notReducing(state: VenueState, request: SimPlace): Failure {
  const size = state.exchange.user(state.owner).positions.get(request.instrument)?.size ?? 0;
  const same = size !== 0 && (size > 0) === (request.side === "buy");
  return same
    ? failure(
      "51170",
      "A reduce-only order can't be the same trading direction as your existing positions.",
    )
    : failureOf("reduce_only");
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== "";
}
