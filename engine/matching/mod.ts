/**
 * Markets for simulation and backtest: orders against orders (`MatchingEngine`), or our orders in
 * the queues of a recording (`RecordedMarket`). Both answer through one `MarketListener`.
 *
 * 1. Price-time priority; a trade is made at the resting price; size is conserved.
 * 2. A market's state is complete before its listener hears of it, so listeners may act at once.
 * 3. No clock, no chance: the same calls give the same events.
 * @module
 */
export type {
  Market,
  MarketListener,
  MarketOrder,
  MatchedTrade,
  RemovalReason,
  SelfTradePolicy,
} from "./market.ts";
export { MatchingEngine, type MatchingOptions } from "./matching_engine.ts";
export {
  type QueueModelName,
  RecordedMarket,
  type RecordedMarketOptions,
} from "./recorded_market.ts";
export { TRADING_PHASES, type TradingPhase } from "./trading_phase.ts";
