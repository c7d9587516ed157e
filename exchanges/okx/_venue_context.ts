/**
 * What the parts of the connector share: addresses, edges, counters, account facts, where events
 * go.
 * @module
 */
import type { ClientContext, Session as KeptSocket, SessionPlan } from "@/exchanges/kit/mod.ts";
import type { ProductAddresses } from "./endpoints.ts";
import type { TradeModes } from "./order_encoder.ts";

export { OnceLog, sessionOpener, type SessionPlan } from "@/exchanges/kit/mod.ts";

/** A kept WebSocket; this venue's parts send over the connection that they are handed. */
export type Session = Omit<KeptSocket, "send">;

/** What is known of the account; filled in once the venue has said it. */
export interface AccountFacts {
  modes: TradeModes;
  /** Long and short are kept apart: orders would need a position side, which is not ours to say. */
  isTwoSided: boolean;
}

/** One connector. */
export interface VenueContext extends Omit<ClientContext, "openSession"> {
  readonly addresses: ProductAddresses;
  readonly isDemo: boolean;
  readonly facts: AccountFacts;
  openSession(plan: SessionPlan): Session;
}

/** The venue drops what is silent for 30 s; the text `ping` is answered by the text `pong`. */
export const HEARTBEAT = { pingIntervalMs: 15_000, pingText: "ping", idleTimeoutMs: 28_000 };
