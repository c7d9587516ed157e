/**
 * `MarketView` over the core's state: what strategies and risk may see, and nothing they can
 * change.
 * @module
 */
import {
  type AccountKey,
  assert,
  type ClientOrderId,
  type FeeSchedule,
  type Instrument,
  type InstrumentIndex,
  type InstrumentTradingStatus,
  type Micros,
  type Price,
  type Side,
  type SignedSize,
  type Size,
  type VenueId,
} from "@/engine/domain/mod.ts";
import type { TradingMode } from "@/engine/messages/mod.ts";
import type { OrderManager } from "@/engine/orders/mod.ts";
import type { BookView, MarketView, OrderView } from "@/engine/ports/mod.ts";
import type { PositionKeeper } from "@/engine/portfolio/mod.ts";
import {
  type EngineState,
  type InstrumentSlot,
  isAccountReady,
  markValueOf,
} from "./engine_state.ts";
import type { ProfitNow } from "./profit.ts";
import type { TradingModes } from "./trading_mode.ts";

/** What the view looks at. */
export interface ViewParts {
  readonly state: EngineState;
  readonly modes: TradingModes;
  readonly orders: OrderManager;
  readonly positions: PositionKeeper;
  readonly profit: ProfitNow;
}

/** A live window on the core. */
export class CoreView implements MarketView {
  readonly #state: EngineState;
  readonly #modes: TradingModes;
  readonly #orders: OrderManager;
  readonly #positions: PositionKeeper;
  readonly #profit: ProfitNow;

  constructor(parts: ViewParts) {
    this.#state = parts.state;
    this.#modes = parts.modes;
    this.#orders = parts.orders;
    this.#positions = parts.positions;
    this.#profit = parts.profit;
  }

  get now(): Micros {
    return this.#state.now;
  }

  get mode(): TradingMode {
    return this.#modes.mode;
  }

  get instrumentCount(): number {
    return this.#state.instruments.length;
  }

  isDefined(index: InstrumentIndex): boolean {
    return this.#state.slot(index) !== undefined;
  }

  instrument(index: InstrumentIndex): Instrument {
    return this.#slot(index).instrument;
  }

  fees(index: InstrumentIndex): FeeSchedule {
    return this.#slot(index).fees;
  }

  status(index: InstrumentIndex): InstrumentTradingStatus {
    return this.#slot(index).status;
  }

  book(index: InstrumentIndex): BookView {
    return this.#slot(index).bookView;
  }

  markValue(index: InstrumentIndex): number {
    return markValueOf(this.#slot(index), this.#state.now);
  }

  fundingRate(index: InstrumentIndex): number {
    return this.#slot(index).fundingRate;
  }

  fundingAt(index: InstrumentIndex): Micros {
    return this.#slot(index).fundingAt;
  }

  lastTrade(index: InstrumentIndex): Price {
    return this.#slot(index).lastTrade;
  }

  isAccountReady(account: AccountKey): boolean {
    const slot = this.#state.account(account);
    return slot !== undefined && isAccountReady(slot);
  }

  isVenueUp(venue: VenueId): boolean {
    return this.#state.venue(venue)?.isUp ?? false;
  }

  position(index: InstrumentIndex): SignedSize {
    return this.#positions.size(index);
  }

  workingSize(index: InstrumentIndex, side: Side): Size {
    return this.#orders.workingSize(index, side);
  }

  openOrderCount(index: InstrumentIndex): number {
    return this.#orders.openOrderCount(index);
  }

  forEachOrder(index: InstrumentIndex, visit: (order: OrderView) => void): void {
    this.#orders.forEachOrder(index, visit);
  }

  ownBest(index: InstrumentIndex, side: Side): Price {
    return this.#orders.ownBest(index, side);
  }

  order(id: ClientOrderId): OrderView | undefined {
    return this.#orders.order(id);
  }

  freeBalance(account: AccountKey, asset: string): number | undefined {
    return this.#positions.freeBalance(account, asset);
  }

  profit(): { realised: number; unrealised: number; fees: number; funding: number } {
    return this.#profit.now();
  }

  #slot(index: InstrumentIndex): InstrumentSlot {
    const slot = this.#state.slot(index);
    assert(slot !== undefined, "An instrument is defined before it is looked at");
    return slot;
  }
}
