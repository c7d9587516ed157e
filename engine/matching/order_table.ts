/**
 * `OrderTable`: order id to slot, by open addressing in typed arrays: no garbage, no rehash pauses
 * beyond doubling.
 *
 * 1. At most half full, so that probes stay short; removal shifts back, so that none are wasted.
 * 2. Slot 0 means "no such order".
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";

/** Whole-number ids to slots above zero. */
export class OrderTable {
  #ids = new Float64Array(256);
  #slots = new Int32Array(256);
  #mask = 255;
  #count = 0;

  /** How many ids are known. */
  get count(): number {
    return this.#count;
  }

  /** The slot of an id, 0 when unknown. */
  find(id: number): number {
    let at = hash(id) & this.#mask;
    let slot = this.#slots[at]!;
    while (slot !== 0) {
      if (this.#ids[at] === id) return slot;
      at = (at + 1) & this.#mask;
      slot = this.#slots[at]!;
    }
    return 0;
  }

  /** Adds an id that is not yet known. */
  add(id: number, slot: number): void {
    if (this.#count * 2 >= this.#mask) this.#grow();
    this.#put(id, slot);
    this.#count++;
  }

  /** Forgets an id; it must be known. */
  remove(id: number): void {
    const mask = this.#mask;
    let hole = hash(id) & mask;
    while (this.#ids[hole] !== id || this.#slots[hole] === 0) {
      assert(this.#slots[hole] !== 0, "Order id to forget is not known");
      hole = (hole + 1) & mask;
    }
    let at = (hole + 1) & mask;
    while (this.#slots[at] !== 0) {
      const home = hash(this.#ids[at]!) & mask;
      // An entry may fill the hole unless its home lies between the hole and itself.
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        this.#ids[hole] = this.#ids[at]!;
        this.#slots[hole] = this.#slots[at]!;
        hole = at;
      }
      at = (at + 1) & mask;
    }
    this.#slots[hole] = 0;
    this.#count--;
  }

  #put(id: number, slot: number): void {
    let at = hash(id) & this.#mask;
    while (this.#slots[at] !== 0) {
      assert(this.#ids[at] !== id, "Order id is already known");
      at = (at + 1) & this.#mask;
    }
    this.#ids[at] = id;
    this.#slots[at] = slot;
  }

  #grow(): void {
    const ids = this.#ids;
    const slots = this.#slots;
    this.#ids = new Float64Array(ids.length * 2);
    this.#slots = new Int32Array(ids.length * 2);
    this.#mask = this.#ids.length - 1;
    for (let at = 0; at < ids.length; at++) {
      if (slots[at] !== 0) this.#put(ids[at]!, slots[at]!);
    }
  }
}

/** Ids are mostly counters: a multiplication spreads them, the high part of large ones joins in. */
function hash(id: number): number {
  const low = id | 0;
  const high = low === id ? 0 : (id / 4_294_967_296) | 0;
  const mixed = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
