/**
 * What the venue says we own. Immutable.
 * @module
 */
import type {
  AccountKey,
  FillId,
  InstrumentIndex,
  Micros,
  Money,
  SignedSize,
  VenueId,
} from "@/engine/domain/mod.ts";
import type { Fill, OrderUpdate } from "./order_event.ts";

/** One asset of one account, absolute. */
export interface BalanceUpdate {
  readonly kind: "balance";
  readonly account: AccountKey;
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly asset: string;
  readonly total: Money;
  readonly free: Money;
}

/** One position, absolute; size 0 is flat. */
export interface PositionUpdate {
  readonly kind: "position";
  readonly instrument: InstrumentIndex;
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly size: SignedSize;
  /** Quote per base; undefined when flat or not said. */
  readonly averagePrice: Money | undefined;
  readonly unrealised: Money | undefined;
}

/** A funding payment: above zero received, below zero paid. */
export interface FundingPayment {
  readonly kind: "funding_payment";
  readonly account: AccountKey;
  readonly instrument: InstrumentIndex | undefined;
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly asset: string;
  readonly amount: Money;
  /** Deduplicates repeated reports. */
  readonly paymentId: FillId;
}

/**
 * Everything of one account at once: the answer to `query_account`, used to reconcile.
 * What is absent from a list does not exist at the venue; `fills` are the recent ones.
 */
export interface AccountReport {
  readonly kind: "account_report";
  readonly account: AccountKey;
  readonly at: Micros;
  /** When the first question of this report was sent: later own changes are not in it. */
  readonly askedAt: Micros;
  readonly openOrders: readonly OrderUpdate[];
  readonly positions: readonly PositionUpdate[];
  readonly balances: readonly BalanceUpdate[];
  readonly fills: readonly Fill[];
}

/** A link to a venue came up or went down. */
export interface ConnectionChanged {
  readonly kind: "connection";
  readonly venue: VenueId;
  /** The account of `orders` and `account` links; undefined for market links. */
  readonly account: AccountKey | undefined;
  readonly link: "market" | "orders" | "account";
  readonly state: "up" | "down";
  readonly at: Micros;
  readonly reason: string;
}

/** What the venue's own counters say of our speaking rate. */
export interface RateLimitReport {
  readonly kind: "rate_limit";
  readonly venue: VenueId;
  readonly at: Micros;
  /** Which `RateLimitRule`, by its id; empty: all of the venue's rules. */
  readonly rule: string;
  /** Weight used in the rule's window; -1 where not said. */
  readonly used: number;
  /** Nothing may be said before this instant; 0: no ban. */
  readonly blockedUntil: Micros;
}

/** All that can be said of accounts and links. */
export type AccountEvent =
  | BalanceUpdate
  | PositionUpdate
  | FundingPayment
  | AccountReport
  | ConnectionChanged
  | RateLimitReport;
