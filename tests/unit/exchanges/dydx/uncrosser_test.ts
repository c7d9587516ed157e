/**
 * Crossed books: which level goes, what is told of it, and the numbering of a connection.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import { LevelBuffer } from "@/engine/messages/mod.ts";
import { BookAudit } from "@/exchanges/dydx/_book_audit.ts";
import { BookSlot } from "@/exchanges/dydx/_book_slot.ts";
import { MessageCounter } from "@/exchanges/dydx/_message_counter.ts";
import { keepLast, Uncrosser } from "@/exchanges/dydx/_uncrosser.ts";
import { DeltaScratch } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";
import { dydxMarkets } from "./markets.ts";

type Pairs = readonly (readonly [price: number, size: number])[];

function levels(pairs: Pairs): LevelBuffer {
  const buffer = new LevelBuffer();
  for (const [price, size] of pairs) buffer.push(price, size);
  return buffer;
}

function pairsOf(buffer: LevelBuffer): number[][] {
  return Array.from({ length: buffer.count }, (_, i) => [buffer.prices[i]!, buffer.sizes[i]!]);
}

/** Applies one message; what is told of each side. */
function apply(book: Uncrosser, bids: Pairs, asks: Pairs, stamp: number): number[][][] {
  const bidLevels = levels(bids);
  const askLevels = levels(asks);
  book.apply(bidLevels, askLevels, stamp);
  return [pairsOf(bidLevels), pairsOf(askLevels)];
}

Deno.test("Uncrosser removes the older of two crossing levels, whichever side it is", () => {
  const book = new Uncrosser();
  apply(book, [[99, 1], [98, 2]], [[101, 3], [102, 4]], 1);
  assertEquals(
    apply(book, [[101, 5]], [], 2),
    [[[101, 5]], [[101, 0]]],
    "locked counts as crossed",
  );
  assertEquals(apply(book, [], [[99, 7]], 3), [[[101, 0], [99, 0]], [[99, 7]]]);
  assertEquals([book.bids.best, book.asks.best], [98, 99]);
  assertEquals(book.removals, 3);
});

Deno.test("Uncrosser takes the smaller size off both when one message said both", () => {
  const book = new Uncrosser();
  assertEquals(apply(book, [[100, 5]], [[99, 3], [101, 1]], 1), [[[100, 2]], [[99, 0], [101, 1]]]);
  assertEquals([book.bids.best, book.bids.bestSize, book.asks.best], [100, 2, 101]);
  assertEquals(apply(book, [[103, 2]], [[103, 2]], 2), [[[103, 0]], [[103, 0], [101, 0]]]);
});

Deno.test("Uncrosser brings a removed level back only when it is said again", () => {
  const book = new Uncrosser();
  apply(book, [[99, 1]], [[100, 3]], 1);
  apply(book, [[100, 1]], [], 2);
  apply(book, [[100, 0]], [], 3);
  assertEquals(book.asks.count, 0);
  apply(book, [], [[100, 3]], 4);
  assertEquals([book.bids.best, book.asks.best], [99, 100]);
});

Deno.test("Uncrosser.load() writes a crossed snapshot anew, best first", () => {
  const book = new Uncrosser();
  const bids = levels([[101, 1], [99, 2]]);
  const asks = levels([[100, 1], [102, 2]]);
  book.load(bids, asks, 1);
  assertEquals([pairsOf(bids), pairsOf(asks)], [[[99, 2]], [[102, 2]]]);
});

Deno.test("keepLast() leaves of each price what was said last", () => {
  const buffer = levels([[1, 5], [2, 6], [1, 0], [3, 1], [2, 9]]);
  keepLast(buffer);
  assertEquals(pairsOf(buffer), [[1, 0], [2, 9], [3, 1]]);
});

Deno.test("Uncrosser's book and one that applies what it tells are equal and never crossed", () => {
  const random = printedRandom("dydx uncrosser");
  const uncrosser = new Uncrosser();
  const book = new OrderBook();
  const delta = new DeltaScratch();
  for (let stamp = 1; stamp < 3_000; stamp++) {
    delta.begin(dydxMarkets()[0].index, micros(stamp));
    for (const side of [delta.bids, delta.asks]) {
      const prices = new Set<number>();
      for (let n = Math.floor(random.next() * 3); n > 0; n--) {
        prices.add(90 + Math.floor(random.next() * 20));
      }
      for (const price of prices) side.push(price, Math.floor(random.next() * 4));
    }
    uncrosser.apply(delta.bids, delta.asks, stamp);
    book.applyDelta(delta);
    assert(!book.isCrossed && !book.isLocked, `crossed at ${stamp}`);
    for (let price = 90; price < 110; price++) {
      assertEquals(book.bids.sizeAt(price), uncrosser.bids.sizeAt(price));
      assertEquals(book.asks.sizeAt(price), uncrosser.asks.sizeAt(price));
    }
    assertEquals(book.bestBid, uncrosser.bids.best);
    assertEquals(book.bestAsk, uncrosser.asks.best);
  }
  assert(uncrosser.removals > 500);
});

Deno.test("MessageCounter excuses exactly the ids of requests that are unanswered", () => {
  const counter = new MessageCounter();
  assertEquals(counter.noteData(0), "next");
  counter.noteRequest();
  counter.noteRequest();
  assertEquals(counter.noteAnswer(1), "next");
  assertEquals(counter.noteData(3), "next", "2 belongs to the second request");
  assertEquals(counter.noteData(3), "repeated");
  assertEquals(counter.noteData(4), "next");
  assertEquals(counter.noteAnswer(2), "next", "late answer");
  assertEquals(counter.noteAnswer(2), "repeated");
  assertEquals(counter.noteData(6), "gap");
  assertEquals(counter.noteData(7), "next", "told once");
  counter.noteRequest();
  assertEquals(counter.noteError(7), "next", "an error repeats the current id");
  assertEquals(counter.noteData(9), "gap");
  assertEquals(counter.noteError(10), "next");
});

Deno.test("BookAudit corrects what two answers say alike of a level that did not change", () => {
  const slot = new BookSlot(dydxMarkets()[0]);
  apply(slot.levels, [[99, 1], [98, 2], [97, 5], [50, 1]], [[101, 3]], 1);
  const audit = new BookAudit(slot);
  // 98 is gone, 97 differs, 96 is missing here; 50 lies beyond the answer's depth.
  const theirs = {
    bids: levels([[99, 1], [97, 4], [96, 7]]),
    asks: levels([[101, 3]]),
  };
  assertEquals(audit.compare(theirs).bids.count, 0, "once is no proof");
  assert(audit.hasSuspects);
  apply(slot.levels, [[97, 5]], [], 2);
  const wrong = audit.compare(theirs);
  assertEquals(pairsOf(wrong.bids).toSorted((a, b) => a[0]! - b[0]!), [[96, 7], [98, 0]]);
  assertEquals(wrong.asks.count, 0);
  audit.reset();
  assert(!audit.hasSuspects);
});
