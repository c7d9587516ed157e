/**
 * OKX: spot and linear swaps on one unified account, market data in, orders out, account in.
 *
 *   market_stream -> market_decoder -> events        order_encoder -> order_gateway -> venue
 *   account_stream -> account_decoder -> events      account_queries, _rest -> venue -> events
 *
 * 1. Callbacks only; time, chance and sockets come as arguments.
 * 2. An order is sent once; what is not answered is reported lost, never sent again.
 * 3. A yes of the venue (`sCode` "0") moves no order: its channel tells what became of it.
 * 4. Sizes of swaps are contracts; `contractSize` says how much base currency one is.
 * 5. The account must be in net mode; the venue has no cancel-and-place and no cancel-all.
 * @module
 */
import { err, feeRate, ok, type Result } from "@/engine/domain/mod.ts";
import type { Clock, Log, Random, Scheduler, VenueConnector } from "@/engine/ports/mod.ts";
import type { Transport } from "@/exchanges/shared/mod.ts";
import { OkxConnector, type OkxFees } from "./connector.ts";
import { addressesOf, type OkxAddresses, type OkxNetwork } from "./endpoints.ts";
import { TRADE_MODES_DEFAULT } from "./order_encoder.ts";
import { createSigner, type OkxCredentials, type Signer } from "./signer.ts";

export type { OkxFees } from "./connector.ts";
export type { OkxAddresses, OkxNetwork, ProductAddresses } from "./endpoints.ts";
export { addressesOf } from "./endpoints.ts";
export { createSigner, type OkxCredentials, type Signer } from "./signer.ts";
export { okxTools } from "./tools.ts";
export { OkxMarketDecoder } from "./market_decoder.ts";
export { OkxAccountDecoder } from "./account_decoder.ts";
export { OkxBookSequence } from "./book_sequence.ts";
export { bookChecksum } from "./book_checksum.ts";
export {
  encodeRequest,
  restBody,
  socketFrame,
  type TradeModes,
  type WireRequest,
} from "./order_encoder.ts";
export { OKX_RATE_LIMITS } from "./rate_limits.ts";
export { OKX_CAPABILITIES } from "./capabilities.ts";
export { UNIFIED_ACCOUNT } from "./instruments.ts";

/** The venue's regular tier 1: spot 0.08 % and 0.10 %, swaps 0.02 % and 0.05 %. */
export const OKX_DEFAULT_FEES: OkxFees = {
  spot: { maker: feeRate(800), taker: feeRate(1_000) },
  perpetual: { maker: feeRate(200), taker: feeRate(500) },
};

/** What the connector is built with. */
export interface OkxOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly transport: Transport;
  readonly log: Log;
  /** Absent: market data only. */
  readonly credentials?: OkxCredentials;
  /** A network of the venue, or the addresses of a simulated one or of a region. */
  readonly at: OkxNetwork | OkxAddresses;
  readonly defaultFees?: OkxFees;
  /** How swaps are margined; default cross. */
  readonly marginMode?: "cross" | "isolated";
  /** 1 to 16 letters and digits put on every order: the dead-man switch then spares all others. */
  readonly orderTag?: string;
  /** How many connections carry each market channel; default 1. */
  readonly marketConnections?: 1 | 2;
}

/** Builds the connector; refused when the credentials cannot sign. */
export function createOkxConnector(options: OkxOptions): Result<VenueConnector> {
  const { clock, scheduler, random, transport, log, credentials, at, orderTag } = options;
  if (orderTag !== undefined && !/^[A-Za-z0-9]{1,16}$/.test(orderTag)) {
    return err(`Cannot build okx: wanted a tag of 1 to 16 letters and digits, found "${orderTag}"`);
  }
  let signer: Signer | undefined;
  if (credentials !== undefined) {
    const made = createSigner(credentials);
    if (!made.ok) return err(made.error);
    signer = made.value;
  }
  return ok(
    new OkxConnector({
      clock,
      scheduler,
      random,
      transport,
      log,
      addresses: typeof at === "string" ? addressesOf(at) : at,
      signer,
      fees: options.defaultFees ?? OKX_DEFAULT_FEES,
      modes: {
        ...TRADE_MODES_DEFAULT,
        perpetual: options.marginMode ?? "cross",
        tag: orderTag,
      },
      marketConnections: options.marketConnections ?? 1,
    }),
  );
}
