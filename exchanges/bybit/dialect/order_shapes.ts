/**
 * Orders, executions, balances and positions as the venue writes them.
 *
 * 1. Fees above zero were charged, below zero are a rebate.
 * 2. How an order ended is said by `orderStatus`, `cancelType` and `rejectReason` together.
 * Source: protocol sheet section 5 and the venue's own examples.
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
  execIdOf,
  fundingIdText,
  type FundingPayment,
  isConditional,
  noteOf,
  orderIdOf,
  shownName,
  UNIFIED,
  type VenueState,
} from "./venue_state.ts";
import { finePrice, floatPlain, type Json, millisText } from "./wire_symbols.ts";

const MAINTENANCE = 0.005;
const PRICE_SCALE = 10n ** BigInt(MONEY_SCALE);
const AVERAGE_UNIT = 10n ** 8n;
const CANCEL_TYPES: Readonly<Partial<Record<SimEnd, string>>> = {
  cancelled: "CancelByUser",
  cancel_all: "CancelByUser",
  dead_man: "CancelByDCP",
  self_trade: "CancelBySmp",
  reduce_only: "CancelByReduceOnly",
  halted: "CancelByAdmin",
};
const REASONS: Readonly<Partial<Record<SimEnd, string>>> = {
  cancelled: "EC_PerCancelRequest",
  cancel_all: "EC_PerCancelRequest",
  dead_man: "EC_PerCancelRequest",
  fill_or_kill: "EC_CancelForNoFullFill",
  post_only: "EC_PostOnlyWillTakeLiquidity",
  no_liquidity: "EC_NoImmediateQtyToFill",
  self_trade: "EC_BySelfMatch",
  reduce_only: "EC_PerCancelRequest",
  halted: "EC_InvalidSymbolStatus",
  trigger_refused: "EC_Others",
};

/** Status of an order. */
export function statusText(order: SimOrder): string {
  const { status, end, filled, instrument } = order;
  const waits = isConditional(order) && order.workingAt === 0;
  if (end === "triggered") return "Triggered";
  switch (status) {
    case "new":
      return waits ? "Untriggered" : "New";
    case "partially_filled":
      return "PartiallyFilled";
    case "filled":
      return "Filled";
    default:
      break;
  }
  if (end === "trigger_refused") return "Rejected";
  if (waits) return "Deactivated";
  if (instrument.perpetual) return "Cancelled";
  if (filled > 0) return "PartiallyFilledCanceled";
  return end === "post_only" ? "Rejected" : "Cancelled";
}

/** Why an order ended, or that it did not. */
function reasonText({ end, filled }: SimOrder): string {
  if (end === "immediate_or_cancel") {
    return filled > 0 ? "EC_NoEnoughQtyToFill" : "EC_NoImmediateQtyToFill";
  }
  return REASONS[end] ?? "EC_NoError";
}

/** An order, as both the topic and queries show it. */
export function orderBody(state: VenueState, order: SimOrder): Json {
  const symbol = state.symbols.of(order.instrument);
  const note = noteOf(state, order);
  const { perpetual, instrument } = order.instrument;
  const open = order.status === "new" || order.status === "partially_filled";
  const leaves = open ? order.size - order.filled : 0;
  const fees = [...note.fees].map(([coin, amount]) => [coin, moneyToText(amount)]);
  const average = order.filled === 0 ? "" : moneyToText(averagePrice(order));
  const conditional = note.stopOrderType !== "";
  return {
    category: symbol.category,
    symbol: symbol.name,
    orderId: orderIdOf(order),
    orderLinkId: shownName(order.clientOrderId),
    blockTradeId: "",
    side: order.side === "buy" ? "Buy" : "Sell",
    positionIdx: 0,
    orderStatus: statusText(order),
    cancelType: CANCEL_TYPES[order.end] ?? "UNKNOWN",
    rejectReason: reasonText(order),
    timeInForce: note.timeInForce,
    isLeverage: perpetual ? "" : "0",
    price: order.price > 0 ? symbol.price(order.price) : perpetual ? "" : "0",
    qty: note.quoteSize !== "" ? note.quoteSize : symbol.size(order.size),
    avgPrice: average === "" && !perpetual ? "0" : average,
    leavesQty: symbol.size(leaves),
    leavesValue: floatPlain(leaves * order.price * instrument.tickValue * instrument.lotValue, 8),
    cumExecQty: symbol.size(order.filled),
    cumExecValue: moneyToText(order.filledValue),
    cumExecFee: fees.length === 1 ? fees[0]![1] : "0",
    cumFeeDetail: Object.fromEntries(fees),
    closedPnl: "0",
    orderType: note.orderType,
    stopOrderType: conditional ? note.stopOrderType : "",
    tpslMode: "",
    orderIv: "",
    triggerPrice: conditional ? symbol.price(triggerOf(state, order)) : "",
    takeProfit: "",
    stopLoss: "",
    triggerBy: note.triggerBy,
    tpTriggerBy: "",
    slTriggerBy: "",
    triggerDirection: note.triggerDirection,
    placeType: "",
    lastPriceOnCreated: "",
    closeOnTrigger: note.closeOnTrigger,
    reduceOnly: order.reduceOnly,
    smpGroup: 0,
    smpType: note.smpType,
    smpOrderId: "",
    slLimitPrice: "0",
    tpLimitPrice: "0",
    marketUnit: note.marketUnit,
    createType: "CreateByUser",
    feeCurrency: feeCoin(order),
    createdTime: millisText(order.createdAt),
    updatedTime: millisText(order.updatedAt),
  };
}

function triggerOf(state: VenueState, order: SimOrder): number {
  if (order.parentId === 0) return order.triggerPrice;
  return state.exchange.orders.byId(order.parentId)?.triggerPrice ?? 0;
}

/** An execution. `leaves` is what was left after it. */
export function executionBody(state: VenueState, fill: SimFill, leaves: number): Json {
  const { order } = fill;
  const symbol = state.symbols.of(fill.instrument);
  const note = noteOf(state, order);
  const { perpetual, options } = fill.instrument;
  const closed = perpetual && fill.realised !== 0n ? symbol.size(fill.size) : "0";
  return {
    category: symbol.category,
    symbol: symbol.name,
    closedSize: perpetual ? closed : "",
    execFee: moneyToText(fill.fee),
    execId: execIdOf(fill),
    execPrice: symbol.price(fill.price),
    execQty: symbol.size(fill.size),
    execType: "Trade",
    execValue: moneyToText(fill.value),
    execPnl: moneyToText(fill.realised),
    feeRate: floatPlain(options.fees[fill.liquidity] / 1e6, 8),
    feeCurrency: fill.feeAsset,
    tradeIv: "",
    markIv: "",
    blockTradeId: "",
    markPrice: perpetual ? finePrice(symbol, fill.instrument.mark) : "",
    indexPrice: "",
    underlyingPrice: "",
    leavesQty: symbol.size(leaves),
    orderId: orderIdOf(order),
    orderLinkId: shownName(fill.clientOrderId),
    orderPrice: order.price > 0 ? symbol.price(order.price) : "0",
    orderQty: note.quoteSize !== "" ? note.quoteSize : symbol.size(order.size),
    orderType: note.orderType,
    stopOrderType: note.stopOrderType === "" ? "UNKNOWN" : note.stopOrderType,
    side: fill.side === "buy" ? "Buy" : "Sell",
    execTime: millisText(fill.at),
    isLeverage: "0",
    isMaker: fill.liquidity === "maker",
    seq: fill.instrument.updateId,
    marketUnit: note.marketUnit,
    createType: "CreateByUser",
    extraFees: [],
  };
}

/** The short form of an execution: no fee, and no name for a maker. */
export function fastExecutionBody(state: VenueState, fill: SimFill): Json {
  const symbol = state.symbols.of(fill.instrument);
  const maker = fill.liquidity === "maker";
  return {
    category: symbol.category,
    symbol: symbol.name,
    execId: execIdOf(fill),
    execPrice: symbol.price(fill.price),
    execQty: symbol.size(fill.size),
    orderId: orderIdOf(fill.order),
    isMaker: maker,
    orderLinkId: maker ? "" : shownName(fill.clientOrderId),
    side: fill.side === "buy" ? "Buy" : "Sell",
    execTime: millisText(fill.at),
    seq: fill.instrument.updateId,
  };
}

/** A funding payment in the shape of an execution: a fee above zero was paid. */
export function fundingBody(state: VenueState, payment: FundingPayment): Json {
  const { symbol, amount, rate, size, markPrice } = payment;
  const { terms, lotValue } = symbol.sim.instrument;
  return {
    category: "linear",
    symbol: symbol.name,
    closedSize: "0",
    execFee: moneyToText(money(-amount)),
    execId: fundingIdText(payment.id),
    execPrice: markPrice,
    execQty: symbol.size(Math.abs(size)),
    execType: "Funding",
    execValue: floatPlain(Math.abs(size) * lotValue * Number(markPrice), 8),
    execPnl: "0",
    feeRate: floatPlain(rate, 8),
    feeCurrency: terms.settle,
    markPrice,
    leavesQty: "0",
    orderId: fundingIdText(payment.id),
    orderLinkId: "",
    orderPrice: "0",
    orderQty: "0",
    orderType: "UNKNOWN",
    stopOrderType: "UNKNOWN",
    side: size > 0 ? "Buy" : "Sell",
    execTime: millisText(payment.at),
    isMaker: false,
    seq: state.symbols.of(symbol.sim).sim.updateId,
    extraFees: [],
  };
}

/** The account with some of its coins, or all. */
export function walletBody(state: VenueState, coins: readonly string[] | undefined): Json {
  const { exchange, owner } = state;
  const wallet = exchange.user(owner).wallet(UNIFIED);
  const sums = { equity: 0, cash: 0, initial: 0, maintenance: 0, pnl: 0, available: 0 };
  const list: Json[] = [];
  for (const [coin, balance] of wallet.assets) {
    const margin = exchange.margin(owner, UNIFIED, coin);
    const cash = moneyToNumber(balance.total);
    const used = margin.positionMargin + margin.orderMargin;
    const worth = dollars(state, coin);
    const equity = cash + margin.unrealised;
    sums.equity += equity * worth;
    sums.cash += cash * worth;
    sums.initial += used * worth;
    sums.maintenance += margin.positionMargin * MAINTENANCE * worth;
    sums.pnl += margin.unrealised * worth;
    sums.available += margin.available * worth;
    if (coins !== undefined && !coins.includes(coin)) continue;
    list.push({
      coin,
      equity: margin.unrealised === 0 ? moneyToText(balance.total) : floatPlain(equity, 8),
      usdValue: floatPlain(equity * worth, 8),
      walletBalance: moneyToText(balance.total),
      availableToWithdraw: "",
      availableToBorrow: "",
      borrowAmount: "0",
      spotBorrow: "0",
      accruedInterest: "0",
      totalOrderIM: floatPlain(margin.orderMargin, 8),
      totalPositionIM: floatPlain(margin.positionMargin, 8),
      totalPositionMM: floatPlain(margin.positionMargin * MAINTENANCE, 8),
      unrealisedPnl: floatPlain(margin.unrealised, 8),
      cumRealisedPnl: "0",
      bonus: "0",
      collateralSwitch: true,
      marginCollateral: true,
      locked: moneyToText(balance.locked),
      spotHedgingQty: "0",
    });
  }
  const rate = (part: number) => floatPlain(sums.equity > 0 ? part / sums.equity : 0, 4);
  return {
    accountIMRate: rate(sums.initial),
    accountMMRate: rate(sums.maintenance),
    totalEquity: floatPlain(sums.equity, 8),
    totalWalletBalance: floatPlain(sums.cash, 8),
    totalMarginBalance: floatPlain(sums.equity, 8),
    totalAvailableBalance: floatPlain(sums.available, 8),
    totalPerpUPL: floatPlain(sums.pnl, 8),
    totalInitialMargin: floatPlain(sums.initial, 8),
    totalMaintenanceMargin: floatPlain(sums.maintenance, 8),
    coin: list,
    accountLTV: "0",
    accountType: "UNIFIED",
  };
}

/** A position; REST calls its entry price `avgPrice`, the topic `entryPrice`. */
export function positionBody(
  state: VenueState,
  position: SimPosition,
  entryName: "avgPrice" | "entryPrice",
): Json {
  const symbol = state.symbols.of(position.instrument);
  const { sim } = symbol;
  const { tickValue, lotValue } = sim.instrument;
  const leverage = state.exchange.user(state.owner).leverageOf(sim);
  const flat = position.size === 0;
  const value = Math.abs(position.size) * lotValue * sim.mark * tickValue;
  return {
    category: symbol.category,
    symbol: symbol.name,
    side: flat ? "" : position.size > 0 ? "Buy" : "Sell",
    size: symbol.size(Math.abs(position.size)),
    positionIdx: 0,
    tradeMode: 0,
    [entryName]: flat ? "0" : floatPlain(entryPriceOf(position), 10),
    positionValue: flat ? "" : floatPlain(value, 8),
    markPrice: finePrice(symbol, sim.mark),
    leverage: String(leverage),
    liqPrice: "",
    bustPrice: "",
    positionIM: floatPlain(value / leverage, 8),
    positionMM: floatPlain(value * MAINTENANCE, 8),
    positionBalance: floatPlain(value / leverage, 8),
    tpslMode: "Full",
    takeProfit: "",
    stopLoss: "",
    trailingStop: "0",
    unrealisedPnl: flat ? "" : floatPlain(unrealisedOf(position), 8),
    curRealisedPnl: moneyToText(position.realised),
    cumRealisedPnl: moneyToText(position.realised),
    positionStatus: "Normal",
    adlRankIndicator: flat ? 0 : 2,
    autoAddMargin: 0,
    isReduceOnly: false,
    riskId: 1,
    riskLimitValue: "2000000",
    sessionAvgPrice: "",
    leverageSysUpdatedTime: "",
    mmrSysUpdatedTime: "",
    seq: sim.updateId,
    createdTime: "1694402496913",
    updatedTime: millisText(position.updatedAt),
  };
}

/** Average price of what was filled, in quote currency per base. */
function averagePrice(order: SimOrder): Money {
  const { instrument } = order.instrument;
  const base = instrument.baseMoney(order.filled);
  const unit = PRICE_SCALE / AVERAGE_UNIT;
  const rounded = (order.filledValue * AVERAGE_UNIT * 2n + base) / (base * 2n);
  return money(rounded * unit);
}

function feeCoin(order: SimOrder): string {
  const { perpetual, instrument } = order.instrument;
  if (perpetual) return instrument.terms.settle;
  return order.side === "buy" ? instrument.terms.base : instrument.terms.quote;
}

function dollars(state: VenueState, coin: string): number {
  const symbol = state.symbols.all.find((each) => each.sim.instrument.terms.base === coin);
  return symbol === undefined ? 1 : symbol.sim.mark * symbol.sim.instrument.tickValue;
}
