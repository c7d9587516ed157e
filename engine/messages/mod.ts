/**
 * What is said between rooms: kinds and fields as CONTRACT.md names them. Holds no behaviour.
 *
 * 1. Every union is closed and told apart by `kind`.
 * 2. Market events may be reused scratch objects, valid during the call; all others are immutable.
 * @module
 */
export { LevelBuffer, type Levels } from "./level_buffer.ts";
export {
  type BestBidAsk,
  type BookCheck,
  type BookDelta,
  type BookSnapshot,
  type FeedInterrupted,
  type FeedInterruption,
  type Funding,
  type InstrumentStatus,
  type MarketEvent,
  type MarkPrice,
  SEQUENCE_NONE,
  type Trade,
} from "./market_event.ts";
export type {
  AmendOrder,
  Approved,
  ArmDeadMan,
  CancelAll,
  CancelOrder,
  OrderRequest,
  PlaceOrder,
  QueryAccount,
  QueryFills,
  QueryOrder,
  ReplaceOrder,
  RiskyRequest,
  SendableRequest,
} from "./order_request.ts";
export { REJECT_REASONS, type RejectReason } from "./reject_reason.ts";
export type {
  Fill,
  OrderEvent,
  OrderNotFound,
  OrderUpdate,
  RequestLost,
  RequestRefused,
} from "./order_event.ts";
export type {
  AccountEvent,
  AccountReport,
  BalanceUpdate,
  ConnectionChanged,
  FundingPayment,
  PositionUpdate,
  RateLimitReport,
} from "./account_event.ts";
export { type Command, COMMAND_NAMES, type CommandName } from "./command.ts";
export type { EngineEvent, InstrumentDefined, SessionStarted, TimerFired } from "./engine_event.ts";
export {
  type Alert,
  type EngineOutput,
  type ModeChanged,
  type OrderRefused,
  type RequestBookCheck,
  type RequestSnapshot,
  type TimedOutput,
  TRADING_MODES,
  type TradingMode,
} from "./engine_output.ts";
