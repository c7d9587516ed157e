/**
 * Instruments by the venue's names, and their grids as the venue writes them.
 *
 * 1. Both products use `BTC_USDT`: only product and name together mean an instrument.
 * 2. Sizes of futures are contracts: texts for who asked for decimals, else whole numbers that
 *    are cut toward zero.
 * Source: protocol sheet sections 1 and 6.
 * @module
 */
import { type Grid, parseDecimal } from "@/engine/domain/mod.ts";
import type { SimInstrument } from "@/exchanges/simulator/mod.ts";

/** A JSON object in the making, or as received. */
export type Json = Record<string, unknown>;

/** The two halves of the wire. */
export type WireProduct = "spot" | "futures";

/** What the last day was like, since the venue began. */
export interface DayStats {
  open: number;
  high: number;
  low: number;
  lots: number;
  /** Quote value of all prints, as a float. */
  value: number;
}

/** One instrument as this wire knows it. */
export interface WireSymbol {
  readonly sim: SimInstrument;
  readonly name: string;
  readonly product: WireProduct;
  readonly day: DayStats;
  price(ticks: number): string;
  /** Plain text of venue units. */
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
      this.#byName.set(`${symbol.product}/${symbol.name}`, symbol);
      this.#bySim.set(symbol.sim, symbol);
    }
  }

  find(product: WireProduct, name: unknown): WireSymbol | undefined {
    return typeof name === "string" ? this.#byName.get(`${product}/${name}`) : undefined;
  }

  of(sim: SimInstrument): WireSymbol {
    return this.#bySim.get(sim)!;
  }

  ofProduct(product: WireProduct): WireSymbol[] {
    return this.all.filter((each) => each.product === product);
  }
}

/** A size as the wire's value: always text for spot, as asked for futures. */
export function sizeOf(symbol: WireSymbol, lots: number, decimal: boolean): string | number {
  const text = symbol.size(lots);
  if (symbol.product === "spot" || decimal) return text;
  const whole = Math.trunc(Number(text));
  return whole === 0 ? 0 : whole;
}

/** Decimals of a step. */
function decimalsOf(step: string): number {
  const parsed = parseDecimal(step);
  return parsed.ok ? parsed.value.scale : 0;
}

/** `GET /spot/currency_pairs`: one of them. */
export function pairBody(symbol: WireSymbol): Json {
  const { sim, name } = symbol;
  const { terms, minSize, maxSize, minNotionalValue } = sim.instrument;
  return {
    id: name,
    base: terms.base,
    base_name: terms.base,
    quote: terms.quote,
    quote_name: terms.quote,
    fee: "0.2",
    min_base_amount: symbol.size(minSize),
    min_quote_amount: minNotionalValue > 0 ? floatPlain(minNotionalValue, 8) : null,
    max_base_amount: symbol.size(maxSize),
    max_quote_amount: "10000000",
    amount_precision: decimalsOf(terms.orderLot ?? terms.lot),
    precision: decimalsOf(terms.orderTick ?? terms.tick),
    trade_status: sim.status === "trading" ? "tradable" : "untradable",
    sell_start: 1516378650,
    buy_start: 1516378650,
    delisting_time: 0,
    type: "normal",
    trade_url: `https://www.gate.com/trade/${name}`,
    st_tag: false,
    up_rate: floatPlain(sim.options.priceBand, 4),
    down_rate: floatPlain(sim.options.priceBand, 4),
    slippage: "0.05",
  };
}

/** `GET /futures/usdt/contracts`: one of them. */
export function contractBody(symbol: WireSymbol, decimal: boolean): Json {
  const { sim, name } = symbol;
  const { terms, minSize, maxSize, orderTick } = sim.instrument;
  const delisted = sim.status === "delisted";
  return {
    name,
    type: "direct",
    contract_type: "",
    quanto_multiplier: terms.contractSize,
    leverage_min: "1",
    leverage_max: "100",
    maintenance_rate: "0.005",
    mark_type: "index",
    mark_price: finePrice(symbol, sim.mark),
    index_price: finePrice(symbol, sim.index),
    last_price: symbol.price(sim.last),
    maker_fee_rate: "-0.0001",
    taker_fee_rate: "0.00075",
    order_price_round: symbol.price(orderTick),
    mark_price_round: "0.01",
    funding_rate: floatPlain(sim.fundingRate, 6),
    funding_interval: 28800,
    funding_next_apply: Math.floor(sim.nextFundingAt / 1e6),
    funding_rate_limit: "0.02",
    risk_limit_base: "1000000",
    risk_limit_step: "1000000",
    risk_limit_max: "8000000",
    order_size_min: sizeOf(symbol, minSize, decimal),
    order_size_max: sizeOf(symbol, maxSize, decimal),
    market_order_size_max: decimal ? "0" : 0,
    order_price_deviate: floatPlain(sim.options.priceBand, 4),
    ref_discount_rate: "0",
    ref_rebate_rate: "0.2",
    orderbook_id: sim.updateId,
    trade_id: sim.tradeId,
    trade_size: Number(symbol.size(symbol.day.lots)),
    position_size: 0,
    config_change_time: 1593158867,
    in_delisting: delisted,
    orders_limit: sim.options.openOrdersMax,
    enable_bonus: true,
    enable_credit: true,
    enable_decimal: decimalsOf(terms.orderLot ?? terms.lot) > 0,
    create_time: 1593158867,
    status: sim.status === "trading" ? "trading" : delisted ? "delisted" : "circuit_breaker",
    launch_time: 1593158867,
    delisting_time: 0,
  };
}

/** JSON text in which `"#123"` stands for a number that floats cannot hold. */
export function wireText(value: unknown): string {
  return JSON.stringify(value).replace(/"#(\d+)"/g, "$1");
}

/** Whole steps of a grid as plain text without trailing zeros. */
export function stepsPlain(steps: number, grid: Grid): string {
  const { scale } = grid;
  const negative = steps < 0;
  const digits = String((negative ? -steps : steps) * grid.mantissa);
  const sign = negative ? "-" : "";
  if (scale === 0) return sign + digits;
  const padded = digits.length > scale ? digits : digits.padStart(scale + 1, "0");
  const point = padded.length - scale;
  let end = padded.length;
  while (end > point && padded.charCodeAt(end - 1) === 48) end--;
  const whole = padded.slice(0, point);
  return sign + (end === point ? whole : `${whole}.${padded.slice(point, end)}`);
}

/** A float as plain text of at most `decimals` places, without trailing zeros. */
export function floatPlain(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  const plain = decimals === 0 ? text : text.replace(/\.?0+$/, "");
  return plain === "-0" ? "0" : plain;
}

/** A price that is not on the grid (mark, index, average), in ticks. */
export function finePrice(symbol: WireSymbol, ticks: number, moreDecimals = 2): string {
  const { tickValue, priceGrid } = symbol.sim.instrument;
  return floatPlain(ticks * tickValue, priceGrid.scale + moreDecimals);
}

/** Whole steps of a grid from a text or a number; undefined when it is no plain number. */
export function stepsFrom(
  value: unknown,
  grid: Grid,
): { steps: number; onGrid: boolean } | undefined {
  const text = typeof value === "number" && Number.isFinite(value) ? plainOf(value) : value;
  if (typeof text !== "string" || !/^-?\d{1,20}(\.\d{1,18})?$/.test(text)) return undefined;
  const negative = text.startsWith("-");
  const parsed = parseDecimal(negative ? text.slice(1) : text);
  if (!parsed.ok) return undefined;
  const { digits, scale } = parsed.value;
  const up = 10n ** BigInt(Math.max(0, grid.scale - scale));
  const down = 10n ** BigInt(Math.max(0, scale - grid.scale)) * BigInt(grid.mantissa);
  const steps = Number(digits * up / down);
  return { steps: negative ? -steps : steps, onGrid: digits * up % down === 0n };
}

function plainOf(value: number): string {
  return Math.abs(value) >= 1e-6 || value === 0 ? String(value) : value.toFixed(18);
}

function wireSymbol(sim: SimInstrument): WireSymbol {
  const { terms, priceGrid, sizeGrid } = sim.instrument;
  const { startPrice } = sim.options;
  return {
    sim,
    name: terms.venueSymbol,
    product: sim.perpetual ? "futures" : "spot",
    day: { open: startPrice, high: startPrice, low: startPrice, lots: 0, value: 0 },
    price: (ticks) => stepsPlain(ticks, priceGrid),
    size: (lots) => stepsPlain(lots, sizeGrid),
  };
}
