/**
 * Keeps one WebSocket alive: connect, heartbeat, reconnect with back-off, rotate before the venue
 * cuts it.
 *
 *   stopped -> connecting -> up -> waiting -> connecting ...
 *                             |
 *                             +-> up, a second one connecting -> up on the second, the first drains
 *
 * 1. `onUp` and `onDown` alternate, except that a rotation calls `onUp` without `onDown` before it.
 * 2. During a rotation both connections deliver, so nothing is missed between them.
 * 3. A connection that is silent for `idleTimeoutMs` is dropped as if the peer had closed it.
 * 4. The back-off starts anew only after a connection was up for `STABLE_AFTER_MS`.
 * 5. After `stop` nothing is called back.
 * @module
 */
import { type Micros, MICROS_UNKNOWN, type Result } from "@/engine/domain/mod.ts";
import type { Clock, Random, Scheduler, TimerId } from "@/engine/ports/mod.ts";
import { BACKOFF_DEFAULT, type BackoffLimits, ReconnectBackoff } from "./reconnect_backoff.ts";
import type { Transport } from "./transport.ts";
import {
  openWebSocket,
  type WebSocketConnection,
  type WebSocketHandler,
  type WebSocketLimits,
} from "./websocket_client.ts";

/** Who uses a session. */
export interface SessionHandler {
  /** A connection is open: subscribe or log on over `connection`. Called again after each
   * reconnect,
   * and with `rotated` true when it takes over from one that still delivers for a while. */
  onUp(connection: WebSocketConnection, rotated: boolean): void;
  /** A text message; during a rotation of either connection (`connection` says which). */
  onText(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    connection: WebSocketConnection,
  ): void;
  /** The connection is gone and none took over. Not called after `stop`. */
  onDown(reason: string): void;
  /** A connection that was replaced delivers no more. */
  onEnd?(connection: WebSocketConnection): void;
  /** An attempt to connect failed; the next one follows by itself. For logs. */
  onAttemptFailed?(reason: string): void;
}

/** How to notice that a peer is gone. */
export interface Heartbeat {
  /** Sends a ping (or `pingText`) this often. */
  readonly pingIntervalMs?: number;
  /** Sends this text instead of a ping frame. */
  readonly pingText?: string | (() => string);
  /** Nothing heard (text, ping or pong) for this long: reconnect. */
  readonly idleTimeoutMs?: number;
}

/** What a session is built with. */
export interface WebSocketSessionOptions {
  /** For reasons and logs. */
  readonly name: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Asked before each attempt, because some addresses hold a key; `done` is called once. See
   * `fixedUrl`. */
  readonly urlFor: (done: (url: Result<string>) => void) => void;
  readonly headers?: Readonly<Record<string, string>>;
  readonly heartbeat?: Heartbeat;
  readonly backoff?: BackoffLimits;
  /** Opens a new connection this long after the last one opened, then closes the old one. */
  readonly rotateAfterMs?: number;
  /** The same for the first connection only, so that two sessions of one stream take turns. */
  readonly rotateFirstAfterMs?: number;
  /** Asked before a rotation that is due; one that may not begin is asked for again a minute
   * later. */
  readonly mayRotate?: () => boolean;
  /** How long the old connection still delivers after the new one opened; default 3,000. */
  readonly rotateOverlapMs?: number;
  readonly limits?: Partial<WebSocketLimits>;
  readonly handler: SessionHandler;
}

const STABLE_AFTER_MS = 10_000;
const ROTATE_OVERLAP_MS = 3_000;
const ROTATE_POSTPONED_MS = 60_000;
/** How long to wait for an address before the attempt counts as failed. */
const URL_TIMEOUT_MS = 30_000;

/** An address that never changes, for `urlFor`. */
export function fixedUrl(url: string): (done: (url: Result<string>) => void) => void {
  return (done) => done({ ok: true, value: url });
}

/** One WebSocket, kept alive. */
export class WebSocketSession {
  /** How often a lost connection was opened again; rotations do not count. */
  reconnects = 0;
  readonly name: string;
  readonly #options: WebSocketSessionOptions;
  readonly #backoff: ReconnectBackoff;
  #running = false;
  #wasUp = false;
  /** The connection that `send` uses. */
  #active: Member | undefined = undefined;
  /** The one that is being opened. */
  #next: Attempt | undefined = undefined;
  /** Replaced, still delivering. */
  #draining: Member | undefined = undefined;
  #timer: TimerId | undefined = undefined;

  constructor(options: WebSocketSessionOptions) {
    this.#options = options;
    this.name = options.name;
    this.#backoff = new ReconnectBackoff(options.random, options.backoff ?? BACKOFF_DEFAULT);
  }

  /** Whether a connection is open now. */
  get up(): boolean {
    return this.#active !== undefined;
  }

  /** The newest open connection. */
  get connection(): WebSocketConnection | undefined {
    return this.#active?.connection;
  }

  /** Starts to connect; harmless when it runs already. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#connect();
  }

  /** Closes everything; nothing is called back afterwards. */
  stop(): void {
    this.#running = false;
    this.#cancelTimer();
    this.#abandonAttempt("stopped");
    for (const member of [this.#active, this.#draining]) member?.end(1_000, "stopped");
    this.#active = undefined;
    this.#draining = undefined;
  }

  /** Drops what is open and connects anew: at once, or after the back-off when it was not up
   * long. */
  restart(reason: string): void {
    if (!this.#running) return;
    if (this.#active !== undefined) return this.#lost(this.#active, reason);
    this.#abandonAttempt(reason);
    this.#retryLater();
  }

  /** Rotates now: opens another connection, which takes over once it is open. */
  renew(): void {
    if (this.#active === undefined || this.#next !== undefined) return;
    this.#connect();
  }

  /** Sends on the newest open connection; false when there is none or its bound is reached. */
  send(text: string | Uint8Array): boolean {
    return this.#active !== undefined && this.#active.connection.sendText(text);
  }

  #connect(): void {
    this.#abandonAttempt("another attempt starts");
    const attempt: Attempt = { connection: undefined, over: false };
    this.#next = attempt;
    this.#setTimer(URL_TIMEOUT_MS, () => this.#attemptFailed(attempt, "no address was given"));
    this.#options.urlFor((url) => {
      if (attempt.over || attempt.connection !== undefined) return;
      this.#cancelTimer();
      if (url.ok) this.#open(attempt, url.value);
      else this.#attemptFailed(attempt, url.error);
    });
  }

  #open(attempt: Attempt, url: string): void {
    const { transport, clock, scheduler, random, headers, limits } = this.#options;
    const member = new Member(this.#options, (reason) => this.#lost(member, reason));
    const handler: WebSocketHandler = {
      onOpen: () => this.#onOpen(attempt, member),
      onText: (bytes, start, end, at) => {
        member.heardAt = at;
        if (member.over) return;
        this.#options.handler.onText(bytes, start, end, at, member.connection);
      },
      onPing: (at) => {
        member.heardAt = at;
      },
      onPong: (_bytes, _start, _end, at) => {
        member.heardAt = at;
      },
      onClose: (code, reason) => {
        const text = `closed with ${code}${reason === "" ? "" : `: ${reason}`}`;
        if (this.#next === attempt) this.#attemptFailed(attempt, text);
        else this.#lost(member, text);
      },
    };
    const connection = openWebSocket({
      transport,
      clock,
      scheduler,
      random,
      url,
      handler,
      ...(headers === undefined ? {} : { headers }),
      ...(limits === undefined ? {} : { limits }),
    });
    attempt.connection = connection;
    member.attach(connection);
  }

  #onOpen(attempt: Attempt, member: Member): void {
    if (attempt.over) return;
    this.#next = undefined;
    const rotated = this.#active !== undefined;
    if (this.#wasUp && !rotated) this.reconnects++;
    if (this.#active !== undefined) {
      this.#endDraining("rotated");
      const old = this.#active;
      this.#draining = old;
      old.retire(this.#options.rotateOverlapMs ?? ROTATE_OVERLAP_MS);
    }
    this.#active = member;
    member.begin();
    const { rotateAfterMs, rotateFirstAfterMs } = this.#options;
    const lifeMs = this.#wasUp ? rotateAfterMs : rotateFirstAfterMs ?? rotateAfterMs;
    this.#wasUp = true;
    if (lifeMs !== undefined) this.#rotateLater(lifeMs);
    this.#options.handler.onUp(member.connection, rotated);
  }

  #attemptFailed(attempt: Attempt, reason: string): void {
    if (attempt.over) return;
    this.#abandonAttempt(reason);
    this.#retryLater();
    this.#options.handler.onAttemptFailed?.(`${this.name}: ${reason}`);
  }

  /** A connection that was open is gone, or has to go. */
  #lost(member: Member, reason: string): void {
    if (member.over) return;
    member.end(1_000, reason);
    if (member === this.#draining) return this.#endDraining(reason);
    if (member !== this.#active) return;
    this.#active = undefined;
    // A replaced connection cannot take over: its subscriptions are not known to be whole.
    this.#endDraining(reason);
    if (member.upForMs() >= STABLE_AFTER_MS) this.#backoff.reset();
    // A rotation that was under way is now the attempt to reconnect.
    if (this.#next === undefined) this.#retryLater();
    this.#options.handler.onDown(`${this.name}: ${reason}`);
  }

  #endDraining(reason: string): void {
    const member = this.#draining;
    this.#draining = undefined;
    if (member === undefined) return;
    member.end(1_000, reason);
    this.#options.handler.onEnd?.(member.connection);
  }

  #rotateLater(delayMs: number): void {
    this.#setTimer(delayMs, () => {
      if (this.#options.mayRotate?.() === false) this.#rotateLater(ROTATE_POSTPONED_MS);
      else this.#connect();
    });
  }

  #retryLater(): void {
    if (!this.#running) return;
    this.#setTimer(this.#backoff.nextMs(), () => this.#connect());
  }

  #abandonAttempt(reason: string): void {
    const attempt = this.#next;
    this.#next = undefined;
    this.#cancelTimer();
    if (attempt === undefined) return;
    attempt.over = true;
    attempt.connection?.close(1_000, reason);
  }

  #setTimer(delayMs: number, run: () => void): void {
    this.#cancelTimer();
    this.#timer = this.#options.scheduler.after(delayMs, () => {
      this.#timer = undefined;
      run();
    });
  }

  #cancelTimer(): void {
    if (this.#timer !== undefined) this.#options.scheduler.cancel(this.#timer);
    this.#timer = undefined;
  }
}

interface Attempt {
  connection: WebSocketConnection | undefined;
  over: boolean;
}

/** One open connection of a session with its heartbeat. */
class Member {
  over = false;
  heardAt: Micros = MICROS_UNKNOWN;
  readonly #options: WebSocketSessionOptions;
  readonly #onSilent: (reason: string) => void;
  #connection: WebSocketConnection | undefined = undefined;
  #openedAt: Micros = MICROS_UNKNOWN;
  #idleTimer: TimerId | undefined = undefined;
  #pingTimer: TimerId | undefined = undefined;
  #retireTimer: TimerId | undefined = undefined;

  constructor(options: WebSocketSessionOptions, onSilent: (reason: string) => void) {
    this.#options = options;
    this.#onSilent = onSilent;
  }

  get connection(): WebSocketConnection {
    return this.#connection!;
  }

  attach(connection: WebSocketConnection): void {
    this.#connection = connection;
  }

  begin(): void {
    this.#openedAt = this.#options.clock.now();
    this.heardAt = this.#openedAt;
    const { idleTimeoutMs, pingIntervalMs } = this.#options.heartbeat ?? {};
    if (idleTimeoutMs !== undefined) this.#watch(idleTimeoutMs, idleTimeoutMs);
    if (pingIntervalMs !== undefined) this.#pingLater(pingIntervalMs);
  }

  upForMs(): number {
    return (this.#options.clock.now() - this.#openedAt) / 1_000;
  }

  /** Delivers for a while longer, then closes. */
  retire(overlapMs: number): void {
    this.#retireTimer = this.#options.scheduler.after(overlapMs, () => this.#onSilent("rotated"));
  }

  end(code: number, reason: string): void {
    if (this.over) return;
    this.over = true;
    for (const timer of [this.#idleTimer, this.#pingTimer, this.#retireTimer]) {
      if (timer !== undefined) this.#options.scheduler.cancel(timer);
    }
    this.#connection?.close(code, reason);
  }

  /** One timer, set again for what is left, so that a message costs one stamp and no timer. */
  #watch(delayMs: number, idleTimeoutMs: number): void {
    this.#idleTimer = this.#options.scheduler.after(delayMs, () => {
      const silentMs = (this.#options.clock.now() - this.heardAt) / 1_000;
      if (silentMs >= idleTimeoutMs) this.#onSilent(`silent for ${Math.round(silentMs)} ms`);
      else this.#watch(idleTimeoutMs - silentMs, idleTimeoutMs);
    });
  }

  #pingLater(intervalMs: number): void {
    this.#pingTimer = this.#options.scheduler.after(intervalMs, () => {
      const text = this.#options.heartbeat?.pingText;
      if (text === undefined) this.connection.ping();
      else this.connection.sendText(typeof text === "string" ? text : text());
      this.#pingLater(intervalMs);
    });
  }
}
