/**
 * Bybit: spot and linear (USDT) perpetuals, market data in, orders out, account in.
 * @module
 */
export { bybitTools } from "./tools.ts";
export { BybitMarketDecoder } from "./market_decoder.ts";
export { BybitAccountDecoder } from "./account_decoder.ts";
export { BybitBookSequence } from "./book_sequence.ts";
