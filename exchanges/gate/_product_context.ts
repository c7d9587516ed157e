/**
 * What the parts of one product's connector share: addresses, edges, counters, where events go.
 * @module
 */
import type { AccountKey, Product } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { Clock, ConnectorCounters, Log, Random, Scheduler } from "@/engine/ports/mod.ts";
import {
  type HttpAnswer,
  type HttpRequest,
  type SessionHandler,
  WebSocketSession as KeptSocket,
  type WebSocketSessionOptions,
} from "@/exchanges/shared/mod.ts";
import { type MovableSession, MovingSession } from "./_moving_session.ts";
import { headersOf, type ProductAddresses } from "./endpoints.ts";

/** What a session is asked for; edges, heartbeat and headers are added by the context. */
export interface SessionPlan {
  readonly name: string;
  readonly url: string;
  readonly handler: SessionHandler;
}

/** One product of the venue. */
export interface ProductContext {
  readonly product: Product;
  readonly account: AccountKey;
  readonly addresses: ProductAddresses;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly log: Log;
  readonly counters: ConnectorCounters;
  /** Sends an HTTP request; `done` is called once, never before this returns. */
  http(request: HttpRequest, done: (answer: HttpAnswer) => void): void;
  openSession(plan: SessionPlan): MovableSession;
  deliver(event: EngineEvent): void;
}

/** Sockets are renewed once a day; the venue names no limit, but announces when it closes one. */
export const ROTATE_AFTER_MS = 23 * 3_600_000;

/** How long both sockets deliver while one takes over. */
export const ROTATE_OVERLAP_MS = 5_000;

const PING_INTERVAL_MS = 10_000;
/** The venue closes a socket on which nobody speaks for a minute; two periods tell us enough. */
const IDLE_TIMEOUT_MS = 25_000;

/** The real way to open sessions of a product. */
export function sessionOpener(
  product: Product,
  edges: Pick<WebSocketSessionOptions, "transport" | "clock" | "scheduler" | "random">,
  counters: ConnectorCounters,
): (plan: SessionPlan) => MovableSession {
  const channel = product === "spot" ? "spot.ping" : "futures.ping";
  return ({ name, url, handler }) => {
    let wasUp = false;
    const make = (inner: SessionHandler) =>
      new KeptSocket({
        ...edges,
        name,
        urlFor: (done) => done({ ok: true, value: url }),
        headers: headersOf(product),
        heartbeat: {
          pingIntervalMs: PING_INTERVAL_MS,
          pingText: () => `{"time":${secondsOf(edges.clock)},"channel":"${channel}"}`,
          idleTimeoutMs: IDLE_TIMEOUT_MS,
        },
        rotateAfterMs: ROTATE_AFTER_MS,
        rotateOverlapMs: ROTATE_OVERLAP_MS,
        handler: inner,
      });
    const counted: SessionHandler = {
      onUp(connection, rotated) {
        if (wasUp && !rotated) counters.reconnects++;
        wasUp = true;
        handler.onUp(connection, rotated);
      },
      onText: (bytes, start, end, at, connection) =>
        handler.onText(bytes, start, end, at, connection),
      onDown: (reason) => handler.onDown(reason),
    };
    return new MovingSession(make, counted, edges.scheduler, ROTATE_OVERLAP_MS);
  };
}

function secondsOf(clock: Clock): number {
  return Math.floor(clock.now() / 1_000_000);
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
