/**
 * Hyperliquid from the server's side: perpetuals and spot of one account over `/info`, `/exchange`
 * and one WebSocket address.
 *
 * 1. Written from the protocol sheet alone, never from our own client.
 * 2. Signers, nonces, names, grids and limits are checked as the venue checks them.
 * 3. Actions are carried out block by block, post-only orders and cancels before takers.
 * @module
 */
export { HyperliquidDialect, type HyperliquidDialectOptions } from "./hyperliquid_dialect.ts";
export { actionHash, l1Digest, recoverAddress, userDigest } from "./signatures.ts";
export {
  createHyperliquidVenue,
  DEFAULT_FEES,
  DEFAULT_INSTRUMENTS,
  type HyperliquidVenue,
  type HyperliquidVenueOptions,
  TRADING_OWNER,
  type VenueInstrument,
} from "./venue.ts";
