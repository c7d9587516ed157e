/**
 * `LineWatch`: one socket of the market: subscribes on it bit by bit, decodes it, and opens it anew
 * when a coin stays silent on it though others may be heard elsewhere.
 *
 *   up -> subscriptions, a few at a time -> books of every coin -> ... one silent for 10 s -> anew
 *
 * 1. A coin is heard on a line when a book of a block newer than its last one comes on it.
 * 2. Each restart that did not help doubles the patience.
 * 3. The first trades of a coin on a connection hold recent history: of that frame, trades of
 *    blocks before the connection opened are dropped.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import type { EngineEvent, Trade } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver } from "@/engine/ports/mod.ts";
import type { LineCount, MarketLine } from "@/exchanges/kit/mod.ts";
import { DecodeMeter } from "@/exchanges/kit/mod.ts";
import type { WebSocketConnection } from "@/exchanges/shared/mod.ts";
import type { VenueContext } from "./_context.ts";
import { HyperliquidMarketDecoder } from "./market_decoder.ts";

/** 2,000 messages a minute are allowed over all sockets. */
const BATCH = 100;
const BATCH_PAUSE_MS = 5_000;
/** The first book may take longer: subscriptions are sent bit by bit. */
const FIRST_BOOK_MICROS = 12_000_000;
const RESTART_SILENCE_MICROS = 10_000_000;
const RESTART_SILENCE_MICROS_MAX = 600_000_000;
/** A trade this much older than the connection is history, however the clocks differ. */
const HISTORY_MARGIN_MICROS = 1_000_000;

/** What a watch is made of. */
export interface LineWatchOptions {
  readonly context: VenueContext;
  readonly line: MarketLine;
  readonly instruments: readonly Instrument[];
  readonly subscriptions: readonly string[];
  /** Lines share what an address may send. */
  readonly lineCount: LineCount;
  readonly clockOffsetMicros: () => number;
  /** Where the line's events go, while its frame is read. */
  readonly deliver: (event: EngineEvent) => void;
}

/** One coin as this line sees it. */
interface Heard {
  /** When a book of a new block was last heard; of which block. */
  at: Micros;
  blockAt: Micros;
  /** Which frame brought the first trades of this connection: the one with history in it. */
  historyFrame: number | undefined;
}

/** One socket of the market. */
export class LineWatch implements EventReceiver {
  readonly line: MarketLine;
  decoder: HyperliquidMarketDecoder;
  readonly #options: LineWatchOptions;
  readonly #meter: DecodeMeter;
  readonly #heard = new Map<InstrumentIndex, Heard>();
  #upSince = 0;
  #frame = 0;
  /** Grows with every restart that did not help. */
  #restartAfter = RESTART_SILENCE_MICROS;
  #batchTimer: number | undefined;

  constructor(options: LineWatchOptions) {
    this.#options = options;
    this.#meter = new DecodeMeter(options.context.clock, options.context.counters);
    this.line = options.line;
    this.decoder = new HyperliquidMarketDecoder(options.instruments);
    for (const { index } of options.instruments) {
      this.#heard.set(index, { at: 0 as Micros, blockAt: 0 as Micros, historyFrame: undefined });
    }
  }

  /** A connection opened. */
  onUp(connection: WebSocketConnection): void {
    const now = this.#options.context.clock.now();
    this.#upSince = now;
    this.decoder.forgetTimes();
    for (const heard of this.#heard.values()) {
      heard.at = (now + FIRST_BOOK_MICROS) as Micros;
      heard.blockAt = 0 as Micros;
      heard.historyFrame = undefined;
    }
    this.#subscribe(connection, 0);
  }

  onDown(): void {
    this.#cancelBatch();
  }

  /** A coin will not be heard any more: its silence says nothing of the line. */
  forget(index: InstrumentIndex): void {
    this.#heard.delete(index);
  }

  decode(bytes: Uint8Array, start: number, end: number, at: Micros): DecodeOutcome {
    this.#frame++;
    return this.#meter.decode(this.decoder, bytes, start, end, at, this);
  }

  /** Takes what the decoder understood. */
  deliver(event: EngineEvent): void {
    if (event.kind === "book_snapshot") {
      const heard = this.#heard.get(event.instrument);
      if (heard !== undefined && event.venueAt > heard.blockAt) {
        heard.blockAt = event.venueAt;
        heard.at = event.at;
      }
    } else if (event.kind === "trade" && this.#isHistory(event)) return;
    this.#options.deliver(event);
  }

  /** Time passed: a line on which coins stay silent is of no use. */
  sweep(now: Micros): void {
    if (!this.line.up) return;
    let longest = 0;
    let isHeard = true;
    for (const { at, blockAt } of this.#heard.values()) {
      longest = Math.max(longest, now - at);
      isHeard &&= blockAt > 0;
    }
    if (isHeard && longest < RESTART_SILENCE_MICROS) this.#restartAfter = RESTART_SILENCE_MICROS;
    if (longest < this.#restartAfter) return;
    this.#restartAfter = Math.min(RESTART_SILENCE_MICROS_MAX, this.#restartAfter * 2);
    this.line.restart("books stay silent");
  }

  #isHistory(trade: Trade): boolean {
    const heard = this.#heard.get(trade.instrument);
    if (heard === undefined) return false;
    heard.historyFrame ??= this.#frame;
    if (heard.historyFrame !== this.#frame) return false;
    const offset = this.#options.clockOffsetMicros();
    return trade.venueAt < this.#upSince + offset - HISTORY_MARGIN_MICROS;
  }

  /** One subscription a frame, some frames at a time. */
  #subscribe(connection: WebSocketConnection, from: number): void {
    this.#cancelBatch();
    const { subscriptions, lineCount, context } = this.#options;
    const until = Math.min(subscriptions.length, from + BATCH);
    for (let index = from; index < until; index++) connection.sendText(subscriptions[index]!);
    if (until === subscriptions.length) return;
    this.#batchTimer = context.scheduler.after(BATCH_PAUSE_MS * lineCount, () => {
      this.#batchTimer = undefined;
      this.#subscribe(connection, until);
    });
  }

  #cancelBatch(): void {
    const { scheduler } = this.#options.context;
    if (this.#batchTimer !== undefined) scheduler.cancel(this.#batchTimer);
    this.#batchTimer = undefined;
  }
}
