/**
 * A small swarm: the whole house under faults, on each venue and on all seven at once, from several
 * seeds; every invariant holds. With TOUCHLINE_LONG set there are more seeds and longer runs.
 * @module
 */
import { VENUE_IDS } from "@/engine/domain/mod.ts";
import { assert, assertEquals, assertNotEquals } from "@/tests/support/assert.ts";
import { configOf } from "./_seven.ts";
import { simulated, type SimulatedEnd } from "./_simulated.ts";

const IS_LONG = (() => {
  try {
    return Deno.env.get("TOUCHLINE_LONG") !== undefined;
  } catch {
    return false;
  }
})();
const SEEDS = IS_LONG ? Array.from({ length: 20 }, (_, index) => 1_000 + index) : [21, 22];
/** In the short run they take turns, so that each venue sees both. */
const LEVELS = ["harsh", "mild"] as const;
const SECONDS = IS_LONG ? 300 : 25;

function assertSound(run: SimulatedEnd, what: string): void {
  assertEquals(run.outcome.violations, [], what);
  assertEquals(run.outcome.openAtEnd, 0, what);
  const { orders, ledger, fills } = run.house.status.summary();
  const ended = orders.filled + orders.cancelled + orders.rejected + orders.expired;
  assertEquals([orders.in_flight, orders.open_at_end], [0, 0], what);
  assertEquals(orders.placed, ended, what);
  assertEquals(ledger.breaks, 0, what);
  assert(orders.placed > 0, `${what}: no order was placed`);
  assert(fills >= 0);
}

Deno.test("The same seed gives the same log hash twice, another seed another one", async () => {
  const run = () => simulated({ seed: 5, seconds: 20, faults: "mild" });
  const first = await run();
  const second = await run();
  const other = await simulated({ seed: 6, seconds: 20, faults: "mild" });
  assertSound(first, "seed 5");
  assertEquals(first.logHash, second.logHash);
  assertEquals(first.journal, second.journal);
  assertNotEquals(first.logHash, other.logHash);
});

Deno.test("Without faults the house trades, and is sound to the end", async () => {
  const run = await simulated({ seed: 3, seconds: 120 });
  assertSound(run, "seed 3");
  const { fills, venues } = run.house.status.summary();
  assert(fills > 0, "no fill in two minutes");
  assertEquals(venues[0]!.gaps, 0);
  assert(run.outcome.invariantsChecked > 1_000);
});

for (const seed of SEEDS) {
  for (const venue of VENUE_IDS) {
    for (const faults of LEVELS.filter((_, place) => IS_LONG || seed % 2 === place)) {
      Deno.test(`Seed ${seed} on ${venue} under ${faults} faults: every invariant holds`, async () => {
        const run = await simulated({ seed, seconds: SECONDS, faults, config: configOf([venue]) });
        assertSound(run, `seed ${seed}, ${venue}, ${faults}; faults ${JSON.stringify(run.faults)}`);
      });
    }
  }
}

for (const seed of SEEDS) {
  Deno.test(`Seed ${seed} on all seven venues under harsh faults: every invariant holds`, async () => {
    const run = await simulated({ seed, seconds: SECONDS, faults: "harsh", config: configOf() });
    assertSound(run, `seed ${seed}; faults ${JSON.stringify(run.faults)}`);
  });
}
