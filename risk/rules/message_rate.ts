/**
 * Requests a second: a brake on our own runaway loops, beside the venues' published limits.
 *
 * Cancels are not reviewed and never count here.
 * @module
 */
import { assert, type Micros } from "@/engine/domain/mod.ts";
import { REQUESTS_PER_SECOND_MAX } from "./risk_limits.ts";
import { refused, type RiskRule } from "./rule.ts";

const TOO_MANY = refused("requests_per_second_max", "Too many requests within the last second");

export const messageRate: RiskRule = {
  name: "message_rate",
  check(order, _view, limits) {
    return order.requestsLastSecond < limits.requestsPerSecondMax ? undefined : TOO_MANY;
  },
};

/** Stamps of the requests of the last second; the gate records what it approves. */
export class RequestWindow {
  readonly #stamps = new Float64Array(REQUESTS_PER_SECOND_MAX);
  #oldest = 0;
  #count = 0;

  /** Requests later than one second before `now`. */
  countAt(now: Micros): number {
    while (this.#count > 0 && this.#stamps[this.#oldest]! <= now - 1_000_000) {
      this.#oldest = (this.#oldest + 1) % REQUESTS_PER_SECOND_MAX;
      this.#count--;
    }
    return this.#count;
  }

  /** Remembers a request. */
  record(now: Micros): void {
    assert(this.#count < REQUESTS_PER_SECOND_MAX, "More requests approved than the rule allows");
    this.#stamps[(this.#oldest + this.#count) % REQUESTS_PER_SECOND_MAX] = now;
    this.#count++;
  }
}
