/**
 * IN 2: bytes of Bybit's public streams and of its depth answers to `MarketEvent`s.
 *
 *   frame -> usual bytes? -> scratch event -> receiver
 *              | no                ^
 *              +-> keys in place --+
 *                      | anything unexpected
 *                      +-> JSON.parse, counted
 *
 * 1. Depth, best bid and ask (`orderbook.1`), and trades become ticks and lots without an object
 *    per message.
 * 2. Nothing of a frame is delivered before all of it is understood.
 * 3. Keys come in any order as long as the topic stands before the data; unknown ones are stepped
 *    over. Everything else goes the slow way, which decodes or refuses it.
 * 4. `u == 1` makes a snapshot of any depth message. After a snapshot of one depth, deltas of
 *    another are not for this book: each depth has its own numbering.
 * 5. `venueAt` is the matching engine's time (`cts`, `T`) where it is said, else the gateway's.
 *
 * Source: venue documentation "Orderbook", "Trade" and "Ticker" (public streams), read 2026-07.
 * @module
 */
import type {
  Instrument,
  InstrumentIndex,
  Micros,
  Price,
  Side,
  Size,
} from "@/engine/domain/mod.ts";
import { SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver, MarketDecoder } from "@/engine/ports/mod.ts";
import { FrameText, JsonScanner, keyBytes, keyCodeOf } from "@/exchanges/shared/mod.ts";
import { FrameTemplate } from "./_frame_template.ts";
import { instantOf, parseJson, textOf } from "./_json.ts";
import { MaintenanceWatch } from "./_maintenance.ts";
import { MarketScratch } from "./_market_scratch.ts";
import { decodeSnapshotTree, decodeTree, type TreeFrame, type TreeResult } from "./_market_tree.ts";
import { type InstrumentMemory, takeTouch, type Topic, TopicTable } from "./_topics.ts";

const KEY_TOPIC = keyCodeOf("topic"), KEY_TYPE = keyCodeOf("type"), KEY_TS = keyCodeOf("ts");
const KEY_DATA = keyCodeOf("data"), KEY_CTS = keyCodeOf("cts"), KEY_S = keyCodeOf("s");
const KEY_B = keyCodeOf("b"), KEY_A = keyCodeOf("a"), KEY_U = keyCodeOf("u");
const KEY_TIME = keyCodeOf("T"), KEY_SIDE = keyCodeOf("S"), KEY_SIZE = keyCodeOf("v");
const KEY_PRICE = keyCodeOf("p"), KEY_ID = keyCodeOf("i"), KEY_BLOCK = keyCodeOf("BT");
const SNAPSHOT = keyBytes("snapshot");
const DELTA = keyBytes("delta");
const BUY = keyBytes("Buy");
const SELL = keyBytes("Sell");

/** What a fast reader answers; `slow` sends the frame to `JSON.parse`. */
type FastOutcome = DecodeOutcome | "slow";

/** What a decoder may be told. */
export interface DecoderOptions {
  /**
   * False: the touch carries no sequence, because `orderbook.1` counts for itself and its ids must
   * not be compared with the book's. Default: the venue's id.
   */
  readonly touchHasSequence?: boolean;
}

/** Decodes public frames. One per socket's product; owns its scratch events. */
export class BybitMarketDecoder implements MarketDecoder {
  reason = "";
  /** Frames that went the slow way although a fast one exists. */
  fallbacks = 0;
  /** Frames not written as usual, which were read by their keys: the venue may have changed. */
  unusual = 0;
  /** Instrument of the last frame, where it could be told. */
  lastInstrument: InstrumentIndex | undefined = undefined;
  readonly #topics: TopicTable;
  readonly #instruments: Instrument[];
  readonly #touchHasSequence: boolean;
  readonly #maintenance = new MaintenanceWatch();
  readonly #scan = new JsonScanner();
  readonly #scratch = new MarketScratch();
  readonly #template = new FrameTemplate();
  readonly #frame = new FrameText();
  #type: "snapshot" | "delta" | "" = "";
  #gatewayMs = 0;
  #engineMs = 0;
  #sequence = SEQUENCE_NONE;
  #blocks = 0;

  constructor(instruments: readonly Instrument[], options: DecoderOptions = {}) {
    this.#instruments = [...instruments];
    this.#topics = new TopicTable(instruments);
    this.#touchHasSequence = options.touchHasSequence ?? true;
  }

  /** An instrument has other grids from now on. */
  redefine(instrument: Instrument): void {
    this.#topics.redefine(instrument);
  }

  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    this.reason = "";
    this.lastInstrument = undefined;
    let outcome = this.#decodeUsual(bytes, start, end, at, receiver);
    if (outcome === "slow") {
      outcome = this.#decodeInPlace(bytes, start, end, at, receiver);
      if (outcome === "decoded") this.unusual++;
    }
    if (outcome !== "slow") return outcome;
    const tree = parseJson(textOf(bytes, start, end));
    return this.#finish(decodeTree(tree, this.#treeFrame(at, receiver)));
  }

  /**
   * The answer of `/v5/market/orderbook`. Its `u` counts the 1,000-level stream, so it is taken
   * only while no stream has begun this instrument's book.
   */
  decodeSnapshot(
    bytes: Uint8Array,
    start: number,
    end: number,
    instrument: InstrumentIndex,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    this.reason = "";
    this.lastInstrument = instrument;
    const found = this.#instruments.find((candidate) => candidate.index === instrument);
    if (found === undefined) return this.#ignore("instrument not known");
    if ((this.#topics.memoryOf(found)?.depth ?? 0) > 0) {
      return this.#ignore("snapshot of another numbering than the stream's");
    }
    const tree = parseJson(textOf(bytes, start, end));
    return this.#finish(decodeSnapshotTree(tree, found, this.#treeFrame(at, receiver)));
  }

  #treeFrame(at: Micros, receiver: EventReceiver): TreeFrame {
    return {
      topics: this.#topics,
      scratch: this.#scratch,
      instruments: this.#instruments,
      maintenance: this.#maintenance,
      touchHasSequence: this.#touchHasSequence,
      at,
      receiver,
    };
  }

  #finish(result: TreeResult): DecodeOutcome {
    this.reason = result.reason;
    if (result.instrument !== undefined) this.lastInstrument = result.instrument;
    if (result.isFastKind) this.fallbacks++;
    return result.outcome;
  }

  #ignore(reason: string): "ignored" {
    this.reason = reason;
    return "ignored";
  }

  /** Frames written exactly as usual. */
  #decodeUsual(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): FastOutcome {
    const template = this.#template;
    if (end - start < 64) return "slow";
    const frame = this.#frame.take(bytes, start, end);
    const from = template.topicAt(frame);
    if (from < 0) return "slow";
    const topic = this.#topics.findAt(frame.bytes, from, frame.end);
    const memory = topic?.memory;
    if (topic === undefined || memory === undefined) return "slow";
    const { kind, length } = topic;
    const { instrument } = memory;
    const behind = from + length;
    this.#blocks = 0;
    if (kind === "trade") {
      const isRead = template.readTrades(frame, behind, topic, instrument, this.#scratch);
      return isRead ? this.#deliverTrades(frame.bytes, memory, at, receiver) : "slow";
    }
    if (kind !== "depth" && kind !== "touch") return "slow";
    if (!template.readDepth(frame, behind, topic, instrument, this.#scratch)) return "slow";
    this.#type = template.isSnapshot ? "snapshot" : "delta";
    this.#gatewayMs = template.gatewayMs;
    this.#engineMs = template.engineMs;
    this.#sequence = template.sequence;
    return this.#deliver(frame.bytes, topic, at, receiver);
  }

  #decodeInPlace(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): FastOutcome {
    const scan = this.#scan;
    scan.reset(bytes, start, end);
    if (!scan.enterObject()) return "slow";
    let topic: Topic | undefined;
    let hasData = false;
    this.#type = "";
    this.#gatewayMs = 0;
    this.#engineMs = 0;
    while (scan.nextKey()) {
      switch (scan.keyCode) {
        case KEY_TOPIC:
          if (topic !== undefined || !scan.readString() || scan.escaped) return "slow";
          topic = this.#topics.find(bytes, scan.valueStart, scan.valueEnd);
          if (topic.kind === "ticker" || topic.kind === "status") return "slow";
          break;
        case KEY_TYPE:
          if (!scan.readString()) return "slow";
          this.#type = scan.valueIs(DELTA) ? "delta" : scan.valueIs(SNAPSHOT) ? "snapshot" : "";
          break;
        case KEY_TS:
          this.#gatewayMs = scan.readInteger();
          break;
        case KEY_CTS:
          this.#engineMs = scan.readInteger();
          break;
        case KEY_DATA:
          if (topic === undefined || hasData) return "slow";
          hasData = true;
          if (!this.#data(topic)) return "slow";
          break;
        default:
          if (topic === undefined) return "slow";
          scan.skipValue();
      }
    }
    if (!scan.finish() || topic === undefined || !hasData) return "slow";
    return this.#deliver(bytes, topic, at, receiver);
  }

  #data(topic: Topic): boolean {
    if (topic.memory === undefined) return this.#scan.skipValue();
    switch (topic.kind) {
      case "depth":
      case "touch":
        return this.#levels(topic, topic.memory.instrument);
      case "trade":
        return this.#trades(topic, topic.memory.instrument);
      default:
        return this.#scan.skipValue();
    }
  }

  #deliver(bytes: Uint8Array, topic: Topic, at: Micros, receiver: EventReceiver): FastOutcome {
    const { memory, kind } = topic;
    if (memory === undefined) {
      return this.#ignore(kind === "other" ? "other channel" : "instrument not known");
    }
    if (kind === "trade") return this.#deliverTrades(bytes, memory, at, receiver);
    if (kind !== "depth" && kind !== "touch") return this.#ignore("other channel");
    if (this.#type === "" || this.#gatewayMs < 0 || this.#engineMs < 0) return "slow";
    const scratch = this.#scratch;
    const index = memory.instrument.index;
    const venueAt = instantOf(this.#engineMs > 0 ? this.#engineMs : this.#gatewayMs);
    const isWhole = this.#type === "snapshot" || this.#sequence === 1;
    this.lastInstrument = index;
    if (kind === "touch") {
      takeTouch(memory, scratch.bids, scratch.asks, isWhole);
      const touch = scratch.touch.begin(index, at);
      touch.venueAt = venueAt;
      touch.sequence = this.#touchHasSequence ? this.#sequence : SEQUENCE_NONE;
      touch.bid = memory.bid as Price;
      touch.bidSize = memory.bidSize as Size;
      touch.ask = memory.ask as Price;
      touch.askSize = memory.askSize as Size;
      receiver.deliver(touch);
      return "decoded";
    }
    if (isWhole) {
      memory.depth = topic.depth;
      receiver.deliver(scratch.asSnapshot(index, at, venueAt, this.#sequence));
      return "decoded";
    }
    if (memory.depth !== 0 && memory.depth !== topic.depth) {
      return this.#ignore("delta of another depth than the book's");
    }
    receiver.deliver(scratch.asDelta(index, at, venueAt, this.#sequence));
    return "decoded";
  }

  /** Reads the `data` of a depth message; false sends the frame the slow way. */
  #levels(topic: Topic, instrument: Instrument): boolean {
    const scan = this.#scan;
    const scratch = this.#scratch;
    scratch.clearLevels();
    this.#sequence = SEQUENCE_NONE;
    let sides = 0;
    if (!scan.enterObject()) return false;
    while (scan.nextKey()) {
      switch (scan.keyCode) {
        case KEY_B:
          scan.readLevels(instrument.priceGrid, instrument.sizeGrid, scratch.bids);
          sides += 1;
          break;
        case KEY_A:
          scan.readLevels(instrument.priceGrid, instrument.sizeGrid, scratch.asks);
          sides += 16;
          break;
        case KEY_U:
          this.#sequence = scan.readInteger();
          break;
        case KEY_S:
          if (!scan.readString() || !scan.valueIs(topic.symbol)) return false;
          break;
        default:
          scan.skipValue();
      }
    }
    return !scan.failed && sides === 17 && this.#sequence > 0;
  }

  /** Reads the `data` of a trade message into the columns; false sends the frame the slow way. */
  #trades(topic: Topic, instrument: Instrument): boolean {
    const scan = this.#scan;
    const columns = this.#scratch.trades;
    columns.count = 0;
    this.#blocks = 0;
    if (!scan.enterArray()) return false;
    while (scan.nextElement()) {
      if (columns.isFull || !this.#oneTrade(topic, instrument)) return false;
    }
    return !scan.failed;
  }

  #oneTrade(topic: Topic, instrument: Instrument): boolean {
    const scan = this.#scan;
    const columns = this.#scratch.trades;
    const slot = columns.count;
    let price = -1, size = -1, millis = -1, side: Side | undefined, hasId = false, isBlock = false;
    if (!scan.enterObject()) return false;
    while (scan.nextKey()) {
      switch (scan.keyCode) {
        case KEY_TIME:
          millis = scan.readInteger();
          break;
        case KEY_S:
          if (!scan.readString() || !scan.valueIs(topic.symbol)) return false;
          break;
        case KEY_SIDE:
          if (!scan.readString()) return false;
          side = scan.valueIs(BUY) ? "buy" : scan.valueIs(SELL) ? "sell" : undefined;
          break;
        case KEY_SIZE:
          size = scan.readTicks(instrument.sizeGrid);
          break;
        case KEY_PRICE:
          price = scan.readTicks(instrument.priceGrid);
          break;
        case KEY_ID:
          if (!scan.readString() || scan.escaped) return false;
          hasId = scan.valueEnd > scan.valueStart;
          columns.idStarts[slot] = scan.valueStart;
          columns.idEnds[slot] = scan.valueEnd;
          break;
        case KEY_BLOCK:
          isBlock = scan.readBoolean();
          break;
        default:
          scan.skipValue();
      }
    }
    if (scan.failed || side === undefined || !hasId || price < 0 || size < 0 || !(millis >= 0)) {
      return false;
    }
    if (isBlock || price === 0 || size === 0) {
      this.#blocks++;
      return true;
    }
    columns.prices[slot] = price;
    columns.sizes[slot] = size;
    columns.millis[slot] = millis;
    columns.isSell[slot] = side === "sell" ? 1 : 0;
    columns.count++;
    return true;
  }

  #deliverTrades(
    bytes: Uint8Array,
    memory: InstrumentMemory,
    at: Micros,
    receiver: EventReceiver,
  ): FastOutcome {
    const columns = this.#scratch.trades;
    const trade = this.#scratch.trade;
    this.lastInstrument = memory.instrument.index;
    if (columns.count === 0) {
      return this.#ignore(this.#blocks > 0 ? "not a market trade" : "no trade in the message");
    }
    for (let index = 0; index < columns.count; index++) {
      trade.begin(memory.instrument.index, at);
      trade.venueAt = instantOf(columns.millis[index]!);
      trade.price = columns.prices[index] as Price;
      trade.size = columns.sizes[index] as Size;
      trade.aggressor = columns.isSell[index] === 1 ? "sell" : "buy";
      trade.setTradeIdSpan(bytes, columns.idStarts[index]!, columns.idEnds[index]!);
      receiver.deliver(trade);
    }
    return "decoded";
  }
}
