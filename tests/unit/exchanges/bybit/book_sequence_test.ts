/**
 * The venue's numbered steps, each alone, and the ways a stream can be damaged.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { BybitBookSequence } from "@/exchanges/bybit/book_sequence.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { delta, snapshot } from "@/tests/support/books.ts";

const ROWS = ["        | 101.00 | 7", "    4   | 100.50 |  "];

function at(sequence: number) {
  return delta({ side: "buy", price: "100.00", size: "1" }, { sequence });
}

function started(sequence: number, rule = new BybitBookSequence()): BybitBookSequence {
  rule.onSnapshot(snapshot(ROWS, { sequence }));
  return rule;
}

Deno.test("BybitBookSequence takes its books from the stream, never from REST", () => {
  const rule = new BybitBookSequence();
  assertEquals(rule.snapshotFrom, "stream");
  assert(!rule.isSnapshotRecent(snapshot(ROWS, { sequence: 9 }), 9));
});

Deno.test("BybitBookSequence wants a snapshot before the first delta (step 3)", () => {
  assertEquals(new BybitBookSequence().judge(at(5)), "gap");
});

Deno.test("BybitBookSequence takes u = last u + 1 and nothing else (step 4)", () => {
  const rule = started(10);
  assertEquals(rule.judge(at(11)), "next");
  assertEquals(rule.judge(at(12)), "next");
  assertEquals(rule.judge(at(12)), "stale");
  assertEquals(rule.judge(at(3)), "stale");
  assertEquals(rule.judge(at(14)), "gap");
  assertEquals(rule.judge(at(13)), "next", "a gap moves nothing on");
});

Deno.test("BybitBookSequence goes on from any later snapshot, older numbers too (step 1)", () => {
  const rule = started(10);
  started(1, rule);
  assertEquals(rule.judge(at(2)), "next");
  rule.reset();
  assertEquals(rule.judge(at(3)), "gap");
});

Deno.test("BybitBookSequence never takes u = 1 for a delta (step 2)", () => {
  assertEquals(started(10).judge(at(1)), "gap");
  assertEquals(started(0).judge(at(1)), "gap");
});

Deno.test("BybitBookSequence can follow a venue that skips numbers", () => {
  const rule = started(10, new BybitBookSequence("monotonic"));
  assertEquals(rule.judge(at(20)), "next");
  assertEquals(rule.judge(at(20)), "stale");
});

Deno.test("BybitBookSequence sees a gap where a restart was missed, though u looks old", () => {
  const rule = new BybitBookSequence();
  const said = (sequence: number, venueAt: number) => ({
    ...at(sequence),
    venueAt: micros(venueAt),
  });
  rule.onSnapshot({ ...snapshot(ROWS, { sequence: 10 }), venueAt: micros(5) });
  assertEquals(rule.judge(said(11, 1_000_005)), "next");
  assertEquals(rule.judge(said(2, 2_000_005)), "stale");
  assertEquals(rule.judge(said(2, 2_000_006)), "gap");
  assert(rule.isOldSnapshot({ ...snapshot(ROWS, { sequence: 10 }), venueAt: micros(5) }));
  assert(!rule.isOldSnapshot({ ...snapshot(ROWS, { sequence: 1 }), venueAt: micros(2_000_005) }));
});
