/**
 * `OrderManager`: owns each order from request to its end; the only writer.
 *
 *   core --onSent--> record in flight        venue --onOrderEvent--> table, executions, owner told
 *   timer --> overdue -> unknown -> asked    account report --> reconciliation --> the same paths
 *
 * 1. Nothing is ever sent again. What is not answered is asked about, by client id.
 * 2. Only executions move positions; each is told once, late ones on closed orders too.
 * 3. An order is forgotten only when it is over and its executions account for what the venue said.
 * 4. Reports may come twice, late and in any order: sizes never go back, ends stay ends.
 * 5. Foreign orders are followed (they count as working size) and never touched or asked about.
 * @module
 */
import {
  type AccountKey,
  type ClientOrderId,
  type Instrument,
  type InstrumentIndex,
  type Micros,
  type Price,
  type Side,
  type Size,
  size,
  unreachable,
} from "@/engine/domain/mod.ts";
import type {
  AccountReport,
  ConnectionChanged,
  Fill,
  OrderEvent,
  OrderNotFound,
  OrderRequest,
  OrderUpdate,
  RequestLost,
  RequestRefused,
} from "@/engine/messages/mod.ts";
import { IN_FLIGHT_DEFAULTS, type InFlightOptions, isOverdue } from "./in_flight.ts";
import { FOREIGN, type Order, RECOVERED, regridOrder } from "./order.ts";
import type { OrderCounters } from "./order_counters.ts";
import { type MemoryOptions, OrderLedger, type OrderListener } from "./order_ledger.ts";
import {
  clearPending,
  isOvertaken,
  readReport,
  takeFilledSize,
  takeTerms,
} from "./order_reports.ts";
import { recordSent } from "./order_requests.ts";
import { takeLoss, takeNotFound, takeRefusal } from "./request_answers.ts";
import { adoption, isAnotherLife, reconcileOrders } from "./reconciliation.ts";

/** What the manager needs to know and how much it remembers. */
export interface OrderManagerOptions extends Partial<InFlightOptions>, Partial<MemoryOptions> {
  /** Whether a client id is of this instance (see `ClientOrderIds.isOwn`). */
  readonly isOwn: (instrument: InstrumentIndex, id: ClientOrderId) => boolean;
  /** Foreign orders followed at most; more are counted as stray. */
  readonly foreignMax?: number;
}

const MEMORY_DEFAULTS: MemoryOptions = { retiredMax: 10_000, fillIdsMax: 100_000 };
const FOREIGN_MAX = 10_000;

/** The one owner of orders. */
export class OrderManager {
  readonly counters: OrderCounters;
  readonly #ledger: OrderLedger;
  readonly #listener: OrderListener;
  readonly #options: OrderManagerOptions;
  readonly #inFlight: InFlightOptions;
  readonly #instruments: (Instrument | undefined)[] = [];
  /** Accounts that were reconciled, with the venue stamp of their oldest execution known then. */
  readonly #reconciled = new Map<AccountKey, Micros>();
  #foreignLive = 0;

  constructor(listener: OrderListener, options: OrderManagerOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#inFlight = { ...IN_FLIGHT_DEFAULTS, ...options };
    this.#ledger = new OrderLedger(listener, { ...MEMORY_DEFAULTS, ...this.#inFlight, ...options });
    this.counters = this.#ledger.counters;
  }

  /** Learns an instrument; when its grids changed, its orders are counted on the new ones. */
  onInstrument(instrument: Instrument): void {
    const before = this.#instruments[instrument.index];
    this.#instruments[instrument.index] = instrument;
    if (before === undefined) return;
    // Closed ones too: a late report of one is read on the new grids.
    for (const order of this.#ledger.store.ofInstrument(instrument.index)) {
      regridOrder(order, before, instrument);
    }
  }

  /** Writes down a request that is leaving now. Call before the connector's answer is known. */
  onSent(request: OrderRequest, now: Micros): void {
    recordSent(this.#ledger, request, now);
  }

  /** Takes in anything the venue says about orders. */
  onOrderEvent(event: OrderEvent): void {
    switch (event.kind) {
      case "order":
        return this.onOrderUpdate(event);
      case "fill":
        return this.onFill(event);
      case "request_refused":
        return this.onRequestRefused(event);
      case "request_lost":
        return this.onRequestLost(event);
      case "order_not_found":
        return this.onOrderNotFound(event);
      default:
        return unreachable(event);
    }
  }

  /** The venue says how one order stands. */
  onOrderUpdate(update: OrderUpdate): void {
    const order = this.#find(update);
    if (order === undefined) return this.#onUnknownOrder(update, undefined);
    if (order.isTerminal) return this.#onLateUpdate(order, update);
    const ledger = this.#ledger;
    const before = order.state;
    const isOld = isOvertaken(order, update);
    const grew = takeFilledSize(order, update);
    const happened = readReport(order, update, isOld);
    const isRest = happened === "rests_new" || happened === "rests_partly";
    // Under an unanswered amend the old terms stay until it is answered.
    const mayTakeTerms = !isOld && (order.pendingSize === undefined || isRest);
    const moved = mayTakeTerms && takeTerms(order, update);
    order.isAcknowledged = true;
    if (!isOld && update.venueAt > order.venueAt) order.venueAt = update.venueAt;
    if (update.venueOrderId !== undefined && !isOld) {
      ledger.store.setVenueId(order, update.venueOrderId);
    }
    if (update.reason !== undefined) order.reason = update.reason;
    if (ledger.move(order, happened) && isRest) clearPending(order);
    else if (order.pending === "place") this.#placeAnswered(order);
    this.#finish(order, before, grew || moved, update.at);
  }

  /** One of our executions: counted once, whatever state its order is in. */
  onFill(fill: Fill): void {
    const named = this.#find(fill);
    // A fill on the other side cannot be of this order, whatever its name says.
    const order = named?.side === fill.side ? named : undefined;
    if (named !== order) this.#countStray();
    if (order !== undefined && isHistory(order, fill)) return this.#rememberHistory(fill);
    const verdict = this.#ledger.takeFillId(fill);
    const strategy = order?.strategy ??
      (this.#options.isOwn(fill.instrument, fill.clientOrderId) ? RECOVERED : FOREIGN);
    if (verdict === "duplicate") {
      this.counters.duplicateFills++;
      return;
    }
    if (verdict === "fee") {
      this.counters.lateFees++;
      return this.#listener.onFee(fill, strategy, order);
    }
    this.counters.fills++;
    if (order === undefined || order.origin === "foreign") {
      return this.#listener.onFill(fill, strategy, order);
    }
    const before = order.state;
    this.#applyFill(order, fill);
    this.#listener.onFill(fill, strategy, order);
    this.#finish(order, before, true, fill.at);
  }

  /** The venue's no to one request. */
  onRequestRefused(event: RequestRefused): void {
    takeRefusal(this.#ledger, event);
  }

  /** A request of unknown fate, or one that never left. */
  onRequestLost(event: RequestLost): void {
    takeLoss(this.#ledger, event);
  }

  /** Answer to a question: the venue knows no such order. */
  onOrderNotFound(event: OrderNotFound): void {
    takeNotFound(this.#ledger, event);
  }

  /**
   * Makes our records agree with a whole account's report. Executions of a first report that are
   * not of orders of this run are its past: the opening position holds them.
   */
  onAccountReport(report: AccountReport): void {
    const isFirst = !this.#reconciled.has(report.account);
    const plan = reconcileOrders({
      liveOrders: () => this.#liveOf(report.account),
      find: (instrument, clientId, venueId) =>
        this.#ledger.store.find(instrument, clientId, venueId),
      isFillCounted: (fill) => this.#ledger.isFillCounted(fill),
    }, report);
    for (const update of plan.updates) {
      const order = this.#find(update);
      if (order !== undefined) order.askedAt = report.askedAt;
      this.onOrderUpdate(update);
    }
    const pastEnds = this.#reconciled.get(report.account) ?? (0 as Micros);
    for (const fill of plan.fills) {
      const isPast = isFirst || (fill.venueAt !== 0 && fill.venueAt < pastEnds);
      if (isPast && this.#find(fill)?.origin !== "placed") this.#rememberHistory(fill);
      else this.onFill(fill);
    }
    for (const order of plan.missing) {
      const before = order.state;
      this.#ledger.lose(order, report.at);
      this.#finish(order, before, false, report.at);
    }
    for (const order of plan.foreignGone) {
      const before = order.state;
      this.#ledger.move(order, "cancelled");
      this.#finish(order, before, false, report.at);
    }
    if (isFirst) {
      const stamps = report.fills.map((fill) => fill.venueAt).filter((at) => at !== 0);
      this.#reconciled.set(report.account, Math.min(...stamps, report.at) as Micros);
    }
  }

  /** A link came back: what is unknown is asked about at the next timer, without waiting longer. */
  onConnection(event: ConnectionChanged): void {
    if (event.state === "down" || event.link === "market") return;
    for (const order of this.#ledger.store.live()) {
      if (this.#instruments[order.instrument]?.terms.venue !== event.venue) continue;
      if (order.state === "unknown") {
        order.nextAskAt = event.at;
        order.asks = 0;
      }
      if (order.missingFills > 0) order.nextFillsAskAt = event.at;
    }
  }

  /** Time passed: requests grow overdue, questions fall due. */
  onTimer(now: Micros): void {
    for (const order of this.#ledger.store.live()) {
      if (order.origin === "foreign") continue;
      if (isOverdue(order, now, this.#inFlight)) {
        const before = order.state;
        this.#ledger.lose(order, now);
        this.#finish(order, before, false, now);
      } else {
        this.#ledger.onTimer(order, now);
      }
    }
  }

  /** The live order of this id, if there is one. */
  order(id: ClientOrderId): Order | undefined {
    const order = this.#ledger.store.own(id);
    return order === undefined || order.isTerminal ? undefined : order;
  }

  /** The record of this id, closed ones included while remembered. */
  record(id: ClientOrderId): Order | undefined {
    return this.#ledger.store.own(id);
  }

  /** Live orders of one side, of every origin, oldest first. Read at once, never kept. */
  side(instrument: InstrumentIndex, side: Side): readonly Order[] {
    return this.#ledger.store.side(instrument, side);
  }

  /** Sum of `worstLeaves` of own and foreign orders of a side. */
  workingSize(instrument: InstrumentIndex, side: Side): Size {
    return this.#ledger.store.workingSize(instrument, side);
  }

  /** Own orders of the instrument that may still trade. */
  openOrderCount(instrument: InstrumentIndex): number {
    return this.#ledger.store.openCount(instrument);
  }

  /** Own best live price on a side, ticks; 0 when there is none. */
  ownBest(instrument: InstrumentIndex, side: Side): Price {
    return this.#ledger.store.ownBest(instrument, side);
  }

  /** Visits own orders that may still trade. The visitor may send and close what it is shown. */
  forEachOrder(instrument: InstrumentIndex, visit: (order: Order) => void): void {
    this.#ledger.store.forEachOpen(instrument, visit);
  }

  /** All own orders that are not settled, of every instrument: what a shutdown must list. */
  unsettled(): Order[] {
    return [...this.#ledger.store.live()].filter((order) => order.origin !== "foreign");
  }

  /** Since when the longest unresolved order is unknown or lacks executions; 0: none. */
  unresolvedSince(): Micros {
    let oldest = 0;
    for (const order of this.#ledger.store.live()) {
      for (const since of [order.unknownSince, order.missingFillsSince]) {
        if (since !== 0 && (oldest === 0 || since < oldest)) oldest = since;
      }
    }
    return oldest as Micros;
  }

  #find(report: OrderUpdate | Fill): Order | undefined {
    return this.#ledger.store.find(report.instrument, report.clientOrderId, report.venueOrderId);
  }

  /** Ends an event for one order. */
  #finish(order: Order, before: Order["state"], isChanged: boolean, at: Micros): void {
    const wasLive = this.#ledger.store.isLive(order);
    this.#ledger.finish(order, before, isChanged, at);
    if (order.origin === "foreign" && wasLive && !this.#ledger.store.isLive(order)) {
      this.#foreignLive--;
    }
  }

  #countStray(): void {
    this.counters.strayReports++;
  }

  #applyFill(order: Order, fill: Fill): void {
    order.fillsSize = size(order.fillsSize + fill.size);
    if (order.fillsSize > order.filledSize) order.filledSize = order.fillsSize;
    if (fill.venueOrderId !== undefined && order.venueOrderId === undefined) {
      this.#ledger.store.setVenueId(order, fill.venueOrderId);
    }
    order.isAcknowledged = true;
    if (order.isTerminal) this.counters.lateFills++;
    if (order.fillsSize > order.worstSize) this.counters.overfills++;
    const isWhole = order.fillsSize >= order.worstSize;
    this.#ledger.move(order, isWhole ? "fill_whole" : "fill_part");
    if (order.pending === "place") this.#placeAnswered(order);
  }

  /** The venue has shown that the place arrived. */
  #placeAnswered(order: Order): void {
    if (order.state === "unknown") this.#ledger.rest(order);
    else order.pending = "none";
  }

  #rememberHistory(fill: Fill): void {
    if (this.#ledger.takeFillId(fill) === "count") this.counters.historyFills++;
  }

  #neverWas(order: Order): void {
    if (!this.#ledger.move(order, "never_was")) return;
    order.isInferred = true;
    order.isFilledSizeKnown = true;
  }

  #refused(): void {
    this.counters.refusedTransitions++;
  }

  #onLateUpdate(order: Order, update: OrderUpdate): void {
    if (isAnotherLife(order, update)) return this.#onUnknownOrder(update, order);
    if (order.origin === "foreign") return this.#countStray();
    if (update.status === "new" || update.status === "partially_filled") return this.#refused();
    const grew = takeFilledSize(order, update);
    if (update.status !== order.state) this.#refused();
    this.#finish(order, order.state, grew, update.at);
  }

  /** An order we have no live record of: adopted when it rests, ours or foreign. */
  #onUnknownOrder(update: OrderUpdate, former: Order | undefined): void {
    const isOwn = this.#options.isOwn(update.instrument, update.clientOrderId);
    const account = this.#instruments[update.instrument]?.terms.account;
    const isReconciled = account !== undefined && this.#reconciled.has(account);
    const start = adoption(update, isOwn, former);
    const foreignMax = this.#options.foreignMax ?? FOREIGN_MAX;
    if (start === undefined || (!isOwn && this.#foreignLive >= foreignMax)) {
      return this.#countStray();
    }
    if (!isOwn) this.#foreignLive++;
    if (former !== undefined) this.#ledger.store.retire(former);
    const order = this.#ledger.create(start);
    takeFilledSize(order, update);
    order.isAcknowledged = true;
    order.venueAt = update.venueAt;
    if (update.venueOrderId !== undefined) {
      this.#ledger.store.setVenueId(order, update.venueOrderId);
    }
    if (former !== undefined) {
      order.fillsSize = former.fillsSize;
    } else if (!isReconciled) {
      order.fillsSize = order.filledSize;
      order.historyUntil = update.venueAt;
    }
    this.#finish(order, order.state, true, update.at);
  }

  *#liveOf(account: AccountKey): Generator<Order> {
    for (const order of this.#ledger.store.live()) {
      if (this.#instruments[order.instrument]?.terms.account === account) yield order;
    }
  }
}

function isHistory(order: Order, fill: Fill): boolean {
  return order.historyUntil !== 0 && fill.venueAt !== 0 && fill.venueAt <= order.historyUntil;
}
