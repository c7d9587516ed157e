/**
 * The account over REST: orders, fills, balances, positions, settings, trigger orders.
 *
 * 1. Lists come newest first, at most a hundred; `after` asks for what is older.
 * 2. An order cancelled without a fill is forgotten after two hours.
 * Source: protocol sheet sections 4, 5 and 7.
 * @module
 */
import { moneyToText } from "@/engine/domain/mod.ts";
import type { SimOrder } from "@/exchanges/simulator/mod.ts";
import { badParameter, type Failure, failure, isFailure, NO_ORDER } from "./failures.ts";
import { symbolOf } from "./market_operations.ts";
import { algoEntry, instrumentOf } from "./order_requests.ts";
import { accountBody, algoBody, fillBody, orderBody, positionBody } from "./order_shapes.ts";
import { enter, namedOrder } from "./trade_operations.ts";
import {
  algoIdOf,
  algoNumber,
  type Answer,
  type Call,
  isAlgo,
  noteOf,
  ordIdOf,
  shownName,
  UNIFIED,
} from "./venue_state.ts";
import { instrumentBody, type Json, millisText, type WireSymbol } from "./wire_symbols.ts";

const PAGE_MAX = 100;
const FORGOTTEN_AFTER_US = 2 * 3_600_000_000;
const HISTORY_US = 7 * 86_400_000_000;
const FILLS_US = 3 * 86_400_000_000;
const CANCEL_ALGOS_MAX = 10;
const LEVERAGE_MAX = 100;

/** One order by number or name. */
export function getOrder(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const order = namedOrder(call.state, symbol, call.params);
  if (isFailure(order)) return order;
  if (order === undefined || isForgotten(call, order)) return NO_ORDER;
  return [orderBody(call.state, order)];
}

/** Open orders, newest first; trigger orders that wait are not among them. */
export function ordersPending(call: Call): Answer {
  const { exchange, owner } = call.state;
  const open = exchange.orders.openOf(owner).filter((each) => each.workingAt > 0);
  return orderPage(call, open.filter((each) => matches(call, each)));
}

/** Orders of the last week that have ended. */
export function ordersHistory(call: Call): Answer {
  if (call.params.instType === undefined) return badParameter("instType");
  const { exchange, owner } = call.state;
  const ended = exchange.instruments.flatMap((sim) => exchange.orders.allOf(owner, sim))
    .filter((each) => !exchange.orders.isOpen(each) && each.workingAt > 0)
    .filter((each) => each.updatedAt > call.now - HISTORY_US && !isForgotten(call, each))
    .filter((each) => matches(call, each));
  return orderPage(call, ended);
}

/** Executions of the last three days, newest first. */
export function fills(call: Call): Answer {
  const { state, params, now } = call;
  const { instType, instId, ordId, begin, end } = params;
  const from = begin === undefined ? now - FILLS_US : Number(begin) * 1_000;
  const until = end === undefined ? Infinity : Number(end) * 1_000 + 999;
  const bodies = state.exchange.orders.fills()
    .filter((each) => each.owner === state.owner && each.at >= from && each.at <= until)
    .map((each) => fillBody(state, each))
    .filter((each) => instType === undefined || each.instType === instType)
    .filter((each) => instId === undefined || each.instId === instId)
    .filter((each) => ordId === undefined || each.ordId === ordId);
  return page(call, bodies.reverse(), "billId");
}

/** Balances, of some assets or of all. */
export function balance(call: Call): Answer {
  const { ccy } = call.params;
  const assets = typeof ccy === "string" && ccy !== "" ? ccy.split(",") : undefined;
  return [accountBody(call.state, assets)];
}

/** Open positions. */
export function positions(call: Call): Answer {
  const { instType, instId } = call.params;
  if (instType === "SPOT") return badParameter("instType");
  return [...call.user.positions.values()]
    .filter((each) => each.size !== 0)
    .map((each) => positionBody(call.state, each))
    .filter((each) => instId === undefined || String(instId).split(",").includes(`${each.instId}`));
}

/** How the account is set up. */
export function config(call: Call): Answer {
  const { uid, vipLevel } = call.state;
  return [{
    acctLv: "2",
    acctStpMode: "cancel_maker",
    autoLoan: false,
    ctIsoMode: "automatic",
    enableSpotBorrow: false,
    greeksType: "PA",
    ip: "",
    kycLv: "3",
    label: "simulated",
    level: vipLevel > 0 ? `VIP${vipLevel}` : "Lv1",
    levelTmp: "",
    mainUid: uid,
    mgnIsoMode: "automatic",
    opAuth: "0",
    perm: "read_only,trade",
    posMode: "net_mode",
    roleType: "0",
    spotOffsetType: "",
    spotRoleType: "0",
    type: "0",
    uid,
  }];
}

/** Instruments as the account sees them. */
export function accountInstruments(call: Call): Answer {
  const { instType } = call.params;
  if (instType !== "SPOT" && instType !== "SWAP") return badParameter("instType");
  return call.state.symbols.ofType(instType).map(instrumentBody);
}

/** Assets that can be held; nothing can be moved in or out. */
export function currencies(call: Call): Answer {
  return [...call.user.wallet(UNIFIED).assets.keys()].map((ccy) => ({
    ccy,
    name: ccy,
    chain: `${ccy}-Simulated`,
    mainNet: true,
    canDep: false,
    canWd: false,
    canInternal: false,
    minDep: "0",
    minWd: "0",
    maxWd: "0",
    wdTickSz: "8",
    fee: "0",
    minFee: "0",
    maxFee: "0",
  }));
}

/** One-way stays one-way. */
export function setPositionMode(call: Call): Answer {
  const { posMode } = call.params;
  if (posMode === "net_mode") return [{ posMode }];
  if (posMode !== "long_short_mode") return badParameter("posMode");
  return failure(
    "59000",
    "Setting failed. Cancel any open orders, close positions, and stop trading bots first.",
  );
}

/** Leverage of instruments. */
export function leverageInfo(call: Call): Answer {
  const symbols = String(call.params.instId ?? "").split(",").map((each) =>
    call.state.symbols.find(each)
  );
  if (symbols.some((each) => each === undefined)) return badParameter("instId");
  return (symbols as WireSymbol[]).map(({ sim, instId }) => ({
    ccy: "",
    instId,
    mgnMode: "cross",
    posSide: "net",
    lever: String(call.user.leverageOf(sim)),
  }));
}

/** Sets the leverage of one instrument. */
export function setLeverage(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const { lever, mgnMode } = call.params;
  const leverage = Number(lever);
  if (mgnMode !== "cross") return badParameter("mgnMode");
  if (typeof lever !== "string" || !(leverage >= 1 && leverage <= LEVERAGE_MAX)) {
    return failure("59102", "Leverage exceeds the maximum limit. Please lower the leverage.");
  }
  call.user.leverage.set(symbol.sim, leverage);
  return [{ lever, mgnMode, instId: symbol.instId, posSide: "" }];
}

/** Fee rates: below zero is charged. */
export function tradeFee(call: Call): Answer {
  const { instType } = call.params;
  const [first] = call.state.symbols.ofType(instType);
  if (first === undefined) return badParameter("instType");
  const { maker, taker } = first.sim.options.fees;
  const rate = (value: number) => String(value === 0 ? 0 : -value / 1e6);
  const swap = instType === "SWAP";
  return [{
    category: "1",
    delivery: "",
    exercise: "",
    instType,
    level: call.state.vipLevel > 0 ? `VIP${call.state.vipLevel}` : "Lv1",
    maker: swap ? "" : rate(maker),
    makerU: swap ? rate(maker) : "",
    makerUSDC: "",
    taker: swap ? "" : rate(taker),
    takerU: swap ? rate(taker) : "",
    takerUSDC: "",
    feeGroup: [{ groupId: "1", maker: rate(maker), taker: rate(taker) }],
    fiat: [],
    ts: millisText(call.now),
  }];
}

/** How many orders the account may send, for what it fills. */
export function accountRateLimit(call: Call): Answer {
  return [{
    accRateLimit: "1000",
    fillRatio: "",
    mainFillRatio: "",
    nextAccRateLimit: "1000",
    ts: millisText(call.now),
  }];
}

/** Funding payments, newest first. */
export function bills(call: Call): Answer {
  const { type, instId } = call.params;
  if (type !== undefined && type !== "8") return [];
  const bodies = call.state.bills
    .filter((each) => instId === undefined || each.symbol.instId === instId)
    .map((each) => ({
      billId: each.billId,
      instType: "SWAP",
      instId: each.symbol.instId,
      mgnMode: "cross",
      type: "8",
      subType: each.amount < 0n ? "173" : "174",
      ccy: each.symbol.sim.instrument.terms.settle,
      balChg: moneyToText(each.amount),
      bal: moneyToText(each.balance),
      pnl: moneyToText(each.amount),
      fee: "0",
      sz: "",
      ordId: "",
      ts: millisText(each.at),
    }));
  return page(call, bodies.reverse(), "billId");
}

/** New trigger order. */
export function placeAlgo(call: Call): Answer {
  const { state, params } = call;
  const symbol = instrumentOf(state, params, "rest");
  if (isFailure(symbol)) return [algoItem(params, undefined, symbol)];
  const entry = algoEntry(state, symbol, params);
  if (isFailure(entry)) return [algoItem(params, undefined, entry)];
  const order = enter(state, symbol, entry);
  return isFailure(order)
    ? [algoItem(params, undefined, order)]
    : [algoItem(params, order, undefined)];
}

/** Cancels up to ten trigger orders; each answers for itself. */
export function cancelAlgos(call: Call): Answer {
  const { state, list } = call;
  if (list.length === 0 || list.length > CANCEL_ALGOS_MAX) return badParameter("algoId");
  return list.map((each) => {
    const arg = each as Json;
    const order = namedAlgo(call, arg);
    if (order === undefined || order.workingAt > 0 || !state.exchange.orders.isOpen(order)) {
      const gone = failure("51400", "Cancellation failed as the order does not exist.");
      return algoItem(arg, undefined, gone);
    }
    state.exchange.cancel(order);
    return algoItem(arg, order, undefined);
  });
}

/** Trigger orders cannot be changed here. */
export function amendAlgos(call: Call): Answer {
  const order = namedAlgo(call, call.params);
  const why = order === undefined || !call.state.exchange.orders.isOpen(order)
    ? failure("51503", "Order modification failed as the order does not exist.")
    : failure("51506", "Order modification unsupported for this order type.");
  return [{ ...algoItem(call.params, undefined, why), reqId: String(call.params.reqId ?? "") }];
}

/** Trigger orders that wait. */
export function algosPending(call: Call): Answer {
  const { state, params } = call;
  if (params.ordType === undefined) return badParameter("ordType");
  const types = String(params.ordType).split(",");
  const waiting = state.exchange.orders.openOf(state.owner)
    .filter((each) => isAlgo(each) && each.workingAt === 0)
    .filter((each) => types.includes(noteOf(state, each).ordType) && matches(call, each))
    .map((each) => algoBody(state, each));
  return page(call, waiting.reverse(), "algoId");
}

/** One trigger order. */
export function getAlgo(call: Call): Answer {
  const order = namedAlgo(call, call.params);
  return order === undefined ? NO_ORDER : [algoBody(call.state, order)];
}

function namedAlgo(call: Call, arg: Json): SimOrder | undefined {
  const { orders, instruments } = call.state.exchange;
  const byId = orders.byId(algoNumber(arg.algoId));
  const order = byId ??
    instruments.map((sim) => orders.byClient(call.state.owner, sim, String(arg.algoClOrdId)))
      .find((each) => each !== undefined);
  return order !== undefined && isAlgo(order) ? order : undefined;
}

function algoItem(arg: Json, order: SimOrder | undefined, why: Failure | undefined): Json {
  return {
    algoId: order === undefined ? String(arg.algoId ?? "") : algoIdOf(order),
    algoClOrdId: order === undefined
      ? String(arg.algoClOrdId ?? "")
      : shownName(order.clientOrderId),
    clOrdId: "",
    tag: String(arg.tag ?? ""),
    sCode: why?.code ?? "0",
    sMsg: why?.msg ?? "",
  };
}

function matches(call: Call, order: SimOrder): boolean {
  const { instType, instId, ordType, state } = call.params;
  const symbol = call.state.symbols.of(order.instrument);
  if (instType !== undefined && instType !== "ANY" && symbol.instType !== instType) return false;
  if (instId !== undefined && symbol.instId !== instId) return false;
  if (state !== undefined && !isAlgo(order)) {
    if (orderBody(call.state, order).state !== state) return false;
  }
  if (ordType === undefined || isAlgo(order)) return true;
  return String(ordType).split(",").includes(noteOf(call.state, order).ordType);
}

function isForgotten(call: Call, order: SimOrder): boolean {
  const ended = !call.state.exchange.orders.isOpen(order);
  return ended && order.filled === 0 && order.updatedAt < call.now - FORGOTTEN_AFTER_US;
}

/** A page by order number: newer ones are larger. */
function orderPage(call: Call, orders: readonly SimOrder[]): Answer {
  const limit = limitOf(call);
  if (isFailure(limit)) return limit;
  const { after, before } = call.params;
  return [...orders].sort((a, b) => b.id - a.id)
    .filter((each) => after === undefined || ordIdOf(each) < String(after))
    .filter((each) => before === undefined || ordIdOf(each) > String(before))
    .slice(0, limit)
    .map((each) => orderBody(call.state, each));
}

function page(call: Call, bodies: readonly Json[], name: string): Answer {
  const limit = limitOf(call);
  if (isFailure(limit)) return limit;
  const { after, before } = call.params;
  return bodies
    .filter((each) => after === undefined || String(each[name]) < String(after))
    .filter((each) => before === undefined || String(each[name]) > String(before))
    .slice(0, limit);
}

function limitOf(call: Call): number | Failure {
  const { limit } = call.params;
  if (limit === undefined || limit === "") return PAGE_MAX;
  const value = Number(limit);
  return Number.isInteger(value) && value >= 1 && value <= PAGE_MAX ? value : badParameter("limit");
}
