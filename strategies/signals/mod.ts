/**
 * Numbers computed from the market: means, volatility, touch readings, flow.
 *
 * 1. A signal that is not known is absent by a flag; it is never zero and never the last value.
 * 2. Signals are floats: they inform prices, they never are money.
 * 3. Time comes as an argument; a stamp that goes back counts as no time.
 * 4. Nothing is allocated after construction.
 * @module
 */
export { DecayedSum, Ewma } from "./ewma.ts";
export {
  RealizedVolatility,
  VOLATILITY_FLOOR_BP,
  VOLATILITY_STEPS_MIN,
} from "./realized_volatility.ts";
export { DepthImbalance, TouchReadings } from "./touch_readings.ts";
export { OrderFlowImbalance } from "./order_flow_imbalance.ts";
export { TradeFlow } from "./trade_flow.ts";
