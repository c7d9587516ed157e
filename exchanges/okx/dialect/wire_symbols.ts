/**
 * Instruments by the venue's names and numbers, and their grids as the venue writes them.
 *
 * Numbers are texts without trailing zeros; sizes are contracts for swaps, base for spot.
 * @module
 */
import type { Grid } from "@/engine/domain/mod.ts";
import type { SimInstrument } from "@/exchanges/simulator/mod.ts";

/** A JSON object in the making, or as received. */
export type Json = Record<string, unknown>;

/** Kinds of instruments on this wire. */
export type InstType = "SPOT" | "SWAP";

/** What the last day was like, since the venue began. */
export interface DayStats {
  open: number;
  high: number;
  low: number;
  lots: number;
  /** Quote value of all prints, as a float. */
  value: number;
  lastLots: number;
}

/** One instrument as this wire knows it. */
export interface WireSymbol {
  readonly sim: SimInstrument;
  readonly instId: string;
  readonly instType: InstType;
  /** `BTC-USDT`: name of the index and of the family. */
  readonly family: string;
  /** The venue's number of it for order entry over WebSockets; 0 where it has none. */
  readonly code: number;
  readonly day: DayStats;
  /** When it left the venue, in milliseconds; 0 while it is there. */
  delistedAtMs: number;
  price(ticks: number): string;
  size(lots: number): string;
}

/** Finds instruments by name and by number. */
export class WireSymbols {
  readonly all: readonly WireSymbol[];
  readonly #byName = new Map<string, WireSymbol>();
  readonly #byCode = new Map<number, WireSymbol>();
  readonly #bySim = new Map<SimInstrument, WireSymbol>();

  constructor(instruments: readonly SimInstrument[]) {
    this.all = instruments.map(wireSymbol);
    for (const symbol of this.all) {
      this.#byName.set(symbol.instId, symbol);
      if (symbol.code > 0) this.#byCode.set(symbol.code, symbol);
      this.#bySim.set(symbol.sim, symbol);
    }
  }

  /** By `instId`; what was delisted is not found. */
  find(instId: unknown): WireSymbol | undefined {
    return listed(this.#byName.get(instId as string));
  }

  /** By `instIdCode`. */
  findCode(code: unknown): WireSymbol | undefined {
    return listed(this.#byCode.get(code as number));
  }

  of(sim: SimInstrument): WireSymbol {
    return this.#bySim.get(sim)!;
  }

  /** Listed instruments of a type. */
  ofType(instType: unknown): WireSymbol[] {
    return this.all.filter((each) => each.instType === instType && each.delistedAtMs === 0);
  }
}

/** The venue's description of an instrument. */
export function instrumentBody(symbol: WireSymbol): Json {
  const { sim, instType, family, instId } = symbol;
  const { terms, minSize, maxSize, orderTick, orderLot } = sim.instrument;
  const spot = instType === "SPOT";
  const largest = symbol.size(maxSize);
  return {
    alias: "",
    auctionEndTime: "",
    baseCcy: spot ? terms.base : "",
    category: "1",
    ctMult: spot ? "" : "1",
    ctType: spot ? "" : "linear",
    ctVal: spot ? "" : terms.contractSize,
    ctValCcy: spot ? "" : terms.base,
    expTime: symbol.delistedAtMs === 0 ? "" : String(symbol.delistedAtMs),
    instFamily: spot ? "" : family,
    instId,
    ...(symbol.code > 0 ? { instIdCode: symbol.code } : {}),
    instType,
    lever: spot ? "10" : "100",
    listTime: "1606468572000",
    lotSz: symbol.size(orderLot),
    maxIcebergSz: largest,
    maxLmtAmt: "20000000",
    maxLmtSz: largest,
    maxMktAmt: spot ? "1000000" : "",
    maxMktSz: largest,
    maxStopSz: largest,
    maxTriggerSz: largest,
    maxTwapSz: largest,
    minSz: symbol.size(minSize),
    optType: "",
    quoteCcy: spot ? terms.quote : "",
    ruleType: "normal",
    settleCcy: spot ? "" : terms.settle,
    state: sim.status === "trading" ? "live" : "suspend",
    stk: "",
    tickSz: symbol.price(orderTick),
    uly: spot ? "" : family,
    upcChg: [],
  };
}

/** Whole steps of a grid as plain text without trailing zeros. */
export function stepsPlain(steps: number, grid: Grid): string {
  const { scale } = grid;
  const negative = steps < 0;
  const digits = String((negative ? -steps : steps) * grid.mantissa);
  if (scale === 0) return negative ? `-${digits}` : digits;
  const padded = digits.length > scale ? digits : digits.padStart(scale + 1, "0");
  const point = padded.length - scale;
  let end = padded.length;
  while (end > point && padded.charCodeAt(end - 1) === 48) end--;
  const whole = padded.slice(0, point);
  const text = end === point ? whole : `${whole}.${padded.slice(point, end)}`;
  return negative ? `-${text}` : text;
}

/** A float as plain text of at most `decimals` places, without trailing zeros. */
export function floatPlain(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  const plain = decimals === 0 ? text : text.replace(/\.?0+$/, "");
  return plain === "-0" ? "0" : plain;
}

/** Microseconds to the wire's milliseconds. */
export function millisText(at: number): string {
  return String(Math.floor(at / 1_000));
}

/** A price that is not on the grid (mark, index, average), in ticks. */
export function finePrice(symbol: WireSymbol, ticks: number, moreDecimals = 2): string {
  const { tickValue, priceGrid } = symbol.sim.instrument;
  return floatPlain(ticks * tickValue, priceGrid.scale + moreDecimals);
}

function listed(symbol: WireSymbol | undefined): WireSymbol | undefined {
  return symbol === undefined || symbol.delistedAtMs > 0 ? undefined : symbol;
}

function wireSymbol(sim: SimInstrument): WireSymbol {
  const { terms, priceGrid, sizeGrid } = sim.instrument;
  const { startPrice } = sim.options;
  return {
    sim,
    instId: terms.venueSymbol,
    instType: sim.perpetual ? "SWAP" : "SPOT",
    family: `${terms.base}-${terms.quote}`,
    code: terms.venueNumber ?? 0,
    day: { open: startPrice, high: startPrice, low: startPrice, lots: 0, value: 0, lastLots: 0 },
    delistedAtMs: 0,
    price: (ticks) => stepsPlain(ticks, priceGrid),
    size: (lots) => stepsPlain(lots, sizeGrid),
  };
}
