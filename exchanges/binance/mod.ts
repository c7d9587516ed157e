/**
 * Binance: spot and USD-M perpetuals, market data in, orders out, account in.
 *
 *   market_stream -> market_decoder -> events        order_encoder -> order_gateway -> venue
 *   account_stream -> account_decoder -> events      account_queries, _rest -> venue -> events
 *
 * 1. Callbacks only; time, chance and sockets come as arguments.
 * 2. An order is sent once; what is not answered is reported lost, never sent again.
 * 3. Spot and perpetual may share a venue symbol; each product has its own sockets and decoders.
 * 4. What the venue lacks is in `capabilities`: spot has no reduce-only and no dead-man switch,
 *    USD-M no
 *    cancel-and-place.
 * @module
 */
import { err, feeRate, ok, type Result } from "@/engine/domain/mod.ts";
import type { Clock, Log, Random, Scheduler, VenueConnector } from "@/engine/ports/mod.ts";
import type { Transport } from "@/exchanges/shared/mod.ts";
import { BinanceConnector, type BinanceFees } from "./connector.ts";
import { addressesOf, type BinanceAddresses, type BinanceNetwork } from "./endpoints.ts";
import { type BinanceCredentials, createSigner, type Signer } from "./signer.ts";

export type { BinanceFees } from "./connector.ts";
export type { BinanceAddresses, BinanceNetwork, ProductAddresses } from "./endpoints.ts";
export { addressesOf } from "./endpoints.ts";
export { type BinanceCredentials, createSigner, type Signer } from "./signer.ts";
export { binanceTools } from "./tools.ts";
export { BinanceMarketDecoder } from "./market_decoder.ts";
export { BinanceAccountDecoder } from "./account_decoder.ts";
export { PerpetualBookSequence, SpotBookSequence } from "./book_sequence.ts";
export { encodeRequest, signedQuery, socketFrame, type WireRequest } from "./order_encoder.ts";
export { BINANCE_RATE_LIMITS } from "./rate_limits.ts";
export { PERPETUAL_ACCOUNT, SPOT_ACCOUNT } from "./instruments.ts";

/** The venue's standard tier: spot 0.10 % each, USD-M 0.02 % maker and 0.05 % taker. */
export const BINANCE_DEFAULT_FEES: BinanceFees = {
  spot: { maker: feeRate(1_000), taker: feeRate(1_000) },
  perpetual: { maker: feeRate(200), taker: feeRate(500) },
};

/** What the connector is built with. */
export interface BinanceOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly transport: Transport;
  readonly log: Log;
  /** Absent: market data only. */
  readonly credentials?: BinanceCredentials;
  /** A network of the venue, or the addresses of a simulated one. */
  readonly at: BinanceNetwork | BinanceAddresses;
  readonly defaultFees?: BinanceFees;
  /** How many connections carry each market stream; default 1. */
  readonly marketConnections?: 1 | 2;
}

/** Builds the connector; refused when the credentials cannot sign. */
export function createBinanceConnector(options: BinanceOptions): Result<VenueConnector> {
  const { clock, scheduler, random, transport, log, credentials, at } = options;
  let signer: Signer | undefined;
  if (credentials !== undefined) {
    const made = createSigner(credentials);
    if (!made.ok) return err(made.error);
    signer = made.value;
  }
  return ok(
    new BinanceConnector({
      clock,
      scheduler,
      random,
      transport,
      log,
      addresses: typeof at === "string" ? addressesOf(at) : at,
      signer,
      fees: options.defaultFees ?? BINANCE_DEFAULT_FEES,
      marketConnections: options.marketConnections ?? 1,
    }),
  );
}
