/**
 * Orders, fills, trigger orders, balances and positions as the venue writes them.
 *
 * 1. Fees below zero were charged, above zero are a rebate.
 * 2. How an order ended is said by `cancelSource`.
 * Source: protocol sheet sections 4 and 5, the venue's own examples.
 * @module
 */
import { type Money, money, MONEY_SCALE, moneyToNumber, moneyToText } from "@/engine/domain/mod.ts";
import {
  entryPriceOf,
  type SimEnd,
  type SimFill,
  type SimOrder,
  type SimPosition,
  unrealisedOf,
} from "@/exchanges/simulator/mod.ts";
import {
  algoIdOf,
  isAlgo,
  nextBillId,
  noteOf,
  type OrderNote,
  ordIdOf,
  shownName,
  UNIFIED,
  type VenueState,
} from "./venue_state.ts";
import { finePrice, floatPlain, type Json, millisText, type WireSymbol } from "./wire_symbols.ts";

const SOURCES: Readonly<Record<SimEnd, string>> = {
  none: "",
  cancelled: "1",
  cancel_all: "1",
  dead_man: "20",
  immediate_or_cancel: "14",
  fill_or_kill: "13",
  post_only: "31",
  no_liquidity: "14",
  self_trade: "32",
  reduce_only: "22",
  halted: "0",
  triggered: "",
  trigger_refused: "0",
};
/** What an order without take-profit and stop-loss of its own says of them. */
const ATTACHED: Json = {
  attachAlgoOrds: [],
  attachAlgoClOrdId: "",
  linkedAlgoOrd: { algoId: "" },
  slOrdPx: "",
  slTriggerPx: "",
  slTriggerPxType: "",
  tpOrdPx: "",
  tpTriggerPx: "",
  tpTriggerPxType: "",
  quickMgnType: "",
  isTpLimit: "false",
};
const MAINTENANCE = 0.004;
const PRICE_SCALE = 10n ** BigInt(MONEY_SCALE);
const AVERAGE_UNIT = 10n ** 8n;

/** State text of an order in the book. */
export function stateText(state: VenueState, order: SimOrder): string {
  switch (order.status) {
    case "new":
      return "live";
    case "partially_filled":
      return "partially_filled";
    case "filled":
      return "filled";
    default:
      return noteOf(state, order).completed ? "filled" : "canceled";
  }
}

/** An order, as both the orders channel and queries show it. */
export function orderBody(state: VenueState, order: SimOrder): Json {
  const symbol = state.symbols.of(order.instrument);
  const note = noteOf(state, order);
  const { lastFill: fill } = note;
  const shown = stateText(state, order);
  const source = shown === "canceled" ? SOURCES[order.end] : "";
  const algo = algoOf(state, order);
  const feeCcy = feeAssetOf(order);
  return {
    instType: symbol.instType,
    instId: symbol.instId,
    ccy: "",
    ordId: ordIdOf(order),
    clOrdId: isAlgo(order) || order.parentId > 0 ? "" : shownName(order.clientOrderId),
    tag: note.tag,
    px: order.price > 0 ? symbol.price(order.price) : "",
    pxType: "",
    pxUsd: "",
    pxVol: "",
    sz: sizeText(symbol, order, note),
    ordType: isAlgo(order) ? (order.price > 0 ? "limit" : "market") : note.ordType,
    side: order.side,
    posSide: "net",
    tdMode: note.tdMode,
    tgtCcy: note.tgtCcy,
    accFillSz: symbol.size(order.filled),
    avgPx: order.filled === 0 ? "" : moneyToText(averagePrice(order)),
    fillPx: fill === undefined ? "" : symbol.price(fill.price),
    fillSz: fill === undefined ? "0" : symbol.size(fill.size),
    tradeId: fill === undefined ? "" : String(fill.tradeId),
    fillTime: fill === undefined ? "" : millisText(fill.at),
    fillFee: fill === undefined ? "0" : moneyToText(negated(fill.fee)),
    fillFeeCcy: fill === undefined ? "" : fill.feeAsset,
    fillPnl: fill === undefined ? "0" : moneyToText(fill.realised),
    execType: fill === undefined ? "" : fill.liquidity === "maker" ? "M" : "T",
    fee: moneyToText(negated(note.fee)),
    feeCcy,
    rebate: "0",
    rebateCcy: feeCcy,
    pnl: moneyToText(note.pnl),
    state: shown,
    lever: order.instrument.perpetual
      ? String(state.exchange.user(order.owner).leverageOf(order.instrument))
      : "",
    reduceOnly: String(order.reduceOnly),
    stpId: "",
    stpMode: note.stpMode,
    cancelSource: source,
    cancelSourceReason: "",
    amendSource: note.amendResult === "" ? "" : "1",
    amendResult: note.amendResult,
    reqId: note.reqId,
    code: note.code,
    msg: note.msg,
    category: "normal",
    source: algo === undefined ? "" : "7",
    algoId: algo === undefined ? "" : algoIdOf(algo),
    algoClOrdId: algo === undefined ? "" : shownName(algo.clientOrderId),
    ...ATTACHED,
    cTime: millisText(order.workingAt > 0 ? order.workingAt : order.createdAt),
    uTime: millisText(order.updatedAt),
  };
}

/** Size as the client knows it: what it asked for, in the currency it asked in. */
function sizeText(symbol: WireSymbol, order: SimOrder, note: OrderNote): string {
  if (note.quoteSize !== "") return note.quoteSize;
  return symbol.size(note.completed ? order.filled : order.size);
}

/** An execution, as queries show it. */
export function fillBody(state: VenueState, fill: SimFill): Json {
  const { order } = fill;
  const symbol = state.symbols.of(fill.instrument);
  const { fees } = fill.instrument.options;
  return {
    instType: symbol.instType,
    instId: symbol.instId,
    tradeId: String(fill.tradeId),
    ordId: ordIdOf(order),
    clOrdId: isAlgo(order) || order.parentId > 0 ? "" : shownName(fill.clientOrderId),
    billId: billIdOf(state, fill),
    subType: fill.side === "buy" ? "1" : "2",
    tag: noteOf(state, order).tag,
    fillPx: symbol.price(fill.price),
    fillSz: symbol.size(fill.size),
    fillIdxPx: "",
    fillPnl: moneyToText(fill.realised),
    fillPxVol: "",
    fillPxUsd: "",
    fillMarkVol: "",
    fillFwdPx: "",
    fillMarkPx: "",
    side: fill.side,
    posSide: "net",
    execType: fill.liquidity === "maker" ? "M" : "T",
    feeCcy: fill.feeAsset,
    fee: moneyToText(negated(fill.fee)),
    feeRate: floatPlain(-fees[fill.liquidity] / 1e6, 8),
    fillTime: millisText(fill.at),
    ts: millisText(fill.at),
  };
}

/** Number of the bill that a fill is. Given when it is first asked for or told of. */
export function billIdOf(state: VenueState, fill: SimFill): string {
  let id = state.billIds.get(fill);
  if (id === undefined) {
    id = nextBillId(state);
    state.billIds.set(fill, id);
  }
  return id;
}

/** A trigger order. */
export function algoBody(state: VenueState, order: SimOrder): Json {
  const symbol = state.symbols.of(order.instrument);
  const note = noteOf(state, order);
  const child = childOf(state, order);
  const conditional = note.ordType === "conditional";
  const trigger = symbol.price(order.triggerPrice);
  const price = order.price > 0 ? symbol.price(order.price) : "-1";
  return {
    instType: symbol.instType,
    instId: symbol.instId,
    ccy: "",
    algoId: algoIdOf(order),
    algoClOrdId: shownName(order.clientOrderId),
    clOrdId: "",
    ordId: child === undefined ? "" : ordIdOf(child),
    ordIdList: child === undefined ? [] : [ordIdOf(child)],
    ordType: note.ordType,
    side: order.side,
    posSide: "net",
    tdMode: note.tdMode,
    tgtCcy: "",
    tag: note.tag,
    sz: symbol.size(order.size),
    triggerPx: conditional ? "" : trigger,
    triggerPxType: conditional ? "" : order.triggerOn,
    ordPx: conditional ? "" : price,
    slTriggerPx: conditional ? trigger : "",
    slTriggerPxType: conditional ? order.triggerOn : "",
    slOrdPx: conditional ? price : "",
    tpTriggerPx: "",
    tpTriggerPxType: "",
    tpOrdPx: "",
    state: algoState(order),
    failCode: order.end === "trigger_refused" ? "51008" : "",
    actualPx: child === undefined || child.filled === 0 ? "" : moneyToText(averagePrice(child)),
    actualSz: child === undefined ? "0" : symbol.size(child.filled),
    actualSide: "",
    last: symbol.price(symbol.sim.last),
    lever: "",
    reduceOnly: String(order.reduceOnly),
    triggerTime: order.triggeredAt > 0 ? millisText(order.triggeredAt) : "",
    attachAlgoOrds: [],
    cTime: millisText(order.createdAt),
    uTime: millisText(order.updatedAt),
  };
}

/** Balances of the account; all assets, or those named. */
export function accountBody(state: VenueState, assets: readonly string[] | undefined): Json {
  const { exchange, owner } = state;
  const now = millisText(exchange.clock.now());
  const wallet = exchange.user(owner).wallet(UNIFIED);
  let totalEq = 0;
  const details: Json[] = [];
  for (const [ccy, balance] of wallet.assets) {
    const margin = exchange.margin(owner, UNIFIED, ccy);
    const cash = moneyToNumber(balance.total);
    const used = margin.positionMargin + margin.orderMargin;
    const eq = cash + margin.unrealised;
    const eqUsd = eq * dollars(state, ccy);
    totalEq += eqUsd;
    if (assets !== undefined && !assets.includes(ccy)) continue;
    details.push({
      ccy,
      cashBal: moneyToText(balance.total),
      eq: margin.unrealised === 0 ? moneyToText(balance.total) : floatPlain(eq, 8),
      eqUsd: floatPlain(eqUsd, 8),
      availBal: moneyToText(wallet.free(ccy)),
      availEq: used === 0 && margin.unrealised === 0
        ? moneyToText(wallet.free(ccy))
        : floatPlain(Math.max(0, margin.available), 8),
      frozenBal: used === 0
        ? moneyToText(balance.locked)
        : floatPlain(moneyToNumber(balance.locked) + used, 8),
      ordFrozen: used === 0
        ? moneyToText(balance.locked)
        : floatPlain(moneyToNumber(balance.locked) + margin.orderMargin, 8),
      upl: floatPlain(margin.unrealised, 8),
      imr: floatPlain(used, 8),
      mmr: "",
      mgnRatio: "",
      liab: "",
      interest: "",
      isoEq: "0",
      isoUpl: "0",
      crossLiab: "",
      disEq: floatPlain(eqUsd, 8),
      fixedBal: "0",
      notionalLever: "",
      stgyEq: "0",
      twap: "0",
      uTime: now,
    });
  }
  return {
    uTime: now,
    totalEq: floatPlain(totalEq, 8),
    adjEq: "",
    isoEq: "0",
    ordFroz: "",
    imr: "",
    mmr: "",
    mgnRatio: "",
    notionalUsd: "",
    upl: "",
    details,
  };
}

/** A position of net mode; sizes in contracts. */
export function positionBody(state: VenueState, position: SimPosition): Json {
  const symbol = state.symbols.of(position.instrument);
  const { sim } = symbol;
  const { tickValue, lotValue, terms } = sim.instrument;
  const leverage = state.exchange.user(state.owner).leverageOf(sim);
  const flat = position.size === 0;
  const value = Math.abs(position.size) * lotValue * sim.mark * tickValue;
  const upl = flat ? 0 : unrealisedOf(position);
  const margin = value / leverage;
  const now = millisText(state.exchange.clock.now());
  return {
    instId: symbol.instId,
    instType: symbol.instType,
    mgnMode: "cross",
    posId: posIdOf(symbol),
    posSide: "net",
    pos: symbol.size(position.size),
    posCcy: "",
    availPos: "",
    avgPx: flat ? "" : floatPlain(entryPriceOf(position), 10),
    upl: flat ? "0" : floatPlain(upl, 8),
    uplRatio: flat ? "" : floatPlain(upl / margin, 8),
    lever: String(leverage),
    liqPx: "",
    markPx: finePrice(symbol, sim.mark),
    idxPx: finePrice(symbol, sim.index),
    last: symbol.price(sim.last),
    imr: flat ? "" : floatPlain(margin, 8),
    mmr: flat ? "" : floatPlain(value * MAINTENANCE, 8),
    margin: "",
    mgnRatio: "",
    notionalUsd: flat ? "" : floatPlain(value, 8),
    ccy: terms.settle,
    tradeId: String(lastTradeOf(state, symbol)),
    adl: flat ? "" : "1",
    realizedPnl: moneyToText(position.realised),
    pnl: moneyToText(position.realised),
    fee: "",
    fundingFee: moneyToText(fundingOf(state, symbol)),
    liqPenalty: "0",
    liab: "",
    liabCcy: "",
    interest: "",
    closeOrderAlgo: [],
    cTime: millisText(position.updatedAt),
    uTime: millisText(position.updatedAt),
    pTime: now,
  };
}

/** Number of a position, the same for ever. */
export function posIdOf(symbol: WireSymbol): string {
  return `3071730360510177${String(30 + symbol.sim.instrument.index)}`;
}

/** Average price of what an order has filled, exact to eight decimals and cut there. */
export function averagePrice(order: SimOrder): Money {
  const base = BigInt(order.filled) * order.instrument.instrument.lotMoney;
  const average = order.filledValue * PRICE_SCALE / base;
  return money(average / AVERAGE_UNIT * AVERAGE_UNIT);
}

/** The trade that moved a position last; 0 when none did. */
function lastTradeOf(state: VenueState, symbol: WireSymbol): number {
  const fill = state.exchange.orders.fills().findLast((each) =>
    each.owner === state.owner && each.instrument === symbol.sim
  );
  return fill?.tradeId ?? 0;
}

function fundingOf(state: VenueState, symbol: WireSymbol): Money {
  let sum = 0n;
  for (const bill of state.bills) if (bill.symbol === symbol) sum += bill.amount;
  return money(sum);
}

function algoOf(state: VenueState, order: SimOrder): SimOrder | undefined {
  if (isAlgo(order)) return order;
  return order.parentId > 0 ? state.exchange.orders.byId(order.parentId) : undefined;
}

/** The order that a fired trigger order became: another one, or itself. */
function childOf(state: VenueState, order: SimOrder): SimOrder | undefined {
  if (order.childId > 0) return state.exchange.orders.byId(order.childId);
  return order.workingAt > 0 ? order : undefined;
}

function algoState(order: SimOrder): string {
  if (order.end === "trigger_refused") return "order_failed";
  if (order.triggeredAt > 0) return "effective";
  return order.status === "new" ? "live" : "canceled";
}

function feeAssetOf(order: SimOrder): string {
  const { perpetual, instrument } = order.instrument;
  if (perpetual) return instrument.terms.settle;
  return order.side === "buy" ? instrument.terms.base : instrument.terms.quote;
}

function dollars(state: VenueState, ccy: string): number {
  const symbol = state.symbols.all.find((each) => each.sim.instrument.terms.base === ccy);
  return symbol === undefined ? 1 : symbol.sim.mark * symbol.sim.instrument.tickValue;
}

function negated(amount: Money): Money {
  return money(-amount);
}
