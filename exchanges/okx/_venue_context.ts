/**
 * What the parts of the connector share: addresses, edges, counters, account facts, where events
 * go.
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
import type { ProductAddresses } from "./endpoints.ts";
import type { TradeModes } from "./order_encoder.ts";

/** A kept WebSocket, as far as this room needs one. */
export interface Session {
  readonly up: boolean;
  start(): void;
  stop(): void;
  restart(reason: string): void;
}

/** What a session is asked for; edges are added by the context. */
export type SessionPlan = Pick<
  WebSocketSessionOptions,
  "name" | "urlFor" | "handler" | "heartbeat"
>;

/** What is known of the account; filled in once the venue has said it. */
export interface AccountFacts {
  modes: TradeModes;
  /** Long and short are kept apart: orders would need a position side, which is not ours to say. */
  isTwoSided: boolean;
}

/** One connector. */
export interface VenueContext {
  readonly addresses: ProductAddresses;
  readonly isDemo: boolean;
  readonly facts: AccountFacts;
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
      ...edges,
      ...plan,
      handler: {
        onUp(connection, rotated) {
          if (wasUp) counters.reconnects++;
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

/** The venue drops what is silent for 30 s; the text `ping` is answered by the text `pong`. */
export const HEARTBEAT = { pingIntervalMs: 15_000, pingText: "ping", idleTimeoutMs: 28_000 };

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
}
