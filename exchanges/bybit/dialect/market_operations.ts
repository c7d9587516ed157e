/**
 * Public market data over REST, and the bodies that its topics share.
 *
 * 1. The `u` of a snapshot is the number of the 1000-level topic; other depths compare `seq`.
 * 2. Lists come newest first.
 * Source: protocol sheet sections 2, 2.2, 2.3 and 6.
 * @module
 */
import { ServedSnapshots } from "@/exchanges/simulator/mod.ts";
import { bookNumber, levelsText } from "./book_feed.ts";
import { badParameter, type Failure, isFailure } from "./failures.ts";
import { type Answer, type Call, tradeIdText, type VenueState } from "./venue_state.ts";
import {
  type Category,
  finePrice,
  floatPlain,
  instrumentBody,
  type Json,
  millisOf,
  millisText,
  priceBand,
  type WireSymbol,
} from "./wire_symbols.ts";

const BOOK_LEVELS_MAX = 1_000;
const INSTRUMENTS_DEFAULT = 500;
const INSTRUMENTS_MAX = 1_000;

/** The category a request names. */
export function categoryOf(params: Json): Category | Failure {
  const { category } = params;
  return category === "spot" || category === "linear" ? category : badParameter("category");
}

/** The instrument a request names. */
export function symbolOf(state: VenueState, params: Json): WireSymbol | Failure {
  const category = categoryOf(params);
  if (isFailure(category)) return category;
  return state.symbols.find(category, params.symbol) ?? badParameter("symbol");
}

/** A whole number among the parameters. */
export function limitOf(params: Json, usual: number, most: number): number | Failure {
  const { limit } = params;
  if (limit === undefined || limit === "") return usual;
  const value = Number(limit);
  return Number.isInteger(value) && value >= 1 && value <= most ? value : badParameter("limit");
}

/** One page of a list, with the cursor of the next. */
export function pageOf<Item>(
  params: Json,
  items: readonly Item[],
  usual: number,
  most: number,
): { list: Item[]; nextPageCursor: string } | Failure {
  const limit = limitOf(params, usual, most);
  if (isFailure(limit)) return limit;
  const { cursor } = params;
  const from = cursor === undefined || cursor === "" ? 0 : cursorPlace(cursor);
  if (from === undefined) return badParameter("cursor");
  const next = from + limit;
  return {
    list: items.slice(from, next),
    nextPageCursor: next < items.length ? `page%3A${next}` : "",
  };
}

function cursorPlace(cursor: unknown): number | undefined {
  const match = /^page(?::|%3A)(\d{1,9})$/.exec(String(cursor));
  return match === null ? undefined : Number(match[1]);
}

/** The venue's clock. */
export function serverTime({ now }: Call): Answer {
  const timeSecond = String(Math.floor(now / 1e6));
  return { result: { timeSecond, timeNano: `${now}000` } };
}

/** Instruments of a category. */
export function instruments({ state, params }: Call): Answer {
  const category = categoryOf(params);
  if (isFailure(category)) return category;
  const { symbol, status } = params;
  const all = state.symbols.ofCategory(category).map(instrumentBody)
    .filter((each) => symbol === undefined || symbol === "" || each.symbol === symbol)
    .filter((each) => each.status === (status ?? each.status))
    .filter((each) => category === "linear" || each.status !== "Closed");
  if (typeof symbol === "string" && symbol !== "" && all.length === 0) {
    return badParameter("symbol");
  }
  if (category === "spot") return { result: { category, list: all, nextPageCursor: "" } };
  const page = pageOf(params, all, INSTRUMENTS_DEFAULT, INSTRUMENTS_MAX);
  return isFailure(page) ? page : { result: { category, ...page } };
}

/** The book, to a depth; under a fault one that was served before. */
export function orderbook({ state, params, now }: Call): Answer {
  const symbol = symbolOf(state, params);
  if (isFailure(symbol)) return symbol;
  const { faults } = state;
  const limit = limitOf(params, symbol.category === "spot" ? 1 : 25, BOOK_LEVELS_MAX);
  if (isFailure(limit)) return limit;
  const u = state.deepBookNumber(symbol);
  const ts = millisOf(now);
  const result = {
    s: symbol.name,
    b: JSON.parse(levelsText(symbol, "buy", limit)),
    a: JSON.parse(levelsText(symbol, "sell", limit)),
    ts,
    u,
    seq: symbol.sim.updateId,
    cts: ts,
  };
  const when = { faults, now: state.exchange.clock.now() };
  return { result: SERVED.serve(symbol, limit, when, () => result) };
}

const SERVED = new ServedSnapshots<Json>();

/** The number of the deepest book while nobody listens to it. */
export function silentBookNumber(state: VenueState, symbol: WireSymbol): number {
  return bookNumber(state, symbol, BOOK_LEVELS_MAX);
}

/** Prices and the day of one instrument, or of all of a category. */
export function tickers({ state, params }: Call): Answer {
  const category = categoryOf(params);
  if (isFailure(category)) return category;
  const { symbol: name } = params;
  const all = state.symbols.ofCategory(category)
    .filter((each) => each.sim.status !== "delisted")
    .filter((each) => name === undefined || name === "" || each.name === name);
  if (all.length === 0) return badParameter("symbol");
  const list = all.map((each) => ({ ...tickerBody(each), ...touchBody(each) }));
  return { result: { category, list } };
}

/** Recent prints. */
export function recentTrades({ state, params }: Call): Answer {
  const symbol = symbolOf(state, params);
  if (isFailure(symbol)) return symbol;
  const most = symbol.category === "spot" ? 60 : 1_000;
  const limit = limitOf(params, symbol.category === "spot" ? 60 : 500, most);
  if (isFailure(limit)) return limit;
  const list = symbol.sim.prints.slice(-limit).reverse().map((print) => ({
    execId: tradeIdText(symbol.sim, print.id),
    symbol: symbol.name,
    price: symbol.price(print.price),
    size: symbol.size(print.size),
    side: print.aggressor === "buy" ? "Buy" : "Sell",
    time: millisText(print.at),
    isBlockTrade: false,
    isRPITrade: false,
    seq: String(symbol.sim.updateId),
  }));
  return { result: { category: symbol.category, list } };
}

/** Funding rates that were paid. */
export function fundingHistory({ state, params }: Call): Answer {
  const symbol = symbolOf(state, params);
  if (isFailure(symbol)) return symbol;
  if (symbol.category !== "linear") return badParameter("category");
  const limit = limitOf(params, 200, 200);
  if (isFailure(limit)) return limit;
  const list = state.fundingRates.filter((each) => each.symbol === symbol).slice(-limit).reverse()
    .map(({ rate, at }) => ({
      symbol: symbol.name,
      fundingRate: floatPlain(rate, 8),
      fundingRateTimestamp: millisText(at),
    }));
  return { result: { category: "linear", list } };
}

/** Highest bid and lowest ask that are taken. */
export function priceLimit({ state, params, now }: Call): Answer {
  const symbol = symbolOf(state, { ...params, category: params.category ?? "linear" });
  if (isFailure(symbol)) return symbol;
  return { result: { ...priceLimitBody(symbol), ts: millisText(now) } };
}

/** Maintenances, newest first. */
export function systemStatus({ state, params }: Call): Answer {
  const { id, state: wanted } = params;
  const list = [...state.maintenances].reverse()
    .filter((each) => id === undefined || each.id === id)
    .filter((each) => wanted === undefined || each.state === wanted);
  return { result: { list } };
}

/** What the ticker topic says of an instrument. */
export function tickerBody(symbol: WireSymbol): Json {
  const { sim, day, category, name } = symbol;
  const { tickValue } = sim.instrument;
  const day24h = {
    symbol: name,
    lastPrice: symbol.price(sim.last),
    highPrice24h: symbol.price(day.high),
    lowPrice24h: symbol.price(day.low),
    prevPrice24h: symbol.price(day.open),
    volume24h: symbol.size(day.lots),
    turnover24h: floatPlain(day.value, 4),
    price24hPcnt: floatPlain(sim.last / day.open - 1, 6),
  };
  if (category === "spot") {
    return { ...day24h, usdIndexPrice: floatPlain(sim.index * tickValue, 6) };
  }
  // Positions of the background are nobody's business: all that traded counts as open.
  const interest = day.lots * sim.instrument.lotValue;
  return {
    ...day24h,
    tickDirection: day.direction,
    prevPrice1h: symbol.price(day.open),
    markPrice: finePrice(symbol, sim.mark),
    indexPrice: finePrice(symbol, sim.index),
    openInterest: symbol.size(day.lots),
    openInterestValue: floatPlain(interest * sim.mark * tickValue, 2),
    nextFundingTime: millisText(sim.nextFundingAt),
    fundingRate: floatPlain(sim.fundingRate, 8),
    fundingIntervalHour: "8",
    fundingCap: "0.02",
    ...touchBody(symbol),
  };
}

/** Best bid and ask of a ticker; the topic of spot has none. */
function touchBody(symbol: WireSymbol): Json {
  const { bid, bidSize, ask, askSize } = symbol.sim;
  return {
    bid1Price: bid > 0 ? symbol.price(bid) : "",
    bid1Size: bid > 0 ? symbol.size(bidSize) : "",
    ask1Price: ask > 0 ? symbol.price(ask) : "",
    ask1Size: ask > 0 ? symbol.size(askSize) : "",
  };
}

/** What the price limit topic says of an instrument. */
export function priceLimitBody(symbol: WireSymbol): Json {
  const { highest, lowest } = priceBand(symbol);
  return { symbol: symbol.name, buyLmt: symbol.price(highest), sellLmt: symbol.price(lowest) };
}
