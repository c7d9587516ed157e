/**
 * What is looked at while running: the listing, and the address's budget of actions.
 * @module
 */
import {
  type Instrument,
  type InstrumentTradingStatus,
  type Result,
  unwrap,
} from "@/engine/domain/mod.ts";
import type { RefreshedInstrument } from "@/engine/ports/mod.ts";
import { BudgetWatch } from "@/exchanges/hyperliquid/_budget_watch.ts";
import { ListingWatch } from "@/exchanges/hyperliquid/_listing_watch.ts";
import { MarketStream } from "@/exchanges/hyperliquid/market_stream.ts";
import { META, SPOT_META } from "@/tests/golden/hyperliquid/listing.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { ADDRESS, FakeVenue } from "./fake_venue.ts";

function changedMeta(change: (entry: Record<string, unknown>) => void): unknown {
  const meta = JSON.parse(META) as { universe: Record<string, unknown>[] };
  change(meta.universe[0]!);
  return meta;
}

function watched(): {
  venue: FakeVenue;
  watch: ListingWatch;
  told: string[];
  answers: Result<readonly RefreshedInstrument[]>[];
} {
  const venue = new FakeVenue();
  const told: string[] = [];
  const watch = new ListingWatch(venue.context, venue.rest, {
    onStatus: (instrument: Instrument, status: InstrumentTradingStatus) =>
      told.push(`${instrument.terms.symbol} ${status}`),
  });
  watch.start([venue.instruments[0]!, venue.instruments[5]!], () => undefined);
  return { venue, watch, told, answers: [] };
}

Deno.test("ListingWatch.refresh() tells of a delisting once, and answers with the terms", () => {
  const { venue, watch, told, answers } = watched();
  const look = (meta: unknown) => {
    watch.refresh((answer) => answers.push(answer));
    venue.clock.advance(20_000);
    venue.answer("meta", meta);
    venue.answer("spotMeta", JSON.parse(SPOT_META));
    return unwrap(answers.pop()!)[0]!.terms;
  };
  assertEquals(look(JSON.parse(META)).lot, "0.00001");
  assertEquals(told, []);
  look(changedMeta((entry) => entry["isDelisted"] = true));
  look(changedMeta((entry) => entry["isDelisted"] = true));
  assertEquals(told, ["BTC-USDC-PERP delisted"]);
  const { tick, lot } = look(changedMeta((entry) => entry["szDecimals"] = 4));
  assertEquals([tick, lot], ["0.01", "0.0001"]);
  assertEquals(told, ["BTC-USDC-PERP delisted", "BTC-USDC-PERP trading"]);
});

Deno.test("ListingWatch looks three times a minute at most, and answers all the same", () => {
  const { venue, watch, answers } = watched();
  const ask = () => watch.refresh((answer) => answers.push(answer));
  ask();
  venue.answer("meta", JSON.parse(META));
  venue.answer("spotMeta", JSON.parse(SPOT_META));
  venue.clock.advance(2_000);
  ask();
  venue.clock.advance(17_999);
  assertEquals([answers.length, venue.asked.length], [1, 0]);
  venue.clock.advance(1);
  venue.answer("meta", JSON.parse(META));
  venue.answer("spotMeta", JSON.parse(SPOT_META));
  assertEquals(answers.map((one) => one.ok), [true, true]);
  ask();
  watch.stop();
  venue.clock.advance(60_000);
  assertEquals([answers.length, venue.asked.length], [2, 0]);
});

Deno.test("ListingWatch believes no half answer and no late one", () => {
  const { venue, watch, told, answers } = watched();
  const ask = () => {
    watch.refresh((answer) => answers.push(answer));
    venue.clock.advance(20_000);
  };
  ask();
  venue.answer("meta", { universe: [] });
  ask();
  venue.answer("meta", JSON.parse(SPOT_META));
  ask();
  venue.fail("meta", true);
  assertEquals(answers.map((one) => one.ok), [false, false, false]);
  ask();
  watch.stop();
  venue.answer("meta", changedMeta((entry) => entry["isDelisted"] = true));
  assertEquals([told, answers.length], [[], 3]);
  assertEquals(venue.logged.filter((line) => line === "warn: listing not readable").length, 1);
});

Deno.test("MarketStream reads a changed instrument's book on its new grids", () => {
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
  venue.drain();
  unwrap(venue.btc.follow({ ...venue.btc.terms, tick: "0.01" }));
  stream.redefine(venue.btc);
  stream.redefine(venue.instruments[1]!);
  session.say({ channel: "l2Book", data: book });
  assertEquals(venue.lines(), ["book 0 8414300x100000 | 8414400x200000"]);
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
