/**
 * The whole house where each market stream runs over two connections: under harsh faults, and when
 * the venue itself is gone for a while.
 * @module
 */
import type { VenueId } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { configOf } from "./_seven.ts";
import { simulated } from "./_simulated.ts";

const DOWN_MS = 10_000;
const RECOVERY_MS_MAX = 30_000;
const VENUES: readonly VenueId[] = ["hyperliquid", "dydx"];

Deno.test("Two connections hide the faults of either: harsh, and hardly a gap is left", async () => {
  const gaps = async (connections: 1 | 2): Promise<number> => {
    const run = await simulated({
      seed: 2,
      seconds: 60,
      faults: "harsh",
      config: configOf(["dydx"], connections),
    });
    assertEquals(run.outcome.violations, [], `${connections} connections`);
    const { venues } = run.house.status.summary();
    return venues.reduce((sum, one) => sum + one.gaps, 0);
  };
  const [alone, redundant] = [await gaps(1), await gaps(2)];
  assert(alone >= 5, `${alone} gaps on one connection`);
  assert(redundant * 4 < alone, `${redundant} gaps on two connections, ${alone} on one`);
});

Deno.test("A venue of two connections that is gone for 10 s is back within 30 s", async () => {
  const recoveredMs = new Map<VenueId, number>();
  const run = await simulated({
    seed: 5,
    seconds: 95,
    config: configOf(VENUES, 2),
    onStarted: ({ clock, world, house }) => {
      const { state } = house.engine;
      VENUES.forEach((venue, place) =>
        clock.after(10_000 + place * 42_000, () => {
          const since = clock.now();
          assert(world.kill(venue, DOWN_MS));
          const look = () => {
            const ms = (clock.now() - since) / 1_000 - DOWN_MS;
            const slots = state.instruments.filter((slot) => slot?.venue.id === venue);
            const isBack = state.venue(venue)?.isUp === true && slots.length === 3 &&
              slots.every((slot) => slot!.feed.isUsable);
            if (ms > 0 && isBack) return void recoveredMs.set(venue, ms);
            if (ms < RECOVERY_MS_MAX) clock.after(250, look);
          };
          look();
        })
      );
    },
  });
  assertEquals(run.outcome.violations, []);
  assertEquals([...recoveredMs.keys()], VENUES, "each is back in time");
  const { venues } = run.house.status.summary();
  assertEquals(venues.map((one) => one.gaps), [0, 0], "an outage is no gap");
});
