/**
 * Each of seven venues is killed and comes back, one after the other, while the house trades on all
 * of them; and what ten quiet minutes look like.
 *
 *   up -- 10 s down --> connections refused --> back: connected, books true, quoting within 30 s
 * @module
 */
import { VENUE_IDS, type VenueId } from "@/engine/domain/mod.ts";
import type { House } from "@/engine/loop/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { configOf } from "./_seven.ts";
import { simulated, type SimulatedEnd, type StartedParts } from "./_simulated.ts";

const DOWN_MS = 10_000;
const RECOVERY_MS_MAX = 30_000;
const FIRST_AT_MS = 15_000;
const EVERY_MS = 45_000;
const LOOK_MS = 250;
const IS_LONG = (() => {
  try {
    return Deno.env.get("TOUCHLINE_LONG") !== undefined;
  } catch {
    return false;
  }
})();

/** One venue's outage as seen from the house. */
interface Outage {
  readonly venue: VenueId;
  /** Milliseconds from its return until it was connected, its books were usable and it quoted. */
  recoveredMs: number;
  /** Whether it was seen to be gone. */
  wasSeen: boolean;
  /** New orders at each other venue while it was down. */
  readonly placed: Map<VenueId, number>;
  /** What went wrong elsewhere. */
  readonly complaints: string[];
}

interface Looked {
  readonly up: boolean;
  readonly books: boolean;
  readonly quotes: boolean;
}

/** How a venue looks from inside the house. */
function look(house: House, venue: VenueId): Looked {
  const { state, orders } = house.engine;
  const slots = state.instruments.filter((slot) => slot?.venue.id === venue);
  return {
    up: state.venue(venue)?.isUp ?? false,
    books: slots.length === 3 && slots.every((slot) => slot!.feed.isUsable),
    quotes: slots.some((slot) =>
      orders.ownBest(slot!.index, "buy") > 0 || orders.ownBest(slot!.index, "sell") > 0
    ),
  };
}

/** Watches one outage; `kill` takes the venue down. */
function watch(parts: StartedParts, venue: VenueId, kill: () => void): Outage {
  const { clock, house } = parts;
  const outage: Outage = {
    venue,
    recoveredMs: Infinity,
    wasSeen: false,
    placed: new Map(),
    complaints: [],
  };
  const others = VENUE_IDS.filter((each) => each !== venue);
  const gapsBefore = gapsOf(parts);
  const killedAt = clock.now();
  kill();
  const again = () => {
    const sinceMs = (clock.now() - killedAt) / 1_000;
    const { up, books, quotes } = look(house, venue);
    if (!up || !books) outage.wasSeen = true;
    if (sinceMs > DOWN_MS && up && books && quotes) {
      outage.recoveredMs = Math.min(outage.recoveredMs, sinceMs - DOWN_MS);
    }
    for (const other of others) {
      const its = look(house, other);
      if (its.up && its.books) continue;
      outage.complaints.push(`${other} ${JSON.stringify(its)} ${sinceMs} ms after ${venue} died`);
    }
    if (sinceMs < EVERY_MS - LOOK_MS) return void clock.after(LOOK_MS, again);
    for (const [other, gaps] of gapsOf(parts)) {
      if (other === venue || gaps === gapsBefore.get(other)) continue;
      outage.complaints.push(`${other} had ${gaps - gapsBefore.get(other)!} gaps`);
    }
    const breaks = house.status.summary().ledger.breaks;
    if (breaks > 0) outage.complaints.push(`${breaks} ledger breaks`);
  };
  clock.after(LOOK_MS, again);
  return outage;
}

function gapsOf({ house }: StartedParts): Map<string, number> {
  return new Map(house.status.status().venues.map((one) => [one.venue, one.gaps]));
}

interface Survived {
  readonly end: SimulatedEnd;
  readonly outages: readonly Outage[];
}

/** Trades on all venues and takes down some of them, one after the other. */
async function survive(
  killed: readonly VenueId[],
  kill: (parts: StartedParts, venue: VenueId) => void,
): Promise<Survived> {
  const outages: Outage[] = [];
  const end = await simulated({
    seed: 31,
    seconds: (FIRST_AT_MS + killed.length * EVERY_MS) / 1_000,
    config: configOf(),
    onStarted: (parts) => {
      killed.forEach((venue, place) =>
        parts.clock.after(FIRST_AT_MS + place * EVERY_MS, () => {
          outages.push(watch(parts, venue, () => kill(parts, venue)));
        })
      );
    },
    onProcessed: (event, house) => {
      const outage = outages.at(-1);
      if (outage === undefined || event.kind !== "order" || event.status !== "new") return;
      if (look(house, outage.venue).up) return;
      const venue = house.engine.state.slot(event.instrument)!.venue.id;
      outage.placed.set(venue, (outage.placed.get(venue) ?? 0) + 1);
    },
  });
  return { end, outages };
}

/** What is wrong with how the house took it. */
function faultsOf({ end, outages }: Survived): string[] {
  const found = [...end.outcome.violations];
  for (const { venue, recoveredMs, wasSeen, placed, complaints } of outages) {
    if (!wasSeen) found.push(`${venue}: nobody saw it die`);
    if (recoveredMs > RECOVERY_MS_MAX) found.push(`${venue}: not back ${RECOVERY_MS_MAX} ms later`);
    for (const other of VENUE_IDS) {
      if (other === venue || (placed.get(other) ?? 0) > 0) continue;
      found.push(`${other}: no order while ${venue} was down`);
    }
    found.push(...complaints);
  }
  const { ledger, orders } = end.house.status.summary();
  if (ledger.breaks > 0) found.push(`${ledger.breaks} ledger breaks`);
  if (orders.open_at_end + orders.in_flight > 0) found.push("orders are open at the end");
  return found;
}

Deno.test("Each of seven venues is killed for 10 s: the others trade on, it is back in time", async () => {
  const survived = await survive(VENUE_IDS, ({ world }, venue) => {
    assert(world.kill(venue, DOWN_MS));
  });
  const times = survived.outages.map((one) => `${one.venue} ${one.recoveredMs}`);
  assertEquals(faultsOf(survived), [], times.join(", "));
  assertEquals(survived.end.faults, { down: VENUE_IDS.length });
});

Deno.test("A venue that is not back in time is found: planted by killing it for longer", async () => {
  const survived = await survive(["gate"], ({ world }, venue) => {
    world.kill(venue, EVERY_MS);
  });
  assertEquals(faultsOf(survived), [`gate: not back ${RECOVERY_MS_MAX} ms later`]);
});

const QUIET_S = IS_LONG ? 600 : 60;
Deno.test(`${QUIET_S} quiet seconds on seven venues: no gap, no resync, no reconnect`, async () => {
  const end = await simulated({ seed: 32, seconds: QUIET_S, config: configOf() });
  assertEquals(end.outcome.violations, []);
  const { venues, fills } = end.house.status.summary();
  assertEquals(
    venues.map((one) => [one.venue, one.gaps, one.resyncs, one.reconnects]),
    VENUE_IDS.map((venue) => [venue, 0, 0, 0]),
  );
  assert(venues.every((one) => one.messages > QUIET_S), JSON.stringify(venues));
  assert(fills > 0);
});
