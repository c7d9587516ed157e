/**
 * What a feed does while its connection is gone, and when it is back: ask in time, never splice
 * across the hole.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { instrumentIndex, micros } from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { delta, snapshot } from "@/tests/support/books.ts";
import { PerpetualBookSequence } from "@/exchanges/binance/book_sequence.ts";

const SECOND = 1_000_000;

class World {
  now = 1_000 * SECOND;
  readonly feed = new FeedHandler({
    instrument: instrumentIndex(0),
    rule: new PerpetualBookSequence(),
    book: new OrderBook(),
  });

  delta(sequence: number): void {
    const numbers = { sequence, firstSequence: sequence, previousSequence: sequence - 1 };
    this.feed.onDelta(delta({ side: "buy", price: "100.00", size: "5" }, numbers), this.at);
  }

  snap(sequence: number): void {
    const rows = ["   | 101.00 | 7", " 4 | 100.00 |  "];
    this.feed.onSnapshot(snapshot(rows, { sequence }), this.at);
  }

  get at() {
    return micros(this.now);
  }

  /** Seconds after which a snapshot was asked for. */
  wait(seconds: number): number[] {
    const asked: number[] = [];
    for (let tenth = 1; tenth <= seconds * 10; tenth++) {
      this.now += SECOND / 10;
      this.feed.onTimer(this.at);
      if (this.feed.needsSnapshot) asked.push(tenth / 10);
    }
    return asked;
  }

  lose(): void {
    this.feed.onInterrupted(
      {
        kind: "feed_interrupted",
        instrument: instrumentIndex(0),
        at: this.at,
        reason: "disconnected",
      },
      this.at,
    );
  }

  /** A true book, its connection lost. */
  static lost(): World {
    const it = new World();
    it.delta(11);
    it.snap(11);
    assertEquals(it.feed.state, "synchronised");
    it.lose();
    return it;
  }
}

Deno.test("FeedHandler does not splice a snapshot that was answered before the stream is back", () => {
  const it = World.lost();
  it.snap(20);
  assertEquals([it.feed.state, it.feed.counters.ignored], ["gapped", 1]);
  it.delta(40);
  assertEquals([it.feed.state, it.feed.needsSnapshot], ["buffering", true]);
  it.snap(40);
  assertEquals([it.feed.state, it.feed.counters.gaps], ["synchronised", 0]);
});

Deno.test("FeedHandler asks for nothing while the connection is gone, and at once when it is back", () => {
  const it = World.lost();
  assertEquals(it.wait(29), []);
  it.delta(40);
  assertEquals(it.feed.needsSnapshot, true, "no pause is left from the outage");
});

Deno.test("FeedHandler asks by itself when the venue is back and the book is quiet", () => {
  const it = World.lost();
  it.wait(20);
  it.feed.onConnected(it.at);
  assertEquals(it.wait(2), [1, 2]);
  it.snap(20);
  it.delta(21);
  assertEquals(it.feed.state, "synchronised");
});

Deno.test("FeedHandler that nobody tells of the connection asks again after half a minute", () => {
  assertEquals(World.lost().wait(32), [30, 31]);
});

Deno.test("FeedHandler connected without a loss goes on as it was", () => {
  const it = new World();
  it.delta(11);
  it.feed.onConnected(it.at);
  assertEquals(it.feed.state, "buffering");
  it.snap(11);
  it.feed.onConnected(it.at);
  assertEquals(it.feed.state, "synchronised");
});
