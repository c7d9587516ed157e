/**
 * An audit finds a book that silently went wrong, and only such a one.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { instrumentIndex, type Micros, micros } from "@/engine/domain/mod.ts";
import { FEED_LIMITS_DEFAULT, FeedAudit } from "@/engine/feed/mod.ts";
import type { SequenceRule } from "@/engine/ports/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { delta, snapshot } from "@/tests/support/books.ts";

const ROWS = ["   | 101.00 | 7", " 4 | 100.00 |  "];
const NOW: Micros = micros(1_000_000_000);

/** Ids count up by one. */
function countingRule(): SequenceRule {
  let last = -1;
  return {
    snapshotFrom: "rest",
    reset: () => void (last = -1),
    isSnapshotRecent: (taken, first) => first < 0 || taken.sequence >= first - 1,
    onSnapshot: (taken) => void (last = taken.sequence),
    judge: (next) => {
      if (next.sequence <= last) return "stale";
      if (next.firstSequence > last + 1) return "gap";
      last = next.sequence;
      return "next";
    },
  };
}

function fixture(): { book: OrderBook; audit: FeedAudit } {
  const book = new OrderBook();
  book.applySnapshot(snapshot(ROWS, { sequence: 10 }));
  const audit = new FeedAudit({
    instrument: instrumentIndex(0),
    book,
    rule: countingRule(),
    limits: FEED_LIMITS_DEFAULT,
  });
  return { book, audit };
}

function next(sequence: number, bid: string) {
  return delta({ side: "buy", price: bid, size: "5" }, { firstSequence: sequence, sequence });
}

Deno.test("FeedAudit agrees when a fresh snapshot and the deltas lead to the same book", () => {
  const { book, audit } = fixture();
  audit.start(NOW);
  const first = next(11, "99.00");
  book.applyDelta(first);
  assertEquals(audit.onDelta(first, NOW), "pending");
  audit.onSnapshot(snapshot([...ROWS, " 5 | 99.00 |  "], { sequence: 11 }), NOW);
  const second = next(12, "98.00");
  book.applyDelta(second);
  assertEquals(audit.onDelta(second, NOW), "same");
  assertEquals([audit.isActive, audit.done, audit.breaks], [false, 1, 0]);
});

Deno.test("FeedAudit finds a level that the book in use has wrong", () => {
  const { book, audit } = fixture();
  // The planted bug: a change that the venue never sent.
  book.applyDelta(delta({ side: "buy", price: "99.50", size: "1" }, { sequence: 10 }));
  audit.start(NOW);
  const first = next(11, "99.00");
  book.applyDelta(first);
  audit.onDelta(first, NOW);
  audit.onSnapshot(snapshot(ROWS, { sequence: 10 }), NOW);
  const second = next(12, "98.00");
  book.applyDelta(second);
  assertEquals(audit.onDelta(second, NOW), "different");
  assertEquals(audit.breaks, 1);
});

Deno.test("FeedAudit that finds no common sequence in time is given up, and is no break", () => {
  const { book, audit } = fixture();
  audit.start(NOW);
  const first = next(11, "99.00");
  book.applyDelta(first);
  assertEquals(audit.onDelta(first, micros(NOW + 11_000_000)), "given_up");
  assertEquals([audit.isActive, audit.breaks], [false, 0]);
});

Deno.test("FeedAudit does nothing before it is started and after it is abandoned", () => {
  const { audit } = fixture();
  assertEquals(audit.onDelta(next(11, "99.00"), NOW), "idle");
  audit.start(NOW);
  audit.abandon();
  assertEquals(audit.onDelta(next(11, "99.00"), NOW), "idle");
});
