/**
 * What the parts of one product's connector share: addresses, edges, counters, where events go.
 * @module
 */
import type { AccountKey, Product } from "@/engine/domain/mod.ts";
import type { Clock, ConnectorCounters } from "@/engine/ports/mod.ts";
import { type ClientContext, countingReconnects, type SessionEdges } from "@/exchanges/kit/mod.ts";
import { type SessionHandler, WebSocketSession as KeptSocket } from "@/exchanges/shared/mod.ts";
import { type MovableSession, MovingSession } from "./_moving_session.ts";
import { headersOf, type ProductAddresses } from "./endpoints.ts";

export { OnceLog } from "@/exchanges/kit/mod.ts";

/** What a session is asked for; edges, heartbeat and headers are added by the context. */
export interface SessionPlan {
  readonly name: string;
  readonly url: string;
  readonly handler: SessionHandler;
}

/** One product of the venue. */
export interface ProductContext extends Omit<ClientContext, "openSession"> {
  readonly product: Product;
  readonly account: AccountKey;
  readonly addresses: ProductAddresses;
  openSession(plan: SessionPlan): MovableSession;
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
  edges: SessionEdges,
  counters: ConnectorCounters,
): (plan: SessionPlan) => MovableSession {
  const channel = product === "spot" ? "spot.ping" : "futures.ping";
  return ({ name, url, handler }) => {
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
    const counted = countingReconnects(handler, counters);
    return new MovingSession(make, counted, edges.scheduler, ROTATE_OVERLAP_MS);
  };
}

function secondsOf(clock: Clock): number {
  return Math.floor(clock.now() / 1_000_000);
}
