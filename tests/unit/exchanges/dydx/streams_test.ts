/**
 * Both sockets: subscriptions, losses, silence, renewal, audits, and the end of orders by blocks.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import {
  clientOrderId,
  createInstrument,
  type Instrument,
  instrumentIndex,
  unwrap,
} from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { AccountStream } from "@/exchanges/dydx/account_stream.ts";
import { DydxBookSequence } from "@/exchanges/dydx/mod.ts";
import { MarketStream } from "@/exchanges/dydx/market_stream.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { type FakeSession, FakeVenue } from "./fake_venue.ts";
import { dydxMarkets } from "./markets.ts";

const BOOK = { channel: "v4_orderbook", id: "BTC-USD" };
const SNAPSHOT = {
  type: "subscribed",
  ...BOOK,
  contents: {
    bids: [{ price: "43240", size: "1" }, { price: "43239", size: "1" }],
    asks: [{ price: "43241", size: "1" }],
  },
};

interface MarketWorld {
  readonly venue: FakeVenue;
  readonly stream: MarketStream;
  readonly session: FakeSession;
  readonly heights: number[];
}

function market(): MarketWorld {
  const venue = new FakeVenue();
  const heights: number[] = [];
  const stream = new MarketStream(venue.context, venue.indexer, [venue.instrument], {
    onLink: () => venue.links.push(stream.up ? "up" : "down"),
    onHeight: (height) => heights.push(height),
  });
  stream.start();
  const session = venue.sessions[0]!;
  session.open();
  return { venue, stream, session, heights };
}

/** Answers of the four requests; the book's comes with its snapshot. */
function acknowledge(session: FakeSession): void {
  session.say({ type: "subscribed", channel: "v4_block_height", contents: { height: "100" } });
  session.say({ type: "subscribed", channel: "v4_markets", contents: { markets: {} } });
  session.say(SNAPSHOT);
  session.say({
    type: "subscribed",
    channel: "v4_trades",
    id: "BTC-USD",
    contents: { trades: [] },
  });
}

function block(session: FakeSession, height: number): void {
  session.say({
    type: "channel_data",
    channel: "v4_block_height",
    contents: { blockHeight: String(height) },
  });
}

function kinds(venue: FakeVenue): string[] {
  return venue.events.splice(0).map((event) =>
    event.kind === "feed_interrupted" ? `${event.kind} ${event.reason}` : event.kind
  );
}

Deno.test("MarketStream subscribes when the venue has greeted it, and tells blocks on", () => {
  const { venue, stream, session, heights } = market();
  assertEquals(session.asked(), [
    "subscribe v4_block_height",
    "subscribe v4_markets",
    "subscribe v4_orderbook BTC-USD",
    "subscribe v4_trades BTC-USD",
  ]);
  acknowledge(session);
  block(session, 101);
  assertEquals(kinds(venue), ["book_snapshot"]);
  assertEquals([heights, venue.links, stream.up], [[100, 101], ["up"], true]);
});

Deno.test("MarketStream takes late answers for what they are, not for losses", () => {
  const { venue, session } = market();
  session.say({ type: "subscribed", channel: "v4_block_height", contents: { height: "100" } });
  // The book's request had number 3; its answer comes behind data with higher numbers.
  session.say(
    { type: "channel_data", channel: "v4_block_height", contents: { blockHeight: "1" } },
    3,
  );
  const late = { ...SNAPSHOT, message_id: 3 };
  session.say(late);
  session.say({
    type: "channel_data",
    ...BOOK,
    message_id: 6,
    contents: { bids: [["43238", "1"]] },
  });
  assertEquals(kinds(venue), ["book_snapshot", "book_delta"]);
  assertEquals(session.restarts, []);
});

Deno.test("MarketStream starts the connection anew when a message is missing", () => {
  const { venue, session } = market();
  acknowledge(session);
  block(session, 101);
  venue.events.length = 0;
  session.say({ type: "channel_data", ...BOOK, contents: { bids: [["43238", "1"]] } }, 1);
  assertEquals(session.restarts, ["message missing"]);
  assertEquals(kinds(venue), ["book_delta", "feed_interrupted disconnected"]);
  session.open();
  acknowledge(session);
  assertEquals(kinds(venue), ["book_snapshot"]);
});

Deno.test("MarketStream keeps the newer connection when the one it replaces loses a message", () => {
  const { venue, session } = market();
  acknowledge(session);
  const older = session.connection;
  session.open(true);
  const newer = session.connection;
  const says = (connection: string, id: number, message: Record<string, unknown>) =>
    session.say({ ...message, connection_id: connection, message_id: id });
  venue.events.length = 0;
  const delta = { type: "channel_data", ...BOOK, contents: { bids: [["43238", "1"]] } };
  says("c-2", 3, SNAPSHOT);
  session.connection = older;
  says("c-1", 9, delta);
  session.connection = newer;
  assertEquals([kinds(venue), session.restarts], [["book_snapshot"], []]);
  says("c-2", 9, delta);
  assertEquals(session.restarts, ["message missing"]);
});

Deno.test("MarketStream: no block for ten seconds, no snapshot for ten: connect anew", () => {
  const silent = market();
  silent.venue.clock.advance(11_000);
  assertEquals(silent.session.restarts, ["subscriptions stay unanswered"]);
  assertEquals(kinds(silent.venue), ["feed_interrupted silent", "feed_interrupted disconnected"]);
  const stopped = market();
  acknowledge(stopped.session);
  for (let n = 0; n < 8; n++) {
    stopped.venue.clock.advance(1_000);
    block(stopped.session, 101 + n);
  }
  assertEquals(stopped.session.restarts, []);
  stopped.venue.clock.advance(11_000);
  assertEquals(stopped.session.restarts, ["no block for too long"]);
});

Deno.test("MarketStream subscribes one book anew on request, once", () => {
  const { venue, stream, session } = market();
  acknowledge(session);
  session.asked();
  stream.requestSnapshot(venue.instrument.index);
  stream.requestSnapshot(venue.instrument.index);
  assertEquals(session.asked(), [
    "unsubscribe v4_orderbook BTC-USD",
    "subscribe v4_orderbook BTC-USD",
  ]);
  session.say({ type: "unsubscribed", ...BOOK });
  session.say(SNAPSHOT);
  stream.requestSnapshot(venue.instrument.index);
  assertEquals(session.asked().length, 2);
  session.drop("cut");
  stream.requestSnapshot(venue.instrument.index);
  assertEquals(session.asked(), []);
});

Deno.test("MarketStream interrupts the book of a refused frame alone and counts it", () => {
  const { venue, session } = market();
  acknowledge(session);
  venue.events.length = 0;
  session.say({ type: "channel_data", ...BOOK, contents: { bids: [["0.5", "1"]] } });
  session.sayText("<html>");
  assertEquals(kinds(venue), ["feed_interrupted refused_frame", "feed_interrupted refused_frame"]);
  assertEquals(venue.context.counters.refusedFrames, 2);
  session.say({ type: "error", message: "Too many" });
  assert(venue.logged.some((line) => line.includes("subscription refused")));
});

Deno.test("MarketStream hands books over to a newer connection and drops repeated trades", () => {
  const { venue, session } = market();
  acknowledge(session);
  const trade = { id: "t1", side: "BUY", size: "1", price: "43240", createdAt: "" };
  const says = (connection: string, id: number, message: Record<string, unknown>) =>
    session.say({ ...message, connection_id: connection, message_id: id });
  session.open(true);
  venue.events.length = 0;
  const trades = { type: "channel_data", channel: "v4_trades", id: "BTC-USD" };
  says("c-1", 5, { ...trades, contents: { trades: [trade] } });
  says("c-2", 3, SNAPSHOT);
  says("c-2", 5, { ...trades, contents: { trades: [trade] } });
  says("c-1", 6, { type: "channel_data", ...BOOK, contents: { bids: [["1", "1"]] } });
  says("c-2", 6, { type: "channel_data", ...BOOK, contents: { bids: [["43238", "1"]] } });
  assertEquals(kinds(venue), ["trade", "book_snapshot", "book_delta"]);
  assertEquals(session.restarts, []);
});

Deno.test("MarketStream corrects by REST what two answers say alike, and the feed takes it", () => {
  const { venue, stream, session } = market();
  const book = new OrderBook();
  const rule = new DydxBookSequence();
  const feed = new FeedHandler({ instrument: venue.instrument.index, rule, book });
  const replay = () => {
    for (const event of venue.events.splice(0)) {
      if (event.kind === "book_snapshot") feed.onSnapshot(event, event.at);
      if (event.kind === "book_delta") feed.onDelta(event, event.at);
    }
  };
  acknowledge(session);
  replay();
  const rest = {
    bids: [{ price: "43240", size: "1" }, { price: "43238", size: "2" }],
    asks: [{ price: "43241", size: "1" }],
  };
  const path = "GET /v4/orderbooks/perpetualMarket/BTC-USD";
  venue.clock.advance(5_000);
  venue.answer(path, rest);
  assertEquals(stream.corrections, 0);
  venue.clock.advance(3_000);
  venue.answer(path, rest);
  replay();
  assertEquals([stream.corrections, book.bids.sizeAt(43_239), book.bids.sizeAt(43_238)], [
    2,
    0,
    20_000,
  ]);
  assertEquals(feed.state, "synchronised");
  session.say({ type: "channel_data", ...BOOK, contents: { bids: [["43237", "1"]] } });
  replay();
  assertEquals([feed.state, book.bids.sizeAt(43_237), feed.counters.gaps], [
    "synchronised",
    10_000,
    0,
  ]);
  stream.stop();
});

Deno.test("MarketStream puts at most 32 books on a connection", () => {
  const venue = new FakeVenue();
  const [one] = dydxMarkets();
  const many = Array.from({ length: 40 }, (_, index) => ({
    ...one,
    index: index as Instrument["index"],
    terms: { ...one.terms, venueSymbol: `M${index}-USD` as Instrument["terms"]["venueSymbol"] },
  } as Instrument));
  const stream = new MarketStream(venue.context, venue.indexer, many, {
    onLink: () => {},
    onHeight: () => {},
  });
  stream.start();
  assertEquals(venue.sessions.length, 2);
  venue.sessions[0]!.open();
  assertEquals(stream.up, false);
  assertEquals(venue.sessions[0]!.asked().length, 2 + 2 * 32);
  assertEquals(stream.fallbacks, 0);
  stream.stop();
});

Deno.test("MarketStream audits books that begin together one after the other, two a second", () => {
  const venue = new FakeVenue();
  const { terms } = venue.instrument;
  const many = Array.from({ length: 24 }, (_, index) => {
    const venueSymbol = `M${index}-USD` as Instrument["terms"]["venueSymbol"];
    return unwrap(createInstrument(instrumentIndex(index), { ...terms, venueSymbol }));
  });
  const ears = { onLink: () => {}, onHeight: () => {} };
  const stream = new MarketStream(venue.context, venue.indexer, many, ears);
  stream.start();
  const session = venue.sessions[0]!;
  session.open();
  const all = [{ channel: "v4_block_height" }, { channel: "v4_markets" }];
  for (const { channel } of all) {
    session.say({ type: "subscribed", channel, contents: { height: "100", markets: {} } });
  }
  for (const { terms } of many) {
    session.say({ ...SNAPSHOT, id: terms.venueSymbol });
    const id = terms.venueSymbol;
    session.say({ type: "subscribed", channel: "v4_trades", id, contents: { trades: [] } });
  }
  const counts: number[] = [];
  for (let second = 1; second <= 20; second++) {
    venue.clock.advance(1_000);
    block(session, 100 + second);
    counts.push(venue.asked.length);
  }
  assertEquals(counts.slice(3, 8), [0, 1, 3, 5, 7]);
  assertEquals(counts.at(-1), 24, "each once");
  assertEquals(new Set(venue.asked.map(({ request }) => request.url)).size, 24);
  stream.stop();
  assertEquals(venue.clock.pendingCount, 0);
});

interface AccountWorld {
  readonly venue: FakeVenue;
  readonly stream: AccountStream;
  readonly session: FakeSession;
}

function account(): AccountWorld {
  const venue = new FakeVenue();
  const stream = new AccountStream(
    venue.context,
    venue.signer,
    venue.lookup,
    venue.tracker,
    (height) => venue.chain.noteHeight(height),
  );
  stream.start();
  const session = venue.sessions[0]!;
  session.open();
  return { venue, stream, session };
}

function own(type: string, contents: unknown): Record<string, unknown> {
  return { type, channel: "v4_subaccounts", id: "x/0", contents };
}

function links(events: readonly EngineEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === "connection" ? [`${event.link} ${event.state} ${event.reason}`] : []
  );
}

Deno.test("AccountStream is up when its subscription is confirmed, and down with its socket", () => {
  const { venue, stream, session } = account();
  const owner = `${venue.signer.owner}/0`;
  assertEquals(session.asked(), [`subscribe v4_subaccounts ${owner}`, "subscribe v4_block_height"]);
  assertEquals(stream.isHeard, false);
  session.say(own("subscribed", {}));
  assertEquals(stream.isHeard, true);
  session.drop("cut");
  assertEquals(links(venue.events), ["account up subscribed", "account down cut"]);
  stream.stop();
});

Deno.test("AccountStream goes down and up again when a frame or a message may have held a fill", () => {
  const { venue, session } = account();
  session.say(own("subscribed", {}));
  session.say({ type: "subscribed", channel: "v4_block_height", contents: { height: "1" } });
  session.say(own("channel_data", { fills: [{ id: "f", ticker: "BTC-USD" }] }));
  assertEquals(links(venue.events.splice(0)).slice(1), [
    "account down refused frame",
    "account up reconcile",
  ]);
  session.say(own("channel_data", {}), 1);
  assertEquals(session.restarts, ["message missing"]);
});

Deno.test("AccountStream connects anew without confirmation, and without blocks", () => {
  const unconfirmed = account();
  unconfirmed.session.say({ type: "error", message: "Internal error" });
  unconfirmed.venue.clock.advance(11_000);
  assertEquals(unconfirmed.session.restarts.length, 1);
  const silent = account();
  silent.session.say(own("subscribed", {}));
  silent.venue.clock.advance(12_000);
  assertEquals(silent.session.restarts, ["no block for too long"]);
});

Deno.test("AccountStream ends an order by blocks; after a break its filled size is not claimed", () => {
  const { venue, session } = account();
  session.say(own("subscribed", {}));
  session.say({ type: "subscribed", channel: "v4_block_height", contents: { height: "100" } });
  assertEquals(venue.chain.height, 100);
  const name = clientOrderId("7");
  const order = venue.tracker.open("id-7", venue.instrument, name, 0, true);
  order.goodTilBlock = 105;
  session.drop("cut");
  session.open();
  session.say(own("subscribed", {}));
  venue.events.length = 0;
  session.say({ type: "subscribed", channel: "v4_block_height", contents: { height: "110" } });
  const [event] = venue.events;
  assert(event?.kind === "order");
  assertEquals([event.status, event.clientOrderId, event.filledSize], ["expired", name, undefined]);
});
