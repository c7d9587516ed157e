/**
 * Instruments by the venue's names, and their numbers as the venue writes them.
 *
 * Spot writes eight decimals everywhere; USD-M writes prices and sizes in the symbol's precision.
 * @module
 */
import { type Grid, type Money, money, MONEY_SCALE, parseDecimal } from "@/engine/domain/mod.ts";
import type { SimInstrument, SimOrder } from "@/exchanges/simulator/mod.ts";

/** The two products on this wire. */
export type WireProduct = "spot" | "usdm";

/** One instrument as this wire knows it. */
export interface WireSymbol {
  readonly sim: SimInstrument;
  readonly product: WireProduct;
  /** `BTCUSDT` */
  readonly name: string;
  /** `btcusdt`, as streams are named. */
  readonly lower: string;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  price(ticks: number): string;
  size(lots: number): string;
}

/** Makes the wire's view of an instrument. */
export function wireSymbol(sim: SimInstrument): WireSymbol {
  const { terms, priceGrid, sizeGrid } = sim.instrument;
  const spot = terms.product === "spot";
  const priceDecimals = spot ? 8 : Math.max(2, priceGrid.scale);
  const sizeDecimals = spot ? 8 : sizeGrid.scale;
  return {
    sim,
    product: spot ? "spot" : "usdm",
    name: terms.venueSymbol,
    lower: terms.venueSymbol.toLowerCase(),
    priceDecimals,
    sizeDecimals,
    price: (ticks) => stepsFixed(ticks, priceGrid, priceDecimals),
    size: (lots) => stepsFixed(lots, sizeGrid, sizeDecimals),
  };
}

/** Finds symbols by product and name. */
export class WireSymbols {
  readonly all: readonly WireSymbol[];
  readonly #byName = new Map<string, WireSymbol>();
  readonly #bySim = new Map<SimInstrument, WireSymbol>();

  constructor(instruments: readonly SimInstrument[]) {
    this.all = instruments.map(wireSymbol);
    for (const symbol of this.all) {
      this.#byName.set(`${symbol.product}/${symbol.name}`, symbol);
      this.#bySim.set(symbol.sim, symbol);
    }
  }

  find(product: WireProduct, name: string | undefined): WireSymbol | undefined {
    return this.#byName.get(`${product}/${name}`);
  }

  of(sim: SimInstrument): WireSymbol {
    return this.#bySim.get(sim)!;
  }

  ofProduct(product: WireProduct): WireSymbol[] {
    return this.all.filter((symbol) => symbol.product === product);
  }
}

/** Decimals of a step's text, trailing zeros left out. */
export function decimalsOf(step: string): number {
  const parsed = parseDecimal(step);
  return parsed.ok ? parsed.value.scale : 0;
}

/** Whole steps of a grid with a fixed number of decimals. */
export function stepsFixed(steps: number, grid: Grid, decimals: number): string {
  const digits = String(Math.abs(steps) * grid.mantissa);
  const sign = steps < 0 ? "-" : "";
  const { scale } = grid;
  if (scale === 0) return decimals === 0 ? sign + digits : `${sign}${digits}.${ZEROS[decimals]}`;
  const padded = digits.length > scale ? digits : digits.padStart(scale + 1, "0");
  const point = padded.length - scale;
  return `${sign}${padded.slice(0, point)}.${padded.slice(point)}${ZEROS[decimals - scale] ?? ""}`;
}

const ZEROS = ["", "0", "00", "000", "0000", "00000", "000000", "0000000", "00000000"] as const;

/** Money with a fixed number of decimals, cut towards zero. */
export function moneyFixed(amount: Money, decimals = 8): string {
  const negative = amount < 0n;
  const unit = 10n ** BigInt(MONEY_SCALE - decimals);
  const digits = String((negative ? -amount : amount) / unit).padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  const sign = negative && /[1-9]/.test(digits) ? "-" : "";
  return decimals === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Average price of what an order has filled, in quote money; 0 when nothing. */
export function averagePrice(order: SimOrder): Money {
  if (order.filled === 0) return money(0n);
  const base = BigInt(order.filled) * order.instrument.instrument.lotMoney;
  return money(order.filledValue * 10n ** BigInt(MONEY_SCALE) / base);
}

/** A float as plain decimal text with `decimals` places. */
export function floatFixed(value: number, decimals = 8): string {
  return value.toFixed(decimals);
}
