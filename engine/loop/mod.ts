/**
 * Live runner: one event at a time through the core, on whatever clock it is given.
 *
 * 1. `process` is never entered twice; what arrives meanwhile waits, and own orders never get lost.
 * 2. Orders leave before anything is journalled as output, logged or counted.
 * 3. Every run ends in order: cancel, wait, flush; a broken house ends by the last resort.
 * @module
 */
export { copyOfMarketEvent, isMarketEvent } from "./conflation.ts";
export { FeedLatencies, type FeedLatency } from "./feed_latencies.ts";
export { House, type HouseOptions } from "./house.ts";
export { HouseStatus, type StatusParts, symbolTextOf } from "./house_status.ts";
export { Inbox } from "./inbox.ts";
export { InstrumentRefresh, type InstrumentRefreshOptions } from "./instrument_refresh.ts";
export { LastResort, type LastResortOptions } from "./last_resort.ts";
export { LiveClock } from "./live_clock.ts";
export {
  type EventProcessor,
  LiveRunner,
  type RunnerLatencies,
  type RunnerOptions,
} from "./live_runner.ts";
export { type Notices, OutputRouter, type VenueOfInstrument } from "./output_router.ts";
export { type RunEnd, type RunOptions, runUntilEnd } from "./run_until_end.ts";
export {
  type DefinedInstrument,
  Session,
  type SessionOptions,
  type SessionVenue,
} from "./session.ts";
