/**
 * The checksum that OKX gave up in 2026-06, for replaying old captures: CRC-32 over the top 25.
 *
 * Bids and asks are interleaved as `price:size`, a missing level is left out, all is joined by `:`;
 * the sum is read as a signed 32-bit number. Live messages carry 0, which says nothing.
 *
 * Source: venue documentation "Checksum", as it stood until 2026-06.
 * @module
 */
import type { Instrument, Price, Side } from "@/engine/domain/mod.ts";
import type { ChecksummedBook } from "@/engine/ports/mod.ts";

const LEVELS_MAX = 25;
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ ((value & 1) === 1 ? 0xedb88320 : 0);
  return value;
});

/** CRC-32 (IEEE) of ASCII text, signed. */
export function crc32(text: string): number {
  let sum = -1;
  for (let at = 0; at < text.length; at++) {
    sum = TABLE[(sum ^ text.charCodeAt(at)) & 255]! ^ (sum >>> 8);
  }
  return ~sum;
}

const prices = new Float64Array(LEVELS_MAX);
const sizes = new Float64Array(LEVELS_MAX);

/** What the venue would have written for this book. */
export function bookChecksum(book: ChecksummedBook, instrument: Instrument): number {
  const bids = topOf(book, "buy", instrument);
  const asks = topOf(book, "sell", instrument);
  const parts: string[] = [];
  for (let at = 0; at < LEVELS_MAX; at++) {
    if (at < bids.length) parts.push(bids[at]!);
    if (at < asks.length) parts.push(asks[at]!);
  }
  return crc32(parts.join(":"));
}

function topOf(book: ChecksummedBook, side: Side, instrument: Instrument): string[] {
  const count = book.readLevels(side, LEVELS_MAX, prices, sizes);
  const levels: string[] = [];
  for (let at = 0; at < count; at++) {
    const price = instrument.priceText(prices[at]! as Price);
    levels.push(`${price}:${instrument.sizeText(sizes[at]!)}`);
  }
  return levels;
}
