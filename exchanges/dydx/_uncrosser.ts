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
import { CURSOR_NONE, DenseMap } from "@/engine/collections/mod.ts";
import type { Levels } from "@/engine/messages/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";

/** One side. Sizes and stamps are kept under the same keys, which grow towards the touch. */
export class StampedSide {
  /** +1 for bids, -1 for asks: price times sign is the key. */
  readonly #sign: 1 | -1;
  readonly #sizes = new DenseMap();
  readonly #stamps = new DenseMap();

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  get count(): number {
    return this.#sizes.size;
  }

  /** Best price; 0 when there is none. */
  get best(): number {
    return this.#sizes.isEmpty ? 0 : this.#sizes.lastKey * this.#sign;
  }

  get bestSize(): number {
    return this.#sizes.lastValue;
  }

  /** Message that said the best level last. */
  get bestStamp(): number {
    return this.#stamps.lastValue;
  }

  clear(): void {
    this.#sizes.clear();
    this.#stamps.clear();
  }

  /** Size at a price; 0 when there is no such level. */
  sizeAt(price: number): number {
    const size = this.#sizes.get(price * this.#sign);
    return size === size ? size : 0;
  }

  /** Stamp of a price; -1 when there is no such level. */
  stampAt(price: number): number {
    const stamp = this.#stamps.get(price * this.#sign);
    return stamp === stamp ? stamp : -1;
  }

  /** Sets a level; size 0 removes it. */
  set(price: number, size: number, stamp: number): void {
    const key = price * this.#sign;
    if (size > 0) {
      this.#sizes.set(key, size);
      this.#stamps.set(key, stamp);
    } else if (this.#sizes.delete(key)) {
      this.#stamps.delete(key);
    }
  }

  /** Sets every level of a message, last first, as the engine's book does. */
  setAll(levels: Levels, stamp: number): void {
    for (let i = levels.count - 1; i >= 0; i--) {
      this.set(levels.prices[i]!, levels.sizes[i]!, stamp);
    }
  }

  /** Takes the best level away. */
  dropBest(): void {
    const key = this.#sizes.lastKey;
    this.#sizes.delete(key);
    this.#stamps.delete(key);
  }

  /** Gives the best level another size. */
  resizeBest(size: number): void {
    this.#sizes.set(this.#sizes.lastKey, size);
  }

  /** Visits levels best first until `visit` says false. */
  forEach(visit: (price: number, size: number, stamp: number) => boolean): void {
    const sizes = this.#sizes;
    let stamped = this.#stamps.last();
    for (let at = sizes.last(); at !== CURSOR_NONE; at = sizes.before(at)) {
      const stamp = this.#stamps.valueAt(stamped);
      if (!visit(sizes.keyAt(at) * this.#sign, sizes.valueAt(at), stamp)) return;
      stamped = this.#stamps.before(stamped);
    }
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
