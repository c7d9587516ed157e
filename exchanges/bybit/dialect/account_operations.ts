/**
 * The account over REST: orders, executions, balance, positions, settings.
 *
 * 1. Lists come newest first; the cursor of the last page is "".
 * 2. By id or name, `realtime` also finds what ended lately.
 * Source: protocol sheet sections 4.1, 4.2, 4.4 and 5.
 * @module
 */
import { moneyToText } from "@/engine/domain/mod.ts";
import type { SimOrder } from "@/exchanges/simulator/mod.ts";
import { badParameter, DENIED, type Failure, failure, isFailure } from "./failures.ts";
import { categoryOf, pageOf, symbolOf } from "./market_operations.ts";
import { given } from "./order_requests.ts";
import { executionBody, fundingBody, orderBody, positionBody, walletBody } from "./order_shapes.ts";
import {
  type Answer,
  type Call,
  fundingIdText,
  isConditional,
  orderById,
  orderByName,
  type VenueState,
} from "./venue_state.ts";
import { type Category, floatPlain, type Json, millisOf, millisText } from "./wire_symbols.ts";

const CLOSED_MAX = 500;
const WEEK_US = 7 * 86_400_000_000;
const LEVERAGE_MAX = 100;

/** Open orders; by id or name also those that ended lately. */
export function realtime(call: Call): Answer {
  const { state, params } = call;
  const category = categoryOf(params);
  if (isFailure(category)) return category;
  const { symbol, baseCoin, settleCoin, orderId, orderLinkId, openOnly } = params;
  const named = given(orderId) || given(orderLinkId);
  if (category === "linear" && !named && ![symbol, baseCoin, settleCoin].some(given)) {
    return badParameter("symbol, baseCoin or settleCoin");
  }
  const found = named
    ? namedOrders(state, category, params)
    : openOnly === "1"
    ? ordersOf(state, category).filter((each) => !state.exchange.orders.isOpen(each))
      .slice(0, CLOSED_MAX)
    : ordersOf(state, category).filter((each) => state.exchange.orders.isOpen(each));
  return orderPage(call, category, found);
}

/** Orders of the last week that have ended. */
export function history(call: Call): Answer {
  const { state, params, now } = call;
  const category = categoryOf(params);
  if (isFailure(category)) return category;
  const named = given(params.orderId) || given(params.orderLinkId);
  const all = named ? namedOrders(state, category, params) : ordersOf(state, category);
  const ended = all.filter((each) =>
    !state.exchange.orders.isOpen(each) && each.updatedAt > now - WEEK_US
  );
  return orderPage(call, category, ended);
}

/** Executions and funding payments, at most a week of them. */
export function executions({ state, params, now }: Call): Answer {
  const category = categoryOf(params);
  if (isFailure(category)) return category;
  const span = spanOf(params, now);
  if (isFailure(span)) return span;
  const { symbol, orderId, orderLinkId, execType } = params;
  const leaves = new Map<SimOrder, number>();
  const bodies: { at: number; body: Json }[] = [];
  for (const fill of state.exchange.orders.fills()) {
    if (fill.owner !== state.owner || state.symbols.of(fill.instrument).category !== category) {
      continue;
    }
    const filled = (leaves.get(fill.order) ?? 0) + fill.size;
    leaves.set(fill.order, filled);
    const body = executionBody(state, fill, Math.max(0, fill.order.size - filled));
    bodies.push({ at: fill.at, body });
  }
  if (category === "linear") {
    for (const each of state.fundings) bodies.push({ at: each.at, body: fundingBody(state, each) });
  }
  const list = bodies.sort((a, b) => b.at - a.at)
    .filter(({ at }) => at >= span.from && at <= span.until)
    .map(({ body }) => body)
    .filter((each) => !given(symbol) || each.symbol === symbol)
    .filter((each) => !given(orderId) || each.orderId === orderId)
    .filter((each) => !given(orderLinkId) || each.orderLinkId === orderLinkId)
    .filter((each) => !given(execType) || each.execType === execType);
  const page = pageOf(params, list, 50, 100);
  return isFailure(page) ? page : { result: { category, ...page } };
}

/** Positions: of a symbol also when it is flat, else those that are open. */
export function positions({ state, user, params }: Call): Answer {
  const { category, symbol, settleCoin } = params;
  if (category !== "linear") return badParameter("category");
  if (!given(symbol) && !given(settleCoin)) return badParameter("symbol or settleCoin");
  if (given(symbol)) {
    const one = symbolOf(state, params);
    if (isFailure(one)) return one;
    const list = [positionBody(state, user.position(one.sim), "avgPrice")];
    return { result: { category, list, nextPageCursor: "" } };
  }
  const open = [...user.positions.values()]
    .filter((each) => each.size !== 0 && each.instrument.instrument.terms.settle === settleCoin)
    .map((each) => positionBody(state, each, "avgPrice"));
  const page = pageOf(params, open, 20, 200);
  return isFailure(page) ? page : { result: { category, ...page } };
}

/** The account's coins, some or all. */
export function walletBalance({ state, params }: Call): Answer {
  if (params.accountType !== "UNIFIED") return badParameter("accountType");
  const coins = given(params.coin) ? String(params.coin).split(",") : undefined;
  return { result: { list: [walletBody(state, coins)] } };
}

/** Fee rates: above zero is charged. */
export function feeRate({ state, params }: Call): Answer {
  const category = categoryOf(params);
  if (isFailure(category)) return category;
  const list = state.symbols.ofCategory(category)
    .filter((each) => !given(params.symbol) || each.name === params.symbol)
    .map(({ name, sim }) => ({
      symbol: name,
      baseCoin: "",
      takerFeeRate: floatPlain(sim.options.fees.taker / 1e6, 8),
      makerFeeRate: floatPlain(sim.options.fees.maker / 1e6, 8),
    }));
  return list.length === 0 ? badParameter("symbol") : { result: { category, list } };
}

/** How the account is set up. */
export function accountInfo({ now }: Call): Answer {
  return {
    result: {
      marginMode: "REGULAR_MARGIN",
      updatedTime: millisText(now),
      unifiedMarginStatus: 5,
      dcpStatus: "OFF",
      timeWindow: 0,
      smpGroup: 0,
      isMasterTrader: false,
      spotHedgingStatus: "OFF",
    },
  };
}

/** What a key may do. */
export function keyInfo({ state }: Call): Answer {
  return {
    result: {
      id: "1",
      note: "simulated",
      readOnly: 0,
      permissions: { ContractTrade: ["Order", "Position"], Spot: ["SpotTrade"], Wallet: [] },
      ips: ["*"],
      type: 1,
      userID: Number(state.uid),
      uta: 1,
      isMaster: true,
      unified: 0,
      vipLevel: "VIP-5",
      mktMakerLevel: "1",
    },
  };
}

/** Funding payments as the account's log has them: above zero in `funding` was received. */
export function transactionLog({ state, params, now }: Call): Answer {
  const span = spanOf(params, now);
  if (isFailure(span)) return span;
  if (given(params.type) && params.type !== "SETTLEMENT") {
    return { result: { list: [], nextPageCursor: "" } };
  }
  const list = [...state.fundings].reverse()
    .filter(({ at }) => at >= span.from && at <= span.until)
    .map((each) => ({
      id: fundingIdText(each.id),
      symbol: each.symbol.name,
      category: "linear",
      side: each.size > 0 ? "Buy" : "Sell",
      transactionTime: millisText(each.at),
      type: "SETTLEMENT",
      qty: each.symbol.size(Math.abs(each.size)),
      currency: each.symbol.sim.instrument.terms.settle,
      tradePrice: each.markPrice,
      funding: moneyToText(each.amount),
      fee: "0",
      cashFlow: "0",
      change: moneyToText(each.amount),
      cashBalance: moneyToText(each.balance),
      feeRate: floatPlain(each.rate, 8),
      tradeId: fundingIdText(each.id),
      orderId: "",
      orderLinkId: "",
    }));
  const page = pageOf(params, list, 20, 50);
  return isFailure(page) ? page : { result: page };
}

/** Sets the leverage of one contract, the same for both sides. */
export function setLeverage({ state, user, params }: Call): Answer {
  const symbol = symbolOf(state, params);
  if (isFailure(symbol)) return symbol;
  const { buyLeverage, sellLeverage } = params;
  const leverage = Number(buyLeverage);
  if (symbol.category !== "linear") return badParameter("category");
  if (typeof buyLeverage !== "string" || buyLeverage !== sellLeverage) {
    return badParameter("buyLeverage");
  }
  if (!(leverage >= 1 && leverage <= LEVERAGE_MAX)) {
    return failure(110013, "cannot set leverage due to risk limit level");
  }
  if (user.leverageOf(symbol.sim) === leverage) return failure(110043, "leverage not modified");
  user.leverage.set(symbol.sim, leverage);
  return { result: {} };
}

/** One-way stays one-way. */
export function switchMode({ params }: Call): Answer {
  if (params.category !== "linear") return badParameter("category");
  if (!given(params.symbol) && !given(params.coin)) return badParameter("symbol or coin");
  if (params.mode === 0) return failure(110025, "Position mode is not modified");
  return params.mode === 3
    ? failure(110024, "You have an existing position, so position mode cannot be switched")
    : badParameter("mode");
}

/** Whether a price outside the band is moved to its edge. */
export function setLimitPriceAction({ state, params }: Call): Answer {
  const category = categoryOf(params);
  if (isFailure(category)) return category;
  if (typeof params.modifyEnable !== "boolean") return badParameter("modifyEnable");
  state.movesPrices[category] = params.modifyEnable;
  return { result: {} };
}

/** The switches that are set, for those who may. */
export function deadMenBody(
  state: VenueState,
  set: ReadonlyMap<Category, { readonly windowS: number }>,
): Answer {
  if (!state.mayCancelOnDisconnect) return { result: { dcpInfos: [] } };
  const dcpInfos = (["spot", "linear"] as const).map((category) => {
    const windowS = set.get(category)?.windowS;
    return {
      product: category === "spot" ? "SPOT" : "DERIVATIVES",
      dcpStatus: windowS === undefined ? "OFF" : "ON",
      timeWindow: String(windowS ?? 0),
    };
  });
  return { result: { dcpInfos } };
}

/** The product and window of a dead man's switch. */
export function deadManOf(
  state: VenueState,
  params: Json,
): { category: Category | undefined; windowS: number } | Failure {
  if (!state.mayCancelOnDisconnect) return DENIED;
  const product = params.product ?? "OPTIONS";
  const windowS = Number(params.timeWindow);
  if (!Number.isInteger(windowS) || windowS < 3 || windowS > 300) return badParameter("timeWindow");
  if (product === "OPTIONS") return { category: undefined, windowS };
  if (product === "SPOT") return { category: "spot", windowS };
  return product === "DERIVATIVES" ? { category: "linear", windowS } : badParameter("product");
}

/** All orders of a category, newest first; a fired trigger shows as what it became. */
function ordersOf(state: VenueState, category: Category): SimOrder[] {
  return state.symbols.ofCategory(category)
    .flatMap(({ sim }) => state.exchange.orders.allOf(state.owner, sim))
    .filter((each) => each.childId === 0)
    .sort((a, b) => b.createdAt - a.createdAt || b.id - a.id);
}

function namedOrders(state: VenueState, category: Category, params: Json): SimOrder[] {
  const { orderId, orderLinkId } = params;
  const order = given(orderId)
    ? orderById(state, orderId)
    : orderByName(state, category, orderLinkId);
  if (order === undefined || state.symbols.of(order.instrument).category !== category) return [];
  return [order];
}

function orderPage(
  { state, params }: Call,
  category: Category,
  orders: readonly SimOrder[],
): Answer {
  const { symbol, baseCoin, settleCoin, orderFilter } = params;
  const wanted = orders.filter(({ instrument: sim }) => {
    const { base, settle } = sim.instrument.terms;
    if (given(symbol)) return state.symbols.of(sim).name === symbol;
    if (given(baseCoin) && base !== baseCoin) return false;
    return category === "spot" || !given(settleCoin) || settle === settleCoin;
  }).filter((order) => {
    if (!given(orderFilter)) return true;
    const waits = isConditional(order) && order.workingAt === 0;
    return orderFilter === "Order" ? !waits : waits;
  });
  const page = pageOf(params, wanted, 20, 50);
  if (isFailure(page)) return page;
  const { list, nextPageCursor } = page;
  return {
    result: { category, nextPageCursor, list: list.map((each) => orderBody(state, each)) },
  };
}

/** The span of time a request asks for: at most a week, the last one by default. */
function spanOf(params: Json, now: number): { from: number; until: number } | Failure {
  const { startTime, endTime } = params;
  const start = given(startTime) ? Number(startTime) : undefined;
  const end = given(endTime) ? Number(endTime) : undefined;
  if (Number.isNaN(start) || Number.isNaN(end)) return badParameter("startTime");
  const until = end ?? (start === undefined ? millisOf(now) : start + WEEK_US / 1_000);
  const from = start ?? until - WEEK_US / 1_000;
  if (until - from > WEEK_US / 1_000 || until < from) {
    return failure(10001, "The time range between startTime and endTime cannot exceed 7 days");
  }
  return { from: from * 1_000, until: until * 1_000 + 999 };
}
