/**
 * How long a venue's word was on its way: its own time of a book message to our receipt, by
 * instrument, on one clock.
 *
 *   latency = receipt - (venue's time - clock offset)          offset: venue's clock less ours
 *
 * 1. Deltas, touches and pushed snapshots count; answers to questions are as old as they like.
 * 2. Where a venue's book messages carry no time its trades count, unless they are history.
 * 3. The offset is uncertain by half a round trip: what comes out below zero counts as zero and is
 *    counted beside.
 * @module
 */
import { DurationHistogram } from "@/engine/collections/mod.ts";
import type { Engine } from "@/engine/core/mod.ts";
import type { InstrumentIndex, VenueId } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { VenueConnector } from "@/engine/ports/mod.ts";

/** Upper bounds, nanoseconds. */
const BOUNDS: readonly number[] = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]
  .map((milliseconds) => milliseconds * 1e6);
/** Trades of a subscription's first answer are older than this. */
const HISTORY_MICROS = 10_000_000;

/** A venue's clock less ours, microseconds; read anew with each timer. */
interface VenueOffset {
  readonly connector: VenueConnector;
  micros: number;
}

/** What was measured of one instrument. */
export interface FeedLatency {
  readonly venue: VenueId;
  readonly times: DurationHistogram;
  /** Came out below zero. */
  negative: number;
  hasBookTimes: boolean;
  readonly offset: VenueOffset;
}

/** Measures all instruments. */
export class FeedLatencies {
  readonly #engine: Engine;
  readonly #offsets = new Map<VenueId, VenueOffset>();
  readonly #latencies: (FeedLatency | undefined)[] = [];

  constructor(engine: Engine, connectors: readonly VenueConnector[]) {
    this.#engine = engine;
    for (const connector of connectors) {
      this.#offsets.set(connector.venue, { connector, micros: 0 });
    }
  }

  /** Takes every event after it was processed. */
  onEvent(event: EngineEvent): void {
    switch (event.kind) {
      case "book_delta":
      case "best_bid_ask":
        if (event.venueAt > 0) this.#onBook(event.instrument, event.at - event.venueAt);
        return;
      case "book_snapshot":
        if (event.venueAt > 0 && this.#isPushed(event.instrument)) {
          this.#onBook(event.instrument, event.at - event.venueAt);
        }
        return;
      case "trade":
        if (event.venueAt > 0) this.#onTrade(event.instrument, event.at - event.venueAt);
        return;
      case "timer":
        for (const offset of this.#offsets.values()) {
          offset.micros = offset.connector.clockOffsetMicros();
        }
        return;
      default:
        return;
    }
  }

  /** What was measured of an instrument; undefined: nothing yet. */
  of(index: InstrumentIndex): FeedLatency | undefined {
    return this.#latencies[index];
  }

  /** All of a venue's instruments together; undefined: nothing yet. */
  ofVenue(venue: VenueId): DurationHistogram | undefined {
    const parts = this.#latencies.filter((one) => one?.venue === venue);
    if (parts.length === 0) return undefined;
    const all = new DurationHistogram(BOUNDS);
    for (const one of parts) all.merge(one!.times);
    return all;
  }

  #onBook(index: InstrumentIndex, difference: number): void {
    const latency = this.#latencies[index] ?? this.#open(index);
    if (latency === undefined) return;
    latency.hasBookTimes = true;
    record(latency, difference + latency.offset.micros);
  }

  #onTrade(index: InstrumentIndex, difference: number): void {
    const latency = this.#latencies[index] ?? this.#open(index);
    if (latency === undefined || latency.hasBookTimes || difference > HISTORY_MICROS) return;
    record(latency, difference + latency.offset.micros);
  }

  #isPushed(index: InstrumentIndex): boolean {
    return this.#engine.state.slot(index)?.feed.isPushed ?? false;
  }

  #open(index: InstrumentIndex): FeedLatency | undefined {
    const venue = this.#engine.state.slot(index)?.venue.id;
    const offset = venue === undefined ? undefined : this.#offsets.get(venue);
    if (venue === undefined || offset === undefined) return undefined;
    while (this.#latencies.length <= index) this.#latencies.push(undefined);
    const times = new DurationHistogram(BOUNDS);
    const opened: FeedLatency = { venue, times, negative: 0, hasBookTimes: false, offset };
    this.#latencies[index] = opened;
    return opened;
  }
}

function record(latency: FeedLatency, micros: number): void {
  if (micros < 0) latency.negative++;
  latency.times.record(micros * 1_000);
}
