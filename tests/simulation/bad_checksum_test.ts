/**
 * The one venue that ever summed its books up: a wrong sum ends a book's use before the next quote.
 * @module
 */
import { FaultPlan } from "@/exchanges/simulator/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { openVenue } from "./_one_venue.ts";

/** What became of okx's books under wrong sums from the twentieth second on. */
async function summed(checksum: "sampled" | "every" | "never") {
  const random = new SeededRandom("bad checksum");
  const plan = new FaultPlan({ randomFor: (name) => random.fork(name) });
  let unusable = 0;
  let unpulled = 0;
  const usable = new Map<number, boolean>();
  const world = await openVenue({
    venue: "okx",
    seed: 31,
    plan,
    keys: `feed: { checksum: ${checksum} }`,
    onProcessed: () => {
      for (const slot of house.engine.state.instruments) {
        if (slot === undefined) continue;
        const was = usable.get(slot.index);
        usable.set(slot.index, slot.feed.isUsable);
        if (was !== true || slot.feed.isUsable) continue;
        unusable++;
        house.engine.orders.forEachOrder(slot.index, (order) => {
          if (order.state === "new" && order.pending !== "cancel") unpulled++;
        });
      }
    },
  });
  const { house, clock } = world;
  house.session.start();
  clock.runFor(20_000);
  assertEquals(unusable, 0);
  plan.add({ kind: "bad_checksum", once: true });
  clock.runFor(5_000);
  const failures = house.engine.state.instruments.map((slot) =>
    slot?.feed.counters.checksumFailures ?? 0
  );
  const end = {
    unusable,
    unpulled,
    injected: plan.counts().bad_checksum,
    failures: failures.reduce((sum, one) => sum + one, 0),
    areUsable: house.engine.state.instruments.every((slot) => slot?.feed.isUsable !== false),
  };
  world.stop();
  return end;
}

for (const policy of ["sampled", "every"] as const) {
  Deno.test(`A wrong checksum, ${policy}: unusable in that turn, quotes pulled, built anew`, async () => {
    assertEquals(await summed(policy), {
      unusable: 1,
      unpulled: 0,
      injected: 1,
      failures: 1,
      areUsable: true,
    });
  });
}

Deno.test("Planted: with no checksum verified, a wrong one goes unseen", async () => {
  const end = await summed("never");
  assert(end.injected === 1 && end.failures === 0 && end.unusable === 0);
});
