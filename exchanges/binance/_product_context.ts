/**
 * What the parts of one product's connector share: addresses, edges, counters, where events go.
 * @module
 */
import type { AccountKey, Product } from "@/engine/domain/mod.ts";
import type { ClientContext, LineCount } from "@/exchanges/kit/mod.ts";
import type { ProductAddresses } from "./endpoints.ts";

export { OnceLog, type Session, sessionOpener, type SessionPlan } from "@/exchanges/kit/mod.ts";

/** One product of the venue. */
export interface ProductContext extends ClientContext {
  readonly product: Product;
  readonly account: AccountKey;
  readonly addresses: ProductAddresses;
  /** How many connections carry each market stream. */
  readonly marketConnections: LineCount;
}

/** Sockets are renewed before the venue cuts them at 24 hours. */
export const ROTATE_AFTER_MS = 23 * 3_600_000;

/** How long both sockets deliver while one takes over. */
export const ROTATE_OVERLAP_MS = 5_000;

/** The venue pings every 20 s (spot) or 3 min (USD-M); our own pings find a dead peer sooner. */
export const HEARTBEAT = { pingIntervalMs: 15_000, idleTimeoutMs: 45_000 };
