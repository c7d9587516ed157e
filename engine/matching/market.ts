/**
 * `Market`: where orders of one instrument meet, whoever makes the other side: other orders
 * (`matching_engine.ts`) or a recording (`recorded_market.ts`).
 *
 * Every answer comes synchronously through the listener. Prices are whole ticks, sizes whole lots.
 * @module
 */
import type { Side, TimeInForce } from "@/engine/domain/mod.ts";

/** What happens when an order would trade with one of the same owner. */
export type SelfTradePolicy =
  | "allow"
  | "cancel_newest"
  | "cancel_oldest"
  | "cancel_both"
  | "decrement";

/** An order as a market takes it. `id` is unique per market, `owner` names the account. */
export interface MarketOrder {
  readonly id: number;
  readonly owner: number;
  readonly side: Side;
  /** Whole ticks; undefined is a market order. */
  readonly price: number | undefined;
  readonly size: number;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly selfTrade: SelfTradePolicy;
}

/** One match. Valid only during the call. */
export interface MatchedTrade {
  /** 0 where the maker or taker is the recorded market. */
  readonly makerId: number;
  readonly makerOwner: number;
  readonly makerLeaves: number;
  readonly takerId: number;
  readonly takerOwner: number;
  readonly takerLeaves: number;
  readonly aggressor: Side;
  readonly price: number;
  readonly size: number;
}

/** Why an order left the market without being filled. */
export type RemovalReason =
  | "cancelled"
  | "immediate_or_cancel"
  | "fill_or_kill"
  | "post_only"
  | "no_liquidity"
  | "self_trade"
  | "phase";

/** Hears everything that happens in one market, in order. */
export interface MarketListener {
  /** The order rests with `leaves` lots. */
  onRested(id: number, owner: number, side: Side, price: number, leaves: number): void;
  onTrade(trade: MatchedTrade): void;
  /** The order is gone with `leaves` lots unfilled. */
  onRemoved(id: number, owner: number, leaves: number, reason: RemovalReason): void;
  /** A resting order changed in place (size down keeps its place; anything else re-enters). */
  onAmended(id: number, owner: number, price: number, leaves: number): void;
  /** The total resting size of a level changed; 0: the level is gone. */
  onLevel(side: Side, price: number, size: number): void;
}

/** One instrument's market. */
export interface Market {
  submit(order: MarketOrder): void;
  /** False when no such order rests here. */
  cancel(id: number): boolean;
  /** New price and new leaves; false when no such order rests here. A new price or a larger size
   * loses priority and may trade; `postOnly` orders that would trade are removed. */
  amend(id: number, price: number, leaves: number): boolean;
  /** Best price of a side in ticks, 0 when empty. */
  best(side: Side): number;
  /** Resting size at a price. */
  sizeAt(side: Side, price: number): number;
  /** Visits levels best first until `visit` answers false. */
  forEachLevel(side: Side, visit: (price: number, size: number) => boolean): void;
}
