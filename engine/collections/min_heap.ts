/**
 * `MinHeap`: smallest first, by a comparison that must be a total order, so that what comes out
 * does not depend on how it went in. Merges recordings by time.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";

/** A binary heap. `compare(a, b)` is below zero when `a` comes first; never zero for two items. */
export class MinHeap<T> {
  readonly #items: T[] = [];
  readonly #compare: (a: T, b: T) => number;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#siftUp(this.#items.length - 1);
  }

  /** The smallest item, left in place. */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** Takes the smallest item. */
  pop(): T | undefined {
    const items = this.#items;
    const smallest = items[0];
    const moved = items.pop();
    if (items.length > 0 && moved !== undefined) {
      items[0] = moved;
      this.#siftDown();
    }
    return smallest;
  }

  /** Puts `item` in place of the smallest one and answers that: one walk instead of two. */
  replaceTop(item: T): T {
    const smallest = this.#items[0];
    assert(smallest !== undefined, "An empty heap has no top to replace");
    this.#items[0] = item;
    this.#siftDown();
    return smallest;
  }

  clear(): void {
    this.#items.length = 0;
  }

  #siftUp(start: number): void {
    const items = this.#items;
    const item = items[start]!;
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#compare(items[parent]!, item) <= 0) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  #siftDown(): void {
    const items = this.#items;
    const count = items.length;
    const item = items[0]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      if (child + 1 < count && this.#compare(items[child + 1]!, items[child]!) < 0) child++;
      if (this.#compare(item, items[child]!) <= 0) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  }
}
