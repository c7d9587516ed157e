/**
 * The whole house with every market stream on two connections, under mild faults.
 * @module
 */
import { VENUE_IDS } from "@/engine/domain/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { configOf } from "./_seven.ts";
import { simulated } from "./_simulated.ts";

Deno.test("Two connections a stream on seven venues: no gap, no invariant broken", async () => {
  const config = configOf(VENUE_IDS, 2);
  const run = await simulated({ seed: 3, seconds: 40, faults: "mild", config });
  for (const { venue, market_connections } of venuesOf(run.loaded.config.venues)) {
    assertEquals(market_connections, 2, venue);
  }
  assertEquals(run.outcome.violations, []);
  const { venues } = run.house.status.summary();
  assertEquals(venues.map(({ venue, gaps }) => [venue, gaps]).filter(([, gaps]) => gaps !== 0), []);
  assertEquals(venues.length, 7);
});

function venuesOf(
  venues: Readonly<Partial<Record<string, { readonly market_connections: number }>>>,
): { venue: string; market_connections: number }[] {
  return Object.entries(venues).map(([venue, config]) => ({ venue, ...config! }));
}
