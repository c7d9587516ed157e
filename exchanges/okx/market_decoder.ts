/**
 * IN 2: bytes of OKX's public channels and of its book answers to `MarketEvent`s.
 *
 *   frame -> as the venue writes it? -> fixed reader -> scratch event -> receiver
 *              | no
 *              v
 *            arg (channel, instrument) -> action -> data in place -> scratch events -> receiver
 *              |                             |        |
 *              +-----------------------------+--------+--> anything unexpected: JSON.parse, counted
 *
 * 1. Books, best bid and ask, and trades become ticks and lots without an object per message.
 * 2. Nothing of a frame is delivered before all of it is understood.
 * 3. Keys may come in any order as long as `arg` and `action` stand before `data`; unknown keys are
 *    stepped over. Everything else goes the slow way, which decodes or refuses it.
 * 4. `books5` is left out: it is a picture without sequence beside the chained book.
 * 5. A checksum of 0 says nothing (the venue gave it up); any other comes from an old capture.
 *
 * Source: venue documentation "Public Channel", read 2026-09.
 * @module
 */
import {
  type Instrument,
  type InstrumentIndex,
  type InstrumentTradingStatus,
  type Micros,
  type Price,
  type Size,
} from "@/engine/domain/mod.ts";
import { LevelBuffer, SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver, MarketDecoder } from "@/engine/ports/mod.ts";
import {
  BestBidAskScratch,
  DeltaScratch,
  FrameText,
  JsonScanner,
  keyBytes,
  keyCodeOf,
  SnapshotScratch,
  spanIs,
  TradeScratch,
} from "@/exchanges/shared/mod.ts";
import { instantOf, type JsonObject, parseJson, textOf } from "./_json.ts";
import {
  decodeSnapshotTree,
  decodeTree,
  type MarketScratch,
  TRADES_MAX,
  type TreeFrame,
  type TreeResult,
} from "./_market_tree.ts";
import { FixedFrames } from "./_fixed_frames.ts";
import { type SymbolEntry, SymbolTable } from "./_symbol_table.ts";

const ARG = keyCodeOf("arg");
const ACTION = keyCodeOf("action");
const DATA = keyCodeOf("data");
const EVENT = keyCodeOf("event");
const INST_ID = keyCodeOf("instId");
const ASKS = keyCodeOf("asks");
const BIDS = keyCodeOf("bids");
const TS = keyCodeOf("ts");
const SEQ_ID = keyCodeOf("seqId");
const PX = keyCodeOf("px");
const SZ = keyCodeOf("sz");
const SIDE = keyCodeOf("side");
const CHANNEL = keyBytes("channel");
const PREV_SEQ_ID = keyBytes("prevSeqId");
const CHECKSUM = keyBytes("checksum");
const TRADE_ID = keyBytes("tradeId");
const BOOKS = keyBytes("books");
const TOUCH = keyBytes("bbo-tbt");
const TRADES = keyBytes("trades");
const SNAPSHOT = keyBytes("snapshot");
const UPDATE = keyBytes("update");
const BUY = keyBytes("buy");
const SELL = keyBytes("sell");
const PONG = keyBytes("pong");

/** What a fast reader answers; `slow` sends the frame to `JSON.parse`. */
type FastOutcome = DecodeOutcome | "slow";
/** Channels that are read in place. */
type FastChannel = "books" | "touch" | "trades" | "other" | "none";

/** Decodes public frames. One per connector; owns its scratch events. */
export class OkxMarketDecoder implements MarketDecoder {
  reason = "";
  /** Frames that went the slow way although a fast one exists. */
  fallbacks = 0;
  /** Instrument of the last frame, where it could be told. */
  lastInstrument: InstrumentIndex | undefined = undefined;
  /** The last frame when it was no data: an acknowledgement, an error, a notice. */
  lastControl: JsonObject | undefined = undefined;
  /** The last frame told of other terms than an instrument here has. */
  hasOtherTerms = false;
  readonly #instruments: readonly Instrument[];
  readonly #table: SymbolTable;
  readonly #scan = new JsonScanner();
  readonly #scratch: MarketScratch = {
    delta: new DeltaScratch(),
    snapshot: new SnapshotScratch(),
    touch: new BestBidAskScratch(),
    trades: [new TradeScratch()],
  };
  readonly #bids = new LevelBuffer(8);
  readonly #asks = new LevelBuffer(8);
  readonly #fixed: FixedFrames;
  readonly #frame = new FrameText();
  #isInMaintenance = false;
  readonly #states = new Map<InstrumentIndex, InstrumentTradingStatus>();

  constructor(instruments: readonly Instrument[]) {
    this.#instruments = instruments;
    this.#table = new SymbolTable(instruments);
    const { delta, touch, trades } = this.#scratch;
    this.#fixed = new FixedFrames(this.#table, delta, touch, trades[0]!);
  }

  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    this.#begin(undefined);
    const kind = this.#fixed.read(this.#frame.take(bytes, start, end), at);
    if (kind !== "unread") {
      const { delta, touch, trades } = this.#scratch;
      this.lastInstrument = this.#fixed.entry!.instrument.index;
      receiver.deliver(kind === "delta" ? delta : kind === "touch" ? touch : trades[0]!);
      return "decoded";
    }
    if (spanIs(bytes, start, end, PONG)) return this.#ignore("pong");
    this.#scan.reset(bytes, start, end);
    const outcome = this.#decodeInPlace(at, receiver);
    if (outcome !== "slow") return outcome;
    const tree = parseJson(textOf(bytes, start, end));
    return this.#finish(decodeTree(tree, this.#treeFrame(at, receiver)));
  }

  decodeSnapshot(
    bytes: Uint8Array,
    start: number,
    end: number,
    instrument: InstrumentIndex,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    this.#begin(instrument);
    const known = this.#instruments.find((candidate) => candidate.index === instrument);
    if (known === undefined) return this.#ignore("instrument not known");
    const tree = parseJson(textOf(bytes, start, end));
    return this.#finish(decodeSnapshotTree(tree, known, this.#treeFrame(at, receiver)));
  }

  #begin(instrument: InstrumentIndex | undefined): void {
    this.reason = "";
    this.lastInstrument = instrument;
    this.lastControl = undefined;
    this.hasOtherTerms = false;
  }

  #treeFrame(at: Micros, receiver: EventReceiver): TreeFrame {
    return {
      instruments: this.#instruments,
      table: this.#table,
      scratch: this.#scratch,
      isInMaintenance: this.#isInMaintenance,
      states: this.#states,
      at,
      receiver,
    };
  }

  #finish(result: TreeResult): DecodeOutcome {
    this.reason = result.reason;
    this.lastControl = result.control;
    if (result.instrument !== undefined) this.lastInstrument = result.instrument;
    if (result.isFastKind === true) this.fallbacks++;
    if (result.hasOtherTerms === true) this.hasOtherTerms = true;
    if (result.maintenance !== undefined) this.#isInMaintenance = result.maintenance;
    return result.outcome;
  }

  #ignore(reason: string): "ignored" {
    this.reason = reason;
    return "ignored";
  }

  #decodeInPlace(at: Micros, receiver: EventReceiver): FastOutcome {
    const scan = this.#scan;
    let channel: FastChannel = "none";
    let entry: SymbolEntry | undefined;
    let action: "snapshot" | "update" | "none" = "none";
    let trades = -1;
    if (!scan.enterObject()) return "slow";
    while (scan.nextKey()) {
      if (scan.keyCode === ARG) {
        if (!scan.enterObject()) return "slow";
        while (scan.nextKey()) {
          if (scan.keyCode === INST_ID) entry = this.#readSymbol();
          else if (scan.keyIs(CHANNEL)) channel = this.#readChannel();
          else scan.skipValue();
        }
        if (channel === "other") return "slow";
        if (entry === undefined) {
          // Each trade names its instrument itself.
          if (channel === "trades" || scan.failed) return "slow";
          return this.#ignore("instrument not known");
        }
      } else if (scan.keyCode === ACTION) {
        scan.readString();
        action = scan.valueIs(SNAPSHOT) ? "snapshot" : scan.valueIs(UPDATE) ? "update" : "none";
      } else if (scan.keyCode === DATA) {
        if (entry === undefined || trades >= 0) return "slow";
        if (channel === "trades") trades = this.#readTrades(entry, at);
        else if (channel === "touch") trades = this.#readTouch(entry, at) ? 0 : -1;
        else if (action === "snapshot") trades = this.#readBook(entry, at, true) ? 0 : -1;
        else if (action === "update") trades = this.#readBook(entry, at, false) ? 0 : -1;
        if (trades < 0) return "slow";
      } else if (scan.keyCode === EVENT) return "slow";
      else scan.skipValue();
    }
    if (!scan.finish() || trades < 0) return "slow";
    this.lastInstrument = entry!.instrument.index;
    const { delta, snapshot, touch } = this.#scratch;
    if (channel === "trades") return this.#deliverTrades(trades, receiver);
    receiver.deliver(channel === "touch" ? touch : action === "snapshot" ? snapshot : delta);
    return "decoded";
  }

  #readChannel(): FastChannel {
    const scan = this.#scan;
    scan.readString();
    if (scan.valueIs(BOOKS)) return "books";
    if (scan.valueIs(TRADES)) return "trades";
    return scan.valueIs(TOUCH) ? "touch" : "other";
  }

  #readSymbol(): SymbolEntry | undefined {
    const scan = this.#scan;
    if (!scan.readString()) return undefined;
    return this.#table.find(scan.bytes, scan.valueStart, scan.valueEnd);
  }

  /** Reads `[{"asks":…,"bids":…,…}]` of one book message into its scratch. */
  #readBook(entry: SymbolEntry, at: Micros, isSnapshot: boolean): boolean {
    const scan = this.#scan;
    const { index, priceGrid, sizeGrid } = entry.instrument;
    const { delta, snapshot } = this.#scratch;
    const book = isSnapshot ? snapshot.begin(index, at) : delta.begin(index, at);
    let sides = 0, time = 0, sequence = SEQUENCE_NONE, previous = SEQUENCE_NONE, checksum = 0;
    let isChained = false;
    if (!scan.enterArray() || !scan.nextElement() || !scan.enterObject()) return false;
    while (scan.nextKey()) {
      if (scan.keyCode === ASKS) {
        scan.readLevels(priceGrid, sizeGrid, book.asks);
        sides += 16;
      } else if (scan.keyCode === BIDS) {
        scan.readLevels(priceGrid, sizeGrid, book.bids);
        sides += 1;
      } else if (scan.keyCode === TS) time = scan.readInteger();
      else if (scan.keyCode === SEQ_ID) sequence = orNegative(scan.readInteger());
      else if (scan.keyIs(PREV_SEQ_ID)) {
        previous = scan.readInteger();
        isChained = true;
      } else if (scan.keyIs(CHECKSUM)) checksum = scan.readInteger();
      else scan.skipValue();
    }
    if (scan.nextElement() || scan.failed || sides !== 17 || !(time >= 0)) return false;
    if (sequence < SEQUENCE_NONE || !(previous >= SEQUENCE_NONE)) return false;
    if (!isSnapshot && isChained !== (sequence !== SEQUENCE_NONE)) return false;
    book.sequence = sequence;
    book.venueAt = instantOf(time);
    book.checksum = checksum === 0 ? undefined : checksum;
    if (!isSnapshot) {
      delta.firstSequence = sequence;
      delta.previousSequence = previous;
    }
    return true;
  }

  #readTouch(entry: SymbolEntry, at: Micros): boolean {
    const scan = this.#scan;
    const { index, priceGrid, sizeGrid } = entry.instrument;
    const touch = this.#scratch.touch.begin(index, at);
    this.#asks.clear();
    this.#bids.clear();
    let sides = 0, time = 0;
    if (!scan.enterArray() || !scan.nextElement() || !scan.enterObject()) return false;
    while (scan.nextKey()) {
      if (scan.keyCode === ASKS) {
        scan.readLevels(priceGrid, sizeGrid, this.#asks);
        sides += 16;
      } else if (scan.keyCode === BIDS) {
        scan.readLevels(priceGrid, sizeGrid, this.#bids);
        sides += 1;
      } else if (scan.keyCode === TS) time = scan.readInteger();
      else if (scan.keyCode === SEQ_ID) touch.sequence = orNegative(scan.readInteger());
      else scan.skipValue();
    }
    if (scan.nextElement() || scan.failed || sides !== 17 || !(time >= 0)) return false;
    if (touch.sequence < SEQUENCE_NONE) return false;
    touch.venueAt = instantOf(time);
    if (this.#bids.count > 0) {
      touch.bid = this.#bids.prices[0] as Price;
      touch.bidSize = this.#bids.sizes[0] as Size;
    }
    if (this.#asks.count > 0) {
      touch.ask = this.#asks.prices[0] as Price;
      touch.askSize = this.#asks.sizes[0] as Size;
    }
    return true;
  }

  /** Reads all trades of a message into the scratch; how many, or -1. */
  #readTrades(entry: SymbolEntry, at: Micros): number {
    const scan = this.#scan;
    const { trades } = this.#scratch;
    let count = 0;
    if (!scan.enterArray()) return -1;
    while (scan.nextElement()) {
      if (count === TRADES_MAX) return -1;
      if (count === trades.length) trades.push(new TradeScratch());
      if (!this.#readTrade(entry, trades[count]!, at)) return -1;
      count++;
    }
    return scan.failed ? -1 : count;
  }

  #readTrade(entry: SymbolEntry, trade: TradeScratch, at: Micros): boolean {
    const scan = this.#scan;
    const { index, priceGrid, sizeGrid } = entry.instrument;
    trade.begin(index, at);
    let time = 0, price = -1, size = -1, side = 0, hasId = false;
    if (!scan.enterObject()) return false;
    while (scan.nextKey()) {
      if (scan.keyCode === INST_ID) {
        // A trade that names another instrument than the message goes the slow way.
        if (!scan.readString() || !scan.valueIs(entry.bytes)) return false;
      } else if (scan.keyCode === PX) price = scan.readTicks(priceGrid);
      else if (scan.keyCode === SZ) size = scan.readTicks(sizeGrid);
      else if (scan.keyCode === TS) time = scan.readInteger();
      else if (scan.keyCode === SIDE) {
        scan.readString();
        side = scan.valueIs(BUY) ? 1 : scan.valueIs(SELL) ? 2 : 0;
      } else if (scan.keyIs(TRADE_ID)) {
        hasId = scan.readScalar() && scan.valueEnd > scan.valueStart;
        trade.setTradeIdSpan(scan.bytes, scan.valueStart, scan.valueEnd);
      } else scan.skipValue();
    }
    if (scan.failed || price <= 0 || size <= 0 || side === 0 || !hasId || !(time >= 0)) {
      return false;
    }
    trade.venueAt = instantOf(time);
    trade.price = price as Price;
    trade.size = size as Size;
    trade.aggressor = side === 1 ? "buy" : "sell";
    return true;
  }

  #deliverTrades(count: number, receiver: EventReceiver): DecodeOutcome {
    if (count === 0) return this.#ignore("no trade in the message");
    for (let at = 0; at < count; at++) receiver.deliver(this.#scratch.trades[at]!);
    return "decoded";
  }
}

/** A sequence that was said must not be negative: -1 would pass for "not said". */
function orNegative(sequence: number): number {
  return sequence >= 0 ? sequence : -2;
}
