/**
 * How long to wait.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { ReconnectBackoff } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

Deno.test("ReconnectBackoff grows by its factor to its bound, jittered", () => {
  const backoff = new ReconnectBackoff(new SeededRandom(3), {
    firstMs: 100,
    maxMs: 5_000,
    factor: 3,
  });
  for (const step of [100, 300, 900, 2_700, 5_000, 5_000]) {
    const wait = backoff.nextMs();
    assert(wait >= step / 2 && wait <= step, `${wait} of ${step}`);
  }
  assertEquals(backoff.failures, 6);
  for (let index = 0; index < 1_000; index++) assert(backoff.nextMs() <= 5_000);
  backoff.reset();
  assert(backoff.nextMs() <= 100);
});

Deno.test("ReconnectBackoff gives the same waits for the same seed and others for another", () => {
  const waits = (seed: number) => {
    const backoff = new ReconnectBackoff(new SeededRandom(seed));
    return Array.from({ length: 10 }, () => backoff.nextMs());
  };
  assertEquals(waits(1), waits(1));
  assert(waits(1).join() !== waits(2).join());
});
