/**
 * Aster from the server's side: perpetuals and spot over REST and streams.
 *
 * 1. Written from the venue's documents alone, never from our own client.
 * 2. Wallets, secrets, nonces, times, filters and limits are checked as the venue checks them.
 * 3. A frame is built once for all who subscribed to its stream.
 * @module
 */
export type { VenueKey } from "./authentication.ts";
export { AsterDialect, type AsterDialectOptions } from "./aster_dialect.ts";
export {
  type AsterVenue,
  type AsterVenueOptions,
  createAsterVenue,
  DEFAULT_FEES,
  DEFAULT_INSTRUMENTS,
  TRADING_OWNER,
  type VenueInstrument,
} from "./venue.ts";
