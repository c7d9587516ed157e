/**
 * Public market data over REST.
 * @module
 */
import { levelsOf, ServedSnapshots, type SimInstrument } from "@/exchanges/simulator/mod.ts";
import type { Side } from "@/engine/domain/mod.ts";
import { failure, isFailure } from "./failures.ts";
import { symbolOf } from "./order_requests.ts";
import { type Json, millis } from "./order_shapes.ts";
import { whole } from "./params.ts";
import type { Answer, Call, VenueState } from "./venue_state.ts";
import { floatFixed, type WireProduct, type WireSymbol } from "./wire_symbols.ts";

const DEPTHS = [5, 10, 20, 50, 100, 500, 1_000];

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
  const symbols = state.symbols.ofProduct(product);
  const assets = new Set(
    symbols.flatMap(({ sim: { instrument: { terms } } }) =>
      product === "perp" ? [terms.settle] : [terms.base, terms.quote]
    ),
  );
  return {
    timezone: "UTC",
    serverTime: millis(call.now),
    rateLimits: state.limits[product].published,
    exchangeFilters: [],
    assets: [...assets].map((asset) =>
      product === "perp" ? { asset, marginAvailable: true, autoAssetExchange: null } : { asset }
    ),
    symbols: symbols.map(symbolInfo),
  };
}

/** The book, to a depth; under a fault one that was served before. */
export function depth(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const asked = whole(call.params, "limit");
  const limit = asked ?? (call.product === "spot" ? 100 : 500);
  if (!DEPTHS.includes(limit)) {
    return failure(-4021, `Invalid depth limit:${limit}`);
  }
  const { faults, exchange } = call.state;
  return SERVED.serve(symbol, limit, { faults, now: exchange.clock.now() }, () => {
    return depthText(symbol, limit, call.now);
  });
}

const SERVED = new ServedSnapshots<string>();

/** A snapshot's text. */
export function depthText(symbol: WireSymbol, limit: number, now: number): string {
  const { sim } = symbol;
  const at = millis(now);
  return `{"lastUpdateId":${sim.updateId},"E":${at},"T":${at},` +
    `"bids":${sideText(symbol, "buy", limit)},"asks":${sideText(symbol, "sell", limit)}}`;
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
      symbol: symbol.name,
      bidPrice: symbol.price(sim.bid),
      bidQty: symbol.size(sim.bidSize),
      askPrice: symbol.price(sim.ask),
      askQty: symbol.size(sim.askSize),
      time: millis(call.now),
    };
  });
}

/** Last price of a symbol, or of all. */
export function tickerPrice(call: Call): Answer {
  return forSymbols(call, (symbol) => ({
    symbol: symbol.name,
    price: symbol.price(symbol.sim.last),
    time: millis(call.now),
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
    return call.state.symbols.ofProduct(call.product).map(make);
  }
  const symbol = symbolOf(call);
  return isFailure(symbol) ? symbol : make(symbol);
}

function statusOf(symbol: WireSymbol): string {
  switch (symbol.sim.status) {
    case "trading":
      return "TRADING";
    case "halted":
    case "maintenance":
      return "PENDING_TRADING";
    case "delisted":
      return "CLOSE";
  }
}

function filtersOf(symbol: WireSymbol, product: WireProduct): Json[] {
  const { sim } = symbol;
  const { terms, minSize, maxSize } = sim.instrument;
  const tickSize = symbol.price(symbol.sim.instrument.orderTick);
  const lot = {
    minQty: symbol.size(minSize),
    maxQty: symbol.size(maxSize),
    stepSize: symbol.size(symbol.sim.instrument.orderLot),
  };
  const { openOrdersMax, stopsMax, priceBand, startPrice } = sim.options;
  const maxPrice = symbol.price(Math.round(startPrice * 20));
  const minimum = terms.minNotional ?? "5";
  const notional = product === "spot" ? { minNotional: minimum } : { notional: minimum };
  return [
    { filterType: "PRICE_FILTER", minPrice: tickSize, maxPrice, tickSize },
    { filterType: "LOT_SIZE", ...lot },
    { filterType: "MARKET_LOT_SIZE", ...lot },
    { filterType: "MAX_NUM_ORDERS", limit: openOrdersMax },
    { filterType: "MAX_NUM_ALGO_ORDERS", limit: stopsMax },
    { filterType: "MIN_NOTIONAL", ...notional },
    {
      filterType: "PERCENT_PRICE",
      multiplierUp: (1 + priceBand).toFixed(4),
      multiplierDown: (1 - priceBand).toFixed(4),
      multiplierDecimal: "4",
    },
  ];
}

const ORDER_TYPES = [
  "LIMIT",
  "MARKET",
  "STOP",
  "STOP_MARKET",
  "TAKE_PROFIT",
  "TAKE_PROFIT_MARKET",
];

function symbolInfo(symbol: WireSymbol): Json {
  const { terms } = symbol.sim.instrument;
  const perp = symbol.product === "perp";
  return {
    symbol: symbol.name,
    ...(perp ? { pair: symbol.name, contractType: "PERPETUAL" } : {}),
    ...(perp ? { deliveryDate: 4_133_404_800_000, onboardDate: 1_627_628_400_000 } : {}),
    status: statusOf(symbol),
    baseAsset: terms.base,
    quoteAsset: terms.quote,
    ...(perp ? { marginAsset: terms.settle } : {}),
    pricePrecision: perp ? symbol.priceDecimals : 8,
    quantityPrecision: perp ? symbol.sizeDecimals : 8,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    ...(perp
      ? {
        underlyingType: "COIN",
        underlyingSubType: [],
        maintMarginPercent: "2.5000",
        requiredMarginPercent: "5.0000",
        triggerProtect: "0.0200",
        liquidationFee: "0.012500",
        marketTakeBound: "0.02",
      }
      : { ocoAllowed: false }),
    filters: filtersOf(symbol, symbol.product),
    orderTypes: ORDER_TYPES,
    timeInForce: ["GTC", "IOC", "FOK", "GTX"],
  };
}
