/**
 * What the parts of the connector share: addresses, edges, counters, where events go.
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
import type { HyperliquidAddresses } from "./endpoints.ts";

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
  "name" | "urlFor" | "handler" | "heartbeat"
>;

/** What every part works with. */
export interface VenueContext {
  readonly addresses: HyperliquidAddresses;
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

/**
 * The venue closes a socket on which it has said nothing for a minute. Our text pings are answered
 * at once; a peer that does not answer within about ten seconds is gone.
 */
export const HEARTBEAT = {
  pingIntervalMs: 10_000,
  pingText: '{"method":"ping"}',
  idleTimeoutMs: 21_000,
};

/** A subscription frame. */
export function subscribeText(subscription: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ method: "subscribe", subscription });
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
