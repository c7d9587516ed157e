/**
 * Trades of one frame as columns, so that none is delivered before all are understood and no
 * object is made for any.
 * @module
 */
import {
  type InstrumentIndex,
  instrumentIndex,
  type Micros,
  type Price,
  type Size,
} from "@/engine/domain/mod.ts";
import type { TradeScratch } from "@/exchanges/shared/mod.ts";
import { instantOf } from "./_json.ts";

const COLUMNS = 7;

/** Reused rows of numbers. */
export class TradeColumns {
  count = 0;
  #rows = new Float64Array(64 * COLUMNS);

  /** Appends a trade; its id stands in the frame at `idStart..idEnd`. */
  push(
    instrument: InstrumentIndex,
    price: number,
    size: number,
    time: number,
    isBuy: boolean,
    idStart: number,
    idEnd: number,
  ): void {
    const from = this.count * COLUMNS;
    if (from === this.#rows.length) this.#grow();
    const rows = this.#rows;
    rows[from] = instrument;
    rows[from + 1] = price;
    rows[from + 2] = size;
    rows[from + 3] = time;
    rows[from + 4] = isBuy ? 1 : 0;
    rows[from + 5] = idStart;
    rows[from + 6] = idEnd;
    this.count++;
  }

  /** One trade as an event. */
  fill(index: number, bytes: Uint8Array, at: Micros, trade: TradeScratch): TradeScratch {
    const rows = this.#rows;
    const from = index * COLUMNS;
    trade.begin(instrumentIndex(rows[from]!), at);
    trade.price = rows[from + 1]! as Price;
    trade.size = rows[from + 2]! as Size;
    trade.venueAt = instantOf(rows[from + 3]!);
    trade.aggressor = rows[from + 4] === 1 ? "buy" : "sell";
    trade.setTradeIdSpan(bytes, rows[from + 5]!, rows[from + 6]!);
    return trade;
  }

  #grow(): void {
    const rows = new Float64Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
  }
}
