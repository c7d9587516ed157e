/**
 * Draws books and compares them.
 *
 *   bookOf("        | 101.00 | 7",      asks: size on the right
 *          "    4   | 100.50 |  ");     bids: size on the left
 *
 * Prices are read with a tick of 0.01, sizes are whole lots.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { instrumentIndex, type Micros, micros, type Side } from "@/engine/domain/mod.ts";
import {
  type BookDelta,
  type BookSnapshot,
  LevelBuffer,
  SEQUENCE_NONE,
} from "@/engine/messages/mod.ts";
import { assertEquals, fail } from "@/tests/support/assert.ts";

const DECIMALS = 2;

/** One level of a drawing. */
export interface DrawnLevel {
  readonly side: Side;
  readonly price: string;
  readonly size: string;
}

/** Ticks of a price text. */
export function ticks(price: string): number {
  return Math.round(Number(price) * 10 ** DECIMALS);
}

/** Fields of a message that a test cares for; the rest has plain defaults. */
export interface MessageFields {
  readonly instrument?: number;
  readonly sequence?: number;
  readonly firstSequence?: number;
  readonly previousSequence?: number;
  readonly at?: Micros;
  readonly venueAt?: Micros;
  readonly checksum?: number;
}

/** A snapshot of drawn rows. */
export function snapshot(rows: readonly string[], fields: MessageFields = {}): BookSnapshot {
  const { bids, asks } = sidesOf(rows.map(levelOf));
  return {
    kind: "book_snapshot",
    instrument: instrumentIndex(fields.instrument ?? 0),
    at: fields.at ?? micros(1_000),
    venueAt: fields.venueAt ?? micros(900),
    sequence: fields.sequence ?? SEQUENCE_NONE,
    bids,
    asks,
    checksum: fields.checksum,
  };
}

/** A delta of one level or of several. */
export function delta(
  levels: DrawnLevel | readonly DrawnLevel[],
  fields: MessageFields = {},
): BookDelta {
  const { bids, asks } = sidesOf("side" in levels ? [levels] : levels);
  const sequence = fields.sequence ?? SEQUENCE_NONE;
  return {
    kind: "book_delta",
    instrument: instrumentIndex(fields.instrument ?? 0),
    at: fields.at ?? micros(2_000),
    venueAt: fields.venueAt ?? micros(1_900),
    firstSequence: fields.firstSequence ?? sequence,
    sequence,
    previousSequence: fields.previousSequence ?? SEQUENCE_NONE,
    bids,
    asks,
    checksum: fields.checksum,
  };
}

/** A book as drawn. */
export function bookOf(...rows: string[]): OrderBook {
  const book = new OrderBook();
  book.applySnapshot(snapshot(rows));
  return book;
}

/** A book as a drawing: asks from the highest price down, then bids. */
export function drawBook(book: OrderBook): string[] {
  const asks: string[] = [];
  book.asks.forEach((price, size) => {
    asks.unshift(`| ${text(price)} | ${size}`);
    return true;
  });
  const bids: string[] = [];
  book.bids.forEach((price, size) => {
    bids.push(`${size} | ${text(price)} |`);
    return true;
  });
  return [...asks, ...bids];
}

/** Fails unless the book has exactly the drawn levels, in price order. */
export function assertBook(book: OrderBook, ...rows: string[]): void {
  const drawn = rows.map((row) => {
    const { side, price, size } = levelOf(row);
    const shown = text(ticks(price));
    return side === "buy" ? `${size} | ${shown} |` : `| ${shown} | ${size}`;
  });
  assertEquals(drawBook(book), drawn);
}

function levelOf(row: string): DrawnLevel {
  const [bid, price, ask] = row.split("|").map((part) => part.trim());
  if (bid === undefined || !price || ask === undefined || (bid === "") === (ask === "")) {
    fail(`Cannot draw a level: wanted "size | price |" or "| price | size", found "${row}"`);
  }
  return bid === "" ? { side: "sell", price, size: ask } : { side: "buy", price, size: bid };
}

/** Levels of each side, best first. */
function sidesOf(levels: readonly DrawnLevel[]): { bids: LevelBuffer; asks: LevelBuffer } {
  const bids = new LevelBuffer();
  const asks = new LevelBuffer();
  const byPrice = [...levels].sort((a, b) => ticks(a.price) - ticks(b.price));
  for (const level of byPrice) {
    if (level.side === "sell") asks.push(ticks(level.price), Number(level.size));
  }
  for (const level of byPrice.reverse()) {
    if (level.side === "buy") bids.push(ticks(level.price), Number(level.size));
  }
  return { bids, asks };
}

function text(priceTicks: number): string {
  return (priceTicks / 10 ** DECIMALS).toFixed(DECIMALS);
}
