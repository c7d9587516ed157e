/**
 * Public sockets: subscriptions, a book subscribed anew, silence, refused frames, renewal before a
 * cut, and changed instruments.
 * @module
 */
import { unwrap } from "@/engine/domain/mod.ts";
import { MarketStream } from "@/exchanges/okx/market_stream.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { instrumentOfRow } from "@/exchanges/okx/instruments.ts";
import { type FakeSession, FakeVenue } from "./fake_venue.ts";

interface World {
  readonly venue: FakeVenue;
  readonly stream: MarketStream;
  readonly session: FakeSession;
  readonly links: boolean[];
  /** How often other terms were seen. */
  doubts: number;
}

function world(isOpen = true): World {
  const venue = new FakeVenue();
  const links: boolean[] = [];
  const stream: MarketStream = new MarketStream(
    venue.context,
    [venue.swap, venue.spot],
    () => links.push(stream.up),
    () => w.doubts++,
  );
  const w: World = { venue, stream, session: venue.sessions[0]!, links, doubts: 0 };
  stream.start();
  if (isOpen) {
    w.session.open();
    sayAll(w.session);
    venue.drain();
  }
  return w;
}

function book(action: string, previous: number, sequence: number, instId = "BTC-USDT-SWAP") {
  const row = {
    asks: [["64000.2", "1", "0", "1"]],
    bids: [["64000.1", "2", "0", "1"]],
    ts: "1767225600000",
    checksum: 0,
    prevSeqId: previous,
    seqId: sequence,
  };
  return { arg: { channel: "books", instId }, action, data: [row] };
}

function trade(id: string) {
  const row = { instId: "BTC-USDT", tradeId: id, px: "1", sz: "1", side: "buy", ts: "1" };
  return { arg: { channel: "trades", instId: "BTC-USDT" }, data: [row] };
}

const MARK = {
  arg: { channel: "mark-price", instId: "BTC-USDT-SWAP" },
  data: [{ instId: "BTC-USDT-SWAP", markPx: "64000.1", ts: "1767225600000" }],
};
const UNSUBSCRIBED = {
  event: "unsubscribe",
  arg: { channel: "books", instId: "BTC-USDT-SWAP" },
  connId: "x",
};

/** What each channel says at first. */
function sayAll(session: FakeSession): void {
  session.say(book("snapshot", -1, 10));
  session.say(book("snapshot", -1, 20, "BTC-USDT"));
  session.say(MARK);
}

Deno.test("okx MarketStream subscribes everything of its instruments at once", () => {
  const { session, venue, links } = world();
  const { op, args } = session.last();
  assertEquals(op, "subscribe");
  const named = args.map((arg) => `${arg["channel"]} ${arg["instId"] ?? arg["instType"] ?? ""}`);
  assertEquals(named, [
    ...["books", "bbo-tbt", "trades", "mark-price", "funding-rate"]
      .map((channel) => `${channel} BTC-USDT-SWAP`),
    ...["books", "bbo-tbt", "trades"].map((channel) => `${channel} BTC-USDT`),
    "instruments SPOT",
    "instruments SWAP",
    "status ",
  ]);
  assertEquals(session.plan.heartbeat?.pingText, "ping");
  assertEquals(links, [true]);
  venue.clock.advance(20_000);
  assertEquals(session.restarts, [], "all have spoken");
});

Deno.test("okx MarketStream connects anew, with more patience, when a channel stays silent", () => {
  const { session, venue } = world(false);
  session.open();
  session.say(book("snapshot", -1, 20, "BTC-USDT"));
  session.say(MARK);
  venue.drain();
  venue.clock.advance(10_000);
  assertEquals([session.renewals, session.restarts], [1, []], "the other one flows");
  assertEquals(venue.lines(), ["interrupted 0 silent"]);
  session.drop("cut");
  session.open();
  venue.drain();
  venue.clock.advance(19_999);
  assertEquals(session.restarts.length, 0);
  venue.clock.advance(1);
  assertEquals(session.restarts, ["streams stay silent"]);
  assertEquals(venue.lines(), ["interrupted 0 silent", "interrupted 1 silent"]);
});

Deno.test("okx MarketStream subscribes a book anew only after its unsubscription is acknowledged", () => {
  const { session, venue, stream } = world();
  stream.requestSnapshot(venue.swap.index);
  stream.requestSnapshot(venue.swap.index);
  const books = [{ channel: "books", instId: "BTC-USDT-SWAP" }];
  assertEquals([session.last().op, session.last().args], ["unsubscribe", books]);
  assertEquals(session.sent.length, 2, "the second request joined the first");
  session.say(book("update", 10, 11));
  assertEquals(venue.lines(), [], "old deltas are dropped");
  session.say(UNSUBSCRIBED);
  assertEquals([session.last().op, session.last().args], ["subscribe", books]);
  session.say(book("update", 10, 11));
  assertEquals(venue.lines(), []);
  session.say(book("snapshot", -1, 12));
  session.say(book("update", 12, 13));
  assertEquals(venue.lines(), ["book_snapshot 0", "book_delta 0"]);
  venue.clock.advance(60_000);
  assertEquals(session.restarts, []);
});

Deno.test("okx MarketStream connects anew when the book does not come back", () => {
  const first = world();
  first.stream.requestSnapshot(first.venue.swap.index);
  first.venue.clock.advance(5_000);
  assertEquals(first.session.restarts, ["a book was not subscribed anew in time"]);
  const second = world();
  second.stream.requestSnapshot(second.venue.swap.index);
  second.session.say(UNSUBSCRIBED);
  second.venue.clock.advance(10_000);
  assertEquals(second.session.restarts, ["a book was not subscribed anew in time"]);
});

Deno.test("okx MarketStream interrupts the instrument of a refused frame, or all", () => {
  const { session, venue } = world();
  const bad = book("update", 10, 11);
  bad.data[0]!.asks[0]![0] = "64000.25";
  session.say(bad);
  assertEquals(venue.lines(), ["interrupted 0 refused_frame"]);
  session.say("<html>");
  assertEquals(venue.lines(), ["interrupted 0 refused_frame", "interrupted 1 refused_frame"]);
  assertEquals(venue.context.counters.refusedFrames, 2);
});

Deno.test("okx MarketStream does not believe a book that misses its keep-alive", () => {
  const { session, venue } = world();
  venue.clock.advance(60_000);
  session.say(book("update", 20, 20, "BTC-USDT"));
  venue.drain();
  venue.clock.advance(20_000);
  assertEquals(venue.lines(), ["interrupted 0 silent"]);
});

Deno.test("okx MarketStream tells of a lost socket and subscribes again", () => {
  const { session, venue, links } = world();
  session.drop("cut");
  assertEquals(venue.lines(), ["interrupted 0 disconnected", "interrupted 1 disconnected"]);
  session.open();
  session.say(book("update", 10, 11));
  assertEquals(venue.lines(), [], "a delta without its snapshot");
  sayAll(session);
  assertEquals(venue.lines(), ["book_snapshot 0", "book_snapshot 1", "mark_price 0"]);
  assertEquals(links, [true, false, true]);
});

Deno.test("okx MarketStream takes over to a new connection before an announced cut", () => {
  const { session, venue, links } = world();
  session.say({ event: "notice", code: "64008", msg: "upgrade", connId: "x" });
  assertEquals([session.renewals, session.restarts], [1, []]);
  const old = session.connection;
  session.say(book("update", 10, 11));
  session.open(true);
  session.say(book("update", 11, 12), old);
  session.say(trade("1"), old);
  session.say(trade("1"));
  session.say(trade("2"));
  assertEquals(venue.lines(), ["book_delta 0", "book_delta 0", "trade 1", "trade 1"]);
  session.say(book("snapshot", -1, 12));
  session.say(book("update", 12, 13), old);
  session.say(book("update", 12, 13));
  session.say(book("snapshot", -1, 20, "BTC-USDT"));
  session.say({ event: "notice", code: "64008", msg: "upgrade", connId: "x" }, old);
  assertEquals(venue.lines(), ["book_delta 0"], "each once; a book that stands is left alone");
  assertEquals(session.renewals, 1, "the old one's notice is obeyed already");
  session.plan.handler.onEnd!(old!);
  session.say(book("update", 13, 14));
  session.say(trade("2"));
  assertEquals(venue.lines(), ["book_delta 0"]);
  assertEquals(links.includes(false), false);
});

Deno.test("okx MarketStream on two lines takes a book anew on one while the other goes on", () => {
  const venue = new FakeVenue(false, 2);
  const stream: MarketStream = new MarketStream(
    venue.context,
    [venue.swap, venue.spot],
    () => {},
    () => undefined,
  );
  stream.start();
  const [a, b] = [venue.sessions[0]!, venue.sessions[1]!];
  for (const session of [a, b]) {
    session.open();
    sayAll(session);
  }
  assertEquals(venue.lines(), ["book_snapshot 0", "book_snapshot 1", "mark_price 0"]);
  stream.requestSnapshot(venue.swap.index);
  b.say(book("update", 10, 11));
  a.say(UNSUBSCRIBED);
  b.say(book("update", 11, 12));
  a.say(book("snapshot", -1, 12));
  a.say(book("update", 12, 13));
  b.say(book("update", 12, 13));
  assertEquals(venue.lines(), ["book_delta 0", "book_delta 0", "book_snapshot 0", "book_delta 0"]);
  a.drop("cut");
  assertEquals(venue.lines(), []);
  b.drop("cut");
  assertEquals(venue.lines(), ["interrupted 0 disconnected", "interrupted 1 disconnected"]);
});

Deno.test("okx MarketStream renews its connection instead of spending the last operations", () => {
  const { session, venue, stream } = world();
  for (let round = 0; round < 300 && session.renewals === 0; round++) {
    stream.requestSnapshot(venue.swap.index);
    session.say(UNSUBSCRIBED);
    session.say(book("snapshot", -1, 10));
  }
  assertEquals([venue.sessions.length, session.renewals], [1, 1]);
  assert(session.sent.length <= 480, `${session.sent.length} operations`);
});

Deno.test("okx MarketStream doubts the terms when others are pushed, and reads on new ones", () => {
  const w = world();
  const row = {
    instId: "BTC-USDT-SWAP",
    instIdCode: 10459,
    instType: "SWAP",
    settleCcy: "USDT",
    ctVal: "0.01",
    ctMult: "1",
    ctValCcy: "BTC",
    ctType: "linear",
    tickSz: "0.01",
    lotSz: "0.01",
    minSz: "0.01",
    maxLmtSz: "100000000",
    state: "live",
    uly: "BTC-USDT",
  };
  const push = { arg: { channel: "instruments", instType: "SWAP" }, data: [row] };
  w.session.say(push);
  assertEquals([w.doubts, w.venue.lines()], [1, ["instrument_status 0"]]);
  const { terms } = unwrap(instrumentOfRow(row));
  unwrap(w.venue.swap.follow(terms));
  w.session.say(push);
  assertEquals([w.doubts, w.venue.lines()], [1, ["instrument_status 0"]]);
  const fine = book("snapshot", -1, 30);
  fine.data[0]!.bids[0]![0] = "64000.11";
  w.session.say(fine);
  assertEquals(w.venue.lines(), ["book_snapshot 0"]);
});

Deno.test("okx MarketStream halts an instrument of an unknown state, and keeps its book", () => {
  const { venue, session } = world();
  const arg = { channel: "instruments", instType: "SPOT" };
  session.say({ arg, data: [{ instId: "BTC-USDT", instType: "SPOT", state: "resting" }] });
  assertEquals(
    venue.drain().map((event) => event.kind === "instrument_status" ? event.status : event.kind),
    ["halted"],
  );
  assertEquals(venue.logged, ["warn: instrument state is not known: resting"]);
});

Deno.test("okx MarketStream ends a maintenance with each instrument's own state", () => {
  const { venue, session } = world();
  const state = (instId: string, instType: string, word: string) => {
    session.say({
      arg: { channel: "instruments", instType },
      data: [{ instId, instType, state: word }],
    });
  };
  const maintenance = (word: string) => {
    const data = [{ serviceType: "5", state: word, ts: "1767225600000" }];
    session.say({ arg: { channel: "status" }, data });
  };
  const told = () =>
    venue.drain().map((event) =>
      event.kind === "instrument_status" ? `${event.instrument} ${event.status}` : event.kind
    );
  const [swap, spot] = [venue.swap.index, venue.spot.index];
  maintenance("ongoing");
  state("BTC-USDT", "SPOT", "suspend");
  assertEquals(told(), [`${swap} maintenance`, `${spot} maintenance`, `${spot} halted`]);
  maintenance("completed");
  assertEquals(told(), [`${swap} trading`, `${spot} halted`]);
  maintenance("ongoing");
  state("BTC-USDT", "SPOT", "live");
  assertEquals(told().slice(2), [`${spot} maintenance`], "listed as live, and still under it");
  maintenance("completed");
  assertEquals(told(), [`${swap} trading`, `${spot} trading`]);
});

Deno.test("okx MarketStream says once why a subscription was refused", () => {
  const { session, venue } = world();
  const error = { event: "error", code: "60018", msg: "channel does not exist", connId: "x" };
  session.say(error);
  session.say(error);
  assertEquals(venue.logged, ["warn: subscription refused"]);
  session.say({ ...error, code: "63999" });
  assertEquals(session.restarts, ["internal error of the venue"]);
});

Deno.test("okx MarketStream is silent after stop", () => {
  const { session, venue, stream } = world();
  stream.requestSnapshot(venue.swap.index);
  stream.stop();
  venue.clock.advance(200_000);
  assertEquals(venue.lines(), []);
  assertEquals(session.restarts, []);
  assertEquals(venue.clock.pendingCount, 0);
});
