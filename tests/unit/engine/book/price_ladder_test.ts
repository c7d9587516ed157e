/**
 * One side of a book, by hand and against its slow twin.
 * @module
 */
import { LEVEL_NONE, PriceLadder } from "@/engine/book/mod.ts";
import type { Side } from "@/engine/domain/mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@/tests/support/assert.ts";
import { ReferenceLadder } from "@/tests/support/reference_ladder.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

function levelsOf(ladder: PriceLadder): [number, number][] {
  const levels: [number, number][] = [];
  ladder.forEach((price, size) => {
    levels.push([price, size]);
    return true;
  });
  return levels;
}

Deno.test("PriceLadder keeps bids from high to low and asks from low to high", () => {
  const bids = new PriceLadder("buy");
  const asks = new PriceLadder("sell");
  for (const price of [101, 99, 100]) {
    bids.set(price, price);
    asks.set(price, price);
  }
  assertEquals(levelsOf(bids).map(([price]) => price), [101, 100, 99]);
  assertEquals(levelsOf(asks).map(([price]) => price), [99, 100, 101]);
  assertEquals([bids.best, bids.bestSize, asks.best, asks.bestSize], [101, 101, 99, 99]);
});

Deno.test("PriceLadder without levels has price 0 and size 0", () => {
  const ladder = new PriceLadder("sell");
  assertEquals([ladder.best, ladder.bestSize, ladder.count], [0, 0, 0]);
  assertEquals([ladder.sizeAt(5), ladder.first()], [0, LEVEL_NONE]);
  ladder.set(5, 0);
  assertStrictEquals(ladder.count, 0);
  ladder.assertValid();
});

Deno.test("PriceLadder's best follows deletes, changes and improvements", () => {
  const asks = new PriceLadder("sell");
  asks.set(10, 1);
  asks.set(11, 2);
  asks.set(10, 3);
  assertEquals([asks.best, asks.bestSize], [10, 3]);
  asks.set(11, 5);
  asks.set(10, 0);
  assertEquals([asks.best, asks.bestSize], [11, 5]);
  asks.set(9, 7);
  assertEquals([asks.best, asks.bestSize], [9, 7]);
  asks.set(9, 0);
  asks.set(11, 0);
  assertEquals([asks.best, asks.bestSize], [0, 0]);
});

Deno.test("PriceLadder.readLevels() reads the best levels and says how many", () => {
  const bids = new PriceLadder("buy");
  for (let price = 1; price <= 5; price++) bids.set(price, price * 10);
  const prices = new Float64Array(10);
  const sizes = new Float64Array(10);
  assertStrictEquals(bids.readLevels(3, prices, sizes), 3);
  assertEquals([...prices.subarray(0, 4)], [5, 4, 3, 0]);
  assertEquals([...sizes.subarray(0, 3)], [50, 40, 30]);
  assertStrictEquals(bids.readLevels(10, prices, sizes), 5);
});

Deno.test("PriceLadder.forEach() stops when told to", () => {
  const bids = new PriceLadder("buy");
  for (let price = 1; price <= 5; price++) bids.set(price, 1);
  let seen = 0;
  bids.forEach(() => ++seen < 2);
  assertStrictEquals(seen, 2);
});

Deno.test("PriceLadder stops at a negative size and at no number", () => {
  const bids = new PriceLadder("buy");
  assertThrows(() => bids.set(1, -1), Error, "must not be negative");
  assertThrows(() => bids.set(1, NaN), Error, "must not be negative");
});

Deno.test("PriceLadder stops at a price that is no whole number of ticks", () => {
  const asks = new PriceLadder("sell");
  asks.set(100, 1);
  for (const price of [100.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => asks.set(price, 1), Error, "whole number");
  }
  assertEquals(levelsOf(asks), [[100, 1]]);
});

Deno.test("PriceLadder keeps a touch that jumps far away and comes back", () => {
  for (const sign of [1, -1] as const) {
    const ladder = new PriceLadder(sign === 1 ? "buy" : "sell");
    const at = (distance: number) => 2 ** 40 + sign * distance;
    for (let level = 0; level < 5_000; level++) ladder.set(at(-level), 1 + level);
    const { memoryBytes } = ladder;
    for (let round = 0; round < 50; round++) {
      ladder.set(at(1_000_000), 7);
      assertEquals([ladder.best, ladder.bestSize], [at(1_000_000), 7]);
      ladder.assertValid();
      ladder.set(at(1_000_000), 0);
      assertEquals([ladder.best, ladder.bestSize, ladder.count], [at(0), 1, 5_000]);
      ladder.assertValid();
    }
    assertEquals(levelsOf(ladder).at(-1), [at(-4_999), 5_000]);
    // While all levels lie in the tree it needs more nodes, which it keeps.
    assert(ladder.memoryBytes < memoryBytes + 200_000);
  }
});

Deno.test("PriceLadder brings deep levels to the touch when all above them are taken", () => {
  const asks = new PriceLadder("sell");
  for (let price = 1; price <= 20_000; price += 3) asks.set(price, price);
  for (let price = 1; price <= 20_000; price += 3) {
    assertEquals([asks.best, asks.bestSize], [price, price]);
    asks.set(price, 0);
  }
  assertStrictEquals(asks.count, 0);
  asks.assertValid();
});

for (const side of ["buy", "sell"] as const satisfies readonly Side[]) {
  Deno.test(`PriceLadder (${side}) equals a Map sorted when read`, () => {
    const random = printedRandom(`PriceLadder ${side}`);
    const ladder = new PriceLadder(side);
    const twin = new ReferenceLadder(side);
    let centre = 1_000_000;
    for (let edit = 0; edit < 6_000; edit++) {
      if (random.chance(0.05)) centre += random.integer(41) - 20;
      if (random.chance(0.01)) centre += (random.integer(21) - 10) * 1_000;
      if (random.chance(0.001)) {
        ladder.clear();
        for (const [price] of twin.sorted()) twin.set(price, 0);
      }
      const price = centre + random.integer(random.chance(0.1) ? 9_000 : 300);
      const size = random.chance(0.45) ? 0 : 1 + random.integer(1_000);
      ladder.set(price, size);
      twin.set(price, size);
      assertStrictEquals(ladder.sizeAt(price), size);
      assertStrictEquals(ladder.count, twin.count);
      if (edit % 10 === 0) {
        assertStrictEquals(ladder.best, twin.best);
        assertStrictEquals(ladder.bestSize, twin.bestSize);
      }
      if (edit % 100 === 0) {
        assertEquals(levelsOf(ladder), twin.sorted());
        ladder.assertValid();
      }
    }
  });
}
