/**
 * Means and sums that fade by time, against slow twins.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import { DecayedSum, Ewma } from "@/strategies/signals/mod.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@/tests/support/assert.ts";

const SEED = 20261120;

/** The slow twin: every value with its own weight. */
function slowMean(values: readonly { x: number; at: number }[], halfLife: number): number {
  const tau = (halfLife * 1e6) / Math.LN2;
  let weightLeft = 1;
  let mean = 0;
  for (let index = values.length - 1; index > 0; index--) {
    const gain = 1 - Math.exp(-(values[index]!.at - values[index - 1]!.at) / tau);
    mean += weightLeft * gain * values[index]!.x;
    weightLeft *= 1 - gain;
  }
  return mean + weightLeft * values[0]!.x;
}

Deno.test("Ewma is absent before its first value and equals it after", () => {
  const ewma = new Ewma(10);
  assertEquals(ewma.ready, false);
  ewma.update(42, micros(5));
  assertEquals(ewma.ready, true);
  assertEquals(ewma.mean, 42);
  assertEquals(ewma.variance, 0);
});

Deno.test("Ewma forgets half in one half-life", () => {
  const ewma = new Ewma(10);
  ewma.update(0, micros(0));
  ewma.update(1, micros(10_000_000));
  assertAlmostEquals(ewma.mean, 0.5, 1e-12);
  assertAlmostEquals(ewma.variance, 0.25, 1e-12);
});

Deno.test(`Ewma agrees with its slow twin on an irregular grid (seed ${SEED})`, () => {
  const random = new SeededRandom(SEED);
  const ewma = new Ewma(3);
  const values: { x: number; at: number }[] = [];
  let at = 1_000;
  for (let step = 0; step < 500; step++) {
    at += 1 + Math.floor(random.next() * 2_000_000);
    const x = random.next() * 100 - 50;
    values.push({ x, at });
    ewma.update(x, micros(at));
  }
  assertAlmostEquals(ewma.mean, slowMean(values, 3), 1e-9);
});

Deno.test("Ewma gives no weight to a stamp that stands still or goes back", () => {
  const ewma = new Ewma(10);
  ewma.update(1, micros(1_000_000));
  ewma.update(99, micros(1_000_000));
  ewma.update(99, micros(500_000));
  assertEquals(ewma.mean, 1);
  ewma.update(3, micros(11_000_000));
  assertAlmostEquals(ewma.mean, 2, 1e-12);
});

Deno.test("Ewma is absent again after reset", () => {
  const ewma = new Ewma(1);
  ewma.update(1, micros(1));
  ewma.reset();
  assertEquals(ewma.ready, false);
});

Deno.test("Ewma and DecayedSum refuse a half-life that is not above zero", () => {
  assertThrows(() => new Ewma(0), Error, "Half-life must be above zero");
  assertThrows(() => new DecayedSum(-1), Error, "Half-life must be above zero");
});

Deno.test("DecayedSum halves in one half-life and keeps sums of one stamp whole", () => {
  const sum = new DecayedSum(1);
  sum.add(4, micros(1_000_000));
  sum.add(4, micros(1_000_000));
  assertEquals(sum.valueAt(micros(1_000_000)), 8);
  assertAlmostEquals(sum.valueAt(micros(2_000_000)), 4, 1e-12);
  assertEquals(sum.valueAt(micros(0)), 8);
});

Deno.test(`DecayedSum agrees with its slow twin (seed ${SEED})`, () => {
  const random = new SeededRandom(SEED);
  const sum = new DecayedSum(2);
  const parts: { x: number; at: number }[] = [];
  let at = 0;
  for (let step = 0; step < 300; step++) {
    at += Math.floor(random.next() * 1_000_000);
    const x = random.next() - 0.5;
    parts.push({ x, at });
    sum.add(x, micros(at));
  }
  const end = at + 700_000;
  const twin = parts.reduce((total, part) => total + part.x * 2 ** (-(end - part.at) / 2e6), 0);
  assertAlmostEquals(sum.valueAt(micros(end)), twin, 1e-9);
  sum.reset();
  assertEquals(sum.valueAt(micros(end)), 0);
});

Deno.test("DecayedSum is practically empty after an hour of silence", () => {
  const sum = new DecayedSum(1);
  sum.add(1e9, micros(0));
  assert(sum.valueAt(micros(3_600_000_000)) < 1e-300);
});
