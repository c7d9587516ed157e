/**
 * Histograms against sorted arrays.
 * @module
 */
import { LatencyHistogram, StageLatencies } from "@/engine/metrics/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

Deno.test("LatencyHistogram's percentiles are at most 3.2 % above a sorted array's", () => {
  const random = printedRandom("latency percentiles");
  const histogram = new LatencyHistogram();
  const durations: number[] = [];
  for (let i = 0; i < 20_000; i++) {
    const nanos = Math.floor(2 ** random.uniform(0, 36));
    histogram.record(nanos);
    durations.push(nanos);
  }
  durations.sort((a, b) => a - b);
  for (const share of [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1]) {
    const right = durations[Math.max(0, Math.ceil(share * durations.length) - 1)]!;
    const found = histogram.percentile(share);
    assert(found >= right, `${share}: wanted at least ${right}, found ${found}`);
    assert(found <= right * 1.032, `${share}: wanted at most ${right} + 3.2 %, found ${found}`);
  }
  assertStrictEquals(histogram.maxNanos, durations.at(-1));
  assertStrictEquals(histogram.count, durations.length);
});

Deno.test("LatencyHistogram is exact below 64 ns", () => {
  for (let nanos = 0; nanos < 64; nanos++) {
    const histogram = new LatencyHistogram();
    histogram.record(nanos);
    histogram.record(1e6);
    assertStrictEquals(histogram.percentile(0.5), nanos);
  }
});

Deno.test("LatencyHistogram bounds what is too long and what is below zero", () => {
  const histogram = new LatencyHistogram();
  histogram.record(-5);
  assertStrictEquals(histogram.percentile(1), 0);
  histogram.record(2 ** 40);
  histogram.record(2 ** 40);
  assertStrictEquals(histogram.percentile(0.9), 2 ** 36 - 1);
  assertStrictEquals(histogram.maxNanos, 2 ** 40);
});

Deno.test("LatencyHistogram without a record answers zeros", () => {
  const line = new LatencyHistogram().line();
  assertEquals(line, { count: 0, p50: 0, p99: 0, p999: 0, max: 0 });
});

Deno.test("LatencyHistogram.merge() counts both, clear() forgets", () => {
  const a = new LatencyHistogram();
  const b = new LatencyHistogram();
  a.record(1_000);
  b.record(3_000);
  b.record(3_000);
  a.merge(b);
  assertEquals([a.count, a.sumNanos, a.maxNanos], [3, 7_000, 3_000]);
  assertStrictEquals(a.percentile(0.5), 3_000);
  a.clear();
  assertEquals([a.count, a.sumNanos, a.maxNanos, a.percentile(0.5)], [0, 0, 0, 0]);
});

Deno.test("StageLatencies keeps one histogram a stage, shown in microseconds", () => {
  const stages = new StageLatencies();
  const core = stages.stage("core");
  assert(core === stages.stage("core"), "the same stage is the same histogram");
  core.record(2_500);
  stages.stage("encode");
  assertEquals(stages.lines(), {
    core: { count: 1, p50: 2.5, p99: 2.5, p999: 2.5, max: 2.5 },
    encode: { count: 0, p50: 0, p99: 0, p999: 0, max: 0 },
  });
  assertEquals([...stages.entries()].map(([name]) => name), ["core", "encode"]);
});
