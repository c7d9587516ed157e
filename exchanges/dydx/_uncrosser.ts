/**
 * One book as the indexer tells it, each level with the message that said it last, and the rule by
 * which a crossed book becomes readable.
 *
 *   bids  ... | 99.5 (7) | 100.5 (12)   crosses   100.0 (9) | 101.0 (3) | ...  asks
 *                                                 ^ older: goes until it is said again
 *
 * 1. While the best bid is at or above the best ask, of the two the one said earlier is removed.
 * 2. Said by the same message, the smaller size is taken off both.
 * 3. A removed level returns only when the venue says it again.
 * 4. Every removal is also written to the caller's levels, so that whoever applies them has the
 *    same book.
 *
 * Source: venue sheet section 2.4; indexer `uncrossOrderbook`, read 2026-09.
 * @module
 */
import type { Levels } from "@/engine/messages/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";

/** Price, size and stamp of a level stand together. */
const STRIDE = 3;
/** So many cells are moved faster one by one than by a call. */
const FEW_CELLS = 96;

/** One side, worst level first, so that changes near the touch move little. */
export class StampedSide {
  /** +1 for bids, -1 for asks: price times sign grows towards the touch. */
  readonly #sign: 1 | -1;
  #cells = new Float64Array(256 * STRIDE);
  /** Cells in use: three for each level. */
  #end = 0;

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  get count(): number {
    return this.#end / STRIDE;
  }

  /** Best price; 0 when there is none. */
  get best(): number {
    return this.#end === 0 ? 0 : this.#cells[this.#end - 3]! * this.#sign;
  }

  get bestSize(): number {
    return this.#end === 0 ? 0 : this.#cells[this.#end - 2]!;
  }

  /** Message that said the best level last. */
  get bestStamp(): number {
    return this.#end === 0 ? 0 : this.#cells[this.#end - 1]!;
  }

  clear(): void {
    this.#end = 0;
  }

  /** Size at a price; 0 when there is no such level. */
  sizeAt(price: number): number {
    const at = this.#find(price * this.#sign);
    return this.#holds(at, price) ? this.#cells[at + 1]! : 0;
  }

  /** Stamp of a price; -1 when there is no such level. */
  stampAt(price: number): number {
    const at = this.#find(price * this.#sign);
    return this.#holds(at, price) ? this.#cells[at + 2]! : -1;
  }

  /** Sets a level; size 0 removes it. */
  set(price: number, size: number, stamp: number): void {
    const key = price * this.#sign;
    const at = this.#find(key);
    const cells = this.#cells;
    const isThere = at < this.#end && cells[at] === key;
    if (size === 0) {
      if (!isThere) return;
      this.#close(at);
      return;
    }
    if (!isThere) this.#open(at);
    this.#cells[at] = key;
    this.#cells[at + 1] = size;
    this.#cells[at + 2] = stamp;
  }

  /** Sets every level of a message, last first, as the engine's book does. */
  setAll(levels: Levels, stamp: number): void {
    for (let i = levels.count - 1; i >= 0; i--) {
      this.set(levels.prices[i]!, levels.sizes[i]!, stamp);
    }
  }

  /** Takes the best level away. */
  dropBest(): void {
    this.#end -= STRIDE;
  }

  /** Gives the best level another size. */
  resizeBest(size: number): void {
    this.#cells[this.#end - 2] = size;
  }

  /** Visits levels best first until `visit` says false. */
  forEach(visit: (price: number, size: number, stamp: number) => boolean): void {
    const cells = this.#cells;
    for (let at = this.#end - STRIDE; at >= 0; at -= STRIDE) {
      if (!visit(cells[at]! * this.#sign, cells[at + 1]!, cells[at + 2]!)) return;
    }
  }

  #holds(at: number, price: number): boolean {
    return at < this.#end && this.#cells[at] === price * this.#sign;
  }

  /**
   * Cell of the first level whose key is not below `key`: searched in ever larger steps from the
   * touch, where most changes are.
   */
  #find(key: number): number {
    const cells = this.#cells;
    let high = (this.#end / STRIDE) | 0;
    let low = high;
    for (let step = 1; low > 0 && cells[(low - 1) * STRIDE]! >= key; step *= 2) {
      high = low - 1;
      low = Math.max(0, low - step);
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cells[middle * STRIDE]! < key) low = middle + 1;
      else high = middle;
    }
    return low * STRIDE;
  }

  /** Makes room for one level. */
  #open(at: number): void {
    if (this.#end === this.#cells.length) {
      const grown = new Float64Array(this.#cells.length * 2);
      grown.set(this.#cells);
      this.#cells = grown;
    }
    const cells = this.#cells;
    if (this.#end - at > FEW_CELLS) cells.copyWithin(at + STRIDE, at, this.#end);
    else for (let cell = this.#end - 1; cell >= at; cell--) cells[cell + STRIDE] = cells[cell]!;
    this.#end += STRIDE;
  }

  /** Takes one level out. */
  #close(at: number): void {
    const cells = this.#cells;
    const end = this.#end - STRIDE;
    if (end - at > FEW_CELLS) cells.copyWithin(at, at + STRIDE, this.#end);
    else for (let cell = at; cell < end; cell++) cells[cell] = cells[cell + STRIDE]!;
    this.#end = end;
  }
}

/** Both sides of one book. */
export class Uncrosser {
  readonly bids = new StampedSide(1);
  readonly asks = new StampedSide(-1);
  /** Levels that were removed or cut so far; only grows. */
  removals = 0;

  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }

  /** Takes the levels one message names, then uncrosses; further changes are appended to them. */
  apply(bids: LevelBuffer, asks: LevelBuffer, stamp: number): void {
    this.bids.setAll(bids, stamp);
    this.asks.setAll(asks, stamp);
    this.#uncross(bids, asks);
  }

  /** Takes a whole book; where it was crossed, the levels given are written anew. */
  load(bids: LevelBuffer, asks: LevelBuffer, stamp: number): void {
    this.clear();
    this.bids.setAll(bids, stamp);
    this.asks.setAll(asks, stamp);
    const before = this.removals;
    this.#uncross(bids, asks);
    if (this.removals !== before) this.write(bids, asks);
  }

  /** The whole book, best first. */
  write(bids: LevelBuffer, asks: LevelBuffer): void {
    writeSide(this.bids, bids);
    writeSide(this.asks, asks);
  }

  #uncross(bidsOut: LevelBuffer, asksOut: LevelBuffer): void {
    const { bids, asks } = this;
    while (bids.count > 0 && asks.count > 0 && bids.best >= asks.best) {
      this.removals++;
      const bidStamp = bids.bestStamp;
      const askStamp = asks.bestStamp;
      if (bidStamp === askStamp) {
        const common = Math.min(bids.bestSize, asks.bestSize);
        reduceBest(bids, common, bidsOut);
        reduceBest(asks, common, asksOut);
      } else if (bidStamp < askStamp) {
        reduceBest(bids, bids.bestSize, bidsOut);
      } else {
        reduceBest(asks, asks.bestSize, asksOut);
      }
    }
  }
}

/** Leaves of each price what was said last: a batch may name one level several times. */
export function keepLast(levels: LevelBuffer): void {
  const { prices, sizes, count } = levels;
  const places = new Map<number, number>();
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const place = places.get(prices[i]!);
    if (place !== undefined) {
      sizes[place] = sizes[i]!;
      continue;
    }
    places.set(prices[i]!, kept);
    prices[kept] = prices[i]!;
    sizes[kept] = sizes[i]!;
    kept++;
  }
  levels.count = kept;
}

function reduceBest(side: StampedSide, amount: number, out: LevelBuffer): void {
  const left = side.bestSize - amount;
  writeLevel(side.best, left, out);
  if (left === 0) side.dropBest();
  else side.resizeBest(left);
}

/** A price stands once among the levels of a message. */
function writeLevel(price: number, size: number, out: LevelBuffer): void {
  for (let i = 0; i < out.count; i++) {
    if (out.prices[i] !== price) continue;
    out.sizes[i] = size;
    return;
  }
  out.push(price, size);
}

function writeSide(side: StampedSide, out: LevelBuffer): void {
  out.clear();
  side.forEach((price, size) => {
    out.push(price, size);
    return true;
  });
}
