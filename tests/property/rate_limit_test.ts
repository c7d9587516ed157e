/**
 * Laws of the request budget: no window of any length and phase is exceeded, the reserve is kept.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import type { RateLimitRule, RequestKind } from "@/engine/ports/mod.ts";
import { RequestBudget, TokenBucket } from "@/engine/rate_limit/mod.ts";
import { assert } from "@/tests/support/assert.ts";
import { forEachCase, PERPETUAL_ACCOUNT, START } from "@/tests/support/builders.ts";

interface Said {
  readonly at: number;
  readonly weight: number;
}

/** The largest weight in any window of this length that begins with a request. */
function heaviestWindow(said: readonly Said[], windowUs: number): number {
  let heaviest = 0;
  let sum = 0;
  let first = 0;
  for (const one of said) {
    sum += one.weight;
    while (one.at - said[first]!.at >= windowUs) sum -= said[first++]!.weight;
    heaviest = Math.max(heaviest, sum);
  }
  return heaviest;
}

Deno.test("TokenBucket: no window of any length holds more than the burst plus its refill", () => {
  forEachCase("token bucket", 40, (random) => {
    const burst = 1 + Math.floor(random.next() * 20);
    const refill = 1 + Math.floor(random.next() * 50);
    const windowUs = 1_000 + Math.floor(random.next() * 1_000_000);
    const bucket = new TokenBucket(burst, refill, windowUs, START);
    const said: Said[] = [];
    let now: number = START;
    for (let step = 0; step < 600; step++) {
      now += Math.floor(random.next() * random.next() * windowUs / refill * 3);
      const weight = 1 + Math.floor(random.next() * 3);
      if (bucket.tryTake(weight, 0, micros(now))) said.push({ at: now, weight });
    }
    assert(said.length > 10);
    for (const share of [0.01, 0.3, 1, 2.5, 10]) {
      const length = windowUs * share;
      const allowed = burst + refill * share;
      assert(heaviestWindow(said, length) <= allowed, `window of ${share}`);
    }
  });
});

Deno.test("RequestBudget: no window of a venue's length exceeds its limit", () => {
  const kinds: RequestKind[] = ["place_order", "amend_order", "cancel_order", "query_account"];
  forEachCase("budget", 30, (random) => {
    const rules = [ruleOf(random, "a", 60), ruleOf(random, "b", 400)];
    const budget = new RequestBudget(rules, START);
    const said: Said[][] = [[], []];
    let now: number = START;
    for (let step = 0; step < 2_000; step++) {
      now += Math.floor(random.next() * 20_000);
      const kind = kinds[Math.floor(random.next() * kinds.length)]!;
      if (!budget.tryTake(kind, PERPETUAL_ACCOUNT, micros(now))) continue;
      rules.forEach((rule, index) =>
        said[index]!.push({ at: now, weight: rule.weights[kind] ?? 0 })
      );
    }
    rules.forEach((rule, index) => {
      const heaviest = heaviestWindow(said[index]!, rule.windowMs * 1_000);
      assert(heaviest <= rule.capacity, `${rule.id}: ${heaviest} of ${rule.capacity}`);
    });
  });
});

Deno.test("RequestBudget: after any number of places a cancel still finds its reserve", () => {
  forEachCase("reserve", 30, (random) => {
    const budget = new RequestBudget([ruleOf(random, "a", 60)], START);
    let now: number = START;
    for (let step = 0; step < 300; step++) {
      now += Math.floor(random.next() * 50_000);
      budget.tryTake(
        random.next() < 0.5 ? "place_order" : "amend_order",
        PERPETUAL_ACCOUNT,
        micros(now),
      );
      assert(budget.availableFor("cancel_order", PERPETUAL_ACCOUNT, micros(now)) >= 5);
    }
  });
});

function ruleOf(random: SeededRandom, id: string, capacity: number): RateLimitRule {
  return {
    id,
    account: PERPETUAL_ACCOUNT,
    capacity,
    windowMs: 1_000 + Math.floor(random.next() * 9_000),
    weights: { place_order: 1, amend_order: 2, cancel_order: 1, query_account: 5 },
    cancelReserve: 5,
    source: "test",
  };
}
