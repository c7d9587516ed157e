/**
 * The whole house on virtual time: a clock that goes when told, and checkers that watch.
 *
 * 1. Same seed, same run, same hash of all outputs.
 * 2. Checkers compare what the engine believes with what the venues hold.
 * @module
 */
export { VirtualClock } from "./virtual_clock.ts";
export {
  checkAccounts,
  checkAgainstVenue,
  checkBook,
  checkResolution,
  checkSelfCross,
  QuoteOnBadBook,
} from "./checkers.ts";
export {
  type SimulatedHouse,
  type SimulationOptions,
  type SimulationOutcome,
  SimulationRunner,
} from "./simulation_runner.ts";
