/**
 * `QuoteDiffer`: desired quotes against resting ones, to the fewest requests.
 *
 *   wish fits an order -> leave it    wish and order left over -> amend, replace or cancel + place
 *   order left over -> cancel         wish left over -> place
 *
 * 1. An order with a request under way is left alone; the board is compared again on each event.
 *    One that is unanswered for too long is only cancelled, where nobody wants it.
 * 2. Cancels come out first, then amends and replaces, then places.
 * 3. No place makes old and new together exceed the wished size of the side by more than one level,
 *    however many cancels are unanswered.
 * 4. No request makes an own buy meet an own sell that is still alive: it waits for its end.
 * 5. Where an order may not grow, one that fills have shrunk serves its wish down to half of it;
 *    below that, and for a larger wish, it is cancelled and another one placed.
 * @module
 */
import type { InstrumentIndex, Price, Side, Size, StrategyId } from "@/engine/domain/mod.ts";
import { assert, opposite, size } from "@/engine/domain/mod.ts";
import type { VenueCapabilities } from "@/engine/ports/mod.ts";
import type { Order } from "./order.ts";
import { isQuiet } from "./order_state.ts";

const LEVELS_MAX = 64;

/** One side's wishes. */
export class DesiredSide {
  count = 0;
  readonly prices = new Float64Array(LEVELS_MAX);
  readonly sizes = new Float64Array(LEVELS_MAX);

  push(price: Price, size: Size): void {
    assert(this.count < LEVELS_MAX, "Strategy wants more than 64 quotes on a side");
    this.prices[this.count] = price;
    this.sizes[this.count] = size;
    this.count++;
  }
}

/** What one strategy wants to show on one instrument, best first. Reused from event to event. */
export class DesiredQuotes {
  readonly bids = new DesiredSide();
  readonly asks = new DesiredSide();

  /** Nothing is wanted until said again. */
  clear(): void {
    this.bids.count = 0;
    this.asks.count = 0;
  }

  /** Wants a resting order; a size of 0 wants nothing. */
  add(side: Side, price: Price, size: Size): void {
    if (size > 0) this.of(side).push(price, size);
  }

  of(side: Side): DesiredSide {
    return side === "buy" ? this.bids : this.asks;
  }
}

/** Where the differ reads orders; the order manager is one. */
export interface OrderBooks {
  /** Live orders of one side, of every origin and strategy, oldest first. */
  side(instrument: InstrumentIndex, side: Side): readonly Order[];
}

/** Takes what should be asked of the venue. */
export interface QuoteSink {
  place(side: Side, price: Price, size: Size): void;
  /** `size` is the new total, filled part included. */
  amend(order: Order, price: Price, size: Size): void;
  /** `size` is that of the new order. */
  replace(order: Order, price: Price, size: Size): void;
  cancel(order: Order): void;
}

/** When a resting quote is good enough. */
export interface QuoteDifferOptions {
  /** A price this many ticks off the wish is moved; nearer ones stay. At least 1. */
  readonly minTicks: number;
  /** Share of the wished size by which the open size may differ. */
  readonly sizeTolerance: number;
}

/** Every wish exactly. */
export const QUOTE_DIFFER_DEFAULTS: QuoteDifferOptions = { minTicks: 1, sizeTolerance: 0 };

/** How one instrument's orders may be changed. */
export interface OrderChanges extends Pick<VenueCapabilities, "amend" | "replace"> {
  /** Lots of one order size step; absent means 1. */
  readonly orderLot?: number;
}

type Changes = OrderChanges;
type Move = "amend" | "replace" | "cancel";

/** One side's comparison; reused. */
class SidePlan {
  readonly side: Side;
  /** This strategy's live quotes, best first. */
  readonly orders: Order[] = [];
  /** Per order: the wish it serves, or -1. Per wish: whether it is served. */
  readonly wishOf: number[] = [];
  readonly isServed: boolean[] = [];
  /** Per order: what happens to it. */
  readonly moves: (Move | undefined)[] = [];

  constructor(side: Side) {
    this.side = side;
  }

  reset(orders: readonly Order[], strategy: StrategyId, wishes: number): void {
    this.orders.length = 0;
    for (const order of orders) {
      if (order.strategy === strategy && order.isQuote && !order.isTerminal) this.#insert(order);
    }
    this.wishOf.length = 0;
    this.moves.length = 0;
    for (let index = 0; index < this.orders.length; index++) {
      this.wishOf.push(-1);
      this.moves.push(undefined);
    }
    this.isServed.length = 0;
    for (let wish = 0; wish < wishes; wish++) this.isServed.push(false);
  }

  serve(index: number, wish: number, move: Move | undefined): void {
    this.wishOf[index] = wish;
    this.isServed[wish] = true;
    this.moves[index] = move;
  }

  #insert(order: Order): void {
    const orders = this.orders;
    let at = orders.length;
    orders.push(order);
    const sign = this.side === "buy" ? 1 : -1;
    while (at > 0 && sign * targetPrice(orders[at - 1]!) < sign * targetPrice(order)) {
      orders[at] = orders[at - 1]!;
      at--;
    }
    orders[at] = order;
  }
}

/** Compares one strategy's wishes on an instrument with its orders. Keeps scratch: one per core. */
export class QuoteDiffer {
  readonly #buys = new SidePlan("buy");
  readonly #sells = new SidePlan("sell");

  /** Sends the fewest requests that lead to the desired quotes into `sink`. */
  diff(
    instrument: InstrumentIndex,
    strategy: StrategyId,
    desired: DesiredQuotes,
    books: OrderBooks,
    changes: Changes,
    options: QuoteDifferOptions,
    sink: QuoteSink,
  ): void {
    assert(options.minTicks >= 1, "Requote threshold must be at least one tick");
    assert(options.sizeTolerance >= 0, "Size tolerance must not be negative");
    this.#buys.reset(books.side(instrument, "buy"), strategy, desired.bids.count);
    this.#sells.reset(books.side(instrument, "sell"), strategy, desired.asks.count);
    plan(this.#buys, desired.bids, changes, options);
    plan(this.#sells, desired.asks, changes, options);
    emitCancels(this.#buys, sink);
    emitCancels(this.#sells, sink);
    const mayGrow = changes.amend !== "no_growth";
    emitMoves(this.#buys, instrument, desired, books, mayGrow, sink);
    emitMoves(this.#sells, instrument, desired, books, mayGrow, sink);
    emitPlaces(this.#buys, instrument, desired, books, sink);
    emitPlaces(this.#sells, instrument, desired, books, sink);
  }
}

function plan(
  side: SidePlan,
  wishes: DesiredSide,
  changes: Changes,
  options: QuoteDifferOptions,
): void {
  keepFitting(side, wishes, 1, changes, options);
  if (options.minTicks > 1) keepFitting(side, wishes, options.minTicks, changes, options);
  // First those that need only another size, because that may keep their place in the queue.
  pairLeftovers(side, wishes, changes, true);
  pairLeftovers(side, wishes, changes, false);
  for (let index = 0; index < side.orders.length; index++) {
    if (side.wishOf[index] === -1 && mayBeCancelled(side.orders[index]!)) {
      side.moves[index] = "cancel";
    }
  }
}

/** A request under way is waited for; one that stays unanswered is not: the order may rest. */
function mayBeCancelled({ state, pending }: Order): boolean {
  return isQuiet(state) || (state === "unknown" && pending !== "cancel");
}

/** Leaves orders alone that serve a wish: nearer than `ticks` in price, and of fitting size. */
function keepFitting(
  side: SidePlan,
  wishes: DesiredSide,
  ticks: number,
  changes: Changes,
  { sizeTolerance }: QuoteDifferOptions,
): void {
  for (let wish = 0; wish < wishes.count; wish++) {
    if (side.isServed[wish]) continue;
    let nearest = -1;
    let nearestTicks = ticks;
    for (let index = 0; index < side.orders.length; index++) {
      const order = side.orders[index]!;
      if (side.wishOf[index] !== -1 || order.pending === "cancel") continue;
      if (!isSizeFitting(order, wishes.sizes[wish]!, changes, sizeTolerance)) continue;
      const distance = Math.abs(targetPrice(order) - wishes.prices[wish]!);
      if (distance < nearestTicks) {
        nearest = index;
        nearestTicks = distance;
      }
    }
    if (nearest !== -1) side.serve(nearest, wish, undefined);
  }
}

function isSizeFitting(order: Order, wanted: number, changes: Changes, tolerance: number): boolean {
  if (Math.abs(targetLeaves(order) - wanted) <= tolerance * wanted) return true;
  return changes.amend === "no_growth" && isShrunkByFills(order, wanted);
}

/** Its total would still do for the wish; of it less than half of the wish is filled. */
function isShrunkByFills(order: Order, wanted: number): boolean {
  const leaves = targetLeaves(order);
  return leaves <= wanted && leaves * 2 >= wanted && leaves + order.filledSize >= wanted;
}

/** Pairs wishes and quiet orders that are left over, best first. */
function pairLeftovers(
  side: SidePlan,
  wishes: DesiredSide,
  changes: Changes,
  isSamePriceOnly: boolean,
): void {
  for (let wish = 0; wish < wishes.count; wish++) {
    if (side.isServed[wish]) continue;
    for (let index = 0; index < side.orders.length; index++) {
      const order = side.orders[index]!;
      if (side.wishOf[index] !== -1 || !isQuiet(order.state)) continue;
      const isSamePrice = order.price === wishes.prices[wish];
      if (isSamePriceOnly && !isSamePrice) continue;
      const move = moveFor(order, isSamePrice, wishes.sizes[wish]!, changes);
      if (move === undefined) continue;
      side.serve(index, wish, move);
      break;
    }
  }
}

/** How the venue lets this order become the wish; undefined: only by cancel and place. */
function moveFor(
  order: Order,
  isSamePrice: boolean,
  wanted: number,
  changes: Changes,
): Move | undefined {
  // An amend names the total size; what was filled on a finer lot than today's cannot be in it.
  const total = order.filledSize + wanted;
  const mayAmend = total % (changes.orderLot ?? 1) === 0;
  if (!mayAmend) return changes.replace ? "replace" : undefined;
  if (changes.amend === "any") return "amend";
  if (changes.amend === "no_growth") {
    if (wanted <= order.leaves || isShrunkByFills(order, wanted)) return "amend";
  }
  const isSmaller = isSamePrice && wanted < order.leaves;
  if (changes.amend === "size_down" && isSmaller) return "amend";
  return changes.replace ? "replace" : undefined;
}

function emitCancels(side: SidePlan, sink: QuoteSink): void {
  for (let index = 0; index < side.orders.length; index++) {
    if (side.moves[index] === "cancel") sink.cancel(side.orders[index]!);
  }
}

function emitMoves(
  side: SidePlan,
  instrument: InstrumentIndex,
  desired: DesiredQuotes,
  books: OrderBooks,
  mayGrow: boolean,
  sink: QuoteSink,
): void {
  const wishes = desired.of(side.side);
  for (let index = 0; index < side.orders.length; index++) {
    const move = side.moves[index];
    if (move === undefined || move === "cancel") continue;
    const order = side.orders[index]!;
    const wish = side.wishOf[index]!;
    const price = wishes.prices[wish]! as Price;
    const wanted = wishes.sizes[wish]!;
    // An order that would meet an own one moves later; it stands further away meanwhile.
    if (meetsOwn(side.side, price, instrument, desired, books)) continue;
    const total = order.filledSize + wanted;
    const allowed = mayGrow ? total : Math.min(total, order.size);
    if (move === "amend") sink.amend(order, price, size(allowed));
    else sink.replace(order, price, size(wanted));
  }
}

function emitPlaces(
  side: SidePlan,
  instrument: InstrumentIndex,
  desired: DesiredQuotes,
  books: OrderBooks,
  sink: QuoteSink,
): void {
  const wishes = desired.of(side.side);
  let wished = 0;
  let largest = 0;
  for (let wish = 0; wish < wishes.count; wish++) {
    wished += wishes.sizes[wish]!;
    largest = Math.max(largest, wishes.sizes[wish]!);
  }
  let working = 0;
  for (const order of side.orders) working += order.worstLeaves;
  for (let wish = 0; wish < wishes.count; wish++) {
    if (side.isServed[wish]) continue;
    const wanted = wishes.sizes[wish]!;
    const price = wishes.prices[wish]! as Price;
    if (working + wanted > wished + largest) return;
    if (meetsOwn(side.side, price, instrument, desired, books)) continue;
    working += wanted;
    sink.place(side.side, price, size(wanted));
  }
}

/** Whether an order here could trade with one of ours, alive or being sent in this comparison. */
function meetsOwn(
  side: Side,
  price: Price,
  instrument: InstrumentIndex,
  desired: DesiredQuotes,
  books: OrderBooks,
): boolean {
  if (side === "sell") {
    // Buys went out first, so a board that crosses itself loses its sells.
    for (let wish = 0; wish < desired.bids.count; wish++) {
      if (price <= desired.bids.prices[wish]!) return true;
    }
  }
  for (const other of books.side(instrument, opposite(side))) {
    if (other.origin === "foreign" || other.isTerminal) continue;
    if (meets(side, price, other.price) || meets(side, price, other.pendingPrice)) return true;
  }
  return false;
}

function meets(side: Side, price: Price, other: Price | undefined): boolean {
  if (other === undefined) return false;
  return side === "buy" ? price >= other : price <= other;
}

function targetPrice(order: Order): number {
  return order.pendingPrice ?? order.price ?? 0;
}

function targetLeaves(order: Order): number {
  return (order.pendingSize ?? order.size) - order.filledSize;
}
