/**
 * Dead-man switches at the venues that offer them: armed while orders may rest, refreshed well
 * before they fire, so that a silent death of this process cancels its orders.
 * @module
 */
import { type Micros, MICROS_UNKNOWN } from "@/engine/domain/mod.ts";
import type { OrderManager } from "@/engine/orders/mod.ts";
import type { OutputSink } from "@/engine/ports/mod.ts";
import { type EngineState, type InstrumentSlot, isAccountReady } from "./engine_state.ts";

const TIMEOUT_MS = 60_000;
const REFRESH_MICROS = 15_000_000;

/** Arms and refreshes; disarms when nothing rests and nothing is to rest. */
export class DeadManSwitches {
  readonly #state: EngineState;
  readonly #orders: OrderManager;

  constructor(state: EngineState, orders: OrderManager) {
    this.#state = state;
    this.#orders = orders;
  }

  onTimer(mayQuote: boolean, out: OutputSink): void {
    for (const slot of this.#state.instruments) {
      if (slot === undefined || !slot.account.capabilities.deadManSwitch) continue;
      if (!isAccountReady(slot.account)) continue;
      const isNeeded = mayQuote || this.#orders.openOrderCount(slot.index) > 0;
      const isDue = this.#state.now - slot.armedAt >= REFRESH_MICROS;
      if (isNeeded && isDue) this.#arm(slot, TIMEOUT_MS, this.#state.now, out);
      else if (!isNeeded && slot.armedAt > 0) this.#arm(slot, 0, MICROS_UNKNOWN, out);
    }
  }

  #arm(slot: InstrumentSlot, timeoutMs: number, armedAt: Micros, out: OutputSink): void {
    if (!slot.venue.budget.tryTake("arm_dead_man", slot.account.key, this.#state.now)) return;
    slot.armedAt = armedAt;
    out.emit({ kind: "arm_dead_man", instrument: slot.index, timeoutMs });
  }
}
