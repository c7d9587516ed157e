/**
 * Instruments and maintenance while running: what changed is told, once.
 * @module
 */
import type { InstrumentTradingStatus } from "@/engine/domain/mod.ts";
import { VenueWatch } from "@/exchanges/bybit/_venue_watch.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { FakeVenue } from "./fake_venue.ts";

function world(listedAs: Record<string, InstrumentTradingStatus> = {}) {
  const venue = new FakeVenue();
  const watch = new VenueWatch(venue.context, venue.rest, {
    instruments: [venue.perp],
    listedAs: new Map(Object.entries(listedAs)),
  });
  watch.start();
  return { venue, watch };
}

function listing(changes: Record<string, unknown> = {}, tick = "0.1") {
  const entry = {
    symbol: "BTCUSDT",
    contractType: "LinearPerpetual",
    status: "Trading",
    baseCoin: "BTC",
    quoteCoin: "USDT",
    settleCoin: "USDT",
    priceFilter: { tickSize: tick },
    lotSizeFilter: { qtyStep: "0.001", minOrderQty: "0.001", maxOrderQty: "1000000" },
    ...changes,
  };
  return { category: "linear", list: [entry] };
}

function system(state: string) {
  return { list: [{ id: "1", state, product: [1], serviceTypes: [1] }] };
}

const STATUS = "GET /v5/system/status";
const INFO = "GET /v5/market/instruments-info?category=linear&symbol=BTCUSDT";

Deno.test("VenueWatch tells at the start what is not trading", () => {
  const { venue } = world({ "BTC-USDT-PERP": "halted" });
  assertEquals(venue.lines(), ["status 0 halted"]);
});

Deno.test("VenueWatch tells maintenance when it begins and ends, over what is listed", () => {
  const { venue } = world();
  for (const state of ["scheduled", "ongoing", "ongoing", "completed"]) {
    venue.answer(STATUS, system(state));
    venue.clock.advance(10_000);
  }
  assertEquals(venue.lines(), ["status 0 maintenance", "status 0 trading"]);
  venue.answerRaw(STATUS, "<html>", 404);
  venue.clock.advance(10_000);
  venue.answer(STATUS, { list: 5 });
  assertEquals(venue.logged, ["warn: system status not received"]);
});

Deno.test("VenueWatch.refresh() tells a halt and a delisting, and answers with the terms", () => {
  const { venue, watch } = world();
  venue.answer(STATUS, system("completed"));
  const found: string[] = [];
  const refresh = (result: unknown) => {
    watch.refresh((answer) => {
      found.push(answer.ok ? answer.value.map(({ terms }) => terms.tick).join(" ") : answer.error);
    });
    venue.answer(INFO, result);
  };
  refresh(listing());
  assertEquals(venue.lines(), []);
  refresh(listing({ status: "PreLaunch" }));
  refresh(listing({}, "0.05"));
  refresh({ category: "linear", list: [] });
  assertEquals(venue.lines(), ["status 0 halted", "status 0 trading", "status 0 delisted"]);
  refresh(listing({ status: "Resting" }));
  assertEquals([found.pop(), venue.lines()], ["0.1", ["status 0 halted"]]);
  const words = 'listing of BTC-USDT-PERP is not readable: wanted a known status, found "Resting"';
  assertEquals(venue.logged, [`warn: ${words}`]);
  refresh({ odd: true });
  assertEquals(found.slice(0, 4), ["0.1", "0.1", "0.05", ""]);
  assertEquals([found.length, venue.lines()], [5, []]);
  watch.stop();
  assertEquals(venue.clock.pendingCount, 0);
});
