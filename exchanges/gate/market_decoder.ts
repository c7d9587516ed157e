/**
 * IN 2: bytes of Gate's public channels and of its depth snapshots to `MarketEvent`s.
 *
 *   frame -> channel, event -> result's fields in place -> scratch events -> end seen -> receiver
 *                 |                   |
 *                 +-------------------+--> anything unexpected: JSON.parse, counted
 *
 * 1. Depth, best bid and ask, and trades become ticks and lots without an object per message.
 * 2. Nothing of a frame is delivered before all of it is understood.
 * 3. Keys may come in any order: where levels stand before their symbol (the futures wrote so until
 *    2024), the symbol is looked up near the frame's end and compared when it is reached.
 * 4. A pushed whole book (`full`) is a snapshot. If it says more than the stream before it, the
 *    feed is interrupted first, so that the core takes it; an older one is ignored.
 *
 * Source: venue documentation "WebSocket v4" of both products, read 2026-09.
 * @module
 */
import {
  type Instrument,
  type InstrumentIndex,
  type Micros,
  micros,
  type Price,
  type Product,
  type Size,
} from "@/engine/domain/mod.ts";
import type { DecodeOutcome, EventReceiver, MarketDecoder } from "@/engine/ports/mod.ts";
import {
  BestBidAskScratch,
  DeltaScratch,
  FrameText,
  keyBytes,
  keyCodeOf,
  scanTicks,
  SnapshotScratch,
} from "@/exchanges/shared/mod.ts";
import { deliverDepth } from "./_depth_delivery.ts";
import { FixedFrames } from "./_fixed_frames.ts";
import {
  FrameScanner,
  isText,
  longKeyCode,
  scanInstant,
  type Slot,
  SymbolTable,
  UNREAD,
} from "./_frame_scanner.ts";
import { symbolAhead, symbolAt } from "./_frame_symbols.ts";
import { parseJson, textOf } from "./_json.ts";
import {
  decodeSnapshotTree,
  decodeTree,
  type MarketScratch,
  type TreeResult,
} from "./_market_tree.ts";
import { TradeReader } from "./_trade_reader.ts";

const OPEN = 123;
const CLOSE = 125;
const COMMA = 44;
const QUOTE = 34;
const LETTER_T = 116, LETTER_F = 102;

const CHANNEL = keyBytes("channel");
const EVENT = keyBytes("event");
const RESULT = keyBytes("result");
const CURRENT = keyBytes("current");
const UPDATE = keyBytes("update");
const CHANNEL_CODE = longKeyCode("channel");
const EVENT_CODE = longKeyCode("event");
const RESULT_CODE = longKeyCode("result");
const UPDATE_CODE = longKeyCode("update");
const CURRENT_CODE = longKeyCode("current");
const KEY_t = keyCodeOf("t"), KEY_s = keyCodeOf("s"), KEY_u = keyCodeOf("u");
const KEY_U = keyCodeOf("U"), KEY_b = keyCodeOf("b"), KEY_a = keyCodeOf("a");
const KEY_B = keyCodeOf("B"), KEY_A = keyCodeOf("A"), KEY_FULL = keyCodeOf("full");
const KEY_ID = keyCodeOf("id"), KEY_ASKS = keyCodeOf("asks"), KEY_BIDS = keyCodeOf("bids");

type Kind = "depth" | "obu" | "touch" | "trades";

/** What is read in place, by channel. */
const CHANNELS: readonly {
  readonly name: Uint8Array;
  readonly kind: Kind;
  readonly product: Product;
}[] = (["spot", "perpetual"] as const).flatMap((product) => {
  const prefix = product === "spot" ? "spot" : "futures";
  return ([
    ["order_book_update", "depth"],
    ["obu", "obu"],
    ["book_ticker", "touch"],
    ["trades", "trades"],
  ] as const).map(([name, kind]) => ({ name: keyBytes(`${prefix}.${name}`), kind, product }));
});

/** `slow` sends the frame to `JSON.parse`; `read` waits for the frame's end. */
type FastOutcome = "read" | "ignored" | "slow";

/** How a decoder is used. */
export interface MarketDecoderOptions {
  /** After a pushed whole book an empty delta says that the stream has spoken, so that a feed need
   * not wait for the next change to believe it. For live use. */
  readonly confirmsWholeBooks?: boolean;
}

/** Decodes public frames. One for each connection, whose whole books it tells from news by what
 * came before; owns its scratch events. */
export class GateMarketDecoder implements MarketDecoder {
  reason = "";
  /** Frames that went the slow way although a fast one exists. */
  fallbacks = 0;
  /** Instrument of the last frame, where it could be told. */
  lastInstrument: InstrumentIndex | undefined = undefined;
  readonly #tables: Readonly<Record<Product, SymbolTable>>;
  readonly #instruments: readonly Instrument[];
  readonly #confirms: boolean;
  readonly #scan = new FrameScanner();
  readonly #frame = new FrameText();
  readonly #fixed: FixedFrames;
  readonly #trades = new TradeReader();
  readonly #scratch: MarketScratch;
  /** Instrument of the depth frame or touch that was read in place. */
  #slot: Slot | undefined = undefined;
  #isFull = false;

  constructor(instruments: readonly Instrument[], options: MarketDecoderOptions = {}) {
    this.#instruments = instruments;
    this.#confirms = options.confirmsWholeBooks ?? false;
    const of = (product: Product) =>
      new SymbolTable(instruments.filter((one) => one.terms.product === product));
    this.#tables = { spot: of("spot"), perpetual: of("perpetual") };
    this.#scratch = {
      delta: new DeltaScratch(),
      snapshot: new SnapshotScratch(),
      touch: new BestBidAskScratch(),
      trade: this.#trades.scratch,
    };
    const { delta, touch } = this.#scratch;
    this.#fixed = new FixedFrames(this.#tables, delta, touch, this.#trades);
  }

  /** Its depth is subscribed to anew: the next whole book is taken whatever came before. */
  expectWholeBook(instrument: Instrument): void {
    const slot = this.#slotOf(instrument);
    if (slot !== undefined) slot.isAnew = true;
  }

  /** When funding is paid next, as REST says; the ticker channel does not. */
  setFundingAt(instrument: Instrument, at: Micros): void {
    const slot = this.#slotOf(instrument);
    if (slot !== undefined) slot.fundingAt = at;
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
    this.#trades.clear();
    const frame = this.#frame.take(bytes, start, end);
    const kind = this.#fixed.read(frame, at);
    if (kind !== "unread") {
      this.#slot = this.#fixed.slot;
      this.#isFull = false;
      return this.#deliver(kind, frame.bytes, at, receiver);
    }
    this.#trades.clear();
    const channel = this.#inPlace(bytes, start, end, at);
    if (channel === "ignored") return "ignored";
    if (channel !== "slow") return this.#deliver(channel, bytes, at, receiver);
    const result = decodeTree(parseJson(textOf(bytes, start, end)), {
      tables: this.#tables,
      scratch: this.#scratch,
      at,
      receiver,
      deliverDepth: (slot, isFull) => ({
        outcome: this.#deliverDepth(slot, isFull, at, receiver),
        reason: this.reason,
      }),
    });
    return this.#finish(result);
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
    const tree = parseJson(textOf(bytes, start, end));
    const scratch = this.#scratch.snapshot;
    return this.#finish(decodeSnapshotTree(tree, slot.instrument, scratch, at, receiver));
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

  #slotOf(instrument: Instrument): Slot | undefined {
    const name = keyBytes(instrument.terms.venueSymbol);
    const slot = this.#tables[instrument.terms.product].find(name, 0, name.length);
    return slot?.instrument === instrument ? slot : undefined;
  }

  #deliver(kind: Kind, bytes: Uint8Array, at: Micros, receiver: EventReceiver): DecodeOutcome {
    if (kind === "trades") {
      this.lastInstrument = this.#trades.instrument;
      this.#trades.deliver(bytes, at, receiver);
      return "decoded";
    }
    const slot = this.#slot!;
    this.lastInstrument = slot.instrument.index;
    if (kind !== "touch") return this.#deliverDepth(slot, this.#isFull, at, receiver);
    receiver.deliver(this.#scratch.touch);
    return "decoded";
  }

  #deliverDepth(slot: Slot, isFull: boolean, at: Micros, receiver: EventReceiver): DecodeOutcome {
    const outcome = deliverDepth(this.#scratch, slot, {
      isFull,
      at,
      confirms: this.#confirms,
    }, receiver);
    return outcome === "delivered" ? "decoded" : this.#ignore(outcome);
  }

  /** Reads a frame of a fast channel to its end: its kind, or why not. */
  #inPlace(bytes: Uint8Array, start: number, end: number, at: Micros): Kind | "ignored" | "slow" {
    if (end - start < 2 || bytes[start] !== OPEN || bytes[end - 1] !== CLOSE) return "slow";
    const scan = this.#scan;
    let channel: (typeof CHANNELS)[number] | undefined;
    let isUpdate = false;
    let isRead = false;
    let pending = 0;
    scan.at = start;
    do {
      const key = scan.key(bytes, end);
      if (key === CHANNEL_CODE && isText(bytes, scan.start, scan.end, CHANNEL)) {
        if (!scan.quoted(bytes, end)) return "slow";
        channel = channelAt(bytes, scan.start, scan.end);
        if (channel === undefined) return "slow";
      } else if (key === EVENT_CODE && isText(bytes, scan.start, scan.end, EVENT)) {
        if (!scan.quoted(bytes, end)) return "slow";
        if (!isText(bytes, scan.start, scan.end, UPDATE)) return "slow";
        isUpdate = true;
      } else if (key === RESULT_CODE && isText(bytes, scan.start, scan.end, RESULT)) {
        if (channel !== undefined && isUpdate && !isRead) {
          const outcome = this.#result(bytes, end, at, channel.kind, channel.product);
          if (outcome !== "read") return outcome;
          isRead = true;
        } else {
          pending = scan.at;
          if (!scan.skipValue(bytes, end)) return "slow";
        }
      } else if (key === 0 || !scan.skipValue(bytes, end)) return "slow";
    } while (bytes[scan.at] === COMMA && scan.at < end);
    if (scan.at !== end - 1 || channel === undefined || !isUpdate) return "slow";
    if (isRead && pending === 0) return channel.kind;
    if (isRead || pending === 0) return "slow";
    scan.at = pending;
    const outcome = this.#result(bytes, end, at, channel.kind, channel.product);
    return outcome === "read" ? channel.kind : outcome;
  }

  #result(
    bytes: Uint8Array,
    end: number,
    at: Micros,
    kind: Kind,
    product: Product,
  ): FastOutcome {
    const table = this.#tables[product];
    switch (kind) {
      case "depth":
      case "obu":
        return this.#depth(bytes, end, at, table, kind === "obu");
      case "touch":
        return this.#touch(bytes, end, at, table);
      case "trades": {
        const found = this.#trades.read(this.#scan, bytes, end, table, product);
        if (found === "read" || found === "slow") return found;
        return this.#ignore(found);
      }
    }
  }

  #depth(
    bytes: Uint8Array,
    end: number,
    at: Micros,
    table: SymbolTable,
    isObu: boolean,
  ): FastOutcome {
    const scan = this.#scan;
    const delta = this.#scratch.delta;
    if (bytes[scan.at] !== OPEN) return "slow";
    let slot: Slot | undefined;
    let isNamed = false;
    let first = UNREAD, last = UNREAD, venueAt = 0;
    let isFull = false;
    let sides = 0;
    do {
      const key = scan.key(bytes, end);
      switch (key) {
        case KEY_t:
          venueAt = scan.integer(bytes, end);
          break;
        case KEY_U:
          first = scan.integer(bytes, end);
          break;
        case KEY_u:
          last = scan.integer(bytes, end);
          break;
        case KEY_s: {
          if (!scan.quoted(bytes, end)) return "slow";
          const named = symbolAt(bytes, scan.start, scan.end, table, isObu);
          if (named === undefined) return this.#ignore("instrument not known");
          if (slot !== undefined && named !== slot) return "slow";
          if (slot === undefined) delta.begin(named.instrument.index, at);
          slot = named;
          isNamed = true;
          break;
        }
        case KEY_b:
        case KEY_a:
          if (slot === undefined) {
            slot = symbolAhead(bytes, scan.at, end, table, isObu);
            if (slot === undefined) return "slow";
            delta.begin(slot.instrument.index, at);
          }
          if (!scan.levels(bytes, end, slot, key === KEY_b ? delta.bids : delta.asks)) {
            return "slow";
          }
          sides |= key === KEY_b ? 1 : 2;
          break;
        case KEY_FULL:
          isFull = bytes[scan.at] === LETTER_T;
          if (!isFull && bytes[scan.at] !== LETTER_F) return "slow";
          if (!scan.skipValue(bytes, end)) return "slow";
          break;
        default:
          if (key === 0 || !scan.skipValue(bytes, end)) return "slow";
      }
    } while (bytes[scan.at] === COMMA && scan.at < end);
    if (bytes[scan.at] !== CLOSE || !isNamed || last < 0 || venueAt < 0) return "slow";
    if (isFull ? sides !== 3 : first < 0 || first > last) return "slow";
    scan.at++;
    delta.firstSequence = first;
    delta.sequence = last;
    delta.venueAt = micros(venueAt * 1_000);
    this.#slot = slot;
    this.#isFull = isFull;
    return "read";
  }

  #touch(bytes: Uint8Array, end: number, at: Micros, table: SymbolTable): FastOutcome {
    const scan = this.#scan;
    const touch = this.#scratch.touch;
    if (bytes[scan.at] !== OPEN) return "slow";
    let slot: Slot | undefined;
    let sequence = UNREAD, venueAt = 0;
    let bid = UNREAD, bidSize = UNREAD, ask = UNREAD, askSize = UNREAD;
    do {
      const key = scan.key(bytes, end);
      switch (key) {
        case KEY_t:
          venueAt = scan.integer(bytes, end);
          break;
        case KEY_u:
          sequence = scan.integer(bytes, end);
          break;
        case KEY_s:
          if (!scan.quoted(bytes, end)) return "slow";
          slot = table.find(bytes, scan.start, scan.end);
          if (slot === undefined) return this.#ignore("instrument not known");
          break;
        case KEY_b:
          bid = stepsAt(scan, bytes, end, slot, true);
          break;
        case KEY_B:
          bidSize = stepsAt(scan, bytes, end, slot, false);
          break;
        case KEY_a:
          ask = stepsAt(scan, bytes, end, slot, true);
          break;
        case KEY_A:
          askSize = stepsAt(scan, bytes, end, slot, false);
          break;
        default:
          if (key === 0 || !scan.skipValue(bytes, end)) return "slow";
      }
    } while (bytes[scan.at] === COMMA && scan.at < end);
    if (bytes[scan.at] !== CLOSE || slot === undefined || sequence < 0 || venueAt < 0) {
      return "slow";
    }
    if (bid < 0 || bidSize < 0 || ask < 0 || askSize < 0) return "slow";
    // An empty side has neither a price nor a size.
    if ((bid === 0) !== (bidSize === 0) || (ask === 0) !== (askSize === 0)) return "slow";
    scan.at++;
    touch.begin(slot.instrument.index, at);
    touch.venueAt = micros(venueAt * 1_000);
    touch.sequence = sequence;
    touch.bid = bid as Price;
    touch.bidSize = (bid === 0 ? 0 : bidSize) as Size;
    touch.ask = ask as Price;
    touch.askSize = (ask === 0 ? 0 : askSize) as Size;
    this.#slot = slot;
    return "read";
  }

  /** Reads a depth snapshot answer into the scratch; false sends it the slow way. */
  #snapshotInPlace(bytes: Uint8Array, start: number, end: number, slot: Slot, at: Micros): boolean {
    const scan = this.#scan;
    if (end - start < 2 || bytes[start] !== OPEN) return false;
    const snapshot = this.#scratch.snapshot.begin(slot.instrument.index, at);
    // Spot writes milliseconds, futures seconds with decimals.
    const decimals = slot.instrument.terms.product === "spot" ? 3 : 6;
    let updated = 0, current = 0, sides = 0;
    scan.at = start;
    do {
      const key = scan.key(bytes, end);
      if (key === KEY_ID) {
        snapshot.sequence = scan.integer(bytes, end);
      } else if (key === KEY_BIDS || key === KEY_ASKS) {
        const side = key === KEY_BIDS ? snapshot.bids : snapshot.asks;
        if (!scan.levels(bytes, end, slot, side)) return false;
        sides += key === KEY_BIDS ? 1 : 16;
      } else if (key === UPDATE_CODE && isText(bytes, scan.start, scan.end, UPDATE)) {
        if (!scan.amount(bytes, end)) return false;
        updated = scanInstant(bytes, scan.start, scan.end, decimals);
      } else if (key === CURRENT_CODE && isText(bytes, scan.start, scan.end, CURRENT)) {
        if (!scan.amount(bytes, end)) return false;
        current = scanInstant(bytes, scan.start, scan.end, decimals);
      } else if (key === 0 || !scan.skipValue(bytes, end)) return false;
    } while (bytes[scan.at] === COMMA && scan.at < end);
    if (scan.at !== end - 1 || bytes[scan.at] !== CLOSE || sides !== 17) return false;
    if (snapshot.sequence < 0 || updated < 0 || current < 0) return false;
    snapshot.venueAt = micros(updated > 0 ? updated : current);
    return true;
  }
}

function channelAt(
  bytes: Uint8Array,
  start: number,
  end: number,
): (typeof CHANNELS)[number] | undefined {
  for (const channel of CHANNELS) if (isText(bytes, start, end, channel.name)) return channel;
  return undefined;
}

/** A price or size behind its symbol; an empty text is 0: that side of the book is empty. */
function stepsAt(
  scan: FrameScanner,
  bytes: Uint8Array,
  end: number,
  slot: Slot | undefined,
  isPrice: boolean,
): number {
  if (slot === undefined || !scan.amount(bytes, end)) return UNREAD;
  if (scan.start === scan.end) return bytes[scan.end] === QUOTE ? 0 : UNREAD;
  const { priceGrid, sizeGrid } = slot.instrument;
  return scanTicks(bytes, scan.start, scan.end, isPrice ? priceGrid : sizeGrid);
}
