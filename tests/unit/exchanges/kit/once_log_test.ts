/**
 * Trouble is told once and counted.
 * @module
 */
import type { Log } from "@/engine/ports/mod.ts";
import { OnceLog } from "@/exchanges/kit/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";

function world() {
  const lines: unknown[] = [];
  const log: Log = { log: (level, text, fields) => lines.push([level, text, fields]) };
  return { lines, once: new OnceLog(log) };
}

Deno.test("OnceLog tells a kind of trouble the first time, with its fields, and counts the rest", () => {
  const { lines, once } = world();
  once.warn("frame refused", { reason: "a" });
  once.warn("frame refused", { reason: "b" });
  once.warn("late");
  assertEquals(lines, [["warn", "frame refused", { reason: "a" }], ["warn", "late", {}]]);
  assertEquals([once.count("frame refused"), once.count("late"), once.count("other")], [2, 1, 0]);
});

Deno.test("OnceLog counts 256 kinds; a further one is told but not kept, a known one still counts", () => {
  const { lines, once } = world();
  for (let kind = 0; kind < 256; kind++) once.warn(`kind ${kind}`);
  once.warn("one more");
  once.warn("kind 255");
  assertEquals(lines.length, 257);
  assertEquals([once.count("one more"), once.count("kind 255")], [0, 2]);
});
