/**
 * Public market data over REST, and the bodies that its channels share.
 *
 * Source: protocol sheet sections 2 and 6.
 * @module
 */
import { levelsOf, ServedSnapshots, type SimPrint } from "@/exchanges/simulator/mod.ts";
import { levelsText } from "./book_feed.ts";
import {
  badParameter,
  type Failure,
  isFailure,
  missingParameter,
  noInstrument,
} from "./failures.ts";
import type { Answer, Call } from "./venue_state.ts";
import {
  contractBody,
  finePrice,
  floatPlain,
  type Json,
  pairBody,
  sizeOf,
  type WireSymbol,
} from "./wire_symbols.ts";

const SERVED = new ServedSnapshots<string>();
const BOOK_LEVELS_MAX = 100;
const PRINTS_MAX = 1_000;

/** The venue's clock. */
export function serverTime(call: Call): Answer {
  return { server_time: Math.floor(call.now / 1_000) };
}

/** All pairs or contracts. */
export function instruments(call: Call): Answer {
  return call.state.symbols.ofProduct(call.product).map((each) => instrumentBody(call, each));
}

/** One pair or contract, named in the path. */
export function instrument(call: Call): Answer {
  const symbol = call.state.symbols.find(call.product, call.params.order_id);
  return symbol === undefined
    ? noInstrument(call.product, call.params.order_id)
    : instrumentBody(call, symbol);
}

/** The book, to a depth; under a fault one that was served before. */
export function orderBook(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const { decimal, now, params, product, state } = call;
  const { faults } = state;
  const limit = params.limit === undefined ? 10 : Number(params.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > BOOK_LEVELS_MAX) {
    return badParameter("limit");
  }
  const ms = Math.floor(now / 1_000);
  const at = product === "spot" ? String(ms) : (ms / 1_000).toFixed(3);
  const id = params.with_id === "true" ? `"id":${symbol.sim.updateId},` : "";
  const asks = levelsText(symbol, levelsOf(symbol.sim, "sell", limit), decimal);
  const bids = levelsText(symbol, levelsOf(symbol.sim, "buy", limit), decimal);
  const fresh = `{${id}"current":${at},"update":${at},"asks":${asks},"bids":${bids}}`;
  const when = { faults, now: state.exchange.clock.now() };
  return { text: SERVED.serve(symbol, limit, when, () => fresh) };
}

/** Last price, touch and day of one instrument, or of all. */
export function tickers(call: Call): Answer {
  const { state, product, decimal } = call;
  const name = nameOf(call);
  if (name === undefined) {
    return state.symbols.ofProduct(product).map((each) => tickerBody(each, decimal));
  }
  const symbol = symbolOf(call);
  return isFailure(symbol) ? symbol : [tickerBody(symbol, decimal)];
}

/** Recent prints, newest first. */
export function recentTrades(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const limit = Math.max(1, Math.min(PRINTS_MAX, Number(call.params.limit ?? 100) || 100));
  const prints = symbol.sim.prints.slice(-limit).reverse();
  return prints.map((print) => tradeBody(symbol, print, call.decimal));
}

/** Fundings that were paid, newest first. */
export function fundingRates(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const limit = Math.max(1, Math.min(1_000, Number(call.params.limit ?? 100) || 100));
  return call.state.fundings.filter((each) => each.symbol === symbol).slice(-limit).reverse()
    .map(({ at, rate }) => ({ t: Math.floor(at / 1e6), r: rate }));
}

/** The instrument a call names. */
export function symbolOf(call: Call): WireSymbol | Failure {
  const name = nameOf(call);
  if (name === undefined || name === "") {
    return missingParameter(call.product === "spot" ? "currency_pair" : "contract");
  }
  return call.state.symbols.find(call.product, name) ?? noInstrument(call.product, name);
}

export function tickerBody(symbol: WireSymbol, decimal: boolean): Json {
  const { sim, day, name, product } = symbol;
  const base = day.lots * sim.instrument.lotValue;
  const change = floatPlain((sim.last / day.open - 1) * 100, 2);
  const touch = {
    lowest_ask: sim.ask > 0 ? symbol.price(sim.ask) : "",
    highest_bid: sim.bid > 0 ? symbol.price(sim.bid) : "",
  };
  const range = { high_24h: symbol.price(day.high), low_24h: symbol.price(day.low) };
  const last = symbol.price(sim.last);
  if (product === "spot") {
    return {
      currency_pair: name,
      last,
      ...touch,
      change_percentage: change,
      base_volume: floatPlain(base, 8),
      quote_volume: floatPlain(day.value, 8),
      ...range,
    };
  }
  const rate = floatPlain(sim.fundingRate, 6);
  return {
    contract: name,
    last,
    change_percentage: change,
    funding_rate: rate,
    funding_rate_indicative: rate,
    mark_price: finePrice(symbol, sim.mark),
    index_price: finePrice(symbol, sim.index),
    quanto_base_rate: "",
    total_size: decimal ? "0" : 0,
    volume_24h: String(sizeOf(symbol, day.lots, decimal)),
    volume_24h_base: floatPlain(base, 8),
    volume_24h_quote: floatPlain(day.value, 8),
    volume_24h_settle: floatPlain(day.value, 8),
    ...touch,
    ...range,
  };
}

export function tradeBody(symbol: WireSymbol, print: Readonly<SimPrint>, decimal: boolean): Json {
  const { id, aggressor, at } = print;
  const price = symbol.price(print.price);
  const seconds = Math.floor(at / 1e6);
  if (symbol.product === "spot") {
    return {
      id,
      id_market: id,
      create_time: seconds,
      create_time_ms: (at / 1_000).toFixed(4),
      side: aggressor,
      currency_pair: symbol.name,
      amount: symbol.size(print.size),
      price,
      range: `${id}-${id}`,
    };
  }
  return {
    size: sizeOf(symbol, aggressor === "buy" ? print.size : -print.size, decimal),
    id,
    create_time: seconds,
    create_time_ms: Math.floor(at / 1_000),
    price,
    contract: symbol.name,
    is_internal: false,
  };
}

function instrumentBody(call: Call, symbol: WireSymbol): Json {
  return call.product === "spot" ? pairBody(symbol) : contractBody(symbol, call.decimal);
}

function nameOf({ product, params }: Call): unknown {
  return product === "spot" ? params.currency_pair : params.contract;
}
