/**
 * Addresses of the venue's two halves: the indexer (reads) and a validator's node (writes).
 *
 * The names are those `touchline venues` prints for every venue; this one has perpetuals alone and
 * two more: `rpc` (CometBFT, broadcast and height) and `lcd` (Cosmos REST, account and limits).
 * Where they are absent, `ws_api` is taken for both, so that a simulated venue may serve all at one
 * place.
 *
 * Source: venue documentation "Endpoints", read 2026-09.
 * @module
 */

/** Base addresses of the one product. */
export interface DydxProductAddresses {
  /** Indexer REST, with its `/v4`. */
  readonly rest: string;
  /** Indexer WebSocket. */
  readonly public_ws: string;
  readonly private_ws: string;
  /** The node that orders are sent to, over HTTP. */
  readonly ws_api: string;
  readonly rpc?: string;
  readonly lcd?: string;
  /** Name of the chain, which every signature covers. */
  readonly chain_id?: string;
}

/** Addresses of the venue. */
export interface DydxAddresses {
  readonly perp: DydxProductAddresses;
}

/** Networks of the venue; `demo` is its test network. */
export type DydxNetwork = "live" | "testnet" | "demo";

/** Addresses with nothing left to choose. */
export interface ResolvedAddresses {
  readonly indexer: string;
  readonly publicSocket: string;
  readonly privateSocket: string;
  readonly rpc: string;
  readonly lcd: string;
  readonly chainId: string;
}

const LIVE: DydxAddresses = {
  perp: {
    rest: "https://indexer.dydx.trade/v4",
    public_ws: "wss://indexer.dydx.trade/v4/ws",
    private_ws: "wss://indexer.dydx.trade/v4/ws",
    ws_api: "https://oegs.dydx.trade",
    rpc: "https://oegs.dydx.trade",
    lcd: "https://dydx-ops-rest.kingnodes.com",
    chain_id: "dydx-mainnet-1",
  },
};

const TESTNET: DydxAddresses = {
  perp: {
    rest: "https://indexer.v4testnet.dydx.exchange/v4",
    public_ws: "wss://indexer.v4testnet.dydx.exchange/v4/ws",
    private_ws: "wss://indexer.v4testnet.dydx.exchange/v4/ws",
    ws_api: "https://oegs-testnet.dydx.exchange",
    rpc: "https://oegs-testnet.dydx.exchange",
    lcd: "https://test-dydx-rest.kingnodes.com",
    chain_id: "dydx-testnet-4",
  },
};

const CHAIN_ID_ELSEWHERE = "dydx-testnet-4";

/** The addresses of a network. */
export function addressesOf(network: DydxNetwork): DydxAddresses {
  return network === "live" ? LIVE : TESTNET;
}

/** Fills in what an address list leaves open; a trailing slash never doubles. */
export function resolvedAddresses({ perp }: DydxAddresses): ResolvedAddresses {
  const node = asHttp(perp.rpc ?? perp.ws_api);
  return {
    indexer: trimmed(perp.rest),
    publicSocket: trimmed(perp.public_ws),
    privateSocket: trimmed(perp.private_ws),
    rpc: node,
    lcd: asHttp(perp.lcd ?? perp.ws_api),
    chainId: perp.chain_id ?? CHAIN_ID_ELSEWHERE,
  };
}

function trimmed(address: string): string {
  return address.replace(/\/+$/, "");
}

function asHttp(address: string): string {
  return trimmed(address).replace(/^ws(s?):/, "http$1:");
}
