/**
 * Recordings of venues: packed lines, and the top of a book as an independent reader wrote it.
 * @module
 */
import type { OrderBook } from "@/engine/book/mod.ts";
import { type Instrument, price, type Side } from "@/engine/domain/mod.ts";

/** The lines of a gzip file. */
export async function unpackedLines(path: string): Promise<string[]> {
  const packed = await Deno.readFile(path);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).text()).trim().split("\n");
}

/** The best levels of one side as numbers: price, size. */
export function topOf(
  book: OrderBook,
  side: Side,
  count: number,
  instrument: Instrument,
): [number, number][] {
  const prices = new Float64Array(count);
  const sizes = new Float64Array(count);
  const found = book.ladder(side).readLevels(count, prices, sizes);
  return Array.from({ length: found }, (_, index) => [
    Number(instrument.priceText(price(prices[index]!))),
    Number(instrument.sizeText(sizes[index]!)),
  ]);
}
