/**
 * The sorted map with a dense end against its slow twin, and through far jumps.
 * @module
 */
import { CURSOR_NONE, DenseMap } from "@/engine/collections/mod.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "@/tests/support/assert.ts";
import { ReferenceSortedMap } from "@/tests/support/reference_ladder.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

function entriesOf(map: DenseMap): [number, number][] {
  const entries: [number, number][] = [];
  for (let at = map.last(); at !== CURSOR_NONE; at = map.before(at)) {
    entries.unshift([map.keyAt(at), map.valueAt(at)]);
  }
  return entries;
}

Deno.test("DenseMap equals a sorted array, keys of both signs and jumps included", () => {
  const random = printedRandom("DenseMap");
  const map = new DenseMap();
  const twin = new ReferenceSortedMap();
  let centre = 0;
  for (let edit = 0; edit < 8_000; edit++) {
    if (random.chance(0.01)) centre += (random.integer(21) - 10) * 1_000;
    const key = centre - random.integer(random.chance(0.1) ? 9_000 : 200);
    if (random.chance(0.45)) {
      assertStrictEquals(map.delete(key), twin.delete(key));
    } else {
      const value = random.integer(100);
      map.set(key, value);
      twin.set(key, value);
    }
    assertEquals([map.get(key), map.size], [twin.get(key), twin.entries.length]);
    const [lastKey, lastValue] = twin.entries.at(-1) ?? [0, 0];
    assertEquals([map.lastKey, map.lastValue, map.isEmpty], [
      lastKey,
      lastValue,
      twin.entries.length === 0,
    ]);
    if (edit % 200 === 0) {
      assertEquals(entriesOf(map), twin.entries);
      map.assertValid();
    }
  }
});

Deno.test("DenseMap tells what it does not hold, and refuses keys that are not whole", () => {
  const map = new DenseMap();
  assertEquals([map.get(5), map.delete(5), map.last(), map.isEmpty], [
    NaN,
    false,
    CURSOR_NONE,
    true,
  ]);
  map.set(100, 1);
  for (const key of [100.5, NaN, Infinity, 10_000, -10_000]) {
    assertEquals([map.get(key), map.delete(key)], [NaN, false], `${key}`);
  }
  for (const key of [100.5, NaN, -Infinity]) {
    assertThrows(() => map.set(key, 1), Error, "whole number");
  }
  map.clear();
  assertEquals([map.size, map.lastKey, map.lastValue], [0, 0, 0]);
  map.assertValid();
});
