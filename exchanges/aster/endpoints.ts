/**
 * Addresses of Aster's networks, and the paths of its two generations.
 *
 * 1. Futures and spot are two hosts with wallets of their own; books, trades and own events share
 *    one WebSocket host per product. There is no order entry by WebSocket.
 * 2. Everything lives under `v3`. Holders of old API keys speak `v1`, where a few account paths
 *    have other versions; public data is read from `v3` by both.
 *
 * Source: venue documentation, futures and spot v3, read 2026-06-30.
 * @module
 */
import type { Product } from "@/engine/domain/mod.ts";

/** Base addresses of one product, by the names `touchline venues` prints. */
export interface ProductAddresses {
  readonly rest: string;
  readonly public_ws: string;
  readonly private_ws: string;
}

/** Addresses of both products and the chain that signatures are made for. */
export interface AsterAddresses {
  readonly spot: ProductAddresses;
  readonly perp: ProductAddresses;
  /** `chainId` of the signing domain; absent means the live one. */
  readonly chain_id?: number;
}

/** Networks of the venue. */
export const ASTER_NETWORKS = ["live", "testnet"] as const;
export type AsterNetwork = (typeof ASTER_NETWORKS)[number];

/** Chain of the signing domain: live, and its test network. */
export const LIVE_CHAIN_ID = 1_666;
export const TESTNET_CHAIN_ID = 714;

function product(rest: string, socket: string): ProductAddresses {
  return { rest: `https://${rest}`, public_ws: `wss://${socket}`, private_ws: `wss://${socket}` };
}

const NETWORKS: Readonly<Record<AsterNetwork, AsterAddresses>> = {
  live: {
    perp: product("fapi.asterdex.com", "fstream.asterdex.com"),
    spot: product("sapi.asterdex.com", "sstream.asterdex.com"),
    chain_id: LIVE_CHAIN_ID,
  },
  testnet: {
    perp: product("fapi.asterdex-testnet.com", "fstream.asterdex-testnet.com"),
    spot: product("sapi.asterdex-testnet.com", "sstream.asterdex-testnet.com"),
    chain_id: TESTNET_CHAIN_ID,
  },
};

/** The addresses of a network. */
export function addressesOf(network: AsterNetwork): AsterAddresses {
  return NETWORKS[network];
}

/** `v3` is signed by a wallet, `v1` by an API key. */
export type Generation = "v1" | "v3";

/** Account paths of the old generation that are not under `v1`. */
const OLD_VERSIONS: Readonly<Record<string, string>> = { balance: "v2", positionRisk: "v2" };

/** The path of one request, as `/fapi/v3/order`. */
export function pathOf(of: Product, generation: Generation, name: string): string {
  if (of === "spot") return `/api/${generation}/${name}`;
  return `/fapi/${generation === "v3" ? "v3" : OLD_VERSIONS[name] ?? "v1"}/${name}`;
}

/** The combined-stream socket; every message names its stream. */
export function combinedStreamUrl(base: string): string {
  return `${hostOf(base)}/stream`;
}

/** The socket of own events. */
export function userStreamUrl(base: string, listenKey: string): string {
  return `${hostOf(base)}/ws/${listenKey}`;
}

/** An address without the part that we add, however an operator wrote it. */
function hostOf(base: string): string {
  return base.replace(/\/+$/, "").replace(/\/(?:ws|stream)$/, "");
}
