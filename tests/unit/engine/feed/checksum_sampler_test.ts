/**
 * Which checksums are verified.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { instrumentIndex, micros } from "@/engine/domain/mod.ts";
import {
  type ChecksumPolicy,
  ChecksumSampler,
  FEED_LIMITS_DEFAULT,
  FeedHandler,
} from "@/engine/feed/mod.ts";
import type { SequenceRule } from "@/engine/ports/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { delta, snapshot } from "@/tests/support/books.ts";
import { btcPerp } from "@/tests/support/builders.ts";

Deno.test("ChecksumSampler: every, never, or the first and one after sixteen unverified", () => {
  const due = (policy: ChecksumPolicy, count: number) => {
    const sampler = new ChecksumSampler(policy);
    return Array.from({ length: count }, () => sampler.isDue()).flatMap((is, at) => is ? [at] : []);
  };
  assertEquals(due("every", 4), [0, 1, 2, 3]);
  assertEquals(due("never", 40), []);
  assertEquals(due("sampled", 40), [0, 17, 34]);
});

Deno.test("ChecksumSampler counts messages without a sum too, and a snapshot demands one", () => {
  const sampler = new ChecksumSampler("sampled");
  assertEquals([sampler.isDue(), sampler.isDue()], [true, false]);
  for (let message = 0; message < 15; message++) sampler.pass();
  assertEquals(sampler.isDue(), true);
  sampler.demand();
  assertEquals([sampler.isDue(), sampler.isDue()], [true, false]);
});

/** A rule whose sums are the best bid's size; `looked` counts what was verified. */
function world(checksum: ChecksumPolicy) {
  let last = -1;
  let looked = 0;
  const rule: SequenceRule = {
    snapshotFrom: "stream",
    reset: () => void (last = -1),
    isSnapshotRecent: () => true,
    onSnapshot: (taken) => void (last = taken.sequence),
    judge: (next) => {
      if (next.sequence !== last + 1) return "gap";
      last = next.sequence;
      return "next";
    },
    isChecksumRight: (book, sum) => {
      looked++;
      const sizes = new Float64Array(1);
      book.readLevels("buy", 1, new Float64Array(1), sizes);
      return sizes[0] === sum;
    },
  };
  const feed = new FeedHandler({
    instrument: instrumentIndex(0),
    rule,
    book: new OrderBook(),
    limits: { ...FEED_LIMITS_DEFAULT, checksum },
    instrumentNow: () => btcPerp(),
  });
  const rows = ["   | 101.00 | 7", " 4 | 100.00 |  "];
  const snap = (sequence: number, sum: number) =>
    feed.onSnapshot(snapshot(rows, { sequence, checksum: sum }), micros(sequence));
  const bid = (sequence: number, sum: number) =>
    feed.onDelta(
      delta({ side: "buy", price: "100.00", size: "5" }, { sequence, checksum: sum }),
      micros(sequence),
    );
  return { feed, snap, bid, looked: () => looked };
}

Deno.test("FeedHandler verifies a snapshot's checksum whenever sums are sampled", () => {
  const it = world("sampled");
  it.snap(1, 4);
  assertEquals([it.feed.isUsable, it.looked()], [true, 1]);
  it.snap(2, 9);
  assertEquals([it.feed.isUsable, it.feed.reason, it.feed.needsSnapshot], [
    false,
    "checksum",
    true,
  ]);
  it.snap(3, 4);
  assertEquals([it.feed.isUsable, it.looked()], [true, 3]);
});

Deno.test("FeedHandler finds a wrong delta by its sum within seventeen messages, at once with every", () => {
  const sampled = world("sampled");
  sampled.snap(1, 4);
  let messages = 0;
  while (sampled.feed.isUsable && messages < 100) sampled.bid(2 + messages++, 77);
  assertEquals([messages, sampled.looked()], [17, 2]);
  const every = world("every");
  every.snap(1, 4);
  every.bid(2, 5);
  assertEquals(every.feed.isUsable, true);
  every.bid(3, 77);
  assertEquals([every.feed.isUsable, every.feed.counters.checksumFailures], [false, 1]);
  const never = world("never");
  never.snap(1, 4);
  never.bid(2, 77);
  assertEquals([never.feed.isUsable, never.looked()], [true, 0]);
});
