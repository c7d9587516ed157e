/**
 * The touch as the others make it: own orders subtracted, so that we never predict ourselves.
 *
 * 1. A level that is only ours does not exist; the next one counts, up to eight deep.
 * 2. An order that is still in flight is not in the book yet and is not subtracted.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";
import type { InstrumentIndex } from "@/engine/domain/mod.ts";
import type { BookView, MarketView, OrderView } from "@/engine/ports/mod.ts";

const DEPTH = 8;

/** A reusable reading; its owner reads before the next `read`. */
export class OutsideTouch {
  bid = 0;
  bidSize = 0;
  ask = 0;
  askSize = 0;
  readonly #prices = new Float64Array(DEPTH);
  readonly #sizes = new Float64Array(DEPTH);
  #count = 0;
  #side: Side = "buy";
  readonly #subtract = (order: OrderView): void => {
    if (order.side !== this.#side || order.price === undefined || isInFlight(order)) return;
    for (let level = 0; level < this.#count; level++) {
      if (this.#prices[level] !== order.price) continue;
      this.#sizes[level]! -= order.size - order.filledSize;
      return;
    }
  };

  /** Reads the touch of others; false when a side is empty without us. */
  read(index: InstrumentIndex, book: BookView, view: MarketView): boolean {
    this.bid = book.bidPrice;
    this.bidSize = book.bidSize;
    this.ask = book.askPrice;
    this.askSize = book.askSize;
    // Only an own order at the touch or beyond it can distort the touch.
    const ownBid = view.ownBest(index, "buy");
    if (ownBid > 0 && ownBid >= this.bid) {
      const level = this.#firstOfOthers(index, "buy", book, view);
      this.bid = level < 0 ? 0 : this.#prices[level]!;
      this.bidSize = level < 0 ? 0 : this.#sizes[level]!;
    }
    const ownAsk = view.ownBest(index, "sell");
    if (ownAsk > 0 && ownAsk <= this.ask) {
      const level = this.#firstOfOthers(index, "sell", book, view);
      this.ask = level < 0 ? 0 : this.#prices[level]!;
      this.askSize = level < 0 ? 0 : this.#sizes[level]!;
    }
    return this.bidSize > 0 && this.askSize > 0;
  }

  #firstOfOthers(index: InstrumentIndex, side: Side, book: BookView, view: MarketView): number {
    this.#side = side;
    this.#count = book.readLevels(side, DEPTH, this.#prices, this.#sizes);
    view.forEachOrder(index, this.#subtract);
    for (let level = 0; level < this.#count; level++) {
      if (this.#sizes[level]! > 0) return level;
    }
    return -1;
  }
}

/** Whether the venue has not confirmed the order, so that the book cannot hold it yet. */
function isInFlight(order: OrderView): boolean {
  return order.state === "in_flight" || order.state === "pending_new";
}
