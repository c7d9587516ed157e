/**
 * All metric names in one place, with type and help, as Prometheus wants them: base units, `_total`
 * for what only grows. Labels name venues and instruments, never ids, so their number is bounded.
 * @module
 */

export type MetricType = "counter" | "gauge" | "summary" | "histogram";

/** What a metric is. */
export interface MetricDefinition {
  readonly type: MetricType;
  readonly help: string;
}

/** Name to definition. */
export const METRICS = {
  touchline_build_info: { type: "gauge", help: "1, labelled with version and mode." },
  touchline_uptime_seconds: { type: "gauge", help: "Seconds since start." },
  touchline_ready: {
    type: "gauge",
    help: "1 when orders are accounted for and quoting is allowed.",
  },
  touchline_trading_mode: { type: "gauge", help: "1 for the trading mode in force." },
  touchline_kill_switch: { type: "gauge", help: "1 while the kill switch is latched." },
  touchline_venue_connected: { type: "gauge", help: "1 while the venue's links are up." },
  touchline_messages_total: { type: "counter", help: "Frames received from a venue." },
  touchline_bytes_total: { type: "counter", help: "Bytes received from a venue." },
  touchline_frames_refused_total: { type: "counter", help: "Frames that could not be understood." },
  touchline_frames_ignored_total: { type: "counter", help: "Frames left out on purpose." },
  touchline_reconnects_total: { type: "counter", help: "Connections made again." },
  touchline_rate_limited_total: { type: "counter", help: "Refusals for speaking too often." },
  touchline_decode_seconds: {
    type: "histogram",
    help: "Time to read a market frame, sampled, without what its events cause.",
  },
  touchline_clock_offset_seconds: { type: "gauge", help: "A venue's clock less ours." },
  touchline_feed_latency_seconds: {
    type: "histogram",
    help: "Venue's time of a book message to its receipt, corrected for the clock offset.",
  },
  touchline_feed_latency_negative_total: {
    type: "counter",
    help: "Feed latencies below zero (clock offset uncertain), counted as zero.",
  },
  touchline_stream_stale: { type: "gauge", help: "1 while a stream is silent for too long." },
  touchline_stream_stale_total: { type: "counter", help: "Times a stream fell silent." },
  touchline_book_messages_total: { type: "counter", help: "Snapshots and deltas of a book." },
  touchline_book_behind_touch_total: {
    type: "counter",
    help: "Times a book stayed behind the venue's own best bid and ask.",
  },
  touchline_book_interruptions_total: {
    type: "counter",
    help: "Times a connector said that something was or may have been missed.",
  },
  touchline_book_checksum_failures_total: {
    type: "counter",
    help: "Times a book did not have the venue's checksum.",
  },
  touchline_book_snapshot_requests_total: {
    type: "counter",
    help: "Snapshots or new subscriptions asked for.",
  },
  touchline_book_touch_disagreements_total: {
    type: "counter",
    help: "Times a book's touch was not the venue's own of the same sequence.",
  },
  touchline_book_usable: { type: "gauge", help: "1 while one may quote on the book." },
  touchline_book_applied_total: { type: "counter", help: "Snapshots and deltas applied." },
  touchline_book_ignored_total: { type: "counter", help: "Snapshots and deltas left out." },
  touchline_book_gaps_total: { type: "counter", help: "Gaps in a book's sequence." },
  touchline_book_resyncs_total: { type: "counter", help: "Times a book was made true again." },
  touchline_book_audits_total: {
    type: "counter",
    help: "Comparisons with a fresh snapshot, by result.",
  },
  touchline_book_crossed_total: { type: "counter", help: "Times a book became crossed." },
  touchline_book_unusable_seconds_total: {
    type: "counter",
    help: "Seconds in which one might not quote on the book.",
  },
  touchline_best_price: { type: "gauge", help: "Best price of a side, in quote currency." },
  touchline_own_price: { type: "gauge", help: "Own best price of a side, in quote currency." },
  touchline_position_base: { type: "gauge", help: "Signed position in base currency." },
  touchline_open_orders: { type: "gauge", help: "Own orders that may still trade." },
  touchline_orders_total: { type: "counter", help: "Own orders by what became of them." },
  touchline_orders_in_flight: { type: "gauge", help: "Requests without an answer yet." },
  touchline_orders_refused_total: { type: "counter", help: "Requests that the risk gate refused." },
  touchline_fills_total: { type: "counter", help: "Own executions." },
  touchline_volume_total: { type: "counter", help: "Value traded, by currency." },
  touchline_pnl: { type: "gauge", help: "Profit and loss since start, by part." },
  touchline_ledger_breaks_total: {
    type: "counter",
    help: "Disagreements of the shadow ledger with the portfolio.",
  },
  touchline_violations_total: { type: "counter", help: "Broken invariants." },
  touchline_latency_seconds: { type: "summary", help: "Time a stage of the path took." },
  touchline_journal_records_total: { type: "counter", help: "Records appended to the journal." },
  touchline_journal_bytes_total: { type: "counter", help: "Bytes handed to the journal's sink." },
  touchline_journal_backlog_bytes: { type: "gauge", help: "Journal bytes not written yet." },
  touchline_inbox_events: { type: "gauge", help: "Events that wait in the inbox." },
  touchline_events_conflated_total: {
    type: "counter",
    help: "Deltas merged because we were behind.",
  },
  touchline_alerts_total: { type: "counter", help: "Alerts by severity." },
  touchline_log_lines_dropped_total: {
    type: "counter",
    help: "Log lines that could not be written.",
  },
  touchline_resident_bytes: { type: "gauge", help: "Resident memory." },
  touchline_heap_bytes: { type: "gauge", help: "Memory used on the JavaScript heap." },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** A metric that exists. */
export type MetricName = keyof typeof METRICS;
