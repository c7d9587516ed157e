/**
 * `Strategy`: events in, desired quotes out. It never touches a venue, an order id or a clock.
 * @module
 */
import type {
  Instrument,
  InstrumentIndex,
  InstrumentKey,
  Price,
  Result,
  Side,
  Size,
  StrategyId,
} from "@/engine/domain/mod.ts";
import type { Fill, Trade } from "@/engine/messages/mod.ts";
import type { MarketView } from "./market_view.ts";

/** Where a strategy writes what it wants to show. The core turns it into the fewest requests. */
export interface QuoteBoard {
  /** Starts a new picture of both sides of an instrument: nothing is wanted until said again. */
  begin(instrument: InstrumentIndex): void;
  /** Wants a resting post-only order at this price; best first. */
  quote(instrument: InstrumentIndex, side: Side, price: Price, size: Size): void;
  /** Wants nothing on the instrument. The same as `begin` and no quote. */
  pull(instrument: InstrumentIndex): void;
  /** Sends an immediate-or-cancel limit order once. */
  take(
    instrument: InstrumentIndex,
    side: Side,
    price: Price,
    size: Size,
    reduceOnly: boolean,
  ): void;
}

/** What just changed on an instrument. */
export type MarketCause = "book" | "best_bid_ask" | "trade" | "mark" | "status" | "unusable";

/** One strategy. Deterministic: same calls, same wishes. */
export interface Strategy {
  readonly id: StrategyId;
  /** Instruments it reads or trades; the core calls only for these. */
  readonly instruments: readonly InstrumentKey[];
  /** An instrument became known, or its terms changed. */
  onInstrument(instrument: Instrument): void;
  /** The market of one instrument changed (`trade` is set when `cause` is "trade"). When the book
   * is not usable the core has already pulled this instrument's quotes. */
  onMarket(
    instrument: InstrumentIndex,
    cause: MarketCause,
    trade: Trade | undefined,
    view: MarketView,
    quotes: QuoteBoard,
  ): void;
  /** One of this strategy's orders was filled. */
  onFill(fill: Fill, view: MarketView, quotes: QuoteBoard): void;
  /** Time passed (every `timer_ms`). */
  onTimer(view: MarketView, quotes: QuoteBoard): void;
  /** Checks a set of parameter changes as a whole, without making it. */
  checkParameters(changes: Readonly<Record<string, string>>): Result<void>;
  /** Makes a checked set of changes. */
  setParameters(changes: Readonly<Record<string, string>>): void;
  /** Parameters now, for status and audit. */
  parameters(): Readonly<Record<string, string>>;
}
