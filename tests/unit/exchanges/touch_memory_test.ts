/**
 * Touches by book number: rising numbers, numbering anew, forgetting; against a plain map.
 * @module
 */
import { TOUCHES_KEPT, TouchMemory } from "@/exchanges/touch_memory.ts";
import { assertEquals } from "@/tests/support/assert.ts";

function noteAll(memory: TouchMemory, numbers: Iterable<number>, mark: number): void {
  for (const number of numbers) memory.note(number, number + mark, 1, number + mark + 1, 2);
}

function* range(from: number, to: number, step = 1): Iterable<number> {
  for (let number = from; number < to; number += step) yield number;
}

Deno.test("TouchMemory answers exactly what was noted under a number", () => {
  const memory = new TouchMemory();
  assertEquals(memory.at(0), undefined);
  noteAll(memory, range(7, 100, 3), 0.5);
  assertEquals(memory.at(7), { bid: 7.5, bidSize: 1, ask: 8.5, askSize: 2 });
  assertEquals(memory.at(97), { bid: 97.5, bidSize: 1, ask: 98.5, askSize: 2 });
  for (const absent of [0, 6, 8, 96, 98, 101]) assertEquals(memory.at(absent), undefined);
  memory.note(97, 3, 4, 5, 6);
  assertEquals(memory.at(97), { bid: 3, bidSize: 4, ask: 5, askSize: 6 });
  assertEquals(memory.at(94)!.bid, 94.5);
});

Deno.test("TouchMemory keeps the newest numbers and forgets the oldest", () => {
  const memory = new TouchMemory();
  const beyond = 3 * TOUCHES_KEPT + 5;
  noteAll(memory, range(1, beyond), 0);
  assertEquals(memory.at(beyond - TOUCHES_KEPT - 1), undefined);
  for (const number of range(beyond - TOUCHES_KEPT, beyond)) {
    assertEquals(memory.at(number)!.bid, number);
  }
});

Deno.test("TouchMemory knows both stretches after a venue numbers anew, the newer one first", () => {
  const memory = new TouchMemory();
  noteAll(memory, range(1_000, 1_100), 0);
  noteAll(memory, range(1_050, 1_060), 0.25);
  noteAll(memory, range(5, 8), 0.75);
  assertEquals(memory.at(1_049)!.bid, 1_049);
  assertEquals(memory.at(1_055)!.bid, 1_055.25);
  assertEquals(memory.at(1_060)!.bid, 1_060);
  assertEquals(memory.at(6)!.bid, 6.75);
  assertEquals(memory.at(8), undefined);
  noteAll(memory, range(2_000, 2_000 + TOUCHES_KEPT), 0);
  for (const gone of [6, 1_055, 1_099]) assertEquals(memory.at(gone), undefined);
});
