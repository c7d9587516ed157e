/**
 * The sockets in the wall: interfaces that other rooms implement. Holds no code.
 * @module
 */
export type { Clock, Random, Scheduler, TimerId } from "./clock.ts";
export type { Log, LogFields, LogLevel } from "./log.ts";
export type { ChecksummedBook, SequenceRule, SequenceVerdict } from "./sequence_rule.ts";
export type { StreamKind, StreamThresholds } from "./stream_thresholds.ts";
export type { DecodeOutcome, EventReceiver, MarketDecoder, WireDecoder } from "./wire_decoder.ts";
export type {
  ConnectorCounters,
  DurationCounts,
  ListedInstrument,
  RateLimitRule,
  RefreshedInstrument,
  RequestKind,
  SendOutcome,
  VenueCapabilities,
  VenueConnector,
} from "./venue_connector.ts";
export type { BookView, MarketView, OrderView } from "./market_view.ts";
export type { MarketCause, QuoteBoard, Strategy } from "./strategy.ts";
export type { LedgerLine, Refused, RiskCounters, RiskGate } from "./risk_gate.ts";
export type { EventSink, OutputSink } from "./event_sink.ts";
export type {
  DurationsLine,
  EngineStatus,
  EngineView,
  InstrumentLine,
  LatencyLine,
  OrderLine,
  RunSummary,
  VenueStatus,
} from "./engine_view.ts";
export type { EncodedRequest, VenueTools } from "./venue_tools.ts";
export type {
  PaperVenueSetup,
  PaperWorld,
  PaperWorldSetup,
  RecordingFile,
  TrueAccount,
  TrueTouch,
  VenueTruth,
} from "./paper_world.ts";
