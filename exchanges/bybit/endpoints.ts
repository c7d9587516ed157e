/**
 * Addresses of Bybit for live and test networks, and how its sockets hang below them.
 *
 * 1. Spot and linear share symbols, REST and the private sockets; only public sockets differ.
 * 2. Paths are added where an address has none, so that a simulated venue may print either form.
 * 3. Demo trading has no order socket and takes market data from the live network.
 *
 * Source: venue documentation "Integration guidance" and "WebSocket connect", read 2026-07.
 * @module
 */
import type { Product } from "@/engine/domain/mod.ts";

/** Base addresses of one product, by the names `touchline venues` prints. */
export interface ProductAddresses {
  readonly rest: string;
  readonly public_ws: string;
  readonly private_ws: string;
  /** Empty where the network has no order socket: orders then go over REST. */
  readonly ws_api: string;
}

/** Addresses of both products. */
export interface BybitAddresses {
  readonly spot: ProductAddresses;
  readonly perp: ProductAddresses;
}

/** Networks of the venue. */
export type BybitNetwork = "live" | "testnet" | "demo";

/** The venue's word for a product. */
export type Category = "spot" | "linear";

function network(rest: string, stream: string, privateStream: string, orders: boolean) {
  const product = (category: Category): ProductAddresses => ({
    rest,
    public_ws: `${stream}/v5/public/${category}`,
    private_ws: `${privateStream}/v5/private`,
    ws_api: orders ? `${privateStream}/v5/trade` : "",
  });
  return { spot: product("spot"), perp: product("linear") };
}

const LIVE = "wss://stream.bybit.com";
const TESTNET = "wss://stream-testnet.bybit.com";

const NETWORKS: Readonly<Record<BybitNetwork, BybitAddresses>> = {
  live: network("https://api.bybit.com", LIVE, LIVE, true),
  testnet: network("https://api-testnet.bybit.com", TESTNET, TESTNET, true),
  demo: network("https://api-demo.bybit.com", LIVE, "wss://stream-demo.bybit.com", false),
};

/** The addresses of a network. */
export function addressesOf(network: BybitNetwork): BybitAddresses {
  return NETWORKS[network];
}

/** The venue's word for a product. */
export function categoryOf(product: Product): Category {
  return product === "spot" ? "spot" : "linear";
}

/** The product of a category; undefined for those that are not traded here. */
export function productOf(category: string): Product | undefined {
  return category === "spot" ? "spot" : category === "linear" ? "perpetual" : undefined;
}

/** The public socket of a product. */
export function publicUrl(base: string, product: Product): string {
  return withPath(base, `/v5/public/${categoryOf(product)}`);
}

/** The private socket, for all products. */
export function privateUrl(base: string): string {
  return withPath(base, "/v5/private");
}

/** The order socket, for all products; "" where there is none. */
export function orderUrl(base: string): string {
  return base === "" ? "" : withPath(base, "/v5/trade");
}

function withPath(base: string, path: string): string {
  const trimmed = base.replace(/\/+$/, "");
  return /^wss?:\/\/[^/]+\/./.test(trimmed) ? trimmed : `${trimmed}${path}`;
}
