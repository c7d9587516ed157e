/**
 * Public answers of `POST /info`: metadata, books, prices, trades, funding.
 *
 * 1. Metadata is positional: a coin's asset id is its place, and delisted coins keep theirs.
 * 2. Spot pairs are named by the field `index`, not by their place.
 * Source: protocol sheet sections 2 and 6.
 * @module
 */
import { levelsOf, type SimPrint } from "@/exchanges/simulator/mod.ts";
import type { Side } from "@/engine/domain/mod.ts";
import { hashOf, strangerOf, tidOf, type VenueState } from "./venue_state.ts";
import {
  finePrice,
  floatText,
  type Json,
  SPOT_IDS_FROM,
  USDC_ID,
  type WireSymbol,
} from "./wire_symbols.ts";

/** What a book is folded to. */
export interface Folding {
  readonly nSigFigs: number | null;
  readonly mantissa: number | null;
}

const LEVELS = 20;
const DEEP_LEVELS = 1_000;
const RECENT_TRADES = 10;

/** Perpetuals by place; holes are coins that left the venue. */
export function meta(state: VenueState): Json {
  const { perps } = state.symbols;
  const count = Math.max(0, ...perps.map((each) => each.assetId + 1));
  const universe = Array.from({ length: count }, (_, place) => {
    const symbol = state.symbols.findId(place);
    if (symbol === undefined) return goneCoin(place);
    const { coin, szDecimals, maxLeverage, sim } = symbol;
    const gone = sim.status === "delisted" ? { isDelisted: true } : {};
    return { szDecimals, name: coin, maxLeverage, marginTableId: maxLeverage, ...gone };
  });
  const tables = [...new Set([...perps.map((each) => each.maxLeverage), 3])];
  const marginTables = tables.map((maxLeverage) => [maxLeverage, {
    description: "",
    marginTiers: [{ lowerBound: "0.0", maxLeverage }],
  }]);
  return { universe, marginTables, collateralToken: 0 };
}

/** Metadata with the present numbers of each perpetual, by place. */
export function metaAndAssetCtxs(state: VenueState): unknown[] {
  const body = meta(state);
  const ctxs = (body.universe as Json[]).map((_, place) => {
    const symbol = state.symbols.findId(place);
    return symbol === undefined ? goneCtx() : ctxOf(symbol);
  });
  return [body, ctxs];
}

export function spotMeta(state: VenueState): Json {
  const usdc = {
    name: "USDC",
    szDecimals: 8,
    weiDecimals: 8,
    index: 0,
    tokenId: USDC_ID,
    isCanonical: true,
    evmContract: null,
    fullName: null,
  };
  const { spots } = state.symbols;
  return {
    universe: spots.map(({ coin, token, assetId }) => ({
      tokens: [token.index, 0],
      name: coin,
      index: assetId - SPOT_IDS_FROM,
      isCanonical: false,
    })),
    tokens: [
      usdc,
      ...spots.map(({ token, szDecimals }) => ({
        name: token.name,
        szDecimals,
        weiDecimals: szDecimals + 5,
        index: token.index,
        tokenId: token.id,
        isCanonical: false,
        evmContract: null,
        fullName: null,
      })),
    ],
  };
}

export function spotMetaAndAssetCtxs(state: VenueState): unknown[] {
  return [
    spotMeta(state),
    state.symbols.spots.map((each) => ({ ...ctxOf(each), coin: each.coin })),
  ];
}

/** Whether everything is open. */
export function exchangeStatus(state: VenueState): Json {
  const halted = state.symbols.all.filter((each) => each.sim.status === "maintenance");
  const specialStatuses = halted.length === 0 ? null : { halted: halted.map((each) => each.coin) };
  return { time: state.blocks.timeMs, specialStatuses };
}

export function midsOf(state: VenueState): Json {
  const listed = state.symbols.all.filter((each) => each.sim.status !== "delisted");
  return Object.fromEntries(listed.map((each) => [each.coin, midText(each)]));
}

/** Book as text: `{"coin":…,"time":…,"levels":[…]}` without the closing brace. */
export function bookText(
  state: VenueState,
  symbol: WireSymbol,
  limit = LEVELS,
  folding?: Folding,
  timeMs = state.blocks.timeMs,
): string {
  const bids = levelsText(symbol, "buy", limit, folding);
  const asks = levelsText(symbol, "sell", limit, folding);
  return `{"coin":"${symbol.coin}","time":${timeMs},"levels":[${bids},${asks}]`;
}

/** One level as text. The market counts no orders: always one. */
export function levelText(symbol: WireSymbol, price: number, size: number): string {
  return `{"px":"${symbol.price(price)}","sz":"${symbol.size(size)}","n":1}`;
}

/** The newest trades, newest first. */
export function recentTrades(state: VenueState, symbol: WireSymbol): string {
  const last = symbol.sim.prints.slice(-RECENT_TRADES).reverse();
  return `[${last.map((each) => tradeText(state, symbol, each)).join(",")}]`;
}

export function tradeText(state: VenueState, symbol: WireSymbol, print: SimPrint): string {
  const timeMs = state.blocks.timeOf(print.at);
  const tid = tidOf(symbol.sim, print.id);
  const [buyer, seller] = print.aggressor === "buy"
    ? [print.takerOrderId, print.makerOrderId]
    : [print.makerOrderId, print.takerOrderId];
  return `{"coin":"${symbol.coin}","side":"${print.aggressor === "buy" ? "B" : "A"}",` +
    `"px":"${symbol.price(print.price)}","sz":"${symbol.size(print.size)}","time":${timeMs},` +
    `"hash":"${hashOf(timeMs, print.id)}","tid":${tid},` +
    `"users":["${traderOf(state, buyer)}","${traderOf(state, seller)}"]}`;
}

/** Mark, oracle and funding of a coin. */
export function ctxOf(symbol: WireSymbol): Json {
  const { sim, day } = symbol;
  const { tickValue, lotValue } = sim.instrument;
  const prevDayPx = finePrice(symbol, sim.options.startPrice);
  const dayNtlVlm = floatText(day.value, 6);
  const dayBaseVlm = floatText(day.lots * lotValue, symbol.szDecimals);
  const mid = sim.bid > 0 && sim.ask > 0 ? midText(symbol) : null;
  if (!sim.perpetual) {
    const circulatingSupply = floatText(2e9 / (sim.options.startPrice * tickValue), 2);
    return {
      prevDayPx,
      dayNtlVlm,
      markPx: finePrice(symbol, sim.mark),
      midPx: mid,
      circulatingSupply,
      totalSupply: circulatingSupply,
      dayBaseVlm,
    };
  }
  return {
    funding: hourlyRate(sim.fundingRate),
    openInterest: floatText(symbol.openInterest, symbol.szDecimals),
    prevDayPx,
    dayNtlVlm,
    premium: floatText(sim.premium, 10),
    oraclePx: finePrice(symbol, sim.index),
    markPx: finePrice(symbol, sim.mark),
    midPx: mid,
    impactPxs: mid === null ? null : [symbol.price(sim.bid), symbol.price(sim.ask)],
    dayBaseVlm,
  };
}

/** The exchange counts rates of eight hours, the venue pays an eighth of it each hour. */
export function hourlyRate(rate: number): string {
  return floatText(rate / 8, 10);
}

export function fundingHistory(state: VenueState, params: Json): Json[] {
  const hours = state.fundingHours.get(String(params.coin)) ?? [];
  const from = Number(params.startTime ?? 0);
  const to = Number(params.endTime ?? Infinity);
  return hours.filter(([at]) => at >= from && at <= to).map(([time, fundingRate, premium]) => ({
    coin: params.coin,
    fundingRate,
    premium,
    time,
  }));
}

function midText(symbol: WireSymbol): string {
  return finePrice(symbol, symbol.sim.mid(), 1);
}

function traderOf(state: VenueState, orderId: number): string {
  const order = state.exchange.orders.byId(orderId);
  return order?.owner === state.owner ? state.address : strangerOf(orderId);
}

function levelsText(
  symbol: WireSymbol,
  side: Side,
  limit: number,
  folding: Folding | undefined,
): string {
  if (symbol.sim.status === "delisted") return "[]";
  const nSigFigs = folding?.nSigFigs ?? null;
  const levels = nSigFigs === null
    ? levelsOf(symbol.sim, side, limit)
    : foldedLevels(symbol, side, nSigFigs, folding?.mantissa ?? 1, limit);
  return `[${levels.map(([price, size]) => levelText(symbol, price, size)).join(",")}]`;
}

/** Levels summed up to so many figures, away from the touch. */
function foldedLevels(
  symbol: WireSymbol,
  side: Side,
  figures: number,
  mantissa: number,
  limit: number,
): [number, number][] {
  const folded = new Map<number, number>();
  const { tickValue } = symbol.sim.instrument;
  for (const [price, size] of levelsOf(symbol.sim, side, DEEP_LEVELS)) {
    const digits = Math.floor(Math.log10(price * tickValue) + 1e-12) + 1;
    const step = Math.max(1, Math.round(mantissa * 10 ** (digits - figures) / tickValue));
    const steps = side === "buy" ? Math.floor(price / step) : Math.ceil(price / step);
    folded.set(steps * step, (folded.get(steps * step) ?? 0) + size);
  }
  return [...folded].slice(0, limit);
}

function goneCoin(place: number): Json {
  return { szDecimals: 1, name: `OLD${place}`, maxLeverage: 3, marginTableId: 3, isDelisted: true };
}

function goneCtx(): Json {
  return {
    funding: "0.0",
    openInterest: "0.0",
    prevDayPx: "1.0",
    dayNtlVlm: "0.0",
    premium: null,
    oraclePx: "1.0",
    markPx: "1.0",
    midPx: null,
    impactPxs: null,
    dayBaseVlm: "0.0",
  };
}
