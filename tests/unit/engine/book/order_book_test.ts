/**
 * Books as drawings.
 * @module
 */
import { findBookFault, OrderBook, PriceLadder } from "@/engine/book/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "@/tests/support/assert.ts";
import { assertBook, bookOf, delta, snapshot } from "@/tests/support/books.ts";

Deno.test("OrderBook.applyDelta() drops a level when its size becomes zero", () => {
  const book = bookOf("        | 101.00 | 7", "    4   | 100.50 |  ");
  book.applyDelta(delta({ side: "sell", price: "101.00", size: "0" }));
  assertBook(book, "    4   | 100.50 |  ");
});

Deno.test("OrderBook.applyDelta() sets and adds levels on both sides and stamps the book", () => {
  const book = bookOf("   | 101.00 | 7", " 4 | 100.50 |  ");
  book.applyDelta(delta([
    { side: "sell", price: "100.80", size: "2" },
    { side: "sell", price: "101.00", size: "9" },
    { side: "buy", price: "100.50", size: "0" },
    { side: "buy", price: "100.10", size: "3" },
    { side: "buy", price: "99.00", size: "0" },
  ], { sequence: 12, at: micros(50), venueAt: micros(40) }));
  assertBook(book, "   | 101.00 | 9", "   | 100.80 | 2", " 3 | 100.10 |  ");
  assertEquals([book.sequence, book.updatedAt, book.venueAt], [12, 50, 40]);
  assertEquals([book.bestBid, book.bestBidSize], [10_010, 3]);
  assertEquals([book.bestAsk, book.bestAskSize], [10_080, 2]);
});

Deno.test("OrderBook.applySnapshot() replaces the whole book", () => {
  const book = bookOf("   | 101.00 | 7", " 4 | 100.50 |  ");
  book.applySnapshot(snapshot(["   | 99.00 | 1", " 2 | 98.00 |"], { sequence: 5 }));
  assertBook(book, "   | 99.00 | 1", " 2 | 98.00 |");
  assertStrictEquals(book.sequence, 5);
});

Deno.test("OrderBook.clear() leaves nothing to read", () => {
  const book = bookOf("   | 101.00 | 7", " 4 | 100.50 |  ");
  book.clear();
  assertBook(book);
  assertEquals([book.bestBid, book.bestAsk, book.sequence, book.updatedAt], [0, 0, -1, 0]);
  assertStrictEquals(book.isTwoSided, false);
});

Deno.test("OrderBook says when it is crossed or locked, and never of one side alone", () => {
  const book = bookOf("   | 101.00 | 7", " 4 | 100.50 |  ");
  assertEquals([book.isCrossed, book.isLocked], [false, false]);
  book.applyDelta(delta({ side: "buy", price: "101.00", size: "1" }));
  assertEquals([book.isCrossed, book.isLocked], [false, true]);
  book.applyDelta(delta({ side: "buy", price: "101.01", size: "1" }));
  assertEquals([book.isCrossed, book.isLocked], [true, false]);
  const bidsOnly = bookOf(" 4 | 100.50 |  ");
  assertEquals([bidsOnly.isCrossed, bidsOnly.isLocked, bidsOnly.isTwoSided], [false, false, false]);
});

Deno.test("OrderBook.ladder() gives bids for buy and asks for sell", () => {
  const book = new OrderBook();
  assert(book.ladder("buy") === book.bids, "wanted the bids");
  assert(book.ladder("sell") === book.asks, "wanted the asks");
});

Deno.test("OrderBook of a thousand levels a side holds less than 130 KB", () => {
  const book = new OrderBook();
  for (let i = 0; i < 1_000; i++) {
    book.bids.set(5_000 - i, 1);
    book.asks.set(5_001 + i, 1);
  }
  assert(book.memoryBytes < 130_000, `wanted less than 130,000, found ${book.memoryBytes}`);
});

Deno.test("findBookFault() finds nothing in a sound book and a cross in a crossed one", () => {
  const book = bookOf("   | 101.00 | 7", " 4 | 100.50 |  ");
  assertStrictEquals(findBookFault(book), undefined);
  book.applyDelta(delta({ side: "buy", price: "102.00", size: "1" }));
  assertStrictEquals(findBookFault(book), "crossed");
  assertStrictEquals(findBookFault(book, true), undefined);
});

Deno.test("findBookFault() finds a size that is no whole lot", () => {
  const book = bookOf("   | 101.00 | 7", " 4 | 100.50 |  ");
  book.bids.set(10_000, 1.5);
  assertStrictEquals(findBookFault(book), "not_whole");
});

Deno.test("findBookFault() finds a ladder whose order, size or best is wrong", () => {
  for (
    const [levels, fault] of [
      [[[100, 1], [101, 1]], "unsorted"],
      [[[100, 0]], "empty_level"],
    ] as const
  ) {
    const book = new OrderBook();
    const broken = { ...book, bids: brokenBids(levels) } as unknown as OrderBook;
    assertStrictEquals(findBookFault(broken), fault);
  }
  const book = new OrderBook();
  const bids = Object.assign(brokenBids([[100, 1]]), { best: 99 });
  assertStrictEquals(
    findBookFault({ ...book, bids } as unknown as OrderBook),
    "wrong_best",
  );
});

/** Bids that break their own rules, which no real ladder can be brought to do. */
function brokenBids(levels: readonly (readonly [number, number])[]) {
  return {
    ...new PriceLadder("buy"),
    best: levels[0]![0],
    bestSize: levels[0]![1],
    first: () => 0,
    after: (cursor: number) => cursor + 1 < levels.length ? cursor + 1 : -1,
    priceAt: (cursor: number) => levels[cursor]![0],
    levelSizeAt: (cursor: number) => levels[cursor]![1],
  };
}
