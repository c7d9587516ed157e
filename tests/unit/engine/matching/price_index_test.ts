/**
 * `PriceIndex` and `OrderTable` against plain maps.
 * @module
 */
import { assertEquals, assertThrows } from "@/tests/support/assert.ts";
import { KEY_NONE, PriceIndex } from "@/engine/matching/price_index.ts";
import { OrderTable } from "@/engine/matching/order_table.ts";
import { InvariantError } from "@/engine/domain/mod.ts";

function lcg(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 4_294_967_296 * below);
  };
}

Deno.test("PriceIndex agrees with a map while its touch wanders in and out of its window", () => {
  const seed = 20_240_718;
  const draw = lcg(seed);
  const index = new PriceIndex(1_024);
  const twin = new Map<number, number>();
  let centre = -50_000;
  for (let step = 1; step <= 20_000; step++) {
    centre += draw(21) - 10 + (draw(500) === 0 ? 4_000 : 0);
    const key = centre + (draw(20) === 0 ? draw(9_000) - 4_500 : draw(200));
    if (twin.has(key)) {
      index.remove(key);
      twin.delete(key);
    } else if (twin.size > 300) {
      const first = Math.min(...twin.keys());
      index.remove(first);
      twin.delete(first);
    } else {
      index.insert(key, step);
      twin.set(key, step);
    }
    assertEquals(index.count, twin.size, `seed ${seed}, step ${step}`);
    assertEquals(index.find(key), twin.get(key) ?? 0, `seed ${seed}, step ${step}`);
    if (step % 500 !== 0) continue;
    const walked: number[] = [];
    for (let at = index.first; at !== KEY_NONE; at = index.next(at)) walked.push(at);
    assertEquals(walked, [...twin.keys()].sort((a, b) => a - b), `seed ${seed}, step ${step}`);
  }
});

Deno.test("PriceIndex.insert() moves its window when the touch has left it", () => {
  const index = new PriceIndex(1_024);
  index.insert(0, 1);
  for (let at = 1; at <= 200; at++) index.insert(-100_000 - at * 3, at + 1);
  assertEquals(index.first, -100_600);
  assertEquals(index.find(-100_600), 201);
  assertEquals(index.find(0), 1);
  assertEquals(index.next(-100_003), 0);
  assertEquals(index.next(0), KEY_NONE);
  index.clear();
  assertEquals([index.first, index.count, index.find(0)], [KEY_NONE, 0, 0]);
});

Deno.test("PriceIndex refuses windows of no power of two and removing what is not there", () => {
  assertThrows(() => new PriceIndex(512), InvariantError, "at least");
  assertThrows(() => new PriceIndex(1_500), InvariantError, "power of two");
  const index = new PriceIndex(1_024);
  index.insert(0, 1);
  index.insert(90_000, 2);
  assertThrows(() => index.remove(1), InvariantError, "No level");
  assertThrows(() => index.remove(90_001), InvariantError, "No far level");
  assertThrows(() => index.remove(80_000), InvariantError, "exactly");
});

Deno.test("OrderTable agrees with a map, also for ids beyond 32 bits", () => {
  const draw = lcg(7);
  const table = new OrderTable();
  const twin = new Map<number, number>();
  for (let step = 1; step <= 20_000; step++) {
    const id = draw(2) === 0 ? draw(3_000) : draw(3_000) * 4_294_967_296 + draw(3);
    if (twin.has(id)) {
      table.remove(id);
      twin.delete(id);
    } else {
      table.add(id, step);
      twin.set(id, step);
    }
    assertEquals(table.find(id), twin.get(id) ?? 0);
    assertEquals(table.count, twin.size);
  }
  for (const [id, slot] of twin) assertEquals(table.find(id), slot);
  const known = twin.keys().next().value!;
  assertThrows(() => table.add(known, 1), InvariantError, "already known");
  assertThrows(() => table.remove(-1), InvariantError, "not known");
});
