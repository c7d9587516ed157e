/**
 * What each strategy wants to show, per instrument: the board strategies write and the differ
 * reads.
 *
 * 1. A board is cleared by `begin`; what is not said again is not wanted.
 * 2. Boards keep their memory; writing one allocates nothing in the steady state.
 * @module
 */
import {
  assert,
  type InstrumentIndex,
  type Price,
  type Side,
  type Size,
} from "@/engine/domain/mod.ts";
import { DesiredQuotes } from "@/engine/orders/mod.ts";
import type { QuoteBoard } from "@/engine/ports/mod.ts";

/** Both wanted sides of one instrument. */
export interface WantedQuotes {
  readonly instrument: InstrumentIndex;
  readonly quotes: DesiredQuotes;
  /** Written since the differ last looked. */
  dirty: boolean;
}

/** A wish to take liquidity at once. */
export interface WantedTake {
  readonly instrument: InstrumentIndex;
  readonly side: Side;
  readonly price: Price;
  readonly size: Size;
  readonly reduceOnly: boolean;
}

/** One strategy's board over all instruments. */
export class StrategyBoard implements QuoteBoard {
  readonly #wanted: (WantedQuotes | undefined)[] = [];
  /** Every instrument that was ever begun, in that order. */
  readonly all: WantedQuotes[] = [];
  readonly takes: WantedTake[] = [];

  /** What is wanted on an instrument; undefined when nothing ever was. */
  wanted(instrument: InstrumentIndex): WantedQuotes | undefined {
    return this.#wanted[instrument];
  }

  begin(instrument: InstrumentIndex): void {
    const wanted = this.#wanted[instrument] ?? this.#create(instrument);
    wanted.quotes.clear();
    wanted.dirty = true;
  }

  quote(instrument: InstrumentIndex, side: Side, price: Price, size: Size): void {
    const wanted = this.#wanted[instrument];
    assert(wanted !== undefined, "A board is begun before quotes are written");
    wanted.quotes.add(side, price, size);
  }

  pull(instrument: InstrumentIndex): void {
    this.begin(instrument);
  }

  take(
    instrument: InstrumentIndex,
    side: Side,
    price: Price,
    size: Size,
    reduceOnly: boolean,
  ): void {
    if (size > 0) this.takes.push({ instrument, side, price, size, reduceOnly });
  }

  #create(instrument: InstrumentIndex): WantedQuotes {
    while (this.#wanted.length <= instrument) this.#wanted.push(undefined);
    const wanted = { instrument, quotes: new DesiredQuotes(), dirty: true };
    this.#wanted[instrument] = wanted;
    this.all.push(wanted);
    return wanted;
  }
}
