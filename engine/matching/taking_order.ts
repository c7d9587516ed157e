/**
 * `TakingOrder`: the one order that is being matched. One object per market, filled anew each time.
 *
 * 1. `limitKey` is the worst opposite key it may trade at.
 * 2. `leaves` only falls: by trades, and by `decrement` against its own owner.
 * @module
 */
import type { SelfTradePolicy } from "./market.ts";
import { BUY } from "./resting_orders.ts";

/** The worst key of a market order: any price is good enough. */
const KEY_ANY = Number.MAX_SAFE_INTEGER - 1;

/** An incoming order while it is matched. */
export class TakingOrder {
  id = 0;
  owner = 0;
  side = BUY;
  leaves = 0;
  limitKey = 0;
  postOnly = false;
  selfTrade: SelfTradePolicy = "allow";
  /** Lots withdrawn because they met the same owner. */
  decremented = 0;
  /** Its own owner's order stood in the way and the policy removes it. */
  stopped = false;

  /** Takes the terms of an order; `price` undefined is a market order. */
  fill(
    id: number,
    owner: number,
    side: number,
    price: number | undefined,
    leaves: number,
    postOnly: boolean,
    selfTrade: SelfTradePolicy,
  ): void {
    this.id = id;
    this.owner = owner;
    this.side = side;
    this.leaves = leaves;
    this.limitKey = price === undefined ? KEY_ANY : limitKey(side, price);
    this.postOnly = postOnly;
    this.selfTrade = selfTrade;
    this.decremented = 0;
    this.stopped = false;
  }

  /** Whether it has no limit price. */
  get isMarket(): boolean {
    return this.limitKey === KEY_ANY;
  }
}

/** A buy at P takes asks with key up to P; a sell at P bids with key (minus price) up to -P. */
function limitKey(side: number, price: number): number {
  return side === BUY ? price : -price;
}
