/**
 * The market sockets: what is subscribed where, silence, losses, renewals and snapshots.
 * @module
 */
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { MarketStream } from "@/exchanges/binance/market_stream.ts";
import { withConnectionBudget } from "@/exchanges/binance/rate_limits.ts";
import type { LinkHandler } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { btcPerp, ethPerp, instrumentOf } from "@/tests/support/builders.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { venueSymbolOf } from "@/engine/domain/mod.ts";
import { FakeProduct } from "./fake_product.ts";

function world(product: "spot" | "perpetual", connections: 1 | 2 = 1) {
  const venue = new FakeProduct(product, connections);
  let links = 0;
  const stream = new MarketStream(venue.context, venue.rest, [venue.instrument], () => links++);
  stream.start();
  return { venue, stream, sessions: venue.sessions, links: () => links };
}

/** Kinds of what was delivered, with the reason of interruptions. */
function kinds(events: readonly EngineEvent[]): string[] {
  return events.map((event) =>
    event.kind === "feed_interrupted" ? `interrupted ${event.reason}` : event.kind
  );
}

const DEPTH = {
  e: "depthUpdate",
  E: 1,
  T: 1,
  s: "BTCUSDT",
  U: 1,
  u: 2,
  pu: 0,
  b: [["64000.0", "1"]],
  a: [],
};
const TICKER = { e: "bookTicker", u: 2, s: "BTCUSDT", b: "1", B: "1", a: "2", A: "1", T: 1, E: 1 };
const TRADE = {
  e: "aggTrade",
  E: 1,
  s: "BTCUSDT",
  a: 5,
  p: "64000",
  q: "1",
  f: 1,
  l: 1,
  T: 1,
  m: true,
};

Deno.test("MarketStream splits USD-M streams over the routes, spot needs one socket", () => {
  const perp = world("perpetual");
  assertEquals(perp.sessions.map(({ plan }) => plan.name), [
    "binance perpetual public",
    "binance perpetual market",
  ]);
  const urls: string[] = [];
  for (const { plan } of perp.sessions) plan.urlFor((url) => url.ok && urls.push(url.value));
  assertEquals(urls, ["ws://venue/public/stream", "ws://venue/market/stream"]);
  for (const session of perp.sessions) session.open();
  const [book, market] = perp.sessions.map((session) => JSON.parse(session.sent[0]!));
  assertEquals(book, {
    method: "SUBSCRIBE",
    params: ["btcusdt@depth@100ms", "btcusdt@bookTicker"],
    id: 1,
  });
  assertEquals(market.params, ["btcusdt@aggTrade", "btcusdt@markPrice@1s", "!contractInfo"]);
  assertEquals(perp.links(), 2);
  assert(perp.stream.up);
  const spot = world("spot");
  spot.sessions[0]!.open();
  assertEquals(JSON.parse(spot.sessions[0]!.sent[0]!).params, [
    "btcusdt@depth@100ms",
    "btcusdt@bookTicker",
    "btcusdt@trade",
  ]);
  assertEquals(spot.sessions.length, 1);
});

Deno.test("MarketStream keeps at most 200 streams on one socket", () => {
  const venue = new FakeProduct("perpetual");
  const many = Array.from(
    { length: 150 },
    (_, index) => instrumentOf(index, { venueSymbol: venueSymbolOf(`C${index}USDT`) }),
  );
  new MarketStream(venue.context, venue.rest, many, () => {});
  for (const session of venue.sessions) session.open();
  const counts = venue.sessions.map((session) => JSON.parse(session.sent[0]!).params.length);
  assertEquals(counts.reduce((sum: number, count: number) => sum + count, 0), 601);
  assert(counts.every((count: number) => count <= 200), counts.join(" "));
});

Deno.test("MarketStream starts anew when a stream stays silent, with more patience each time", () => {
  const { venue, sessions } = world("perpetual");
  const book = sessions[0]!;
  book.open();
  book.say(TICKER);
  venue.clock.advance(30_001);
  assertEquals(kinds(venue.drain()), ["best_bid_ask", "interrupted silent"]);
  assertEquals(book.restarts.length, 1);
  book.open();
  venue.clock.advance(30_001);
  assertEquals(book.restarts.length, 1, "now a minute");
  book.say(TICKER);
  book.say(DEPTH);
  venue.clock.advance(120_000);
  assertEquals(book.restarts.length, 1);
  assertEquals(kinds(venue.drain()), ["best_bid_ask", "book_delta"]);
});

Deno.test("MarketStream interrupts the feeds of a lost book socket, and of no other", () => {
  const { venue, stream, sessions } = world("perpetual");
  for (const session of sessions) session.open();
  sessions[1]!.drop("cut");
  assertEquals(kinds(venue.drain()), []);
  assert(!stream.up);
  sessions[0]!.drop("cut");
  assertEquals(kinds(venue.drain()), ["interrupted disconnected"]);
  stream.stop();
  assertEquals(venue.clock.pendingCount, 0);
});

Deno.test("MarketStream interrupts the feed of a frame it cannot read; counted, logged once", () => {
  const { venue, sessions } = world("perpetual");
  const [book, market] = sessions;
  for (const session of sessions) session.open();
  for (let round = 0; round < 3; round++) book!.say({ ...DEPTH, b: [["64000.05", "1"]] });
  assertEquals(kinds(venue.drain()), Array(3).fill("interrupted refused_frame"));
  book!.say("<html>");
  assertEquals(kinds(venue.drain()), ["interrupted refused_frame"]);
  market!.say("<html>");
  assertEquals(kinds(venue.drain()), [], "no book hangs on it");
  assertEquals(venue.context.counters.refusedFrames, 5);
  assertEquals(venue.logged.length, 2);
  book!.say({ error: { code: 2, msg: "Invalid request" }, id: 1 });
  assertEquals(venue.logged.length, 3);
  book!.say({ stream: "!serverShutdown", data: { e: "serverShutdown", E: 1 } });
  assertEquals([book!.renewals, book!.restarts], [1, []], "a replacement opens at once");
});

Deno.test("MarketStream halts a contract of an unknown status, warns once, and keeps its book", () => {
  const { venue, sessions } = world("perpetual");
  for (const session of sessions) session.open();
  const info = { e: "contractInfo", E: 1, s: "BTCUSDT", ct: "PERPETUAL", cs: "RESTING" };
  sessions[1]!.say(info);
  sessions[1]!.say(info);
  assertEquals(
    venue.events.map((event) => event.kind === "instrument_status" ? event.status : event.kind),
    ["halted", "halted"],
  );
  assertEquals(venue.logged, ["warn: instrument status is not known: RESTING"]);
});

Deno.test("MarketStream delivers a trade once, while two sockets deliver and else", () => {
  const { venue, sessions } = world("perpetual");
  const market = sessions[1]!;
  market.open();
  market.say(TRADE);
  market.say(TRADE);
  assertEquals(kinds(venue.drain()), ["trade"]);
  const old = market.connection;
  market.open(true);
  market.say({ ...TRADE, a: 6 });
  market.say({ ...TRADE, a: 6 }, old);
  market.say({ ...TRADE, a: 7 });
  assertEquals(kinds(venue.drain()), ["trade", "trade"]);
  market.plan.handler.onEnd!(old!);
  market.say({ ...TRADE, a: 7 });
  market.say({ ...TRADE, a: 8 });
  assertEquals(kinds(venue.drain()), ["trade"]);
});

Deno.test("MarketStream with two connections tells no loss of one, and each delta once", () => {
  const { venue, stream, sessions } = world("perpetual", 2);
  assertEquals(sessions.map(({ plan }) => plan.name), [
    "binance perpetual public a",
    "binance perpetual public b",
    "binance perpetual market a",
    "binance perpetual market b",
  ]);
  const [a, b] = sessions;
  for (const session of sessions) session.open();
  a!.say(DEPTH);
  b!.say(DEPTH);
  a!.say({ ...DEPTH, U: 4, u: 5, pu: 2 });
  a!.drop("cut");
  b!.say({ ...DEPTH, U: 4, u: 5, pu: 2 });
  b!.say({ ...DEPTH, U: 7, u: 8, pu: 5 });
  assertEquals(kinds(venue.drain()), Array(3).fill("book_delta"));
  assert(stream.up);
  b!.drop("cut");
  assertEquals(kinds(venue.drain()), ["interrupted disconnected"]);
  assert(!stream.up);
});

Deno.test("MarketStream asks for one snapshot at a time, until it has one", () => {
  const { venue, stream } = world("perpetual");
  const { index } = venue.instrument;
  stream.requestSnapshot(index);
  stream.requestSnapshot(index);
  stream.requestSnapshot(ethPerp(7).index);
  const url = venue.answer("GET /fapi/v1/depth?", { code: -1003, msg: "Too many requests" }, 429, {
    "retry-after": "3",
  });
  assertEquals(url.search, "?symbol=BTCUSDT&limit=1000");
  assertEquals(venue.asked.length, 0);
  venue.clock.advance(1_000);
  venue.answer("GET /fapi/v1/depth?", "<html>");
  venue.clock.advance(2_000);
  venue.answer("GET /fapi/v1/depth?", { lastUpdateId: 5, bids: [["x", "1"]], asks: [] });
  venue.clock.advance(4_000);
  venue.drain();
  venue.answer("GET /fapi/v1/depth?", { lastUpdateId: 5, bids: [["64000.0", "1"]], asks: [] });
  assertEquals(kinds(venue.drain()), ["book_snapshot"]);
  stream.requestSnapshot(index);
  assertEquals(venue.asked.length, 1);
  stream.stop();
  venue.fail("GET /fapi/v1/depth?", false);
  venue.clock.advance(60_000);
  assertEquals(venue.asked.length, 0);
  assert(!stream.has(btcPerp(9).index));
});

Deno.test("withConnectionBudget() lets 300 connections be attempted in five minutes", () => {
  const clock = new ManualClock();
  let connected = 0;
  const closed: string[] = [];
  const handler: LinkHandler = {
    onOpen: () => {},
    onBytes: () => {},
    onClose: (reason) => closed.push(reason),
  };
  const link = { write: () => true, pendingBytes: 0, close: () => {} };
  const transport = withConnectionBudget({ connect: () => (connected++, link) }, clock, clock);
  const address = { host: "h", port: 1, tls: false };
  for (let attempt = 0; attempt < 301; attempt++) transport.connect(address, handler);
  assertEquals([connected, closed.length], [300, 0]);
  clock.advance(1);
  assertEquals(closed, ["connection budget of five minutes is spent"]);
  clock.advance(300_000);
  transport.connect(address, handler);
  assertEquals(connected, 301);
});
