/**
 * Instruments by category and name, and numbers as the venue writes them.
 *
 * 1. `BTCUSDT` is two instruments: only category and name together say which.
 * 2. Prices keep the decimals of their tick; sizes are base currency without trailing zeros.
 * Source: protocol sheet sections 1 and 6.
 * @module
 */
import type { Grid } from "@/engine/domain/mod.ts";
import type { SimInstrument, SimPrint } from "@/exchanges/simulator/mod.ts";

/** A JSON object in the making, or as received. */
export type Json = Record<string, unknown>;

/** Kinds of instruments on this wire. */
export type Category = "spot" | "linear";

/** What trading was like since the venue began. */
export interface DayStats {
  open: number;
  high: number;
  low: number;
  lots: number;
  /** Quote value of all prints, as a float. */
  value: number;
  previous: number;
  direction: string;
}

/** One instrument as this wire knows it. */
export interface WireSymbol {
  readonly sim: SimInstrument;
  readonly name: string;
  readonly category: Category;
  readonly day: DayStats;
  price(ticks: number): string;
  size(lots: number): string;
}

/** Finds instruments. */
export class WireSymbols {
  readonly all: readonly WireSymbol[];
  readonly #byName = new Map<string, WireSymbol>();
  readonly #bySim = new Map<SimInstrument, WireSymbol>();

  constructor(instruments: readonly SimInstrument[]) {
    this.all = instruments.map(wireSymbol);
    for (const symbol of this.all) {
      this.#byName.set(`${symbol.category}/${symbol.name}`, symbol);
      this.#bySim.set(symbol.sim, symbol);
    }
  }

  /** By category and name; what was delisted is not found. */
  find(category: Category, name: unknown): WireSymbol | undefined {
    const symbol = this.#byName.get(`${category}/${name}`);
    return symbol === undefined || symbol.sim.status === "delisted" ? undefined : symbol;
  }

  of(sim: SimInstrument): WireSymbol {
    return this.#bySim.get(sim)!;
  }

  /** All instruments of a category, delisted ones too. */
  ofCategory(category: Category): WireSymbol[] {
    return this.all.filter((each) => each.category === category);
  }
}

function decimalsOf(text: string): number {
  return text.length - (text + ".").indexOf(".") - (text.includes(".") ? 1 : 0);
}

/** The venue's description of an instrument. */
export function instrumentBody(symbol: WireSymbol): Json {
  const { sim, name, category } = symbol;
  const { terms, minSize, maxSize, orderTick, orderLot } = sim.instrument;
  const largest = symbol.size(maxSize);
  const common = {
    symbol: name,
    baseCoin: terms.base,
    quoteCoin: terms.quote,
    status: statusText(symbol),
  };
  const band = floatPlain(sim.options.priceBand, 6);
  const riskParameters = { priceLimitRatioX: band, priceLimitRatioY: band };
  if (category === "spot") {
    return {
      ...common,
      innovation: "0",
      marginTrading: "utaOnly",
      stTag: "0",
      lotSizeFilter: {
        basePrecision: symbol.size(orderLot),
        quotePrecision: "0.0000001",
        minOrderQty: symbol.size(minSize),
        maxOrderQty: largest,
        minOrderAmt: terms.minNotional ?? "1",
        maxOrderAmt: "8000000",
        maxLimitOrderQty: largest,
        maxMarketOrderQty: largest,
        postOnlyMaxLimitOrderSize: largest,
      },
      priceFilter: { tickSize: symbol.price(orderTick) },
      riskParameters,
    };
  }
  return {
    ...common,
    contractType: "LinearPerpetual",
    launchTime: "1584230400000",
    deliveryTime: "0",
    deliveryFeeRate: "",
    priceScale: String(decimalsOf(symbol.price(orderTick))),
    leverageFilter: { minLeverage: "1", maxLeverage: "100.00", leverageStep: "0.01" },
    priceFilter: {
      minPrice: symbol.price(orderTick),
      maxPrice: symbol.price(sim.options.startPrice * 100),
      tickSize: symbol.price(orderTick),
    },
    lotSizeFilter: {
      maxOrderQty: largest,
      minOrderQty: symbol.size(minSize),
      qtyStep: symbol.size(orderLot),
      postOnlyMaxOrderQty: largest,
      maxMktOrderQty: largest,
      minNotionalValue: terms.minNotional ?? "0",
    },
    unifiedMarginTrade: true,
    fundingInterval: 480,
    settleCoin: terms.settle,
    copyTrading: "none",
    upperFundingRate: "0.02",
    lowerFundingRate: "-0.02",
    isPreListing: false,
    preListingInfo: null,
    riskParameters,
  };
}

/** A halt is shown as before a launch; in maintenance the system status tells, not this. */
function statusText({ sim }: WireSymbol): string {
  switch (sim.status) {
    case "delisted":
      return "Closed";
    case "halted":
      return "PreLaunch";
    default:
      return "Trading";
  }
}

/** Counts a print into the day. */
export function noteDay({ day, sim }: WireSymbol, print: SimPrint): void {
  const { tickValue, lotValue } = sim.instrument;
  const { price, size } = print;
  const zero = day.direction.startsWith("Zero") ? day.direction : `Zero${day.direction}`;
  day.direction = price > day.previous ? "PlusTick" : price < day.previous ? "MinusTick" : zero;
  day.previous = price;
  day.high = Math.max(day.high, price);
  day.low = Math.min(day.low, price);
  day.lots += size;
  day.value += price * tickValue * size * lotValue;
}

/** Highest bid and lowest ask that are taken, in ticks. */
export function priceBand({ sim }: WireSymbol): { highest: number; lowest: number } {
  const { priceBand: band } = sim.options;
  return {
    highest: Math.floor(sim.mark * (1 + band)),
    lowest: Math.max(1, Math.ceil(sim.mark * (1 - band))),
  };
}

/** Whole steps of a grid with all its decimals. */
export function stepsFixed(steps: number, grid: Grid): string {
  const { scale } = grid;
  const negative = steps < 0;
  const digits = String((negative ? -steps : steps) * grid.mantissa);
  if (scale === 0) return negative ? `-${digits}` : digits;
  const padded = digits.length > scale ? digits : digits.padStart(scale + 1, "0");
  const point = padded.length - scale;
  return `${negative ? "-" : ""}${padded.slice(0, point)}.${padded.slice(point)}`;
}

/** Whole steps of a grid without trailing zeros. */
export function stepsPlain(steps: number, grid: Grid): string {
  const text = stepsFixed(steps, grid);
  if (grid.scale === 0) return text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end--;
  return text.slice(0, text.charCodeAt(end - 1) === 46 ? end - 1 : end);
}

/** A float as plain text of at most `decimals` places, without trailing zeros. */
export function floatPlain(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  const plain = decimals === 0 ? text : text.replace(/\.?0+$/, "");
  return plain === "-0" ? "0" : plain;
}

/** Microseconds to milliseconds. */
export function millisOf(at: number): number {
  return Math.floor(at / 1_000);
}

/** Microseconds to the text of milliseconds. */
export function millisText(at: number): string {
  return String(millisOf(at));
}

/** A price that is not on the grid (mark, index), in ticks. */
export function finePrice({ sim }: WireSymbol, ticks: number): string {
  const { tickValue, priceGrid } = sim.instrument;
  return (ticks * tickValue).toFixed(priceGrid.scale);
}

function wireSymbol(sim: SimInstrument): WireSymbol {
  const { terms, priceGrid, sizeGrid } = sim.instrument;
  const { startPrice } = sim.options;
  return {
    sim,
    name: terms.venueSymbol,
    category: sim.perpetual ? "linear" : "spot",
    day: {
      open: startPrice,
      high: startPrice,
      low: startPrice,
      lots: 0,
      value: 0,
      previous: startPrice,
      direction: "ZeroPlusTick",
    },
    price: (ticks) => stepsFixed(ticks, priceGrid),
    size: (lots) => stepsPlain(lots, sizeGrid),
  };
}
