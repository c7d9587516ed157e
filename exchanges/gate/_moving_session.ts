/**
 * A kept WebSocket that can move to a new connection when the venue announces that it will close
 * the old one: the new one is up before the old one goes.
 *
 *   one socket --renew--> two, the second connecting --up--> two deliver --overlap over--> one
 * @module
 */
import type { Scheduler, TimerId } from "@/engine/ports/mod.ts";
import type { SessionHandler, WebSocketConnection } from "@/exchanges/shared/mod.ts";

/** A kept WebSocket, as far as this room needs one. */
export interface Session {
  readonly up: boolean;
  start(): void;
  stop(): void;
  /** Drops what is open and connects anew. */
  restart(reason: string): void;
  send(text: string): boolean;
}

/** A session that can also move. */
export interface MovableSession extends Session {
  /** Opens a second connection and moves there; a second call meanwhile does nothing. */
  renew(): void;
}

/** The session of one connection at a time, and of two while it moves. */
export class MovingSession implements MovableSession {
  readonly #make: (handler: SessionHandler) => Session;
  readonly #handler: SessionHandler;
  readonly #scheduler: Scheduler;
  readonly #overlapMs: number;
  #active: Session;
  #next: Session | undefined = undefined;
  #old: Session | undefined = undefined;
  #timer: TimerId | undefined = undefined;
  #isRunning = false;

  constructor(
    make: (handler: SessionHandler) => Session,
    handler: SessionHandler,
    scheduler: Scheduler,
    overlapMs: number,
  ) {
    this.#make = make;
    this.#handler = handler;
    this.#scheduler = scheduler;
    this.#overlapMs = overlapMs;
    this.#active = this.#open();
  }

  get up(): boolean {
    return this.#active.up;
  }

  start(): void {
    this.#isRunning = true;
    this.#active.start();
  }

  stop(): void {
    this.#isRunning = false;
    if (this.#timer !== undefined) this.#scheduler.cancel(this.#timer);
    this.#timer = undefined;
    for (const one of [this.#active, this.#next, this.#old]) one?.stop();
    this.#next = undefined;
    this.#old = undefined;
  }

  restart(reason: string): void {
    this.#active.restart(reason);
  }

  send(text: string): boolean {
    return this.#active.send(text);
  }

  renew(): void {
    if (!this.#isRunning || this.#next !== undefined || this.#old !== undefined) return;
    const next = this.#open();
    this.#next = next;
    next.start();
  }

  #open(): Session {
    const session: Session = this.#make({
      onUp: (connection, rotated) => this.#onUp(session, connection, rotated),
      onText: (bytes, start, end, at, connection) =>
        this.#handler.onText(bytes, start, end, at, connection),
      onDown: (reason) => this.#onDown(session, reason),
    });
    return session;
  }

  #onUp(session: Session, connection: WebSocketConnection, rotated: boolean): void {
    if (session !== this.#next) return this.#handler.onUp(connection, rotated);
    const old = this.#active;
    const wasUp = old.up;
    this.#next = undefined;
    this.#active = session;
    this.#old = old;
    this.#timer = this.#scheduler.after(this.#overlapMs, () => {
      this.#timer = undefined;
      this.#old?.stop();
      this.#old = undefined;
    });
    this.#handler.onUp(connection, wasUp);
  }

  #onDown(session: Session, reason: string): void {
    if (session === this.#active) return this.#handler.onDown(reason);
    if (session !== this.#old) return;
    // The one we moved away from is gone, as announced; it must not come back.
    session.stop();
    this.#old = undefined;
  }
}
