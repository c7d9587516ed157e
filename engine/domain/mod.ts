/**
 * The words: values with one meaning each. Knows no venue, no file and no clock.
 *
 * 1. Prices are whole ticks, sizes whole lots, money whole units of 10^-18.
 * 2. A branded value is made only by its constructor function.
 * @module
 */
export type { Brand } from "./brand.ts";
export { assert, InvariantError, unreachable } from "./assert.ts";
export { type Err, err, type Ok, ok, type Result, unwrap } from "./result.ts";
export { moveByTicks, type Price, price } from "./price.ts";
export {
  addSizes,
  minSize,
  type SignedSize,
  signedSize,
  type Size,
  size,
  SIZE_ZERO,
  subtractSizes,
} from "./size.ts";
export { isBetter, isMarketable, opposite, type Side, signOf } from "./side.ts";
export {
  type AccountKey,
  accountKey,
  type InstrumentIndex,
  instrumentIndex,
  type InstrumentKey,
  instrumentKey,
  isVenueId,
  type Product,
  type Symbol,
  symbolFrom,
  symbolOf,
  symbolParts,
  VENUE_IDS,
  type VenueId,
  venueOfAccount,
  type VenueSymbol,
  venueSymbolOf,
} from "./symbol.ts";
export {
  type ClientOrderId,
  clientOrderId,
  type FillId,
  fillId,
  type StrategyId,
  strategyId,
  type TradeId,
  tradeId,
  type VenueOrderId,
  venueOrderId,
} from "./ids.ts";
export {
  isoText,
  type Micros,
  micros,
  MICROS_UNKNOWN,
  microsFromMillis,
  millisFromMicros,
  type Nanos,
  nanos,
} from "./time.ts";
export {
  INSTRUMENT_STATUSES,
  type InstrumentTradingStatus,
  isTerminalStatus,
  type Liquidity,
  ORDER_STATUSES,
  ORDER_TYPES,
  type OrderStatus,
  type OrderType,
  type TimeInForce,
  TIMES_IN_FORCE,
} from "./order_terms.ts";
export {
  type Money,
  money,
  MONEY_SCALE,
  MONEY_ZERO,
  moneyFromNumber,
  moneyFromText,
  moneyToNumber,
  moneyToText,
  mulDivHalfEven,
} from "./money.ts";
export { decimalToText, type ExactDecimal, parseDecimal } from "./decimal_text.ts";
export { feeFraction, type FeeRate, feeRate, type FeeSchedule } from "./fee_schedule.ts";
export {
  createInstrument,
  type Grid,
  Instrument,
  type InstrumentTerms,
  stepsFromText,
  stepsToText,
} from "./instrument.ts";
export { areSameTerms, changedTerms } from "./changed_terms.ts";
export { notional, notionalValue } from "./notional.ts";
