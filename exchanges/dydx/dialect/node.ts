/**
 * `Node`: one validator's CometBFT JSON-RPC and its Cosmos REST.
 *
 * 1. `broadcast_tx_sync` says what this node's check says, no more.
 * 2. The same bytes again are refused by the cache, unless the first were.
 * Source: protocol sheet sections 1, 4.3 and 7.
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { ServerRequest, ServerResponse } from "@/exchanges/simulator/mod.ts";
import { hexOf } from "./identifiers.ts";
import type { VenueState } from "./venue_state.ts";
import { isoMillis, type Json } from "./wire_symbols.ts";

/** What a check of a transaction says; code 0: passed. */
export interface CheckResult {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
}

/** What a node is made of. */
export interface NodeOptions {
  readonly state: VenueState;
  readonly matchMs: number;
  checkTx(bytes: Uint8Array): CheckResult;
  /** The answer to a checked transaction has gone out. */
  answered(): void;
}

const CACHE_MAX = 10_000;
const ANSWER_FIRST = 0.5;

/** Answers a node's clients. */
export class Node {
  readonly #options: NodeOptions;
  readonly #seen = new Set<string>();

  constructor(options: NodeOptions) {
    this.#options = options;
  }

  /** Whether a path belongs to the Cosmos REST. */
  static isLcd(path: string): boolean {
    return path.startsWith("/cosmos/") || path.startsWith("/dydxprotocol/");
  }

  rpc(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    const { path, method } = request;
    if (method === "GET") {
      const name = path.slice(1);
      const result = name === "status" ? this.#status() : name === "health" ? {} : undefined;
      if (result === undefined) return respond({ status: 404, body: "404 page not found" });
      return respond(said(-1, { result }));
    }
    let call: Json;
    try {
      call = JSON.parse(request.body) as Json;
    } catch {
      const error = { code: -32700, message: "Parse error. Invalid JSON", data: "" };
      return respond(said(-1, { error }, 500));
    }
    const { id, params } = call;
    switch (call.method) {
      case "status":
        return respond(said(id, { result: this.#status() }));
      case "health":
        return respond(said(id, { result: {} }));
      case "broadcast_tx_sync":
      case "broadcast_tx_async":
        return this.#broadcast(call.method, id, (params as Json | undefined)?.tx, respond);
    }
    respond(said(id, { error: { code: -32601, message: "Method not found", data: "" } }, 404));
  }

  lcd(request: ServerRequest): ServerResponse {
    const { path } = request;
    const body = this.#lcdBody(path);
    if (body !== undefined) return { status: 200, body: JSON.stringify(body) };
    const message = path.startsWith("/cosmos/auth/")
      ? `account ${path.split("/").at(-1)} not found: key not found`
      : "Not Implemented";
    const found = path.startsWith("/cosmos/auth/");
    return {
      status: found ? 404 : 501,
      body: JSON.stringify({ code: found ? 5 : 12, message, details: [] }),
    };
  }

  #broadcast(
    method: string,
    id: unknown,
    tx: unknown,
    respond: (response: ServerResponse) => void,
  ): void {
    const bytes = bytesOfBase64(tx);
    if (bytes === undefined || bytes.length === 0) {
      const data = "error converting json params to arguments: illegal base64 data";
      return respond(said(id, { error: { code: -32602, message: "Invalid params", data } }, 500));
    }
    const { state, matchMs, checkTx, answered } = this.#options;
    const run = (): void => {
      const hash = hexOf(sha256(bytes)).toUpperCase();
      if (this.#seen.has(hash)) {
        const data = "tx already exists in cache";
        const error = { code: -32603, message: "Internal error", data };
        return respond(said(id, { error }, 500));
      }
      const first = state.random.next() < ANSWER_FIRST;
      const { code, codespace, log } = checkTx(bytes);
      if (!first) answered();
      if (code === 0) this.#remember(hash);
      const result = method === "broadcast_tx_async"
        ? { code: 0, data: "", log: "", codespace: "", hash }
        : { code, data: "", log, codespace, hash };
      respond(said(id, { result }));
      if (first) answered();
    };
    if (matchMs === 0) run();
    else state.exchange.scheduler.after(matchMs, run);
  }

  #remember(hash: string): void {
    this.#seen.add(hash);
    if (this.#seen.size <= CACHE_MAX) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      return;
    }
  }

  #status(): Json {
    const { blocks, chainId } = this.#options.state;
    return {
      node_info: { network: chainId, version: "0.38.15", moniker: "simulated" },
      sync_info: {
        latest_block_height: String(blocks.height),
        latest_block_time: isoMillis(blocks.time),
        catching_up: false,
      },
      validator_info: {},
    };
  }

  #lcdBody(path: string): Json | undefined {
    const { account, authenticators, blocks, chainId, symbols } = this.#options.state;
    switch (path) {
      case `/cosmos/auth/v1beta1/accounts/${account.address}`: {
        const key = btoa(String.fromCharCode(...account.publicKey));
        return {
          account: {
            "@type": "/cosmos.auth.v1beta1.BaseAccount",
            address: account.address,
            pub_key: { "@type": "/cosmos.crypto.secp256k1.PubKey", key },
            account_number: String(account.accountNumber),
            sequence: String(account.sequence),
          },
        };
      }
      case `/dydxprotocol/accountplus/authenticators/${account.address}`:
        return {
          account_authenticators: authenticators.map((each) => ({
            id: String(each.id),
            type: "SignatureVerification",
            config: btoa(String.fromCharCode(...each.publicKey)),
          })),
        };
      case "/cosmos/base/tendermint/v1beta1/blocks/latest": {
        const height = String(blocks.height);
        const header = { chain_id: chainId, height, time: isoMillis(blocks.time) };
        return { block: { header } };
      }
      case "/dydxprotocol/clob/block_rate":
        return BLOCK_RATE;
      case "/dydxprotocol/clob/equity_tier":
        return EQUITY_TIER;
      case "/dydxprotocol/clob/clob_pair":
        return {
          clob_pair: symbols.all.map((each) => ({
            id: each.clobPairId,
            perpetual_clob_metadata: { perpetual_id: each.clobPairId },
            step_base_quantums: String(each.stepBaseQuantums * each.sim.instrument.orderLot),
            subticks_per_tick: each.subticksPerTick * each.sim.instrument.orderTick,
            quantum_conversion_exponent: each.quantumConversionExponent,
            status: each.sim.status === "trading" ? "STATUS_ACTIVE" : "STATUS_PAUSED",
          })),
        };
      case "/dydxprotocol/v4/feetiers/user_fee_tier": {
        const { maker, taker } = symbols.all[0]!.sim.options.fees;
        return {
          index: 8,
          tier: { name: "9", maker_fee_ppm: Number(maker), taker_fee_ppm: Number(taker) },
        };
      }
      case "/dydxprotocol/v4/feetiers/market_fee_discount_params":
        return { params: [] };
    }
    return undefined;
  }
}

const BLOCK_RATE: Json = {
  block_rate_limit_config: {
    max_short_term_order_cancellations_per_n_blocks: [],
    max_stateful_orders_per_n_blocks: [
      { num_blocks: 1, limit: 2 },
      { num_blocks: 100, limit: 20 },
    ],
    max_short_term_orders_and_cancels_per_n_blocks: [{ num_blocks: 5, limit: 4_000 }],
  },
};

/** Collateral in whole units and how many stateful orders it may have open, least first. */
export const EQUITY_TIERS: readonly (readonly [number, number])[] = [
  [0, 0],
  [20, 4],
  [100, 8],
  [1_000, 10],
  [10_000, 100],
  [100_000, 200],
];

const EQUITY_TIER: Json = {
  equity_tier_limit_config: {
    short_term_order_equity_tiers: [],
    stateful_order_equity_tiers: EQUITY_TIERS.map(([usd, limit]) => ({
      usd_tnc_required: String(usd * 1_000_000),
      limit,
    })),
  },
};

function said(id: unknown, content: Json, status = 200): ServerResponse {
  return { status, body: JSON.stringify({ jsonrpc: "2.0", id: id ?? -1, ...content }) };
}

function bytesOfBase64(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  } catch {
    return undefined;
  }
}
