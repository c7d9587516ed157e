/**
 * The picture of the running house: status block, `/status` and the summary.
 *
 * Built on demand from the core's state and the connectors' counters; never on the hot path.
 * @module
 */
import type { Engine, InstrumentSlot } from "@/engine/core/mod.ts";
import {
  type InstrumentIndex,
  isoText,
  type Micros,
  type Money,
  moneyToText,
  type Price,
} from "@/engine/domain/mod.ts";
import type { Alert } from "@/engine/messages/mod.ts";
import type { StageLatencies } from "@/engine/metrics/mod.ts";
import type {
  Clock,
  DurationCounts,
  DurationsLine,
  EngineStatus,
  EngineView,
  InstrumentLine,
  OrderLine,
  RunSummary,
  VenueConnector,
  VenueStatus,
} from "@/engine/ports/mod.ts";
import type { FeedLatencies } from "./feed_latencies.ts";

/** What the picture is made of. */
export interface StatusParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly startedAt: () => Micros;
  readonly version: string;
  readonly instanceId: string;
  readonly connectors: readonly VenueConnector[];
  /** By the summary's names. */
  readonly latencies: StageLatencies;
  readonly feedLatencies: FeedLatencies;
  readonly memory: () => { readonly rss: number; readonly heapUsed: number };
  readonly violations: () => readonly string[];
  readonly isRunning: () => boolean;
}

const ALERTS_MAX = 50;
const UNHEALTHY_AFTER_MICROS = 5_000_000;
const MEGABYTE = 1_048_576;

interface SeenAlert {
  readonly at: Micros;
  readonly alert: Alert;
}

/** Makes pictures. */
export class HouseStatus implements EngineView {
  readonly #parts: StatusParts;
  readonly #alerts: SeenAlert[] = [];

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  /** Remembers an alert for the status page; the oldest go first. */
  noteAlert(alert: Alert, at: Micros): void {
    this.#alerts.push({ at, alert });
    if (this.#alerts.length > ALERTS_MAX) this.#alerts.shift();
  }

  /** The loop turns: the core saw an event (a timer at least) in the last seconds. */
  isHealthy(): boolean {
    const { engine, clock, isRunning } = this.#parts;
    return !isRunning() || clock.now() - engine.state.now < UNHEALTHY_AFTER_MICROS;
  }

  isReady(): boolean {
    const { engine, isRunning } = this.#parts;
    if (!isRunning() || !engine.modes.mayQuote) return false;
    const ready = engine.state.accounts.filter((one) => one.streamUp && one.reconciled);
    return ready.length > 0 && engine.state.instruments.some((slot) => slot?.feed.isUsable);
  }

  summary(): RunSummary {
    const { engine, clock, startedAt, memory, violations, latencies } = this.#parts;
    const counted = engine.orders.counters;
    const used = memory();
    const { currency } = engine.profit.rates;
    const byCurrency = engine.profit.byCurrency();
    return {
      venues: this.#parts.connectors.map((connector) => this.#venueLine(connector)),
      orders: {
        placed: counted.placed,
        amended: counted.amended,
        filled: counted.filled,
        cancelled: counted.cancelled,
        rejected: counted.rejected,
        expired: counted.expired,
        refused_by_risk: engine.risk.counters.refused,
        in_flight: counted.inFlight,
        open_at_end: counted.open,
      },
      fills: engine.positions.fills,
      volume: Object.fromEntries(
        [...engine.positions.volume().entries()].map(([asset, sum]) => [asset, moneyToText(sum)]),
      ),
      pnl: { currency, ...profitTexts(engine.profit.converted().line) },
      pnl_by_currency: Object.fromEntries(
        [...byCurrency].map(([asset, line]) => [asset, profitTexts(line)]),
      ),
      positions: this.#positions(),
      ledger: { breaks: engine.risk.counters.ledgerBreaks },
      latency_us: latencies.lines(),
      memory: { rss_mb: round1(used.rss / MEGABYTE), heap_mb: round1(used.heapUsed / MEGABYTE) },
      violations: [...violations()],
      uptime_s: startedAt() === 0 ? 0 : Math.round((clock.now() - startedAt()) / 1e5) / 10,
    };
  }

  status(): EngineStatus {
    const { engine, version, instanceId, clock } = this.#parts;
    return {
      ...this.summary(),
      version,
      instance_id: instanceId,
      mode: engine.modes.mode,
      mode_reason: engine.modes.reason,
      kill_switch: engine.risk.mode === "halted",
      ready: this.isReady(),
      instruments: slotsOf(engine).map((slot) => instrumentLine(engine, slot, clock.now())),
      open_orders: this.#openOrders(),
      strategies: engine.state.strategies.map(({ strategy }) => ({
        id: strategy.id,
        parameters: { ...strategy.parameters() },
      })),
      risk_parameters: { ...engine.risk.parameters() },
      alerts: this.#alerts.map(({ at, alert }) => ({
        at: isoText(at),
        severity: alert.severity,
        code: alert.code,
        text: alert.text,
      })),
    };
  }

  #venueLine(connector: VenueConnector): VenueStatus {
    const { engine } = this.#parts;
    const venue = engine.state.venue(connector.venue);
    let gaps = 0;
    let resyncs = 0;
    let unusableMs = 0;
    for (const slot of slotsOf(engine)) {
      if (slot.venue.id !== connector.venue) continue;
      gaps += slot.feed.counters.gaps;
      resyncs += slot.feed.counters.resyncs;
      unusableMs += slot.feed.unusableMs(this.#parts.clock.now());
    }
    const { messages, reconnects, rateLimited } = connector.counters;
    return {
      venue: connector.venue,
      connected: venue?.isUp ?? false,
      messages,
      gaps,
      resyncs,
      reconnects,
      rate_limited: rateLimited,
      unusable_ms: Math.round(unusableMs),
      feed_latency_us: durationsLine(this.#parts.feedLatencies.ofVenue(connector.venue)),
      decode_us: durationsLine(connector.counters.decodeTimes),
    };
  }

  #positions(): RunSummary["positions"] {
    const { engine } = this.#parts;
    return slotsOf(engine)
      .filter((slot) => engine.positions.size(slot.index) !== 0)
      .map((slot) => ({
        venue: slot.venue.id,
        instrument: slot.instrument.terms.symbol,
        size: slot.instrument.baseSizeText(engine.positions.size(slot.index)),
        average_price: averageText(engine, slot),
      }));
  }

  #openOrders(): OrderLine[] {
    const { engine } = this.#parts;
    return engine.orders.unsettled().filter((order) => !order.isTerminal).flatMap((order) => {
      const slot = engine.state.slot(order.instrument);
      if (slot === undefined) return [];
      const { instrument } = slot;
      return [{
        venue: slot.venue.id,
        instrument: instrument.terms.symbol,
        client_order_id: order.clientOrderId,
        order_id: order.venueOrderId ?? null,
        strategy: order.strategy,
        side: order.side,
        price: order.price === undefined ? null : instrument.priceText(order.price),
        size: instrument.baseSizeText(order.size),
        filled_size: instrument.baseSizeText(order.filledSize),
        state: order.state,
      }];
    });
  }
}

function slotsOf(engine: Engine): InstrumentSlot[] {
  return engine.state.instruments.filter((slot) => slot !== undefined);
}

function instrumentLine(engine: Engine, slot: InstrumentSlot, now: Micros): InstrumentLine {
  const { book, feed, instrument } = slot;
  const price = (ticks: number) => ticks > 0 ? instrument.priceText(ticks as Price) : null;
  const size = (lots: number) => lots > 0 ? instrument.baseSizeText(lots) : null;
  return {
    venue: slot.venue.id,
    instrument: instrument.terms.symbol,
    feed_state: feed.state,
    usable: feed.isUsable,
    bid: price(book.bestBid),
    bid_size: size(book.bestBidSize),
    ask: price(book.bestAsk),
    ask_size: size(book.bestAskSize),
    own_bid: price(engine.orders.ownBest(slot.index, "buy")),
    own_ask: price(engine.orders.ownBest(slot.index, "sell")),
    position: instrument.baseSizeText(engine.positions.size(slot.index)),
    average_price: averageText(engine, slot),
    open_orders: engine.orders.openOrderCount(slot.index),
    messages: feed.counters.messages,
    applied: feed.counters.applied,
    gaps: feed.counters.gaps,
    resyncs: feed.counters.resyncs,
    unusable_ms: Math.round(feed.unusableMs(now)),
  };
}

/** Average entry to a tenth of a tick: the exact figure has up to 18 decimals. */
function averageText(engine: Engine, slot: InstrumentSlot): string | null {
  const average = engine.positions.book(slot.index)?.position.averagePrice(slot.instrument);
  if (average === undefined) return null;
  const digits = 10n ** BigInt(18 - Math.min(18, slot.instrument.priceGrid.scale + 2));
  return moneyToText((average / digits * digits) as Money);
}

function profitTexts(line: {
  readonly realised: Money;
  readonly unrealised: Money;
  readonly fees: Money;
  readonly funding: Money;
  readonly total: Money;
}): { realised: string; unrealised: string; fees: string; funding: string; total: string } {
  return {
    realised: moneyToText(line.realised),
    unrealised: moneyToText(line.unrealised),
    fees: moneyToText(line.fees),
    funding: moneyToText(line.funding),
    total: moneyToText(line.total),
  };
}

function durationsLine(times: DurationCounts | undefined): DurationsLine | null {
  if (times === undefined || times.count === 0) return null;
  const micros = (nanos: number) => Math.round(nanos) / 1_000;
  return {
    p50: micros(times.quantile(0.5)),
    p99: micros(times.quantile(0.99)),
    max: micros(times.longest),
  };
}

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}

/** For callers that know an instrument by index only. */
export function symbolTextOf(engine: Engine, index: InstrumentIndex): string {
  return engine.state.slot(index)?.instrument.key ?? `instrument ${index}`;
}
