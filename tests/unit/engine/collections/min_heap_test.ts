/**
 * Smallest first.
 * @module
 */
import { MinHeap } from "@/engine/collections/mod.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

Deno.test("MinHeap gives items in the comparison's order, however they came", () => {
  const random = printedRandom("MinHeap");
  const heap = new MinHeap<number>((a, b) => a - b);
  const items = Array.from({ length: 500 }, () => random.integer(1_000_000));
  for (const item of items) heap.push(item);
  const sorted = [...items].sort((a, b) => a - b);
  assertEquals([heap.size, heap.peek()], [500, sorted[0]]);
  assertEquals(items.map(() => heap.pop()), sorted);
  assertEquals([heap.pop(), heap.peek(), heap.size], [undefined, undefined, 0]);
});

Deno.test("MinHeap.replaceTop() is a pop and a push", () => {
  const heap = new MinHeap<number>((a, b) => a - b);
  for (const item of [5, 1, 3]) heap.push(item);
  assertStrictEquals(heap.replaceTop(4), 1);
  assertEquals([heap.pop(), heap.pop(), heap.pop()], [3, 4, 5]);
  assertThrows(() => heap.replaceTop(1), Error, "no top");
  heap.push(1);
  heap.clear();
  assertStrictEquals(heap.size, 0);
});
