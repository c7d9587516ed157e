/**
 * Public market data over REST, and the bodies that its channels share.
 *
 * 1. `fundingTime` is the payment to come, `nextFundingTime` the one after it.
 * Source: protocol sheet sections 2 and 6, the venue's own examples.
 * @module
 */
import { ServedSnapshots, type SimPrint } from "@/exchanges/simulator/mod.ts";
import { levelsText } from "./book_feed.ts";
import {
  badParameter,
  type Failure,
  isFailure,
  missingParameter,
  NO_INSTRUMENT,
} from "./failures.ts";
import type { Answer, Call, VenueState } from "./venue_state.ts";
import {
  finePrice,
  floatPlain,
  instrumentBody,
  type Json,
  millisText,
  type WireSymbol,
} from "./wire_symbols.ts";

const BOOK_LEVELS_MAX = 400;
const FUNDING_EVERY_US = 8 * 3_600_000_000;
const RATE_DECIMALS = 16;

/** The venue's clock. */
export function serverTime(call: Call): Answer {
  return [{ ts: millisText(call.now) }];
}

/** Instruments of a type. */
export function instruments(call: Call): Answer {
  const { instType, instId } = call.params;
  if (instType === undefined) return missingParameter("instType");
  if (instType === "FUTURES" || instType === "MARGIN" || instType === "OPTION") return [];
  if (instType !== "SPOT" && instType !== "SWAP") return badParameter("instType");
  const all = call.state.symbols.ofType(instType);
  if (instId === undefined) return all.map(instrumentBody);
  const one = all.filter((each) => each.instId === instId);
  return one.length === 0 ? NO_INSTRUMENT : one.map(instrumentBody);
}

/** The book, to a depth; under a fault one that was served before. */
export function books(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const { faults } = call.state;
  const asked = call.params.sz === undefined ? 1 : Number(call.params.sz);
  if (!Number.isInteger(asked) || asked < 1 || asked > BOOK_LEVELS_MAX) return badParameter("sz");
  const when = { faults, now: call.state.exchange.clock.now() };
  return SERVED.serve(symbol, asked, when, () =>
    `[{"asks":${levelsText(symbol, "sell", asked)},` +
    `"bids":${levelsText(symbol, "buy", asked)},"ts":"${millisText(call.now)}",` +
    `"seqId":${symbol.sim.updateId}}]`);
}

const SERVED = new ServedSnapshots<string>();

/** Last price, touch and day of one instrument. */
export function ticker(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  return [{ ...tickerBody(symbol), ts: millisText(call.now) }];
}

/** The same of all instruments of a type. */
export function tickers(call: Call): Answer {
  return call.state.symbols.ofType(call.params.instType)
    .map((symbol) => ({ ...tickerBody(symbol), ts: millisText(call.now) }));
}

/** Recent prints, newest first. */
export function recentTrades(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const limit = Math.max(1, Math.min(500, Number(call.params.limit ?? 100) || 100));
  return symbol.sim.prints.slice(-limit).reverse().map((print) => tradeBody(symbol, print));
}

/** Mark prices of swaps: of one, or of all. */
export function markPrices(call: Call): Answer {
  return swapsOf(call).map((symbol) => ({ ...markBody(symbol), ts: millisText(call.now) }));
}

/** Index prices by family: of one, or of all quoted in a currency. */
export function indexTickers(call: Call): Answer {
  const { instId, quoteCcy } = call.params;
  return call.state.symbols.ofType("SWAP")
    .filter((each) => instId === undefined || each.family === instId)
    .filter((each) => quoteCcy === undefined || each.sim.instrument.terms.quote === quoteCcy)
    .map((symbol) => ({ ...indexBody(symbol), ts: millisText(call.now) }));
}

/** The funding rate to come. */
export function fundingRate(call: Call): Answer {
  if (call.params.instId === undefined) return missingParameter("instId");
  const wanted = call.params.instId === "ANY" ? call.state.symbols.ofType("SWAP") : swapsOf(call);
  if (wanted.length === 0) return NO_INSTRUMENT;
  const ts = millisText(call.now);
  return wanted.map((symbol) => ({ ...fundingBody(symbol, call.now), ts }));
}

/** Fundings that were paid, newest first. */
export function fundingHistory(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const limit = Math.max(1, Math.min(400, Number(call.params.limit ?? 400) || 400));
  return call.state.paidFundings.filter((each) => each.instId === symbol.instId)
    .slice(-limit).reverse();
}

/** Highest buy and lowest sell. */
export function priceLimit(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  return [{ ...priceLimitBody(symbol), ts: millisText(call.now) }];
}

/** Maintenances, newest last. */
export function systemStatus(call: Call): Answer {
  const { state } = call.params;
  return call.state.maintenances.filter((each) => state === undefined || each.state === state);
}

/** The instrument a call names. */
export function symbolOf(call: Call): WireSymbol | Failure {
  const { instId } = call.params;
  if (instId === undefined || instId === "") return missingParameter("instId");
  return call.state.symbols.find(instId) ?? NO_INSTRUMENT;
}

export function tickerBody(symbol: WireSymbol): Json {
  const { sim, day, instId, instType } = symbol;
  const openPx = symbol.price(day.open);
  const base = day.lots * sim.instrument.lotValue;
  return {
    instType,
    instId,
    last: symbol.price(sim.last),
    lastSz: symbol.size(day.lastLots),
    askPx: sim.ask > 0 ? symbol.price(sim.ask) : "",
    askSz: symbol.size(sim.askSize),
    bidPx: sim.bid > 0 ? symbol.price(sim.bid) : "",
    bidSz: symbol.size(sim.bidSize),
    open24h: openPx,
    high24h: symbol.price(day.high),
    low24h: symbol.price(day.low),
    volCcy24h: floatPlain(instType === "SPOT" ? day.value : base, 8),
    vol24h: symbol.size(day.lots),
    sodUtc0: openPx,
    sodUtc8: openPx,
  };
}

export function markBody(symbol: WireSymbol): Json {
  const { instId, instType, sim } = symbol;
  return { instType, instId, markPx: finePrice(symbol, sim.mark) };
}

export function indexBody(symbol: WireSymbol): Json {
  const idxPx = finePrice(symbol, symbol.sim.index);
  const { day } = symbol;
  return {
    instId: symbol.family,
    idxPx,
    high24h: symbol.price(day.high),
    sodUtc0: symbol.price(day.open),
    open24h: symbol.price(day.open),
    low24h: symbol.price(day.low),
    sodUtc8: symbol.price(day.open),
  };
}

export function fundingBody(symbol: WireSymbol, _now: number): Json {
  const { sim, instId } = symbol;
  return {
    formulaType: "withRate",
    fundingRate: floatPlain(sim.fundingRate, RATE_DECIMALS),
    fundingTime: millisText(sim.nextFundingAt),
    impactValue: "20000",
    instId,
    instType: "SWAP",
    interestRate: "0.0001",
    maxFundingRate: "0.02",
    method: "current_period",
    minFundingRate: "-0.02",
    nextFundingRate: "",
    nextFundingTime: millisText(sim.nextFundingAt + FUNDING_EVERY_US),
    premium: floatPlain(sim.premium, RATE_DECIMALS),
    settFundingRate: floatPlain(sim.fundingRate, RATE_DECIMALS),
    settState: "settled",
  };
}

export function priceLimitBody(symbol: WireSymbol): Json {
  const { instId, instType } = symbol;
  const { highest, lowest } = priceBand(symbol);
  return {
    instId,
    instType,
    buyLmt: symbol.price(highest),
    sellLmt: symbol.price(lowest),
    enabled: true,
  };
}

/** Highest buy and lowest sell in ticks. */
export function priceBand(symbol: WireSymbol): { highest: number; lowest: number } {
  const { mark, options } = symbol.sim;
  return {
    highest: Math.floor(mark * (1 + options.priceBand)),
    lowest: Math.ceil(mark * (1 - options.priceBand)),
  };
}

const FUNDINGS_KEPT = 1_000;

/** Remembers a paid funding rate, once per instrument and payment. */
export function keepFunding(state: VenueState, symbol: WireSymbol, at: number): void {
  const { sim, instId } = symbol;
  const fundingTime = millisText(Math.floor(at / 1e6) * 1e6);
  const kept = state.paidFundings;
  if (kept.findLast((each) => each.instId === instId)?.fundingTime === fundingTime) return;
  const rate = floatPlain(sim.fundingRate, RATE_DECIMALS);
  kept.push({
    formulaType: "withRate",
    fundingRate: rate,
    fundingTime,
    instId,
    instType: "SWAP",
    method: "current_period",
    realizedRate: rate,
  });
  if (kept.length > FUNDINGS_KEPT) kept.shift();
}

function swapsOf(call: Call): WireSymbol[] {
  const { instId } = call.params;
  return call.state.symbols.ofType("SWAP")
    .filter((each) => instId === undefined || each.instId === instId);
}

function tradeBody(symbol: WireSymbol, print: Readonly<SimPrint>): Json {
  return {
    instId: symbol.instId,
    side: print.aggressor,
    sz: symbol.size(print.size),
    source: "0",
    px: symbol.price(print.price),
    tradeId: String(print.id),
    ts: millisText(print.at),
  };
}
