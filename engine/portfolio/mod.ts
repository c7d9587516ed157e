/**
 * What we own and what it earned, exactly: positions, balances, fees, funding, valuation.
 *
 * 1. Money is whole units of 10^-18 of one currency; no float holds an amount that counts.
 * 2. Only fills move positions, only once each; fees and funding are kept in their own assets.
 * 3. `realised - cost = cash` on every position at every moment.
 * @module
 */
export { type Balance, BalanceKeeper, type MovementKind } from "./balances.ts";
export { MoneyByAsset } from "./money_by_asset.ts";
export { Position } from "./position.ts";
export { type InstrumentBook, PositionKeeper, type StrategyBook } from "./position_keeper.ts";
export {
  configuredRates,
  type ConvertedProfit,
  convertProfit,
  type Exposure,
  exposureByCurrency,
  marketValue,
  type MarkOf,
  midMoney,
  priceMoney,
  profitByCurrency,
  type ProfitLine,
  type RateOf,
  unrealised,
} from "./valuation.ts";
