/**
 * The rule without sequences: a feed lives on whole books alone.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import { HyperliquidBookSequence } from "@/exchanges/hyperliquid/mod.ts";
import { DeltaScratch, SnapshotScratch } from "@/exchanges/shared/mod.ts";
import { goldenInstruments } from "@/tests/golden/hyperliquid/listing.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

function snapshot(block: number, bid: number): SnapshotScratch {
  const made = new SnapshotScratch().begin(goldenInstruments()[0]!.index, micros(block));
  made.venueAt = micros(block);
  made.bids.push(bid, 1);
  made.asks.push(bid + 1, 1);
  return made;
}

Deno.test("HyperliquidBookSequence orders by block time and knows no delta", () => {
  const rule = new HyperliquidBookSequence();
  assertEquals(rule.snapshotFrom, "stream");
  assert(rule.isSnapshotRecent(snapshot(5, 100), -1));
  rule.onSnapshot(snapshot(5, 100));
  assert(rule.isSnapshotRecent(snapshot(5, 100), -1));
  assert(!rule.isSnapshotRecent(snapshot(4, 100), -1));
  assertEquals(rule.judge(new DeltaScratch()), "gap");
  rule.reset();
  assert(rule.isSnapshotRecent(snapshot(1, 100), -1));
});

Deno.test("a feed follows whole books and is gapped by a delta that nobody sends", () => {
  const { index } = goldenInstruments()[0]!;
  const feed = new FeedHandler({
    instrument: index,
    rule: new HyperliquidBookSequence(),
    book: new OrderBook(),
  });
  feed.onSnapshot(snapshot(1, 100), micros(1));
  assert(feed.isUsable);
  feed.onSnapshot(snapshot(2, 90), micros(2));
  assertEquals(feed.book.bestBid, 90);
  feed.onDelta(new DeltaScratch().begin(index, micros(3)), micros(3));
  assert(!feed.isUsable);
  feed.onSnapshot(snapshot(4, 95), micros(4));
  assert(feed.isUsable);
  assertEquals([feed.counters.gaps, feed.counters.resyncs], [1, 1]);
});
