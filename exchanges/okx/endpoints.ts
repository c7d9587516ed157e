/**
 * Addresses of OKX: one REST host and one WebSocket host for both products.
 *
 * 1. Three sockets hang below a host: `/ws/v5/public` (market), `/ws/v5/private` (own events and
 *    order entry), `/ws/v5/business` (conditional orders).
 * 2. Demo trading has WebSocket hosts of its own; its REST host is the live one with a header.
 * 3. Regional entities (EEA, US) have hosts and keys of their own: pass their addresses.
 *
 * Source: venue documentation "Production Trading Services" and "Demo Trading", read 2026-09.
 * @module
 */

/** Base addresses, by the names `touchline venues` prints. */
export interface ProductAddresses {
  readonly rest: string;
  readonly public_ws: string;
  readonly private_ws: string;
  readonly ws_api: string;
}

/** Addresses per product, as every venue has them; here both are the same. */
export interface OkxAddresses {
  readonly spot: ProductAddresses;
  readonly perp: ProductAddresses;
  /** Demo trading: REST requests carry `x-simulated-trading: 1`. */
  readonly isDemo?: boolean;
}

/** Networks of the venue; `testnet` is another name of demo trading. */
export type OkxNetwork = "live" | "testnet" | "demo";

const LIVE: ProductAddresses = {
  rest: "https://openapi.okx.com",
  public_ws: "wss://ws.okx.com:8443",
  private_ws: "wss://ws.okx.com:8443",
  ws_api: "wss://ws.okx.com:8443",
};

const DEMO: ProductAddresses = {
  rest: "https://openapi.okx.com",
  public_ws: "wss://wspap.okx.com:8443",
  private_ws: "wss://wspap.okx.com:8443",
  ws_api: "wss://wspap.okx.com:8443",
};

/** The addresses of a network. */
export function addressesOf(network: OkxNetwork): OkxAddresses {
  if (network === "live") return { spot: LIVE, perp: LIVE };
  return { spot: DEMO, perp: DEMO, isDemo: true };
}

/** What a socket carries. */
export type SocketRoute = "public" | "private" | "business";

/** The URL of a socket. `base` may be the bare host or already end in one of the three routes. */
export function socketUrl(base: string, route: SocketRoute): string {
  const host = base.replace(/\/+$/, "").replace(/\/(public|private|business)$/, "");
  return /\/ws\/v5$/.test(host) ? `${host}/${route}` : `${host}/ws/v5/${route}`;
}
