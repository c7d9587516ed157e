/**
 * Trades of one frame as cells of numbers, so that none is delivered before all are read and no
 * object is made for any.
 * @module
 */
import type { InstrumentIndex, Micros, Price, Size } from "@/engine/domain/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { TradeScratch } from "@/exchanges/shared/mod.ts";

/** Cells of one trade: price, size, is a buy, id from, id to, time. */
const CELLS = 6;

/** Reused rows of numbers. */
export class TradeCells {
  readonly scratch = new TradeScratch();
  #cells = new Float64Array(16 * CELLS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Keeps a trade; its id stands in `idStart..idEnd` of the frame. */
  push(
    price: number,
    size: number,
    isBuy: boolean,
    idStart: number,
    idEnd: number,
    createdAt: number,
  ): void {
    const at = this.#count * CELLS;
    if (at === this.#cells.length) {
      const grown = new Float64Array(this.#cells.length * 2);
      grown.set(this.#cells);
      this.#cells = grown;
    }
    const cells = this.#cells;
    cells[at] = price;
    cells[at + 1] = size;
    cells[at + 2] = isBuy ? 1 : 0;
    cells[at + 3] = idStart;
    cells[at + 4] = idEnd;
    cells[at + 5] = createdAt;
    this.#count++;
  }

  /** Hands on what was kept; `bytes` are those of the frame. */
  deliver(
    instrument: InstrumentIndex,
    bytes: Uint8Array,
    at: Micros,
    receiver: EventReceiver,
  ): void {
    const cells = this.#cells;
    for (let cell = 0; cell < this.#count * CELLS; cell += CELLS) {
      const trade = this.scratch.begin(instrument, at);
      trade.price = cells[cell] as Price;
      trade.size = cells[cell + 1] as Size;
      trade.aggressor = cells[cell + 2] === 1 ? "buy" : "sell";
      trade.setTradeIdSpan(bytes, cells[cell + 3]!, cells[cell + 4]!);
      trade.venueAt = cells[cell + 5] as Micros;
      receiver.deliver(trade);
    }
  }
}
