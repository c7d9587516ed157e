/**
 * Outages at random moments and of random length, under harsh faults, on each venue: whatever was
 * on its way when the venue died, every order is accounted for in the end.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { VENUE_IDS, type VenueId } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { configOf } from "./_seven.ts";
import { simulated } from "./_simulated.ts";

const IS_LONG = (() => {
  try {
    return Deno.env.get("TOUCHLINE_LONG") !== undefined;
  } catch {
    return false;
  }
})();
const SEEDS = Array.from({ length: 25 }, (_, index) => 500 + index);
/** The one seed of the short run where one once failed: a report ahead of its lost fill halted the
 * house on dYdX; Aster's orders waited for a pause though its private socket was back. */
const TELLING: Readonly<Partial<Record<VenueId, number>>> = { dydx: 508, aster: 522 };
const SECONDS = 100;

for (const venue of VENUE_IDS) {
  for (const seed of IS_LONG ? SEEDS : [TELLING[venue] ?? 500]) {
    Deno.test(`Seed ${seed}: ${venue} dies again and again under harsh faults, no order is lost`, async () => {
      const random = new SeededRandom(`${seed}/${venue}/outages`);
      let kills = 0;
      const { outcome, house, faults } = await simulated({
        seed,
        seconds: SECONDS,
        faults: "harsh",
        config: configOf([venue]),
        onStarted: ({ clock, world }) => {
          const until = clock.now() + SECONDS * 1e6;
          const next = () => {
            if (clock.now() >= until) return;
            kills++;
            world.kill(venue, random.uniform(100, 15_000));
            clock.after(random.uniform(5_000, 30_000), next);
          };
          clock.after(random.uniform(5_000, 20_000), next);
        },
      });
      const what = `seed ${seed}, ${venue}: ${JSON.stringify(faults)}`;
      assertEquals(outcome.violations, [], what);
      assertEquals(outcome.openAtEnd, 0, what);
      const { orders, ledger } = house.status.summary();
      assertEquals([orders.in_flight, orders.open_at_end, ledger.breaks], [0, 0, 0], what);
      assert(kills >= 3, `${what}: ${kills} outages`);
      assert(orders.placed > 10, what);
    });
  }
}
