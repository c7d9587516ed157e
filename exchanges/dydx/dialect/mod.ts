/**
 * dYdX from the server's side: indexer REST and WebSocket, a validator's JSON-RPC and its LCD.
 *
 * 1. Written from the protocol sheet alone, never from our own client.
 * 2. Transactions are decoded and their signatures verified byte for byte.
 * 3. A node's "code 0" is no more than its own check; fills are final with their block.
 * @module
 */
export { DydxDialect, type DydxDialectOptions } from "./dydx_dialect.ts";
export {
  createDydxVenue,
  DEFAULT_FEES,
  DEFAULT_INSTRUMENTS,
  type DydxVenue,
  type DydxVenueOptions,
  TRADING_OWNER,
  type VenueInstrument,
} from "./venue.ts";
export type { Authenticator } from "./venue_state.ts";
