/**
 * The venue's own touch as a second witness: it confirms a book, or finds it behind.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { instrumentIndex, micros, price, size } from "@/engine/domain/mod.ts";
import { FEED_LIMITS_DEFAULT, FeedHandler } from "@/engine/feed/mod.ts";
import type { BestBidAsk } from "@/engine/messages/mod.ts";
import type { SequenceRule } from "@/engine/ports/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { delta, snapshot } from "@/tests/support/books.ts";

/** Snapshots are pushed; ids count up by one. */
function pushed(): SequenceRule {
  let last = -1;
  return {
    snapshotFrom: "stream",
    reset: () => void (last = -1),
    isSnapshotRecent: () => true,
    onSnapshot: (taken) => void (last = taken.sequence),
    judge: (next) => {
      if (next.sequence !== last + 1) return "gap";
      last = next.sequence;
      return "next";
    },
  };
}

/** A true book at sequence 10: 4 at 100.00 and 7 at 101.00, five seconds of patience. */
class World {
  readonly book = new OrderBook();
  readonly feed: FeedHandler;
  #now = 1_000_000_000;

  constructor(behindTouchMs: number | undefined = 1_000) {
    this.feed = new FeedHandler({
      instrument: instrumentIndex(0),
      rule: pushed(),
      book: this.book,
      limits: { ...FEED_LIMITS_DEFAULT, staleAfterMs: 5_000, behindTouchMs },
    });
    const rows = ["   | 101.00 | 7", " 4 | 100.00 |  "];
    this.feed.onSnapshot(snapshot(rows, { sequence: 10 }), micros(this.#now));
  }

  tick(milliseconds: number): void {
    for (let left = milliseconds; left > 0; left -= 50) {
      this.#now += Math.min(50, left) * 1_000;
      this.feed.onTimer(micros(this.#now));
    }
  }

  bid(sequence: number, lots: string): void {
    const next = delta({ side: "buy", price: "100.00", size: lots }, { sequence });
    this.feed.onDelta(next, micros(this.#now));
  }

  touch(sequence: number, bidSize: number): void {
    const touch: BestBidAsk = {
      kind: "best_bid_ask",
      instrument: instrumentIndex(0),
      at: micros(this.#now),
      venueAt: micros(this.#now),
      sequence,
      bid: price(10_000),
      bidSize: size(bidSize),
      ask: price(10_100),
      askSize: size(7),
    };
    this.feed.onBestBidAsk(touch, micros(this.#now));
  }

  get seen(): [string, boolean] {
    return [this.feed.state, this.feed.isUsable];
  }
}

Deno.test("A touch that agrees keeps a quiet book believed; silence of both ends it", () => {
  const it = new World();
  for (let second = 0; second < 20; second += 3) {
    it.tick(3_000);
    it.touch(10, 4);
    assertEquals(it.seen, ["synchronised", true]);
  }
  it.tick(5_000);
  assertEquals(it.seen, ["synchronised", true]);
  it.tick(50);
  assertEquals(it.seen, ["silent", false]);
  assertEquals([it.feed.counters.silences, it.feed.counters.behindTouch], [1, 0]);
  it.touch(10, 4);
  assertEquals(it.seen, ["synchronised", true]);
});

Deno.test("A touch that says something else keeps nothing believed", () => {
  const it = new World(undefined);
  for (let second = 0; second < 6; second++) {
    it.tick(1_000);
    it.touch(11 + second, 9);
  }
  assertEquals(it.seen, ["silent", false]);
});

Deno.test("A book that stays behind a newer, other touch is unusable though nothing else is said", () => {
  const it = new World();
  it.touch(12, 9);
  it.tick(1_050);
  assertEquals(it.seen, ["synchronised", true]);
  it.tick(50);
  assertEquals(it.seen, ["silent", false]);
  assertEquals([it.feed.isBehindTouch, it.feed.counters.behindTouch], [true, 1]);
});

Deno.test("Deltas that do not lead up to the touch leave a book unusable; those that do end it", () => {
  const it = new World();
  it.touch(13, 9);
  it.tick(1_100);
  it.bid(11, "5");
  assertEquals(it.seen, ["silent", false]);
  it.bid(12, "6");
  assertEquals(it.seen, ["silent", false]);
  it.bid(13, "9");
  assertEquals(it.seen, ["synchronised", true]);
});

Deno.test("A book that keeps coming up to older touches is not behind", () => {
  const it = new World();
  for (let sequence = 11; sequence < 60; sequence++) {
    it.touch(sequence + 3, 90 + sequence);
    it.tick(100);
    it.bid(sequence, "5");
  }
  assertEquals(it.seen, ["synchronised", true]);
  assertEquals(it.feed.counters.behindTouch, 0);
});

Deno.test("A touch of a new, lower numbering ends the wait for the old one", () => {
  const it = new World();
  it.touch(5_000, 9);
  it.tick(900);
  it.touch(3, 9);
  it.tick(900);
  assertEquals(it.seen, ["synchronised", true]);
});

Deno.test("A touch without a sequence never finds a book behind", () => {
  const it = new World();
  it.touch(-1, 9);
  it.tick(4_900);
  assertEquals(it.seen, ["synchronised", true]);
});

Deno.test("A confirmation from elsewhere counts as hearing the book", () => {
  const it = new World();
  it.tick(4_000);
  it.feed.confirm(micros(1_004_000_000));
  assertEquals(it.feed.silence(micros(1_004_000_001)), 1);
  it.tick(4_000);
  assertEquals(it.seen, ["synchronised", true]);
});
