/**
 * `Instrument`: what a venue trades, its grids of price and size, and exact text conversions.
 *
 * 1. A price is a whole number of ticks, a size a whole number of lots, on the finest grid that the
 *    venue's books use. Orders may need a coarser one: `orderTick`, `orderLot`,
 *    `significantFigures`.
 * 2. Sizes are kept in the venue's own units (contracts where it counts contracts);
 *    `contractSize` is base currency per unit.
 * 3. The core's instruments never change: changed terms are a new `Instrument` with the same index.
 *    A connector's own one follows the venue in place (`follow`), between two events, so that every
 *    table that holds it reads and writes on the new grids from the next frame on.
 * @module
 */
import { decimalToText, type ExactDecimal, parseDecimal } from "./decimal_text.ts";
import { type Money, money, MONEY_SCALE } from "./money.ts";
import { type Price, price } from "./price.ts";
import { err, ok, type Result } from "./result.ts";
import type { Side } from "./side.ts";
import { type Size, size } from "./size.ts";
import {
  type AccountKey,
  type InstrumentIndex,
  type InstrumentKey,
  instrumentKey,
  type Product,
  type Symbol,
  type VenueId,
  type VenueSymbol,
} from "./symbol.ts";

/** What a venue publishes about an instrument; decimals are plain text, so that it can be
 * journalled. */
export interface InstrumentTerms {
  readonly venue: VenueId;
  readonly symbol: Symbol;
  readonly venueSymbol: VenueSymbol;
  readonly product: Product;
  readonly account: AccountKey;
  readonly base: string;
  readonly quote: string;
  /** Currency of profit, loss and margin. */
  readonly settle: string;
  /** Finest price step seen in the venue's books. */
  readonly tick: string;
  /** Finest size step seen in the venue's books, in venue units. */
  readonly lot: string;
  /** Base currency per venue size unit; "1" where sizes are in base. */
  readonly contractSize: string;
  /** Price step of orders, a multiple of `tick`; absent means `tick`. */
  readonly orderTick?: string;
  /** Size step of orders, a multiple of `lot`; absent means `lot`. */
  readonly orderLot?: string;
  /** Smallest and largest order size in venue units. */
  readonly minSize?: string;
  readonly maxSize?: string;
  /** Smallest order value in quote currency. */
  readonly minNotional?: string;
  /** Significant figures a price may have (Hyperliquid: 5); whole numbers are always allowed. */
  readonly significantFigures?: number;
  /** The venue's own number for this instrument where its protocol needs one (asset index, clob
   * pair). */
  readonly venueNumber?: number;
  /** Further fixed facts a venue's encoder needs (for example dYdX's atomic resolution), as
   * text. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** A decimal grid: one step is `mantissa * 10^-scale`. `mantissa` is a positive safe integer. */
export interface Grid {
  readonly mantissa: number;
  readonly scale: number;
}

/** An instrument with its grids worked out. Make one with `createInstrument`. */
export class Instrument {
  readonly terms: InstrumentTerms;
  readonly index: InstrumentIndex;
  readonly key: InstrumentKey;
  /** Grid of prices: text to ticks is "scaled by 10^scale, divided by mantissa, exactly". */
  readonly priceGrid: Grid;
  /** Grid of sizes in venue units. */
  readonly sizeGrid: Grid;
  /** Ticks of one order price step, at least 1. */
  readonly orderTick: number;
  /** Lots of one order size step, at least 1. */
  readonly orderLot: number;
  readonly minSize: Size;
  readonly maxSize: Size;
  /** Quote value of one tick-lot (one tick times one lot, contracts included) in `Money` units. */
  readonly tickLotMoney: bigint;
  /** Base currency of one lot, contracts included, in `Money` units. */
  readonly lotMoney: bigint;
  /** The same as floats, for signals, limits and displays. */
  readonly tickValue: number;
  readonly lotValue: number;
  readonly minNotionalValue: number;

  constructor(index: InstrumentIndex, terms: InstrumentTerms, grids: WorkedOutGrids) {
    this.index = index;
    this.terms = terms;
    this.key = instrumentKey(terms.venue, terms.symbol);
    this.priceGrid = grids.price;
    this.sizeGrid = grids.size;
    this.orderTick = grids.orderTick;
    this.orderLot = grids.orderLot;
    this.minSize = size(grids.minSizeLots);
    this.maxSize = size(grids.maxSizeLots);
    this.tickLotMoney = grids.tickLotMoney;
    this.lotMoney = grids.lotMoney;
    this.tickValue = grids.price.mantissa / 10 ** grids.price.scale;
    this.lotValue = Number(grids.lotMoney) / 1e18;
    this.minNotionalValue = Number(terms.minNotional ?? "0");
  }

  /** Takes over changed terms in place; refused, and nothing changed, when they cannot be used. */
  follow(terms: InstrumentTerms): Result<void> {
    const made = createInstrument(this.index, terms);
    if (!made.ok) return made;
    Object.assign(this, made.value);
    return ok(undefined);
  }

  /** Whether ticks and lots of both mean the same. */
  hasGridsOf(other: Instrument): boolean {
    const { mantissa, scale } = this.priceGrid;
    return mantissa === other.priceGrid.mantissa && scale === other.priceGrid.scale &&
      this.sizeGrid.mantissa === other.sizeGrid.mantissa &&
      this.sizeGrid.scale === other.sizeGrid.scale && this.lotMoney === other.lotMoney;
  }

  /** Decimal text to whole ticks, exactly; refused when it is not on the grid. */
  priceFromText(text: string): Result<Price> {
    const steps = stepsFromText(text, this.priceGrid);
    return steps.ok ? ok(price(steps.value)) : err(`Cannot read price: ${steps.error}`);
  }

  /** Decimal text in venue units to whole lots, exactly; refused when off the grid or negative. */
  sizeFromText(text: string): Result<Size> {
    const steps = stepsFromText(text, this.sizeGrid);
    if (!steps.ok) return err(`Cannot read size: ${steps.error}`);
    if (steps.value < 0) return err(`Cannot read size: wanted at least 0, found "${text}"`);
    return ok(size(steps.value));
  }

  /** Base-currency decimal text to whole lots, rounded down to the order lot. */
  sizeFromBaseText(text: string): Result<Size> {
    const parsed = parseDecimal(text);
    if (!parsed.ok) return parsed;
    if (parsed.value.scale > MONEY_SCALE || parsed.value.digits < 0n) {
      return err(`Cannot read size: wanted a base amount of at least 0, found "${text}"`);
    }
    const units = parsed.value.digits * 10n ** BigInt(MONEY_SCALE - parsed.value.scale);
    const lots = Number(units / this.lotMoney);
    return ok(size(lots - (lots % this.orderLot)));
  }

  /** Plain decimal text of a price. */
  priceText(ticks: Price): string {
    return stepsToText(ticks, this.priceGrid);
  }

  /** Plain decimal text of a size in venue units (what goes on the wire). */
  sizeText(lots: number): string {
    return stepsToText(lots, this.sizeGrid);
  }

  /** Plain decimal text of a size in base currency (what people and CONTRACT.md see). */
  baseSizeText(lots: number): string {
    return decimalToText(BigInt(lots) * this.lotMoney, MONEY_SCALE);
  }

  /** A price as a float in quote currency, for signals only. */
  priceValue(ticks: Price | number): number {
    return ticks * this.tickValue;
  }

  /** A size as a float in base currency, for signals only. */
  sizeValue(lots: number): number {
    return lots * this.lotValue;
  }

  /** Lots of a float base amount, rounded down to the order lot. */
  sizeFromValue(baseAmount: number): Size {
    const lots = Math.floor(baseAmount / this.lotValue + 1e-9);
    return size(Math.max(0, lots - (lots % this.orderLot)));
  }

  /** Exact amount of base currency of a size. */
  baseMoney(lots: number): Money {
    return money(BigInt(lots) * this.lotMoney);
  }

  /** Nearest valid order price to a float, away from the touch: bids down, asks up. */
  orderPriceFromValue(side: Side, value: number): Price {
    return this.roundToOrderPrice(side, value / this.tickValue);
  }

  /** Nearest valid order price to fractional ticks: a buy rounds down, a sell up. */
  roundToOrderPrice(side: Side, ticks: number): Price {
    const step = this.orderStepAt(ticks);
    const steps = ticks / step;
    const whole = side === "buy" ? Math.floor(steps + 1e-9) : Math.ceil(steps - 1e-9);
    return price(whole * step);
  }

  /** Whether a price may stand in an order: on the order grid and within the significant
   * figures. */
  isOrderPrice(ticks: Price): boolean {
    return ticks > 0 && ticks % this.orderStepAt(ticks) === 0;
  }

  /** Ticks between valid order prices near `ticks`. */
  orderStepAt(ticks: number): number {
    const figures = this.terms.significantFigures;
    if (figures === undefined || ticks <= 0) return this.orderTick;
    // Five figures of 12,345.6 (tick 0.1) allow whole units; whole numbers are always allowed.
    const digitsBeforePoint = Math.floor(Math.log10(ticks * this.tickValue) + 1e-12) + 1;
    const decimals = Math.max(0, figures - digitsBeforePoint);
    const step = Math.round(10 ** -decimals / this.tickValue);
    return Math.max(this.orderTick, step);
  }
}

/** Grids in integers; see `createInstrument`. */
export interface WorkedOutGrids {
  readonly price: Grid;
  readonly size: Grid;
  readonly orderTick: number;
  readonly orderLot: number;
  readonly minSizeLots: number;
  readonly maxSizeLots: number;
  readonly tickLotMoney: bigint;
  readonly lotMoney: bigint;
}

/** Works out an instrument; refuses terms that are not exact, not positive or beyond 2^53. */
export function createInstrument(
  index: InstrumentIndex,
  terms: InstrumentTerms,
): Result<Instrument> {
  const where = `Cannot load ${terms.venue}:${terms.symbol}`;
  const tick = gridOf(terms.tick);
  const lot = gridOf(terms.lot);
  const contract = parseDecimal(terms.contractSize);
  if (!tick.ok) return err(`${where}: tick: ${tick.error}`);
  if (!lot.ok) return err(`${where}: lot: ${lot.error}`);
  if (!contract.ok || contract.value.digits <= 0n) {
    return err(`${where}: contract size must be above 0, found "${terms.contractSize}"`);
  }
  const scale = tick.value.scale + lot.value.scale + contract.value.scale;
  if (scale > MONEY_SCALE) {
    return err(`${where}: tick, lot and contract size have ${scale} decimals, wanted at most 18`);
  }
  const orderTick = multipleOf(terms.orderTick, tick.value);
  const orderLot = multipleOf(terms.orderLot, lot.value);
  const minSizeLots = stepsFromText(terms.minSize ?? "0", lot.value);
  const maxSizeLots = stepsFromText(terms.maxSize ?? terms.lot, lot.value);
  for (const part of [orderTick, orderLot, minSizeLots, maxSizeLots]) {
    if (!part.ok) return err(`${where}: ${part.error}`);
  }
  const lotDigits = BigInt(lot.value.mantissa) * contract.value.digits;
  const lotScale = lot.value.scale + contract.value.scale;
  const lotMoney = lotDigits * 10n ** BigInt(MONEY_SCALE - lotScale);
  return ok(
    new Instrument(index, terms, {
      price: tick.value,
      size: lot.value,
      orderTick: valueOf(orderTick),
      orderLot: valueOf(orderLot),
      minSizeLots: Math.max(valueOf(minSizeLots), valueOf(orderLot)),
      maxSizeLots: terms.maxSize === undefined ? Number.MAX_SAFE_INTEGER : valueOf(maxSizeLots),
      tickLotMoney: BigInt(tick.value.mantissa) * lotDigits * 10n ** BigInt(MONEY_SCALE - scale),
      lotMoney,
    }),
  );
}

/** Whole steps of a grid from decimal text, exactly. */
export function stepsFromText(text: string, grid: Grid): Result<number> {
  const parsed = parseDecimal(text);
  if (!parsed.ok) return parsed;
  const { digits, scale }: ExactDecimal = parsed.value;
  const wanted = stepsToText(1, grid);
  if (scale > grid.scale) return err(`wanted a multiple of ${wanted}, found "${text}"`);
  const scaled = digits * 10n ** BigInt(grid.scale - scale);
  const mantissa = BigInt(grid.mantissa);
  if (scaled % mantissa !== 0n) return err(`wanted a multiple of ${wanted}, found "${text}"`);
  const steps = Number(scaled / mantissa);
  if (!Number.isSafeInteger(steps)) return err(`wanted at most 2^53 steps, found "${text}"`);
  return ok(steps);
}

/** Plain decimal text of whole steps of a grid. */
export function stepsToText(steps: number, grid: Grid): string {
  return decimalToText(BigInt(steps) * BigInt(grid.mantissa), grid.scale);
}

function gridOf(text: string): Result<Grid> {
  const parsed = parseDecimal(text);
  if (!parsed.ok) return parsed;
  const mantissa = Number(parsed.value.digits);
  if (mantissa <= 0 || !Number.isSafeInteger(mantissa)) {
    return err(`wanted a step above 0, found "${text}"`);
  }
  return ok({ mantissa, scale: parsed.value.scale });
}

function multipleOf(text: string | undefined, grid: Grid): Result<number> {
  if (text === undefined) return ok(1);
  const steps = stepsFromText(text, grid);
  if (steps.ok && steps.value < 1) return err(`wanted a step above 0, found "${text}"`);
  return steps;
}

function valueOf(result: Result<number>): number {
  return result.ok ? result.value : 0;
}
