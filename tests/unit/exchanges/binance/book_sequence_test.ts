/**
 * Both products' published steps, one test a step.
 * @module
 */
import { instrumentIndex, micros } from "@/engine/domain/mod.ts";
import { type BookDelta, type BookSnapshot, LevelBuffer } from "@/engine/messages/mod.ts";
import type { SequenceRule } from "@/engine/ports/mod.ts";
import { PerpetualBookSequence, SpotBookSequence } from "@/exchanges/binance/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

const LEVELS = new LevelBuffer(1);
const BASE = {
  instrument: instrumentIndex(0),
  at: micros(1),
  venueAt: micros(1),
  bids: LEVELS,
  asks: LEVELS,
  checksum: undefined,
};

function delta(first: number, last: number, previous = -1): BookDelta {
  const ids = { firstSequence: first, sequence: last, previousSequence: previous };
  return { kind: "book_delta", ...BASE, ...ids };
}

function snapshot(sequence: number): BookSnapshot {
  return { kind: "book_snapshot", ...BASE, sequence };
}

function after(rule: SequenceRule, sequence: number): SequenceRule {
  rule.onSnapshot(snapshot(sequence));
  return rule;
}

Deno.test("SpotBookSequence step 2: a snapshot older than the first buffered event is too old", () => {
  const rule = new SpotBookSequence();
  assert(!rule.isSnapshotRecent(snapshot(98), 100));
  assert(rule.isSnapshotRecent(snapshot(99), 100), "99 is followed by 100 without a hole");
  assert(rule.isSnapshotRecent(snapshot(150), 100));
  assert(rule.isSnapshotRecent(snapshot(1), -1), "nothing is buffered yet");
});

Deno.test("SpotBookSequence step 3: the first event covers lastUpdateId + 1", () => {
  assertEquals(after(new SpotBookSequence(), 160).judge(delta(157, 160)), "stale");
  assertEquals(after(new SpotBookSequence(), 160).judge(delta(157, 161)), "next");
  assertEquals(after(new SpotBookSequence(), 160).judge(delta(161, 165)), "next");
  assertEquals(after(new SpotBookSequence(), 160).judge(delta(162, 165)), "gap");
});

Deno.test("SpotBookSequence step 4: steady state takes the next id, drops repeats, sees holes", () => {
  const rule = after(new SpotBookSequence(), 160);
  assertEquals(rule.judge(delta(161, 165)), "next");
  assertEquals(rule.judge(delta(161, 165)), "stale");
  assertEquals(rule.judge(delta(167, 170)), "gap");
  assertEquals(rule.judge(delta(166, 170)), "next");
  rule.reset();
  assertEquals(rule.judge(delta(171, 172)), "gap", "after reset nothing follows");
});

Deno.test("both rules see a gap where small ids come much later: the venue counts anew", () => {
  const later = { venueAt: micros(2_000_002) };
  for (const rule of [new SpotBookSequence(), new PerpetualBookSequence()]) {
    after(rule, 160);
    assertEquals(rule.judge({ ...delta(2, 4, 1), ...later }), "gap");
    assertEquals(rule.judge(delta(150, 165, 149)), "next");
    assertEquals(rule.judge(delta(2, 4, 1)), "stale");
    assertEquals(rule.judge({ ...delta(2, 4, 1), ...later }), "gap");
  }
});

Deno.test("PerpetualBookSequence step 2: the snapshot reaches the first buffered event", () => {
  const rule = new PerpetualBookSequence();
  assert(!rule.isSnapshotRecent(snapshot(99), 100));
  assert(rule.isSnapshotRecent(snapshot(100), 100));
  assert(rule.isSnapshotRecent(snapshot(1), -1));
});

Deno.test("PerpetualBookSequence steps 3 and 4: the first event spans lastUpdateId", () => {
  assertEquals(after(new PerpetualBookSequence(), 160).judge(delta(150, 159, 140)), "stale");
  assertEquals(after(new PerpetualBookSequence(), 160).judge(delta(150, 160, 140)), "next");
  assertEquals(after(new PerpetualBookSequence(), 160).judge(delta(150, 170, 140)), "next");
  assertEquals(after(new PerpetualBookSequence(), 160).judge(delta(163, 170, 161)), "gap");
  assertEquals(after(new PerpetualBookSequence(), 160).judge(delta(163, 170, 160)), "next");
});

Deno.test("PerpetualBookSequence step 5: later events are chained by pu, not by U", () => {
  const rule = after(new PerpetualBookSequence(), 160);
  assertEquals(rule.judge(delta(150, 170, 140)), "next");
  assertEquals(rule.judge(delta(175, 180, 170)), "next");
  assertEquals(rule.judge(delta(175, 180, 170)), "stale", "repeated");
  assertEquals(rule.judge(delta(190, 195, 185)), "gap", "one is missing");
  assertEquals(rule.judge(delta(171, 190, 160)), "gap", "spans the id but is not chained");
  assertEquals(rule.judge(delta(181, 185, 180)), "next");
  rule.reset();
  assertEquals(rule.judge(delta(186, 190, 185)), "gap");
});
