/**
 * Addresses of Binance for live and test networks, and how a product's sockets hang below them.
 *
 * 1. USD-M streams are routed: books under `/public`, trades and marks under `/market`, own events
 *    under `/private`. A stream asked for on the wrong route is acknowledged and stays silent.
 * 2. Spot own events come over the order socket (`ws_api`); it has no `private_ws` of its own.
 *
 * Source: venue documentation "General endpoints" of both products, read 2026-09.
 * @module
 */
import type { Product } from "@/engine/domain/mod.ts";

/** Base addresses of one product, by the names `touchline venues` prints. */
export interface ProductAddresses {
  readonly rest: string;
  readonly public_ws: string;
  readonly private_ws: string;
  readonly ws_api: string;
}

/** Addresses of both products. */
export interface BinanceAddresses {
  readonly spot: ProductAddresses;
  readonly perp: ProductAddresses;
}

/** Networks of the venue. */
export type BinanceNetwork = "live" | "testnet" | "demo";

const LIVE: BinanceAddresses = {
  spot: {
    rest: "https://api.binance.com",
    public_ws: "wss://stream.binance.com:9443",
    private_ws: "wss://ws-api.binance.com:443/ws-api/v3",
    ws_api: "wss://ws-api.binance.com:443/ws-api/v3",
  },
  perp: {
    rest: "https://fapi.binance.com",
    public_ws: "wss://fstream.binance.com",
    private_ws: "wss://fstream.binance.com/private",
    ws_api: "wss://ws-fapi.binance.com/ws-fapi/v1",
  },
};

const PERP_TEST: ProductAddresses = {
  rest: "https://demo-fapi.binance.com",
  public_ws: "wss://fstream.binancefuture.com",
  private_ws: "wss://fstream.binancefuture.com/private",
  ws_api: "wss://testnet.binancefuture.com/ws-fapi/v1",
};

const NETWORKS: Readonly<Record<BinanceNetwork, BinanceAddresses>> = {
  live: LIVE,
  demo: {
    spot: {
      rest: "https://demo-api.binance.com",
      public_ws: "wss://demo-stream.binance.com",
      private_ws: "wss://demo-ws-api.binance.com/ws-api/v3",
      ws_api: "wss://demo-ws-api.binance.com/ws-api/v3",
    },
    perp: PERP_TEST,
  },
  testnet: {
    spot: {
      rest: "https://testnet.binance.vision",
      public_ws: "wss://stream.testnet.binance.vision",
      private_ws: "wss://ws-api.testnet.binance.vision/ws-api/v3",
      ws_api: "wss://ws-api.testnet.binance.vision/ws-api/v3",
    },
    perp: PERP_TEST,
  },
};

/** The addresses of a network. */
export function addressesOf(network: BinanceNetwork): BinanceAddresses {
  return NETWORKS[network];
}

/** What a market socket carries. */
export type MarketRoute = "public" | "market";

/**
 * The URL of a combined-stream socket. `base` may be the bare host or already end in a route, so
 * that an operator's proxy or a simulated venue may print either.
 */
export function combinedStreamUrl(base: string, product: Product, route: MarketRoute): string {
  const host = base.replace(/\/+$/, "").replace(/\/(ws|stream)$/, "");
  if (product === "spot") return `${host}/stream`;
  return `${host.replace(/\/(public|market)$/, "")}/${route}/stream`;
}

/** Own events wanted on the USD-M private socket; without the last one, expiry would be silent. */
export const PRIVATE_EVENTS = [
  "ORDER_TRADE_UPDATE",
  "ACCOUNT_UPDATE",
  "ALGO_UPDATE",
  "MARGIN_CALL",
  "ACCOUNT_CONFIG_UPDATE",
  "TRADE_LITE",
  "listenKeyExpired",
] as const;

/** The URL of the USD-M private socket for one listen key. */
export function privateStreamUrl(base: string, listenKey: string): string {
  const host = base.replace(/\/+$/, "").replace(/\/ws$/, "").replace(/\/private$/, "");
  return `${host}/private/ws?listenKey=${listenKey}&events=${PRIVATE_EVENTS.join("/")}`;
}

/** The URL of the order socket; a base without a path gets the product's own. */
export function orderSocketUrl(base: string, product: Product): string {
  const trimmed = base.replace(/\/+$/, "");
  if (/^wss?:\/\/[^/]+\/./.test(trimmed)) return trimmed;
  return `${trimmed}${product === "spot" ? "/ws-api/v3" : "/ws-fapi/v1"}`;
}
