/**
 * Orders by our id, by the venue's id, by instrument and side; closed ones a while longer.
 *
 * 1. Iteration is in the order of arrival, so that the same events give the same requests.
 * 2. An order is live until it is terminal and all its executions are counted; then it is retired:
 *    still found by its ids (late reports), until `retiredMax` newer ones have pushed it out.
 * @module
 */
import {
  assert,
  type ClientOrderId,
  type InstrumentIndex,
  type Price,
  type Side,
  type Size,
  size,
  type VenueOrderId,
} from "@/engine/domain/mod.ts";
import type { Order } from "./order.ts";

interface InstrumentOrders {
  readonly buys: Order[];
  readonly sells: Order[];
  readonly byVenueId: Map<VenueOrderId, Order>;
}

const NONE: readonly Order[] = [];

/** Finds orders; holds no rule about them. */
export class OrderStore {
  readonly #own = new Map<ClientOrderId, Order>();
  /** Live orders of all origins, oldest first. */
  readonly #live = new Set<Order>();
  readonly #byInstrument: (InstrumentOrders | undefined)[] = [];
  readonly #retired: (Order | undefined)[];
  #retiredNext = 0;

  constructor(retiredMax: number) {
    assert(retiredMax > 0, "Store must retain at least one closed order");
    this.#retired = new Array<Order | undefined>(retiredMax).fill(undefined);
  }

  /** Live orders of every origin. */
  get liveCount(): number {
    return this.#live.size;
  }

  /** Takes in a new order. A record of the same id must be retired: its name now means this one. */
  add(order: Order): void {
    const held = this.#ofInstrument(order.instrument);
    if (order.origin !== "foreign") {
      const before = this.#own.get(order.clientOrderId);
      assert(before === undefined || !this.#live.has(before), "Client order id is used twice");
      this.#own.set(order.clientOrderId, order);
    }
    this.#live.add(order);
    (order.side === "buy" ? held.buys : held.sells).push(order);
    if (order.venueOrderId !== undefined) held.byVenueId.set(order.venueOrderId, order);
  }

  /** Learns the venue's name of an order; after an amend it may be a new one. */
  setVenueId(order: Order, id: VenueOrderId): void {
    if (order.venueOrderId === id) return;
    const byVenueId = this.#ofInstrument(order.instrument).byVenueId;
    if (order.venueOrderId !== undefined && byVenueId.get(order.venueOrderId) === order) {
      byVenueId.delete(order.venueOrderId);
    }
    order.venueOrderId = id;
    byVenueId.set(id, order);
  }

  /** An order by our id, live or retired. */
  own(id: ClientOrderId): Order | undefined {
    return this.#own.get(id);
  }

  /** An order by the venue's id, live or retired, of any origin. */
  byVenueId(instrument: InstrumentIndex, id: VenueOrderId): Order | undefined {
    return this.#byInstrument[instrument]?.byVenueId.get(id);
  }

  /** By our id where it is one of ours, else by the venue's. */
  find(
    instrument: InstrumentIndex,
    clientId: ClientOrderId,
    venueId: VenueOrderId | undefined,
  ): Order | undefined {
    const own = clientId === "" ? undefined : this.#own.get(clientId);
    if (own !== undefined && own.instrument === instrument) return own;
    return venueId === undefined ? undefined : this.byVenueId(instrument, venueId);
  }

  isLive(order: Order): boolean {
    return this.#live.has(order);
  }

  /** All live orders, oldest first. They may be retired while iterating. */
  live(): IterableIterator<Order> {
    return this.#live.values();
  }

  /** Every record of an instrument, live or remembered, of any origin. */
  ofInstrument(instrument: InstrumentIndex): ReadonlySet<Order> {
    const found = new Set<Order>();
    for (const order of this.#live) if (order.instrument === instrument) found.add(order);
    for (const order of this.#retired) if (order?.instrument === instrument) found.add(order);
    return found;
  }

  /** Live orders of one side, oldest first, of every origin. Read at once, never kept. */
  side(instrument: InstrumentIndex, side: Side): readonly Order[] {
    const held = this.#byInstrument[instrument];
    if (held === undefined) return NONE;
    return side === "buy" ? held.buys : held.sells;
  }

  /** Sum of `worstLeaves` of a side. */
  workingSize(instrument: InstrumentIndex, side: Side): Size {
    let lots = 0;
    for (const order of this.side(instrument, side)) lots += order.worstLeaves;
    return size(lots);
  }

  /** Own orders that may still trade. */
  openCount(instrument: InstrumentIndex): number {
    let count = 0;
    for (const order of this.side(instrument, "buy")) if (isOwnOpen(order)) count++;
    for (const order of this.side(instrument, "sell")) if (isOwnOpen(order)) count++;
    return count;
  }

  /** Own best price on a side; 0 when there is none. */
  ownBest(instrument: InstrumentIndex, side: Side): Price {
    let best = 0;
    for (const order of this.side(instrument, side)) {
      if (!isOwnOpen(order) || order.price === undefined) continue;
      if (best === 0 || (side === "buy" ? order.price > best : order.price < best)) {
        best = order.price;
      }
    }
    return best as Price;
  }

  /** Visits own open orders of an instrument, buys first. The visitor may close what it sees. */
  forEachOpen(instrument: InstrumentIndex, visit: (order: Order) => void): void {
    visitOpen(this.side(instrument, "buy"), visit);
    visitOpen(this.side(instrument, "sell"), visit);
  }

  /** A retired order of which something is missing after all lives again. */
  revive(order: Order): void {
    if (this.#live.has(order)) return;
    this.#live.add(order);
    const held = this.#ofInstrument(order.instrument);
    (order.side === "buy" ? held.buys : held.sells).push(order);
  }

  /** Moves a settled order from the live ones to those merely remembered. */
  retire(order: Order): void {
    if (!this.#live.delete(order)) return;
    const held = this.#ofInstrument(order.instrument);
    const side = order.side === "buy" ? held.buys : held.sells;
    side.splice(side.indexOf(order), 1);
    const forgotten = this.#retired[this.#retiredNext];
    if (forgotten !== undefined && !this.#live.has(forgotten)) this.#forget(forgotten);
    this.#retired[this.#retiredNext] = order;
    this.#retiredNext = (this.#retiredNext + 1) % this.#retired.length;
  }

  #forget(order: Order): void {
    if (this.#own.get(order.clientOrderId) === order) this.#own.delete(order.clientOrderId);
    const byVenueId = this.#ofInstrument(order.instrument).byVenueId;
    const id = order.venueOrderId;
    if (id !== undefined && byVenueId.get(id) === order) byVenueId.delete(id);
  }

  #ofInstrument(index: InstrumentIndex): InstrumentOrders {
    const held = this.#byInstrument[index];
    if (held !== undefined) return held;
    const created: InstrumentOrders = { buys: [], sells: [], byVenueId: new Map() };
    this.#byInstrument[index] = created;
    return created;
  }
}

function isOwnOpen(order: Order): boolean {
  return order.origin !== "foreign" && !order.isTerminal;
}

function visitOpen(orders: readonly Order[], visit: (order: Order) => void): void {
  for (let index = 0; index < orders.length;) {
    const order = orders[index]!;
    if (isOwnOpen(order)) visit(order);
    // When the visit retired this order, the next one has moved here.
    if (orders[index] === order) index++;
  }
}
