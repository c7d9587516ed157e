/**
 * What the parts of any venue's connector share, and how their WebSockets are opened.
 *
 * 1. A reconnect is counted when a session comes up again, never when it rotated by itself.
 * @module
 */
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { Clock, ConnectorCounters, Log, Random, Scheduler } from "@/engine/ports/mod.ts";
import {
  type HttpAnswer,
  type HttpRequest,
  type SessionHandler,
  WebSocketSession as KeptSocket,
  type WebSocketSessionOptions,
} from "@/exchanges/shared/mod.ts";

/** A kept WebSocket, as far as a venue's parts need one. */
export interface Session {
  readonly up: boolean;
  start(): void;
  stop(): void;
  /** Drops what is open and connects anew. */
  restart(reason: string): void;
  /** Opens another connection, which takes over once it is open; both deliver for a while. */
  renew(): void;
  send(text: string): boolean;
}

/** What a session is asked for; edges are added by the opener. */
export type SessionPlan = Pick<
  WebSocketSessionOptions,
  | "name"
  | "urlFor"
  | "handler"
  | "headers"
  | "heartbeat"
  | "rotateAfterMs"
  | "rotateFirstAfterMs"
  | "rotateOverlapMs"
  | "mayRotate"
>;

/** What sockets need of the world. */
export type SessionEdges = Pick<
  WebSocketSessionOptions,
  "transport" | "clock" | "scheduler" | "random"
>;

/** Edges, counters, and where events go; a venue adds its addresses and accounts. */
export interface ClientContext {
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
  edges: SessionEdges,
  counters: Pick<ConnectorCounters, "reconnects">,
): (plan: SessionPlan) => Session {
  return (plan) => {
    const handler = countingReconnects(plan.handler, counters);
    return new KeptSocket({ ...edges, ...plan, handler });
  };
}

/** The handler of one session, which also counts how often it had to connect again. */
export function countingReconnects(
  handler: SessionHandler,
  counters: Pick<ConnectorCounters, "reconnects">,
): SessionHandler {
  let wasUp = false;
  return {
    onUp(connection, rotated) {
      if (wasUp && !rotated) counters.reconnects++;
      wasUp = true;
      handler.onUp(connection, rotated);
    },
    onText: (bytes, start, end, at, connection) =>
      handler.onText(bytes, start, end, at, connection),
    onDown: (reason) => handler.onDown(reason),
    onEnd: (connection) => handler.onEnd?.(connection),
    onAttemptFailed: (reason) => handler.onAttemptFailed?.(reason),
  };
}
