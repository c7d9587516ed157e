/**
 * `EngineOutput`: the closed union of all the core may ask for.
 * @module
 */
import type { InstrumentIndex, Micros, StrategyId } from "@/engine/domain/mod.ts";
import type { RiskyRequest, SendableRequest } from "./order_request.ts";

/** How much trading is allowed (MARKETS.md section 5). */
export const TRADING_MODES = ["normal", "caution", "reduce_only", "paused", "halted"] as const;
export type TradingMode = (typeof TRADING_MODES)[number];

/** The book of an instrument needs a fresh snapshot (or, by stream, a new subscription). */
export interface RequestSnapshot {
  readonly kind: "request_snapshot";
  readonly instrument: InstrumentIndex;
  readonly reason: string;
}

/** A book is to be compared with the venue's answer, by `book_check`; the stream is not touched. */
export interface RequestBookCheck {
  readonly kind: "request_book_check";
  readonly instrument: InstrumentIndex;
  readonly reason: "audit" | "quiet" | "suspicion";
}

/** Something a person should know. `code` is stable and low in number; `text` is for reading. */
export interface Alert {
  readonly kind: "alert";
  readonly severity: "info" | "warning" | "critical";
  readonly code: string;
  readonly text: string;
}

/** The trading mode moved. */
export interface ModeChanged {
  readonly kind: "mode_changed";
  readonly from: TradingMode;
  readonly to: TradingMode;
  readonly reason: string;
  readonly by: string;
}

/** A request did not leave: the risk gate or the rate budget said no. */
export interface OrderRefused {
  readonly kind: "order_refused";
  readonly request: RiskyRequest["kind"];
  readonly instrument: InstrumentIndex;
  readonly strategy: StrategyId;
  /** The rule's code, for example `order_size_max`. */
  readonly code: string;
  readonly text: string;
}

/** All the core may ask for. `at` of the causing event orders them in the journal. */
export type EngineOutput =
  | SendableRequest
  | RequestSnapshot
  | RequestBookCheck
  | Alert
  | ModeChanged
  | OrderRefused;

/** An output with the time of the event that caused it, as the journal keeps it. */
export interface TimedOutput {
  readonly at: Micros;
  readonly output: EngineOutput;
}
