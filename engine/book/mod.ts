/**
 * Order books (dense round the touch, a B+tree for the rest), and what can be read from them.
 *
 * 1. Prices are whole ticks, sizes whole lots; 0 means that a side is empty.
 * 2. A book applies what it is given; the feed room decides what may be applied.
 * 3. Nothing here allocates in steady state.
 * @module
 */
export { type BookFault, findBookFault } from "./book_checks.ts";
export {
  depthOfLevels,
  depthToPrice,
  imbalance,
  microprice,
  mid,
  readTouch,
  spread,
  sweepAverage,
  sweepPrice,
  type Touch,
  weightedMid,
} from "./book_readings.ts";
export { OrderBook } from "./order_book.ts";
export { LEVEL_NONE, PriceLadder } from "./price_ladder.ts";
export {
  LOG_MODEL,
  power3Model,
  powerModel,
  type QueueModel,
  QueuePosition,
  RISK_AVERSE,
} from "./queue_position.ts";
