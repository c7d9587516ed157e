/**
 * A venue of our own on the venue's own wire: accounts, matching, faults, servers.
 *
 * 1. Names no venue: what is said on the wire is a `WireDialect`'s business.
 * 2. Money is conserved: what an account gains, the rest of the market or the venue's till loses.
 * 3. Time, chance and sockets come as arguments.
 * @module
 */
export type {
  ServerRequest,
  ServerResponse,
  ServerSession,
  ServerSocket,
  WireDialect,
} from "./dialect.ts";
export {
  FAULT_KINDS,
  FAULT_LEVELS,
  type FaultKind,
  type FaultLevel,
  RARE_FAULTS,
} from "./fault_kinds.ts";
export {
  FaultPlan,
  type FaultPlanOptions,
  type FaultRule,
  faultRules,
  wireFaults,
} from "./fault_plan.ts";
export { faultRuleFromRequest } from "./fault_request.ts";
export { KnownSigners } from "./known_signers.ts";
export { ServedSnapshots } from "./served_snapshots.ts";
export { LevelBatch } from "./level_batch.ts";
export {
  BackgroundSource,
  type BackgroundSourceOptions,
  type MarketSource,
  quietSource,
  RecordedSource,
  type RecordedSourceOptions,
} from "./market_source.ts";
export {
  changeFromRequest,
  changeInstrument,
  type InstrumentChange,
  type SpareDecimals,
} from "./instrument_change.ts";
export { BackgroundFlow, type BackgroundFlowOptions } from "./background_flow.ts";
export type {
  AgentAccount,
  BackgroundAgent,
  BackgroundMarketOptions,
} from "./background_market.ts";
export { type BackgroundProfile, backgroundProfile } from "./background_profile.ts";
export { type RecordedEvent, RecordedFlow, type RecordedFlowOptions } from "./recorded_flow.ts";
export {
  entryPriceOf,
  type SimBalance,
  type SimMargin,
  type SimPosition,
  SimUser,
  SimWallet,
  unrealisedOf,
} from "./sim_accounts.ts";
export { lotsForValue } from "./sim_checks.ts";
export { SimInstrument, type SimInstrumentOptions, type SimPrint } from "./sim_instrument.ts";
export { SimOrderStore } from "./sim_orders.ts";
export { reviewPlace } from "./sim_review.ts";
export { type ExchangeTruth, levelsOf, type TrueBalance, type TrueBook } from "./sim_truth.ts";
export {
  type ExchangeListener,
  SIM_REJECTS,
  type SimAccountCause,
  type SimAccountChange,
  type SimAmend,
  type SimEnd,
  type SimFill,
  type SimOrder,
  type SimOrderCause,
  type SimPlace,
  type SimReject,
  type SimUserOptions,
} from "./sim_types.ts";
export { SimulatedExchange, type SimulatedExchangeOptions } from "./simulated_exchange.ts";
export { MemoryWire, type MemoryWireOptions, type WireLatency } from "./memory_wire.ts";
export { SocketListeningTransport } from "./socket_server.ts";
export {
  type DialectServer,
  type Fate,
  serveDialect,
  type ServeOptions,
  type WireFaults,
} from "./wire_server.ts";
