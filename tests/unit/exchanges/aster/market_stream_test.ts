/**
 * The market sockets: what is subscribed, silence, losses, renewals and snapshots.
 * @module
 */
import {
  createInstrument,
  type Instrument,
  instrumentIndex,
  unwrap,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import { MarketStream } from "@/exchanges/aster/market_stream.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { btc, FakeVenue } from "./fake_venue.ts";

const DEPTH = { e: "depthUpdate", E: 1, T: 1, s: "BTCUSDT", U: 1, u: 2, pu: 0, b: [], a: [] };
const TICKER = { e: "bookTicker", u: 2, s: "BTCUSDT", b: "1", B: "1", a: "2", A: "1", T: 1, E: 1 };
const TRADE = {
  e: "aggTrade",
  E: 1,
  s: "BTCUSDT",
  a: 5,
  p: "1",
  q: "1",
  f: 1,
  l: 1,
  T: 1,
  m: true,
};
const SNAPSHOT = { lastUpdateId: 5, E: 1, T: 1, bids: [["64000.0", "1"]], asks: [] };

function world(product: "spot" | "perpetual" = "perpetual", instruments?: readonly Instrument[]) {
  const venue = new FakeVenue(product);
  const links: boolean[] = [];
  const stream: MarketStream = new MarketStream(
    venue.context,
    venue.rest,
    instruments ?? [venue.instrument],
    () => links.push(stream.up),
  );
  stream.start();
  return { venue, stream, session: venue.sessions[0]!, links };
}

Deno.test("MarketStream subscribes to a product's streams on one combined socket", () => {
  const { session, links } = world();
  assertEquals(session.url(), "ws://venue/stream");
  session.open();
  assertEquals(session.sent, [{
    method: "SUBSCRIBE",
    params: [
      ...["btcusdt@depth@100ms", "btcusdt@bookTicker"],
      ...["btcusdt@aggTrade", "btcusdt@markPrice@1s"],
    ],
    id: 1,
  }]);
  assertEquals(links, [true]);
  const spot = world("spot").session;
  spot.open();
  assertEquals((spot.sent[0]!["params"] as string[]).length, 3);
});

Deno.test("MarketStream keeps at most 200 streams on a socket and 100 in a request", () => {
  const many = Array.from({ length: 120 }, (_, index) => {
    const { terms } = btc("perpetual");
    const changed = { ...terms, venueSymbol: venueSymbolOf(`C${index}USDT`) };
    return unwrap(createInstrument(instrumentIndex(index), changed));
  });
  const { venue, stream } = world("perpetual", many);
  for (const session of venue.sessions) session.open();
  const counts = venue.sessions.map(({ sent }) =>
    sent.map(({ params }) => (params as string[]).length)
  );
  assertEquals(counts, [[100, 100], [100, 100], [80]]);
  assert(stream.up && stream.has(instrumentIndex(119)) && !stream.has(instrumentIndex(120)));
});

Deno.test("MarketStream connects anew when a stream stays silent, with more patience each time", () => {
  const { venue, session, stream } = world();
  session.open();
  session.say(TICKER);
  venue.clock.advance(30_001);
  assertEquals(venue.told(), ["best_bid_ask", "interrupted silent"]);
  assertEquals(session.restarts.length, 1);
  session.open();
  venue.clock.advance(30_001);
  assertEquals(session.restarts.length, 1, "a minute now");
  session.say(DEPTH);
  session.say(TICKER);
  venue.clock.advance(30_000);
  assertEquals(session.restarts.length, 1);
  session.open();
  stream.stop();
  venue.clock.advance(600_000);
  assertEquals(session.restarts.length, 1);
});

Deno.test("MarketStream interrupts the feed of a frame it cannot read, and of a lost socket", () => {
  const { venue, session, links } = world();
  session.open();
  session.say({ ...DEPTH, pu: undefined });
  session.say("<html>");
  session.say({ code: 2, msg: "Invalid request" });
  assertEquals(venue.logged.at(-1), "warn: subscription refused");
  session.drop("cut");
  assertEquals(venue.told(), [
    "interrupted refused_frame",
    "interrupted refused_frame",
    "interrupted disconnected",
  ]);
  assertEquals(links, [true, false]);
  const { counters } = venue.context;
  assertEquals([counters.messages, counters.refusedFrames, counters.ignoredFrames], [3, 2, 1]);
});

Deno.test("MarketStream drops trades that come twice while a socket is renewed", () => {
  const { venue, session } = world();
  session.open();
  session.say(TRADE);
  session.open(true);
  for (const a of [6, 7, 6, 7, 8]) session.say({ ...TRADE, a });
  assertEquals(venue.told(), ["trade", "trade", "trade", "trade"]);
});

Deno.test("MarketStream asks for a snapshot once at a time until there is one", () => {
  const { venue, stream } = world();
  const { index } = venue.instrument;
  stream.requestSnapshot(index);
  stream.requestSnapshot(index);
  stream.requestSnapshot(instrumentIndex(9));
  const asked = venue.refuse("GET /fapi/v3/depth", 500, -1000);
  assertEquals(asked.text, "symbol=BTCUSDT&limit=1000");
  assertEquals([venue.asked.length, asked.request.headers], [0, {}] as never);
  venue.clock.advance(1_000);
  venue.answer("GET /fapi/v3/depth", { ...SNAPSHOT, bids: null });
  venue.clock.advance(2_000);
  venue.answer("GET /fapi/v3/depth", SNAPSHOT);
  assertEquals(venue.told(), ["book_snapshot"]);
  stream.requestSnapshot(index);
  assertEquals(venue.asked.length, 1);
  stream.stop();
  venue.answer("GET /fapi/v3/depth", SNAPSHOT);
  assertEquals(venue.told(), []);
});
