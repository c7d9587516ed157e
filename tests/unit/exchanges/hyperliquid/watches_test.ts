/**
 * What is looked at while running: the listing, and the address's budget of actions.
 * @module
 */
import type { Instrument, InstrumentTradingStatus } from "@/engine/domain/mod.ts";
import { BudgetWatch } from "@/exchanges/hyperliquid/_budget_watch.ts";
import { ListingWatch } from "@/exchanges/hyperliquid/_listing_watch.ts";
import { MarketStream } from "@/exchanges/hyperliquid/market_stream.ts";
import { META, SPOT_META } from "@/tests/golden/hyperliquid/listing.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ADDRESS, FakeVenue } from "./fake_venue.ts";

const EVERY_MS = 10 * 60_000;

function changedMeta(change: (entry: Record<string, unknown>) => void): unknown {
  const meta = JSON.parse(META) as { universe: Record<string, unknown>[] };
  change(meta.universe[0]!);
  return meta;
}

function watched(): {
  venue: FakeVenue;
  watch: ListingWatch;
  told: string[];
  changed: Instrument[];
} {
  const venue = new FakeVenue();
  const told: string[] = [];
  const changed: Instrument[] = [];
  const watch = new ListingWatch(venue.context, venue.rest, {
    onStatus: (instrument: Instrument, status: InstrumentTradingStatus) =>
      told.push(`${instrument.terms.symbol} ${status}`),
    onChanged: (instrument) => changed.push(instrument),
  });
  watch.start([venue.instruments[0]!, venue.instruments[5]!], () => undefined);
  return { venue, watch, told, changed };
}

Deno.test("ListingWatch tells of a delisting once, and of new grids", () => {
  const { venue, watch, told, changed } = watched();
  const look = (meta: unknown) => {
    venue.clock.advance(EVERY_MS);
    venue.answer("meta", meta);
    venue.answer("spotMeta", JSON.parse(SPOT_META));
  };
  look(JSON.parse(META));
  assertEquals([told, changed], [[], []]);
  look(changedMeta((entry) => entry["isDelisted"] = true));
  look(changedMeta((entry) => entry["isDelisted"] = true));
  assertEquals(told, ["BTC-USDC-PERP delisted"]);
  look(changedMeta((entry) => entry["szDecimals"] = 4));
  assertEquals(told, ["BTC-USDC-PERP delisted", "BTC-USDC-PERP trading"]);
  const [made] = changed;
  assert(made !== undefined && changed.length === 1);
  assertEquals([made.terms.tick, made.terms.lot], ["0.01", "0.0001"]);
  assertEquals(made.index, venue.btc.index);
  look(changedMeta((entry) => entry["szDecimals"] = 4));
  assertEquals(changed.length, 1);
  watch.stop();
  venue.clock.advance(EVERY_MS * 2);
  assertEquals(venue.asked.length, 0);
});

Deno.test("ListingWatch believes no half answer and no late one", () => {
  const { venue, watch, told, changed } = watched();
  venue.clock.advance(EVERY_MS);
  venue.answer("meta", { universe: [] });
  venue.answer("spotMeta", "nonsense");
  venue.clock.advance(EVERY_MS);
  venue.answer("meta", JSON.parse(SPOT_META));
  venue.fail("spotMeta", true);
  venue.clock.advance(EVERY_MS);
  watch.stop();
  venue.answer("meta", changedMeta((entry) => entry["isDelisted"] = true));
  assertEquals([told, changed], [[], []]);
  assertEquals(venue.logged.filter((line) => line === "warn: listing not readable").length, 2);
});

Deno.test("MarketStream begins a changed instrument's book anew on its new grids", () => {
  const venue = new FakeVenue();
  const stream = new MarketStream(venue.context, venue.rest, [venue.btc]);
  stream.start();
  const session = venue.sessions[0]!;
  session.open();
  const time = venue.clock.now() / 1_000;
  const book = {
    coin: "BTC",
    time,
    levels: [[{ px: "84143.0", sz: "1.0", n: 1 }], [{ px: "84144.0", sz: "2.0", n: 1 }]],
  };
  session.say({ channel: "l2Book", data: book });
  const { watch, changed, venue: other } = watched();
  other.clock.advance(EVERY_MS);
  other.answer("meta", changedMeta((entry) => entry["szDecimals"] = 4));
  watch.stop();
  venue.drain();
  stream.replaceInstrument(changed[0]!);
  stream.replaceInstrument(venue.instruments[1]!);
  session.say({ channel: "l2Book", data: book });
  assertEquals(venue.lines(), [
    "interrupted 0 venue_reset",
    "book 0 8414300x10000 | 8414400x20000",
  ]);
});

Deno.test("BudgetWatch blocks placing while the address has spent its actions", () => {
  const venue = new FakeVenue();
  const watch = new BudgetWatch(venue.context, venue.rest);
  const said = (nRequestsUsed: number, nRequestsSurplus = 0) =>
    venue.answer("userRateLimit", {
      cumVlm: "0.0",
      nRequestsUsed,
      nRequestsCap: 10_000,
      nRequestsSurplus,
    });
  watch.start(ADDRESS);
  assertEquals(said(100)["user"], ADDRESS);
  assertEquals(venue.lines(), []);
  venue.clock.advance(60_000);
  said(9_800);
  assertEquals(venue.logged, ["warn: few actions are left to this address"]);
  venue.clock.advance(60_000);
  said(10_000);
  assertEquals(venue.lines(), ["rate limit address_actions"]);
  venue.clock.advance(10_000);
  said(10_000, 500);
  venue.clock.advance(60_000);
  venue.answer("userRateLimit", null);
  assertEquals(venue.lines(), []);
  venue.clock.advance(60_000);
  watch.stop();
  said(10_001);
  venue.clock.advance(600_000);
  assertEquals([venue.lines(), venue.asked.length], [[], 0]);
});
