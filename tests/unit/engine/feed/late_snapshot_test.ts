/**
 * Whole books at the wrong time: late ones on a pushed stream, and REST's from another numbering.
 * Found by the damaged streams of `tests/property`.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { instrumentIndex, type Micros, micros } from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import type { BookDelta, BookSnapshot } from "@/engine/messages/mod.ts";
import type { SequenceRule } from "@/engine/ports/mod.ts";
import { OkxBookSequence } from "@/exchanges/okx/mod.ts";
import { SpotBookSequence } from "@/exchanges/binance/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { assertBook, delta, snapshot } from "@/tests/support/books.ts";

const NOW = micros(1_000_000_000);
const SECOND = 1_000_000;
const ROWS = ["   | 101.00 | 7", " 4 | 100.00 |  "];

function feedOf(rule: SequenceRule): FeedHandler {
  return new FeedHandler({ instrument: instrumentIndex(0), rule, book: new OrderBook() });
}

function whole(sequence: number, venueAt: number): BookSnapshot {
  return { ...snapshot(ROWS, { sequence }), at: NOW, venueAt: venueAt as Micros };
}

function bid(first: number, last: number, venueAt: number, previous = -1): BookDelta {
  const made = delta({ side: "buy", price: "100.00", size: String(last) }, { sequence: last });
  return { ...made, firstSequence: first, previousSequence: previous, venueAt: venueAt as Micros };
}

Deno.test("FeedHandler keeps its book when an older pushed snapshot comes late", () => {
  const feed = feedOf(new OkxBookSequence());
  feed.onSnapshot(whole(10, SECOND), NOW);
  feed.onDelta(bid(11, 11, 2 * SECOND, 10), NOW);
  feed.onSnapshot(whole(10, SECOND), NOW);
  assertEquals([feed.isUsable, feed.changed, feed.counters.ignored], [true, false, 1]);
  assertBook(feed.book, "   | 101.00 | 7", "11 | 100.00 |  ");
  feed.onSnapshot(whole(3, 3 * SECOND), NOW);
  assertBook(feed.book, "   | 101.00 | 7", " 4 | 100.00 |  ");
});

Deno.test("FeedHandler takes an old pushed snapshot when it has no book", () => {
  const feed = feedOf(new OkxBookSequence());
  feed.onSnapshot(whole(10, 2 * SECOND), NOW);
  feed.onDelta(bid(15, 15, 3 * SECOND, 14), NOW);
  feed.onSnapshot(whole(9, SECOND), NOW);
  assertEquals(feed.isUsable, true);
});

Deno.test("FeedHandler does not believe a REST snapshot that the stream never comes to", () => {
  const feed = feedOf(new SpotBookSequence());
  for (const id of [7, 8]) feed.onDelta(bid(id, id, NOW - (20 - id) * SECOND), NOW);
  feed.onSnapshot(whole(5_000, 0), NOW);
  assertEquals(feed.isUsable, false, "all that is buffered looks old");
  feed.onDelta(bid(9, 9, NOW + SECOND + 1), NOW);
  assertEquals([feed.isUsable, feed.counters.gaps, feed.state], [false, 1, "buffering"]);
  feed.onSnapshot(whole(8, 0), NOW);
  assertEquals([feed.isUsable, feed.book.sequence], [true, 9]);
});

Deno.test("FeedHandler believes a REST snapshot whose very id the stream has said", () => {
  const feed = feedOf(new SpotBookSequence());
  for (const id of [7, 8]) feed.onDelta(bid(id, id, SECOND), NOW);
  feed.onSnapshot(whole(8, 0), NOW);
  assertEquals(feed.isUsable, true);
});
