/**
 * What the parts of the connector share: edges, counters, where events go, how sockets are kept.
 * @module
 */
import type { ClientContext } from "@/exchanges/kit/mod.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";

export { OnceLog, type Session, sessionOpener, type SessionPlan } from "@/exchanges/kit/mod.ts";

/** The venue as its parts see it. */
export interface VenueContext extends ClientContext {
  /** Base address of REST. */
  readonly rest: string;
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
