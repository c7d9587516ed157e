/**
 * What the parts of the connector share: edges, counters, where events go, how sockets are kept.
 * @module
 */
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { Clock, ConnectorCounters, Log, Random, Scheduler } from "@/engine/ports/mod.ts";
import {
  type HttpAnswer,
  type HttpRequest,
  WebSocketSession as KeptSocket,
  type WebSocketSessionOptions,
} from "@/exchanges/shared/mod.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";

/** A kept WebSocket, as far as this room needs one. */
export interface Session {
  readonly up: boolean;
  start(): void;
  stop(): void;
  restart(reason: string): void;
  send(text: string): boolean;
}

/** What a session is asked for; edges are added by the context. */
export type SessionPlan = Pick<
  WebSocketSessionOptions,
  "name" | "urlFor" | "handler" | "heartbeat" | "rotateAfterMs" | "rotateOverlapMs"
>;

/** The venue as its parts see it. */
export interface VenueContext {
  /** Base address of REST. */
  readonly rest: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly log: Log;
  readonly counters: ConnectorCounters;
  /** Sends an HTTP request; `done` is called once, never before this returns. */
  http(request: HttpRequest, done: (answer: HttpAnswer) => void): void;
  openSession(plan: SessionPlan): Session;
  deliver(event: EngineEvent): void;
}

/** The real way to open sessions. */
export function sessionOpener(
  edges: Pick<WebSocketSessionOptions, "transport" | "clock" | "scheduler" | "random">,
  counters: ConnectorCounters,
): (plan: SessionPlan) => Session {
  return (plan) => {
    let wasUp = false;
    const { handler } = plan;
    return new KeptSocket({
      transport: edges.transport,
      clock: edges.clock,
      scheduler: edges.scheduler,
      random: edges.random,
      ...plan,
      handler: {
        onUp(connection, rotated) {
          if (wasUp && !rotated) counters.reconnects++;
          wasUp = true;
          handler.onUp(connection, rotated);
        },
        onText: (bytes, start, end, at, connection) =>
          handler.onText(bytes, start, end, at, connection),
        onDown: (reason) => handler.onDown(reason),
      },
    });
  };
}

/** Sockets are renewed once a day, before anyone else cuts them. */
export const ROTATE_AFTER_MS = 23 * 3_600_000;

/** How long both sockets deliver while one takes over. */
export const ROTATE_OVERLAP_MS = 5_000;

/**
 * The venue wants a ping as text every 20 seconds; without any answer ten seconds later the socket
 * is dead.
 */
export const HEARTBEAT = {
  pingIntervalMs: 20_000,
  pingText: '{"req_id":"ping","op":"ping"}',
  idleTimeoutMs: 30_000,
};

/** Says that a link of the unified account, or the market link, came up or went down. */
export function tellLink(
  context: Pick<VenueContext, "clock" | "deliver">,
  link: "market" | "orders" | "account",
  state: "up" | "down",
  reason: string,
): void {
  context.deliver({
    kind: "connection",
    venue: "bybit",
    account: link === "market" ? undefined : UNIFIED_ACCOUNT,
    link,
    state,
    at: context.clock.now(),
    reason,
  });
}

/** Logs a kind of trouble once, then only counts it. */
export class OnceLog {
  readonly #log: Log;
  readonly #counts = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  warn(kind: string, fields: Readonly<Record<string, string | number | boolean>> = {}): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    if (this.#counts.size < 256 || count > 1) this.#counts.set(kind, count);
    if (count === 1) this.#log.log("warn", kind, fields);
  }

  count(kind: string): number {
    return this.#counts.get(kind) ?? 0;
  }
}
