/**
 * What the clients of several venues do in the very same way, above the transports of
 * `exchanges/shared`: JSON trees and amounts read without trust, texts of orders, trouble told
 * once, sessions opened and counted, connection attempts bounded. No venue's name in it.
 *
 * 1. A piece stands here only where every user wants it exactly so; a venue that differs keeps its
 *    own.
 * 2. Nothing here throws on what a venue sent.
 * @module
 */
export { isPositive, plain, positiveMoney, priceOf, sizeOf } from "./amounts.ts";
export { BookChecks, type BookQuestion, type CheckAnswer, checkAnswer } from "./book_checks.ts";
export {
  type ClientContext,
  countingReconnects,
  type Session,
  type SessionEdges,
  sessionOpener,
  type SessionPlan,
} from "./client_context.ts";
export { type ConnectionBudget, connectionBudget } from "./connection_budget.ts";
export { DecodeMeter } from "./decode_meter.ts";
export {
  decimalField,
  idField,
  integerField,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  textField,
  textOf,
} from "./json_values.ts";
export { type BookNumbering, LineMerge, type MergeOptions } from "./line_merge.ts";
export {
  type LineCount,
  type LinePlan,
  type LinesHandler,
  type MarketLine,
  MarketLines,
  type MarketLinesOptions,
} from "./market_lines.ts";
export { isFormerNumbering, isNewNumbering, NumberingClock } from "./numbering.ts";
export { OnceLog } from "./once_log.ts";
export { offGrid, stepsText } from "./order_steps.ts";
export { RecentKeys } from "./recent_keys.ts";
