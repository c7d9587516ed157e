/**
 * IN 2: bytes of the indexer's public channels and of its book snapshots to `MarketEvent`s.
 *
 *   frame -> envelope -> count its message_id -> channel -> fields in place -> scratch event
 *               |                                              |
 *               +----------------------------------------------+--> unexpected: JSON.parse, counted
 *
 * 1. Depth and trades become ticks and lots without an object per message.
 * 2. Nothing of a frame is delivered before all of it is understood.
 * 3. Every message of a connection is counted, also those of other channels: a missing one breaks
 *    every book of that connection at once (see `book_sequence.ts`).
 * 4. A crossed book is uncrossed here: the removals are levels of size 0 behind the venue's own.
 * 5. The list of past trades in a `subscribed` answer is history and left out.
 *
 * Source: venue sheet section 2; indexer `socks` service, read 2026-09.
 * @module
 */
import {
  type Instrument,
  type InstrumentIndex,
  type Micros,
  MICROS_UNKNOWN,
} from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver, MarketDecoder } from "@/engine/ports/mod.ts";
import {
  DeltaScratch,
  FrameText,
  JsonScanner,
  keyBytes,
  keyCodeOf,
  SnapshotScratch,
} from "@/exchanges/shared/mod.ts";
import {
  type BookSlot,
  BookSlots,
  type KnownConnection,
  noteDropped,
  takeDelta,
  takeRestSnapshot,
  takeSnapshot,
} from "./_book_slot.ts";
import { FixedFrames } from "./_fixed_frames.ts";
import { isoInstantIn } from "./_iso_time.ts";
import { parseJson, textOf } from "@/exchanges/kit/mod.ts";
import { decodeRestTree, decodeTree, type TreeContext, type TreeResult } from "./_market_tree.ts";
import type { CountVerdict } from "./_message_counter.ts";
import { TradeCells } from "./_trade_cells.ts";
import { keepLast } from "./_uncrosser.ts";

const TYPE = keyCodeOf("type");
const ID = keyCodeOf("id");
const BIDS = keyCodeOf("bids");
const ASKS = keyCodeOf("asks");
const PRICE = keyCodeOf("price");
const SIZE = keyCodeOf("size");
const SIDE = keyCodeOf("side");
const TRADES = keyCodeOf("trades");
const CONNECTION_ID = keyBytes("connection_id");
const MESSAGE_ID = keyBytes("message_id");
const CHANNEL = keyBytes("channel");
const CONTENTS = keyBytes("contents");
const CREATED_AT = keyBytes("createdAt");
const SUBSCRIBED = keyBytes("subscribed");
const CHANNEL_DATA = keyBytes("channel_data");
const BATCH_DATA = keyBytes("channel_batch_data");
const ORDERBOOK = keyBytes("v4_orderbook");
const PUBLIC_TRADES = keyBytes("v4_trades");
const BUY = keyBytes("BUY");
const SELL = keyBytes("SELL");

/** Levels of both sides. */
export interface BookLevels {
  readonly bids: LevelBuffer;
  readonly asks: LevelBuffer;
}

type FastOutcome = DecodeOutcome | "slow";
type FrameKind = "none" | "subscribed" | "data" | "batch";
type FrameChannel = "none" | "book" | "trades";

/** Decodes public frames. One per connector; owns its scratch events and every book's levels. */
export class DydxMarketDecoder implements MarketDecoder {
  reason = "";
  /** Frames that went the slow way although a fast one exists. */
  fallbacks = 0;
  /** Messages that were found to be missing, as often as it was noticed. */
  losses = 0;
  /** Latest block the indexer spoke of; 0 before the first. */
  blockHeight = 0;
  /** Words of the venue's last error message, and what it was about: channel and market. */
  errorText = "";
  refusedTopic = "";
  /** Channel of the subscription that the last message answered; "" where it answered none. */
  answered = "";
  /** Connection of the last message that went the slow way (`connected` does). */
  lastConnection: KnownConnection | undefined = undefined;
  /** Instrument of the last frame, where it could be told. */
  lastInstrument: InstrumentIndex | undefined = undefined;
  readonly slots: BookSlots;
  readonly #scan = new JsonScanner();
  readonly #delta = new DeltaScratch();
  readonly #snapshot = new SnapshotScratch();
  readonly #trades = new TradeCells();
  readonly #frame = new FrameText();
  readonly #fixed: FixedFrames;

  constructor(instruments: readonly Instrument[]) {
    this.slots = new BookSlots(instruments);
    this.#fixed = new FixedFrames(this.slots, this.#delta, this.#trades);
  }

  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    this.reason = "";
    this.answered = "";
    this.lastInstrument = undefined;
    const frame = this.#frame.take(bytes, start, end);
    const kind = this.#fixed.read(frame, at);
    if (kind !== "unread") {
      const { connection, slot, id } = this.#fixed;
      return this.#deliver(kind, false, connection!, slot, id, frame.bytes, at, receiver);
    }
    const outcome = this.#decodeInPlace(bytes, start, end, at, receiver);
    if (outcome !== "slow") return outcome;
    const tree = parseJson(textOf(bytes, start, end));
    return this.#finish(decodeTree(tree, this.#context(at, receiver)));
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
    const slot = this.slots.all.find((one) => one.instrument.index === instrument);
    if (slot === undefined) return this.#ignore("instrument not known");
    const snapshot = this.#snapshot.begin(instrument, at);
    this.#scan.reset(bytes, start, end);
    if (this.#readBook(slot) && this.#scan.finish()) {
      takeRestSnapshot(slot, snapshot);
      receiver.deliver(snapshot);
      return "decoded";
    }
    const tree = parseJson(textOf(bytes, start, end));
    return this.#finish(decodeRestTree(tree, slot, this.#context(at, receiver)));
  }

  /** Reads a REST book without taking it; undefined when it cannot be read. Scratch. */
  readRest(bytes: Uint8Array, start: number, end: number, slot: BookSlot): BookLevels | undefined {
    const snapshot = this.#snapshot.begin(slot.instrument.index, MICROS_UNKNOWN);
    this.#scan.reset(bytes, start, end);
    return this.#readBook(slot) && this.#scan.finish() ? snapshot : undefined;
  }

  /** Corrects levels of a book that stands; its number stays. */
  correct(slot: BookSlot, levels: BookLevels, at: Micros, receiver: EventReceiver): void {
    const delta = this.#delta.begin(slot.instrument.index, at);
    delta.bids.copyFrom(levels.bids);
    delta.asks.copyFrom(levels.asks);
    slot.levels.apply(delta.bids, delta.asks, slot.sequence);
    delta.firstSequence = slot.sequence;
    delta.sequence = slot.sequence;
    delta.previousSequence = slot.sequence;
    receiver.deliver(delta);
  }

  #context(at: Micros, receiver: EventReceiver): TreeContext {
    return {
      slots: this.slots,
      delta: this.#delta,
      snapshot: this.#snapshot,
      trade: this.#trades.scratch,
      at,
      receiver,
    };
  }

  #finish(result: TreeResult): DecodeOutcome {
    this.reason = result.reason;
    this.lastInstrument = result.instrument ?? this.lastInstrument;
    if (result.isFastKind) this.fallbacks++;
    if (result.isLoss) this.losses++;
    if (result.blockHeight !== undefined && result.blockHeight > this.blockHeight) {
      this.blockHeight = result.blockHeight;
    }
    if (result.errorText !== undefined) {
      this.errorText = result.errorText;
      this.refusedTopic = result.refusedTopic ?? "";
    }
    this.answered = result.answered ?? "";
    this.lastConnection = result.connection;
    return result.outcome;
  }

  #ignore(reason: string): "ignored" {
    this.reason = reason;
    return "ignored";
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
    let kind: FrameKind = "none";
    let channel: FrameChannel = "none";
    let connection: KnownConnection | undefined;
    let slot: BookSlot | undefined;
    let id = -1;
    let isNamed = false;
    let isRead = false;
    while (scan.nextKey()) {
      if (scan.keyCode === TYPE) {
        if (kind !== "none" || !scan.readString()) return "slow";
        kind = this.#kind();
        if (kind === "none") return "slow";
      } else if (scan.keyCode === ID) {
        if (isNamed || !scan.readString()) return "slow";
        isNamed = true;
        slot = this.slots.find(bytes, scan.valueStart, scan.valueEnd);
      } else if (scan.keyIs(CONNECTION_ID)) {
        if (connection !== undefined || !scan.readString()) return "slow";
        connection = this.slots.connection(bytes, scan.valueStart, scan.valueEnd);
      } else if (scan.keyIs(MESSAGE_ID)) {
        id = scan.readInteger();
        if (!(id >= 0)) return "slow";
      } else if (scan.keyIs(CHANNEL)) {
        if (channel !== "none" || !scan.readString()) return "slow";
        channel = this.#channel();
        if (channel === "none") return "slow";
      } else if (scan.keyIs(CONTENTS)) {
        if (isRead || kind === "none" || channel === "none" || !isNamed) return "slow";
        isRead = true;
        if (!this.#contents(kind, channel, slot, at)) return "slow";
      } else if (!scan.skipValue()) return "slow";
    }
    if (!isRead || connection === undefined || id < 0 || !scan.finish()) return "slow";
    const isAnswer = kind === "subscribed";
    if (isAnswer) this.answered = channel === "book" ? "v4_orderbook" : "v4_trades";
    return this.#deliver(channel, isAnswer, connection, slot, id, bytes, at, receiver);
  }

  /** Counts a message that was read, and hands it on. */
  #deliver(
    channel: FrameChannel,
    isAnswer: boolean,
    connection: KnownConnection,
    slot: BookSlot | undefined,
    id: number,
    bytes: Uint8Array,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    const { counter } = connection;
    const verdict = isAnswer ? counter.noteAnswer(id) : counter.noteData(id);
    if (verdict === "gap") {
      // A book's own delta tells of its gap itself.
      const own = channel === "book" && !isAnswer ? slot : undefined;
      this.#onLoss(connection, own, at, receiver);
    }
    const outcome = channel === "book"
      ? this.#deliverBook(slot, connection, id, verdict, isAnswer, receiver)
      : this.#deliverTrades(slot, verdict, isAnswer, bytes, at, receiver);
    if (verdict !== "gap" || outcome !== "ignored") return outcome;
    // What the loss said of other books was an event too.
    this.reason = "";
    return "decoded";
  }

  #kind(): FrameKind {
    const scan = this.#scan;
    if (scan.valueIs(CHANNEL_DATA)) return "data";
    if (scan.valueIs(BATCH_DATA)) return "batch";
    return scan.valueIs(SUBSCRIBED) ? "subscribed" : "none";
  }

  #channel(): FrameChannel {
    const scan = this.#scan;
    if (scan.valueIs(ORDERBOOK)) return "book";
    return scan.valueIs(PUBLIC_TRADES) ? "trades" : "none";
  }

  #onLoss(
    connection: KnownConnection,
    except: BookSlot | undefined,
    at: Micros,
    receiver: EventReceiver,
  ): void {
    this.losses++;
    // The frame's own delta lies in the scratch that the other books would be told with.
    const delta = new DeltaScratch();
    this.slots.breakAll(connection, except, { delta, at, receiver });
  }

  /** Reads `contents` into the scratch of its kind; false sends the frame the slow way. */
  #contents(
    kind: FrameKind,
    channel: FrameChannel,
    slot: BookSlot | undefined,
    at: Micros,
  ): boolean {
    const scan = this.#scan;
    this.#trades.clear();
    if (slot === undefined || (kind === "subscribed" && channel === "trades")) {
      return scan.skipValue();
    }
    const { index } = slot.instrument;
    if (kind === "subscribed") {
      this.#snapshot.begin(index, at);
      return this.#readBook(slot);
    }
    if (channel === "book") this.#delta.begin(index, at);
    if (kind === "data") {
      return channel === "book" ? this.#readChanges(slot) : this.#readTrades(slot);
    }
    if (!scan.enterArray()) return false;
    while (scan.nextElement()) {
      if (!(channel === "book" ? this.#readChanges(slot) : this.#readTrades(slot))) return false;
    }
    keepLast(this.#delta.bids);
    keepLast(this.#delta.asks);
    return !scan.failed;
  }

  /** `{"bids":[["price","size"],…],"asks":…}`; either side may be absent. */
  #readChanges(slot: BookSlot): boolean {
    const scan = this.#scan;
    const { priceGrid, sizeGrid } = slot.instrument;
    if (!scan.enterObject()) return false;
    while (scan.nextKey()) {
      const out = scan.keyCode === BIDS
        ? this.#delta.bids
        : scan.keyCode === ASKS
        ? this.#delta.asks
        : undefined;
      if (out === undefined) {
        if (!scan.skipValue()) return false;
      } else {
        const from = out.count;
        if (!scan.readLevels(priceGrid, sizeGrid, out) || !areAboveZero(out, from)) return false;
      }
    }
    return !scan.failed;
  }

  /** `{"bids":[{"price","size"},…],"asks":…}` into the snapshot; both sides must be there. */
  #readBook(slot: BookSlot): boolean {
    const scan = this.#scan;
    let sides = 0;
    if (!scan.enterObject()) return false;
    while (scan.nextKey()) {
      if (scan.keyCode === BIDS) {
        if (!this.#readSide(slot, this.#snapshot.bids)) return false;
        sides += 1;
      } else if (scan.keyCode === ASKS) {
        if (!this.#readSide(slot, this.#snapshot.asks)) return false;
        sides += 16;
      } else if (!scan.skipValue()) return false;
    }
    return sides === 17 && !scan.failed;
  }

  #readSide(slot: BookSlot, out: LevelBuffer): boolean {
    const scan = this.#scan;
    const { priceGrid, sizeGrid } = slot.instrument;
    if (!scan.enterArray()) return false;
    while (scan.nextElement()) {
      let price = 0;
      let size = -1;
      if (!scan.enterObject()) return false;
      while (scan.nextKey()) {
        if (scan.keyCode === PRICE) price = scan.readTicks(priceGrid);
        else if (scan.keyCode === SIZE) size = scan.readTicks(sizeGrid);
        else scan.skipValue();
      }
      if (scan.failed || price <= 0 || size < 0) return false;
      if (size > 0) out.push(price, size);
    }
    return !scan.failed;
  }

  /** `{"trades":[{…},…]}` into the trade cells. */
  #readTrades(slot: BookSlot): boolean {
    const scan = this.#scan;
    let isSaid = false;
    if (!scan.enterObject()) return false;
    while (scan.nextKey()) {
      if (scan.keyCode !== TRADES) {
        if (!scan.skipValue()) return false;
        continue;
      }
      isSaid = true;
      if (!scan.enterArray()) return false;
      while (scan.nextElement()) {
        if (!this.#readTrade(slot)) return false;
      }
    }
    return isSaid && !scan.failed;
  }

  #readTrade(slot: BookSlot): boolean {
    const scan = this.#scan;
    const { priceGrid, sizeGrid } = slot.instrument;
    let price = -1, size = -1, side = -1, idStart = 0, idEnd = 0, createdAt = 0;
    if (!scan.enterObject()) return false;
    while (scan.nextKey()) {
      if (scan.keyCode === PRICE) price = scan.readTicks(priceGrid);
      else if (scan.keyCode === SIZE) size = scan.readTicks(sizeGrid);
      else if (scan.keyCode === ID) {
        if (!scan.readString() || scan.escaped) return false;
        idStart = scan.valueStart;
        idEnd = scan.valueEnd;
      } else if (scan.keyCode === SIDE) {
        if (!scan.readString()) return false;
        side = scan.valueIs(BUY) ? 1 : scan.valueIs(SELL) ? 0 : -1;
      } else if (scan.keyIs(CREATED_AT)) {
        if (!scan.readString()) return false;
        createdAt = isoInstantIn(scan.bytes, scan.valueStart, scan.valueEnd);
      } else scan.skipValue();
    }
    if (scan.failed || price <= 0 || size <= 0 || side < 0 || idEnd === idStart) return false;
    this.#trades.push(price, size, side === 1, idStart, idEnd, createdAt);
    return true;
  }

  #deliverBook(
    slot: BookSlot | undefined,
    connection: KnownConnection,
    id: number,
    verdict: CountVerdict,
    isAnswer: boolean,
    receiver: EventReceiver,
  ): DecodeOutcome {
    if (slot === undefined) return this.#ignore("instrument not known");
    this.lastInstrument = slot.instrument.index;
    if (isAnswer) {
      if (!takeSnapshot(slot, connection, id, this.#snapshot)) {
        return this.#ignore("repeated snapshot");
      }
      receiver.deliver(this.#snapshot);
      return "decoded";
    }
    if (slot.owner !== undefined && slot.owner !== connection) {
      noteDropped(slot, connection, id);
      return this.#ignore("book of another connection");
    }
    takeDelta(slot, connection, id, verdict, this.#delta);
    receiver.deliver(this.#delta);
    return "decoded";
  }

  #deliverTrades(
    slot: BookSlot | undefined,
    verdict: CountVerdict,
    isAnswer: boolean,
    bytes: Uint8Array,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    if (slot === undefined) return this.#ignore("instrument not known");
    this.lastInstrument = slot.instrument.index;
    if (isAnswer) return this.#ignore("trade history");
    if (verdict === "repeated") return this.#ignore("repeated message");
    if (this.#trades.count === 0) return this.#ignore("no trade in the message");
    this.#trades.deliver(slot.instrument.index, bytes, at, receiver);
    return "decoded";
  }
}

function areAboveZero(levels: LevelBuffer, from: number): boolean {
  for (let i = from; i < levels.count; i++) if (levels.prices[i]! <= 0) return false;
  return true;
}
