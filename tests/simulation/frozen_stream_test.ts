/**
 * A venue whose sockets stay open and say nothing: its books are unusable within half a second of
 * the stream's threshold, and the quotes on them are pulled in the same turn. On every venue.
 * @module
 */
import { VENUE_IDS, type VenueId } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { frozen, type FrozenEnd } from "./_frozen.ts";

const SLACK_MS = 500;
/** Its market stream watches block time beside the core. */
const WATCHES_ITSELF: readonly VenueId[] = ["hyperliquid"];

/** Their touches are numbered as their books are: a book is found behind in a second. */
const NUMBERED: readonly VenueId[] = ["binance", "okx", "gate", "aster"];

/** What is wrong with how a freeze was met; empty: nothing. */
function complaints({ books, errors }: FrozenEnd): string[] {
  // An audit that meets a frozen book finds it wrong, rightly.
  const found = errors.filter((one) => !one.includes("differs from the venue's answer"));
  for (const { symbol, heardAt, unusableAt, unpulled, left, thresholdMs } of books) {
    if (unusableAt === undefined) found.push(`${symbol}: never became unusable`);
    else if (unusableAt - heardAt > (thresholdMs + SLACK_MS) * 1_000) {
      found.push(`${symbol}: unusable ${(unusableAt - heardAt) / 1_000} ms after the last word`);
    }
    if (unpulled > 0) found.push(`${symbol}: ${unpulled} orders were not pulled in that turn`);
    if (left > 0) found.push(`${symbol}: ${left} orders were left standing`);
  }
  return found;
}

for (const venue of VENUE_IDS) {
  for (const kind of ["freeze", "drop"] as const) {
    const how = kind === "freeze" ? "frozen" : "silent, still pinging";
    Deno.test(`A ${how} ${venue} is disbelieved in time, and its quotes are pulled`, async () => {
      const end = await frozen({ venue, kind, seed: 7, livesFor: 30, frozenFor: 8 });
      for (const { symbol, wasUsable, ordersBefore } of end.books) {
        assert(wasUsable, `${symbol} was not usable before`);
        assert(ordersBefore > 0, `${symbol} had no order to pull`);
      }
      assertEquals(complaints(end), []);
      assertEquals(end.falseAlarms, 0);
    });
  }
}

for (const venue of VENUE_IDS.filter((one) => !WATCHES_ITSELF.includes(one))) {
  Deno.test(`Planted: a ${venue} whose book threshold is ignored is found out`, async () => {
    const end = await frozen({
      venue,
      seed: 7,
      livesFor: 30,
      frozenFor: 8,
      venueKeys: "stale_after_ms: { book: 0 }",
      keys: "feed: { audit_every_s: 0 }",
    });
    const found = complaints(end);
    assert(found.some((one) => one.includes("unusable")), `found ${JSON.stringify(found)}`);
  });
}

Deno.test("Planted: hyperliquid's threshold ignored, its market stream still finds the silence", async () => {
  const venueKeys = "stale_after_ms: { book: 0 }";
  const end = await frozen({
    venue: "hyperliquid",
    seed: 7,
    livesFor: 30,
    frozenFor: 8,
    venueKeys,
  });
  for (const { heardAt, unusableAt } of end.books) {
    assert(unusableAt !== undefined && unusableAt - heardAt <= 3_500_000);
  }
});

for (const venue of VENUE_IDS) {
  Deno.test(`A ${venue} that says all but its books is disbelieved in time`, async () => {
    const end = await frozen({ venue, kind: "books", seed: 7, livesFor: 30, frozenFor: 8 });
    assertEquals(complaints(end), []);
    if (!NUMBERED.includes(venue)) return;
    for (const slot of end.house.engine.state.instruments) {
      assert(slot!.feed.counters.behindTouch > 0, `${slot!.instrument.key} was found behind`);
    }
  });
}

Deno.test("A frozen mark is not judged by any more, and that is told", async () => {
  const venueKeys = "stale_after_ms: { mark_price: 2000, book: 30000 }";
  const end = await frozen({ venue: "binance", seed: 7, livesFor: 20, frozenFor: 3, venueKeys });
  const slot = end.house.engine.state.instruments[0]!;
  assertEquals(slot.streams.turnedStale.mark_price, 1);
  const { book, instrument } = slot;
  const mid = instrument.priceValue((book.bestBid + book.bestAsk) / 2);
  assertEquals(end.house.engine.view.markValue(slot.index), mid);
  const told = end.house.status.status().alerts.filter((one) => one.code === "stream_stale");
  assertEquals(told.map((one) => one.text), [
    "binance:BTC-USDT-PERP: mark_price said nothing for more than 2000 ms",
  ]);
});
