/**
 * The order manager's working parts: records, their moves, their executions, and the questions.
 *
 * 1. Every move goes through the state table; what it does not hold is counted and changes nothing.
 * 2. `finish` ends the handling of an event for one order: it tells the owner and retires what is
 *    settled (terminal, and every execution the venue spoke of is counted).
 * @module
 */
import type { InstrumentIndex, Micros, StrategyId } from "@/engine/domain/mod.ts";
import type { Fill, QueryFills, QueryOrder } from "@/engine/messages/mod.ts";
import { FillMemory, type FillVerdict } from "./fill_memory.ts";
import { type InFlightOptions, markAsked, markFillsAsked, markUnknown } from "./in_flight.ts";
import { Order, type OrderStart } from "./order.ts";
import { countMove, countNew, createOrderCounters, type OrderCounters } from "./order_counters.ts";
import { clearPending, clearUnknown } from "./order_reports.ts";
import {
  isTerminalState,
  nextState,
  type OrderState,
  type OrderTransition,
} from "./order_state.ts";
import { OrderStore } from "./order_store.ts";

/** The core, as the order manager sees it. */
export interface OrderListener {
  /** An execution that counts: told once, after the order's record has moved. Positions move by
   * this alone. `order` is undefined for venue-made fills and for orders long forgotten. */
  onFill(fill: Fill, strategy: StrategyId, order: Order | undefined): void;
  /** The fee of an execution told before without one. Only the fee is new. */
  onFee(fill: Fill, strategy: StrategyId, order: Order | undefined): void;
  /** State, price, size or filled size moved. Told after `onFill`; once per event and order. */
  onOrderChanged(order: Order): void;
  /** Became terminal. Told after `onOrderChanged`; once per order. */
  onOrderClosed(order: Order): void;
  /** Send this question; false when it could not leave now (it is asked again later). */
  askOrder(request: QueryOrder): boolean;
  /** Send this question; false when it could not leave now (it is asked again later). */
  askFills(request: QueryFills): boolean;
}

/** Bounds of what is remembered. */
export interface MemoryOptions {
  /** Closed orders still found by their ids. */
  readonly retiredMax: number;
  /** Executions remembered per instrument, at least. */
  readonly fillIdsMax: number;
}

/** Records and primitive moves; the manager decides which. */
export class OrderLedger {
  readonly store: OrderStore;
  readonly counters: OrderCounters = createOrderCounters();
  readonly #listener: OrderListener;
  readonly #options: InFlightOptions & MemoryOptions;
  readonly #fills: (FillMemory | undefined)[] = [];

  constructor(listener: OrderListener, options: InFlightOptions & MemoryOptions) {
    this.#listener = listener;
    this.#options = options;
    this.store = new OrderStore(options.retiredMax);
  }

  /** Opens a record. */
  create(start: OrderStart): Order {
    const order = new Order(start);
    this.store.add(order);
    countNew(this.counters, order);
    return order;
  }

  /** Moves an order by the table; false, and counted, when this cannot happen to it. */
  move(order: Order, happened: OrderTransition): boolean {
    const from = order.state;
    const to = nextState(from, happened);
    if (to === undefined) {
      this.counters.refusedTransitions++;
      return false;
    }
    if (to !== from) {
      order.state = to;
      countMove(this.counters, order, from, to);
    }
    return true;
  }

  /** It rests, and nothing of ours is unanswered. */
  rest(order: Order): void {
    if (this.move(order, order.filledSize > 0 ? "rests_partly" : "rests_new")) clearPending(order);
  }

  /** Nobody knows how it stands: ask at once. */
  lose(order: Order, at: Micros): void {
    if (order.origin === "foreign" || !this.move(order, "lost")) return;
    markUnknown(order, at);
    this.ask(order, at);
  }

  /** Remembers an execution and says whether it counts. */
  takeFillId(fill: Fill): FillVerdict {
    return this.#memory(fill.instrument).take(fill.fillId, fill.fee !== undefined);
  }

  isFillCounted(fill: Fill): boolean {
    return this.#memory(fill.instrument).has(fill.fillId);
  }

  /** Ends an event for one order: tells the owner, and retires the order when it is settled. */
  finish(order: Order, before: OrderState, isChanged: boolean, at: Micros): void {
    order.changedAt = at;
    const isClosedNow = order.isTerminal && !isTerminalState(before);
    if (isClosedNow) this.#close(order, at);
    this.#noteMissingFills(order, at);
    if (isChanged || order.state !== before) this.#listener.onOrderChanged(order);
    if (isClosedNow) this.#listener.onOrderClosed(order);
    this.settle(order);
  }

  /** Retires a terminal order of which nothing is missing; revives one of which something is. */
  settle(order: Order): void {
    if (!order.isTerminal) return;
    const isSettled = order.missingFills <= 0 &&
      (order.isFilledSizeKnown || order.origin === "foreign");
    if (isSettled) this.store.retire(order);
    else if (order.missingFills > 0) this.store.revive(order);
  }

  /** Asks how an order stands; what cannot leave now is due again at the next timer. */
  ask(order: Order, at: Micros): void {
    const left = this.#listener.askOrder({
      kind: "query_order",
      instrument: order.instrument,
      clientOrderId: order.clientOrderId,
      venueOrderId: order.venueOrderId,
    });
    if (!left) return;
    this.counters.orderQueries++;
    markAsked(order, at, this.#options);
  }

  /** Asks for an order's executions. */
  askFills(order: Order, at: Micros): void {
    const left = this.#listener.askFills({
      kind: "query_fills",
      instrument: order.instrument,
      clientOrderId: order.clientOrderId,
      venueOrderId: order.venueOrderId,
    });
    if (!left) return;
    this.counters.fillsQueries++;
    markFillsAsked(order, at, this.#options);
  }

  /** What is due for one live order. */
  onTimer(order: Order, now: Micros): void {
    if (order.missingFills > 0 && now >= order.nextFillsAskAt) this.askFills(order, now);
    if (order.state === "unknown") {
      if (now >= order.nextAskAt) this.ask(order, now);
    } else if (order.isTerminal && !order.isFilledSizeKnown) {
      this.#askClosed(order, now);
    }
  }

  /** A closed order whose filled size the venue did not say: asks a few times, then lets it be. */
  #askClosed(order: Order, now: Micros): void {
    if (now < (order.isInferred ? order.nextFillsAskAt : order.nextAskAt)) return;
    const asks = order.isInferred ? order.fillsAsks : order.asks;
    if (asks < this.#options.closedAsksMax) {
      // What the venue no longer knows can only be found among the executions.
      if (order.isInferred) this.askFills(order, now);
      else this.ask(order, now);
      return;
    }
    order.isFilledSizeKnown = true;
    this.settle(order);
  }

  #close(order: Order, at: Micros): void {
    order.closedAt = at;
    clearPending(order);
    clearUnknown(order);
    order.fillsAsks = 0;
    if (order.state === "filled") order.isFilledSizeKnown = true;
    if (order.isFilledSizeKnown) return;
    order.nextAskAt = (at + this.#options.fillsGraceMs * 1_000) as Micros;
    order.nextFillsAskAt = order.nextAskAt;
  }

  #noteMissingFills(order: Order, at: Micros): void {
    if (order.missingFills <= 0) {
      order.missingFillsSince = 0 as Micros;
    } else if (order.missingFillsSince === 0) {
      order.missingFillsSince = at;
      order.fillsAsks = 0;
      order.nextFillsAskAt = (at + this.#options.fillsGraceMs * 1_000) as Micros;
    }
  }

  #memory(instrument: InstrumentIndex): FillMemory {
    const held = this.#fills[instrument];
    if (held !== undefined) return held;
    const created = new FillMemory(this.#options.fillIdsMax);
    this.#fills[instrument] = created;
    return created;
  }
}
