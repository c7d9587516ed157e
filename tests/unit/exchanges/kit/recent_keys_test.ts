/**
 * The last 512 keys at least are remembered, and no more than twice as many.
 * @module
 */
import { RecentKeys } from "@/exchanges/kit/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

Deno.test("RecentKeys takes a key once, however large", () => {
  const keys = new RecentKeys();
  for (const key of [0, 1, 1_024, 2 ** 32, 2 ** 53 - 1]) {
    assert(keys.add(key), `${key}`);
    assert(!keys.add(key), `${key} again`);
  }
});

Deno.test("RecentKeys remembers the last 512 and forgets those before the last 1,024", () => {
  const random = printedRandom("recent keys");
  const keys = new RecentKeys();
  const added: number[] = [];
  for (let count = 0; count < 20_000; count++) {
    const key = Math.floor(random.next() * 2 ** 53);
    assert(keys.add(key));
    added.push(key);
    const back = 1 + Math.floor(random.next() * 511);
    if (count >= back) assert(!keys.add(added[count - back]!), `${back} back`);
  }
  assertEquals(keys.add(added[added.length - 1_100]!), true);
});
