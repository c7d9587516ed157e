/**
 * Keeps one WebSocket alive: connect, heartbeat, reconnect with back-off, rotate before the venue cuts it.
 * @module
 */
import type { Micros, Result } from "@/engine/domain/mod.ts";
import type { Clock, Random, Scheduler } from "@/engine/ports/mod.ts";
import type { BackoffLimits } from "./reconnect_backoff.ts";
import type { Transport } from "./transport.ts";
import type { WebSocketConnection, WebSocketLimits } from "./websocket_client.ts";

/** Who uses a session. */
export interface SessionHandler {
  /** A connection is open: subscribe or log on over `connection`. Called again after each reconnect,
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
  /** Asked before each attempt, because some addresses hold a key; `done` is called once. `fixedUrl` helps. */
  readonly urlFor: (done: (url: Result<string>) => void) => void;
  readonly headers?: Readonly<Record<string, string>>;
  readonly heartbeat?: Heartbeat;
  readonly backoff?: BackoffLimits;
  /** Opens a new connection this long after the last one opened, then closes the old one. */
  readonly rotateAfterMs?: number;
  /** How long the old connection still delivers after the new one opened. */
  readonly rotateOverlapMs?: number;
  readonly limits?: Partial<WebSocketLimits>;
  readonly handler: SessionHandler;
}

/** An address that never changes, for `urlFor`. */
export function fixedUrl(url: string): (done: (url: Result<string>) => void) => void {
  return (done) => done({ ok: true, value: url });
}

/** One WebSocket, kept alive. */
export class WebSocketSession {
  /** Connections lost and attempted again since the start. */
  reconnects = 0;
  readonly options: WebSocketSessionOptions;

  constructor(options: WebSocketSessionOptions) {
    this.options = options;
  }

  /** Whether a connection is open now. */
  get up(): boolean {
    throw new Error("being written");
  }

  start(): void {
    throw new Error("being written");
  }

  /** Closes everything; nothing is called back afterwards. */
  stop(): void {
    throw new Error("being written");
  }

  /** Drops the connection and connects anew. */
  restart(_reason: string): void {
    throw new Error("being written");
  }

  /** Sends on the newest open connection; false when there is none or its bound is reached. */
  send(_text: string | Uint8Array): boolean {
    throw new Error("being written");
  }
}
