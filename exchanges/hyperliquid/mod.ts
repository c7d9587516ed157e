/**
 * Hyperliquid: perpetuals and spot, market data in, orders out, account in.
 * @module
 */
export { addressesOf } from "./endpoints.ts";
export { HyperliquidAccountDecoder } from "./account_decoder.ts";
export { HyperliquidMarketDecoder } from "./market_decoder.ts";
export { hyperliquidTools } from "./tools.ts";
