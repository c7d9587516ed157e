/**
 * The public sockets: what is subscribed, silence, losses, refusals, renewals and new snapshots.
 * @module
 */
import { createInstrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { bybitTools } from "@/exchanges/bybit/mod.ts";
import { MarketStream } from "@/exchanges/bybit/market_stream.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FakeVenue } from "./fake_venue.ts";

function world(product: "spot" | "perpetual" = "perpetual") {
  const venue = new FakeVenue();
  let links = 0;
  let restarts = 0;
  const stream = new MarketStream(venue.context, {
    product,
    publicWs: "ws://venue",
    instruments: [product === "spot" ? venue.spot : venue.perp],
    onLink: () => links++,
    onRestart: () => restarts++,
  });
  stream.start();
  return {
    venue,
    stream,
    session: venue.sessions[0]!,
    links: () => links,
    restarts: () => restarts,
  };
}

function depth(type: string, u: number, bid = "64000.0", levels = 50) {
  const data = { s: "BTCUSDT", b: [[bid, "1"]], a: [["64000.2", "1"]], u, seq: u };
  return { topic: `orderbook.${levels}.BTCUSDT`, type, ts: 2, cts: 1, data };
}

function trade(id: string) {
  const data = [{ T: 1, s: "BTCUSDT", S: "Buy", v: "1", p: "64000", i: id, BT: false }];
  return { topic: "publicTrade.BTCUSDT", type: "snapshot", ts: 1, data };
}

const TICKER = {
  topic: "tickers.BTCUSDT",
  type: "snapshot",
  ts: 1,
  data: { symbol: "BTCUSDT", markPrice: "64000", indexPrice: "64000" },
};

Deno.test("MarketStream subscribes each product on its own path", () => {
  for (const product of ["spot", "perpetual"] as const) {
    const { session, links, stream } = world(product);
    const urls: string[] = [];
    session.plan.urlFor((url) => url.ok && urls.push(url.value));
    assertEquals(urls, [`ws://venue/v5/public/${product === "spot" ? "spot" : "linear"}`]);
    const topics = ["orderbook.50.BTCUSDT", "orderbook.1.BTCUSDT", "publicTrade.BTCUSDT"];
    if (product === "perpetual") topics.push("tickers.BTCUSDT");
    const sent = session.open().take();
    assertEquals(sent, [{ req_id: "m1", op: "subscribe", args: topics }]);
    assertEquals([links(), stream.up], [1, true]);
  }
});

Deno.test("MarketStream asks for ten topics a request and keeps to the socket's length", () => {
  const venue = new FakeVenue();
  const instruments = Array.from({ length: 400 }, (_, index) => {
    const terms = unwrap(bybitTools.termsFrom(`COIN${index}-USDT-PERP`, "0.1", "0.001", "1"));
    return unwrap(createInstrument(instrumentIndex(index), terms));
  });
  const onLink = () => {};
  new MarketStream(venue.context, {
    product: "perpetual",
    publicWs: "ws://venue/v5/public/linear",
    instruments,
    onLink,
  });
  assert(venue.sessions.length > 1);
  let topics = 0;
  for (const session of venue.sessions) {
    const requests = session.open().take();
    assert(requests.every((request) => request.args.length <= 10));
    const all = requests.flatMap((request) => request.args as string[]);
    assert(JSON.stringify(all).length <= 21_000);
    topics += all.length;
  }
  assertEquals(topics, 1_600);
});

Deno.test("MarketStream starts anew when a stream stays silent, more patient each time", () => {
  const { venue, session } = world();
  session.open();
  session.say(depth("snapshot", 5, "64000.0", 1));
  venue.clock.advance(30_001);
  assertEquals(venue.lines(), ["best_bid_ask", "interrupted 0 silent"]);
  assertEquals(session.restarts.length, 1);
  session.open();
  venue.clock.advance(30_001);
  assertEquals(session.restarts.length, 1, "now a minute");
  for (const frame of [depth("snapshot", 5, "64000.0", 1), depth("snapshot", 5), TICKER]) {
    session.say(frame);
  }
  venue.clock.advance(120_000);
  assertEquals(session.restarts.length, 1);
});

Deno.test("MarketStream asks one by one for the topics of a refused request", () => {
  const { venue, session } = world();
  const connection = session.open();
  const [request] = connection.take();
  session.say({
    success: false,
    ret_msg: "error:handler not found",
    req_id: "m1",
    op: "subscribe",
  });
  const again = connection.take();
  assertEquals(again.map(({ args }) => args), (request.args as string[]).map((topic) => [topic]));
  session.say({ success: false, ret_msg: "no", req_id: again[0].req_id, op: "subscribe" });
  assertEquals(connection.take(), [], "a single topic is not asked for again");
  session.say({ success: true, ret_msg: "", req_id: again[1].req_id, op: "subscribe" });
  session.say({ success: true, ret_msg: "pong", req_id: "ping", op: "ping" });
  assertEquals(venue.context.counters.ignoredFrames, 4);
  assertEquals(venue.logged, ["warn: subscription refused"]);
});

Deno.test("MarketStream interrupts the feeds of a lost socket", () => {
  const { venue, stream, session, links } = world();
  session.open();
  session.drop("cut");
  assertEquals(venue.lines(), ["interrupted 0 disconnected"]);
  assert(!stream.up);
  assertEquals(links(), 2);
  stream.requestSnapshot(venue.perp.index);
  assertEquals(session.connections[0]!.take().length, 1, "nothing is sent while down");
  session.open();
  stream.stop();
  assertEquals(venue.clock.pendingCount, 0);
});

Deno.test("MarketStream interrupts the feed of an unreadable frame", () => {
  const { venue, session } = world();
  session.open();
  session.say(depth("snapshot", 5, "64000.05"));
  assertEquals(venue.lines(), ["interrupted 0 refused_frame"]);
  session.say("<html>");
  assertEquals(venue.lines(), ["interrupted 0 refused_frame"]);
  assertEquals(venue.context.counters.refusedFrames, 2);
});

Deno.test("MarketStream.requestSnapshot() unsubscribes and subscribes the book alone", () => {
  const { venue, session, stream } = world();
  const connection = session.open();
  connection.take();
  stream.requestSnapshot(venue.perp.index);
  stream.requestSnapshot(venue.spot.index);
  assertEquals(connection.take().map(({ op, args }) => [op, ...args]), [
    ["unsubscribe", "orderbook.50.BTCUSDT"],
    ["subscribe", "orderbook.50.BTCUSDT"],
  ]);
});

Deno.test("MarketStream says when a book counts from 1 again: its steps may have changed", () => {
  const { session, restarts } = world();
  session.open();
  session.say(depth("snapshot", 500));
  assertEquals(restarts(), 0);
  session.say(depth("delta", 1));
  assertEquals(restarts(), 1);
});

Deno.test("MarketStream.redefine() reads the next frames on the new grids", () => {
  const { venue, session, stream } = world();
  const connection = session.open();
  connection.take();
  unwrap(venue.perp.follow({ ...venue.perp.terms, tick: "0.05" }));
  stream.redefine(venue.perp);
  assertEquals(connection.take().length, 0, "the core asks for the book");
  session.say(depth("snapshot", 5, "64000.05"));
  assertEquals(venue.lines(), ["book_snapshot 0 5"]);
});

Deno.test("MarketStream merges both connections while one takes over from the other", () => {
  const { venue, session } = world();
  const old = session.open();
  session.say(depth("snapshot", 100));
  session.open(true);
  session.say(depth("delta", 101), old);
  session.say(depth("snapshot", 100));
  session.say(depth("delta", 102), old);
  session.say(depth("delta", 101));
  session.say(depth("delta", 102));
  session.say(depth("delta", 103));
  assertEquals(venue.lines(), [
    "book_snapshot 0 100",
    "book_delta 0 101",
    "book_delta 0 102",
    "book_delta 0 103",
  ]);
  session.say(trade("t1"), old);
  session.say(trade("t1"));
  session.say(trade("t2"));
  session.say(trade("t2"), old);
  assertEquals(venue.lines(), ["trade t1", "trade t2"]);
});

Deno.test("MarketStream gives the touch no sequence: it counts apart from the book", () => {
  const { venue, session, stream } = world();
  session.open();
  session.say(depth("snapshot", 5, "64000.0", 1));
  const [touch] = venue.drain();
  assert(touch?.kind === "best_bid_ask");
  assertEquals(touch.sequence, -1);
  assertEquals(stream.fallbacks, 0);
});
