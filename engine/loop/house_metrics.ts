/**
 * The house's metrics as Prometheus text: read from counters that exist anyway, at scrape time
 * only.
 * @module
 */
import type { Engine, InstrumentSlot } from "@/engine/core/mod.ts";
import { type InstrumentIndex, moneyToNumber, type Side } from "@/engine/domain/mod.ts";
import { TRADING_MODES } from "@/engine/messages/mod.ts";
import { type Labels, MetricRegistry, type StageLatencies } from "@/engine/metrics/mod.ts";
import type { Clock, VenueConnector } from "@/engine/ports/mod.ts";
import type { FeedLatencies } from "./feed_latencies.ts";
import type { HouseStatus } from "./house_status.ts";
import type { LiveRunner } from "./live_runner.ts";

/** What metrics read. */
export interface MetricParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly runner: LiveRunner;
  readonly status: HouseStatus;
  readonly connectors: readonly VenueConnector[];
  readonly latencies: StageLatencies;
  readonly feedLatencies: FeedLatencies;
  readonly version: string;
  readonly mode: string;
  readonly startedAt: () => number;
  readonly memory: () => { readonly rss: number; readonly heapUsed: number };
  readonly journal: () => { readonly records: number; readonly bytes: number };
}

/** Renders on demand. */
export class HouseMetrics {
  readonly #parts: MetricParts;
  readonly #registry = new MetricRegistry();
  readonly #known = new Set<InstrumentIndex>();
  readonly #stages = new Set<string>();
  /** Venues whose decode times are shown. */
  readonly #decoding = new Set<string>();
  readonly #measured = new Set<InstrumentIndex>();

  constructor(parts: MetricParts) {
    this.#parts = parts;
    this.#addHouse();
    this.#addOrders();
    for (const connector of parts.connectors) this.#addVenue(connector);
  }

  /** Prometheus text exposition. */
  render(): string {
    const { engine, latencies } = this.#parts;
    for (const slot of engine.state.instruments) {
      if (slot !== undefined && !this.#known.has(slot.index)) this.#addInstrument(slot);
    }
    for (const slot of engine.state.instruments) {
      if (slot !== undefined) this.#addLatency(slot);
    }
    for (const { venue, counters } of this.#parts.connectors) {
      if (counters.decodeTimes === undefined || this.#decoding.has(venue)) continue;
      this.#decoding.add(venue);
      this.#registry.durations("touchline_decode_seconds", { venue }, counters.decodeTimes);
    }
    for (const [stage, histogram] of latencies.entries()) {
      if (this.#stages.has(stage)) continue;
      this.#stages.add(stage);
      this.#registry.latency("touchline_latency_seconds", { stage }, histogram);
    }
    for (const [asset, sum] of engine.positions.volume().entries()) {
      this.#registry.read("touchline_volume_total", { asset }, () => moneyToNumber(sum));
    }
    return this.#registry.render();
  }

  #addHouse(): void {
    const registry = this.#registry;
    const { engine, clock, status, version, mode, startedAt, memory, journal } = this.#parts;
    registry.read("touchline_build_info", { version, mode }, () => 1);
    registry.read("touchline_uptime_seconds", {}, () => (clock.now() - startedAt()) / 1e6);
    registry.read("touchline_ready", {}, () => status.isReady() ? 1 : 0);
    for (const one of TRADING_MODES) {
      registry.read(
        "touchline_trading_mode",
        { mode: one },
        () => engine.modes.mode === one ? 1 : 0,
      );
    }
    registry.read("touchline_kill_switch", {}, () => engine.risk.mode === "halted" ? 1 : 0);
    registry.read("touchline_ledger_breaks_total", {}, () => engine.risk.counters.ledgerBreaks);
    registry.read("touchline_resident_bytes", {}, () => memory().rss);
    registry.read("touchline_heap_bytes", {}, () => memory().heapUsed);
    registry.read("touchline_journal_records_total", {}, () => journal().records);
    registry.read("touchline_journal_bytes_total", {}, () => journal().bytes);
    for (const part of ["realised", "unrealised", "fees", "funding"] as const) {
      registry.read(
        "touchline_pnl",
        { part, currency: engine.profit.rates.currency },
        () => engine.profit.now()[part],
      );
    }
  }

  #addOrders(): void {
    const registry = this.#registry;
    const { engine } = this.#parts;
    const counted = engine.orders.counters;
    for (
      const outcome of ["placed", "amended", "filled", "cancelled", "rejected", "expired"] as const
    ) {
      registry.read("touchline_orders_total", { outcome }, () => counted[outcome]);
    }
    registry.read("touchline_orders_in_flight", {}, () => counted.inFlight);
    registry.read("touchline_orders_refused_total", {}, () => engine.risk.counters.refused);
    registry.read("touchline_fills_total", {}, () => engine.positions.fills);
  }

  #addVenue(connector: VenueConnector): void {
    const registry = this.#registry;
    const { engine } = this.#parts;
    const { venue, counters } = connector;
    registry.read(
      "touchline_venue_connected",
      { venue },
      () => engine.state.venue(venue)?.isUp === true ? 1 : 0,
    );
    registry.read("touchline_messages_total", { venue }, () => counters.messages);
    registry.read("touchline_bytes_total", { venue }, () => counters.bytes);
    registry.read("touchline_frames_refused_total", { venue }, () => counters.refusedFrames);
    registry.read("touchline_frames_ignored_total", { venue }, () => counters.ignoredFrames);
    registry.read("touchline_reconnects_total", { venue }, () => counters.reconnects);
    registry.read("touchline_rate_limited_total", { venue }, () => counters.rateLimited);
    registry.read(
      "touchline_clock_offset_seconds",
      { venue },
      () => connector.clockOffsetMicros() / 1e6,
    );
  }

  #addInstrument(slot: InstrumentSlot): void {
    this.#known.add(slot.index);
    const registry = this.#registry;
    const { engine, clock } = this.#parts;
    const labels = labelsOf(slot);
    const { feed, book } = slot;
    const { counters } = feed;
    registry.read("touchline_book_usable", labels, () => feed.isUsable ? 1 : 0);
    registry.read("touchline_book_messages_total", labels, () => counters.messages);
    registry.read("touchline_book_applied_total", labels, () => counters.applied);
    registry.read("touchline_book_ignored_total", labels, () => counters.ignored);
    registry.read("touchline_book_gaps_total", labels, () => counters.gaps);
    registry.read("touchline_book_resyncs_total", labels, () => counters.resyncs);
    registry.read("touchline_book_crossed_total", labels, () => counters.crossed);
    registry.read(
      "touchline_book_unusable_seconds_total",
      labels,
      () => feed.unusableMs(clock.now()) / 1e3,
    );
    registry.read("touchline_book_interruptions_total", labels, () => counters.interruptions);
    registry.read("touchline_book_behind_touch_total", labels, () => counters.behindTouch);
    registry.read(
      "touchline_book_checksum_failures_total",
      labels,
      () => counters.checksumFailures,
    );
    registry.read(
      "touchline_book_snapshot_requests_total",
      labels,
      () => counters.snapshotRequests,
    );
    registry.read(
      "touchline_book_touch_disagreements_total",
      labels,
      () => counters.touchDisagreements,
    );
    this.#addAudits(slot, labels);
    this.#addStreams(slot, labels);
    const best = (side: Side) => slot.instrument.priceValue(book.ladder(side).best);
    const own = (side: Side) => slot.instrument.priceValue(engine.orders.ownBest(slot.index, side));
    for (const side of ["buy", "sell"] as const) {
      registry.read("touchline_best_price", { ...labels, side }, () => best(side));
      registry.read("touchline_own_price", { ...labels, side }, () => own(side));
    }
    registry.read(
      "touchline_position_base",
      labels,
      () => slot.instrument.sizeValue(engine.positions.size(slot.index)),
    );
    registry.read("touchline_open_orders", labels, () => engine.orders.openOrderCount(slot.index));
  }

  #addAudits({ audit, check }: InstrumentSlot, labels: Labels): void {
    const read = (result: string, count: () => number) =>
      this.#registry.read("touchline_book_audits_total", { ...labels, result }, count);
    const spliced = audit ?? { done: 0, breaks: 0 };
    read("same", () => spliced.done - spliced.breaks + check.done - check.breaks - check.unclear);
    read("different", () => spliced.breaks + check.breaks);
    read("unclear", () => check.unclear);
  }

  #addStreams({ feed, streams }: InstrumentSlot, labels: Labels): void {
    const { engine } = this.#parts;
    const read = (stream: string, isStale: () => boolean, times: () => number) => {
      const of = { ...labels, stream };
      this.#registry.read("touchline_stream_stale", of, () => isStale() ? 1 : 0);
      this.#registry.read("touchline_stream_stale_total", of, times);
    };
    read("book", () => feed.state === "silent", () => feed.counters.silences);
    if (streams.thresholds.best_bid_ask !== Infinity) {
      read("best_bid_ask", () => feed.isBehindTouch, () => feed.counters.behindTouch);
    }
    for (const stream of ["mark_price", "funding", "trades"] as const) {
      if (streams.thresholds[stream] === Infinity) continue;
      read(
        stream,
        () => streams.isStale(stream, engine.state.now),
        () => streams.turnedStale[stream],
      );
    }
  }

  #addLatency(slot: InstrumentSlot): void {
    const latency = this.#parts.feedLatencies.of(slot.index);
    if (latency === undefined || this.#measured.has(slot.index)) return;
    this.#measured.add(slot.index);
    const labels = labelsOf(slot);
    this.#registry.durations("touchline_feed_latency_seconds", labels, latency.times);
    this.#registry.read(
      "touchline_feed_latency_negative_total",
      labels,
      () => latency.negative,
    );
  }
}

function labelsOf({ venue, instrument }: InstrumentSlot): Labels {
  return { venue: venue.id, instrument: instrument.terms.symbol };
}
