/**
 * A status with something in every field, for tests.
 * @module
 */
import type { EngineStatus } from "@/engine/ports/mod.ts";

/** A fresh one. */
export function statusOf(): EngineStatus {
  const line = {
    venue: "binance",
    feed_state: "synchronised",
    usable: true,
    bid_size: "1",
    ask_size: "2",
    average_price: "64200",
    open_orders: 2,
    messages: 100,
    applied: 100,
    gaps: 1,
    resyncs: 1,
    unusable_ms: 250,
  };
  const pnl = {
    realised: "10.001",
    unrealised: "3.456",
    fees: "1.1",
    funding: "0",
    total: "12.345",
  };
  return {
    version: "1.2.3",
    instance_id: "paper",
    mode: "normal",
    mode_reason: "",
    kill_switch: false,
    ready: true,
    instruments: [
      {
        ...line,
        instrument: "BTC-USDT-PERP",
        bid: "64250.1",
        ask: "64250.2",
        own_bid: "64244.9",
        own_ask: "64256.3",
        position: "-0.01",
      },
      {
        ...line,
        instrument: "ETH-USDT-PERP",
        feed_state: "buffering",
        usable: false,
        bid: null,
        ask: null,
        own_bid: null,
        own_ask: null,
        position: "0",
      },
    ],
    open_orders: [{
      venue: "binance",
      instrument: "BTC-USDT-PERP",
      client_order_id: "paper1",
      order_id: "12",
      strategy: "mm_btc",
      side: "buy",
      price: "64244.9",
      size: "0.01",
      filled_size: "0",
      state: "live",
    }],
    strategies: [{ id: "mm_btc", parameters: { half_spread_bp: "1" } }],
    risk_parameters: { loss_max: "1000" },
    alerts: [{
      at: "2026-01-15T00:00:00Z",
      severity: "warning",
      code: "book_gapped",
      text: "deltas are missing",
    }],
    venues: [{
      venue: "binance",
      connected: true,
      messages: 98_765,
      gaps: 1,
      resyncs: 0,
      reconnects: 0,
      rate_limited: 0,
      unusable_ms: 1_500,
      feed_latency_us: { p50: 2_000, p99: 10_000, max: 12_345.678 },
      decode_us: null,
    }],
    orders: {
      placed: 1_234,
      amended: 56,
      filled: 7,
      cancelled: 8,
      rejected: 9,
      expired: 10,
      refused_by_risk: 3,
      in_flight: 2,
      open_at_end: 0,
    },
    fills: 42,
    volume: { USDT: "12345.678" },
    pnl: { currency: "USDT", ...pnl },
    pnl_by_currency: { USDT: pnl },
    positions: [{
      venue: "binance",
      instrument: "BTC-USDT-PERP",
      size: "-0.01",
      average_price: "64200",
    }],
    ledger: { breaks: 0 },
    latency_us: {
      tick_to_order: { count: 10, p50: 85, p99: 1_240, p999: 2_000, max: 1_500_000 },
      empty: { count: 0, p50: 0, p99: 0, p999: 0, max: 0 },
    },
    memory: { rss_mb: 88.2, heap_mb: 20 },
    violations: [],
    uptime_s: 65,
  };
}
