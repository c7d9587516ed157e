/**
 * What a simulated exchange is asked, answers and tells, in words that name no venue.
 *
 * Prices are whole ticks, sizes whole lots, money whole units of 10^-18. Orders are live records:
 * who keeps more than a reference copies what it needs.
 * @module
 */
import type { SelfTradePolicy } from "@/engine/matching/mod.ts";
import type {
  Liquidity,
  Micros,
  Money,
  OrderStatus,
  OrderType,
  Side,
  TimeInForce,
} from "@/engine/domain/mod.ts";
import type { SimInstrument, SimPrint } from "./sim_instrument.ts";

/** Why an operation is refused; each dialect maps these to its venue's own bodies. */
export const SIM_REJECTS = [
  "unknown_order",
  "duplicate_client_order_id",
  "post_only_would_take",
  "insufficient_balance",
  "insufficient_margin",
  "reduce_only",
  "halted",
  "maintenance",
  "price_off_grid",
  "size_off_grid",
  "size_too_small",
  "size_too_large",
  "value_too_small",
  "price_band",
  "trigger_would_fire",
  "too_many_orders",
  "too_many_stops",
  "no_liquidity",
  "fill_or_kill",
  "nothing_changed",
  "not_amendable",
] as const;
export type SimReject = (typeof SIM_REJECTS)[number];

/** A new order. */
export interface SimPlace {
  readonly owner: number;
  readonly instrument: SimInstrument;
  readonly clientOrderId: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly?: boolean;
  readonly reduceOnly?: boolean;
  /** Limit orders only. */
  readonly price?: number;
  readonly size: number;
  /** Stops only: they fire when the watched price reaches it from the other side. */
  readonly triggerPrice?: number;
  readonly triggerWhen?: "rises" | "falls";
  readonly triggerOn?: "last" | "mark";
  /** A stop that closes whatever position there is when it fires. */
  readonly closePosition?: boolean;
  readonly selfTrade?: SelfTradePolicy;
  /** The dialect's own word for what kind of order it was; kept, never read. */
  readonly label?: string;
  /** A FOK that cannot be filled is refused instead of recorded and expired. */
  readonly refuseUnfillable?: boolean;
}

/** An amendment: a new total size, a new price, or both. */
export interface SimAmend {
  readonly order: SimOrder;
  readonly price?: number;
  readonly size: number;
  readonly clientOrderId?: string;
  /** Whether a smaller size may keep its place in the queue. */
  readonly keepPriority: boolean;
}

/** What one owner begins with: money by asset, by account. */
export interface SimUserOptions {
  readonly owner: number;
  readonly balances: Readonly<Record<string, Readonly<Record<string, Money>>>>;
}

/** Why an order ended. */
export type SimEnd =
  | "none"
  | "cancelled"
  | "cancel_all"
  | "dead_man"
  | "immediate_or_cancel"
  | "fill_or_kill"
  | "post_only"
  | "no_liquidity"
  | "self_trade"
  | "reduce_only"
  | "halted"
  | "triggered"
  | "trigger_refused";

/** One order as the exchange knows it. */
export interface SimOrder {
  readonly id: number;
  readonly owner: number;
  readonly instrument: SimInstrument;
  clientOrderId: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly closePosition: boolean;
  readonly selfTrade: SelfTradePolicy;
  readonly label: string;
  /** 0 for market orders. */
  price: number;
  size: number;
  filled: number;
  filledValue: Money;
  readonly triggerPrice: number;
  readonly triggerWhen: "rises" | "falls";
  readonly triggerOn: "last" | "mark";
  /** 0 until a stop fires. */
  triggeredAt: Micros;
  /** The order that a stop became, where the venue gives it a number of its own; else 0. */
  childId: number;
  /** The stop that this order came from; else 0. */
  readonly parentId: number;
  status: OrderStatus;
  end: SimEnd;
  readonly createdAt: Micros;
  updatedAt: Micros;
  /** When it entered the book; 0 for a stop that waits. */
  workingAt: Micros;
  amends: number;
  /** Held back for it, in the asset it would give. */
  locked: Money;
}

/** One execution of one account. Immutable. */
export interface SimFill {
  readonly tradeId: number;
  readonly order: SimOrder;
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly owner: number;
  readonly instrument: SimInstrument;
  readonly side: Side;
  readonly price: number;
  readonly size: number;
  readonly value: Money;
  readonly liquidity: Liquidity;
  /** Above zero paid, below zero a rebate. */
  readonly fee: Money;
  readonly feeAsset: string;
  /** Perpetuals: profit or loss that this fill realised, before the fee. */
  readonly realised: Money;
  readonly at: Micros;
}

/** What happened to an order. */
export type SimOrderCause =
  | "new"
  | "trade"
  | "amended"
  | "cancelled"
  | "expired"
  | "triggered"
  | "rejected";

/** Why balances or positions changed. */
export type SimAccountCause = "order" | "funding" | "transfer";

/** A change of one account: the assets and the positions it touched. */
export interface SimAccountChange {
  readonly owner: number;
  readonly account: string;
  readonly cause: SimAccountCause;
  readonly assets: readonly string[];
  readonly instrument: SimInstrument | undefined;
}

/** Hears everything, in order. Every method may be left out. */
export interface ExchangeListener {
  /** One level of one book changed to `size`, under the book's number `updateId`. */
  onLevel?(
    instrument: SimInstrument,
    side: Side,
    price: number,
    size: number,
    updateId: number,
  ): void;
  /** Best bid or ask changed in price or size, and both sides are there and not crossed. */
  onTouch?(instrument: SimInstrument): void;
  onPrint?(instrument: SimInstrument, print: SimPrint): void;
  onOrder?(order: SimOrder, cause: SimOrderCause, fill: SimFill | undefined): void;
  onAccount?(change: SimAccountChange): void;
  /** Once a second per perpetual: mark price, index and the funding rate so far. */
  onMark?(instrument: SimInstrument): void;
  /** A funding payment: above zero received. */
  onFunding?(owner: number, instrument: SimInstrument, amount: Money): void;
  onStatus?(instrument: SimInstrument): void;
  /** Steps or bounds of its orders changed. */
  onTerms?(instrument: SimInstrument): void;
}
