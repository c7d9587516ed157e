/**
 * What we ask of a venue about orders. Immutable; one object per outgoing message.
 *
 * Prices are whole ticks, sizes whole lots in venue units. Everything a venue's encoder needs is
 * here or in the `Instrument`.
 * @module
 */
import type {
  AccountKey,
  ClientOrderId,
  InstrumentIndex,
  OrderType,
  Price,
  Side,
  Size,
  StrategyId,
  TimeInForce,
  VenueOrderId,
} from "@/engine/domain/mod.ts";

/** A new order. */
export interface PlaceOrder {
  readonly kind: "place_order";
  readonly instrument: InstrumentIndex;
  readonly clientOrderId: ClientOrderId;
  readonly strategy: StrategyId;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  /** Limit price; undefined for market and stop-loss orders. */
  readonly price: Price | undefined;
  /** Trigger of stop orders. */
  readonly triggerPrice: Price | undefined;
  readonly size: Size;
}

/** Changes price and total size of a resting order in place, keeping its client id. */
export interface AmendOrder {
  readonly kind: "amend_order";
  readonly instrument: InstrumentIndex;
  readonly clientOrderId: ClientOrderId;
  readonly venueOrderId: VenueOrderId | undefined;
  readonly strategy: StrategyId;
  readonly side: Side;
  readonly price: Price;
  /** The new total size, filled part included. */
  readonly size: Size;
  /** What is filled of it as far as we know. */
  readonly filledSize: Size;
  readonly reduceOnly: boolean;
  readonly postOnly: boolean;
}

/** One request that cancels a resting order and, only if that worked, places another. */
export interface ReplaceOrder {
  readonly kind: "replace_order";
  readonly instrument: InstrumentIndex;
  /** The order to cancel. */
  readonly clientOrderId: ClientOrderId;
  readonly venueOrderId: VenueOrderId | undefined;
  /** The order to place. */
  readonly newClientOrderId: ClientOrderId;
  readonly strategy: StrategyId;
  readonly side: Side;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly price: Price;
  readonly size: Size;
}

/** Cancels one order. */
export interface CancelOrder {
  readonly kind: "cancel_order";
  readonly instrument: InstrumentIndex;
  readonly clientOrderId: ClientOrderId;
  readonly venueOrderId: VenueOrderId | undefined;
}

/** Cancels every order of this account on one instrument, at the venue. Foreign orders too: see
 * DESIGN 5. */
export interface CancelAll {
  readonly kind: "cancel_all";
  readonly instrument: InstrumentIndex;
}

/** Asks what became of one order, by client id (and venue id where known). */
export interface QueryOrder {
  readonly kind: "query_order";
  readonly instrument: InstrumentIndex;
  readonly clientOrderId: ClientOrderId;
  readonly venueOrderId: VenueOrderId | undefined;
}

/** Asks for own fills of one order (or of the instrument where the venue cannot say by order). */
export interface QueryFills {
  readonly kind: "query_fills";
  readonly instrument: InstrumentIndex;
  readonly clientOrderId: ClientOrderId;
  readonly venueOrderId: VenueOrderId | undefined;
}

/** Asks for open orders, positions, balances and recent fills of one account, as one report. */
export interface QueryAccount {
  readonly kind: "query_account";
  readonly account: AccountKey;
}

/** Arms the venue's dead-man switch for one instrument; 0 ms disarms it. */
export interface ArmDeadMan {
  readonly kind: "arm_dead_man";
  readonly instrument: InstrumentIndex;
  readonly timeoutMs: number;
}

/** Requests that open or change exposure: these need the risk gate's approval. */
export type RiskyRequest = PlaceOrder | AmendOrder | ReplaceOrder;

/** All that may be said to a venue about orders and accounts. */
export type OrderRequest =
  | RiskyRequest
  | CancelOrder
  | CancelAll
  | QueryOrder
  | QueryFills
  | QueryAccount
  | ArmDeadMan;

declare const approved: unique symbol;

/** A request that passed the risk gate. Only `risk/risk_gate.ts` makes one; only one of these is
 * sent. */
export type Approved<T extends RiskyRequest> = T & { readonly [approved]: true };

/** What a connector may be given to send. */
export type SendableRequest =
  | Approved<PlaceOrder>
  | Approved<AmendOrder>
  | Approved<ReplaceOrder>
  | CancelOrder
  | CancelAll
  | QueryOrder
  | QueryFills
  | QueryAccount
  | ArmDeadMan;
