/**
 * Every order of a simulated exchange: by number, by client's name, open or remembered.
 *
 * 1. A client's name finds the newest order that bears it.
 * 2. Closed orders are remembered up to a bound, oldest forgotten first; open ones always.
 * @module
 */
import { assert, type Micros, micros, MONEY_ZERO } from "@/engine/domain/mod.ts";
import type { SimInstrument } from "./sim_instrument.ts";
import type { SimFill, SimOrder, SimPlace } from "./sim_types.ts";

const CLOSED_KEPT = 4_000;
const FILLS_KEPT = 4_000;

/** Owns the records. */
export class SimOrderStore {
  readonly #byId = new Map<number, SimOrder>();
  readonly #byClient = new Map<string, SimOrder>();
  readonly #open = new Map<number, SimOrder>();
  readonly #closed = new Set<number>();
  #fills: SimFill[] = [];
  /** All executions ever, also those no longer kept. */
  fillCount = 0;

  add(order: SimOrder): void {
    assert(!this.#byId.has(order.id), "Simulated order number is used twice");
    this.#byId.set(order.id, order);
    this.#open.set(order.id, order);
    this.#byClient.set(clientKey(order.owner, order.instrument, order.clientOrderId), order);
  }

  /** The order is terminal now. */
  close(order: SimOrder): void {
    if (!this.#open.delete(order.id)) return;
    this.#closed.add(order.id);
    if (this.#closed.size <= CLOSED_KEPT) return;
    for (const oldest of this.#closed) {
      this.#forget(oldest);
      break;
    }
  }

  /** Gives an order another client's name. */
  rename(order: SimOrder, clientOrderId: string): void {
    const old = clientKey(order.owner, order.instrument, order.clientOrderId);
    if (this.#byClient.get(old) === order) this.#byClient.delete(old);
    order.clientOrderId = clientOrderId;
    this.#byClient.set(clientKey(order.owner, order.instrument, clientOrderId), order);
  }

  byId(id: number): SimOrder | undefined {
    return this.#byId.get(id);
  }

  byClient(owner: number, instrument: SimInstrument, name: string): SimOrder | undefined {
    return this.#byClient.get(clientKey(owner, instrument, name));
  }

  isOpen(order: SimOrder): boolean {
    return this.#open.has(order.id);
  }

  /** Open orders, oldest first. */
  open(): IterableIterator<SimOrder> {
    return this.#open.values();
  }

  /** Open orders of one owner, oldest first; of one instrument when given. */
  openOf(owner: number, instrument?: SimInstrument): SimOrder[] {
    const found: SimOrder[] = [];
    for (const order of this.#open.values()) {
      if (order.owner !== owner) continue;
      if (instrument === undefined || order.instrument === instrument) found.push(order);
    }
    return found;
  }

  /** All remembered orders of one owner and instrument, oldest first. */
  allOf(owner: number, instrument: SimInstrument): SimOrder[] {
    const found: SimOrder[] = [];
    for (const order of this.#byId.values()) {
      if (order.owner === owner && order.instrument === instrument) found.push(order);
    }
    return found;
  }

  keepFill(fill: SimFill): void {
    this.fillCount++;
    this.#fills.push(fill);
    if (this.#fills.length > FILLS_KEPT * 2) this.#fills = this.#fills.slice(-FILLS_KEPT);
  }

  /** Remembered executions, oldest first. */
  fills(): readonly SimFill[] {
    return this.#fills;
  }

  #forget(id: number): void {
    this.#closed.delete(id);
    const order = this.#byId.get(id);
    if (order === undefined) return;
    this.#byId.delete(id);
    const key = clientKey(order.owner, order.instrument, order.clientOrderId);
    if (this.#byClient.get(key) === order) this.#byClient.delete(key);
  }
}

function clientKey(owner: number, instrument: SimInstrument, name: string): string {
  return `${owner}/${instrument.instrument.key}/${name}`;
}

/** The record of a request that was taken. */
export function recordOf(request: SimPlace, id: number, now: Micros, parentId: number): SimOrder {
  const waits = request.type === "stop_loss" || request.type === "stop_limit";
  return {
    id,
    owner: request.owner,
    instrument: request.instrument,
    clientOrderId: request.clientOrderId,
    side: request.side,
    type: request.type,
    timeInForce: request.timeInForce,
    postOnly: request.postOnly ?? false,
    reduceOnly: request.reduceOnly ?? false,
    closePosition: request.closePosition ?? false,
    selfTrade: request.selfTrade ?? "allow",
    label: request.label ?? "",
    price: request.price ?? 0,
    size: request.size,
    filled: 0,
    filledValue: MONEY_ZERO,
    triggerPrice: request.triggerPrice ?? 0,
    triggerWhen: request.triggerWhen ?? "rises",
    triggerOn: request.triggerOn ?? "last",
    triggeredAt: micros(0),
    childId: 0,
    parentId,
    status: "new",
    end: "none",
    createdAt: now,
    updatedAt: now,
    workingAt: waits ? micros(0) : now,
    amends: 0,
    locked: MONEY_ZERO,
  };
}
