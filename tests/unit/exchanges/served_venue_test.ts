/**
 * `ServedVenue`: killed, back on its port, with what it held.
 * @module
 */
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { instrumentIndex, micros, unwrap } from "@/engine/domain/mod.ts";
import { VirtualClock } from "@/engine/simulation/mod.ts";
import { openWorld } from "@/exchanges/mod.ts";
import type { PaperWorld } from "@/engine/ports/mod.ts";
import { FakeLog } from "@/tests/unit/engine/loop/_fakes.ts";

async function worldOf(): Promise<{ clock: VirtualClock; world: PaperWorld; log: FakeLog }> {
  const clock = new VirtualClock(micros(1_760_000_000_000_000));
  const log = new FakeLog();
  const world = unwrap(
    await openWorld({
      clock,
      scheduler: clock,
      log,
      wire: "memory",
      venues: [{
        venue: "gate",
        instruments: [{ symbol: "BTC-USDT-PERP", index: instrumentIndex(0) }],
        balances: undefined,
        fees: undefined,
      }],
      seed: 1,
      updatesPerSecond: 10,
      latencyMs: { from_venue: 2, to_venue: 2 },
    }),
  );
  return { clock, world, log };
}

/** Whether the venue's instruments can be had now. */
function isReachable(world: PaperWorld, clock: VirtualClock): boolean {
  let reached = false;
  world.connectors[0]!.loadInstruments(["BTC-USDT-PERP"], (listed) => reached ||= listed.ok);
  clock.runFor(900);
  return reached;
}

Deno.test("A killed venue is back on its port after its time, with its address unchanged", async () => {
  const { clock, world, log } = await worldOf();
  const before = JSON.stringify(world.description);
  assert(isReachable(world, clock));
  assert(world.kill("gate", 10_000));
  assert(!isReachable(world, clock));
  clock.runFor(8_000);
  assert(!isReachable(world, clock));
  clock.runFor(30_000);
  assert(isReachable(world, clock));
  assertEquals(JSON.stringify(world.description), before);
  assertEquals(world.faultCounts(), { down: 1 });
  assertEquals(log.at("warn").filter((line) => line.includes("is down")).length, 1);
  world.close();
});

Deno.test("The longest outage in force counts; heal() ends it; another venue is not here", async () => {
  const { clock, world } = await worldOf();
  assertEquals(world.kill("okx", 1_000), false);
  world.kill("gate", 60_000);
  world.kill("gate", 1_000);
  clock.runFor(20_000);
  assert(!isReachable(world, clock));
  world.heal();
  clock.runFor(20_000);
  assert(isReachable(world, clock));
  world.kill("gate", 1_000);
  world.close();
  clock.runFor(20_000);
  assert(!isReachable(world, clock));
});
