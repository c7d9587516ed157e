/**
 * OKX from the server's side: spot and USDT swaps of one unified account over REST and WebSockets.
 *
 * 1. Written from the protocol sheet alone, never from our own client.
 * 2. Signatures, time windows, names and limits are checked as the venue checks them.
 * 3. A frame is built once for all who subscribed to its channel.
 * @module
 */
export type { VenueKey } from "./authentication.ts";
export { OkxDialect, type OkxDialectOptions } from "./okx_dialect.ts";
export {
  createOkxVenue,
  DEFAULT_FEES,
  DEFAULT_INSTRUMENTS,
  type OkxVenue,
  type OkxVenueOptions,
  TRADING_OWNER,
  type VenueInstrument,
} from "./venue.ts";
