/**
 * First in, first out, and no more than its capacity.
 * @module
 */
import { RingBuffer } from "@/engine/collections/mod.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "@/tests/support/assert.ts";

Deno.test("RingBuffer gives items back in the order they came", () => {
  const ring = new RingBuffer<number>(4);
  for (const item of [1, 2, 3]) assertStrictEquals(ring.offer(item), true);
  assertEquals([ring.poll(), ring.poll()], [1, 2]);
  for (const item of [4, 5, 6]) assertStrictEquals(ring.offer(item), true);
  assertEquals([ring.size, ring.capacity, ring.isFull], [4, 4, true]);
  assertEquals([ring.at(0), ring.at(3), ring.at(4), ring.at(-1)], [3, 6, undefined, undefined]);
  assertEquals([ring.poll(), ring.poll(), ring.poll(), ring.poll()], [3, 4, 5, 6]);
  assertEquals([ring.poll(), ring.isEmpty], [undefined, true]);
});

Deno.test("RingBuffer.offer() answers false when full and takes nothing", () => {
  const ring = new RingBuffer<string>(2);
  ring.offer("a");
  ring.offer("b");
  assertStrictEquals(ring.offer("c"), false);
  assertEquals([ring.poll(), ring.poll(), ring.poll()], ["a", "b", undefined]);
});

Deno.test("RingBuffer.clear() forgets every item", () => {
  const ring = new RingBuffer<string>(2);
  ring.offer("a");
  ring.clear();
  assertEquals([ring.size, ring.poll(), ring.isFull], [0, undefined, false]);
});

Deno.test("RingBuffer refuses a capacity that is not a power of two", () => {
  assertThrows(() => new RingBuffer(3), Error, "power of two");
  assertThrows(() => new RingBuffer(0), Error, "room for one");
});
