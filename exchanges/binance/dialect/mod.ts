/**
 * Binance from the server's side: spot and USD-M over REST, streams and the WebSocket API.
 *
 * 1. Written from the venue's documents alone, never from our own client.
 * 2. Signatures, time windows, filters and limits are checked as the venue checks them.
 * 3. A frame is built once for all who subscribed to its stream.
 * @module
 */
export type { VenueKey } from "./authentication.ts";
export { BinanceDialect, type BinanceDialectOptions } from "./binance_dialect.ts";
export {
  type BinanceVenue,
  type BinanceVenueOptions,
  createBinanceVenue,
  DEFAULT_FEES,
  DEFAULT_INSTRUMENTS,
  TRADING_OWNER,
  type VenueInstrument,
} from "./venue.ts";
