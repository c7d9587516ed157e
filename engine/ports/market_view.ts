/**
 * Read-only books, positions and own orders, as strategies and risk may see them.
 *
 * Views are live objects of the core: valid during the call, never kept.
 * @module
 */
import type {
  AccountKey,
  ClientOrderId,
  FeeSchedule,
  Instrument,
  InstrumentIndex,
  InstrumentTradingStatus,
  Micros,
  Price,
  Side,
  SignedSize,
  Size,
  StrategyId,
  VenueId,
} from "@/engine/domain/mod.ts";
import type { TradingMode } from "@/engine/messages/mod.ts";

/** One instrument's book. Prices and sizes are 0 where a side is empty. */
export interface BookView {
  /** Synchronised, fresh, uncrossed, both sides present: only then may one quote on it. */
  readonly usable: boolean;
  readonly bidPrice: Price;
  readonly bidSize: Size;
  readonly askPrice: Price;
  readonly askSize: Size;
  /** When the book last changed. */
  readonly updatedAt: Micros;
  readonly sequence: number;
  /** Up to `count` best levels of a side into the two arrays; how many there were. */
  readLevels(side: Side, count: number, prices: Float64Array, sizes: Float64Array): number;
}

/** One own order that may still trade. */
export interface OrderView {
  readonly clientOrderId: ClientOrderId;
  readonly instrument: InstrumentIndex;
  readonly strategy: StrategyId;
  readonly side: Side;
  readonly price: Price | undefined;
  readonly size: Size;
  readonly filledSize: Size;
  /** The most that can still be filled: while amending, the larger of old and new. */
  readonly worstLeaves: Size;
  readonly state: string;
}

/** What strategies and risk see. */
export interface MarketView {
  /** Time of the event being processed. */
  readonly now: Micros;
  readonly mode: TradingMode;
  /** Number of known instruments; indices run below it, some may not be defined yet. */
  readonly instrumentCount: number;
  isDefined(index: InstrumentIndex): boolean;
  instrument(index: InstrumentIndex): Instrument;
  fees(index: InstrumentIndex): FeeSchedule;
  status(index: InstrumentIndex): InstrumentTradingStatus;
  book(index: InstrumentIndex): BookView;
  /** The venue's mark price as a float, else the mid, else 0. */
  markValue(index: InstrumentIndex): number;
  /** Funding rate as a float fraction, and when it is paid; 0 when unknown. */
  fundingRate(index: InstrumentIndex): number;
  fundingAt(index: InstrumentIndex): Micros;
  /** Last public trade price in ticks; 0 before the first. */
  lastTrade(index: InstrumentIndex): Price;
  /** Whether the venue account is reconciled and its links are up. */
  isAccountReady(account: AccountKey): boolean;
  isVenueUp(venue: VenueId): boolean;
  /** Our position on the instrument, all strategies. */
  position(index: InstrumentIndex): SignedSize;
  /** Sum of `worstLeaves` of own (and seen foreign) working, in-flight and unknown orders of a
   * side. */
  workingSize(index: InstrumentIndex, side: Side): Size;
  openOrderCount(index: InstrumentIndex): number;
  /** Visits own live orders of one instrument. */
  forEachOrder(index: InstrumentIndex, visit: (order: OrderView) => void): void;
  /** Own best live price on a side, ticks; 0 when there is none. */
  ownBest(index: InstrumentIndex, side: Side): Price;
  /** The live order of this id, if there is one. */
  order(id: ClientOrderId): OrderView | undefined;
  /** Free amount of an asset of an account as a float; undefined until the venue said it. */
  freeBalance(account: AccountKey, asset: string): number | undefined;
  /** Profit and loss since start in the reporting currency, as floats. */
  profit(): { realised: number; unrealised: number; fees: number; funding: number };
}
