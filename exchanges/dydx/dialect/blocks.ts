/**
 * `Blocks`: the chain's heartbeat: what was sent since the last block is carried out in the next.
 *
 * 1. Height and time change first, then the queued work runs in its order, then listeners hear.
 * 2. Nothing runs while the chain is stopped.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";

/** What a chain is made of. */
export interface BlocksOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly firstHeight: number;
  readonly blockMs: number;
}

/** Counts blocks. */
export class Blocks {
  readonly #options: BlocksOptions;
  readonly #listeners: (() => void)[] = [];
  #queue: (() => void)[] = [];
  #timer: TimerId | undefined;
  /** Height and time of the last committed block. */
  height: number;
  time: Micros;

  constructor(options: BlocksOptions) {
    this.#options = options;
    this.height = options.firstHeight;
    this.time = options.clock.now();
  }

  start(): void {
    this.time = this.#options.clock.now();
    this.#schedule();
  }

  stop(): void {
    if (this.#timer !== undefined) this.#options.scheduler.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** Hears of every committed block, in order of registration. */
  onBlock(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Runs work in the next block. */
  next(work: () => void): void {
    this.#queue.push(work);
  }

  #schedule(): void {
    const { scheduler, blockMs } = this.#options;
    this.#timer = scheduler.after(blockMs, () => {
      this.#schedule();
      this.#commit();
    });
  }

  #commit(): void {
    this.height++;
    this.time = this.#options.clock.now();
    const queue = this.#queue;
    this.#queue = [];
    for (const work of queue) work();
    for (const listener of this.#listeners) listener();
  }
}
