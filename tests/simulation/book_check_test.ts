/**
 * Every venue's books against its REST answers: a planted level is found and healed, a true book
 * never accused, a quiet one stays believed.
 * @module
 */
import { VENUE_IDS, type VenueId } from "@/engine/domain/mod.ts";
import type { InstrumentSlot } from "@/engine/core/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { delta } from "@/tests/support/books.ts";
import { openVenue } from "./_one_venue.ts";

const KEYS = "feed: { audit_every_s: 5 }";
const PLANTED_LOTS = 777_777;

/** A price among the best bids at which nobody bids; 0: there is none. */
function gapOf({ book }: InstrumentSlot): number {
  const prices = new Float64Array(5);
  const count = book.bids.readLevels(5, prices, new Float64Array(5));
  for (let level = count - 2; level >= 0; level--) {
    if (prices[level]! - prices[level + 1]! > 1) return prices[level + 1]! + 1;
  }
  return 0;
}

/** Puts a bid into our book that the venue does not have. */
function plant(slot: InstrumentSlot, price: number): void {
  const { sequence, updatedAt } = slot.book;
  const wrong = delta({ side: "buy", price: "1.00", size: "1" }, { sequence });
  wrong.bids.prices[0] = price;
  wrong.bids.sizes[0] = PLANTED_LOTS;
  slot.book.applyDelta({ ...wrong, at: updatedAt });
}

for (const venue of VENUE_IDS) {
  Deno.test(`A level planted into a book of ${venue} is found by an audit, and healed`, async () => {
    let planted: { slot: InstrumentSlot; price: number } | undefined;
    const world = await openVenue({
      venue,
      seed: 11,
      keys: KEYS,
      // Whole books are pushed at some venues: the plant must outlive them.
      onProcessed: () => {
        if (planted === undefined) return;
        if (planted.slot.feed.isUsable) plant(planted.slot, planted.price);
        else planted = undefined;
      },
    });
    const { house, clock } = world;
    house.session.start();
    clock.runFor(20_000);
    const slot = house.engine.state.instruments[0]!;
    for (let tries = 0; tries < 100 && gapOf(slot) === 0; tries++) clock.runFor(100);
    const price = gapOf(slot);
    assert(slot.feed.isUsable && price > 0, "there is a place to plant at");
    planted = { slot, price };
    clock.runFor(25_000);
    const alerts = house.status.status().alerts.filter((one) => one.code === "book_audit");
    assertEquals([alerts.length, alerts[0]?.severity], [1, "critical"]);
    assertEquals(slot.feed.isUsable, true);
    assert(slot.book.bids.sizeAt(price) !== PLANTED_LOTS, "the planted level is gone");
    assertEquals(breaksOf(slot), 1);
    world.stop();
  });

  Deno.test(`A true book of ${venue} is audited again and again, and never accused`, async () => {
    const world = await openVenue({ venue, seed: 12, keys: KEYS });
    const { house, clock } = world;
    house.session.start();
    clock.runFor(120_000);
    for (const slot of house.engine.state.instruments) {
      if (slot === undefined) continue;
      const done = (slot.audit?.done ?? 0) + slot.check.done;
      assert(done >= 10, `${slot.instrument.key}: ${done} audits`);
      assertEquals([breaksOf(slot), slot.feed.counters.silences], [0, 0]);
      assertEquals([slot.feed.counters.behindTouch, slot.feed.counters.resyncs], [0, 0]);
      assertEquals(slot.feed.isUsable, true);
    }
    world.stop();
  });
}

function breaksOf(slot: InstrumentSlot): number {
  return (slot.audit?.breaks ?? 0) + slot.check.breaks;
}

/** Its whole books come every half second, changed or not: it is never quiet. */
const SPEAKS_ANYHOW: readonly VenueId[] = ["hyperliquid"];

for (const venue of VENUE_IDS.filter((one) => !SPEAKS_ANYHOW.includes(one))) {
  Deno.test(`A quiet book of ${venue} stays believed: the venue is asked`, async () => {
    const world = await openVenue({ venue, seed: 13, keys: "feed: { audit_every_s: 0 }" });
    const { house, clock, exchange } = world;
    house.session.start();
    clock.runFor(20_000);
    house.session.command("pause", "test", "nobody moves");
    clock.runFor(2_000);
    exchange.stop();
    clock.runFor(500);
    const silences = house.engine.state.instruments.map((slot) => slot?.feed.counters.silences);
    clock.runFor(58_000);
    for (const slot of house.engine.state.instruments) {
      if (slot === undefined) continue;
      assertEquals(slot.feed.counters.silences, silences[slot.index]);
      assert(slot.feed.isUsable, `${slot.instrument.key} is believed`);
      const asked = slot.check.done;
      assert(venue === "bybit" || asked >= 15, `${slot.instrument.key}: asked ${asked} times`);
    }
    world.stop();
  });
}
