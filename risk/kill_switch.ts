/**
 * Kill switch: latched. It trips on a breach or by an operator and is released only by an operator.
 *
 * 1. The first reason stays until the release: it is the one to look at.
 * 2. A release while the cause stands is refused by the gate, which knows the causes.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";

/** The latch. */
export class KillSwitch {
  #reason = "";
  #trippedAt = 0;

  get isTripped(): boolean {
    return this.#reason !== "";
  }

  /** Why it tripped first; empty while it has not. */
  get reason(): string {
    return this.#reason;
  }

  /** When it tripped; 0 while it has not. */
  get trippedAt(): number {
    return this.#trippedAt;
  }

  /** Latches; later reasons change nothing. */
  trip(reason: string, at: Micros): void {
    if (this.isTripped) return;
    this.#reason = reason === "" ? "no reason given" : reason;
    this.#trippedAt = at;
  }

  /** Opens the latch again. */
  release(): void {
    this.#reason = "";
    this.#trippedAt = 0;
  }
}
