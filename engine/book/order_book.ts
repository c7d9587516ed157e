/**
 * `OrderBook`: two ladders, a sequence and a time; applies snapshots and deltas.
 *
 *        bids (best first)   |   asks (best first)
 *    size  price  <- touch -> price  size
 *
 * 1. It applies what it is given: whether a delta is next is the feed handler's question.
 * 2. A crossed book can be held, because venues send such; `isCrossed` says so.
 * 3. Sides without levels have price 0 and size 0.
 * @module
 */
import { type Micros, MICROS_UNKNOWN, type Side } from "@/engine/domain/mod.ts";
import { type BookDelta, type BookSnapshot, SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import { PriceLadder } from "./price_ladder.ts";

/** One instrument's book. */
export class OrderBook {
  readonly bids = new PriceLadder("buy");
  readonly asks = new PriceLadder("sell");
  /** Sequence of the last message applied; `SEQUENCE_NONE` when there is none. */
  sequence: number = SEQUENCE_NONE;
  /** The venue's stamp of the last message applied. */
  venueAt: Micros = MICROS_UNKNOWN;
  /** When the last message applied was received. */
  updatedAt: Micros = MICROS_UNKNOWN;

  /** Best bid in ticks, 0 when there is none; the other three alike. */
  get bestBid(): number {
    return this.bids.best;
  }
  get bestBidSize(): number {
    return this.bids.bestSize;
  }
  get bestAsk(): number {
    return this.asks.best;
  }
  get bestAskSize(): number {
    return this.asks.bestSize;
  }

  /** Whether both sides have a level. */
  get isTwoSided(): boolean {
    return this.bids.bestSize > 0 && this.asks.bestSize > 0;
  }

  /** Whether the best bid is above the best ask. */
  get isCrossed(): boolean {
    return this.isTwoSided && this.bids.best > this.asks.best;
  }

  /** Whether the best bid equals the best ask. */
  get isLocked(): boolean {
    return this.isTwoSided && this.bids.best === this.asks.best;
  }

  /** The bids for `buy`, the asks for `sell`. */
  ladder(side: Side): PriceLadder {
    return side === "buy" ? this.bids : this.asks;
  }

  /** Up to `count` best levels of a side into the two arrays; how many there were. */
  readLevels(side: Side, count: number, prices: Float64Array, sizes: Float64Array): number {
    return this.ladder(side).readLevels(count, prices, sizes);
  }

  /** Replaces the whole book. */
  applySnapshot(snapshot: BookSnapshot): void {
    this.bids.clear();
    this.asks.clear();
    this.bids.setAll(snapshot.bids);
    this.asks.setAll(snapshot.asks);
    this.#stamp(snapshot.sequence, snapshot.venueAt, snapshot.at);
  }

  /** Changes the levels a delta names. */
  applyDelta(delta: BookDelta): void {
    this.bids.setAll(delta.bids);
    this.asks.setAll(delta.asks);
    this.#stamp(delta.sequence, delta.venueAt, delta.at);
  }

  /** Forgets everything. */
  clear(): void {
    this.bids.clear();
    this.asks.clear();
    this.#stamp(SEQUENCE_NONE, MICROS_UNKNOWN, MICROS_UNKNOWN);
  }

  /** Bytes the levels hold. */
  get memoryBytes(): number {
    return this.bids.memoryBytes + this.asks.memoryBytes;
  }

  #stamp(sequence: number, venueAt: Micros, at: Micros): void {
    this.sequence = sequence;
    this.venueAt = venueAt;
    this.updatedAt = at;
  }
}
