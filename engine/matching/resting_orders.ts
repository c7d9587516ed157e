/**
 * `RestingOrders`: every resting order by price level and time, in pooled typed arrays.
 *
 *   PriceIndex --key--> level: total, head <-> ... <-> tail (oldest first), by order slot
 *
 * 1. A level exists exactly while it has orders; its total is the sum of their leaves.
 * 2. Slots and levels are reused; slot 0 and level 0 mean "none".
 * 3. Arrays are replaced when they grow: never keep one across `add`.
 * @module
 */
import { assert, type Side } from "@/engine/domain/mod.ts";
import type { SelfTradePolicy } from "./market.ts";
import { OrderTable } from "./order_table.ts";
import { PriceIndex } from "./price_index.ts";

/** Side numbers of the arrays. */
export const BUY = 0;
export const SELL = 1;

/** Side name of a side number. */
export const SIDE_NAMES: readonly [Side, Side] = ["buy", "sell"];

/** Side number of a side name. */
export function sideNumber(side: Side): number {
  return side === "buy" ? BUY : SELL;
}

/** Key of a price on its own side: the best has the smallest key. */
export function keyOf(side: number, price: number): number {
  return side === BUY ? -price : price;
}

/** Price of a key; its own inverse. */
export function priceOf(side: number, key: number): number {
  return side === BUY ? -key : key;
}

/** What the book needs to know of an order that comes to rest. */
export interface RestingTerms {
  readonly id: number;
  readonly owner: number;
  readonly side: number;
  readonly leaves: number;
  readonly postOnly: boolean;
  readonly selfTrade: SelfTradePolicy;
}

/** Both sides of a book of orders. */
export class RestingOrders {
  ids: Float64Array;
  owners: Float64Array;
  leaves: Float64Array;
  next: Int32Array;
  sides: Uint8Array;
  levels: Int32Array;
  levelKey: Float64Array = new Float64Array(64);
  levelTotal: Float64Array = new Float64Array(64);
  levelHead: Int32Array = new Int32Array(64);
  readonly index: readonly [PriceIndex, PriceIndex];
  #previous: Int32Array;
  #levelTail: Int32Array = new Int32Array(64);
  #flags: Uint8Array;
  readonly #policies: SelfTradePolicy[] = [];
  readonly #table = new OrderTable();
  readonly #ordersMax: number;
  #slotsUsed = 1;
  #freeSlot = 0;
  #levelsUsed = 1;
  #freeLevel = 0;

  constructor(windowTicks: number, ordersMax: number) {
    this.#ordersMax = ordersMax;
    this.index = [new PriceIndex(windowTicks), new PriceIndex(windowTicks)];
    this.ids = new Float64Array(256);
    this.owners = new Float64Array(256);
    this.leaves = new Float64Array(256);
    this.next = new Int32Array(256);
    this.sides = new Uint8Array(256);
    this.levels = new Int32Array(256);
    this.#previous = new Int32Array(256);
    this.#flags = new Uint8Array(256);
  }

  /** How many orders rest. */
  get count(): number {
    return this.#table.count;
  }

  /** Slot of an order, 0 when it does not rest here. */
  slotOf(id: number): number {
    return this.#table.find(id);
  }

  /** Whether the order in a slot may only make. */
  isPostOnly(slot: number): boolean {
    return (this.#flags[slot]! & 1) !== 0;
  }

  /** The self-trade policy of the order in a slot. */
  policyOf(slot: number): SelfTradePolicy {
    return this.#policies[this.#flags[slot]! >>> 1]!;
  }

  /** Price of the order in a slot. */
  priceOf(slot: number): number {
    return priceOf(this.sides[slot]!, this.levelKey[this.levels[slot]!]!);
  }

  /** The best level of a side, 0 when empty. */
  bestLevel(side: number): number {
    const index = this.index[side as 0 | 1];
    return index.count === 0 ? 0 : index.find(index.first);
  }

  /** Puts an order at the back of its level; answers the level. */
  add(terms: RestingTerms, key: number): number {
    const slot = this.#takeSlot();
    const side = terms.side;
    this.#table.add(terms.id, slot);
    this.ids[slot] = terms.id;
    this.owners[slot] = terms.owner;
    this.leaves[slot] = terms.leaves;
    this.sides[slot] = side;
    this.#flags[slot] = (this.#policyNumber(terms.selfTrade) << 1) | (terms.postOnly ? 1 : 0);
    this.next[slot] = 0;
    const index = this.index[side as 0 | 1];
    let level = index.find(key);
    if (level === 0) {
      level = this.#takeLevel(key);
      index.insert(key, level);
      this.levelHead[level] = slot;
      this.#previous[slot] = 0;
    } else {
      const tail = this.#levelTail[level]!;
      this.next[tail] = slot;
      this.#previous[slot] = tail;
    }
    this.#levelTail[level] = slot;
    this.levelTotal[level]! += terms.leaves;
    this.levels[slot] = level;
    return level;
  }

  /** Takes lots off an order that keeps some. */
  reduce(slot: number, lots: number): void {
    const left = this.leaves[slot]! - lots;
    assert(left > 0, "A reduced order must keep size");
    this.leaves[slot] = left;
    this.levelTotal[this.levels[slot]!]! -= lots;
  }

  /** Removes an order with whatever it has left; frees its level with the last one. */
  remove(slot: number): void {
    const level = this.levels[slot]!;
    const before = this.#previous[slot]!;
    const after = this.next[slot]!;
    if (before === 0) this.levelHead[level] = after;
    else this.next[before] = after;
    if (after === 0) this.#levelTail[level] = before;
    else this.#previous[after] = before;
    this.levelTotal[level]! -= this.leaves[slot]!;
    if (this.levelHead[level] === 0) this.#dropLevel(level, this.sides[slot]!);
    this.#table.remove(this.ids[slot]!);
    this.levels[slot] = 0;
    this.next[slot] = this.#freeSlot;
    this.#freeSlot = slot;
  }

  #dropLevel(level: number, side: number): void {
    assert(this.levelTotal[level] === 0, "A level without orders has size");
    this.index[side as 0 | 1].remove(this.levelKey[level]!);
    this.#levelTail[level] = this.#freeLevel;
    this.#freeLevel = level;
  }

  #policyNumber(policy: SelfTradePolicy): number {
    const known = this.#policies.indexOf(policy);
    if (known >= 0) return known;
    return this.#policies.push(policy) - 1;
  }

  #takeSlot(): number {
    const free = this.#freeSlot;
    if (free !== 0) {
      this.#freeSlot = this.next[free]!;
      return free;
    }
    assert(this.#slotsUsed <= this.#ordersMax, "More orders rest than this market may hold");
    if (this.#slotsUsed === this.ids.length) this.#growSlots();
    return this.#slotsUsed++;
  }

  #takeLevel(key: number): number {
    let level = this.#freeLevel;
    if (level !== 0) {
      this.#freeLevel = this.#levelTail[level]!;
    } else {
      if (this.#levelsUsed === this.levelKey.length) this.#growLevels();
      level = this.#levelsUsed++;
    }
    this.levelKey[level] = key;
    this.levelTotal[level] = 0;
    return level;
  }

  #growSlots(): void {
    const capacity = this.ids.length * 2;
    this.ids = grownFloats(this.ids, capacity);
    this.owners = grownFloats(this.owners, capacity);
    this.leaves = grownFloats(this.leaves, capacity);
    this.next = grownInts(this.next, capacity);
    this.levels = grownInts(this.levels, capacity);
    this.#previous = grownInts(this.#previous, capacity);
    this.sides = grownBytes(this.sides, capacity);
    this.#flags = grownBytes(this.#flags, capacity);
  }

  #growLevels(): void {
    const capacity = this.levelKey.length * 2;
    this.levelKey = grownFloats(this.levelKey, capacity);
    this.levelTotal = grownFloats(this.levelTotal, capacity);
    this.levelHead = grownInts(this.levelHead, capacity);
    this.#levelTail = grownInts(this.#levelTail, capacity);
  }
}

function grownFloats(old: Float64Array, capacity: number): Float64Array {
  const grown = new Float64Array(capacity);
  grown.set(old);
  return grown;
}

function grownInts(old: Int32Array, capacity: number): Int32Array {
  const grown = new Int32Array(capacity);
  grown.set(old);
  return grown;
}

function grownBytes(old: Uint8Array, capacity: number): Uint8Array {
  const grown = new Uint8Array(capacity);
  grown.set(old);
  return grown;
}
