/**
 * The real clock and the real timers.
 *
 * 1. `now()` never goes back: it advances with the monotonic clock and is led to the system's wall
 *    clock in small steps; a wall clock that was set back makes it stand still for moments, not
 * return.
 * 2. A timer is never early. An exception inside one reaches the process's last-resort handler.
 * @module
 */
import { type Micros, micros, type Nanos, nanos } from "@/engine/domain/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";

const RECHECK_MS = 100;
/** `Date.now()` is cut to whole milliseconds, so up to this much is no difference. */
const WALL_GRAIN_MICROS = 1_000;
const STEP_BACK_MICROS_MAX = 50_000;
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** Where real time comes from; replaced only in tests of the clock itself. */
export interface TimeSources {
  wallMillis(): number;
  monotonicMillis(): number;
}

const SYSTEM: TimeSources = {
  wallMillis: () => Date.now(),
  monotonicMillis: () => performance.now(),
};

/** Real time. */
export class LiveClock implements Clock, Scheduler {
  readonly #sources: TimeSources;
  readonly #startedMs: number;
  /** Wall microseconds at monotonic zero. */
  #anchor: number;
  #checkedMs: number;
  #last = 0;
  /** Our numbers to the system's handles, which are no numbers in every version. */
  readonly #timers = new Map<TimerId, ReturnType<typeof setTimeout>>();
  #nextTimer = 1;

  constructor(sources: TimeSources = SYSTEM) {
    this.#sources = sources;
    this.#startedMs = sources.monotonicMillis();
    this.#checkedMs = this.#startedMs;
    this.#anchor = sources.wallMillis() * 1_000 - this.#startedMs * 1_000;
  }

  now(): Micros {
    const monotonic = this.#sources.monotonicMillis();
    if (monotonic - this.#checkedMs >= RECHECK_MS) this.#followWallClock(monotonic);
    const now = Math.floor(this.#anchor + monotonic * 1_000);
    if (now > this.#last) this.#last = now;
    return micros(this.#last);
  }

  monotonic(): Nanos {
    return nanos(Math.round((this.#sources.monotonicMillis() - this.#startedMs) * 1e6));
  }

  after(delayMs: number, run: () => void): TimerId {
    const id = this.#nextTimer++;
    this.#arm(id, Math.max(0, Math.ceil(delayMs)), run);
    return id;
  }

  cancel(timer: TimerId): void {
    const handle = this.#timers.get(timer);
    if (handle === undefined) return;
    clearTimeout(handle);
    this.#timers.delete(timer);
  }

  /** Delays beyond what the system takes are waited for in several parts. */
  #arm(id: TimerId, delay: number, run: () => void): void {
    const part = Math.min(delay, TIMEOUT_MS_MAX);
    const handle = setTimeout(() => {
      if (part < delay) return this.#arm(id, delay - part, run);
      this.#timers.delete(id);
      run();
    }, part);
    this.#timers.set(id, handle);
  }

  #followWallClock(monotonic: number): void {
    this.#checkedMs = monotonic;
    const wall = this.#sources.wallMillis() * 1_000;
    const ahead = this.#anchor + monotonic * 1_000 - wall;
    if (ahead < 0) this.#anchor -= ahead;
    else if (ahead > WALL_GRAIN_MICROS) {
      this.#anchor -= Math.min(ahead - WALL_GRAIN_MICROS, STEP_BACK_MICROS_MAX);
    }
  }
}
