/**
 * `ManualClock`: time that moves only when a test says so; runs what is scheduled on the way.
 * @module
 */
import { TimerQueue } from "@/engine/collections/mod.ts";
import { type Micros, micros, type Nanos, nanos } from "@/engine/domain/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";

/** 2026-01-01T00:00:00Z. */
export const TEST_START: Micros = micros(1_767_225_600_000_000);

/** Clock and scheduler of a test. */
export class ManualClock implements Clock, Scheduler {
  readonly #startedAt: number;
  readonly #timers = new TimerQueue<() => void>();
  #now: number;

  constructor(startAt: Micros = TEST_START) {
    this.#startedAt = startAt;
    this.#now = startAt;
  }

  /** Calls that are scheduled and have not run. */
  get pendingCount(): number {
    return this.#timers.size;
  }

  now(): Micros {
    return micros(Math.floor(this.#now));
  }

  monotonic(): Nanos {
    return nanos((this.#now - this.#startedAt) * 1_000);
  }

  after(delayMs: number, run: () => void): TimerId {
    return this.#timers.schedule(this.#now + delayMs * 1_000, run);
  }

  cancel(timer: TimerId): void {
    this.#timers.cancel(timer);
  }

  /** Moves time by some milliseconds; scheduled calls run at their instant, in order. */
  advance(milliseconds: number): void {
    const until = this.#now + milliseconds * 1_000;
    while (this.#timers.nextAt <= until) {
      this.#now = Math.max(this.#now, this.#timers.nextAt);
      this.#timers.popDue(this.#now)?.();
    }
    this.#now = until;
  }
}
