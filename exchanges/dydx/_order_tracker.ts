/**
 * What is known of our orders beside the engine: their kind, their last block, and what the indexer
 * said of them.
 *
 *   sent or seen -> live -> best-effort cancelled -> over
 *                     \______ the last block passes ______/
 *
 * 1. A short-term order is dead when its last block has passed; the indexer often does not say so.
 *    It is called over two blocks later, and until then a fill may still come.
 * 2. The filled size is told with that end only where every message since its start was heard.
 * 3. What is remembered is bounded; the oldest orders that are over go first.
 *
 * Source: venue sheet sections 4.1 and 5.
 * @module
 */
import {
  type ClientOrderId,
  type Instrument,
  type Side,
  type Size,
  size,
} from "@/engine/domain/mod.ts";
import { FLAG_SHORT_TERM } from "./_order_ids.ts";

/** One order. */
export interface TrackedOrder {
  readonly id: string;
  readonly instrument: Instrument;
  clientOrderId: ClientOrderId;
  flags: number;
  /** The last block it may live to, amends under way included; 0 while not known. */
  goodTilBlock: number;
  /** The last block it is known to live to: of its place, or as the indexer said; 0: not known. */
  sureBlock: number;
  /** Seconds; 0 for short-term orders. */
  goodTilTime: number;
  side: Side | undefined;
  /** Lots of `lotMoney` base. */
  size: Size | undefined;
  filled: number;
  lotMoney: bigint;
  /** Removal reason of a best-effort cancel; undefined while there was none. */
  endingFor: string | undefined;
  isOver: boolean;
  /** The indexer spoke of it. */
  isSeen: boolean;
  /** Every message since its start was heard. */
  isContinuous: boolean;
}

/** Blocks between the last one in which an order may trade and our word that it is over. */
export const FINAL_AFTER_BLOCKS = 2;
/** The farthest block an order may name, counted from the block being made. */
export const SHORT_BLOCK_WINDOW = 40;

const ORDERS_MAX = 8_192;
const FILLS_MAX = 16_384;

/** All orders of one subaccount. */
export class OrderTracker {
  /** Highest block the indexer or a node spoke of. */
  height = 0;
  readonly #byId = new Map<string, TrackedOrder>();
  readonly #byName = new Map<string, TrackedOrder>();
  /** Live short-term orders: those a block may end. */
  readonly #mortal = new Set<TrackedOrder>();
  readonly #fills = new Set<string>();

  byId(id: string): TrackedOrder | undefined {
    return this.#byId.get(id);
  }

  byClientId(instrument: Instrument, name: ClientOrderId): TrackedOrder | undefined {
    return this.#byName.get(nameOf(instrument, name));
  }

  /** Live orders of one instrument. */
  liveOf(instrument: Instrument): readonly TrackedOrder[] {
    return [...this.#byId.values()].filter((order) =>
      !order.isOver && order.instrument.index === instrument.index
    );
  }

  /** An order we send or the venue speaks of; the record there is stays. */
  open(
    id: string,
    instrument: Instrument,
    clientOrderId: ClientOrderId,
    flags: number,
    isContinuous: boolean,
  ): TrackedOrder {
    let order = this.#byId.get(id);
    if (order === undefined) {
      order = {
        id,
        instrument,
        clientOrderId,
        flags,
        goodTilBlock: 0,
        sureBlock: 0,
        goodTilTime: 0,
        side: undefined,
        size: undefined,
        filled: 0,
        lotMoney: instrument.lotMoney,
        endingFor: undefined,
        isOver: false,
        isSeen: false,
        isContinuous,
      };
      this.#byId.set(id, order);
      if (flags === FLAG_SHORT_TERM) this.#mortal.add(order);
      this.#forgetOldest();
    }
    if (order.clientOrderId === "") order.clientOrderId = clientOrderId;
    if (order.clientOrderId !== "") {
      this.#byName.set(nameOf(instrument, order.clientOrderId), order);
    }
    return order;
  }

  /** An instrument counts in finer lots from now on. */
  redefine({ index, lotMoney }: Instrument): void {
    for (const order of this.#byId.values()) {
      if (order.instrument.index !== index || order.lotMoney === lotMoney) continue;
      const factor = Number(order.lotMoney / lotMoney);
      order.filled *= factor;
      if (order.size !== undefined) order.size = size(order.size * factor);
      order.lotMoney = lotMoney;
    }
  }

  /** The order will not be heard of again. */
  end(order: TrackedOrder): void {
    order.isOver = true;
    this.#mortal.delete(order);
  }

  /** A place that never took effect. */
  forget(order: TrackedOrder): void {
    this.end(order);
    this.#byId.delete(order.id);
    const name = nameOf(order.instrument, order.clientOrderId);
    if (this.#byName.get(name) === order) this.#byName.delete(name);
  }

  /** Counts a fill once. */
  noteFill(orderId: string, fillId: string, lots: number): void {
    if (this.#fills.has(fillId)) return;
    if (this.#fills.size >= FILLS_MAX) {
      const oldest = this.#fills.values().next();
      if (!oldest.done) this.#fills.delete(oldest.value);
    }
    this.#fills.add(fillId);
    const order = this.#byId.get(orderId);
    if (order !== undefined) order.filled += lots;
  }

  /** Messages may be missing from here on. */
  noteInterruption(): void {
    for (const order of this.#mortal) order.isContinuous = false;
  }

  /** A block was made; answers the short-term orders that are over by it. */
  noteHeight(height: number): readonly TrackedOrder[] {
    if (height <= this.height) return [];
    this.height = height;
    const over: TrackedOrder[] = [];
    for (const order of this.#mortal) {
      if (order.goodTilBlock === 0) {
        // Not said: no order seen now may live longer than the window.
        order.goodTilBlock = height + 1 + SHORT_BLOCK_WINDOW;
      } else if (height >= order.goodTilBlock + FINAL_AFTER_BLOCKS) over.push(order);
    }
    for (const order of over) this.end(order);
    return over;
  }

  #forgetOldest(): void {
    if (this.#byId.size <= ORDERS_MAX) return;
    for (const order of this.#byId.values()) {
      if (!order.isOver) continue;
      this.forget(order);
      return;
    }
  }
}

function nameOf(instrument: Instrument, name: ClientOrderId): string {
  return `${instrument.index}:${name}`;
}
