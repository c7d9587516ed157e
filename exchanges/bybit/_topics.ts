/**
 * Topics of public frames, by their bytes: what a frame is about, without making a text of it.
 *
 * 1. A topic is worked out once and found again by its bytes; only topics of known instruments are
 *    remembered, a bounded number of them.
 * 2. Spot and linear share symbols and a frame does not name its category. Each socket's decoder
 *    knows only its own instruments; where both are known, the perpetual is meant.
 * @module
 */
import type { Instrument, Money } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";

/** What frames of a topic are. */
export type TopicKind = "depth" | "touch" | "trade" | "ticker" | "status" | "other";

/** What is remembered of one instrument from frame to frame. */
export interface InstrumentMemory {
  instrument: Instrument;
  /** Depth of the stream whose snapshot came last; 0 before the first. */
  depth: number;
  /** The last touch, because a delta may carry one side only. */
  bid: number;
  bidSize: number;
  ask: number;
  askSize: number;
  /** The last ticker, because a delta carries changed fields only. */
  mark: Money | undefined;
  index: Money | undefined;
  rate: Money | undefined;
  nextFundingMs: number;
}

/** One topic. */
export interface Topic {
  readonly kind: TopicKind;
  readonly depth: number;
  /** Bytes of the whole topic. */
  readonly length: number;
  readonly symbol: Uint8Array;
  /** Undefined where the symbol is not of a known instrument. */
  readonly memory: InstrumentMemory | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const DEPTH_MAX = 10_000;
/** Different depths of one symbol could be without end. */
const TOPICS_MAX = 16_384;
const QUOTE = 34;
const BACKSLASH = 92;

/** Topics of the known instruments. */
export class TopicTable {
  readonly #memories = new Map<string, InstrumentMemory>();
  /** Buckets by hash; each holds a few topics. */
  readonly #buckets = new Map<number, { readonly bytes: Uint8Array; readonly topic: Topic }[]>();
  #lastBytes: Uint8Array = new Uint8Array(0);
  #last: Topic | undefined = undefined;
  #count = 0;

  constructor(instruments: readonly Instrument[]) {
    for (const instrument of instruments) {
      const { venueSymbol, product } = instrument.terms;
      if (product === "spot" && this.#memories.has(venueSymbol)) continue;
      this.#memories.set(venueSymbol, memoryOf(instrument));
    }
  }

  /** The topic in `bytes[start..end)`. */
  find(bytes: Uint8Array, start: number, end: number): Topic {
    if (this.#last !== undefined && isSame(this.#lastBytes, bytes, start, end)) return this.#last;
    const hash = hashOf(bytes, start, end);
    const bucket = this.#buckets.get(hash);
    if (bucket !== undefined) {
      for (const one of bucket) {
        if (!isSame(one.bytes, bytes, start, end)) continue;
        this.#lastBytes = one.bytes;
        this.#last = one.topic;
        return one.topic;
      }
    }
    return this.#add(hash, bytes.slice(start, end));
  }

  /** The topic of the quoted text that begins at `start`; undefined when it does not end. */
  findAt(bytes: Uint8Array, start: number, end: number): Topic | undefined {
    const last = this.#lastBytes;
    const behind = start + last.length;
    if (this.#last !== undefined && bytes[behind] === QUOTE) {
      if (isSame(last, bytes, start, behind)) return this.#last;
    }
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) return this.find(bytes, start, at);
      if (byte === BACKSLASH) return undefined;
    }
    return undefined;
  }

  /** The topic of a text. */
  ofText(text: string): Topic {
    const bytes = encoder.encode(text);
    return this.find(bytes, 0, bytes.length);
  }

  /** The memory of one instrument. */
  memoryOf(instrument: Instrument): InstrumentMemory | undefined {
    const memory = this.#memories.get(instrument.terms.venueSymbol);
    return memory?.instrument.index === instrument.index ? memory : undefined;
  }

  /** An instrument has other grids now: what was remembered in the old ones is void. */
  redefine(instrument: Instrument): void {
    const memory = this.memoryOf(instrument);
    if (memory === undefined) return;
    memory.depth = 0;
    memory.bid =
      memory.bidSize =
      memory.ask =
      memory.askSize =
        0;
  }

  #add(hash: number, bytes: Uint8Array): Topic {
    const topic = this.#parse(decoder.decode(bytes));
    if (topic.memory === undefined || this.#count >= TOPICS_MAX) return topic;
    this.#count++;
    const bucket = this.#buckets.get(hash);
    if (bucket === undefined) this.#buckets.set(hash, [{ bytes, topic }]);
    else bucket.push({ bytes, topic });
    return topic;
  }

  #parse(text: string): Topic {
    const parts = text.split(".");
    const name = parts[0];
    if (name === "orderbook" && parts.length === 3 && /^[1-9]\d{0,4}$/.test(parts[1]!)) {
      const depth = Number(parts[1]);
      const kind = depth === 1 ? "touch" : depth <= DEPTH_MAX ? "depth" : "other";
      return this.#topic(kind, parts[2]!, depth, text.length);
    }
    if (name === "publicTrade" && parts.length === 2) {
      return this.#topic("trade", parts[1]!, 0, text.length);
    }
    if (name === "tickers" && parts.length === 2) {
      return this.#topic("ticker", parts[1]!, 0, text.length);
    }
    return this.#topic(text === "system.status" ? "status" : "other", "", 0, text.length);
  }

  /** Topics of known instruments are ASCII, so that characters are bytes. */
  #topic(kind: TopicKind, symbol: string, depth: number, length: number): Topic {
    const memory = this.#memories.get(symbol);
    return { kind, depth, length, symbol: encoder.encode(symbol), memory };
  }
}

/** Takes a depth-1 message into the memory: a side that is said replaces the old one. */
export function takeTouch(
  memory: InstrumentMemory,
  bids: LevelBuffer,
  asks: LevelBuffer,
  isWhole: boolean,
): void {
  if (isWhole || bids.count > 0) {
    const at = lastLive(bids, isWhole);
    memory.bid = at < 0 ? 0 : bids.prices[at]!;
    memory.bidSize = at < 0 ? 0 : bids.sizes[at]!;
  }
  if (isWhole || asks.count > 0) {
    const at = lastLive(asks, isWhole);
    memory.ask = at < 0 ? 0 : asks.prices[at]!;
    memory.askSize = at < 0 ? 0 : asks.sizes[at]!;
  }
}

/** Of a snapshot the first level with a size, of a delta the last one; -1 when there is none. */
function lastLive(levels: LevelBuffer, isFirst: boolean): number {
  let found = -1;
  for (let at = 0; at < levels.count; at++) {
    if (levels.sizes[at]! <= 0) continue;
    found = at;
    if (isFirst) break;
  }
  return found;
}

function memoryOf(instrument: Instrument): InstrumentMemory {
  return {
    instrument,
    depth: 0,
    bid: 0,
    bidSize: 0,
    ask: 0,
    askSize: 0,
    mark: undefined,
    index: undefined,
    rate: undefined,
    nextFundingMs: 0,
  };
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  return hash;
}

function isSame(own: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (own.length !== end - start) return false;
  for (let at = 0; at < own.length; at++) if (own[at] !== bytes[start + at]) return false;
  return true;
}
