/**
 * Gate: spot and USDT perpetuals, market data in, orders out, account in.
 *
 *   market_stream -> market_decoder -> events        order_encoder -> order_gateway -> venue
 *   account_stream -> account_decoder -> events      account_queries, _rest -> venue -> events
 *
 * 1. Callbacks only; time, chance and sockets come as arguments.
 * 2. An order is sent once; a receipt (`ack`) is not acceptance, and what is not answered is
 *    reported lost, never sent again.
 * 3. Both products have the same symbols: each has its own sockets, decoders and wallet.
 * 4. Futures sizes are contracts, as texts (`X-Gate-Size-Decimal`); the contract size is the
 *    instrument's.
 * 5. What the venue lacks is in `capabilities`: no cancel-and-place, no reduce-only on spot.
 * @module
 */
import { err, feeRate, ok, type Result } from "@/engine/domain/mod.ts";
import type { Clock, Log, Random, Scheduler, VenueConnector } from "@/engine/ports/mod.ts";
import type { Transport } from "@/exchanges/shared/mod.ts";
import { GateConnector, type GateFees } from "./connector.ts";
import { addressesOf, type GateAddresses, type GateNetwork } from "./endpoints.ts";
import type { DepthChannel } from "./market_stream.ts";
import { createSigner, type GateCredentials, type Signer } from "./signer.ts";

export type { GateFees } from "./connector.ts";
export type { GateAddresses, GateNetwork, ProductAddresses } from "./endpoints.ts";
export { addressesOf } from "./endpoints.ts";
export type { DepthChannel } from "./market_stream.ts";
export { createSigner, type GateCredentials, restHeaders, type Signer } from "./signer.ts";
export { gateTools } from "./tools.ts";
export { GateMarketDecoder } from "./market_decoder.ts";
export { GateAccountDecoder } from "./account_decoder.ts";
export { GateBookSequence } from "./book_sequence.ts";
export { encodeRequest, socketFrame, type WireRequest } from "./order_encoder.ts";
export { GATE_RATE_LIMITS } from "./rate_limits.ts";
export { FUTURES_ACCOUNT, SPOT_ACCOUNT } from "./instruments.ts";

/** The venue's first tier: spot 0.20 % each, futures 0.02 % maker and 0.05 % taker. */
export const GATE_DEFAULT_FEES: GateFees = {
  spot: { maker: feeRate(2_000), taker: feeRate(2_000) },
  perpetual: { maker: feeRate(200), taker: feeRate(500) },
};

/** What the connector is built with. */
export interface GateOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly transport: Transport;
  readonly log: Log;
  /** Absent: market data only. */
  readonly credentials?: GateCredentials;
  /** A network of the venue, or the addresses of a simulated one. */
  readonly at: GateNetwork | GateAddresses;
  readonly defaultFees?: GateFees;
  /** Where books come from; default `obu`, which needs no REST snapshot. */
  readonly depth?: DepthChannel;
  /** How many connections carry each market stream; default 1. */
  readonly marketConnections?: 1 | 2;
}

/** Builds the connector; refused when the credentials cannot sign. */
export function createGateConnector(options: GateOptions): Result<VenueConnector> {
  const { clock, scheduler, random, transport, log, credentials, at } = options;
  let signer: Signer | undefined;
  if (credentials !== undefined) {
    const made = createSigner(credentials);
    if (!made.ok) return err(made.error);
    signer = made.value;
  }
  return ok(
    new GateConnector({
      clock,
      scheduler,
      random,
      transport,
      log,
      addresses: typeof at === "string" ? addressesOf(at) : at,
      signer,
      fees: options.defaultFees ?? GATE_DEFAULT_FEES,
      depth: options.depth ?? "obu",
      marketConnections: options.marketConnections ?? 1,
    }),
  );
}
