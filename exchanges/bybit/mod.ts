/**
 * Bybit: spot and linear (USDT) perpetuals, market data in, orders out, account in.
 *
 *   market_stream -> market_decoder -> events        order_encoder -> order_gateway -> venue
 *   account_stream -> account_decoder -> events      account_queries, _rest -> venue -> events
 *
 * 1. Callbacks only; time, chance and sockets come as arguments.
 * 2. An order is sent once; what is not answered is reported lost, never sent again.
 * 3. `retCode` 0 acknowledges and accepts nothing: an order's state comes from the private stream
 *    or from a question.
 * 4. Spot and linear share symbols and one account; each has its own public socket and decoder.
 * 5. What the venue lacks is in `capabilities`: no cancel-and-place, no dead-man switch for all.
 * @module
 */
import { err, feeRate, ok, type Result } from "@/engine/domain/mod.ts";
import type { Clock, Log, Random, Scheduler, VenueConnector } from "@/engine/ports/mod.ts";
import type { Transport } from "@/exchanges/shared/mod.ts";
import type { DepthContinuity } from "./book_sequence.ts";
import { BybitConnector, type BybitFees } from "./connector.ts";
import { addressesOf, type BybitAddresses, type BybitNetwork } from "./endpoints.ts";
import { type BybitCredentials, createSigner, type Signer } from "./signer.ts";

export type { BybitFees } from "./connector.ts";
export type { BybitAddresses, BybitNetwork, ProductAddresses } from "./endpoints.ts";
export { addressesOf } from "./endpoints.ts";
export { type BybitCredentials, createSigner, type Signer } from "./signer.ts";
export { bybitTools } from "./tools.ts";
export { BybitMarketDecoder } from "./market_decoder.ts";
export { BybitAccountDecoder } from "./account_decoder.ts";
export { BybitBookSequence, type DepthContinuity } from "./book_sequence.ts";
export { encodeRequest, socketFrame, type WireRequest } from "./order_encoder.ts";
export { BYBIT_RATE_LIMITS } from "./rate_limits.ts";
export { BYBIT_CAPABILITIES } from "./capabilities.ts";
export { UNIFIED_ACCOUNT } from "./instruments.ts";

/** The venue's standard tier: spot 0.10 % each, linear 0.02 % maker and 0.055 % taker. */
export const BYBIT_DEFAULT_FEES: BybitFees = {
  spot: { maker: feeRate(1_000), taker: feeRate(1_000) },
  perpetual: { maker: feeRate(200), taker: feeRate(550) },
};

/** What the connector is built with. */
export interface BybitOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly transport: Transport;
  readonly log: Log;
  /** Absent: market data only. */
  readonly credentials?: BybitCredentials;
  /** A network of the venue, or the addresses of a simulated one. */
  readonly at: BybitNetwork | BybitAddresses;
  readonly defaultFees?: BybitFees;
  /** How update ids of books are judged; default: each one counts. */
  readonly depthContinuity?: DepthContinuity;
  /** How many connections carry each market topic; default 1. */
  readonly marketConnections?: 1 | 2;
}

/** Builds the connector; refused when the credentials cannot sign. */
export function createBybitConnector(options: BybitOptions): Result<VenueConnector> {
  const { clock, scheduler, random, transport, log, credentials, at } = options;
  let signer: Signer | undefined;
  if (credentials !== undefined) {
    const made = createSigner(credentials);
    if (!made.ok) return err(made.error);
    signer = made.value;
  }
  return ok(
    new BybitConnector({
      clock,
      scheduler,
      random,
      transport,
      log,
      addresses: typeof at === "string" ? addressesOf(at) : at,
      signer,
      fees: options.defaultFees ?? BYBIT_DEFAULT_FEES,
      continuity: options.depthContinuity ?? "contiguous",
      marketConnections: options.marketConnections ?? 1,
    }),
  );
}
