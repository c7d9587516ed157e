/**
 * `MatchingEngine`: a market of orders with price-time priority.
 *
 *   submit -> phase? -> post-only? -> all-or-none? -> allocate -> rest or go -> tell the listener
 *
 * 1. Between two calls the book is never locked or crossed, and a level's size is the sum of its
 *    orders.
 * 2. An all-or-none order is judged before anything is touched.
 * 3. State first, listener afterwards (`market_events.ts`): a listener may submit and cancel.
 * 4. An amend in place is told by `onAmended`; one that re-enters by `onTrade` and `onRested`,
 *    after `onLevel` of the place it left.
 * 5. Under `decrement` the lots withdrawn from an incoming order that then fills or rests are not
 *    told; a resting order that shrank is told by `onAmended`.
 * @module
 */
import { assert, type Side } from "@/engine/domain/mod.ts";
import { allocateFifo, fillsCompletely } from "./allocate_fifo.ts";
import type { Market, MarketListener, MarketOrder, RemovalReason } from "./market.ts";
import { MarketEvents } from "./market_events.ts";
import { KEY_NONE } from "./price_index.ts";
import { keyOf, priceOf, RestingOrders, SIDE_NAMES, sideNumber } from "./resting_orders.ts";
import { TakingOrder } from "./taking_order.ts";
import { dropsOrders, mayFollow, takesOrders, type TradingPhase } from "./trading_phase.ts";

/** Limits of one engine. */
export interface MatchingOptions {
  readonly listener: MarketListener;
  /** Ticks kept in the fast window round the touch: a power of two, default 4,096. */
  readonly windowTicks?: number;
  /** Most orders that may rest at once; beyond is a broken invariant. Default 1,048,576. */
  readonly ordersMax?: number;
}

const WINDOW_TICKS = 4_096;
const ORDERS_MAX = 1 << 20;
const PRICE_MAX = 2 ** 52;

/** One instrument's book of orders. */
export class MatchingEngine implements Market {
  readonly #orders: RestingOrders;
  readonly #events: MarketEvents;
  readonly #taker = new TakingOrder();
  #phase: TradingPhase = "continuous";

  constructor(options: MatchingOptions) {
    this.#orders = new RestingOrders(
      options.windowTicks ?? WINDOW_TICKS,
      options.ordersMax ?? ORDERS_MAX,
    );
    this.#events = new MarketEvents(options.listener);
  }

  /** What traders may do now. */
  get phase(): TradingPhase {
    return this.#phase;
  }

  /** How many orders rest. */
  get restingCount(): number {
    return this.#orders.count;
  }

  /** Moves to a phase; entering `closed` removes all orders with reason `phase`. */
  setPhase(phase: TradingPhase): void {
    assert(mayFollow(this.#phase, phase), "A closed market cannot be opened again");
    this.#phase = phase;
    if (dropsOrders(phase)) this.#dropAll();
    this.#events.deliver();
  }

  /** Takes an order: it trades, rests or goes; the listener hears which. */
  submit(order: MarketOrder): void {
    assert(Number.isSafeInteger(order.size), "Order size must be whole lots");
    assert(order.size > 0, "Order size must be above zero");
    assert(isPriceOrAbsent(order.price), "Order price must be whole ticks above zero");
    assert(this.#orders.slotOf(order.id) === 0, "Order id rests already");
    if (!takesOrders(this.#phase)) {
      this.#events.removed(order.id, order.owner, order.size, "phase");
    } else {
      this.#taker.fill(
        order.id,
        order.owner,
        sideNumber(order.side),
        order.price,
        order.size,
        order.postOnly,
        order.selfTrade,
      );
      this.#process(order.timeInForce === "fok", order.timeInForce === "gtc");
    }
    this.#events.deliver();
  }

  /** Removes a resting order, in every phase. */
  cancel(id: number): boolean {
    const slot = this.#orders.slotOf(id);
    if (slot === 0) return false;
    this.#remove(slot, "cancelled");
    this.#events.deliver();
    return true;
  }

  /** See `Market.amend`. While orders are not taken only a shrinking one is amended; else false. */
  amend(id: number, price: number, leaves: number): boolean {
    assert(Number.isSafeInteger(leaves), "Amended size must be whole lots");
    assert(leaves >= 0, "Amended size must not be negative");
    assert(isPriceOrAbsent(price), "Amended price must be whole ticks above zero");
    const slot = this.#orders.slotOf(id);
    if (slot === 0) return false;
    if (leaves === 0) return this.cancel(id);
    if (this.#orders.priceOf(slot) === price && leaves <= this.#orders.leaves[slot]!) {
      this.#shrink(slot, price, leaves);
    } else {
      if (!takesOrders(this.#phase)) return false;
      this.#reenter(slot, price, leaves);
    }
    this.#events.deliver();
    return true;
  }

  /** Best price of a side, 0 when empty. */
  best(side: Side): number {
    const number = sideNumber(side);
    const first = this.#orders.index[number as 0 | 1].first;
    return first === KEY_NONE ? 0 : priceOf(number, first);
  }

  /** Resting size at a price. */
  sizeAt(side: Side, price: number): number {
    const number = sideNumber(side);
    const level = this.#orders.index[number as 0 | 1].find(keyOf(number, price));
    return level === 0 ? 0 : this.#orders.levelTotal[level]!;
  }

  /** Lots an order has left, 0 when it does not rest here. */
  leavesOf(id: number): number {
    const slot = this.#orders.slotOf(id);
    return slot === 0 ? 0 : this.#orders.leaves[slot]!;
  }

  /** Visits levels best first until `visit` answers false. */
  forEachLevel(side: Side, visit: (price: number, size: number) => boolean): void {
    const number = sideNumber(side);
    const index = this.#orders.index[number as 0 | 1];
    for (let key = index.first; key !== KEY_NONE; key = index.next(key)) {
      const level = index.find(key);
      if (!visit(priceOf(number, key), this.#orders.levelTotal[level]!)) return;
    }
  }

  /** Matches the taker, then lets the rest stay or go. */
  #process(allOrNone: boolean, mayRest: boolean): void {
    const taker = this.#taker;
    if (taker.postOnly && this.#wouldTake()) return this.#refuse("post_only");
    if (allOrNone && !fillsCompletely(taker, this.#orders)) return this.#refuse("fill_or_kill");
    allocateFifo(taker, this.#orders, this.#events);
    if (taker.stopped) return this.#stop();
    if (taker.leaves === 0) return;
    if (taker.isMarket) return this.#refuse("no_liquidity");
    if (!mayRest) return this.#refuse("immediate_or_cancel");
    this.#rest();
  }

  #wouldTake(): boolean {
    const taker = this.#taker;
    if (taker.isMarket) return true;
    return this.#orders.index[(1 - taker.side) as 0 | 1].first <= taker.limitKey;
  }

  #rest(): void {
    const taker = this.#taker;
    const key = -taker.limitKey;
    const price = priceOf(taker.side, key);
    const level = this.#orders.add(taker, key);
    this.#events.rested(taker.id, taker.owner, taker.side, price, taker.leaves);
    this.#events.level(taker.side, price, this.#orders.levelTotal[level]!);
  }

  #refuse(reason: RemovalReason): void {
    this.#events.removed(this.#taker.id, this.#taker.owner, this.#taker.leaves, reason);
  }

  /** A taker that met its owner's order: what it lost to that counts as unfilled. */
  #stop(): void {
    const taker = this.#taker;
    const unfilled = taker.leaves === 0 ? taker.decremented : taker.leaves;
    this.#events.removed(taker.id, taker.owner, unfilled, "self_trade");
  }

  #shrink(slot: number, price: number, leaves: number): void {
    const orders = this.#orders;
    const less = orders.leaves[slot]! - leaves;
    if (less > 0) orders.reduce(slot, less);
    this.#events.amended(orders.ids[slot]!, orders.owners[slot]!, price, leaves);
    if (less === 0) return;
    const side = orders.sides[slot]!;
    this.#events.level(side, price, orders.levelTotal[orders.levels[slot]!]!);
  }

  #reenter(slot: number, price: number, leaves: number): void {
    const orders = this.#orders;
    this.#taker.fill(
      orders.ids[slot]!,
      orders.owners[slot]!,
      orders.sides[slot]!,
      price,
      leaves,
      orders.isPostOnly(slot),
      orders.policyOf(slot),
    );
    this.#takeOut(slot);
    this.#process(false, true);
  }

  #remove(slot: number, reason: RemovalReason): void {
    const orders = this.#orders;
    this.#events.removed(
      orders.ids[slot]!,
      orders.owners[slot]!,
      orders.leaves[slot]!,
      reason,
    );
    this.#takeOut(slot);
  }

  /** Takes an order out of the book and tells what its level has left. */
  #takeOut(slot: number): void {
    const orders = this.#orders;
    const side = orders.sides[slot]!;
    const price = orders.priceOf(slot);
    orders.remove(slot);
    this.#events.level(side, price, this.sizeAt(SIDE_NAMES[side as 0 | 1], price));
  }

  #dropAll(): void {
    for (let side = 0; side < 2; side++) {
      const index = this.#orders.index[side as 0 | 1];
      while (index.first !== KEY_NONE) {
        this.#remove(this.#orders.levelHead[index.find(index.first)]!, "phase");
      }
    }
  }
}

function isPriceOrAbsent(price: number | undefined): boolean {
  return price === undefined || (Number.isSafeInteger(price) && price > 0 && price < PRICE_MAX);
}
