/**
 * Two-sided quoting: fair value, skew, half-spread, ladder and guards, joined by `MarketMaker`.
 *
 * 1. A strategy wishes; it never sends. Risk and the quote differ come after it.
 * 2. It quotes only on a book that is usable, without counting its own orders in it.
 * 3. Parameters change all or nothing.
 * @module
 */
export { createMarketMaker, MarketMaker, type MarketMakerSetup } from "./market_maker.ts";
export {
  FAIR_VALUE_KINDS,
  type FairValueKind,
  LEVELS_MAX,
  type MarketMakerOptions,
  marketMakingDefaults,
  marketMakingParameters,
} from "./market_making_parameters.ts";
