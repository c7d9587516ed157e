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
import type { ResolvedAddresses } from "./endpoints.ts";

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
export interface DydxContext {
  readonly addresses: ResolvedAddresses;
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

/** The venue pings every 30 s; our own pings find a dead peer sooner. */
export const HEARTBEAT = { pingIntervalMs: 10_000, idleTimeoutMs: 25_000 };

/** A block is made every second or faster: without one for so long the indexer has stopped. */
export const BLOCK_SILENCE_MS = 10_000;

/** A socket that has not confirmed its subscriptions by then is opened anew. */
export const SUBSCRIBE_TIMEOUT_MS = 10_000;

/** A subscribe or unsubscribe message. */
export function subscription(
  type: "subscribe" | "unsubscribe",
  channel: string,
  id?: string,
): string {
  const named = id === undefined ? {} : { id };
  const batched = type === "subscribe" ? { batched: false } : {};
  return JSON.stringify({ type, channel, ...named, ...batched });
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
