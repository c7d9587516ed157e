/**
 * What positions are worth at a mark: unrealised profit, exposure, profit by currency and in all.
 *
 * 1. Profit by currency is exact; the converted total is a report at stated rates.
 * 2. `total = realised + unrealised - fees + funding`; fees > 0 are paid, funding > 0 is received.
 * 3. A currency without a rate is named in the result, never counted as nothing in silence.
 * @module
 */
import {
  err,
  type Instrument,
  type InstrumentIndex,
  type Money,
  money,
  MONEY_ZERO,
  moneyFromText,
  mulDivHalfEven,
  ok,
  type Price,
  type Result,
} from "@/engine/domain/mod.ts";
import type { Position } from "./position.ts";
import type { PositionKeeper } from "./position_keeper.ts";

const ONE = 10n ** 18n;

/** Profit and loss of one currency, or converted. */
export interface ProfitLine {
  realised: Money;
  unrealised: Money;
  fees: Money;
  funding: Money;
  total: Money;
}

/** A mark price, quote per base; undefined while there is none (then the cost is its value). */
export type MarkOf = (instrument: InstrumentIndex) => Money | undefined;

/** A price as money, quote per base. */
export function priceMoney(instrument: Instrument, price: Price): Money {
  const { mantissa, scale } = instrument.priceGrid;
  return money(BigInt(price) * BigInt(mantissa) * 10n ** BigInt(18 - scale));
}

/** The middle of the touch as money, quote per base, rounded half to even. */
export function midMoney(instrument: Instrument, bid: Price, ask: Price): Money {
  const sum = priceMoney(instrument, bid) + priceMoney(instrument, ask);
  return money(mulDivHalfEven(sum, 1n, 2n));
}

/** Signed value of a position at a mark, in quote currency. */
export function marketValue(instrument: Instrument, position: Position, mark: Money): Money {
  return money(mulDivHalfEven(BigInt(position.size) * instrument.lotMoney, mark, ONE));
}

/** Profit of closing a position at a mark, before fees. */
export function unrealised(instrument: Instrument, position: Position, mark: Money): Money {
  return money(marketValue(instrument, position, mark) - position.cost);
}

/** Gross and net value held, in one quote currency. */
export interface Exposure {
  gross: Money;
  net: Money;
}

/** Exposure by quote currency. A position without a mark counts at its cost. */
export function exposureByCurrency(
  keeper: PositionKeeper,
  markOf: MarkOf,
): ReadonlyMap<string, Exposure> {
  const lines = new Map<string, Exposure>();
  for (const { instrument, position } of keeper.books()) {
    if (position.size === 0) continue;
    const mark = markOf(instrument.index);
    const value = mark === undefined ? position.cost : marketValue(instrument, position, mark);
    let line = lines.get(instrument.terms.quote);
    if (line === undefined) {
      line = { gross: MONEY_ZERO, net: MONEY_ZERO };
      lines.set(instrument.terms.quote, line);
    }
    line.gross = money(line.gross + (value < 0n ? -value : value));
    line.net = money(line.net + value);
  }
  return lines;
}

/** Profit of each currency, exactly: prices move the quote currency, fees and funding their own. */
export function profitByCurrency(
  keeper: PositionKeeper,
  markOf: MarkOf,
): ReadonlyMap<string, ProfitLine> {
  const lines = new Map<string, ProfitLine>();
  for (const book of keeper.books()) {
    const { instrument, position } = book;
    const mark = markOf(instrument.index);
    const open = mark === undefined ? MONEY_ZERO : unrealised(instrument, position, mark);
    if (position.fills > 0 || position.size !== 0) {
      const line = lineOf(lines, instrument.terms.quote);
      line.realised = money(line.realised + position.realised);
      line.unrealised = money(line.unrealised + open);
    }
    for (const [asset, fee] of book.fees.entries()) {
      const line = lineOf(lines, asset);
      line.fees = money(line.fees + fee);
    }
    addFunding(lines, book.funding.entries());
  }
  addFunding(lines, keeper.unattributedFunding.entries());
  for (const line of lines.values()) addUp(line);
  return lines;
}

/** What one unit of a currency is worth in the reporting currency; undefined: not known. */
export type RateOf = (currency: string) => Money | undefined;

/** Rates as configured (`{"USDC": "1"}`); the reporting currency itself is 1. */
export function configuredRates(
  rates: Readonly<Record<string, string>>,
  reporting: string,
): Result<RateOf> {
  const known = new Map<string, Money>();
  for (const [currency, text] of Object.entries(rates)) {
    const rate = moneyFromText(text);
    if (!rate.ok) return err(`Cannot read the rate of ${currency}: ${rate.error}`);
    if (rate.value <= 0n) {
      return err(`Cannot read the rate of ${currency}: wanted above 0, found "${text}"`);
    }
    known.set(currency, rate.value);
  }
  known.set(reporting, money(ONE));
  return ok((currency: string) => known.get(currency));
}

/** All currencies in one, and those that could not be converted and are not in it. */
export interface ConvertedProfit {
  readonly line: ProfitLine;
  readonly missing: readonly string[];
}

/** Converts and adds up; a report, not an account. */
export function convertProfit(
  byCurrency: ReadonlyMap<string, ProfitLine>,
  rateOf: RateOf,
): ConvertedProfit {
  const sum = emptyLine();
  const missing: string[] = [];
  for (const [currency, line] of byCurrency) {
    const rate = rateOf(currency);
    if (rate === undefined) {
      missing.push(currency);
      continue;
    }
    sum.realised = money(sum.realised + mulDivHalfEven(line.realised, rate, ONE));
    sum.unrealised = money(sum.unrealised + mulDivHalfEven(line.unrealised, rate, ONE));
    sum.fees = money(sum.fees + mulDivHalfEven(line.fees, rate, ONE));
    sum.funding = money(sum.funding + mulDivHalfEven(line.funding, rate, ONE));
  }
  addUp(sum);
  return { line: sum, missing };
}

function addFunding(lines: Map<string, ProfitLine>, entries: Iterable<[string, Money]>): void {
  for (const [asset, amount] of entries) {
    const line = lineOf(lines, asset);
    line.funding = money(line.funding + amount);
  }
}

function lineOf(lines: Map<string, ProfitLine>, currency: string): ProfitLine {
  const held = lines.get(currency);
  if (held !== undefined) return held;
  const created = emptyLine();
  lines.set(currency, created);
  return created;
}

function emptyLine(): ProfitLine {
  return {
    realised: MONEY_ZERO,
    unrealised: MONEY_ZERO,
    fees: MONEY_ZERO,
    funding: MONEY_ZERO,
    total: MONEY_ZERO,
  };
}

function addUp(line: ProfitLine): void {
  line.total = money(line.realised + line.unrealised - line.fees + line.funding);
}
