/**
 * Flattening: after every order is cancelled, positions are closed by reduce-only immediate orders
 * inside the collar, again and again until flat.
 * @module
 */
import {
  type Micros,
  MICROS_UNKNOWN,
  type Price,
  signOf,
  size,
  strategyId,
} from "@/engine/domain/mod.ts";
import type { ClientOrderIds, OrderManager } from "@/engine/orders/mod.ts";
import type { OutputSink } from "@/engine/ports/mod.ts";
import type { PositionKeeper } from "@/engine/portfolio/mod.ts";
import { type EngineState, type InstrumentSlot, isAccountReady } from "./engine_state.ts";
import { takeOrder } from "./quoting.ts";
import type { RequestGate } from "./request_gate.ts";

/** The strategy name that flattening orders carry. */
export const FLATTEN = strategyId("flatten");

const TRY_EVERY_MICROS = 500_000;
/** How far through the touch a closing order may go: 20 bp. */
const THROUGH_TOUCH = 0.002;

/** What flattening works with. */
export interface FlatteningParts {
  readonly state: EngineState;
  readonly orders: OrderManager;
  readonly positions: PositionKeeper;
  readonly gate: RequestGate;
  readonly ids: () => ClientOrderIds;
}

/** Closes positions on command. */
export class Flattening {
  readonly #parts: FlatteningParts;
  #isWanted = false;
  #triedAt: Micros = MICROS_UNKNOWN;

  constructor(parts: FlatteningParts) {
    this.#parts = parts;
  }

  /** Whether positions are being closed. */
  get isActive(): boolean {
    return this.#isWanted;
  }

  start(): void {
    this.#isWanted = true;
    this.#triedAt = MICROS_UNKNOWN;
  }

  stop(): void {
    this.#isWanted = false;
  }

  /** Tries again where something is left; ends when all is flat. */
  onTimer(out: OutputSink): void {
    const { state } = this.#parts;
    if (!this.#isWanted || state.now - this.#triedAt < TRY_EVERY_MICROS) return;
    this.#triedAt = state.now;
    let open = 0;
    for (const slot of state.instruments) {
      if (slot === undefined || slot.instrument.terms.product === "spot") continue;
      if (this.#closable(slot) === 0) continue;
      open++;
      this.#close(slot, out);
    }
    if (open > 0) return;
    this.#isWanted = false;
    out.emit({ kind: "alert", severity: "info", code: "flat", text: "All positions are closed" });
  }

  /** Lots that one order can close: a rest below the order lot (it was finer once) cannot be. */
  #closable(slot: InstrumentSlot): number {
    const { maxSize, orderLot } = slot.instrument;
    const lots = Math.min(Math.abs(this.#parts.positions.size(slot.index)), maxSize);
    return lots - lots % orderLot;
  }

  #close(slot: InstrumentSlot, out: OutputSink): void {
    const { orders, positions, gate, ids } = this.#parts;
    if (orders.openOrderCount(slot.index) > 0) return;
    if (!slot.feed.isUsable || !isAccountReady(slot.account)) return;
    const position = positions.size(slot.index);
    const side = position > 0 ? "sell" : "buy";
    const touch = side === "sell" ? slot.book.bestBid : slot.book.bestAsk;
    const limit = touch * (1 + signOf(side) * THROUGH_TOUCH);
    // Rounded towards the touch: a sell up, a buy down.
    const price = slot.instrument.roundToOrderPrice(side, limit) as Price;
    const lots = size(this.#closable(slot));
    const take = { instrument: slot.index, side, price, size: lots, reduceOnly: true } as const;
    gate.send(takeOrder(slot, FLATTEN, take, ids()), slot, out);
  }
}
