/**
 * An account's answers of `POST /info`: orders, fills, positions, balances, fees, budgets.
 *
 * 1. Anyone may read any address; one the venue does not know is empty.
 * 2. Collateral of a unified account lives in its spot balances.
 * 3. Flat positions are absent.
 * Source: protocol sheet section 5.
 * @module
 */
import { type Money, moneyToNumber } from "@/engine/domain/mod.ts";
import {
  entryPriceOf,
  type SimFill,
  type SimOrder,
  unrealisedOf,
} from "@/exchanges/simulator/mod.ts";
import type { RateLimits } from "./rate_limits.ts";
import { cloidOf, hashOf, noteOf, tidOf, type VenueState } from "./venue_state.ts";
import { finePrice, floatText, type Json, type WireSymbol } from "./wire_symbols.ts";

const ROWS_MAX = 2_000;
const USD_DECIMALS = 6;

/** Account keys of the wallets. */
export function walletsOf(mode: "unifiedAccount" | "disabled"): { spot: string; perp: string } {
  return mode === "unifiedAccount"
    ? { spot: "hyperliquid/unified", perp: "hyperliquid/unified" }
    : { spot: "hyperliquid/spot", perp: "hyperliquid/perp" };
}

/** An order as open orders and updates show it. */
export function orderBody(state: VenueState, order: SimOrder): Json {
  const symbol = state.symbols.of(order.instrument);
  const note = noteOf(state, order);
  const cloid = cloidOf(order);
  return {
    coin: symbol.coin,
    side: order.side === "buy" ? "B" : "A",
    limitPx: symbol.price(order.price),
    sz: symbol.size(leavesOf(order, note.status)),
    oid: order.id,
    timestamp: state.blocks.timeOf(order.createdAt),
    origSz: symbol.size(note.origLots),
    ...(cloid === undefined ? {} : { cloid }),
    ...(order.reduceOnly ? { reduceOnly: true } : {}),
  };
}

/** An order with all that the front-end wants to know. */
export function frontendOrder(state: VenueState, order: SimOrder): Json {
  const symbol = state.symbols.of(order.instrument);
  const { tif, trigger } = noteOf(state, order);
  const { cloid: _cloid, reduceOnly: _reduceOnly, ...base } = orderBody(state, order);
  const px = symbol.price(order.triggerPrice);
  const above = order.triggerWhen === "rises" ? "above" : "below";
  return {
    ...base,
    triggerCondition: trigger === undefined ? "N/A" : `Price ${above} ${order.triggerPrice && px}`,
    isTrigger: trigger !== undefined,
    triggerPx: trigger === undefined ? "0.0" : px,
    children: [],
    isPositionTpsl: false,
    reduceOnly: order.reduceOnly,
    orderType: trigger === undefined ? "Limit" : triggerName(trigger),
    tif: trigger === undefined ? tif : null,
    cloid: cloidOf(order) ?? null,
  };
}

/** Open orders, newest first. */
export function openOrders(state: VenueState, shape: (order: SimOrder) => Json): Json[] {
  return state.exchange.orders.openOf(state.owner).reverse().map(shape);
}

/** All remembered orders, newest first. */
export function historicalOrders(state: VenueState): Json[] {
  const all = state.exchange.instruments
    .flatMap((sim) => state.exchange.orders.allOf(state.owner, sim));
  all.sort((a, b) => b.updatedAt - a.updatedAt || b.id - a.id);
  return all.slice(0, ROWS_MAX).map((order) => statusBody(state, order));
}

/** What became of an order, by number or name. */
export function orderStatus(state: VenueState, oid: unknown): Json {
  const { orders, instruments } = state.exchange;
  const order = typeof oid === "number"
    ? orders.byId(oid)
    : instruments.map((sim) => orders.byClient(state.owner, sim, String(oid).toLowerCase()))
      .filter((each) => each !== undefined)
      .sort((a, b) => b.updatedAt - a.updatedAt || b.id - a.id)[0];
  if (order === undefined || order.owner !== state.owner) return { status: "unknownOid" };
  return { status: "order", order: statusBody(state, order) };
}

/** One execution. */
export function fillBody(state: VenueState, fill: SimFill): Json {
  const { instrument: sim, order } = fill;
  const symbol = state.symbols.of(sim);
  const cloid = cloidOf(order);
  const { startPosition, dir } = movementOf(state, symbol, fill);
  const timeMs = state.blocks.timeOf(fill.at);
  return {
    coin: symbol.coin,
    px: symbol.price(fill.price),
    sz: symbol.size(fill.size),
    side: fill.side === "buy" ? "B" : "A",
    time: timeMs,
    startPosition,
    dir,
    closedPnl: usd(fill.realised),
    hash: hashOf(timeMs, fill.tradeId),
    oid: fill.orderId,
    crossed: fill.liquidity === "taker",
    fee: floatText(moneyToNumber(fill.fee), 8),
    tid: tidOf(sim, fill.tradeId),
    feeToken: fill.feeAsset === "USDC" ? "USDC" : symbol.token.name,
    ...(cloid === undefined ? {} : { cloid }),
    twapId: null,
  };
}

/** Executions, newest first; by time when asked, then oldest first. */
export function userFills(state: VenueState, params: Json): Json[] {
  const mine = state.exchange.orders.fills().filter((each) => each.owner === state.owner);
  if (params.type === "userFills") {
    return mine.slice(-ROWS_MAX).reverse().map((each) => fillBody(state, each));
  }
  const from = Number(params.startTime ?? 0);
  const to = Number(params.endTime ?? Infinity);
  return mine.filter((each) => {
    const at = state.blocks.timeOf(each.at);
    return at >= from && at <= to;
  }).slice(0, ROWS_MAX).map((each) => fillBody(state, each));
}

export function clearinghouseState(state: VenueState): Json {
  const { exchange, owner } = state;
  const user = exchange.user(owner);
  const margin = exchange.margin(owner, walletsOf(state.mode).perp, "USDC");
  let notional = 0;
  const assetPositions = [...user.positions.values()].filter((each) => each.size !== 0)
    .map((position) => {
      const { instrument: sim, size } = position;
      const symbol = state.symbols.of(sim);
      const { tickValue, lotValue } = sim.instrument;
      const value = Math.abs(size) * lotValue * sim.mark * tickValue;
      const leverage = user.leverageOf(sim);
      const profit = unrealisedOf(position);
      notional += value;
      return {
        type: "oneWay",
        position: {
          coin: symbol.coin,
          szi: symbol.size(size),
          leverage: { type: "cross", value: leverage },
          entryPx: finePrice(symbol, entryPriceOf(position) / tickValue, 2),
          positionValue: floatText(value, USD_DECIMALS),
          unrealizedPnl: floatText(profit, USD_DECIMALS),
          returnOnEquity: floatText(value === 0 ? 0 : profit / value * leverage, 8),
          liquidationPx: null,
          marginUsed: floatText(value / leverage, USD_DECIMALS),
          maxLeverage: symbol.maxLeverage,
          cumFunding: fundingOf(state, symbol),
        },
      };
    });
  const unified = state.mode === "unifiedAccount";
  const equity = unified ? margin.unrealised : margin.wallet + margin.unrealised;
  const summary = {
    accountValue: floatText(equity, USD_DECIMALS),
    totalNtlPos: floatText(notional, USD_DECIMALS),
    totalRawUsd: floatText(unified ? 0 : margin.wallet, USD_DECIMALS),
    totalMarginUsed: floatText(margin.positionMargin, USD_DECIMALS),
  };
  return {
    marginSummary: summary,
    crossMarginSummary: summary,
    crossMaintenanceMarginUsed: floatText(margin.positionMargin / 2, USD_DECIMALS),
    withdrawable: floatText(unified ? 0 : Math.max(0, margin.available), USD_DECIMALS),
    assetPositions,
    time: state.blocks.timeMs,
  };
}

export function spotClearinghouseState(state: VenueState): Json {
  const { exchange, owner, symbols } = state;
  const { spot, perp } = walletsOf(state.mode);
  const tokens = new Map<string, { name: string; index: number }>([
    ["USDC", { name: "USDC", index: 0 }],
    ...symbols.spots.map((each) => [each.sim.instrument.terms.base, each.token] as const),
  ]);
  const margin = exchange.margin(owner, perp, "USDC");
  const balances = [...exchange.user(owner).wallet(spot).assets].flatMap(([asset, balance]) => {
    const token = tokens.get(asset);
    if (token === undefined) return [];
    const carries = asset === "USDC" && spot === perp;
    const used = carries ? Math.max(0, margin.positionMargin + margin.orderMargin) : 0;
    return [{
      coin: token.name,
      token: token.index,
      total: floatText(moneyToNumber(balance.total), 8),
      hold: floatText(moneyToNumber(balance.locked) + used, 8),
      entryNtl: "0.0",
    }];
  });
  return { balances };
}

/** What the account may still do. */
export function userRateLimit(state: VenueState, limits: RateLimits): Json {
  const { volume } = state;
  return {
    cumVlm: floatText(volume, 6),
    nRequestsUsed: limits.used,
    nRequestsCap: limits.capOf(volume),
    nRequestsSurplus: 0,
  };
}

export function userFees(state: VenueState): Json {
  const rate = (symbol: WireSymbol | undefined, kind: "maker" | "taker") =>
    floatText((symbol?.sim.options.fees[kind] ?? 0) / 1e6, 8);
  const [perp] = state.symbols.perps;
  const [spot] = state.symbols.spots;
  const rates = {
    userCrossRate: rate(perp, "taker"),
    userAddRate: rate(perp, "maker"),
    userSpotCrossRate: rate(spot, "taker"),
    userSpotAddRate: rate(spot, "maker"),
  };
  const { userCrossRate: cross, userAddRate: add } = rates;
  const schedule = {
    cross,
    add,
    spotCross: rates.userSpotCrossRate,
    spotAdd: rates.userSpotAddRate,
    tiers: { vip: [], mm: [] },
  };
  return { dailyUserVlm: [], feeSchedule: schedule, ...rates, activeReferralDiscount: "0.0" };
}

/** Last state of an order, in the venue's words. */
function statusBody(state: VenueState, order: SimOrder): Json {
  const { status, statusAtMs } = noteOf(state, order);
  return { order: frontendOrder(state, order), status, statusTimestamp: statusAtMs };
}

function leavesOf(order: SimOrder, status: string): number {
  return status === "filled" ? 0 : order.size - order.filled;
}

function triggerName({ isMarket, tpsl }: { isMarket: boolean; tpsl: string }): string {
  return `${tpsl === "sl" ? "Stop" : "Take Profit"} ${isMarket ? "Market" : "Limit"}`;
}

/** Position before a fill, and what the fill did to it. */
function movementOf(
  state: VenueState,
  symbol: WireSymbol,
  fill: SimFill,
): { startPosition: string; dir: string } {
  const later = state.positionsBefore.get(fill);
  const before = later ?? 0;
  if (!symbol.sim.perpetual) {
    return { startPosition: symbol.size(before), dir: fill.side === "buy" ? "Buy" : "Sell" };
  }
  const sign = fill.side === "buy" ? 1 : -1;
  const after = before + sign * fill.size;
  const startPosition = symbol.size(before);
  if (before !== 0 && after !== 0 && Math.sign(before) !== Math.sign(after)) {
    return { startPosition, dir: before > 0 ? "Long > Short" : "Short > Long" };
  }
  const closes = before !== 0 && Math.sign(before) !== sign;
  const long = (before === 0 ? sign : Math.sign(before)) > 0;
  return { startPosition, dir: `${closes ? "Close" : "Open"} ${long ? "Long" : "Short"}` };
}

function fundingOf(state: VenueState, symbol: WireSymbol): Json {
  const paid = state.fundings.reduce(
    (sum, each) => sum - (each.coin === symbol.coin ? Number(each.usdc) : 0),
    0,
  );
  const text = floatText(paid, USD_DECIMALS);
  return { allTime: text, sinceOpen: text, sinceChange: text };
}

function usd(amount: Money): string {
  return floatText(moneyToNumber(amount), USD_DECIMALS);
}
