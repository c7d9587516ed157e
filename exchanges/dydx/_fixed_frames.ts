/**
 * Changes of books and trades exactly as the indexer writes them today: known bytes are compared,
 * numbers are read, nothing is searched.
 *
 *   {"type":"channel_data","connection_id":"…","message_id":7,"id":"BTC-USD",
 *    "channel":"v4_orderbook","version":"1.0.0","contents":{"bids":[["43240.0","2.0"]]}}
 *
 * 1. `unread` leaves the whole frame to the general reader; nothing that was read counts then.
 * 2. All of a frame is read before its connection is looked up or its message counted.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import {
  type DeltaScratch,
  digitCount,
  digitsAt,
  type FrameText,
  literal,
  quoteAt,
  scanLevels,
  stepsAt,
  stepsEnd,
  textAt,
} from "@/exchanges/shared/mod.ts";
import type { BookSlot, BookSlots, KnownConnection } from "./_book_slot.ts";
import { isoInstantIn } from "./_iso_time.ts";
import type { TradeCells } from "./_trade_cells.ts";

const HEAD = literal('{"type":"channel_data","connection_id":"');
const MESSAGE = literal('","message_id":');
const MARKET = literal(',"id":"');
const ORDERBOOK = literal('","channel":"v4_orderbook","version":"');
const PUBLIC_TRADES = literal('","channel":"v4_trades","version":"');
const CONTENTS = literal('","contents":{"');
const BIDS = literal('bids":');
const ASKS = literal('asks":');
const TRADES = literal('trades":[{"id":"');
const NEXT_TRADE = literal(',{"id":"');
const SIZE = literal('","size":"');
const PRICE = literal('","price":"');
const BUY = literal('","side":"BUY","createdAt":"');
const SELL = literal('","side":"SELL","createdAt":"');
const TYPE = literal('","type":"');
const HEIGHT = literal('","createdAtHeight":"');
const TRADE_END = literal('"}');
const TRADES_END = literal("]}}");
const END = literal("}}");
const LETTER_b = 98;
const QUOTE = 34, COMMA = 44;
const CONNECTION_BYTES = 36;

/** What a frame turned out to be. */
export type FixedKind = "book" | "trades" | "unread";

/** Reads frames into scratch events. */
export class FixedFrames {
  slot: BookSlot | undefined = undefined;
  connection: KnownConnection | undefined = undefined;
  id = 0;
  readonly #slots: BookSlots;
  readonly #delta: DeltaScratch;
  readonly #trades: TradeCells;
  #idDigits = 1;

  constructor(slots: BookSlots, delta: DeltaScratch, trades: TradeCells) {
    this.#slots = slots;
    this.#delta = delta;
    this.#trades = trades;
  }

  /** Reads a frame into the delta or the cells. */
  read(frame: FrameText, receivedAt: Micros): FixedKind {
    const { bytes, view, start, end } = frame;
    if (end - start < 128) return "unread";
    const connectionAt = HEAD(view, start);
    if (connectionAt < 0) return "unread";
    let at = MESSAGE(view, (connectionAt + CONNECTION_BYTES) | 0);
    if (at < 0) return "unread";
    const digits = digitCount(bytes, at, this.#idDigits);
    this.#idDigits = digits;
    this.id = digitsAt(view, at, digits);
    if (this.id < 0 || (at = MARKET(view, (at + digits) | 0)) < 0) return "unread";
    if ((at = this.#market(bytes, at, end)) < 0) return "unread";
    const book = ORDERBOOK(view, at);
    at = book < 0 ? PUBLIC_TRADES(view, at) : book;
    if (at < 0 || (at = quoteAt(bytes, at, end)) < 0) return "unread";
    if ((at = CONTENTS(view, at)) < 0) return "unread";
    const isRead = book < 0
      ? this.#readTrades(frame, at)
      : this.#readBook(frame, at, this.#delta.begin(this.slot!.instrument.index, receivedAt));
    if (!isRead) return "unread";
    const quote = (connectionAt + CONNECTION_BYTES) | 0;
    if (quoteAt(bytes, connectionAt, end) !== quote) return "unread";
    this.connection = this.#slots.connection(bytes, connectionAt, quote);
    return book < 0 ? "trades" : "book";
  }

  /** `bids":[…],"asks":[…]}}` in either order; one of them may be absent. */
  #readBook(frame: FrameText, from: number, { bids, asks }: DeltaScratch): boolean {
    const { bytes, view, end } = frame;
    const areBidsFirst = bytes[from] === LETTER_b;
    let at = areBidsFirst ? BIDS(view, from) : ASKS(view, from);
    if (at < 0 || (at = this.#side(frame, at, areBidsFirst ? bids : asks)) < 0) return false;
    if (END(view, at) === end) return true;
    if (bytes[at] !== COMMA || bytes[at + 1] !== QUOTE) return false;
    at = (at + 2) | 0;
    at = areBidsFirst ? ASKS(view, at) : BIDS(view, at);
    if (at < 0 || (at = this.#side(frame, at, areBidsFirst ? asks : bids)) < 0) return false;
    return END(view, at) === end;
  }

  #side({ bytes, end }: FrameText, from: number, out: LevelBuffer): number {
    const { priceGrid, sizeGrid } = this.slot!.instrument;
    const at = scanLevels(bytes, from, end, priceGrid, sizeGrid, out);
    const { prices, count } = out;
    for (let i = 0; i < count; i++) if (prices[i]! <= 0) return -1;
    return at;
  }

  #readTrades(frame: FrameText, from: number): boolean {
    const { view, end } = frame;
    this.#trades.clear();
    let at = TRADES(view, from);
    while (at > 0) {
      if ((at = this.#trade(frame, at)) < 0) return false;
      if (TRADES_END(view, at) === end) return true;
      at = NEXT_TRADE(view, at);
    }
    return false;
  }

  /** One trade from its id to behind its brace; or -1. */
  #trade({ bytes, view, end }: FrameText, from: number): number {
    const { priceGrid, sizeGrid } = this.slot!.instrument;
    const idEnd = quoteAt(bytes, from, end);
    if (idEnd <= from) return -1;
    let at = SIZE(view, idEnd);
    if (at < 0) return -1;
    const size = stepsAt(bytes, at, sizeGrid);
    if (size <= 0 || (at = PRICE(view, stepsEnd[0]!)) < 0) return -1;
    const price = stepsAt(bytes, at, priceGrid);
    if (price <= 0) return -1;
    at = BUY(view, stepsEnd[0]!);
    const isBuy = at > 0;
    if (!isBuy && (at = SELL(view, stepsEnd[0]!)) < 0) return -1;
    const createdEnd = quoteAt(bytes, at, end);
    if (createdEnd < 0) return -1;
    this.#trades.push(price, size, isBuy, from, idEnd, isoInstantIn(bytes, at, createdEnd));
    if ((at = TYPE(view, createdEnd)) < 0 || (at = quoteAt(bytes, at, end)) < 0) return -1;
    const height = HEIGHT(view, at);
    if (height > 0 && (at = quoteAt(bytes, height, end)) < 0) return -1;
    return TRADE_END(view, at);
  }

  /** A known market; its closing quote, or -1. */
  #market(bytes: Uint8Array, from: number, end: number): number {
    const { slot } = this;
    if (slot !== undefined) {
      const behind = textAt(bytes, from, slot.name);
      if (behind > 0 && bytes[behind] === QUOTE) return behind;
    }
    const quote = quoteAt(bytes, from, end);
    const found = quote < 0 ? undefined : this.#slots.find(bytes, from, quote);
    if (found === undefined) return -1;
    this.slot = found;
    return quote;
  }
}
