/**
 * Addresses of Gate for the live and the test network, and the channels of both products.
 *
 * 1. One WebSocket address per product serves market data, own events and order entry; we open one
 *    connection for each of the three.
 * 2. Symbols are the same on both products (`BTC_USDT`): whoever names one names its product too.
 * 3. Futures speak of contracts; `X-Gate-Size-Decimal: 1` makes their sizes exact texts, without it
 *    the venue would cut decimals off. It goes on every futures request and handshake.
 *
 * Source: venue documentation "API v4" and "WebSocket v4", read 2026-09.
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
export interface GateAddresses {
  readonly spot: ProductAddresses;
  readonly perp: ProductAddresses;
}

/** Networks of the venue. */
export type GateNetwork = "live" | "testnet";

const LIVE_REST = "https://api.gateio.ws/api/v4";
const TEST_REST = "https://api-testnet.gateapi.io/api/v4";

const NETWORKS: Readonly<Record<GateNetwork, GateAddresses>> = {
  live: {
    spot: addresses(LIVE_REST, "wss://api.gateio.ws/ws/v4/"),
    perp: addresses(LIVE_REST, "wss://fx-ws.gateio.ws/v4/ws/usdt"),
  },
  testnet: {
    spot: addresses(TEST_REST, "wss://ws-testnet.gate.com/v4/ws/spot"),
    perp: addresses(TEST_REST, "wss://ws-testnet.gate.com/v4/ws/futures/usdt"),
  },
};

function addresses(rest: string, socket: string): ProductAddresses {
  return { rest, public_ws: socket, private_ws: socket, ws_api: socket };
}

/** The addresses of a network. */
export function addressesOf(network: GateNetwork): GateAddresses {
  return NETWORKS[network];
}

/** Where every path begins; part of what is signed. */
export const API_PREFIX = "/api/v4";

/** The address before `/api/v4`: a base may be written with it or without. */
export function restHost(base: string): string {
  return base.replace(/\/+$/, "").replace(/\/api\/v4$/, "");
}

/** The URL of a socket; a base without a path gets the product's own. */
export function socketUrl(base: string, product: Product): string {
  if (/^wss?:\/\/[^/]+\/./.test(base)) return base;
  return `${base.replace(/\/+$/, "")}${product === "spot" ? "/ws/v4/" : "/v4/ws/usdt"}`;
}

/** The full name of a product's channel. */
export function channelOf(product: Product, name: string): string {
  return `${product === "spot" ? "spot" : "futures"}.${name}`;
}

/** Makes futures sizes exact texts, in answers and pushes. Not part of any signature. */
export const SIZE_HEADERS: Readonly<Record<string, string>> = { "X-Gate-Size-Decimal": "1" };

/** Headers of a product's requests and handshakes. */
export function headersOf(product: Product): Readonly<Record<string, string>> {
  return product === "spot" ? {} : SIZE_HEADERS;
}
