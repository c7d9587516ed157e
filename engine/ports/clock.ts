/**
 * Time and chance as arguments: live, recorded and virtual look the same to whoever uses them.
 * @module
 */
import type { Micros, Nanos } from "@/engine/domain/mod.ts";

/** Reads time. */
export interface Clock {
  /** UTC wall clock; never goes back within one run. */
  now(): Micros;
  /** Monotonic, since start. */
  monotonic(): Nanos;
}

/** Handle of a scheduled call. */
export type TimerId = number;

/** Runs something later. Virtual time runs the same calls without waiting. */
export interface Scheduler {
  /** Runs `run` once, `delayMs` (>= 0, may be fractional) from now. */
  after(delayMs: number, run: () => void): TimerId;
  /** Forgets a scheduled call; harmless when it already ran. */
  cancel(timer: TimerId): void;
}

/** Chance, from a seed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}
