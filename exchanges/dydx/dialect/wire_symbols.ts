/**
 * Markets by ticker and clob pair, their chain units, and numbers as the indexer writes them.
 *
 * 1. One lot is `stepBaseQuantums` quantums, one tick `subticksPerTick` subticks, exactly; orders
 *    keep to multiples of these where the instrument has coarser order steps.
 * 2. Texts of numbers have no trailing zeros.
 * Source: protocol sheet sections 3.2 and 6.
 * @module
 */
import { type Grid, isoText, micros } from "@/engine/domain/mod.ts";
import type { SimInstrument } from "@/exchanges/simulator/mod.ts";

/** A JSON object in the making, or as received. */
export type Json = Record<string, unknown>;

/** What the last day was like, since the venue began. */
export interface DayStats {
  readonly open: number;
  trades: number;
  /** Quote value of all prints, as a float. */
  value: number;
}

/** One market as this wire knows it. */
export interface WireSymbol {
  readonly sim: SimInstrument;
  readonly ticker: string;
  readonly clobPairId: number;
  readonly atomicResolution: number;
  readonly quantumConversionExponent: number;
  readonly stepBaseQuantums: number;
  readonly subticksPerTick: number;
  readonly day: DayStats;
  price(ticks: number): string;
  size(lots: number): string;
}

/** Power of ten of one subtick's quote: fixed on this chain. */
const QUANTUM_CONVERSION_EXPONENT = -9;
const QUOTE_ATOMIC_RESOLUTION = -6;
const STEP_POWER = 6;

/** Finds markets by ticker and by clob pair. */
export class WireSymbols {
  readonly all: readonly WireSymbol[];
  readonly #byTicker = new Map<string, WireSymbol>();
  readonly #byPair = new Map<number, WireSymbol>();
  readonly #bySim = new Map<SimInstrument, WireSymbol>();

  constructor(instruments: readonly SimInstrument[]) {
    this.all = instruments.map(wireSymbol);
    for (const symbol of this.all) {
      this.#byTicker.set(symbol.ticker, symbol);
      this.#byPair.set(symbol.clobPairId, symbol);
      this.#bySim.set(symbol.sim, symbol);
    }
  }

  find(ticker: unknown): WireSymbol | undefined {
    return this.#byTicker.get(ticker as string);
  }

  findPair(clobPairId: number): WireSymbol | undefined {
    return this.#byPair.get(clobPairId);
  }

  of(sim: SimInstrument): WireSymbol {
    return this.#bySim.get(sim)!;
  }
}

/** Whole steps of a grid as plain text without trailing zeros. */
export function stepsPlain(steps: number, grid: Grid): string {
  const { scale } = grid;
  const negative = steps < 0;
  const digits = String((negative ? -steps : steps) * grid.mantissa);
  if (scale === 0) return negative ? `-${digits}` : digits;
  const padded = digits.padStart(scale + 1, "0");
  const point = padded.length - scale;
  const fraction = padded.slice(point).replace(/0+$/, "");
  const whole = padded.slice(0, point);
  const text = fraction === "" ? whole : `${whole}.${fraction}`;
  return negative ? `-${text}` : text;
}

/** A float as plain text of at most `decimals` places, without trailing zeros. */
export function floatPlain(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  const plain = decimals === 0 ? text : text.replace(/\.?0+$/, "");
  return plain === "-0" ? "0" : plain;
}

/** `2026-11-20T18:37:00.123Z`. */
export function isoMillis(at: number): string {
  return `${isoText(micros(at)).slice(0, 23)}Z`;
}

/** A price that is not on the grid (oracle, average), in ticks. */
export function finePrice(symbol: WireSymbol, ticks: number): string {
  const { tickValue, priceGrid } = symbol.sim.instrument;
  return floatPlain(ticks * tickValue, priceGrid.scale + 4);
}

/** The status as the indexer names it. */
export function statusOf(symbol: WireSymbol): string {
  switch (symbol.sim.status) {
    case "trading":
      return "ACTIVE";
    case "delisted":
      return "FINAL_SETTLEMENT";
    default:
      return "PAUSED";
  }
}

/** The indexer's description of a market. */
export function marketBody(symbol: WireSymbol): Json {
  const { sim, day } = symbol;
  const { tickValue, orderTick, orderLot } = sim.instrument;
  const margin = 1 / sim.options.leverage;
  return {
    clobPairId: String(symbol.clobPairId),
    ticker: symbol.ticker,
    status: statusOf(symbol),
    oraclePrice: finePrice(symbol, sim.mark),
    priceChange24H: floatPlain((sim.mark - day.open) * tickValue, 6),
    volume24H: floatPlain(day.value, 4),
    trades24H: day.trades,
    nextFundingRate: hourlyRate(sim),
    initialMarginFraction: floatPlain(margin, 6),
    maintenanceMarginFraction: floatPlain(margin * 0.6, 6),
    openInterest: "1000",
    atomicResolution: symbol.atomicResolution,
    quantumConversionExponent: symbol.quantumConversionExponent,
    tickSize: symbol.price(orderTick),
    stepSize: symbol.size(orderLot),
    stepBaseQuantums: symbol.stepBaseQuantums * orderLot,
    subticksPerTick: symbol.subticksPerTick * orderTick,
    marketType: "CROSS",
    openInterestLowerCap: "0",
    openInterestUpperCap: "0",
    baseOpenInterest: "1000",
    defaultFundingRate1H: "0",
  };
}

/** The rate of one hour: an eighth of the simulated rate of eight. */
export function hourlyRate(sim: SimInstrument): string {
  return floatPlain(sim.fundingRate / 8, 12);
}

function wireSymbol(sim: SimInstrument): WireSymbol {
  const { terms, priceGrid, sizeGrid, tickValue } = sim.instrument;
  const lotPower = Math.round(Math.log10(sizeGrid.mantissa)) - sizeGrid.scale;
  const atomicResolution = lotPower - STEP_POWER;
  const power = atomicResolution - QUANTUM_CONVERSION_EXPONENT - QUOTE_ATOMIC_RESOLUTION;
  return {
    sim,
    ticker: terms.venueSymbol,
    clobPairId: terms.venueNumber ?? 0,
    atomicResolution,
    quantumConversionExponent: QUANTUM_CONVERSION_EXPONENT,
    stepBaseQuantums: 10 ** STEP_POWER,
    subticksPerTick: Math.round(tickValue * 10 ** power),
    day: { open: sim.options.startPrice, trades: 0, value: 0 },
    price: (ticks) => stepsPlain(ticks, priceGrid),
    size: (lots) => stepsPlain(lots, sizeGrid),
  };
}
