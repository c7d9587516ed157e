/**
 * The feed's diagram, move by move: gaps, crosses, silence and splices are seen before a quote.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { instrumentIndex, type Micros, micros, price, size } from "@/engine/domain/mod.ts";
import {
  FEED_LIMITS_DEFAULT,
  FeedHandler,
  type FeedLimits,
  type FeedOptions,
} from "@/engine/feed/mod.ts";
import type { BookDelta, FeedInterruption } from "@/engine/messages/mod.ts";
import type { SequenceRule } from "@/engine/ports/mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@/tests/support/assert.ts";
import { assertBook, delta, snapshot } from "@/tests/support/books.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

const SECOND = 1_000_000;
const LIMITS: FeedLimits = { ...FEED_LIMITS_DEFAULT, bufferMax: 8 };
const ROWS = ["   | 101.00 | 7", " 4 | 100.00 |  "];

/** Ids count up by one; snapshots come by REST, as Binance spot has it. */
function countingRule(snapshotFrom: "rest" | "stream" = "rest"): SequenceRule {
  let last = -1;
  return {
    snapshotFrom,
    reset: () => void (last = -1),
    isSnapshotRecent: (taken, first) => first < 0 || taken.sequence >= first - 1,
    onSnapshot: (taken) => void (last = taken.sequence),
    judge: (next) => {
      if (next.sequence < 0) return "reset";
      if (next.sequence <= last) return "stale";
      if (next.firstSequence > last + 1) return "gap";
      last = next.sequence;
      return "next";
    },
  };
}

interface Fixture {
  readonly feed: FeedHandler;
  readonly book: OrderBook;
  now: number;
  take(next: BookDelta): void;
  snap(sequence: number, rows?: string[], checksum?: number): void;
  tick(milliseconds: number): void;
  interrupt(reason: FeedInterruption): void;
}

function fixture(options: Partial<FeedOptions> = {}): Fixture {
  const book = new OrderBook();
  const feed = new FeedHandler({
    instrument: instrumentIndex(0),
    rule: countingRule(),
    book,
    limits: LIMITS,
    ...options,
  });
  const now = (): Micros => micros(it.now);
  const it: Fixture = {
    feed,
    book,
    now: 1_000 * SECOND,
    take: (next) => feed.onDelta(next, now()),
    snap: (sequence, rows = ROWS, checksum) =>
      feed.onSnapshot(
        snapshot(rows, { sequence, ...(checksum === undefined ? {} : { checksum }) }),
        now(),
      ),
    tick: (milliseconds) => {
      it.now += milliseconds * 1_000;
      feed.onTimer(now());
    },
    interrupt: (reason) =>
      feed.onInterrupted(
        { kind: "feed_interrupted", instrument: instrumentIndex(0), at: now(), reason },
        now(),
      ),
  };
  return it;
}

/** Delta number `sequence`: sets the bid at 100.00 to that size. */
function bid(sequence: number, at = "100.00", lots = String(sequence)): BookDelta {
  return delta({ side: "buy", price: at, size: lots }, { sequence });
}

function synchronised(options: Partial<FeedOptions> = {}): Fixture {
  const it = fixture(options);
  it.take(bid(11));
  it.snap(10);
  assertStrictEquals(it.feed.state, "synchronised");
  return it;
}

Deno.test("FeedHandler asks at the first delta and splices its snapshot at the first later", () => {
  const it = fixture();
  assertStrictEquals(it.feed.state, "subscribing");
  it.take(bid(8));
  assertEquals([it.feed.state, it.feed.needsSnapshot, it.feed.isUsable], [
    "buffering",
    true,
    false,
  ]);
  for (const sequence of [9, 10, 11, 12]) {
    it.take(bid(sequence));
    assertStrictEquals(it.feed.needsSnapshot, false);
  }
  it.snap(10);
  assertStrictEquals(it.feed.state, "synchronised");
  assertEquals([it.feed.changed, it.feed.usableChanged, it.feed.isUsable], [true, true, true]);
  assertBook(it.book, "   | 101.00 | 7", " 12 | 100.00 |");
  it.take(bid(13));
  assertEquals([it.feed.changed, it.feed.usableChanged], [true, false]);
  const { messages, applied, ignored, gaps, resyncs } = it.feed.counters;
  assertEquals([messages, applied, ignored, gaps, resyncs], [7, 4, 3, 0, 0]);
});

Deno.test("FeedHandler keeps copies: a reused delta does not change what is buffered", () => {
  const it = fixture();
  const scratch = bid(11) as BookDelta & { sequence: number };
  it.take(scratch);
  scratch.bids.sizes[0] = 999;
  it.snap(10);
  assertBook(it.book, "   | 101.00 | 7", " 11 | 100.00 |");
});

Deno.test("FeedHandler asks again, after a pause, when the snapshot is too old", () => {
  const it = fixture();
  it.take(bid(20));
  it.snap(10);
  assertEquals([it.feed.state, it.feed.needsSnapshot, it.feed.counters.ignored], [
    "buffering",
    false,
    1,
  ]);
  it.tick(1_000);
  assertStrictEquals(it.feed.needsSnapshot, true);
  it.snap(19);
  assertStrictEquals(it.feed.state, "synchronised");
});

Deno.test("FeedHandler with a snapshot alone is not usable until the stream says its id", () => {
  const it = fixture();
  it.snap(10);
  assertEquals([it.feed.state, it.feed.isUsable], ["subscribing", false]);
  it.tick(60_000);
  assertStrictEquals(it.feed.needsSnapshot, false);
  it.take(bid(9));
  assertEquals(it.feed.isUsable, false);
  it.take(bid(10));
  assertEquals([it.feed.state, it.feed.isUsable], ["synchronised", true]);
  it.take(bid(11));
  assertBook(it.book, "   | 101.00 | 7", " 11 | 100.00 |");
});

Deno.test("FeedHandler that got its snapshot first finds a gap at the first delta", () => {
  const it = fixture();
  it.snap(10);
  it.take(bid(13));
  const { state, counters, needsSnapshot } = it.feed;
  assertEquals([state, counters.gaps, needsSnapshot], ["buffering", 1, true]);
  it.snap(12);
  assertStrictEquals(it.feed.state, "synchronised");
});

Deno.test("FeedHandler is unusable and empty from the very delta that shows a gap", () => {
  const it = synchronised();
  it.take(bid(13));
  assertEquals([it.feed.isUsable, it.feed.usableChanged, it.feed.changed], [false, true, true]);
  assertEquals([it.feed.state, it.feed.counters.gaps], ["buffering", 1]);
  assertBook(it.book);
  it.tick(1_000);
  assertStrictEquals(it.feed.needsSnapshot, true);
  it.take(bid(14));
  it.snap(12);
  assertEquals([it.feed.state, it.feed.counters.resyncs], ["synchronised", 1]);
  assertBook(it.book, "   | 101.00 | 7", " 14 | 100.00 |");
});

Deno.test("FeedHandler drops a repeated delta and goes on", () => {
  const it = synchronised();
  it.take(bid(11));
  assertEquals([it.feed.state, it.feed.changed, it.feed.counters.ignored], [
    "synchronised",
    false,
    1,
  ]);
  it.take(bid(12));
  assertStrictEquals(it.feed.counters.gaps, 0);
});

Deno.test("FeedHandler applies a delta with which the venue restarts its numbering", () => {
  const it = synchronised();
  it.take(bid(-1, "100.00", "55"));
  assertStrictEquals(it.feed.state, "synchronised");
  assertBook(it.book, "   | 101.00 | 7", " 55 | 100.00 |");
});

Deno.test("FeedHandler ignores a REST snapshot while its book is true", () => {
  const it = synchronised();
  it.snap(50, ["   | 9.00 | 1"]);
  assertEquals([it.feed.changed, it.feed.counters.ignored], [false, 1]);
  assertBook(it.book, "   | 101.00 | 7", " 11 | 100.00 |");
});

Deno.test("FeedHandler whose buffered deltas do not hang together keeps the later ones", () => {
  const it = fixture();
  for (const sequence of [11, 12, 15, 16]) it.take(bid(sequence));
  it.snap(10);
  assertEquals([it.feed.state, it.feed.counters.gaps, it.feed.isUsable], ["buffering", 1, false]);
  assertBook(it.book);
  it.snap(14);
  assertStrictEquals(it.feed.state, "synchronised");
  assertBook(it.book, "   | 101.00 | 7", " 16 | 100.00 |");
  assertStrictEquals(it.feed.counters.resyncs, 0);
});

Deno.test("FeedHandler starts anew when its buffer is full", () => {
  const it = fixture();
  for (let sequence = 1; sequence <= 9; sequence++) it.take(bid(sequence));
  assertEquals([it.feed.counters.bufferOverflows, it.feed.counters.ignored], [1, 8]);
  it.snap(5);
  assertStrictEquals(it.feed.state, "buffering");
  it.snap(8);
  assertStrictEquals(it.feed.state, "synchronised");
  assertBook(it.book, "   | 101.00 | 7", " 9 | 100.00 |");
});

Deno.test("FeedHandler gives up a book that becomes crossed", () => {
  const it = synchronised();
  it.take(bid(12, "101.50", "1"));
  assertEquals([it.feed.state, it.feed.isUsable, it.feed.counters.crossed], ["gapped", false, 1]);
  assertBook(it.book);
  it.tick(1_000);
  assertStrictEquals(it.feed.needsSnapshot, true);
  it.take(bid(13));
  it.snap(12);
  assertStrictEquals(it.feed.counters.resyncs, 1);
});

Deno.test("FeedHandler finds a cross in a snapshot and in the deltas under it", () => {
  const crossed = ["   | 100.00 | 7", " 4 | 101.00 |  "];
  const it = fixture();
  it.take(bid(11));
  it.snap(10, crossed);
  assertEquals([it.feed.state, it.feed.counters.crossed], ["gapped", 1]);
  const other = fixture();
  other.take(bid(11, "102.00", "1"));
  other.take(bid(12, "100.00", "9"));
  other.snap(10);
  assertEquals([other.feed.state, other.feed.counters.crossed], ["buffering", 1]);
  other.snap(11);
  assertStrictEquals(other.feed.state, "synchronised");
});

Deno.test("FeedHandler of a venue that may cross stays synchronised", () => {
  const it = synchronised({ mayCross: true });
  it.take(bid(12, "101.50", "1"));
  assertEquals([it.feed.state, it.feed.counters.crossed, it.book.isCrossed], [
    "synchronised",
    0,
    true,
  ]);
});

Deno.test("FeedHandler gives up a book whose checksum is wrong", () => {
  const isChecksumRight = (book: OrderBook, checksum: number) => book.bestBidSize === checksum;
  const it = synchronised({ isChecksumRight });
  const checked = (sequence: number, checksum: number) =>
    delta({ side: "buy", price: "100.00", size: String(sequence) }, { sequence, checksum });
  it.take(checked(12, 12));
  assertStrictEquals(it.feed.state, "synchronised");
  it.take(checked(13, 14));
  assertEquals([it.feed.state, it.feed.counters.checksumFailures], ["gapped", 1]);
  it.take(checked(14, 99));
  it.take(checked(15, 15));
  it.snap(13, ROWS, 4);
  assertEquals([it.feed.state, it.feed.counters.checksumFailures], ["buffering", 2]);
  it.snap(14, ROWS, 5);
  assertEquals([it.feed.state, it.feed.counters.checksumFailures], ["gapped", 3]);
});

Deno.test("FeedHandler is silent after too long, until the next good update", () => {
  const it = synchronised();
  it.tick(5_000);
  assertStrictEquals(it.feed.state, "synchronised");
  it.tick(1);
  assertEquals([it.feed.state, it.feed.isUsable, it.feed.usableChanged], ["silent", false, true]);
  assertStrictEquals(it.feed.counters.silences, 1);
  it.take(bid(11));
  assertStrictEquals(it.feed.state, "silent");
  it.tick(60_000);
  assertStrictEquals(it.feed.needsSnapshot, false);
  it.take(bid(12));
  assertEquals([it.feed.state, it.feed.isUsable, it.feed.counters.resyncs], [
    "synchronised",
    true,
    0,
  ]);
});

Deno.test("FeedHandler that was silent still sees a gap", () => {
  const it = synchronised();
  it.tick(6_000);
  it.take(bid(14));
  assertEquals([it.feed.state, it.feed.counters.gaps], ["buffering", 1]);
});

Deno.test("FeedHandler loses its book on every interruption", () => {
  for (const reason of ["disconnected", "silent", "refused_frame", "venue_reset"] as const) {
    const it = synchronised();
    it.interrupt(reason);
    assertEquals([it.feed.state, it.feed.isUsable, it.feed.counters.interruptions], [
      "gapped",
      false,
      1,
    ]);
    assertBook(it.book);
    it.now += SECOND;
    it.take(bid(20));
    assertEquals([it.feed.state, it.feed.needsSnapshot], ["buffering", true]);
    it.snap(20);
    assertEquals([it.feed.state, it.feed.counters.resyncs], ["synchronised", 1]);
  }
});

Deno.test("FeedHandler interrupted before anything came stays subscribing", () => {
  const it = fixture();
  it.interrupt("disconnected");
  assertStrictEquals(it.feed.state, "subscribing");
});

Deno.test("FeedHandler asks by itself when the stream says nothing, with doubling pauses", () => {
  const it = fixture();
  const asked: number[] = [];
  const start = it.now;
  for (let ms = 0; ms <= 120_000; ms += 500) {
    it.tick(ms === 0 ? 0 : 500);
    if (it.feed.needsSnapshot) asked.push((it.now - start) / SECOND);
  }
  assertEquals(asked, [1, 2, 4, 8, 16, 32, 62, 92]);
  assertStrictEquals(it.feed.counters.snapshotRequests, asked.length);
});

Deno.test("FeedHandler whose book keeps breaking does not spend the rate limit", () => {
  const it = fixture();
  let sequence = 10;
  for (let round = 0; round < 200; round++) {
    it.take(bid(sequence += 5));
    if (it.feed.needsSnapshot) it.snap(sequence);
    it.now += 100_000;
  }
  // 20 s at pauses of 1, 2, 4, 8 s: five requests.
  assertStrictEquals(it.feed.counters.snapshotRequests, 5);
});

Deno.test("FeedHandler forgets its pause once the book stayed true for long", () => {
  const it = synchronised();
  for (let ms = 0; ms < 40_000; ms += 1_000) {
    it.now += SECOND;
    it.take(bid(12 + ms / 1_000));
  }
  it.take(bid(100));
  assertStrictEquals(it.feed.needsSnapshot, true);
  it.tick(999);
  assertStrictEquals(it.feed.needsSnapshot, false);
  it.tick(1);
  assertStrictEquals(it.feed.needsSnapshot, true);
});

Deno.test("FeedHandler on a pushed stream takes a snapshot whenever it comes", () => {
  const it = fixture({ rule: countingRule("stream") });
  it.take(bid(5));
  assertEquals([it.feed.state, it.feed.needsSnapshot, it.feed.counters.ignored], [
    "subscribing",
    true,
    1,
  ]);
  it.snap(10);
  assertEquals([it.feed.state, it.feed.isUsable], ["synchronised", true]);
  it.take(bid(11));
  it.snap(3, ["   | 50.00 | 1", " 2 | 49.00 |"]);
  assertBook(it.book, "   | 50.00 | 1", " 2 | 49.00 |");
  it.take(bid(4, "49.00"));
  assertBook(it.book, "   | 50.00 | 1", " 4 | 49.00 |");
  assertEquals([it.feed.counters.resyncs, it.feed.counters.applied], [0, 4]);
});

Deno.test("FeedHandler on a pushed stream wants a new subscription after a gap", () => {
  const it = fixture({ rule: countingRule("stream") });
  it.snap(10);
  it.take(bid(12));
  assertEquals([it.feed.state, it.feed.needsSnapshot, it.feed.reason], ["gapped", true, "gap"]);
  it.take(bid(13));
  assertStrictEquals(it.feed.needsSnapshot, false);
  it.snap(20);
  assertEquals([it.feed.state, it.feed.counters.resyncs], ["synchronised", 1]);
});

Deno.test("FeedHandler on a pushed stream waits for what comes by itself after a reconnect", () => {
  const it = fixture({ rule: countingRule("stream") });
  it.snap(10);
  it.interrupt("disconnected");
  assertEquals([it.feed.state, it.feed.needsSnapshot], ["gapped", false]);
  it.feed.onConnected(micros(it.now));
  const asks = [999, 1].map((ms) => (it.tick(ms), it.feed.needsSnapshot));
  assertEquals(asks, [false, true]);
  const other = fixture({ rule: countingRule("stream") });
  other.snap(10);
  other.interrupt("refused_frame");
  assertEquals([other.feed.needsSnapshot, other.feed.reason], [true, "refused_frame"]);
});

Deno.test("FeedHandler on a pushed stream refuses a crossed snapshot", () => {
  const it = fixture({ rule: countingRule("stream") });
  it.snap(10, ["   | 100.00 | 7", " 4 | 101.00 |  "]);
  assertEquals([it.feed.state, it.feed.reason, it.feed.needsSnapshot], ["gapped", "crossed", true]);
});

Deno.test("FeedHandler with one side only is synchronised but not usable", () => {
  const it = fixture();
  it.take(bid(11));
  it.snap(10, [" 4 | 100.00 |  "]);
  assertEquals([it.feed.state, it.feed.isUsable], ["synchronised", false]);
  it.take(delta({ side: "sell", price: "101.00", size: "1" }, { sequence: 12 }));
  assertEquals([it.feed.isUsable, it.feed.usableChanged], [true, true]);
});

Deno.test("FeedHandler counts the time without a usable book", () => {
  const it = fixture();
  it.take(bid(11));
  it.now += 2 * SECOND;
  it.snap(10);
  it.now += 5 * SECOND;
  it.take(bid(14));
  it.now += SECOND / 2;
  assertStrictEquals(it.feed.unusableMs(micros(it.now)), 2_500);
});

Deno.test("FeedHandler compares its touch with the venue's own where the sequences meet", () => {
  const it = synchronised();
  const touch = (sequence: number, bidSize: number) =>
    it.feed.onBestBidAsk({
      kind: "best_bid_ask",
      instrument: instrumentIndex(0),
      at: micros(it.now),
      venueAt: micros(0),
      sequence,
      bid: price(10_000),
      bidSize: size(bidSize),
      ask: price(10_100),
      askSize: size(7),
    }, micros(it.now));
  touch(11, 11);
  touch(12, 12);
  it.take(bid(12));
  assertStrictEquals(it.feed.counters.touchDisagreements, 0);
  touch(12, 13);
  assertStrictEquals(it.feed.counters.touchDisagreements, 1);
  assertEquals(it.feed.streamTouch, { sequence: 12, bid: 10_000, ask: 10_100 });
  assertEquals([it.feed.state, it.feed.changed], ["synchronised", false]);
});

Deno.test("FeedHandler refuses limits that make no sense", () => {
  const wrong = (limits: Partial<FeedLimits>) => () =>
    fixture({ limits: { ...FEED_LIMITS_DEFAULT, ...limits } });
  assertThrows(wrong({ bufferMax: 0 }), Error, "room for one delta");
  assertThrows(wrong({ staleAfterMs: 0 }), Error, "silent for some time");
  assertThrows(wrong({ snapshotRetryMsMin: 0 }), Error, "above zero");
  assertThrows(wrong({ snapshotRetryMsMax: 1 }), Error, "not below the shortest");
});

Deno.test("FeedHandler sees any delta dropped or swapped at once; repeats harm nothing", () => {
  const random = printedRandom("feed faults");
  const deltaAt = (i: number) => bid(11 + i, "100.00", String(1 + random.integer(50)));
  const deltas = Array.from({ length: 60 }, (_, i) => deltaAt(i));
  for (let fault = 0; fault < deltas.length - 1; fault++) {
    for (const kind of ["drop", "swap", "repeat"] as const) {
      const sent = [...deltas];
      if (kind === "drop") sent.splice(fault, 1);
      if (kind === "swap") [sent[fault], sent[fault + 1]] = [sent[fault + 1]!, sent[fault]!];
      if (kind === "repeat") sent.splice(fault, 0, sent[fault]!);
      const it = fixture();
      it.snap(10);
      it.take(bid(10));
      sent.forEach((next, index) => {
        it.take(next);
        const isBroken = kind !== "repeat" && index === fault;
        if (isBroken) assert(!it.feed.isUsable, `${kind} of ${fault} was not seen`);
        if (index < fault) assert(it.feed.isUsable, `unusable before ${kind} of ${fault}`);
      });
      assertStrictEquals(it.feed.counters.gaps, kind === "repeat" ? 0 : 1);
      assertStrictEquals(it.feed.isUsable, kind === "repeat");
    }
  }
});
