/**
 * Aster: spot and USDT-margined perpetuals, market data in, orders out, account in.
 * @module
 */
export { asterTools } from "./tools.ts";
