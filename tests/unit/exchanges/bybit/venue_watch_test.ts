/**
 * Instruments and maintenance while running: what changed is told, once.
 * @module
 */
import { feeRate, type Instrument, type InstrumentTradingStatus } from "@/engine/domain/mod.ts";
import { VenueWatch } from "@/exchanges/bybit/_venue_watch.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { FakeVenue } from "./fake_venue.ts";

function world(listedAs: Record<string, InstrumentTradingStatus> = {}) {
  const venue = new FakeVenue();
  const redefined: Instrument[] = [];
  const watch = new VenueWatch(venue.context, venue.rest, {
    instruments: [venue.perp],
    listedAs: new Map(Object.entries(listedAs)),
    feesOf: () => ({ maker: feeRate(0), taker: feeRate(0) }),
    onRedefined: (instrument) => redefined.push(instrument),
  });
  watch.start();
  return { venue, watch, redefined };
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

Deno.test("VenueWatch tells a halt, a delisting, and new grids before anything in them", () => {
  const { venue, redefined } = world();
  const minute = (result: unknown) => {
    // Six answers of the system's status stand before the instrument's.
    for (let rest = 0; rest < 100; rest++) {
      if (venue.asked[0]?.request.url.includes("instruments-info")) break;
      if (venue.asked.length > 0) venue.answer(STATUS, system("completed"));
      venue.clock.advance(1_000);
    }
    venue.answer(INFO, result);
  };
  minute(listing());
  assertEquals(venue.lines(), []);
  minute(listing({ status: "PreLaunch" }));
  minute(listing({}, "0.05"));
  assertEquals(redefined.map(({ terms }) => terms.tick), ["0.05"]);
  minute(listing({}, "0.05"));
  minute(listing({ lotSizeFilter: { qtyStep: "1e-30" } }));
  minute({ category: "linear", list: [] });
  minute({ odd: true });
  assertEquals(venue.lines(), [
    "status 0 halted",
    "defined 0 0.05 0.001",
    "status 0 trading",
    "status 0 delisted",
  ]);
  assertEquals(venue.logged.length, 2);
});

Deno.test("VenueWatch asks soon after a frame did not fit, but not at each one", () => {
  const { venue, watch, redefined } = world();
  venue.answer(STATUS, system("completed"));
  watch.doubt(venue.perp.index);
  watch.doubt(venue.perp.index);
  watch.doubt(venue.spot.index);
  venue.clock.advance(101);
  venue.answer(INFO, listing({}, "0.5"));
  assertEquals(redefined.length, 1);
  watch.doubt(venue.perp.index);
  venue.clock.advance(5_000);
  assertEquals(venue.asked.length, 0);
  venue.clock.advance(5_000);
  venue.answer(STATUS, system("completed"));
  watch.doubt(venue.perp.index);
  venue.clock.advance(101);
  venue.answer(INFO, listing({}, "0.5"));
  watch.stop();
  assertEquals(venue.clock.pendingCount, 0);
});
