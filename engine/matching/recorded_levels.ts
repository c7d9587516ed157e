/**
 * `RecordedLevels`: one side of a recorded book, with what we took of it and what we rest in it.
 *
 *   shown = recorded - consumed + own
 *
 * 1. A level exists while it is recorded above zero or own orders rest at its price.
 * 2. What is consumed stays consumed until the recording next sets the level.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";
import type { QueuePosition } from "@/engine/book/mod.ts";
import type { SelfTradePolicy } from "./market.ts";
import { KEY_NONE, PriceIndex } from "./price_index.ts";

/** One of our orders in the queues of a recording. */
export interface OwnOrder {
  readonly id: number;
  readonly owner: number;
  readonly side: number;
  readonly key: number;
  readonly price: number;
  leaves: number;
  readonly postOnly: boolean;
  readonly selfTrade: SelfTradePolicy;
  position: QueuePosition;
  /** Number of book updates before it joined. */
  joinedAfter: number;
  /** Traded at its price since the level last changed. */
  traded: number;
  /** What no trade explains of the level's decrease in book update `droppedIn`. */
  dropped: number;
  droppedIn: number;
}

const NO_ORDERS: readonly OwnOrder[] = [];

/** Levels of one side, best first by key. */
export class RecordedLevels {
  readonly index: PriceIndex;
  #recorded = new Float64Array(256);
  #consumed = new Float64Array(256);
  #own = new Float64Array(256);
  #orders: (OwnOrder[] | undefined)[] = [];
  #free: number[] = [];
  #used = 1;

  constructor(windowTicks: number) {
    this.index = new PriceIndex(windowTicks);
  }

  /** Lots that the recording shows at a key. */
  recordedAt(key: number): number {
    return this.#recorded[this.index.find(key)]!;
  }

  /** Lots that can still be taken of the recording at a key. */
  liquidAt(key: number): number {
    const level = this.index.find(key);
    return this.#recorded[level]! - this.#consumed[level]!;
  }

  /** Lots that the market shows at a key, own orders included. */
  shownAt(key: number): number {
    const level = this.index.find(key);
    return this.#recorded[level]! - this.#consumed[level]! + this.#own[level]!;
  }

  /** Own orders at a key, oldest first. Valid until the next change. */
  ordersAt(key: number): readonly OwnOrder[] {
    return this.#orders[this.index.find(key)] ?? NO_ORDERS;
  }

  /** The best key where anything is shown, `KEY_NONE` when nothing is. */
  firstShown(): number {
    let key = this.index.first;
    while (key !== KEY_NONE && this.shownAt(key) === 0) key = this.index.next(key);
    return key;
  }

  /** The best key where the recording has something to take. */
  firstLiquid(): number {
    let key = this.index.first;
    while (key !== KEY_NONE && this.liquidAt(key) === 0) key = this.index.next(key);
    return key;
  }

  /** The recording sets a level; what we took of it is there again. */
  set(key: number, size: number): void {
    let level = this.index.find(key);
    if (level === 0) {
      if (size === 0) return;
      level = this.#open(key);
    }
    this.#recorded[level] = size;
    this.#consumed[level] = 0;
    if (size === 0 && this.#own[level] === 0) this.#close(key, level);
  }

  /** Takes lots of the recording at a key. */
  consume(key: number, lots: number): void {
    const level = this.index.find(key);
    assert(lots <= this.liquidAt(key), "More is taken than the recording shows");
    this.#consumed[level]! += lots;
  }

  /** An own order rests, behind older ones at its price. */
  join(order: OwnOrder): void {
    let level = this.index.find(order.key);
    if (level === 0) level = this.#open(order.key);
    this.#own[level]! += order.leaves;
    const orders = this.#orders[level];
    if (orders === undefined) this.#orders[level] = [order];
    else orders.push(order);
  }

  /** An own order loses lots; with its last ones it leaves. */
  shrink(order: OwnOrder, lots: number): void {
    assert(lots <= order.leaves, "An own order loses more than it has");
    const level = this.index.find(order.key);
    order.leaves -= lots;
    this.#own[level]! -= lots;
    if (order.leaves > 0) return;
    const orders = this.#orders[level]!;
    orders.splice(orders.indexOf(order), 1);
    if (this.#recorded[level] === 0 && this.#own[level] === 0) this.#close(order.key, level);
  }

  #open(key: number): number {
    const level = this.#free.pop() ?? this.#used++;
    if (level === this.#recorded.length) this.#grow();
    this.index.insert(key, level);
    this.#recorded[level] = 0;
    this.#consumed[level] = 0;
    this.#own[level] = 0;
    return level;
  }

  #close(key: number, level: number): void {
    this.index.remove(key);
    this.#free.push(level);
  }

  #grow(): void {
    const grown = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(old.length * 2);
      larger.set(old);
      return larger;
    };
    this.#recorded = grown(this.#recorded);
    this.#consumed = grown(this.#consumed);
    this.#own = grown(this.#own);
  }
}
