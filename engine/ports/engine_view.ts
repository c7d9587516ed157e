/**
 * Read-only picture of the running house, for status block, control API, dashboard and summary.
 *
 * Plain JSON data with CONTRACT.md's names: prices, sizes and money are decimal texts.
 * @module
 */
import type { TradingMode } from "@/engine/messages/mod.ts";

/** One venue's line of the summary. */
export interface VenueStatus {
  venue: string;
  connected: boolean;
  messages: number;
  gaps: number;
  resyncs: number;
  reconnects: number;
  rate_limited: number;
  /** Its books' time without use, all instruments together. */
  unusable_ms: number;
  /** Venue's time to receipt, corrected for the clock offset; null: not measured. */
  feed_latency_us: DurationsLine | null;
  /** Reading a market frame, sampled; null: not measured. */
  decode_us: DurationsLine | null;
}

/** Bounds that half, and all but a hundredth, do not exceed; and the longest; microseconds. */
export interface DurationsLine {
  p50: number;
  p99: number;
  max: number;
}

/** One instrument: book, own quotes, position. */
export interface InstrumentLine {
  venue: string;
  instrument: string;
  feed_state: string;
  usable: boolean;
  bid: string | null;
  bid_size: string | null;
  ask: string | null;
  ask_size: string | null;
  own_bid: string | null;
  own_ask: string | null;
  position: string;
  average_price: string | null;
  open_orders: number;
  messages: number;
  applied: number;
  gaps: number;
  resyncs: number;
  unusable_ms: number;
}

/** One live own order. */
export interface OrderLine {
  venue: string;
  instrument: string;
  client_order_id: string;
  order_id: string | null;
  strategy: string;
  side: string;
  price: string | null;
  size: string;
  filled_size: string;
  state: string;
}

/** Percentiles of one latency, microseconds. */
export interface LatencyLine {
  count: number;
  p50: number;
  p99: number;
  p999: number;
  max: number;
}

/** The summary object of `trade --json` and `simulate --json` (keys may be added, none removed). */
export interface RunSummary {
  venues: VenueStatus[];
  orders: {
    placed: number;
    amended: number;
    filled: number;
    cancelled: number;
    rejected: number;
    expired: number;
    refused_by_risk: number;
    in_flight: number;
    open_at_end: number;
  };
  fills: number;
  volume: Record<string, string>;
  pnl: {
    currency: string;
    realised: string;
    unrealised: string;
    fees: string;
    funding: string;
    total: string;
  };
  pnl_by_currency: Record<
    string,
    { realised: string; unrealised: string; fees: string; funding: string; total: string }
  >;
  positions: { venue: string; instrument: string; size: string; average_price: string | null }[];
  ledger: { breaks: number };
  latency_us: Record<string, LatencyLine>;
  memory: { rss_mb: number; heap_mb: number };
  violations: string[];
  uptime_s: number;
}

/** `/status`: the summary so far plus what is true right now. */
export interface EngineStatus extends RunSummary {
  version: string;
  instance_id: string;
  mode: TradingMode;
  mode_reason: string;
  kill_switch: boolean;
  ready: boolean;
  instruments: InstrumentLine[];
  open_orders: OrderLine[];
  strategies: { id: string; parameters: Record<string, string> }[];
  risk_parameters: Record<string, string>;
  alerts: { at: string; severity: string; code: string; text: string }[];
}

/** Makes pictures of the running house. Never called on the hot path. */
export interface EngineView {
  status(): EngineStatus;
  /** All own orders may be accounted for and quoting is allowed. */
  isReady(): boolean;
  /** The process is alive and its loop turns. */
  isHealthy(): boolean;
}
