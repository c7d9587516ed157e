/**
 * The slow twins: a sorted map as a sorted array, and a book side as a `Map` sorted when read.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";

/** A sorted array of entries: obviously right, slow. */
export class ReferenceSortedMap {
  readonly entries: [key: number, value: number][] = [];

  set(key: number, value: number): boolean {
    const at = this.#placeOf(key);
    const found = this.entries[at];
    if (found !== undefined && found[0] === key) {
      found[1] = value;
      return false;
    }
    this.entries.splice(at, 0, [key, value]);
    return true;
  }

  delete(key: number): boolean {
    const at = this.#placeOf(key);
    if (this.entries[at]?.[0] !== key) return false;
    this.entries.splice(at, 1);
    return true;
  }

  get(key: number): number {
    const found = this.entries[this.#placeOf(key)];
    return found !== undefined && found[0] === key ? found[1] : NaN;
  }

  /** Largest key not above `key`, NaN when there is none. */
  floorKey(key: number): number {
    const at = this.#placeOf(key);
    if (this.entries[at]?.[0] === key) return key;
    return this.entries[at - 1]?.[0] ?? NaN;
  }

  /** Smallest key not below `key`, NaN when there is none. */
  ceilingKey(key: number): number {
    return this.entries[this.#placeOf(key)]?.[0] ?? NaN;
  }

  #placeOf(key: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.entries[middle]![0] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** One side of a book as nobody should write it: a `Map`, sorted when read. */
export class ReferenceLadder {
  readonly #levels = new Map<number, number>();
  readonly #side: Side;

  constructor(side: Side) {
    this.#side = side;
  }

  set(price: number, size: number): void {
    if (size === 0) this.#levels.delete(price);
    else this.#levels.set(price, size);
  }

  /** Levels best first. */
  sorted(): [price: number, size: number][] {
    const sign = this.#side === "buy" ? -1 : 1;
    return [...this.#levels].sort((a, b) => sign * (a[0] - b[0]));
  }

  get best(): number {
    return this.sorted()[0]?.[0] ?? 0;
  }

  get bestSize(): number {
    return this.sorted()[0]?.[1] ?? 0;
  }

  get count(): number {
    return this.#levels.size;
  }
}
