/**
 * dYdX v4: perpetuals of the dYdX chain; market data in, orders out, account in.
 *
 *   market_stream -> market_decoder -> events        order_encoder -> order_gateway -> a node
 *   account_stream -> account_decoder -> events      account_queries, _indexer -> indexer -> events
 *
 * 1. Two halves: a validator's node takes signed transactions and says only that it checked them;
 *    the indexer reports books, orders and fills. Nothing is final before its block.
 * 2. Callbacks only; time, chance and sockets come as arguments.
 * 3. An order is handed in once; what is not answered is reported lost, never handed in again.
 * 4. Books are uncrossed before anyone sees them.
 * @module
 */
import { err, feeRate, type FeeSchedule, ok, type Result } from "@/engine/domain/mod.ts";
import type { Clock, Log, Random, Scheduler, VenueConnector } from "@/engine/ports/mod.ts";
import type { Transport } from "@/exchanges/shared/mod.ts";
import { DydxConnector } from "./connector.ts";
import {
  addressesOf,
  type DydxAddresses,
  type DydxNetwork,
  resolvedAddresses,
} from "./endpoints.ts";
import { createSigner, type DydxCredentials, type Signer } from "./signer.ts";

export type { DydxAddresses, DydxNetwork, DydxProductAddresses } from "./endpoints.ts";
export { addressesOf } from "./endpoints.ts";
export { createSigner, type DydxCredentials, type Signer, type TxTerms } from "./signer.ts";
export { dydxTools } from "./tools.ts";
export { DydxMarketDecoder } from "./market_decoder.ts";
export { DydxAccountDecoder } from "./account_decoder.ts";
export { DydxBookSequence } from "./book_sequence.ts";
export { encodeRequest, type WireOrder } from "./order_encoder.ts";
export { DYDX_CAPABILITIES } from "./capabilities.ts";
export { DYDX_RATE_LIMITS } from "./rate_limits.ts";
export { DYDX_ACCOUNT } from "./instruments.ts";

/** The lowest tier: 1 bp maker, 5 bp taker. */
export const DYDX_DEFAULT_FEES: FeeSchedule = { maker: feeRate(100), taker: feeRate(500) };

/** What the connector is built with. */
export interface DydxOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly transport: Transport;
  readonly log: Log;
  /** Absent: market data only. */
  readonly credentials?: DydxCredentials;
  /** A network of the venue, or the addresses of a simulated one. */
  readonly at: DydxNetwork | DydxAddresses;
  readonly defaultFees?: FeeSchedule;
  /** How many connections carry each market stream; default 1. */
  readonly marketConnections?: 1 | 2;
}

/** Builds the connector; refused when the credentials cannot sign. */
export function createDydxConnector(options: DydxOptions): Result<VenueConnector> {
  const { clock, scheduler, random, transport, log, credentials, at } = options;
  let signer: Signer | undefined;
  if (credentials !== undefined) {
    const made = createSigner(credentials);
    if (!made.ok) return err(made.error);
    signer = made.value;
  }
  return ok(
    new DydxConnector({
      clock,
      scheduler,
      random,
      transport,
      log,
      addresses: resolvedAddresses(typeof at === "string" ? addressesOf(at) : at),
      signer,
      fees: options.defaultFees ?? DYDX_DEFAULT_FEES,
      marketConnections: options.marketConnections ?? 1,
    }),
  );
}
