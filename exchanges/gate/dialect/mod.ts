/**
 * Gate from the server's side: spot and USDT perpetuals over REST v4 and WebSockets v4.
 *
 * 1. Written from the protocol sheet alone, never from our own client.
 * 2. Signatures, time windows, names and limits are checked as the venue checks them.
 * 3. A frame is built once for all who subscribed to its channel and read sizes alike.
 * @module
 */
export type { VenueKey } from "./authentication.ts";
export { GateDialect, type GateDialectOptions } from "./gate_dialect.ts";
export {
  createGateVenue,
  DEFAULT_FEES,
  DEFAULT_INSTRUMENTS,
  type GateVenue,
  type GateVenueOptions,
  TRADING_OWNER,
  type VenueInstrument,
} from "./venue.ts";
