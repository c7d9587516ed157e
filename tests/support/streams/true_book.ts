/**
 * The book as the venue has it: moved at random, every state kept by its version.
 *
 *   version 1 -> change -> version 2 -> change -> version 3 ...
 *
 * 1. Slow and plain on purpose: maps and sorting, nothing of the engine's.
 * 2. A book is never crossed here; a venue that publishes crossed ones does that itself.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import type { PriceLadder } from "@/engine/book/mod.ts";
import type { OrderBook } from "@/engine/book/mod.ts";

/** Price in ticks, size in lots; size 0 deletes. */
export type Level = readonly [price: number, size: number];

/** One side: best level first. */
export type Levels = readonly Level[];

/** What a book looked like. */
export interface BookState {
  readonly bids: Levels;
  readonly asks: Levels;
}

/** Levels that differ from the state before. */
export type BookChange = BookState;

/** No level is further from the middle; so every side fits into each venue's depth. */
const REACH = 14;

/** A venue's book that moves. */
export class TrueBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  /** State by version; the first is 1. */
  readonly #states: BookState[] = [];
  readonly #random: SeededRandom;
  readonly #sizeMax: number;
  #middle: number;

  constructor(random: SeededRandom, middle: number, sizeMax = 500) {
    this.#random = random;
    this.#middle = middle;
    this.#sizeMax = sizeMax;
    for (let step = 1; step <= 8; step++) {
      this.bids.set(middle - step, this.#size());
      this.asks.set(middle + step, this.#size());
    }
    this.#keep();
  }

  get version(): number {
    return this.#states.length;
  }

  get state(): BookState {
    return this.at(this.version);
  }

  /** The state of a version. */
  at(version: number): BookState {
    const state = this.#states[version - 1];
    if (state === undefined) throw new Error(`no version ${version} of ${this.version}`);
    return state;
  }

  /** Moves on by up to `most` levels, sometimes by none; which levels changed. */
  change(most: number): BookChange {
    const random = this.#random;
    const bids = new Map<number, number>();
    const asks = new Map<number, number>();
    const set = (isBid: boolean, price: number, size: number) => {
      const side = isBid ? this.bids : this.asks;
      if (size === 0) side.delete(price);
      else side.set(price, size);
      (isBid ? bids : asks).set(price, size);
    };
    if (random.chance(0.1)) this.#drift(random.chance(0.5) ? 1 : -1, set);
    for (let count = random.integer(most + 1); count > 0; count--) {
      const isBid = random.chance(0.5);
      const price = this.#middle + (isBid ? -1 : 1) * (1 + random.integer(REACH - 2));
      set(isBid, price, random.chance(0.35) ? 0 : this.#size());
    }
    this.#keep();
    return { bids: [...bids], asks: [...asks] };
  }

  /** The middle moves: what would cross it, or is too far from it, goes. */
  #drift(by: 1 | -1, set: (isBid: boolean, price: number, size: number) => void): void {
    this.#middle += by;
    const middle = this.#middle;
    for (const price of [...this.bids.keys()]) {
      if (price >= middle || price < middle - REACH) set(true, price, 0);
    }
    for (const price of [...this.asks.keys()]) {
      if (price <= middle || price > middle + REACH) set(false, price, 0);
    }
  }

  #size(): number {
    return 1 + this.#random.integer(this.#sizeMax);
  }

  #keep(): void {
    this.#states.push(stateOf(this.bids, this.asks));
  }
}

/** A state of two maps. */
export function stateOf(
  bids: ReadonlyMap<number, number>,
  asks: ReadonlyMap<number, number>,
): BookState {
  return {
    bids: [...bids].sort(([a], [b]) => b - a),
    asks: [...asks].sort(([a], [b]) => a - b),
  };
}

/** Whether the engine's book is this state. */
export function isSameBook(book: OrderBook, state: BookState): boolean {
  return isSameSide(book.bids, state.bids) && isSameSide(book.asks, state.asks);
}

function isSameSide(ladder: PriceLadder, levels: Levels): boolean {
  let at = 0;
  let isSame = true;
  ladder.forEach((price, size) => {
    const level = levels[at++];
    isSame = level !== undefined && level[0] === price && level[1] === size;
    return isSame;
  });
  return isSame && at === levels.length;
}

/** A state in one line, for messages. */
export function stateText({ bids, asks }: BookState): string {
  const side = (levels: Levels) => levels.map(([price, size]) => `${price}x${size}`).join(" ");
  return `${side(bids)} | ${side(asks)}`;
}

/** The engine's book in one line. */
export function bookText(book: OrderBook): string {
  const side = (ladder: PriceLadder) => {
    const levels: Level[] = [];
    ladder.forEach((price, size) => {
      levels.push([price, size]);
      return true;
    });
    return levels;
  };
  return stateText({ bids: side(book.bids), asks: side(book.asks) });
}

/** A decimal text of a count of steps, as venues write it. */
export function decimalText(count: number, decimals: number): string {
  return (count / 10 ** decimals).toFixed(decimals);
}
