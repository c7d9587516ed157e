/**
 * Reused market events of this venue. Whether a depth frame is a snapshot or a delta may stand
 * behind its levels, so both events share one pair of level buffers.
 * @module
 */
import {
  type InstrumentIndex,
  instrumentIndex,
  type Micros,
  MICROS_UNKNOWN,
} from "@/engine/domain/mod.ts";
import {
  type BookDelta,
  type BookSnapshot,
  LevelBuffer,
  SEQUENCE_NONE,
} from "@/engine/messages/mod.ts";
import { BestBidAskScratch, TradeScratch } from "@/exchanges/shared/mod.ts";

const TRADES_MAX = 1_024;

/** A book event over shared levels. */
class SharedSnapshot implements BookSnapshot {
  readonly kind = "book_snapshot";
  instrument: InstrumentIndex = instrumentIndex(0);
  at: Micros = MICROS_UNKNOWN;
  venueAt: Micros = MICROS_UNKNOWN;
  sequence = SEQUENCE_NONE;
  readonly bids: LevelBuffer;
  readonly asks: LevelBuffer;
  readonly checksum = undefined;

  constructor(bids: LevelBuffer, asks: LevelBuffer) {
    this.bids = bids;
    this.asks = asks;
  }
}

/** A book event over shared levels. The venue says no previous sequence. */
class SharedDelta implements BookDelta {
  readonly kind = "book_delta";
  instrument: InstrumentIndex = instrumentIndex(0);
  at: Micros = MICROS_UNKNOWN;
  venueAt: Micros = MICROS_UNKNOWN;
  firstSequence = SEQUENCE_NONE;
  sequence = SEQUENCE_NONE;
  readonly previousSequence = SEQUENCE_NONE;
  readonly bids: LevelBuffer;
  readonly asks: LevelBuffer;
  readonly checksum = undefined;

  constructor(bids: LevelBuffer, asks: LevelBuffer) {
    this.bids = bids;
    this.asks = asks;
  }
}

/** The trades of one frame, read whole before the first is delivered. */
export class TradeColumns {
  readonly prices = new Float64Array(TRADES_MAX);
  readonly sizes = new Float64Array(TRADES_MAX);
  readonly millis = new Float64Array(TRADES_MAX);
  readonly isSell = new Uint8Array(TRADES_MAX);
  readonly idStarts = new Int32Array(TRADES_MAX);
  readonly idEnds = new Int32Array(TRADES_MAX);
  count = 0;

  get isFull(): boolean {
    return this.count === TRADES_MAX;
  }
}

/** All scratch of one decoder. */
export class MarketScratch {
  readonly bids = new LevelBuffer(512);
  readonly asks = new LevelBuffer(512);
  readonly snapshot = new SharedSnapshot(this.bids, this.asks);
  readonly delta = new SharedDelta(this.bids, this.asks);
  readonly touch = new BestBidAskScratch();
  readonly trade = new TradeScratch();
  readonly trades = new TradeColumns();

  clearLevels(): void {
    this.bids.clear();
    this.asks.clear();
  }

  asSnapshot(
    instrument: InstrumentIndex,
    at: Micros,
    venueAt: Micros,
    sequence: number,
  ): BookSnapshot {
    const snapshot = this.snapshot;
    snapshot.instrument = instrument;
    snapshot.at = at;
    snapshot.venueAt = venueAt;
    snapshot.sequence = sequence;
    return snapshot;
  }

  asDelta(instrument: InstrumentIndex, at: Micros, venueAt: Micros, sequence: number): BookDelta {
    const delta = this.delta;
    delta.instrument = instrument;
    delta.at = at;
    delta.venueAt = venueAt;
    delta.firstSequence = sequence;
    delta.sequence = sequence;
    return delta;
  }
}
