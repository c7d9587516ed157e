/**
 * Aster: spot and USDT-margined perpetuals, market data in, orders out, account in.
 *
 *   market_stream -> market_decoder -> events      order_encoder -> order_gateway -> venue
 *   account_stream -> account_decoder -> events    account_queries, _rest -> venue -> events
 *
 * 1. Callbacks only; time, chance and sockets come as arguments.
 * 2. An order is sent once; what is not answered is reported lost, never sent again.
 * 3. Requests are signed by a wallet (v3) or an old API key (v1); orders go over REST alone.
 * 4. The sign of futures fees is learnt from the account's own fills before it is believed.
 * 5. What the venue lacks is in `capabilities`.
 * @module
 */
import { err, feeRate, ok, type Result } from "@/engine/domain/mod.ts";
import type { Clock, Log, Random, Scheduler, VenueConnector } from "@/engine/ports/mod.ts";
import type { Transport } from "@/exchanges/shared/mod.ts";
import { AsterConnector, type AsterFees } from "./connector.ts";
import {
  addressesOf,
  ASTER_NETWORKS,
  type AsterAddresses,
  type AsterNetwork,
} from "./endpoints.ts";
import { type AsterCredentials, createSigner, type Signer } from "./signer.ts";

export type { AsterFees } from "./connector.ts";
export {
  addressesOf,
  type AsterAddresses,
  type AsterNetwork,
  LIVE_CHAIN_ID,
  type ProductAddresses,
  TESTNET_CHAIN_ID,
} from "./endpoints.ts";
export { type AsterCredentials, createSigner, type Signer } from "./signer.ts";
export { asterTools } from "./tools.ts";
export { AsterMarketDecoder } from "./market_decoder.ts";
export { AsterAccountDecoder } from "./account_decoder.ts";
export { sequenceRuleOf } from "./book_sequence.ts";
export { encodeRequest, type WireRequest } from "./order_encoder.ts";
export { ASTER_RATE_LIMITS } from "./rate_limits.ts";
export { PERPETUAL_ACCOUNT, SPOT_ACCOUNT } from "./instruments.ts";

/**
 * Fees until the account's own are known (`commissionRate` tells them): futures 0.01 % maker and
 * 0.035 % taker, spot 0.04 % and 0.1 %.
 */
export const ASTER_DEFAULT_FEES: AsterFees = {
  spot: { maker: feeRate(400), taker: feeRate(1_000) },
  perpetual: { maker: feeRate(100), taker: feeRate(350) },
};

/** What the connector is built with. */
export interface AsterOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly transport: Transport;
  readonly log: Log;
  /** Absent: market data only. */
  readonly credentials?: AsterCredentials;
  /** A network of the venue, or the addresses of a simulated one. */
  readonly at: AsterNetwork | AsterAddresses;
  readonly defaultFees?: AsterFees;
  /** How many connections carry each market stream; default 1. */
  readonly marketConnections?: 1 | 2;
}

/** Builds the connector; refused when the network is none or the credentials cannot sign. */
export function createAsterConnector(options: AsterOptions): Result<VenueConnector> {
  const { credentials, at, defaultFees, ...edges } = options;
  if (typeof at === "string" && !ASTER_NETWORKS.includes(at)) {
    return err(`Cannot connect to aster: wanted live or testnet, found "${at}"`);
  }
  const addresses = typeof at === "string" ? addressesOf(at) : at;
  let signer: Signer | undefined;
  if (credentials !== undefined) {
    const made = createSigner(credentials, addresses.chain_id);
    if (!made.ok) return made;
    signer = made.value;
  }
  const fees = defaultFees ?? ASTER_DEFAULT_FEES;
  const marketConnections = options.marketConnections ?? 1;
  return ok(new AsterConnector({ ...edges, addresses, signer, fees, marketConnections }));
}
