/**
 * `RingBuffer`: a bounded first-in first-out queue.
 *
 * 1. The capacity is a power of two; when it is reached `offer` answers false and takes nothing.
 * 2. A taken item is forgotten at once, so that the ring keeps nothing alive.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";

/** A bounded queue. */
export class RingBuffer<T> {
  readonly #items: (T | undefined)[];
  readonly #mask: number;
  #head = 0;
  #size = 0;

  constructor(capacity: number) {
    assert(capacity >= 1, "A ring needs room for one item");
    assert((capacity & (capacity - 1)) === 0, "A ring's capacity must be a power of two");
    this.#items = new Array<T | undefined>(capacity).fill(undefined);
    this.#mask = capacity - 1;
  }

  get capacity(): number {
    return this.#mask + 1;
  }

  get size(): number {
    return this.#size;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  get isFull(): boolean {
    return this.#size > this.#mask;
  }

  /** Appends an item; false, and nothing changed, when the ring is full. */
  offer(item: T): boolean {
    if (this.#size > this.#mask) return false;
    this.#items[(this.#head + this.#size) & this.#mask] = item;
    this.#size++;
    return true;
  }

  /** Takes the oldest item; undefined when there is none. */
  poll(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#size--;
    return item;
  }

  /** The item `index` places behind the oldest one; undefined beyond the newest. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#size) return undefined;
    return this.#items[(this.#head + index) & this.#mask];
  }

  /** Forgets every item. */
  clear(): void {
    this.#items.fill(undefined);
    this.#head = 0;
    this.#size = 0;
  }
}
