/**
 * OKX: spot and linear swaps on one unified account.
 * @module
 */
export { okxTools } from "./tools.ts";
export { OkxMarketDecoder } from "./market_decoder.ts";
export { OkxAccountDecoder } from "./account_decoder.ts";
export { OkxBookSequence } from "./book_sequence.ts";
export { bookChecksum } from "./book_checksum.ts";
