/**
 * A book against the venue's answers: what stays wrong is found, what moves is not.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { LevelCheck } from "@/engine/feed/mod.ts";
import { type BookCheck, SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { delta, snapshot } from "@/tests/support/books.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

const TRUE = [
  "    | 102.00 | 8",
  "    | 101.00 | 7",
  "  4 | 100.00 |  ",
  "  5 |  99.00 |  ",
];

function bookOf(rows: string[], sequence = 10): OrderBook {
  const book = new OrderBook();
  book.applySnapshot(snapshot(rows, { sequence }));
  return book;
}

function answer(rows: string[], sequence: number = SEQUENCE_NONE): BookCheck {
  const { instrument, at, venueAt, bids, asks } = snapshot(rows, { sequence });
  return { kind: "book_check", instrument, at, venueAt, sequence, bids, asks };
}

function rounds(book: OrderBook, answers: BookCheck[], between = () => {}): (string | undefined)[] {
  const check = new LevelCheck(book);
  check.start(micros(0));
  return answers.map((one, round) => {
    if (round > 0) {
      between();
      check.askAgain(micros(round * 2_000_000));
    }
    return check.onAnswer(one);
  });
}

const WRONG = TRUE.with(2, "  9 | 100.00 |  ");

Deno.test("LevelCheck finds a book that is the venue's to be the same, deeper sides left out", () => {
  assertEquals(rounds(bookOf(TRUE), [answer(TRUE)]), ["same"]);
  assertEquals(rounds(bookOf(TRUE), [answer(TRUE.slice(1, 3))]), ["same"]);
  assertEquals(rounds(bookOf(TRUE.slice(1, 3)), [answer(TRUE)]), ["same"]);
});

Deno.test("LevelCheck wants three answers that say the same of a level, or one of its sequence", () => {
  const three = [answer(WRONG), answer(WRONG), answer(WRONG)];
  assertEquals(rounds(bookOf(TRUE), three), ["pending", "pending", "different"]);
  assertEquals(rounds(bookOf(TRUE), [answer(WRONG, 10)]), ["different"]);
  assertEquals(rounds(bookOf(TRUE), [answer(WRONG, 11)]), ["pending"]);
});

Deno.test("LevelCheck suspects nobody of a market that moves", () => {
  const book = bookOf(TRUE);
  let lots = 10;
  const move = () =>
    book.applyDelta(delta({ side: "buy", price: "100.00", size: String(lots++) }, {}));
  assertEquals(rounds(book, [answer(WRONG), answer(WRONG)], move), ["pending", "unclear"]);
  const eight = TRUE.with(2, "  8 | 100.00 |  ");
  assertEquals(rounds(bookOf(TRUE), [answer(WRONG), answer(eight)]), ["pending", "unclear"]);
});

Deno.test("LevelCheck sees missing levels, levels too many, and an empty side", () => {
  const missing = [answer(TRUE.toSpliced(1, 1)), answer(TRUE.toSpliced(1, 1), 10)];
  assertEquals(rounds(bookOf(TRUE), missing), ["pending", "different"]);
  assertEquals(rounds(bookOf(TRUE.toSpliced(1, 1)), [answer(TRUE, 10)]), ["different"]);
  assertEquals(rounds(bookOf(TRUE), [answer(TRUE.slice(0, 2), 10)]), ["different"]);
});

Deno.test("LevelCheck takes answers to its questions alone, asks again late, gives up on silence", () => {
  const check = new LevelCheck(bookOf(TRUE));
  assertEquals(check.onAnswer(answer(TRUE)), undefined);
  check.start(micros(1_000_000));
  assertEquals(check.onAnswer(answer(WRONG)), "pending");
  assertEquals(check.onAnswer(answer(WRONG)), undefined);
  assertEquals(check.isDue(micros(2_999_999)), false);
  assertEquals(check.isDue(micros(3_000_000)), true);
  check.askAgain(micros(3_000_000));
  assertEquals(check.isDue(micros(13_000_000)), false);
  assertEquals(check.isActive, true);
  assertEquals(check.isDue(micros(13_000_001)), false);
  assertEquals([check.isActive, check.done], [false, 0]);
});

Deno.test("LevelCheck finds any one altered level of a random book, and none where none is", () => {
  const random = printedRandom("level check");
  const row = (price: number, bid: string, ask: string) => `${bid} | ${price.toFixed(2)} | ${ask}`;
  for (let round = 0; round < 200; round++) {
    const rows: string[] = [];
    for (let level = 30; level > 0; level--) rows.push(row(200 + level, "", String(level + 1)));
    for (let level = 0; level < 30; level++) rows.push(row(199 - level, String(level + 1), ""));
    const at = 10 + Math.floor(random.next() * 40);
    const altered = rows.with(at, rows[at]!.replace(/\d+ *$|^\d+/, "777"));
    assertEquals(rounds(bookOf(rows), [answer(rows)]), ["same"]);
    assertEquals(rounds(bookOf(altered), [answer(rows, 10)]), ["different"]);
  }
});
