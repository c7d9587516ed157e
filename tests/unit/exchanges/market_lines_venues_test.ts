/**
 * Every venue with two market connections: either may lag or die at any moment, and nothing is
 * repeated, missing or unusable for it.
 * @module
 */
import { instrumentIndex, micros, type VenueId } from "@/engine/domain/mod.ts";
import { DeltaScratch } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { type Heard, LinedVenue } from "@/tests/support/lined_venue.ts";

const SYMBOLS = ["BTC-USDT", "BTC-USDT-PERP"];
const VENUES: readonly VenueId[] = ["binance", "aster", "bybit", "gate", "okx"];

/** That a connector heard all that another heard, each trade once, and never lost a book. */
function assertWhole(heard: Heard, reference: Heard): void {
  assertEquals(heard.wrongs(), []);
  assertEquals([heard.interruptions, heard.losses], [[], 0]);
  assert(heard.areUsable, "every book is usable");
  heard.trades.forEach((ids, index) => {
    assert(ids.length > 5, `${ids.length} trades of ${index}`);
    // The first arrival wins, so one that a slow line alone has may come late; none is missing.
    const known = new Set(ids);
    // At the end the two may stand in the middle of a message.
    const missing = reference.trades[index]!.slice(0, -5).filter((id) => !known.has(id));
    assertEquals(missing, [], `trades of ${index}`);
  });
}

for (const venue of VENUES) {
  Deno.test(`${venue} with two market connections outlives either, unnoticed`, async () => {
    const world = await LinedVenue.open(venue, SYMBOLS);
    const { heard, transport, connector } = await world.connect(2);
    const { heard: reference } = await world.connect(1);
    assert(heard.areUsable, "the first books");
    const before = transport.opened;
    for (const place of [0, 1, 0, 1]) {
      transport.cut(place);
      world.clock.runFor(7_310);
    }
    assertWhole(heard, reference);
    assert(transport.opened > before, "lines were opened again");
    assert(connector.counters.reconnects >= 4, `${connector.counters.reconnects} reconnects`);
  });

  Deno.test(`${venue} with a line that lags, and then alone on it, misses nothing`, async () => {
    const world = await LinedVenue.open(venue, SYMBOLS);
    const { heard, transport } = await world.connect(2);
    const { heard: reference } = await world.connect(1);
    for (const place of [0, 1]) {
      transport.lagMs.set(place, 400);
      world.clock.runFor(5_000);
      transport.cut(1 - place);
      world.clock.runFor(3_000);
      transport.lagMs.clear();
      world.clock.runFor(3_000);
    }
    assertWhole(heard, reference);
  });

  Deno.test(`${venue} tells the loss of both lines, and recovers`, async () => {
    const world = await LinedVenue.open(venue, SYMBOLS);
    const { heard, transport } = await world.connect(2);
    transport.cut(0);
    transport.cut(1);
    assertEquals(heard.interruptions.toSorted(), ["0 disconnected", "1 disconnected"]);
    assert(!heard.areUsable);
    world.clock.runFor(15_000);
    assert(heard.areUsable, "books are back");
    assertEquals(heard.wrongs(), []);
  });
}

/** Those that cut a connection after a day, or on which one is not kept for longer. */
const ROTATIONS: readonly (readonly [venue: VenueId, connections: 1 | 2])[] = [
  ["binance", 1],
  ["bybit", 2],
];
for (const [venue, connections] of ROTATIONS) {
  Deno.test(`${venue} on ${connections} market connections renews them within a day, unnoticed`, async () => {
    const world = await LinedVenue.open(venue, ["BTC-USDT-PERP"], 0.2);
    const { heard, transport, connector } = await world.connect(connections);
    const before = transport.opened;
    world.clock.runFor(23.9 * 3_600_000);
    assertEquals(transport.opened, before * 2, "each was renewed once");
    assertEquals([heard.wrongs(), heard.interruptions], [[], []]);
    assertEquals(connector.counters.reconnects, 0);
    assert(heard.deltas[0]!.length > 1_000, `${heard.deltas[0]!.length} deltas`);
  });
}

Deno.test("The check of lines sees a repeated delta, a missing one and a repeated trade", async () => {
  const world = await LinedVenue.open("binance", SYMBOLS);
  const { heard } = await world.connect(2);
  world.clock.runFor(5_000);
  assertEquals(heard.wrongs(), []);
  const last = heard.deltas[0]!.at(-1)!;
  const delta = (first: number) => {
    const scratch = new DeltaScratch().begin(instrumentIndex(0), micros(world.clock.now()));
    scratch.firstSequence = first;
    scratch.sequence = first;
    scratch.bids.push(1, 1);
    return scratch;
  };
  heard.deliver(delta(last));
  assertEquals(heard.wrongs().length, 1);
  heard.deliver(delta(last + 2));
  assertEquals(heard.wrongs().length, 2);
  heard.trades[1]!.push(heard.trades[1]![0]!);
  assertEquals(heard.wrongs().length, 3);
});
