/**
 * What the parts of the connector share: addresses, edges, counters, where events go.
 * @module
 */
import type { ClientContext } from "@/exchanges/kit/mod.ts";
import type { HyperliquidAddresses } from "./endpoints.ts";

export { OnceLog, type Session, sessionOpener, type SessionPlan } from "@/exchanges/kit/mod.ts";

/** What every part works with. */
export interface VenueContext extends ClientContext {
  readonly addresses: HyperliquidAddresses;
}

/**
 * The venue closes a socket on which it has said nothing for a minute. Our text pings are answered
 * at once: a peer of which nothing is heard for thirteen seconds, two pings long, is gone.
 */
export const HEARTBEAT = {
  pingIntervalMs: 5_000,
  pingText: '{"method":"ping"}',
  idleTimeoutMs: 13_000,
};

/** A subscription frame. */
export function subscribeText(subscription: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ method: "subscribe", subscription });
}
