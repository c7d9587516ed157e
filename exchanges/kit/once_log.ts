/**
 * `OnceLog`: a kind of trouble is told the first time, then only counted, so that a venue that
 * repeats itself a thousand times a second cannot fill the log.
 * @module
 */
import type { Log } from "@/engine/ports/mod.ts";

/** Kinds that are counted; callers name them by constant texts and codes, which are few. */
const KINDS_MAX = 256;

/** Logs a kind of trouble once, then only counts it. */
export class OnceLog {
  readonly #log: Log;
  readonly #counts = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Told when the kind is new; a kind beyond the limit is not counted, so told each time. */
  warn(kind: string, fields: Readonly<Record<string, string | number | boolean>> = {}): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    if (this.#counts.size < KINDS_MAX || count > 1) this.#counts.set(kind, count);
    if (count === 1) this.#log.log("warn", kind, fields);
  }

  /** How often this kind came. */
  count(kind: string): number {
    return this.#counts.get(kind) ?? 0;
  }
}
