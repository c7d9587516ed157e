/**
 * Addresses of Hyperliquid: one host for questions, signed actions and one WebSocket for all.
 *
 * Source: venue documentation "API", read 2026-09.
 * @module
 */
import type { Network } from "./signer.ts";

/** Where a network lives, and which chain its signatures name. */
export interface HyperliquidAddresses {
  /** Base of `/info` and `/exchange`. */
  readonly rest: string;
  readonly ws: string;
  readonly network: Network;
}

/** Networks of the venue. There is no demo apart from the test network. */
export type HyperliquidNetwork = "live" | "testnet" | "demo";

const LIVE: HyperliquidAddresses = {
  rest: "https://api.hyperliquid.xyz",
  ws: "wss://api.hyperliquid.xyz/ws",
  network: "mainnet",
};

const TESTNET: HyperliquidAddresses = {
  rest: "https://api.hyperliquid-testnet.xyz",
  ws: "wss://api.hyperliquid-testnet.xyz/ws",
  network: "testnet",
};

/** The addresses of a network. */
export function addressesOf(network: HyperliquidNetwork): HyperliquidAddresses {
  return network === "live" ? LIVE : TESTNET;
}

/** Addresses as an operator or `touchline venues` gives them: flat, or under `perp` or `spot`. */
export type GivenAddresses = Readonly<Record<string, unknown>>;

/**
 * Reads given addresses; undefined when there is no `rest` or no socket in them. Signatures for
 * addresses of somebody else name the test network unless told otherwise, so that none of them is
 * of any use on the real one.
 */
export function addressesFrom(given: GivenAddresses): HyperliquidAddresses | undefined {
  for (const part of [given, given["perp"], given["spot"]]) {
    if (typeof part !== "object" || part === null) continue;
    const names = part as GivenAddresses;
    const rest = names["rest"];
    const ws = names["ws"] ?? names["public_ws"] ?? names["ws_api"];
    if (typeof rest !== "string" || typeof ws !== "string") continue;
    const network = names["network"] ?? given["network"];
    return {
      rest: rest.replace(/\/+$/, ""),
      ws: socketUrl(ws),
      network: network === "mainnet" ? "mainnet" : "testnet",
    };
  }
  return undefined;
}

/** A base without a path gets the venue's own. */
function socketUrl(base: string): string {
  const trimmed = base.replace(/\/+$/, "");
  return /^wss?:\/\/[^/]+\/./.test(trimmed) ? trimmed : `${trimmed}/ws`;
}
