/**
 * The house's metrics as Prometheus text: read from counters that exist anyway, at scrape time
 * only.
 * @module
 */
import type { Engine, InstrumentSlot } from "@/engine/core/mod.ts";
import { type InstrumentIndex, moneyToNumber, type Side } from "@/engine/domain/mod.ts";
import { TRADING_MODES } from "@/engine/messages/mod.ts";
import { MetricRegistry, type StageLatencies } from "@/engine/metrics/mod.ts";
import type { Clock, VenueConnector } from "@/engine/ports/mod.ts";
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
  }

  #addInstrument(slot: InstrumentSlot): void {
    this.#known.add(slot.index);
    const registry = this.#registry;
    const { engine, clock } = this.#parts;
    const labels = { venue: slot.venue.id, instrument: slot.instrument.terms.symbol };
    const { feed, book } = slot;
    const { counters } = feed;
    registry.read("touchline_book_usable", labels, () => feed.isUsable ? 1 : 0);
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
    if (slot.audit !== undefined) {
      const { audit } = slot;
      const read = (result: string, count: () => number) =>
        registry.read("touchline_book_audits_total", { ...labels, result }, count);
      read("same", () => audit.done - audit.breaks);
      read("different", () => audit.breaks);
    }
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
}
