/**
 * `EngineEvent`: the closed union of all that can enter the core.
 * @module
 */
import type { FeeSchedule, InstrumentIndex, InstrumentTerms, Micros } from "@/engine/domain/mod.ts";
import type { AccountEvent } from "./account_event.ts";
import type { Command } from "./command.ts";
import type { MarketEvent } from "./market_event.ts";
import type { OrderEvent } from "./order_event.ts";

/** The first event of a session. */
export interface SessionStarted {
  readonly kind: "session_started";
  readonly at: Micros;
  /** Tells own orders from foreign ones. */
  readonly instanceId: string;
  /** Unique per start of this instance, so that client order ids never repeat. */
  readonly startNumber: number;
}

/** An instrument is known, or its terms changed (same index, new grids). */
export interface InstrumentDefined {
  readonly kind: "instrument_defined";
  readonly at: Micros;
  readonly index: InstrumentIndex;
  readonly terms: InstrumentTerms;
  readonly fees: FeeSchedule;
}

/** Time passed. The runner sends one every `timer_ms`; all timeouts of the core hang on it. */
export interface TimerFired {
  readonly kind: "timer";
  readonly at: Micros;
}

/** All that can enter the core. */
export type EngineEvent =
  | MarketEvent
  | OrderEvent
  | AccountEvent
  | Command
  | SessionStarted
  | InstrumentDefined
  | TimerFired;
