/**
 * `RecordedFlow`: plays recorded tick files as the market of a simulated venue, in the order of
 * their receive times, on the given clock.
 *
 *   lines of each file -> next line by receive time -> read -> in sequence? -> receiver
 *
 * 1. The receiver gets whole books and the deltas that follow them without a hole. Deltas that come
 *    before their book wait for it; older ones are left out and counted. A hole is said as `gap`,
 *    and nothing but trades and touches follows until the next whole book.
 * 2. Times are re-based: the first line plays at `start`, the others at their distance divided by
 *    `speed`. The venue's stamps are set so that the fastest message seen so far had no delay.
 * 3. `matchedAt` is the venue's own stamp, not re-based: only for telling which came first.
 * 4. Lines that cannot be read are counted, the last reason is kept; playing goes on.
 * 5. Levels are reused: valid only during the call.
 * @module
 */
import { assert, type Instrument, type Micros, micros, type Side } from "@/engine/domain/mod.ts";
import type { RecordedMarket } from "@/engine/matching/mod.ts";
import { LevelBuffer, type Levels } from "@/engine/messages/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";
import {
  type RawDepth,
  type RawRecord,
  type RawSnapshot,
  type RawTouch,
  type RawTrade,
  readLevels,
  readRecord,
  splitLine,
  stepsOf,
} from "./recorded_line.ts";

interface RecordedBase {
  /** Which of the given instruments. */
  readonly market: number;
  /** When it plays. */
  readonly at: Micros;
  /** The venue's stamp, re-based; `at` where the recording has none. */
  readonly venueAt: Micros;
  /** The venue's match stamp as recorded, in microseconds; 0: none. */
  readonly matchedAt: number;
}

/** A whole book. */
export interface RecordedSnapshot extends RecordedBase {
  readonly kind: "snapshot";
  readonly sequence: number;
  readonly bids: Levels;
  readonly asks: Levels;
}

/** Changed levels that follow the last ones; size 0 removes. */
export interface RecordedDelta extends RecordedBase {
  readonly kind: "levels";
  readonly firstSequence: number;
  readonly sequence: number;
  readonly previousSequence: number;
  readonly bids: Levels;
  readonly asks: Levels;
}

/** A public trade. */
export interface RecordedTrade extends RecordedBase {
  readonly kind: "trade";
  readonly price: number;
  readonly size: number;
  readonly aggressor: Side;
  readonly tradeId: number;
}

/** The touch by its own stream. */
export interface RecordedTouch extends RecordedBase {
  readonly kind: "touch";
  readonly sequence: number;
  readonly bid: number;
  readonly bidSize: number;
  readonly ask: number;
  readonly askSize: number;
}

/** Deltas are missing: the book cannot be believed until the next `snapshot`. */
export interface RecordedGap extends RecordedBase {
  readonly kind: "gap";
}

/** What a recording says. Valid only during the call. */
export type RecordedEvent =
  | RecordedSnapshot
  | RecordedDelta
  | RecordedTrade
  | RecordedTouch
  | RecordedGap;

/** What a recorded flow is made of. */
export interface RecordedFlowOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly instruments: readonly Instrument[];
  /** Lines of each file, each in receive order; a file holds one symbol. */
  readonly sources: readonly Iterator<string>[];
  /** Times faster than recorded, above 0. As fast as possible is 1 on virtual time. */
  readonly speed: number;
  onEvent(event: RecordedEvent): void;
  /** All lines have been played. */
  onEnd?(): void;
}

/** What was played and what was not. */
export interface RecordedCounters {
  lines: number;
  deltas: number;
  snapshots: number;
  trades: number;
  touches: number;
  gaps: number;
  /** Deltas older than the whole book. */
  leftOut: number;
  /** Other streams, other symbols, trades that are none. */
  ignored: number;
  refused: number;
}

/** Lines played in one turn before others may run. */
const LINES_PER_TURN = 256;
/** Lines of one file looked through for its symbol. */
const SYMBOL_WITHIN_LINES = 1_000;

/** One file: its lines, the next of them, and whose it is. */
interface Source {
  readonly lines: Iterator<string>;
  readonly ahead: string[];
  market: number;
  json: string;
  receivedAt: number;
}

/** Deltas kept while there is no book: the whole book is often answered after later deltas. */
const DELTAS_WAITING_MAX = 1_024;

/** How far an instrument's book has come; -1: no book. */
interface Progress {
  sequence: number;
  /** The next delta is the first after a whole book. */
  first: boolean;
  readonly waiting: RawDepth[];
}

/** Plays recordings; see the invariants above. */
export class RecordedFlow {
  readonly counters: RecordedCounters = {
    lines: 0,
    deltas: 0,
    snapshots: 0,
    trades: 0,
    touches: 0,
    gaps: 0,
    leftOut: 0,
    ignored: 0,
    refused: 0,
  };
  /** Why the last line was refused; "" when none was. */
  lastRefusal = "";
  readonly #options: RecordedFlowOptions;
  readonly #sources: Source[];
  readonly #progress: Progress[];
  readonly #bids = new LevelBuffer(1_024);
  readonly #asks = new LevelBuffer(1_024);
  readonly #turn: () => void;
  #timer: TimerId | undefined;
  #startedAt = 0;
  #firstReceivedAt = 0;
  #delayMin = Infinity;
  #state: "idle" | "playing" | "stopped" | "ended" = "idle";

  constructor(options: RecordedFlowOptions) {
    assert(options.speed > 0, "Speed of a recording must be above zero");
    assert(Number.isFinite(options.speed), "Speed of a recording must be finite");
    this.#options = options;
    this.#turn = () => this.#play();
    this.#progress = options.instruments.map(() => ({
      sequence: -1,
      first: false,
      waiting: [],
    }));
    this.#sources = options.sources.map((lines) => ({
      lines,
      ahead: [],
      market: -1,
      json: "",
      receivedAt: 0,
    }));
  }

  /** Whether all lines have been played. */
  get ended(): boolean {
    return this.#state === "ended";
  }

  /** Plays from the first line, now. A flow plays once. */
  start(): void {
    if (this.#state !== "idle") return;
    this.#state = "playing";
    for (const source of this.#sources) this.#findMarket(source);
    const sources = this.#sources.filter((source) => this.#advance(source));
    this.#sources.splice(0, this.#sources.length, ...sources);
    this.#startedAt = this.#options.clock.now();
    this.#firstReceivedAt = Math.min(...sources.map((source) => source.receivedAt));
    this.#schedule();
  }

  /** Plays no further. */
  stop(): void {
    if (this.#timer !== undefined) this.#options.scheduler.cancel(this.#timer);
    this.#timer = undefined;
    if (this.#state === "playing") this.#state = "stopped";
  }

  /** Looks ahead for a line that names the file's symbol: snapshots name none. */
  #findMarket(source: Source): void {
    while (source.ahead.length < SYMBOL_WITHIN_LINES) {
      const next = source.lines.next();
      if (next.done === true) return;
      source.ahead.push(next.value);
      const split = splitLine(next.value);
      const record = split.ok ? readRecord(split.value.json) : split;
      if (!record.ok || record.value.kind === "snapshot") continue;
      const symbol = (record.value as { readonly symbol: string | undefined }).symbol;
      if (symbol === undefined) continue;
      source.market = this.#options.instruments.findIndex((each) =>
        each.terms.venueSymbol === symbol
      );
      return;
    }
  }

  /** Reads on to the next line of a file that has a time; false at its end. */
  #advance(source: Source): boolean {
    for (;;) {
      const line = this.#nextLine(source);
      if (line === undefined) return false;
      if (line.trim() === "") continue;
      this.counters.lines++;
      const split = splitLine(line);
      if (!split.ok) {
        this.#refuse(split.error);
        continue;
      }
      source.json = split.value.json;
      source.receivedAt = split.value.receivedAt;
      return true;
    }
  }

  #nextLine(source: Source): string | undefined {
    const ahead = source.ahead.shift();
    if (ahead !== undefined) return ahead;
    const next = source.lines.next();
    return next.done === true ? undefined : next.value;
  }

  /** The file whose next line was received first; the earlier given one of equals. */
  #earliest(): Source | undefined {
    let earliest: Source | undefined;
    for (const source of this.#sources) {
      if (earliest === undefined || source.receivedAt < earliest.receivedAt) earliest = source;
    }
    return earliest;
  }

  #playAt(receivedAt: number): number {
    const since = Math.max(0, receivedAt - this.#firstReceivedAt);
    return this.#startedAt + Math.round(since / this.#options.speed);
  }

  #schedule(): void {
    const source = this.#earliest();
    if (source === undefined) return this.#end();
    const wait = Math.max(0, this.#playAt(source.receivedAt) - this.#options.clock.now());
    this.#timer = this.#options.scheduler.after(wait / 1_000, this.#turn);
  }

  #end(): void {
    this.#state = "ended";
    this.#timer = undefined;
    this.#options.onEnd?.();
  }

  #play(): void {
    const now = this.#options.clock.now();
    for (let done = 0; done < LINES_PER_TURN && this.#state === "playing"; done++) {
      const source = this.#earliest();
      if (source === undefined) break;
      const at = this.#playAt(source.receivedAt);
      if (at > now) break;
      const { json, market, receivedAt } = source;
      if (!this.#advance(source)) this.#sources.splice(this.#sources.indexOf(source), 1);
      this.#playLine(json, market, receivedAt, at);
    }
    if (this.#state === "playing") this.#schedule();
  }

  #playLine(json: string, market: number, receivedAt: number, at: number): void {
    const record = readRecord(json);
    if (!record.ok) return this.#refuse(record.error);
    const instrument = this.#options.instruments[market];
    if (instrument === undefined || !belongs(record.value, instrument)) {
      this.counters.ignored++;
      return;
    }
    const stamp = this.#stamp(record.value, market, receivedAt, at);
    switch (record.value.kind) {
      case "depth":
        return this.#playDepth(record.value, instrument, stamp);
      case "snapshot":
        return this.#playSnapshot(record.value, instrument, stamp);
      case "trade":
        return this.#playTrade(record.value, instrument, stamp);
      case "touch":
        return this.#playTouch(record.value, instrument, stamp);
      default:
        this.counters.ignored++;
    }
  }

  #stamp(record: RawRecord, market: number, receivedAt: number, at: number): RecordedBase {
    const matchedAt = "matchedMs" in record ? record.matchedMs * 1_000 : 0;
    if (matchedAt === 0) return { market, at: micros(at), venueAt: micros(at), matchedAt };
    const delay = receivedAt - matchedAt;
    if (delay < this.#delayMin) this.#delayMin = delay;
    const late = Math.round((delay - this.#delayMin) / this.#options.speed);
    return { market, at: micros(at), venueAt: micros(at - late), matchedAt };
  }

  #playSnapshot(raw: RawSnapshot, instrument: Instrument, stamp: RecordedBase): void {
    const progress = this.#progress[stamp.market]!;
    if (progress.sequence > raw.sequence) {
      this.counters.ignored++;
      return;
    }
    if (!this.#readBook(raw, instrument)) return;
    progress.sequence = raw.sequence;
    progress.first = true;
    this.counters.snapshots++;
    this.#options.onEvent({
      ...stamp,
      kind: "snapshot",
      sequence: raw.sequence,
      bids: this.#bids,
      asks: this.#asks,
    });
    for (const delta of progress.waiting.splice(0)) this.#playDepth(delta, instrument, stamp);
  }

  #playDepth(raw: RawDepth, instrument: Instrument, stamp: RecordedBase): void {
    const progress = this.#progress[stamp.market]!;
    if (progress.sequence < 0) return this.#wait(raw, progress);
    // The delta that straddles the book is applied; only older ones are left out.
    const old = progress.first
      ? raw.sequence < progress.sequence
      : raw.sequence <= progress.sequence;
    if (old) {
      this.counters.leftOut++;
      return;
    }
    if (!follows(raw, progress)) return this.#gap(progress, stamp);
    // What cannot be read is missing: the book is not what it should be.
    if (!this.#readBook(raw, instrument)) return this.#gap(progress, stamp);
    progress.sequence = raw.sequence;
    progress.first = false;
    this.counters.deltas++;
    this.#options.onEvent({
      ...stamp,
      kind: "levels",
      firstSequence: raw.firstSequence,
      sequence: raw.sequence,
      previousSequence: raw.previousSequence,
      bids: this.#bids,
      asks: this.#asks,
    });
  }

  #wait(raw: RawDepth, progress: Progress): void {
    progress.waiting.push(raw);
    if (progress.waiting.length <= DELTAS_WAITING_MAX) return;
    progress.waiting.shift();
    this.counters.leftOut++;
  }

  #playTrade(raw: RawTrade, instrument: Instrument, stamp: RecordedBase): void {
    const price = stepsOf(raw.price, instrument.priceGrid);
    const size = stepsOf(raw.size, instrument.sizeGrid);
    if (price <= 0 || size <= 0) {
      return this.#refuse(`Cannot read recorded trade: found ${raw.size} at ${raw.price}`);
    }
    this.counters.trades++;
    const { aggressor, tradeId } = raw;
    this.#options.onEvent({ ...stamp, kind: "trade", price, size, aggressor, tradeId });
  }

  #playTouch(raw: RawTouch, instrument: Instrument, stamp: RecordedBase): void {
    const bid = stepsOf(raw.bid, instrument.priceGrid);
    const bidSize = stepsOf(raw.bidSize, instrument.sizeGrid);
    const ask = stepsOf(raw.ask, instrument.priceGrid);
    const askSize = stepsOf(raw.askSize, instrument.sizeGrid);
    if (bid < 0 || bidSize < 0 || ask < 0 || askSize < 0) {
      return this.#refuse(`Cannot read recorded touch: found ${raw.bid} / ${raw.ask}`);
    }
    this.counters.touches++;
    const { sequence } = raw;
    this.#options.onEvent({ ...stamp, kind: "touch", sequence, bid, bidSize, ask, askSize });
  }

  #gap(progress: Progress, stamp: RecordedBase): void {
    progress.sequence = -1;
    this.counters.gaps++;
    this.#options.onEvent({ ...stamp, kind: "gap" });
  }

  #readBook(raw: RawDepth | RawSnapshot, instrument: Instrument): boolean {
    const bids = readLevels(raw.bids, instrument, this.#bids);
    const asks = readLevels(raw.asks, instrument, this.#asks);
    if (!bids.ok) this.#refuse(bids.error);
    else if (!asks.ok) this.#refuse(asks.error);
    return bids.ok && asks.ok;
  }

  #refuse(reason: string): void {
    this.counters.refused++;
    this.lastRefusal = reason;
  }
}

function belongs(record: RawRecord, instrument: Instrument): boolean {
  return record.kind === "snapshot" || record.symbol === instrument.terms.venueSymbol;
}

/** Whether a delta continues the book: the first straddles it, later ones name the one before. */
function follows(raw: RawDepth, progress: Progress): boolean {
  if (progress.first) return raw.firstSequence <= progress.sequence + 1;
  if (raw.previousSequence >= 0) return raw.previousSequence === progress.sequence;
  return raw.firstSequence === progress.sequence + 1;
}

/** Moves a recorded market as a recording says. */
export function applyRecorded(event: RecordedEvent, market: RecordedMarket): void {
  switch (event.kind) {
    case "snapshot":
      return market.replaceRecordedBook(event.bids, event.asks, event.matchedAt);
    case "levels": {
      setLevels(market, "buy", event.bids);
      setLevels(market, "sell", event.asks);
      return market.onRecordedBookDone(event.matchedAt);
    }
    case "trade":
      return market.onRecordedTrade(event.price, event.size, event.aggressor, event.matchedAt);
    case "gap":
      return market.onRecordedGap();
    default:
  }
}

function setLevels(market: RecordedMarket, side: Side, levels: Levels): void {
  for (let at = 0; at < levels.count; at++) {
    market.onRecordedLevel(side, levels.prices[at]!, levels.sizes[at]!);
  }
}
