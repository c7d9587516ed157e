/**
 * The public socket: subscriptions, silence, frozen venues, history, joined books, snapshots.
 * @module
 */
import { MarketStream } from "@/exchanges/hyperliquid/market_stream.ts";
import type { Instrument } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { type FakeSession, FakeVenue } from "./fake_venue.ts";

interface World {
  readonly venue: FakeVenue;
  readonly stream: MarketStream;
  readonly session: FakeSession;
}

function world(instruments?: readonly Instrument[]): World {
  const venue = new FakeVenue();
  const stream = new MarketStream(
    venue.context,
    venue.rest,
    instruments ?? venue.instruments.slice(0, 2),
  );
  stream.start();
  return { venue, stream, session: venue.sessions[0]! };
}

function opened(): World {
  const w = world();
  w.session.open();
  assertEquals(w.venue.lines(), ["market up"]);
  return w;
}

/** Milliseconds of the venue's block now. */
function block({ venue }: World): number {
  return venue.clock.now() / 1_000;
}

function book(coin: string, time: number, bid = "84143.0", ask = "84144.0"): unknown {
  const levels = [[{ px: bid, sz: "1.0", n: 1 }], [{ px: ask, sz: "2.0", n: 1 }]];
  return { channel: "l2Book", data: { coin, time, levels, fast: true } };
}

function touch(coin: string, time: number, bid: string, ask: string): unknown {
  const bbo = [{ px: bid, sz: "3.0", n: 1 }, { px: ask, sz: "4.0", n: 1 }];
  return { channel: "bbo", data: { coin, time, bbo } };
}

function trade(coin: string, time: number, tid: number): unknown {
  return { coin, side: "B", px: "84144.0", sz: "0.1", time, hash: "0x", tid, users: [] };
}

Deno.test("MarketStream subscribes one at a time, books first, on every connection", () => {
  const { session, venue } = opened();
  const types = session.sent.map((text) => {
    const { method, subscription } = JSON.parse(text);
    assertEquals(method, "subscribe");
    return `${subscription.type} ${subscription.coin}${subscription.fast ? " fast" : ""}`;
  });
  assertEquals(types, [
    "l2Book BTC fast",
    "l2Book ETH fast",
    "bbo BTC",
    "bbo ETH",
    "activeAssetCtx BTC",
    "activeAssetCtx ETH",
    "trades BTC",
    "trades ETH",
  ]);
  session.drop("cut");
  session.open();
  assertEquals(session.sent.length, 16);
  assertEquals(venue.lines(), [
    "interrupted 0 disconnected",
    "interrupted 1 disconnected",
    "market down",
    "market up",
  ]);
});

Deno.test("MarketStream spreads many subscriptions over time and keeps to the venue's number", () => {
  const venue = new FakeVenue();
  const [one] = venue.instruments;
  const many = Array.from({ length: 300 }, (_, index) => ({
    ...one!,
    index: index as Instrument["index"],
    terms: { ...one!.terms, venueSymbol: `C${index}` as Instrument["terms"]["venueSymbol"] },
  } as Instrument));
  const stream = new MarketStream(venue.context, venue.rest, many);
  stream.start();
  const session = venue.sessions[0]!;
  session.open();
  assertEquals(session.sent.length, 100);
  venue.clock.advance(5_100);
  assertEquals(session.sent.length, 200);
  venue.clock.advance(60_000);
  assertEquals(session.sent.length, 960);
  assert(venue.logged.includes("error: more subscriptions than the venue allows"));
  stream.stop();
});

Deno.test("MarketStream joins books and touches and gives the touch on", () => {
  const w = opened();
  const { session, venue, stream } = w;
  assertEquals(stream.touchOf(venue.btc.index)?.bid, 0);
  const now = block(w);
  session.say(touch("BTC", now, "84143.0", "84144.0"));
  assertEquals(venue.lines(), ["touch 0 841430 841440"], "no book to join it with");
  session.say(book("BTC", now + 1));
  session.say(touch("BTC", now + 2, "84142.0", "84145.0"));
  session.say(book("BTC", now + 1));
  session.say(book("BTC", now - 9));
  assertEquals(venue.lines(), [
    "book 0 841430x100000 | 841440x200000",
    "book 0 841420x300000 | 841450x400000",
    "touch 0 841420 841450",
    "book 0 841420x300000 | 841450x400000",
  ]);
  const { bid, ask } = stream.touchOf(venue.btc.index)!;
  assertEquals([bid, ask], [841_420, 841_450]);
  assertEquals(venue.context.counters.ignoredFrames, 1);
});

Deno.test("MarketStream calls a book silent three seconds after its last new block", () => {
  const w = opened();
  const { session, venue } = w;
  session.say(book("BTC", block(w)));
  session.say(book("ETH", block(w), "1891.4", "1891.5"));
  venue.drain();
  for (let step = 0; step < 7; step++) {
    venue.clock.advance(500);
    session.say(book("ETH", block(w), "1891.4", "1891.5"));
  }
  const lines = venue.lines();
  assert(lines.includes("interrupted 0 silent"));
  assert(!lines.includes("interrupted 1 silent"));
  const { touchOf } = w.stream;
  assertEquals(touchOf.call(w.stream, venue.btc.index), undefined);
  session.say(touch("BTC", block(w), "84142.0", "84145.0"));
  assertEquals(venue.lines(), ["touch 0 841420 841450"], "no touch makes a silent book");
  session.say(book("BTC", block(w)));
  assertEquals(venue.lines()[0], "book 0 841430x100000 | 841440x200000");
});

Deno.test("MarketStream calls a venue silent that repeats one block for ever", () => {
  const w = opened();
  const { session, venue } = w;
  const frozen = block(w);
  let interrupted = 0;
  for (let step = 0; step < 10; step++) {
    session.say(book("BTC", frozen));
    venue.clock.advance(500);
    const lines = venue.lines();
    if (lines.includes("interrupted 0 silent")) interrupted = step;
    else if (interrupted > 0) assertEquals(lines.filter((line) => line.startsWith("book")), []);
  }
  assert(interrupted >= 5 && interrupted <= 7, String(interrupted));
});

Deno.test("MarketStream opens the socket anew for a coin that is silent, not for a delisted one", () => {
  const restartsWith = (isDelisted: boolean): number => {
    const w = opened();
    if (isDelisted) w.stream.forget(w.venue.instruments[1]!.index);
    for (let second = 0; second < 40; second++) {
      w.venue.clock.advance(1_000);
      if (w.session.up) w.session.say(book("BTC", block(w)));
    }
    w.stream.stop();
    return w.session.restarts.length;
  };
  assertEquals([restartsWith(false) > 0, restartsWith(true)], [true, 0]);
});

Deno.test("MarketStream opens the socket anew when books stay silent, ever more patiently", () => {
  const w = opened();
  const { session, venue } = w;
  venue.clock.advance(15_500);
  assertEquals(venue.lines(), ["interrupted 0 silent", "interrupted 1 silent"]);
  venue.clock.advance(7_500);
  assertEquals(session.restarts.length, 1);
  session.drop("restarted");
  session.open();
  venue.clock.advance(25_000);
  assertEquals(session.restarts.length, 1);
  venue.clock.advance(10_000);
  assertEquals(session.restarts.length, 2);
});

Deno.test("MarketStream drops history from the first trades of each connection", () => {
  const w = opened();
  const { session, venue } = w;
  const now = block(w);
  const trades = (...list: unknown[]) => session.say({ channel: "trades", data: list });
  trades(trade("BTC", now - 60_000, 1), trade("BTC", now - 30_000, 2), trade("BTC", now + 5, 3));
  assertEquals(venue.lines(), ["trade 0"]);
  trades(trade("BTC", now - 5_000, 4));
  assertEquals(venue.lines(), ["trade 0"], "a later frame holds no history, whatever the clocks");
  session.drop("cut");
  session.open();
  venue.drain();
  trades(trade("BTC", now - 5_000, 5), trade("BTC", now + 5, 3), trade("BTC", now + 6, 6));
  assertEquals(venue.lines(), ["trade 0"], "what was told is not told again");
});

Deno.test("MarketStream asks for a snapshot while it may be believed", () => {
  const w = opened();
  const { session, venue, stream } = w;
  stream.requestSnapshot(venue.btc.index);
  stream.requestSnapshot(venue.btc.index);
  assertEquals(venue.asked.length, 1, "a second request joins the first");
  venue.answer("l2Book", "nonsense", 500);
  venue.clock.advance(1_000);
  const body = venue.answer("l2Book", (book("BTC", block(w)) as { data: unknown }).data);
  assertEquals(body, { type: "l2Book", coin: "BTC" });
  assertEquals(venue.lines(), ["book 0 841430x100000 | 841440x200000"]);
  stream.requestSnapshot(venue.btc.index);
  venue.answer("l2Book", null);
  venue.clock.advance(1_000);
  venue.fail("l2Book", true);
  session.drop("cut");
  venue.clock.advance(5_000);
  assertEquals(venue.asked.length, 0, "not without a socket");
  stream.requestSnapshot(venue.btc.index);
  assertEquals(venue.asked.length, 0);
  session.open();
  venue.clock.advance(16_000);
  stream.requestSnapshot(venue.btc.index);
  assertEquals(venue.asked.length, 0, "nor for a silent book");
});

Deno.test("MarketStream interrupts what a refused frame may have been about", () => {
  const w = opened();
  const { session, venue } = w;
  session.say(book("BTC", block(w)));
  venue.drain();
  session.say({ channel: "l2Book", data: { coin: "BTC", time: block(w) + 1, levels: [[{}], []] } });
  assertEquals(venue.lines(), ["interrupted 0 refused_frame"]);
  session.say("<html>");
  assertEquals(venue.lines(), ["interrupted 0 refused_frame", "interrupted 1 refused_frame"]);
  session.say({ channel: "error", data: "Invalid subscription" });
  session.say({ channel: "pong" });
  assertEquals(venue.lines(), []);
  assertEquals(venue.context.counters.refusedFrames, 2);
  assertEquals(venue.context.counters.ignoredFrames, 2);
  assert(venue.logged.includes("warn: subscription refused"));
});

Deno.test("MarketStream is silent after stop(), and without instruments never starts", () => {
  const w = opened();
  w.stream.stop();
  w.venue.drain();
  w.venue.clock.advance(60_000);
  assertEquals(w.venue.lines(), []);
  assertEquals(w.venue.clock.pendingCount, 0);
  const none = world([]);
  assertEquals(none.session.started, false);
});
