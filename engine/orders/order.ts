/**
 * `Order`: one order's record. Mutable, written only by the order manager; others read.
 *
 * 1. `fillsSize` is the sum of executions counted; `filledSize` the largest cumulative size known
 *    from fills or statuses. Positions move by fills, so exposure is reckoned from `fillsSize`.
 * 2. `filledSize` and `fillsSize` never go back.
 * 3. Instants of 0 mean "not yet".
 * @module
 */
import {
  type ClientOrderId,
  type Instrument,
  type InstrumentIndex,
  type Micros,
  MICROS_UNKNOWN,
  type OrderType,
  type Price,
  price,
  type Side,
  type Size,
  size,
  SIZE_ZERO,
  type StrategyId,
  strategyId,
  type TimeInForce,
  type VenueOrderId,
} from "@/engine/domain/mod.ts";
import type { RejectReason } from "@/engine/messages/mod.ts";
import type { OrderView } from "@/engine/ports/mod.ts";
import { isTerminalState, type OrderState } from "./order_state.ts";

/** Own orders found at the venue of which this run has no record: their strategy is not known. */
export const RECOVERED: StrategyId = strategyId("recovered");

/** Orders and fills that are not of this instance. */
export const FOREIGN: StrategyId = strategyId("foreign");

/** Sent by this run, found at the venue with an id of this instance, or someone else's. */
export type OrderOrigin = "placed" | "recovered" | "foreign";

/** The last request about an order that the venue has not answered. */
export type PendingRequest = "none" | "place" | "amend" | "cancel";

/** What never changes about an order, and what it starts with. */
export interface OrderStart {
  readonly clientOrderId: ClientOrderId;
  readonly instrument: InstrumentIndex;
  readonly strategy: StrategyId;
  readonly origin: OrderOrigin;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly price: Price | undefined;
  readonly triggerPrice: Price | undefined;
  readonly size: Size;
  readonly state: OrderState;
  readonly pending: PendingRequest;
  readonly at: Micros;
}

/** One order's record. */
export class Order implements OrderView {
  readonly clientOrderId: ClientOrderId;
  readonly instrument: InstrumentIndex;
  readonly strategy: StrategyId;
  readonly origin: OrderOrigin;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly createdAt: Micros;
  venueOrderId: VenueOrderId | undefined = undefined;
  price: Price | undefined;
  triggerPrice: Price | undefined;
  /** Total size, filled part included. */
  size: Size;
  filledSize: Size = SIZE_ZERO;
  fillsSize: Size = SIZE_ZERO;
  state: OrderState;
  pending: PendingRequest;
  /** What an unanswered amend asks for; both undefined when none is out. */
  pendingPrice: Price | undefined = undefined;
  pendingSize: Size | undefined = undefined;
  /** The order that a replace puts in this one's place, or that this one takes the place of. */
  replacedBy: ClientOrderId | undefined = undefined;
  replaces: ClientOrderId | undefined = undefined;
  /** When the last request about it left. */
  sentAt: Micros;
  /** When we last sent or heard anything about it. */
  changedAt: Micros;
  /** When the venue's own price or size was last taken over. */
  termsAt: Micros;
  /** The latest venue stamp heard. */
  venueAt: Micros = MICROS_UNKNOWN;
  closedAt: Micros = MICROS_UNKNOWN;
  /** The venue has said that it knows the order. */
  isAcknowledged = false;
  /** Closed by our own reasoning (the venue knows no such order), not by the venue's word. */
  isInferred = false;
  /** For a terminal order: the venue said how much of it was filled. */
  isFilledSizeKnown = false;
  /** Since when it is not known how it stands, and how often we asked. */
  unknownSince: Micros = MICROS_UNKNOWN;
  askedAt: Micros = MICROS_UNKNOWN;
  nextAskAt: Micros = MICROS_UNKNOWN;
  asks = 0;
  notFoundCount = 0;
  firstNotFoundAt: Micros = MICROS_UNKNOWN;
  /** Since when the venue says more is filled than we have executions for. */
  missingFillsSince: Micros = MICROS_UNKNOWN;
  nextFillsAskAt: Micros = MICROS_UNKNOWN;
  fillsAsks = 0;
  reason: RejectReason | undefined = undefined;
  /** For an order found at the venue: its executions up to this venue stamp were there before. */
  historyUntil: Micros = MICROS_UNKNOWN;

  constructor(start: OrderStart) {
    this.clientOrderId = start.clientOrderId;
    this.instrument = start.instrument;
    this.strategy = start.strategy;
    this.origin = start.origin;
    this.side = start.side;
    this.type = start.type;
    this.timeInForce = start.timeInForce;
    this.postOnly = start.postOnly;
    this.reduceOnly = start.reduceOnly;
    this.createdAt = start.at;
    this.price = start.price;
    this.triggerPrice = start.triggerPrice;
    this.size = start.size;
    this.state = start.state;
    this.pending = start.pending;
    this.sentAt = start.at;
    this.changedAt = start.at;
    this.termsAt = start.at;
  }

  get isTerminal(): boolean {
    return isTerminalState(this.state);
  }

  /** The larger of the size now and the size an unanswered amend asks for. */
  get worstSize(): Size {
    const target = this.pendingSize;
    return target !== undefined && target > this.size ? target : this.size;
  }

  /** The most that can still move the position: executions not yet seen are part of it. */
  get worstLeaves(): Size {
    if (this.origin === "foreign") {
      return this.isTerminal || this.filledSize > this.size
        ? SIZE_ZERO
        : size(this.size - this.filledSize);
    }
    const most = this.isTerminal
      ? this.filledSize
      : (this.filledSize > this.worstSize ? this.filledSize : this.worstSize);
    return most > this.fillsSize ? size(most - this.fillsSize) : SIZE_ZERO;
  }

  /** Size that still rests at the venue as far as it has said. */
  get leaves(): Size {
    return this.isTerminal || this.filledSize >= this.size
      ? SIZE_ZERO
      : size(this.size - this.filledSize);
  }

  /** What the venue says is filled and we have no execution for. */
  get missingFills(): number {
    return this.origin === "foreign" ? 0 : this.filledSize - this.fillsSize;
  }

  /** A resting quote: what the quote differ may move. */
  get isQuote(): boolean {
    return this.type === "limit" && this.timeInForce === "gtc" && this.origin !== "foreign";
  }
}

/**
 * Counts an order's prices and sizes on an instrument's new grids. Sizes that do not fit are
 * rounded up, so that exposure is never understated; the venue's next report says the exact ones.
 */
export function regridOrder(order: Order, from: Instrument, to: Instrument): void {
  const isSamePrice = from.priceGrid.mantissa === to.priceGrid.mantissa &&
    from.priceGrid.scale === to.priceGrid.scale;
  if (!isSamePrice) {
    order.price = priceOn(order.price, from, to);
    order.pendingPrice = priceOn(order.pendingPrice, from, to);
    order.triggerPrice = priceOn(order.triggerPrice, from, to);
  }
  if (from.lotMoney === to.lotMoney) return;
  order.size = sizeOn(order.size, from, to);
  order.filledSize = sizeOn(order.filledSize, from, to);
  order.fillsSize = sizeOn(order.fillsSize, from, to);
  if (order.pendingSize !== undefined) order.pendingSize = sizeOn(order.pendingSize, from, to);
}

function priceOn(at: Price | undefined, from: Instrument, to: Instrument): Price | undefined {
  if (at === undefined) return undefined;
  const scale = BigInt(Math.max(from.priceGrid.scale, to.priceGrid.scale));
  const steps = BigInt(at) * BigInt(from.priceGrid.mantissa) *
    10n ** (scale - BigInt(from.priceGrid.scale));
  const step = BigInt(to.priceGrid.mantissa) * 10n ** (scale - BigInt(to.priceGrid.scale));
  return price(Number(steps / step));
}

function sizeOn(lots: Size, from: Instrument, to: Instrument): Size {
  const base = BigInt(lots) * from.lotMoney;
  return size(Number((base + to.lotMoney - 1n) / to.lotMoney));
}
