/**
 * What the parts of the connector share: addresses, edges, counters, where events go.
 * @module
 */
import type { ClientContext } from "@/exchanges/kit/mod.ts";
import type { ResolvedAddresses } from "./endpoints.ts";

export { OnceLog, type Session, sessionOpener, type SessionPlan } from "@/exchanges/kit/mod.ts";

/** The venue as its parts see it. */
export interface DydxContext extends ClientContext {
  readonly addresses: ResolvedAddresses;
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
