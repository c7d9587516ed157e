/**
 * The rulebook, in running order: the first no wins.
 *
 * 1. Rules are pure questions; the gate prepares what they ask and acts on what they say.
 * 2. What is cheap and constant comes first, what walks over orders comes late.
 * 3. A new rule is one file, one line here and one table of cases in its test.
 * @module
 */
import { buyingPower } from "./buying_power.ts";
import { grossExposure } from "./gross_exposure.ts";
import { instrumentStatus } from "./instrument_status.ts";
import { lossLimit } from "./loss_limit.ts";
import { messageRate } from "./message_rate.ts";
import { openOrderLimit } from "./open_order_limit.ts";
import { orderSize } from "./order_size.ts";
import { positionLimit } from "./position_limit.ts";
import { priceCollar } from "./price_collar.ts";
import type { RiskRule } from "./rule.ts";
import { selfCross } from "./self_cross.ts";
import { staleMarket } from "./stale_market.ts";
import { tradingMode } from "./trading_mode.ts";

/** Every rule, in running order. */
export const rulebook: readonly RiskRule[] = [
  tradingMode,
  instrumentStatus,
  staleMarket,
  orderSize,
  priceCollar,
  positionLimit,
  openOrderLimit,
  lossLimit,
  messageRate,
  selfCross,
  buyingPower,
  grossExposure,
];

export { LOSS_CAUTION_FROM, LOSS_HALT_FROM, LOSS_REDUCE_FROM } from "./loss_limit.ts";
export { RequestWindow } from "./message_rate.ts";
export { type OrderUnderReview, type RiskRule } from "./rule.ts";
export {
  type InstrumentLimits,
  limitsFor,
  REQUESTS_PER_SECOND_MAX,
  riskLimitDefaults,
  type RiskLimits,
  riskLimits,
} from "./risk_limits.ts";
