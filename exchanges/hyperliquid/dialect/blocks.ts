/**
 * `Blocks`: the venue's heartbeat: what arrives waits for the next block, what happened is told
 * with it.
 *
 *   action -> queue -> block: post-only and others, cancels, takers -> tell
 *
 * 1. Within a block, actions without GTC or IOC orders go first, then cancels, then the rest; each
 *    group in the order of arrival.
 * 2. Blocks are at multiples of the block time; those in which nothing happens are left out.
 * Source: protocol sheet sections 1 and 4.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";

/** When an action is carried out within its block. */
export type Rank = 0 | 1 | 2;

/** Collects actions and carries them out block by block. */
export class Blocks {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #blockMs: number;
  readonly #tellers: ((blockMs: number) => void)[] = [];
  #waiting: { rank: Rank; run: () => void }[] = [];
  #timer: TimerId | undefined;
  #running = false;

  constructor(clock: Clock, scheduler: Scheduler, blockMs: number) {
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#blockMs = blockMs;
  }

  /** Time of the newest block in whole milliseconds, as everything on the wire says it. */
  get timeMs(): number {
    const nowMs = Math.floor(this.#clock.now() / 1_000);
    return nowMs - nowMs % this.#blockMs;
  }

  /** Time of the block that tells of what happened at an instant. */
  timeOf(at: Micros): number {
    return Math.ceil(at / 1_000 / this.#blockMs) * this.#blockMs;
  }

  /** Number of the newest block. */
  get height(): number {
    return Math.floor(this.timeMs / this.#blockMs);
  }

  /** Says what happened, at the end of each block. */
  addTeller(tell: (blockMs: number) => void): void {
    this.#tellers.push(tell);
  }

  /** Carries out `run` in the next block. */
  enqueue(rank: Rank, run: () => void): void {
    this.#waiting.push({ rank, run });
    this.#wake();
  }

  /** There is something to tell with the next block. */
  touch(): void {
    if (!this.#running) this.#wake();
  }

  #wake(): void {
    if (this.#timer !== undefined) return;
    const passed = (this.#clock.now() / 1_000) % this.#blockMs;
    this.#timer = this.#scheduler.after(this.#blockMs - passed, () => {
      this.#timer = undefined;
      this.#run();
    });
  }

  #run(): void {
    const actions = this.#waiting;
    this.#waiting = [];
    this.#running = true;
    for (const rank of [0, 1, 2]) {
      for (const action of actions) if (action.rank === rank) action.run();
    }
    for (const tell of this.#tellers) tell(this.timeMs);
    this.#running = false;
  }
}
