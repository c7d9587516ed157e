/**
 * What the parts of one product's connector share: addresses, edges, counters, where events go.
 * @module
 */
import type { AccountKey, Product } from "@/engine/domain/mod.ts";
import type { Clock, ConnectorCounters } from "@/engine/ports/mod.ts";
import {
  type ClientContext,
  type LineCount,
  type Session,
  type SessionEdges,
  sessionOpener as openerOf,
  type SessionPlan as KeptPlan,
} from "@/exchanges/kit/mod.ts";
import { fixedUrl } from "@/exchanges/shared/mod.ts";
import { headersOf, type ProductAddresses } from "./endpoints.ts";

export { OnceLog, type Session } from "@/exchanges/kit/mod.ts";

/** What a session is asked for; edges, heartbeat and headers are added by the context. */
export interface SessionPlan extends Omit<KeptPlan, "urlFor" | "heartbeat" | "rotateOverlapMs"> {
  readonly url: string;
}

/** One product of the venue. */
export interface ProductContext extends Omit<ClientContext, "openSession"> {
  readonly product: Product;
  readonly account: AccountKey;
  readonly addresses: ProductAddresses;
  /** How many connections carry each market stream. */
  readonly marketConnections: LineCount;
  openSession(plan: SessionPlan): Session;
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
): (plan: SessionPlan) => Session {
  const channel = product === "spot" ? "spot.ping" : "futures.ping";
  const open = openerOf(edges, counters);
  return ({ url, ...plan }) =>
    open({
      rotateAfterMs: ROTATE_AFTER_MS,
      ...plan,
      urlFor: fixedUrl(url),
      headers: headersOf(product),
      heartbeat: {
        pingIntervalMs: PING_INTERVAL_MS,
        pingText: () => `{"time":${secondsOf(edges.clock)},"channel":"${channel}"}`,
        idleTimeoutMs: IDLE_TIMEOUT_MS,
      },
      rotateOverlapMs: ROTATE_OVERLAP_MS,
    });
}

function secondsOf(clock: Clock): number {
  return Math.floor(clock.now() / 1_000_000);
}
