/**
 * Durations between fixed bounds.
 * @module
 */
import { DurationHistogram } from "@/engine/collections/mod.ts";
import { assertEquals, assertThrows } from "@/tests/support/assert.ts";

const BOUNDS = [10, 20, 50];

function of(...durations: number[]): DurationHistogram {
  const histogram = new DurationHistogram(BOUNDS);
  for (const nanos of durations) histogram.record(nanos);
  return histogram;
}

Deno.test("DurationHistogram counts each duration once, bounds included, below zero as zero", () => {
  const histogram = of(-5, 0, 10, 10.5, 20, 50, 51, 1e12);
  assertEquals([...histogram.counts], [3, 2, 1, 2]);
  assertEquals([histogram.count, histogram.longest], [8, 1e12]);
  assertEquals(histogram.sum, 10 + 10.5 + 20 + 50 + 51 + 1e12);
});

Deno.test("DurationHistogram.quantile() is a bound that the share does not exceed", () => {
  const histogram = of(1, 11, 12, 13, 45, 90);
  assertEquals(histogram.quantile(0.01), 10);
  assertEquals(histogram.quantile(0.5), 20);
  assertEquals(histogram.quantile(0.8), 50);
  assertEquals(histogram.quantile(1), 90);
  assertEquals([of().quantile(0.5), of(4).quantile(0.5), of(12).quantile(0.99)], [0, 4, 12]);
});

Deno.test("DurationHistogram.merge() adds up, and wants the same bounds", () => {
  const all = of(1, 2);
  all.merge(of(15, 99));
  assertEquals([[...all.counts], all.count, all.sum, all.longest], [[2, 1, 0, 1], 4, 117, 99]);
  assertThrows(() => all.merge(new DurationHistogram([10, 20, 50])), Error, "the same bounds");
});

Deno.test("DurationHistogram refuses bounds that do not rise", () => {
  assertThrows(() => new DurationHistogram([]), Error, "has a bound");
  assertThrows(() => new DurationHistogram([2, 2]), Error, "rise");
});
