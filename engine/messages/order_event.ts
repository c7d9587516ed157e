/**
 * What a venue says about our orders. Immutable.
 *
 * 1. An acknowledgement is not acceptance: a connector emits `order` only when the venue states the
 *    order's own status.
 * 2. Only `fill` moves a position; it is deduplicated by instrument and `fillId`.
 * 3. A foreign order has a client id that is not of this instance; it is reported all the same.
 * @module
 */
import type {
  ClientOrderId,
  FillId,
  InstrumentIndex,
  Liquidity,
  Micros,
  Money,
  OrderStatus,
  OrderType,
  Price,
  Side,
  Size,
  TimeInForce,
  VenueOrderId,
} from "@/engine/domain/mod.ts";
import type { RejectReason } from "./reject_reason.ts";

/** The state of one order as the venue says it: from the private stream, an answer or a query. */
export interface OrderUpdate {
  readonly kind: "order";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly source: "stream" | "answer" | "query";
  /** Empty where the venue does not say one. */
  readonly clientOrderId: ClientOrderId;
  readonly venueOrderId: VenueOrderId | undefined;
  readonly status: OrderStatus;
  readonly side: Side | undefined;
  readonly type: OrderType | undefined;
  readonly timeInForce: TimeInForce | undefined;
  readonly price: Price | undefined;
  /** Total size, filled part included. */
  readonly size: Size | undefined;
  /** Cumulative; undefined where not said (which is not zero). */
  readonly filledSize: Size | undefined;
  /** Mean fill price, quote per base. */
  readonly averagePrice: Money | undefined;
  readonly reason: RejectReason | undefined;
  /** The venue's own words or code for the reason, for logs. */
  readonly text: string | undefined;
}

/** One of our executions. */
export interface Fill {
  readonly kind: "fill";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly venueAt: Micros;
  /** Empty for venue-made fills (liquidation, auto-deleveraging) and foreign orders. */
  readonly clientOrderId: ClientOrderId;
  readonly venueOrderId: VenueOrderId | undefined;
  readonly fillId: FillId;
  readonly side: Side;
  readonly price: Price;
  readonly size: Size;
  readonly liquidity: Liquidity | undefined;
  /** Above zero is paid, below zero a rebate; undefined: not said yet, an amending fill follows. */
  readonly fee: Money | undefined;
  readonly feeAsset: string | undefined;
}

/** The venue's no to one request. The order itself is untouched unless the request was a place. */
export interface RequestRefused {
  readonly kind: "request_refused";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly clientOrderId: ClientOrderId;
  readonly request: "place" | "amend" | "replace" | "cancel";
  readonly reason: RejectReason;
  readonly text: string;
}

/**
 * The outcome of a request is unknown (socket lost, 5xx, time-out) or it was never sent.
 * The order manager asks the venue; it never sends again.
 */
export interface RequestLost {
  readonly kind: "request_lost";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly clientOrderId: ClientOrderId;
  readonly request: "place" | "amend" | "replace" | "cancel" | "query";
  /** `not_sent`: no byte left this process, so the venue cannot know of it. */
  readonly outcome: "unknown" | "not_sent";
  readonly text: string;
}

/** Answer to a query: the venue knows no such order. */
export interface OrderNotFound {
  readonly kind: "order_not_found";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly clientOrderId: ClientOrderId;
}

/** All that can be said of our orders. */
export type OrderEvent = OrderUpdate | Fill | RequestRefused | RequestLost | OrderNotFound;
