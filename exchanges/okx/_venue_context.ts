/**
 * What the parts of the connector share: addresses, edges, counters, account facts, where events
 * go.
 * @module
 */
import type { ClientContext, LineCount, Session, SessionPlan } from "@/exchanges/kit/mod.ts";
import type { ProductAddresses } from "./endpoints.ts";
import type { TradeModes } from "./order_encoder.ts";

export { OnceLog, type Session, sessionOpener, type SessionPlan } from "@/exchanges/kit/mod.ts";

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
  /** How many connections carry each market channel. */
  readonly marketConnections: LineCount;
  openSession(plan: SessionPlan): Session;
}

/** The venue drops what is silent for 30 s; the text `ping` is answered by the text `pong`. */
export const HEARTBEAT = { pingIntervalMs: 15_000, pingText: "ping", idleTimeoutMs: 28_000 };
