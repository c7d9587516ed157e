/**
 * IN 2: bytes of Binance's public streams and of its depth snapshots to `MarketEvent`s.
 *
 *   frame -> wrapper? -> event name -> fields in place -> scratch event -> receiver
 *              |             |              |
 *              +-------------+--------------+--> anything unexpected: JSON.parse, counted
 *
 * 1. Depth, best bid and ask, and trades become ticks and lots without an object per message.
 * 2. Nothing of a frame is delivered before all of it is understood.
 * 3. Keys may come in any order as long as the symbol stands before the levels; unknown keys are
 *    stepped over. Everything else goes the slow way, which decodes or refuses it.
 * 4. Products of one symbol are told apart: `pu`, `T` (depth), `e` (touch), `M`, `X` (trades).
 *
 * Source: venue documentation "WebSocket streams" of both products, read 2026-09.
 * @module
 */
import {
  type Instrument,
  type InstrumentIndex,
  type Micros,
  type Price,
  type Size,
} from "@/engine/domain/mod.ts";
import type { DecodeOutcome, EventReceiver, MarketDecoder } from "@/engine/ports/mod.ts";
import {
  BestBidAskScratch,
  DeltaScratch,
  LetterFrames,
  scanTicks,
  SnapshotScratch,
  TradeScratch,
} from "@/exchanges/shared/mod.ts";
import {
  FrameScanner,
  isAt,
  isDigits,
  isPartialStream,
  isText,
  type Slot,
  type SymbolEntry,
  SymbolTable,
  UNREAD,
} from "./_frame_scanner.ts";
import { instantOf, parseJson, textOf } from "./_json.ts";
import {
  decodeSnapshotTree,
  decodeTree,
  type MarketScratch,
  type TreeFrame,
} from "./_market_tree.ts";

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN = 123;
const CLOSE = 125;
const STREAM_PREFIX = new TextEncoder().encode('{"stream":"');
const DATA_INFIX = new TextEncoder().encode(',"data":');
const EVENT_PREFIX = new TextEncoder().encode('{"e":"');
const SPOT_TICKER_PREFIX = new TextEncoder().encode('{"u":');
const DEPTH = new TextEncoder().encode('depthUpdate"');
const TICKER = new TextEncoder().encode('bookTicker"');
const TRADE = new TextEncoder().encode('trade"');
const AGGREGATE_TRADE = new TextEncoder().encode('aggTrade"');
const MARKET = new TextEncoder().encode('"MARKET"');
const BIDS = new TextEncoder().encode("bids");
const ASKS = new TextEncoder().encode("asks");
const LAST_UPDATE_ID = new TextEncoder().encode("lastUpdateId");
const ACKNOWLEDGED = new TextEncoder().encode('{"result":null,');

/** Letters of one-letter keys. */
const KEY_E = 69, KEY_T = 84, KEY_U = 85, KEY_B = 66, KEY_A = 65, KEY_M = 77, KEY_X = 88;
const KEY_a = 97, KEY_b = 98, KEY_m = 109, KEY_p = 112, KEY_q = 113, KEY_s = 115, KEY_t = 116;
const KEY_u = 117, KEY_e = 101, KEY_d = 100;
/** `pu`, and any other key of more than one letter. */
const KEY_pu = 256, KEY_OTHER = 257;
const TRUE_T = 116, FALSE_F = 102;
/** What a fast reader answers; `slow` sends the frame to `JSON.parse`. */
type FastOutcome = DecodeOutcome | "slow";

/** Decodes public frames. One per connector and product; owns its scratch events. */
export class BinanceMarketDecoder implements MarketDecoder {
  reason = "";
  /** Frames that went the slow way although a fast one exists. */
  fallbacks = 0;
  /** Instrument of the last frame, where known: for `feed_interrupted` after a refusal. */
  lastInstrument: InstrumentIndex | undefined = undefined;
  readonly #table: SymbolTable;
  readonly #instruments: readonly Instrument[];
  /** The symbol of the frame before: very often the next one's too. */
  #lastEntry: SymbolEntry | undefined = undefined;
  readonly #scan = new FrameScanner();
  readonly #letters: LetterFrames;
  readonly #scratch: MarketScratch = {
    delta: new DeltaScratch(),
    snapshot: new SnapshotScratch(),
    touch: new BestBidAskScratch(),
    trade: new TradeScratch(),
  };

  constructor(instruments: readonly Instrument[]) {
    this.#instruments = instruments;
    const table = this.#table = new SymbolTable(instruments);
    const { delta, touch, trade } = this.#scratch;
    this.#letters = new LetterFrames(
      (bytes, start, end) => table.find(bytes, start, end)?.perpetual?.instrument,
      delta,
      touch,
      trade,
    );
  }

  /** An instrument follows other terms. */
  redefine(instrument: Instrument): void {
    this.#table.redefine(instrument);
    this.#letters.forget();
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
    const kind = this.#letters.read(bytes, start, end, at);
    if (kind !== "unread") return this.#deliver(this.#scratch[kind], receiver);
    const outcome = this.#decodeInPlace(bytes, start, end, at, receiver);
    if (outcome !== "slow") return outcome;
    return this.#finish(
      decodeTree(parseJson(textOf(bytes, start, end)), this.#treeFrame(at, receiver)),
    );
  }

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
    const slot = found === undefined ? undefined : this.#slotOf(found);
    if (slot === undefined) return this.#ignore("instrument not known");
    if (this.#snapshotInPlace(bytes, start, end, slot, at)) {
      receiver.deliver(this.#scratch.snapshot);
      return "decoded";
    }
    this.fallbacks++;
    const tree = parseJson(textOf(bytes, start, end));
    return this.#finish(decodeSnapshotTree(tree, slot.instrument, this.#treeFrame(at, receiver)));
  }

  #deliver(event: DeltaScratch | BestBidAskScratch | TradeScratch, receiver: EventReceiver) {
    this.lastInstrument = event.instrument;
    receiver.deliver(event);
    return "decoded" as const;
  }

  #treeFrame(at: Micros, receiver: EventReceiver): TreeFrame {
    return { table: this.#table, scratch: this.#scratch, at, receiver };
  }

  #finish(result: ReturnType<typeof decodeTree>): DecodeOutcome {
    this.reason = result.reason;
    if (result.instrument !== undefined) this.lastInstrument = result.instrument;
    if (result.isFastKind) this.fallbacks++;
    return result.outcome;
  }

  #ignore(reason: string): "ignored" {
    this.reason = reason;
    return "ignored";
  }

  #slotOf(instrument: Instrument): Slot | undefined {
    const name = new TextEncoder().encode(instrument.terms.venueSymbol);
    return this.#table.find(name, 0, name.length)?.[instrument.terms.product];
  }

  #decodeInPlace(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): FastOutcome {
    const scan = this.#scan;
    let from = start;
    let to = end;
    if (isAt(bytes, from, to, STREAM_PREFIX)) {
      scan.at = from + STREAM_PREFIX.length - 1;
      if (!scan.skipQuoted(bytes, end) || !isAt(bytes, scan.at, to, DATA_INFIX)) return "slow";
      if (isPartialStream(bytes, from + STREAM_PREFIX.length, scan.at)) return "slow";
      from = scan.at + DATA_INFIX.length;
      to = end - 1;
      if (bytes[to] !== CLOSE) return "slow";
    }
    if (to <= from || bytes[to - 1] !== CLOSE) return "slow";
    if (isAt(bytes, from, to, SPOT_TICKER_PREFIX)) {
      scan.at = from;
      return this.#touch(bytes, to, at, receiver, false);
    }
    if (!isAt(bytes, from, to, EVENT_PREFIX)) {
      return isAt(bytes, from, to, ACKNOWLEDGED) ? this.#ignore("acknowledgement") : "slow";
    }
    const name = from + EVENT_PREFIX.length;
    switch (bytes[name]) {
      case KEY_d:
        if (!isAt(bytes, name, to, DEPTH)) return "slow";
        scan.at = name + DEPTH.length;
        return this.#depth(bytes, to, at, receiver);
      case KEY_b:
        if (!isAt(bytes, name, to, TICKER)) return "slow";
        scan.at = name + TICKER.length;
        return this.#touch(bytes, to, at, receiver, true);
      case KEY_a:
        if (!isAt(bytes, name, to, AGGREGATE_TRADE)) return "slow";
        scan.at = name + AGGREGATE_TRADE.length;
        return this.#trade(bytes, to, at, receiver, KEY_a);
      case KEY_t:
        if (!isAt(bytes, name, to, TRADE)) return "slow";
        scan.at = name + TRADE.length;
        return this.#trade(bytes, to, at, receiver, KEY_t);
      default:
        return "slow";
    }
  }

  /** Reads `depthUpdate` from behind its event name. */
  #depth(bytes: Uint8Array, end: number, at: Micros, receiver: EventReceiver): FastOutcome {
    const scan = this.#scan;
    const delta = this.#scratch.delta;
    let entry: SymbolEntry | undefined;
    let slot: Slot | undefined;
    let first = UNREAD, last = UNREAD, previous = UNREAD, eventAt = 0, transactedAt = 0;
    let sides = 0;
    while (bytes[scan.at] === COMMA) {
      const key = this.#key(bytes);
      switch (key) {
        case KEY_E:
          eventAt = scan.integer(bytes);
          break;
        case KEY_T:
          transactedAt = scan.integer(bytes);
          break;
        case KEY_U:
          first = scan.integer(bytes);
          break;
        case KEY_u:
          last = scan.integer(bytes);
          break;
        case KEY_pu:
          previous = scan.integer(bytes);
          break;
        case KEY_s:
          entry = this.#symbol(bytes, end);
          if (entry === undefined) return this.#ignore("instrument not known");
          break;
        case KEY_b:
        case KEY_a:
          if (sides === 0) {
            if (entry === undefined) return "slow";
            slot = previous >= 0 || transactedAt > 0 ? entry.perpetual : entry.spot;
            if (slot === undefined) return this.#ignore("instrument not known");
            delta.begin(slot.instrument.index, at);
          }
          if (!scan.levels(bytes, end, slot!, key === KEY_b ? delta.bids : delta.asks)) {
            return "slow";
          }
          sides += key === KEY_b ? 1 : 16;
          break;
        default:
          if (!scan.skipValue(bytes, end)) return "slow";
      }
    }
    if (scan.at !== end - 1 || sides !== 17 || first < 0 || last < first) return "slow";
    if (slot!.instrument.terms.product === "perpetual" && previous < 0) return "slow";
    if (eventAt < 0 || transactedAt < 0) return "slow";
    delta.firstSequence = first;
    delta.sequence = last;
    delta.previousSequence = previous;
    delta.venueAt = instantOf(transactedAt > 0 ? transactedAt : eventAt);
    this.lastInstrument = delta.instrument;
    receiver.deliver(delta);
    return "decoded";
  }

  /** Reads `bookTicker` from behind its event name, or (spot) from its opening brace. */
  #touch(
    bytes: Uint8Array,
    end: number,
    at: Micros,
    receiver: EventReceiver,
    isNamed: boolean,
  ): FastOutcome {
    const scan = this.#scan;
    const touch = this.#scratch.touch;
    let slot: Slot | undefined;
    let isPerpetual = isNamed;
    let sequence = UNREAD, eventAt = 0, transactedAt = 0;
    let bid = UNREAD, bidSize = UNREAD, ask = UNREAD, askSize = UNREAD;
    while (bytes[scan.at] === COMMA || bytes[scan.at] === OPEN) {
      switch (this.#key(bytes)) {
        case KEY_u:
          sequence = scan.integer(bytes);
          break;
        case KEY_E:
          eventAt = scan.integer(bytes);
          break;
        case KEY_T:
          transactedAt = scan.integer(bytes);
          break;
        case KEY_s: {
          const entry = this.#symbol(bytes, end);
          slot = isPerpetual ? entry?.perpetual : entry?.spot;
          if (slot === undefined) return this.#ignore("instrument not known");
          break;
        }
        case KEY_b:
          bid = priceAt(scan, bytes, slot);
          break;
        case KEY_B:
          bidSize = sizeAt(scan, bytes, slot);
          break;
        case KEY_a:
          ask = priceAt(scan, bytes, slot);
          break;
        case KEY_A:
          askSize = sizeAt(scan, bytes, slot);
          break;
        case KEY_e:
          // Some frames name the event behind `u`; behind the symbol it would be too late.
          if (slot !== undefined || !isAt(bytes, scan.at + 1, end, TICKER)) return "slow";
          scan.at += 1 + TICKER.length;
          isPerpetual = true;
          break;
        default:
          if (!scan.skipValue(bytes, end)) return "slow";
      }
    }
    if (scan.at !== end - 1 || slot === undefined || sequence < 0) return "slow";
    if (bid < 0 || bidSize < 0 || ask < 0 || askSize < 0) return "slow";
    if (eventAt < 0 || transactedAt < 0) return "slow";
    // A spot touch has no time: this is a perpetual's without its name.
    if (!isPerpetual && eventAt + transactedAt > 0) return "slow";
    touch.begin(slot.instrument.index, at);
    touch.venueAt = instantOf(transactedAt > 0 ? transactedAt : eventAt);
    touch.sequence = sequence;
    touch.bid = bid as Price;
    touch.bidSize = bidSize as Size;
    touch.ask = ask as Price;
    touch.askSize = askSize as Size;
    this.lastInstrument = touch.instrument;
    receiver.deliver(touch);
    return "decoded";
  }

  /** Reads `trade` or `aggTrade` from behind its event name; `idKey` names the trade. */
  #trade(
    bytes: Uint8Array,
    end: number,
    at: Micros,
    receiver: EventReceiver,
    idKey: number,
  ): FastOutcome {
    const scan = this.#scan;
    let entry: SymbolEntry | undefined;
    let priceStart = 0, priceEnd = 0, sizeStart = 0, sizeEnd = 0, idStart = 0, idEnd = 0;
    let eventAt = 0, transactedAt = 0, maker = 0;
    let isSpot = false, market = 0;
    while (bytes[scan.at] === COMMA) {
      const key = this.#key(bytes);
      const from = scan.at;
      if (key === KEY_E) eventAt = scan.integer(bytes);
      else if (key === KEY_T) transactedAt = scan.integer(bytes);
      else if (key === KEY_s) {
        entry = this.#symbol(bytes, end);
        if (entry === undefined) return this.#ignore("instrument not known");
      } else {
        if (!scan.skipValue(bytes, end)) return "slow";
        if (key === KEY_p) {
          priceStart = from + 1;
          priceEnd = scan.at - 1;
        } else if (key === KEY_q) {
          sizeStart = from + 1;
          sizeEnd = scan.at - 1;
        } else if (key === idKey) {
          idStart = from;
          idEnd = scan.at;
        } else if (key === KEY_m) maker = bytes[from]!;
        else if (key === KEY_M) isSpot = true;
        else if (key === KEY_X) market = isText(bytes, from, scan.at, MARKET) ? 1 : 2;
      }
    }
    if (scan.at !== end - 1 || entry === undefined || eventAt < 0 || transactedAt < 0) {
      return "slow";
    }
    if (bytes[priceStart - 1] !== QUOTE || bytes[sizeStart - 1] !== QUOTE) return "slow";
    if ((maker !== TRUE_T && maker !== FALSE_F) || !isDigits(bytes, idStart, idEnd)) return "slow";
    if (!isSpot && market === 0 && idKey === KEY_t) return "slow";
    const slot = isSpot ? entry.spot : entry.perpetual;
    if (slot === undefined) return this.#ignore("instrument not known");
    if (market === 2) return this.#ignore("not a market trade");
    const price = scanTicks(bytes, priceStart, priceEnd, slot.instrument.priceGrid);
    const size = scanTicks(bytes, sizeStart, sizeEnd, slot.instrument.sizeGrid);
    if (price < 0 || size < 0) return "slow";
    if (price === 0 || size === 0) return this.#ignore("trade without price or size");
    const trade = this.#scratch.trade.begin(slot.instrument.index, at);
    trade.venueAt = instantOf(transactedAt > 0 ? transactedAt : eventAt);
    trade.price = price as Price;
    trade.size = size as Size;
    trade.aggressor = maker === TRUE_T ? "sell" : "buy";
    trade.setTradeIdSpan(bytes, idStart, idEnd);
    this.lastInstrument = trade.instrument;
    receiver.deliver(trade);
    return "decoded";
  }

  /** Reads a depth snapshot answer into the scratch; false sends it the slow way. */
  #snapshotInPlace(bytes: Uint8Array, start: number, end: number, slot: Slot, at: Micros): boolean {
    const scan = this.#scan;
    const snapshot = this.#scratch.snapshot.begin(slot.instrument.index, at);
    let eventAt = 0, transactedAt = 0, sides = 0;
    scan.at = start;
    while (bytes[scan.at] === COMMA || (bytes[scan.at] === OPEN && scan.at === start)) {
      const nameStart = scan.at + 2;
      scan.at++;
      if (!scan.skipQuoted(bytes, end) || bytes[scan.at] !== COLON) return false;
      const nameEnd = scan.at - 1;
      scan.at++;
      if (isText(bytes, nameStart, nameEnd, BIDS)) {
        if (!scan.levels(bytes, end, slot, snapshot.bids)) return false;
        sides += 1;
      } else if (isText(bytes, nameStart, nameEnd, ASKS)) {
        if (!scan.levels(bytes, end, slot, snapshot.asks)) return false;
        sides += 16;
      } else if (isText(bytes, nameStart, nameEnd, LAST_UPDATE_ID)) {
        snapshot.sequence = scan.integer(bytes);
      } else if (nameEnd - nameStart === 1 && bytes[nameStart] === KEY_E) {
        eventAt = scan.integer(bytes);
      } else if (nameEnd - nameStart === 1 && bytes[nameStart] === KEY_T) {
        transactedAt = scan.integer(bytes);
      } else if (!scan.skipValue(bytes, end)) return false;
    }
    if (scan.at !== end - 1 || bytes[scan.at] !== CLOSE) return false;
    if (sides !== 17 || snapshot.sequence < 0 || eventAt < 0 || transactedAt < 0) return false;
    snapshot.venueAt = instantOf(transactedAt > 0 ? transactedAt : eventAt);
    return true;
  }

  /**
   * Reads `,"k":`; where it is anything else, `at` moves behind all bytes, so that reading ends.
   */
  #key(bytes: Uint8Array): number {
    const scan = this.#scan;
    const at = scan.at;
    if (bytes[at + 1] === QUOTE) {
      if (bytes[at + 3] === QUOTE && bytes[at + 4] === COLON) {
        scan.at = at + 5;
        return bytes[at + 2]!;
      }
      scan.at = at + 1;
      if (scan.skipQuoted(bytes, bytes.length) && bytes[scan.at] === COLON) {
        scan.at++;
        const isPu = scan.at === at + 6 && bytes[at + 2] === KEY_p && bytes[at + 3] === KEY_u;
        return isPu ? KEY_pu : KEY_OTHER;
      }
    }
    scan.at = bytes.length;
    return KEY_OTHER;
  }

  #symbol(bytes: Uint8Array, end: number): SymbolEntry | undefined {
    const scan = this.#scan;
    const start = scan.at + 1;
    if (!scan.skipQuoted(bytes, end)) return undefined;
    const last = this.#lastEntry;
    if (last !== undefined && isText(bytes, start, scan.at - 1, last.bytes)) return last;
    const found = this.#table.find(bytes, start, scan.at - 1);
    if (found !== undefined) this.#lastEntry = found;
    return found;
  }
}

function priceAt(scan: FrameScanner, bytes: Uint8Array, slot: Slot | undefined): number {
  if (slot === undefined) return UNREAD;
  return scan.quotedSteps(bytes, slot.priceScale, slot.priceMantissa);
}

function sizeAt(scan: FrameScanner, bytes: Uint8Array, slot: Slot | undefined): number {
  if (slot === undefined) return UNREAD;
  return scan.quotedSteps(bytes, slot.sizeScale, slot.sizeMantissa);
}
