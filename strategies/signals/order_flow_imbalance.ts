/**
 * Order flow imbalance: the signed change of size at the touch, faded and made dimensionless.
 *
 *   e = [b >= b'] B - [b <= b'] B' - [a <= a'] A + [a >= a'] A'        prime = before
 *
 * 1. The first touch, and the first after `interrupt()`, only sets the comparison: a resync is no
 *    flow.
 * 2. `present` is false until a change was seen and a mean size is known.
 * Source: Cont, Kukanov and Stoikov, J. Fin. Econometrics 12, 2014; MARKETS.md section 1.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import { DecayedSum, Ewma } from "./ewma.ts";

/** Half-life of the flow: a decay time of one second. */
const FLOW_HALF_LIFE_S = Math.LN2;
/** Half-life of the mean touch size it is divided by: a decay time of a minute. */
const SIZE_HALF_LIFE_S = 60 * Math.LN2;

/** Follows one instrument's touch. */
export class OrderFlowImbalance {
  readonly #flow: DecayedSum;
  readonly #touchSize: Ewma;
  #known = false;
  #changes = 0;
  #bid = 0;
  #bidSize = 0;
  #ask = 0;
  #askSize = 0;

  constructor(flowHalfLifeSeconds = FLOW_HALF_LIFE_S, sizeHalfLifeSeconds = SIZE_HALF_LIFE_S) {
    this.#flow = new DecayedSum(flowHalfLifeSeconds);
    this.#touchSize = new Ewma(sizeHalfLifeSeconds);
  }

  /** Whether `valueAt` means anything. */
  get present(): boolean {
    return this.#changes > 0 && this.#touchSize.ready && this.#touchSize.mean > 0;
  }

  /** Flow in units of the mean touch size; above zero is buying. Means nothing unless `present`. */
  valueAt(at: Micros): number {
    return this.#flow.valueAt(at) / this.#touchSize.mean;
  }

  /** Takes the touch of a usable book. */
  update(bid: number, bidSize: number, ask: number, askSize: number, at: Micros): void {
    if (this.#known) {
      let flow = 0;
      if (bid >= this.#bid) flow += bidSize;
      if (bid <= this.#bid) flow -= this.#bidSize;
      if (ask <= this.#ask) flow -= askSize;
      if (ask >= this.#ask) flow += this.#askSize;
      this.#flow.add(flow, at);
      this.#changes++;
    }
    this.#known = true;
    this.#bid = bid;
    this.#bidSize = bidSize;
    this.#ask = ask;
    this.#askSize = askSize;
    this.#touchSize.update((bidSize + askSize) / 2, at);
  }

  /** The book was lost: the next touch starts a new comparison. */
  interrupt(): void {
    this.#known = false;
  }
}
