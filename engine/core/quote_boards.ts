/**
 * What each strategy wants to show, per instrument: the board strategies write and the differ reads.
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
import { LevelBuffer } from "@/engine/messages/mod.ts";
import type { QuoteBoard } from "@/engine/ports/mod.ts";

const LEVELS_MAX = 100;

/** Both wanted sides of one instrument. */
export interface WantedQuotes {
  readonly bids: LevelBuffer;
  readonly asks: LevelBuffer;
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
  readonly takes: WantedTake[] = [];

  /** What is wanted on an instrument; undefined when nothing ever was. */
  wanted(instrument: InstrumentIndex): WantedQuotes | undefined {
    return this.#wanted[instrument];
  }

  begin(instrument: InstrumentIndex): void {
    const wanted = this.#wanted[instrument] ?? this.#create(instrument);
    wanted.bids.clear();
    wanted.asks.clear();
    wanted.dirty = true;
  }

  quote(instrument: InstrumentIndex, side: Side, price: Price, size: Size): void {
    const wanted = this.#wanted[instrument];
    assert(wanted !== undefined, "A board is begun before quotes are written");
    const levels = side === "buy" ? wanted.bids : wanted.asks;
    assert(levels.count < LEVELS_MAX, "A strategy wants at most 100 levels a side");
    if (size > 0) levels.push(price, size);
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
    const wanted = { bids: new LevelBuffer(8), asks: new LevelBuffer(8), dirty: true };
    this.#wanted[instrument] = wanted;
    return wanted;
  }
}
