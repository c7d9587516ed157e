/**
 * Hyperliquid: perpetuals and spot, market data in, orders out, account in.
 *
 *   market_stream -> market_decoder -> events        order_encoder -> _actions -> order_gateway
 *   account_stream -> account_decoder -> events      account_queries, _rest -> venue -> events
 *
 * 1. Callbacks only; time, chance and sockets come as arguments.
 * 2. An action is sent once; what is not answered is reported lost, never sent again.
 * 3. There are no sequences: books are ordered by block time and judged by their silence.
 * 4. Nonces never repeat; the bytes hashed are those that are sent.
 * 5. What the venue lacks is in `capabilities`: no amend in place, no cancel-all, no fill-or-kill.
 * @module
 */
import { err, feeRate, ok, type Result } from "@/engine/domain/mod.ts";
import type { Clock, Log, Random, Scheduler, VenueConnector } from "@/engine/ports/mod.ts";
import type { Transport } from "@/exchanges/shared/mod.ts";
import { HyperliquidConnector, type HyperliquidFees, type Trader } from "./connector.ts";
import {
  addressesFrom,
  addressesOf,
  type GivenAddresses,
  type HyperliquidNetwork,
} from "./endpoints.ts";
import { createRecoverableSigner } from "./signer.ts";

export type { HyperliquidFees } from "./connector.ts";
export {
  addressesFrom,
  addressesOf,
  type GivenAddresses,
  type HyperliquidAddresses,
  type HyperliquidNetwork,
} from "./endpoints.ts";
export {
  createRecoverableSigner,
  l1Digest,
  l1Hash,
  type L1Payload,
  type Network,
  type RecoverableSignature,
  type RecoverableSigner,
  signL1,
  type WireAction,
} from "./signer.ts";
export { NonceSource } from "./_actions.ts";
export { hyperliquidTools } from "./tools.ts";
export { HyperliquidMarketDecoder } from "./market_decoder.ts";
export { HyperliquidAccountDecoder } from "./account_decoder.ts";
export { HyperliquidBookSequence } from "./book_sequence.ts";
export { encodeRequest } from "./order_encoder.ts";
export { HYPERLIQUID_RATE_LIMITS } from "./rate_limits.ts";
export { UNIFIED_ACCOUNT } from "./instruments.ts";

/** The venue's base tier: perpetuals 0.015 % and 0.045 %, spot 0.040 % and 0.070 %. */
export const HYPERLIQUID_DEFAULT_FEES: HyperliquidFees = {
  spot: { maker: feeRate(400), taker: feeRate(700) },
  perpetual: { maker: feeRate(150), taker: feeRate(450) },
};

/** Who trades; addresses are `0x` and forty hex digits. */
export interface HyperliquidCredentials {
  /** Of the account itself, or of an agent it approved. */
  readonly privateKey: string;
  /** The account, where the key is an agent's; absent: the venue is asked. */
  readonly accountAddress?: string;
  /** A vault or sub-account to act for. */
  readonly vaultAddress?: string;
}

/** What the connector is built with. */
export interface HyperliquidOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly transport: Transport;
  readonly log: Log;
  /** Absent: market data only. */
  readonly credentials?: HyperliquidCredentials;
  /** A network of the venue, or the addresses of a simulated one. */
  readonly at: HyperliquidNetwork | GivenAddresses;
  readonly defaultFees?: HyperliquidFees;
  /** How many connections carry each market stream; default 1. */
  readonly marketConnections?: 1 | 2;
}

/** Builds the connector; refused when credentials or addresses cannot be read. */
export function createHyperliquidConnector(options: HyperliquidOptions): Result<VenueConnector> {
  const { clock, scheduler, random, transport, log, credentials, at } = options;
  const addresses = typeof at === "string" ? addressesOf(at) : addressesFrom(at);
  if (addresses === undefined) {
    return err('Cannot reach hyperliquid: wanted addresses "rest" and "public_ws", found others');
  }
  const trader = credentials === undefined ? ok(undefined) : traderOf(credentials);
  if (!trader.ok) return trader;
  return ok(
    new HyperliquidConnector({
      clock,
      scheduler,
      random,
      transport,
      log,
      addresses,
      trader: trader.value,
      fees: options.defaultFees ?? HYPERLIQUID_DEFAULT_FEES,
      marketConnections: options.marketConnections ?? 1,
    }),
  );
}

function traderOf(credentials: HyperliquidCredentials): Result<Trader> {
  const signer = createRecoverableSigner(credentials.privateKey);
  if (!signer.ok) return signer;
  const account = credentials.accountAddress?.toLowerCase();
  const vault = credentials.vaultAddress?.toLowerCase();
  for (const address of [account, vault]) {
    if (address !== undefined && !/^0x[0-9a-f]{40}$/.test(address)) {
      return err("Cannot trade on hyperliquid: wanted an address of 0x and 40 hex digits");
    }
  }
  return ok({ signer: signer.value, account, vault });
}
