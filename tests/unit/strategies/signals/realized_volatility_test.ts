/**
 * Volatility on a fixed grid, against a slow twin that keeps every mid.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import {
  RealizedVolatility,
  VOLATILITY_FLOOR_BP,
  VOLATILITY_STEPS_MIN,
} from "@/strategies/signals/mod.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@/tests/support/assert.ts";

const SEED = 7;

interface Mid {
  readonly mid: number;
  readonly at: number;
}

/**
 * The slow twin: keeps every mid, samples every grid point afterwards, weighs each step by hand.
 */
function slowSigma(mids: readonly Mid[], halfLife: number): number {
  const start = mids[0]!.at;
  const samples: { steps: number; mid: number }[] = [{ steps: 0, mid: mids[0]!.mid }];
  let reached = 0;
  for (let index = 1; index < mids.length; index++) {
    const steps = Math.floor((mids[index]!.at - start) / 1e6);
    if (steps <= reached) continue;
    const gridPoint = start + steps * 1e6;
    const before = mids.filter((mid) => mid.at <= gridPoint).at(-1)!;
    samples.push({ steps: steps - reached, mid: before.mid });
    reached = steps;
  }
  let variance = 0;
  let weight = 0;
  let age = reached;
  for (let index = 1; index < samples.length; index++) {
    const { steps, mid } = samples[index]!;
    const r = 1e4 * Math.log(mid / samples[index - 1]!.mid);
    for (let step = 0; step < steps; step++) {
      age--;
      const part = (1 - 2 ** (-1 / halfLife)) * 2 ** (-age / halfLife);
      variance += part * (r * r / steps);
      weight += part;
    }
  }
  return Math.sqrt(variance / weight);
}

Deno.test(`RealizedVolatility agrees with its slow twin through silences (seed ${SEED})`, () => {
  const random = new SeededRandom(SEED);
  const volatility = new RealizedVolatility(60);
  const mids: Mid[] = [];
  let at = 5_000_000;
  let mid = 60_000;
  for (let step = 0; step < 2_000; step++) {
    at += random.next() < 0.02 ? Math.floor(random.next() * 9e6) : Math.floor(random.next() * 4e5);
    mid *= 1 + (random.next() - 0.5) * 2e-4;
    mids.push({ mid, at });
    volatility.update(mid, micros(at));
  }
  assert(volatility.ready);
  assertAlmostEquals(volatility.sigmaBp, slowSigma(mids, 60), 1e-9);
});

Deno.test("RealizedVolatility finds the volatility of a random walk", () => {
  const random = new SeededRandom(11);
  const volatility = new RealizedVolatility(3_600);
  let mid = 100;
  for (let second = 0; second < 20_000; second++) {
    mid *= Math.exp(random.next() < 0.5 ? 2e-4 : -2e-4);
    volatility.update(mid, micros(second * 1_000_000));
  }
  assertAlmostEquals(volatility.sigmaBp, 2, 1e-6);
});

Deno.test("RealizedVolatility is not ready before thirty grid steps", () => {
  const volatility = new RealizedVolatility(60);
  for (let second = 0; second < VOLATILITY_STEPS_MIN; second++) {
    assertEquals(volatility.ready, false);
    volatility.update(100 + second % 2, micros(second * 1_000_000));
  }
  assertEquals(volatility.ready, false);
  volatility.update(100, micros(VOLATILITY_STEPS_MIN * 1_000_000));
  assertEquals(volatility.ready, true);
});

Deno.test("RealizedVolatility is not fooled by a bounce between grid points", () => {
  const volatility = new RealizedVolatility(60);
  for (let step = 0; step < 4_000; step++) {
    // Ten mids a second that bounce, but always the same one at the grid point.
    volatility.update(step % 10 === 0 ? 100 : 101, micros(step * 100_000));
  }
  assertEquals(volatility.sigmaBp, VOLATILITY_FLOOR_BP);
});

Deno.test("RealizedVolatility counts one return over an hour of silence as many small ones", () => {
  const volatility = new RealizedVolatility(60);
  volatility.update(100, micros(0));
  volatility.update(101, micros(1_000));
  volatility.update(101, micros(3_600_000_000));
  const hourly = 1e4 * Math.log(1.01);
  assertAlmostEquals(volatility.sigmaBp, hourly / 60, 1e-9);
});

Deno.test("RealizedVolatility ignores what is no price and stamps that go back", () => {
  const volatility = new RealizedVolatility(60);
  volatility.update(100, micros(10_000_000));
  volatility.update(0, micros(11_000_000));
  volatility.update(NaN, micros(11_000_000));
  volatility.update(500, micros(9_000_000));
  volatility.update(100, micros(12_000_000));
  assertEquals(volatility.sigmaBp, VOLATILITY_FLOOR_BP);
  volatility.reset();
  assertEquals(volatility.ready, false);
});

Deno.test("RealizedVolatility refuses a grid or half-life that is not above zero", () => {
  assertThrows(() => new RealizedVolatility(0), Error, "Half-life");
  assertThrows(() => new RealizedVolatility(1, 0), Error, "Grid");
});

Deno.test("RealizedVolatility takes no return across an interruption, but keeps the rest", () => {
  const volatility = new RealizedVolatility(60);
  for (let second = 0; second < 40; second++) {
    volatility.update(second % 2 === 0 ? 100 : 100.01, micros(second * 1_000_000));
  }
  const before = volatility.sigmaBp;
  volatility.interrupt();
  volatility.update(1_000, micros(40_000_000));
  assertEquals(volatility.sigmaBp, before);
  assertEquals(volatility.ready, true);
});
