/**
 * `TimerQueue`: thousands of timeouts with cheap schedule and cancel, in a fixed order.
 *
 * An indexed heap rather than a wheel: what is due at one instant comes out in the order it was
 * scheduled, to the microsecond, which virtual time and replay need and a wheel's slots do not
 * give.
 *
 * 1. Items come out by due time, then by the order of scheduling.
 * 2. A handle is good for one item; it never names a later one.
 * 3. The number of items is bounded; beyond it is a broken invariant of the owner.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";

/** Names one scheduled item. */
export type TimerHandle = number;

/** A handle that names nothing. */
export const TIMER_NONE: TimerHandle = -1;

const SLOTS_MAX = 2 ** 20;

/** What is due when. Times are plain numbers of the owner's unit. */
export class TimerQueue<T> {
  readonly #capacityMax: number;
  /** Heap of slots. */
  readonly #heap: number[] = [];
  /** By slot: place in the heap (-1: free), due time, order of scheduling, generation, item. */
  readonly #places: number[] = [];
  readonly #dueAt: number[] = [];
  readonly #orders: number[] = [];
  readonly #generations: number[] = [];
  readonly #items: (T | undefined)[] = [];
  readonly #free: number[] = [];
  #order = 0;

  constructor(capacityMax = SLOTS_MAX) {
    assert(capacityMax >= 1, "A timer queue needs room for one item");
    assert(capacityMax <= SLOTS_MAX, "A timer queue holds at most 2^20 items");
    this.#capacityMax = capacityMax;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** When the next item is due; `Infinity` when there is none. */
  get nextAt(): number {
    const slot = this.#heap[0];
    return slot === undefined ? Infinity : this.#dueAt[slot]!;
  }

  /** Schedules an item. */
  schedule(at: number, item: T): TimerHandle {
    assert(at === at, "A due time must be a number");
    const slot = this.#free.pop() ?? this.#newSlot();
    this.#dueAt[slot] = at;
    this.#orders[slot] = this.#order++;
    this.#items[slot] = item;
    this.#heap.push(slot);
    this.#siftUp(this.#heap.length - 1);
    return this.#generations[slot]! * SLOTS_MAX + slot;
  }

  /** Forgets an item; false when it already came out or was cancelled. */
  cancel(handle: TimerHandle): boolean {
    if (handle < 0) return false;
    const slot = handle % SLOTS_MAX;
    const generation = Math.floor(handle / SLOTS_MAX);
    const place = this.#places[slot];
    if (place === undefined || place < 0 || this.#generations[slot] !== generation) return false;
    this.#remove(place);
    return true;
  }

  /** Takes the next item if it is due at `now`. */
  popDue(now: number): T | undefined {
    const slot = this.#heap[0];
    if (slot === undefined || this.#dueAt[slot]! > now) return undefined;
    const item = this.#items[slot];
    this.#remove(0);
    return item;
  }

  #newSlot(): number {
    const slot = this.#places.length;
    assert(slot < this.#capacityMax, "Timer queue is full");
    this.#places.push(-1);
    this.#dueAt.push(0);
    this.#orders.push(0);
    this.#generations.push(0);
    this.#items.push(undefined);
    return slot;
  }

  #remove(place: number): void {
    const heap = this.#heap;
    const slot = heap[place]!;
    const moved = heap.pop()!;
    if (moved !== slot) {
      heap[place] = moved;
      this.#places[moved] = place;
      this.#siftUp(place);
      this.#siftDown(this.#places[moved]!);
    }
    this.#places[slot] = -1;
    this.#items[slot] = undefined;
    this.#generations[slot] = this.#generations[slot]! + 1;
    this.#free.push(slot);
  }

  #isBefore(a: number, b: number): boolean {
    const dueA = this.#dueAt[a]!;
    const dueB = this.#dueAt[b]!;
    return dueA < dueB || (dueA === dueB && this.#orders[a]! < this.#orders[b]!);
  }

  #siftUp(start: number): void {
    const heap = this.#heap;
    const slot = heap[start]!;
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#isBefore(heap[parent]!, slot)) break;
      this.#put(at, heap[parent]!);
      at = parent;
    }
    this.#put(at, slot);
  }

  #siftDown(start: number): void {
    const heap = this.#heap;
    const slot = heap[start]!;
    let at = start;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (this.#isBefore(slot, heap[child]!)) break;
      this.#put(at, heap[child]!);
      at = child;
    }
    this.#put(at, slot);
  }

  #put(place: number, slot: number): void {
    this.#heap[place] = slot;
    this.#places[slot] = place;
  }
}
