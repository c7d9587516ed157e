/**
 * Lines of the market: subscriptions that are refused or not answered, and books handed over from a
 * line that lost them to one that keeps them.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import { DydxBookSequence } from "@/exchanges/dydx/mod.ts";
import { MarketStream } from "@/exchanges/dydx/market_stream.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { type FakeSession, FakeVenue } from "./fake_venue.ts";

const BOOK = { channel: "v4_orderbook", id: "BTC-USD" };

function snapshotOf(bid: string, ask: string) {
  const contents = { bids: [{ price: bid, size: "1" }], asks: [{ price: ask, size: "1" }] };
  return { type: "subscribed", ...BOOK, contents };
}

function change(price: string, size: string) {
  return { type: "channel_data", ...BOOK, contents: { bids: [[price, size]] } };
}

function answer(session: FakeSession, withTrades = true): void {
  session.say({ type: "subscribed", channel: "v4_block_height", contents: { height: "100" } });
  session.say({ type: "subscribed", channel: "v4_markets", contents: { markets: {} } });
  session.say(snapshotOf("43240", "43241"));
  const trades = { channel: "v4_trades", id: "BTC-USD" };
  if (withTrades) session.say({ type: "subscribed", ...trades, contents: { trades: [] } });
}

function block(session: FakeSession, height: number): void {
  const contents = { blockHeight: String(height) };
  session.say({ type: "channel_data", channel: "v4_block_height", contents });
}

/** A stream of so many lines, all open and answered, and the book as the engine keeps it. */
function world(lineCount: 1 | 2) {
  const venue = new FakeVenue();
  const stream = new MarketStream(venue.context, venue.indexer, [venue.instrument], {
    onLink: () => {},
    onHeight: () => {},
  }, lineCount);
  stream.start();
  for (const session of venue.sessions) session.open();
  const book = new OrderBook();
  const rule = new DydxBookSequence();
  const feed = new FeedHandler({ instrument: venue.instrument.index, rule, book });
  /** What was told since the last call. */
  const take = (): string[] =>
    venue.events.splice(0).map((event) => {
      if (event.kind === "book_snapshot") feed.onSnapshot(event, event.at);
      if (event.kind === "book_delta") feed.onDelta(event, event.at);
      if (event.kind === "feed_interrupted") feed.onInterrupted(event, event.at);
      return event.kind === "feed_interrupted" ? `${event.kind} ${event.reason}` : event.kind;
    });
  return { venue, stream, sessions: venue.sessions, feed, take };
}

Deno.test("A line asks again, after a pause, for what the indexer could not serve", () => {
  const { venue, sessions } = world(1);
  const [session] = sessions;
  answer(session!, false);
  session!.asked();
  const message = "Internal error, could not fetch data for subscription: v4_trades.";
  session!.say({ type: "error", message, channel: "v4_trades", id: "BTC-USD", message_id: 4 });
  assertEquals(session!.asked(), []);
  venue.clock.advance(1_600);
  assertEquals(session!.asked(), ["subscribe v4_trades BTC-USD"]);
  const trades = { channel: "v4_trades", id: "BTC-USD", contents: { trades: [] } };
  session!.say({ type: "subscribed", ...trades, message_id: 5 });
  venue.clock.advance(1_000);
  session!.say({ type: "error", message: "Invalid subscription id", message_id: 5 });
  venue.clock.advance(2_000);
  assertEquals([session!.asked(), session!.restarts], [[], []]);
});

Deno.test("A line is opened anew when trades are never answered for, though books are", () => {
  const { venue, sessions } = world(1);
  const [session] = sessions;
  answer(session!, false);
  for (let height = 101; height < 112; height++) {
    venue.clock.advance(1_000);
    block(session!, height);
  }
  assertEquals(session!.restarts, ["subscriptions stay unanswered"]);
});

Deno.test("The line that stands by takes over in the same turn when a message is missing", () => {
  const { sessions, feed, take } = world(2);
  const [a, b] = sessions;
  answer(a!);
  answer(b!);
  a!.say(change("43239", "2"));
  b!.say(change("43239", "2"));
  b!.say(change("43238", "3"));
  assertEquals(take(), ["book_snapshot", "book_delta"], "one line is followed");
  assertEquals([feed.isUsable, feed.book.bids.sizeAt(43_238)], [true, 0]);
  a!.say(change("43237", "1"), 1);
  assertEquals(take(), ["book_snapshot"], "the other's whole book, and no gap");
  assertEquals(a!.restarts, ["message missing"]);
  b!.say(change("43237", "1"));
  assertEquals(take(), ["book_delta"]);
  assertEquals([feed.isUsable, feed.counters.gaps, feed.counters.resyncs], [true, 0, 0]);
  assertEquals([43_240, 43_239, 43_238, 43_237].map((price) => feed.book.bids.sizeAt(price)), [
    10_000,
    20_000,
    30_000,
    10_000,
  ]);
  // A comes back and stands by.
  a!.open();
  answer(a!);
  a!.say(change("43236", "9"));
  assertEquals(take(), []);
});

Deno.test("A refused frame hands the book over, and its line mends itself", () => {
  const { sessions, feed, take } = world(2);
  const [a, b] = sessions;
  answer(a!);
  answer(b!);
  a!.asked();
  take();
  a!.say(change("0.5", "1"));
  assertEquals(take(), ["book_snapshot"]);
  assertEquals(a!.asked(), ["unsubscribe v4_orderbook BTC-USD", "subscribe v4_orderbook BTC-USD"]);
  a!.say({ type: "unsubscribed", ...BOOK });
  a!.say(snapshotOf("43240", "43241"));
  assertEquals(take(), [], "B goes on leading");
  b!.drop("cut");
  assertEquals(take(), ["book_snapshot"], "A has its book again");
  assert(feed.isUsable);
  a!.drop("cut");
  assertEquals(take(), ["feed_interrupted disconnected"]);
  assertEquals(feed.isUsable, false);
});

Deno.test("Both lines' books are audited by one answer; corrections of the one that stands by are not told", () => {
  const { venue, stream, sessions, take } = world(2);
  const [a, b] = sessions;
  answer(a!);
  answer(b!);
  b!.say(change("43239", "7"));
  take();
  const rest = { bids: [{ price: "43240", size: "1" }], asks: [{ price: "43241", size: "1" }] };
  rest.bids.push({ price: "43238", size: "2" });
  const path = "GET /v4/orderbooks/perpetualMarket/BTC-USD";
  for (const ms of [5_000, 3_000]) {
    venue.clock.advance(ms);
    for (const session of sessions) block(session, 101);
    venue.answer(path, rest);
  }
  // A lacks one level; B lacks it too and has one too many.
  assertEquals(stream.corrections, 3);
  assertEquals(take(), ["book_delta"]);
  stream.stop();
});

Deno.test("A line that is greeted twice asks once, and each new connection asks again", () => {
  const { sessions } = world(1);
  const [session] = sessions;
  const asked = session!.asked();
  assertEquals(asked.length, 4);
  session!.say({ type: "connected" });
  assertEquals(session!.asked(), []);
  answer(session!);
  session!.say({ type: "connected" });
  assertEquals([session!.asked(), session!.restarts], [[], []]);
  session!.drop("cut");
  session!.open();
  assertEquals(session!.asked(), asked);
});

Deno.test("A market status that is not known halts its market, is warned of, and costs no book", () => {
  const { venue, sessions, feed, take } = world(1);
  const [session] = sessions;
  answer(session!);
  take();
  const say = (status: unknown): string[] => {
    const contents = { trading: { "BTC-USD": { status } } };
    session!.say({ type: "channel_data", channel: "v4_markets", contents });
    return venue.events.splice(0).map((event) => {
      const { kind } = event;
      return kind === "instrument_status" ? `${kind} ${event.status}` : kind;
    });
  };
  assertEquals(say("RESTING"), ["instrument_status halted"]);
  assertEquals(venue.logged.filter((line) => line.includes("RESTING")).length, 1);
  assertEquals([feed.isUsable, venue.context.counters.refusedFrames], [true, 0]);
  assertEquals(say("ACTIVE"), ["instrument_status trading"]);
  assertEquals(say(7), ["feed_interrupted"], "what is no word at all is not readable");
});
