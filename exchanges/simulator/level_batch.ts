/**
 * `LevelBatch`: the level changes of one book between two publications, each price once.
 *
 * 1. A price's last size is what is published; sizes are absolute.
 * 2. `firstId..lastId` are the book numbers it covers, `previousId` the last one published before.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";

/** Collects changes; its owner publishes and clears it. */
export class LevelBatch {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  previousId: number;
  firstId = 0;
  lastId: number;

  /** `atId`: the book's number when the batch begins. */
  constructor(atId: number) {
    this.previousId = atId;
    this.lastId = atId;
  }

  get empty(): boolean {
    return this.firstId === 0;
  }

  /** One level changed under the next number. */
  add(side: Side, price: number, size: number, updateId: number): void {
    if (this.firstId === 0) this.firstId = updateId;
    this.lastId = updateId;
    (side === "buy" ? this.bids : this.asks).set(price, size);
  }

  /** What was collected is published. */
  clear(): void {
    this.bids.clear();
    this.asks.clear();
    this.previousId = this.lastId;
    this.firstId = 0;
  }
}
