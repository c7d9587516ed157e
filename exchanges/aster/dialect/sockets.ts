/**
 * What all sockets of this venue share: pings, pongs in time, speed limit, end after a day.
 * @module
 */
import type { Scheduler, TimerId } from "@/engine/ports/mod.ts";
import type { Clock } from "@/engine/ports/mod.ts";
import type { ServerSocket } from "@/exchanges/simulator/mod.ts";

/** How a product's sockets are kept alive. */
export interface SocketRules {
  readonly pingEveryMs: number;
  readonly pongWithinMs: number;
  readonly messagesPerSecondMax: number;
  readonly streamsMax: number;
  readonly lifeMs: number;
}

/** Spot: server pings every 3 min. */
export const SPOT_RULES: SocketRules = {
  pingEveryMs: 180_000,
  pongWithinMs: 600_000,
  messagesPerSecondMax: 5,
  streamsMax: 1_024,
  lifeMs: 24 * 3_600_000,
};

/** Perpetuals: server pings every 5 min. */
export const PERP_RULES: SocketRules = {
  pingEveryMs: 300_000,
  pongWithinMs: 900_000,
  messagesPerSecondMax: 10,
  streamsMax: 200,
  lifeMs: 24 * 3_600_000,
};

/** Keeps one socket alive, and ends it. */
export class SocketKeeper {
  readonly #socket: ServerSocket;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #rules: SocketRules;
  readonly #timers = new Set<TimerId>();
  #pongAt: number;
  #second = 0;
  #messages = 0;
  #closed = false;

  constructor(
    socket: ServerSocket,
    clock: Clock,
    scheduler: Scheduler,
    rules: SocketRules,
  ) {
    this.#socket = socket;
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#rules = rules;
    this.#pongAt = clock.now();
    this.#pingLater();
    this.#later(rules.lifeMs, () => socket.close(1000, "Connection lifetime reached"));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Counts an incoming message; false when it was one too many and the socket is closed. */
  allow(): boolean {
    const second = Math.floor(this.#clock.now() / 1e6);
    if (second !== this.#second) {
      this.#second = second;
      this.#messages = 0;
    }
    this.#messages++;
    if (this.#messages <= this.#rules.messagesPerSecondMax) return true;
    if (!this.#closed) this.#socket.close(1008, "Too many requests");
    return false;
  }

  pong(): void {
    this.#pongAt = this.#clock.now();
  }

  /** Forgets all timers; nothing is sent any more. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) this.#scheduler.cancel(timer);
    this.#timers.clear();
  }

  #pingLater(): void {
    this.#later(this.#rules.pingEveryMs, () => {
      const now = this.#clock.now();
      if (now - this.#pongAt > this.#rules.pongWithinMs * 1_000) {
        this.#socket.close(1008, "Pong timeout");
        return;
      }
      this.#socket.ping(String(Math.floor(now / 1_000)));
      this.#pingLater();
    });
  }

  #later(ms: number, run: () => void): void {
    const timer = this.#scheduler.after(ms, () => {
      this.#timers.delete(timer);
      if (!this.#closed) run();
    });
    this.#timers.add(timer);
  }
}
