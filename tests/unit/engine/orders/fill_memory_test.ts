/**
 * @module
 */
import { fillId } from "@/engine/domain/mod.ts";
import { FillMemory } from "@/engine/orders/fill_memory.ts";
import { assert, assertEquals, assertThrows } from "@/tests/support/assert.ts";

Deno.test("FillMemory counts an execution once", () => {
  const memory = new FillMemory(10);
  assertEquals(memory.take(fillId("f1"), true), "count");
  assertEquals(memory.take(fillId("f1"), true), "duplicate");
  assertEquals(memory.take(fillId("f1"), false), "duplicate");
});

Deno.test("FillMemory takes a later fee once", () => {
  const memory = new FillMemory(10);
  assertEquals(memory.take(fillId("f1"), false), "count");
  assertEquals(memory.take(fillId("f1"), false), "duplicate");
  assertEquals(memory.take(fillId("f1"), true), "fee");
  assertEquals(memory.take(fillId("f1"), true), "duplicate");
});

Deno.test("FillMemory remembers at least its bound, at most twice as many", () => {
  const memory = new FillMemory(100);
  for (let id = 0; id < 250; id++) memory.take(fillId(`f${id}`), false);
  for (let id = 150; id < 250; id++) assert(memory.has(fillId(`f${id}`)));
  assert(!memory.has(fillId("f0")));
  assertEquals(memory.take(fillId("f249"), true), "fee");
  assertEquals(memory.take(fillId("f100"), true), "duplicate");
});

Deno.test("FillMemory stops at a bound of nothing", () => {
  assertThrows(() => new FillMemory(0), Error, "at least one");
});
