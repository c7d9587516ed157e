/**
 * Gate: the pure pieces.
 * @module
 */
export { gateTools } from "./tools.ts";
export { GateMarketDecoder } from "./market_decoder.ts";
export { GateAccountDecoder } from "./account_decoder.ts";
export { GateBookSequence } from "./book_sequence.ts";
export { FUTURES_ACCOUNT, SPOT_ACCOUNT } from "./instruments.ts";
