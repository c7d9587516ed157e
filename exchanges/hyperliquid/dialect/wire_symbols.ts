/**
 * Coins by the venue's names and asset ids, and numbers as the venue writes them.
 *
 * 1. Names are case-sensitive; perpetuals are named by their coin, spot pairs `@index`.
 * 2. Prices and sizes on the wire have at least one decimal; those of metadata have none.
 * Source: protocol sheet sections 2, 3.5 and 6.
 * @module
 */
import { parseDecimal } from "@/engine/domain/mod.ts";
import type { SimInstrument } from "@/exchanges/simulator/mod.ts";

/** A JSON object in the making, or as received. */
export type Json = Record<string, unknown>;

/** One coin as this wire knows it. */
export interface WireSymbol {
  readonly sim: SimInstrument;
  readonly coin: string;
  /** Perpetual: place in the universe; spot: 10000 + index of the pair. */
  readonly assetId: number;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  /** Name, number and id of the base token; spot only. */
  readonly token: { readonly name: string; readonly index: number; readonly id: string };
  readonly day: { value: number; lots: number };
  readonly openInterest: number;
  price(ticks: number): string;
  size(lots: number): string;
}

export const SPOT_IDS_FROM = 10_000;
export const USDC_ID = "0x6d1e7cde53ba9467b783cb7c530ce054";

/** Finds coins by name and asset id. */
export class WireSymbols {
  readonly all: readonly WireSymbol[];
  readonly #byCoin = new Map<string, WireSymbol>();
  readonly #byId = new Map<number, WireSymbol>();
  readonly #bySim = new Map<SimInstrument, WireSymbol>();

  constructor(instruments: readonly SimInstrument[]) {
    this.all = instruments.map(wireSymbol);
    for (const symbol of this.all) {
      this.#byCoin.set(symbol.coin, symbol);
      this.#byId.set(symbol.assetId, symbol);
      this.#bySim.set(symbol.sim, symbol);
    }
  }

  find(coin: unknown): WireSymbol | undefined {
    return this.#byCoin.get(coin as string);
  }

  findId(assetId: number): WireSymbol | undefined {
    return this.#byId.get(assetId);
  }

  of(sim: SimInstrument): WireSymbol {
    return this.#bySim.get(sim)!;
  }

  get perps(): readonly WireSymbol[] {
    return this.all.filter((each) => each.sim.perpetual);
  }

  get spots(): readonly WireSymbol[] {
    return this.all.filter((each) => !each.sim.perpetual);
  }
}

/** Plain text with at least one decimal: `84143.0`. */
export function withDecimal(text: string): string {
  if (!text.includes(".")) return `${text}.0`;
  const bare = text.replace(/0+$/, "");
  return bare.endsWith(".") ? `${bare}0` : bare;
}

/** A float as text of at most `decimals` places and at least one. */
export function floatText(value: number, decimals: number): string {
  const text = withDecimal(value.toFixed(decimals));
  return text === "-0.0" ? "0.0" : text;
}

/** A price that is not on the grid, in ticks. */
export function finePrice(symbol: WireSymbol, ticks: number, more = 0): string {
  const { tickValue, priceGrid } = symbol.sim.instrument;
  return floatText(ticks * tickValue, priceGrid.scale + more);
}

function decimalsOf(step: string): number {
  const parsed = parseDecimal(step);
  return parsed.ok ? parsed.value.scale : 0;
}

function wireSymbol(sim: SimInstrument): WireSymbol {
  const { instrument, options } = sim;
  const { terms } = instrument;
  const extra = terms.extra ?? {};
  return {
    sim,
    coin: terms.venueSymbol,
    assetId: terms.venueNumber!,
    get szDecimals() {
      const { orderLot, lot } = instrument.terms;
      return decimalsOf(orderLot ?? lot);
    },
    maxLeverage: Number(extra["maxLeverage"] ?? "1"),
    token: {
      name: extra["token"] ?? terms.base,
      index: Number(extra["tokenIndex"] ?? "0"),
      id: extra["tokenId"] ?? "",
    },
    day: { value: 0, lots: 0 },
    openInterest: Math.round(2e9 / (options.startPrice * instrument.tickValue)),
    price: (ticks) => withDecimal(instrument.priceText(ticks as never)),
    size: (lots) => withDecimal(instrument.sizeText(lots)),
  };
}
