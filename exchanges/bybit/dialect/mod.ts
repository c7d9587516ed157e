/**
 * Bybit from the server's side: spot and linear perpetuals of one unified account.
 *
 * 1. Written from the protocol sheet alone, never from our own client.
 * 2. Signatures, time windows, names and limits are checked as the venue checks them.
 * 3. A frame is built once for all who subscribed to its topic.
 * @module
 */
export type { VenueKey } from "./authentication.ts";
export { BybitDialect, type BybitDialectOptions } from "./bybit_dialect.ts";
export {
  type BybitVenue,
  type BybitVenueOptions,
  createBybitVenue,
  DEFAULT_FEES,
  DEFAULT_INSTRUMENTS,
  TRADING_OWNER,
  type VenueInstrument,
} from "./venue.ts";
