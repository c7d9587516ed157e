/**
 * Orders that wait for a price. A stop fires once, when the watched price reaches its trigger.
 * @module
 */
import type { SimInstrument } from "./sim_instrument.ts";
import type { SimOrder } from "./sim_types.ts";

/** Waiting and fired stops. */
export class SimStops {
  readonly #waiting = new Map<SimInstrument, Set<SimOrder>>();
  readonly #fired: SimOrder[] = [];

  add(stop: SimOrder): void {
    const waiting = this.#waiting.get(stop.instrument);
    if (waiting === undefined) this.#waiting.set(stop.instrument, new Set([stop]));
    else waiting.add(stop);
  }

  /** True when it was waiting here, or had fired and was not yet taken. */
  remove(stop: SimOrder): boolean {
    const at = this.#fired.indexOf(stop);
    if (at >= 0) this.#fired.splice(at, 1);
    return (this.#waiting.get(stop.instrument)?.delete(stop) ?? false) || at >= 0;
  }

  /** A watched price moved; true when at least one stop fired. */
  watch(instrument: SimInstrument, which: "last" | "mark", price: number): boolean {
    const waiting = this.#waiting.get(instrument);
    if (waiting === undefined || waiting.size === 0) return false;
    let fired = false;
    for (const stop of waiting) {
      if (stop.triggerOn !== which) continue;
      const reached = stop.triggerWhen === "rises"
        ? price >= stop.triggerPrice
        : price <= stop.triggerPrice;
      if (!reached) continue;
      waiting.delete(stop);
      this.#fired.push(stop);
      fired = true;
    }
    return fired;
  }

  /** The oldest stop that fired, once. */
  takeFired(): SimOrder | undefined {
    return this.#fired.shift();
  }
}
