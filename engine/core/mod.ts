/**
 * The deterministic heart: `process(event, out)`.
 *
 * 1. No clock, no chance, no socket, no await.
 * 2. Same events in, same outputs out, byte for byte.
 * @module
 */
export { Engine, type EngineOptions } from "./engine.ts";
export {
  type AccountSlot,
  EngineState,
  type InstrumentSlot,
  isAccountReady,
  type StrategySlot,
  type VenueFacts,
  type VenueSlot,
} from "./engine_state.ts";
export type { AccountTimes } from "./account_steps.ts";
export type { ReportingRates } from "./profit.ts";
export { FLATTEN } from "./flattening.ts";
