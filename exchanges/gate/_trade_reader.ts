/**
 * Reads the trades of one frame: all of them, before any is handed on.
 *
 * Spot sends one object, the futures a list whose sizes carry the aggressor's side as their sign.
 * What the venue calls internal (insurance fund, auto-deleveraging) is no market trade.
 * @module
 */
import type { InstrumentIndex, Micros, Price, Product, Side, Size } from "@/engine/domain/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { keyBytes, keyCodeOf, scanTicks, TradeScratch } from "@/exchanges/shared/mod.ts";
import {
  type FrameScanner,
  isText,
  longKeyCode,
  scanInstant,
  type Slot,
  type SymbolTable,
} from "./_frame_scanner.ts";

const OPEN = 123;
const CLOSE = 125;
const COMMA = 44;
const MINUS = 45;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const LETTER_T = 116;
const KEY_ID = keyCodeOf("id");
const KEY_SIDE = keyCodeOf("side");
const KEY_SIZE = keyCodeOf("size");
const BUY = keyBytes("buy");
const SELL = keyBytes("sell");

/** Longer keys, told apart by their bytes. */
const PRICE = longKey("price");
const AMOUNT = longKey("amount");
const CONTRACT = longKey("contract");
const PAIR = longKey("currency_pair");
const MILLIS = longKey("create_time_ms");
const INTERNAL = longKey("is_internal");

interface LongKey {
  readonly code: number;
  readonly bytes: Uint8Array;
}

function longKey(name: string): LongKey {
  return { code: longKeyCode(name), bytes: keyBytes(name) };
}

/** One trade of the frame, reused. */
class Row {
  slot: Slot | undefined = undefined;
  price = 0;
  size = 0;
  side: Side | undefined = undefined;
  venueAt = 0;
  idStart = 0;
  idEnd = 0;
}

/** Reads and hands on the trades of one frame. */
export class TradeReader {
  readonly scratch = new TradeScratch();
  readonly #rows: Row[] = [];
  #count = 0;

  clear(): void {
    this.#count = 0;
  }

  /** Instrument of the first trade read. */
  get instrument(): InstrumentIndex | undefined {
    return this.#count === 0 ? undefined : this.#rows[0]!.slot?.instrument.index;
  }

  /** Reads `result` at the scanner; a reason when there is nothing for us in it. */
  read(
    scan: FrameScanner,
    bytes: Uint8Array,
    end: number,
    table: SymbolTable,
    product: Product,
  ): "read" | "slow" | "instrument not known" | "not a market trade" {
    this.#count = 0;
    let internal = 0;
    const isList = bytes[scan.at] === OPEN_LIST;
    if (isList) scan.at++;
    do {
      const found = this.#one(scan, bytes, end, table, product);
      if (found === "slow") return "slow";
      if (found === "internal") internal++;
    } while (isList && bytes[scan.at] === COMMA && ++scan.at < end);
    if (isList && bytes[scan.at++] !== CLOSE_LIST) return "slow";
    if (this.#count > 0) return "read";
    return internal > 0 ? "not a market trade" : "instrument not known";
  }

  /** Hands on what was read; `bytes` are those of `read`. */
  deliver(bytes: Uint8Array, at: Micros, receiver: EventReceiver): void {
    for (let index = 0; index < this.#count; index++) {
      const row = this.#rows[index]!;
      const trade = this.scratch.begin(row.slot!.instrument.index, at);
      trade.venueAt = micros(row.venueAt);
      trade.price = row.price as Price;
      trade.size = row.size as Size;
      trade.aggressor = row.side!;
      trade.setTradeIdSpan(bytes, row.idStart, row.idEnd);
      receiver.deliver(trade);
    }
  }

  /** Keeps a trade that was read; its id stands in `idStart..idEnd` of the frame. */
  add(
    slot: Slot,
    isSell: boolean,
    price: number,
    size: number,
    venueAt: number,
    idStart: number,
    idEnd: number,
  ): void {
    const row = this.#rows[this.#count] ??= new Row();
    this.#count++;
    row.slot = slot;
    row.side = isSell ? "sell" : "buy";
    row.price = price;
    row.size = size;
    row.venueAt = venueAt;
    row.idStart = idStart;
    row.idEnd = idEnd;
  }

  #one(
    scan: FrameScanner,
    bytes: Uint8Array,
    end: number,
    table: SymbolTable,
    product: Product,
  ): "kept" | "slow" | "internal" | "unknown" {
    if (bytes[scan.at] !== OPEN) return "slow";
    const isSpot = product === "spot";
    let slot: Slot | undefined;
    let isNamed = false, isInternal = false;
    let side: Side | undefined;
    let priceStart = 0, priceEnd = 0, sizeStart = 0, sizeEnd = 0, idStart = 0, idEnd = 0;
    let venueAt = 0;
    do {
      const code = scan.key(bytes, end);
      if (code === 0) return "slow";
      const { start, end: stop } = scan;
      if (code === KEY_ID) {
        if (!scan.amount(bytes, end)) return "slow";
        idStart = scan.start;
        idEnd = scan.end;
      } else if (isSpot && code === KEY_SIDE) {
        if (!scan.quoted(bytes, end)) return "slow";
        side = sideAt(bytes, scan.start, scan.end);
      } else if (isKey(bytes, start, stop, code, PRICE)) {
        if (!scan.amount(bytes, end)) return "slow";
        priceStart = scan.start;
        priceEnd = scan.end;
      } else if (isSpot ? isKey(bytes, start, stop, code, AMOUNT) : code === KEY_SIZE) {
        if (!scan.amount(bytes, end)) return "slow";
        sizeStart = scan.start;
        sizeEnd = scan.end;
      } else if (isKey(bytes, start, stop, code, isSpot ? PAIR : CONTRACT)) {
        if (!scan.quoted(bytes, end)) return "slow";
        slot = table.find(bytes, scan.start, scan.end);
        isNamed = scan.end > scan.start;
      } else if (isKey(bytes, start, stop, code, MILLIS)) {
        if (!scan.amount(bytes, end)) return "slow";
        venueAt = scanInstant(bytes, scan.start, scan.end, 3);
      } else if (isKey(bytes, start, stop, code, INTERNAL)) {
        isInternal = bytes[scan.at] === LETTER_T;
        if (!scan.skipValue(bytes, end)) return "slow";
      } else if (!scan.skipValue(bytes, end)) return "slow";
    } while (bytes[scan.at] === COMMA && scan.at < end);
    if (bytes[scan.at] !== CLOSE || !isNamed || venueAt < 0 || idStart === idEnd) return "slow";
    scan.at++;
    if (slot === undefined) return "unknown";
    if (!isSpot) {
      side = bytes[sizeStart] === MINUS ? "sell" : "buy";
      if (side === "sell") sizeStart++;
    }
    const { priceGrid, sizeGrid } = slot.instrument;
    const price = scanTicks(bytes, priceStart, priceEnd, priceGrid);
    const size = scanTicks(bytes, sizeStart, sizeEnd, sizeGrid);
    if (side === undefined || price <= 0 || size <= 0) return "slow";
    if (isInternal) return "internal";
    this.add(slot, side === "sell", price, size, venueAt, idStart, idEnd);
    return "kept";
  }
}

function isKey(
  bytes: Uint8Array,
  start: number,
  end: number,
  code: number,
  key: LongKey,
): boolean {
  return code === key.code && isText(bytes, start, end, key.bytes);
}

function sideAt(bytes: Uint8Array, start: number, end: number): Side | undefined {
  if (isText(bytes, start, end, BUY)) return "buy";
  return isText(bytes, start, end, SELL) ? "sell" : undefined;
}
