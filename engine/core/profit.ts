/**
 * Profit and loss since start at present marks: exact for reports, as floats for risk.
 *
 * The floats may be asked for on every order, so they are worked out anew only after a fill or when
 * they are older than 100 ms of event time.
 * @module
 */
import {
  type InstrumentIndex,
  type Micros,
  MICROS_UNKNOWN,
  type Money,
  moneyToNumber,
  type Price,
} from "@/engine/domain/mod.ts";
import {
  type ConvertedProfit,
  convertProfit,
  midMoney,
  type PositionKeeper,
  profitByCurrency,
  type ProfitLine,
  type RateOf,
} from "@/engine/portfolio/mod.ts";
import type { EngineState } from "./engine_state.ts";

/** Figures in the reporting currency. */
export interface ProfitFigures {
  readonly realised: number;
  readonly unrealised: number;
  readonly fees: number;
  readonly funding: number;
}

/** What the figures are converted with. */
export interface ReportingRates {
  readonly currency: string;
  readonly rateOf: RateOf;
}

const FRESH_MICROS = 100_000;

/** Profit now. */
export class ProfitNow {
  readonly #state: EngineState;
  readonly #positions: PositionKeeper;
  readonly rates: ReportingRates;
  #figures: ProfitFigures = { realised: 0, unrealised: 0, fees: 0, funding: 0 };
  #at: Micros = MICROS_UNKNOWN;
  #fills = -1;

  constructor(state: EngineState, positions: PositionKeeper, rates: ReportingRates) {
    this.#state = state;
    this.#positions = positions;
    this.rates = rates;
  }

  /** As floats, at most 100 ms old. */
  now(): ProfitFigures {
    const fresh = this.#state.now - this.#at < FRESH_MICROS;
    if (fresh && this.#fills === this.#positions.fills) return this.#figures;
    this.#at = this.#state.now;
    this.#fills = this.#positions.fills;
    const { line } = this.converted();
    this.#figures = {
      realised: moneyToNumber(line.realised),
      unrealised: moneyToNumber(line.unrealised),
      fees: moneyToNumber(line.fees),
      funding: moneyToNumber(line.funding),
    };
    return this.#figures;
  }

  /** Each currency by itself, exactly. */
  byCurrency(): ReadonlyMap<string, ProfitLine> {
    return profitByCurrency(this.#positions, (index) => this.markOf(index));
  }

  /** All in the reporting currency, at the configured rates. */
  converted(): ConvertedProfit {
    return convertProfit(this.byCurrency(), this.rates.rateOf);
  }

  /** The venue's mark while it is fresh, else the mid of a usable book; where there is neither, the
   * last mark, else the mid of a two-sided book. */
  markOf(index: InstrumentIndex): Money | undefined {
    const slot = this.#state.slot(index);
    if (slot === undefined) return undefined;
    const { book, feed, instrument, mark, streams } = slot;
    const isBest = !feed.isUsable || !streams.isStale("mark_price", this.#state.now);
    if (mark !== undefined && isBest) return mark;
    if (!book.isTwoSided) return undefined;
    return midMoney(instrument, book.bestBid as Price, book.bestAsk as Price);
  }
}
