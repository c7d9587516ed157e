/**
 * Buffered deltas: bounded, copied, reused, given back.
 * @module
 */
import { DeltaBuffer } from "@/engine/feed/delta_buffer.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "@/tests/support/assert.ts";
import { delta } from "@/tests/support/books.ts";

const numbered = (sequence: number) =>
  delta({ side: "buy", price: "1.00", size: String(sequence) }, { sequence, checksum: sequence });

Deno.test("DeltaBuffer keeps deltas in order up to its bound", () => {
  const buffer = new DeltaBuffer(2);
  assertEquals([buffer.count, buffer.firstSequence], [0, -1]);
  assertEquals([1, 2, 3].map((n) => buffer.offer(numbered(n))), [true, true, false]);
  assertEquals([buffer.count, buffer.firstSequence], [2, 1]);
  assertEquals([buffer.at(0).sequence, buffer.at(1).checksum], [1, 2]);
  assertThrows(() => buffer.at(2), Error, "beyond its end");
});

Deno.test("DeltaBuffer.dropFirst() keeps the later deltas and reuses the others", () => {
  const buffer = new DeltaBuffer(4);
  for (const n of [1, 2, 3]) buffer.offer(numbered(n));
  const dropped = buffer.at(0);
  buffer.dropFirst(2);
  assertEquals([buffer.count, buffer.firstSequence], [1, 3]);
  buffer.offer(numbered(4));
  assertStrictEquals(buffer.at(1), dropped);
  assertStrictEquals(buffer.at(1).bids.sizes[0], 4);
  assertThrows(() => buffer.dropFirst(3), Error, "more than it has");
});

Deno.test("DeltaBuffer.release() gives most of its memory back, clear() keeps it", () => {
  const buffer = new DeltaBuffer(40);
  for (let n = 0; n < 40; n++) buffer.offer(numbered(n));
  const [first, last] = [buffer.at(0), buffer.at(39)];
  buffer.clear();
  for (let n = 0; n < 40; n++) buffer.offer(numbered(n));
  assertStrictEquals(buffer.at(39), last);
  buffer.release();
  assertStrictEquals(buffer.count, 0);
  for (let n = 0; n < 40; n++) buffer.offer(numbered(n));
  assertStrictEquals(buffer.at(0), first);
  assertEquals(buffer.at(39) === last, false);
});
