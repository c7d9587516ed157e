/**
 * Public market data over REST and the WebSocket API.
 * @module
 */
import { levelsOf, ServedSnapshots, type SimInstrument } from "@/exchanges/simulator/mod.ts";
import type { Side } from "@/engine/domain/mod.ts";
import { failure, INVALID_SYMBOL, isFailure } from "./failures.ts";
import { symbolOf } from "./order_requests.ts";
import { type Json, millis } from "./order_shapes.ts";
import { listOf, whole } from "./params.ts";
import type { Answer, Call, VenueState } from "./venue_state.ts";
import { decimalsOf, floatFixed, type WireProduct, type WireSymbol } from "./wire_symbols.ts";

const USDM_DEPTHS = [5, 10, 20, 50, 100, 500, 1_000];
const SPOT_DEPTH_MAX = 5_000;

/** Nothing, to show that the line is open. */
export function ping(_call: Call): Answer {
  return {};
}

/** The venue's clock. */
export function serverTime(call: Call): Answer {
  return { serverTime: millis(call.now) };
}

/** Instruments, their filters and the limits. */
export function exchangeInfo(call: Call): Answer {
  const { state, product } = call;
  const names = listOf(call.params, "symbols") ??
    (product === "spot" && call.params.has("symbol") ? [call.params.get("symbol")!] : undefined);
  if (names?.some((name) => state.symbols.find(product, name) === undefined)) {
    return INVALID_SYMBOL;
  }
  const symbols = state.symbols.ofProduct(product)
    .filter((symbol) => names === undefined || names.includes(symbol.name));
  const common = {
    timezone: "UTC",
    serverTime: millis(call.now),
    rateLimits: state.limits[product].published,
    exchangeFilters: [],
  };
  if (product === "spot") return { ...common, symbols: symbols.map(spotSymbol) };
  const assets = [...new Set(symbols.map(({ sim }) => sim.instrument.terms.settle))];
  return {
    ...common,
    futuresType: "U_MARGINED",
    assets: assets.map((asset) => ({ asset, marginAvailable: true, autoAssetExchange: "-10000" })),
    symbols: symbols.map(usdmSymbol),
  };
}

/** The book, to a depth; under a fault one that was served before. */
export function depth(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const asked = whole(call.params, "limit");
  const limit = asked ?? (call.product === "spot" ? 100 : 500);
  if (call.product === "usdm" && !USDM_DEPTHS.includes(limit)) {
    return failure(-4021, `Invalid depth limit:${limit}`);
  }
  const { faults, exchange } = call.state;
  return SERVED.serve(symbol, limit, { faults, now: exchange.clock.now() }, () => {
    return depthText(symbol, Math.min(limit, SPOT_DEPTH_MAX), call.now);
  });
}

const SERVED = new ServedSnapshots<string>();

/** A snapshot's text. */
export function depthText(symbol: WireSymbol, limit: number, now: number): string {
  const { sim } = symbol;
  const at = millis(now);
  const times = symbol.product === "usdm" ? `,"E":${at},"T":${at}` : "";
  return `{"lastUpdateId":${sim.updateId}${times},"bids":${sideText(symbol, "buy", limit)}` +
    `,"asks":${sideText(symbol, "sell", limit)}}`;
}

/** One side as `[["price","size"],…]`, best first. */
export function sideText(symbol: WireSymbol, side: Side, limit: number): string {
  let text = "[";
  for (const [price, size] of levelsOf(symbol.sim, side, limit)) {
    if (text.length > 1) text += ",";
    text += `["${symbol.price(price)}","${symbol.size(size)}"]`;
  }
  return `${text}]`;
}

/** Best bid and ask of a symbol, or of all. */
export function bookTicker(call: Call): Answer {
  return forSymbols(call, (symbol) => {
    const { sim } = symbol;
    return {
      ...(symbol.product === "usdm" ? { lastUpdateId: sim.updateId } : {}),
      symbol: symbol.name,
      bidPrice: symbol.price(sim.bid),
      bidQty: symbol.size(sim.bidSize),
      askPrice: symbol.price(sim.ask),
      askQty: symbol.size(sim.askSize),
      ...(symbol.product === "usdm" ? { time: millis(call.now) } : {}),
    };
  });
}

/** Last price of a symbol, or of all. */
export function tickerPrice(call: Call): Answer {
  return forSymbols(call, (symbol) => ({
    symbol: symbol.name,
    price: symbol.price(symbol.sim.last),
    ...(symbol.product === "usdm" ? { time: millis(call.now) } : {}),
  }));
}

/** Recent prints, oldest first. */
export function recentTrades(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const limit = Math.max(1, Math.min(1_000, whole(call.params, "limit") ?? 500));
  const { tickValue, lotValue } = symbol.sim.instrument;
  return symbol.sim.prints.slice(-limit).map((print) => ({
    id: print.id,
    price: symbol.price(print.price),
    qty: symbol.size(print.size),
    quoteQty: floatFixed(
      print.price * tickValue * print.size * lotValue,
      symbol.product === "spot" ? 8 : 2,
    ),
    time: millis(print.at),
    isBuyerMaker: print.aggressor === "sell",
    ...(symbol.product === "spot" ? { isBestMatch: true } : {}),
  }));
}

/** Mark price, index and funding of a symbol, or of all. */
export function premiumIndex(call: Call): Answer {
  return forSymbols(call, (symbol) => {
    const { sim } = symbol;
    const value = (ticks: number) => floatFixed(ticks * sim.instrument.tickValue);
    return {
      symbol: symbol.name,
      markPrice: value(sim.mark),
      indexPrice: value(sim.index),
      estimatedSettlePrice: value(sim.index),
      lastFundingRate: floatFixed(sim.fundingRate),
      interestRate: "0.00010000",
      nextFundingTime: millis(sim.nextFundingAt),
      time: millis(call.now),
    };
  });
}

/** Fundings that were paid, newest last. */
export function fundingRate(call: Call): Answer {
  const symbol = call.params.has("symbol") ? symbolOf(call) : undefined;
  if (isFailure(symbol)) return symbol;
  const limit = Math.max(1, Math.min(1_000, whole(call.params, "limit") ?? 100));
  return fundingsOf(call.state)
    .filter((each) => symbol === undefined || each.symbol === symbol.name)
    .slice(-limit);
}

const FUNDINGS_KEPT = 1_000;
const fundings = new WeakMap<VenueState, Json[]>();

/** Remembers a paid funding rate. */
export function keepFunding(state: VenueState, sim: SimInstrument, at: number): void {
  const symbol = state.symbols.of(sim);
  const kept = fundingsOf(state);
  const fundingTime = millis(at);
  const last = kept.findLast((each) => each.symbol === symbol.name);
  if (last?.fundingTime === fundingTime) return;
  kept.push({
    symbol: symbol.name,
    fundingTime,
    fundingRate: floatFixed(sim.fundingRate),
    markPrice: floatFixed(sim.mark * sim.instrument.tickValue),
  });
  if (kept.length > FUNDINGS_KEPT) kept.shift();
}

function fundingsOf(state: VenueState): Json[] {
  let kept = fundings.get(state);
  if (kept === undefined) {
    kept = [];
    fundings.set(state, kept);
  }
  return kept;
}

function forSymbols(call: Call, make: (symbol: WireSymbol) => Json): Answer {
  if (!call.params.has("symbol")) {
    const names = listOf(call.params, "symbols");
    return call.state.symbols.ofProduct(call.product)
      .filter((symbol) => names === undefined || names.includes(symbol.name))
      .map(make);
  }
  const symbol = symbolOf(call);
  return isFailure(symbol) ? symbol : make(symbol);
}

/** The venue's word for an instrument's state. */
export function statusOf(symbol: WireSymbol): string {
  const spot = symbol.product === "spot";
  switch (symbol.sim.status) {
    case "trading":
      return "TRADING";
    case "halted":
      return spot ? "HALT" : "PENDING_TRADING";
    case "maintenance":
      return spot ? "BREAK" : "PENDING_TRADING";
    case "delisted":
      return spot ? "BREAK" : "CLOSE";
  }
}

function filtersOf(symbol: WireSymbol, product: WireProduct): Json[] {
  const { sim } = symbol;
  const { terms, minSize, maxSize, orderTick, orderLot } = sim.instrument;
  const minQty = symbol.size(minSize);
  const maxQty = symbol.size(maxSize);
  const stepSize = symbol.size(orderLot);
  const tickSize = symbol.price(orderTick);
  const price = {
    filterType: "PRICE_FILTER",
    minPrice: tickSize,
    maxPrice: symbol.price(Math.round(sim.options.startPrice * 20)),
    tickSize,
  };
  const lot = { filterType: "LOT_SIZE", minQty, maxQty, stepSize };
  const marketLot = { ...lot, filterType: "MARKET_LOT_SIZE" };
  const { openOrdersMax, stopsMax, priceBand } = sim.options;
  if (product === "usdm") {
    return [
      price,
      lot,
      marketLot,
      { filterType: "MAX_NUM_ORDERS", limit: openOrdersMax },
      { filterType: "MAX_NUM_ALGO_ORDERS", limit: stopsMax },
      { filterType: "MIN_NOTIONAL", notional: terms.minNotional ?? "5" },
      {
        filterType: "PERCENT_PRICE",
        multiplierUp: (1 + priceBand).toFixed(4),
        multiplierDown: (1 - priceBand).toFixed(4),
        multiplierDecimal: "4",
      },
    ];
  }
  return [
    price,
    lot,
    { filterType: "ICEBERG_PARTS", limit: 10 },
    marketLot,
    {
      filterType: "NOTIONAL",
      minNotional: floatFixed(Number(terms.minNotional ?? "5")),
      applyMinToMarket: true,
      maxNotional: "9000000.00000000",
      applyMaxToMarket: false,
      avgPriceMins: 5,
    },
    { filterType: "MAX_NUM_ORDERS", maxNumOrders: openOrdersMax },
    { filterType: "MAX_NUM_ALGO_ORDERS", maxNumAlgoOrders: stopsMax },
  ];
}

function spotSymbol(symbol: WireSymbol): Json {
  const { terms } = symbol.sim.instrument;
  return {
    symbol: symbol.name,
    status: statusOf(symbol),
    baseAsset: terms.base,
    baseAssetPrecision: 8,
    quoteAsset: terms.quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: [
      "LIMIT",
      "LIMIT_MAKER",
      "MARKET",
      "STOP_LOSS",
      "STOP_LOSS_LIMIT",
      "TAKE_PROFIT",
      "TAKE_PROFIT_LIMIT",
    ],
    icebergAllowed: false,
    ocoAllowed: false,
    otoAllowed: false,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: false,
    cancelReplaceAllowed: true,
    amendAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: filtersOf(symbol, "spot"),
    permissions: [],
    permissionSets: [["SPOT"]],
    defaultSelfTradePreventionMode: "EXPIRE_MAKER",
    allowedSelfTradePreventionModes: [
      "NONE",
      "EXPIRE_TAKER",
      "EXPIRE_MAKER",
      "EXPIRE_BOTH",
      "DECREMENT",
    ],
  };
}

function usdmSymbol(symbol: WireSymbol): Json {
  const { terms } = symbol.sim.instrument;
  return {
    symbol: symbol.name,
    pair: symbol.name,
    contractType: "PERPETUAL",
    deliveryDate: 4_133_404_800_000,
    onboardDate: 1_569_398_400_000,
    status: statusOf(symbol),
    maintMarginPercent: "2.5000",
    requiredMarginPercent: "5.0000",
    baseAsset: terms.base,
    quoteAsset: terms.quote,
    marginAsset: terms.settle,
    pricePrecision: Math.max(2, decimalsOf(terms.orderTick ?? terms.tick)),
    quantityPrecision: decimalsOf(terms.orderLot ?? terms.lot),
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: "COIN",
    underlyingSubType: [],
    triggerProtect: "0.0500",
    liquidationFee: "0.012500",
    marketTakeBound: "0.05",
    filters: filtersOf(symbol, "usdm"),
    orderTypes: [
      "LIMIT",
      "MARKET",
      "STOP",
      "STOP_MARKET",
      "TAKE_PROFIT",
      "TAKE_PROFIT_MARKET",
    ],
    timeInForce: ["GTC", "IOC", "FOK", "GTX"],
  };
}
