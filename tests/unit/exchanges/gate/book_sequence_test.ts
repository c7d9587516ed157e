/**
 * The venue's numbered steps, one test each, and that the rule stands against a random stream.
 * @module
 */
import { instrumentIndex, micros } from "@/engine/domain/mod.ts";
import { DeltaScratch, SnapshotScratch } from "@/exchanges/shared/mod.ts";
import { GateBookSequence } from "@/exchanges/gate/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { forEachCase } from "@/tests/support/builders.ts";

const SECOND = 1_000_000;

function snapshot(id: number, at = 1_000 * SECOND): SnapshotScratch {
  const made = new SnapshotScratch().begin(instrumentIndex(0), micros(0));
  made.sequence = id;
  made.venueAt = micros(at);
  return made;
}

function delta(first: number, last: number, at = 1_000 * SECOND): DeltaScratch {
  const made = new DeltaScratch().begin(instrumentIndex(0), micros(0));
  made.firstSequence = first;
  made.sequence = last;
  made.venueAt = micros(at);
  return made;
}

function ruleAt(id: number): GateBookSequence {
  const rule = new GateBookSequence();
  rule.reset();
  rule.onSnapshot(snapshot(id));
  return rule;
}

Deno.test("GateBookSequence knows no delta before a snapshot", () => {
  const rule = new GateBookSequence();
  assertEquals(rule.judge(delta(1, 2)), "gap");
  assertEquals(rule.snapshotFrom, "rest");
});

Deno.test("GateBookSequence takes a snapshot that reaches the first buffered delta (step 4)", () => {
  const rule = new GateBookSequence();
  assert(rule.isSnapshotRecent(snapshot(99), -1), "nothing is buffered yet");
  assert(rule.isSnapshotRecent(snapshot(99), 100));
  assert(rule.isSnapshotRecent(snapshot(150), 100));
  assert(!rule.isSnapshotRecent(snapshot(98), 100), "REST lags: ask again");
});

Deno.test("GateBookSequence drops what the snapshot holds and applies the first that covers id + 1", () => {
  const rule = ruleAt(100);
  assertEquals(rule.judge(delta(90, 99)), "stale");
  assertEquals(rule.judge(delta(95, 100)), "stale");
  assertEquals(rule.judge(delta(98, 104)), "next");
  assertEquals(rule.judge(delta(105, 105)), "next");
});

Deno.test("GateBookSequence finds a gap in steady state and stays on a repetition (step 5)", () => {
  const rule = ruleAt(100);
  assertEquals(rule.judge(delta(101, 110)), "next");
  assertEquals(rule.judge(delta(101, 110)), "stale");
  assertEquals(rule.judge(delta(108, 112)), "next", "an overlap is harmless");
  assertEquals(rule.judge(delta(114, 115)), "gap");
  assertEquals(rule.judge(delta(113, 113)), "next", "a gap moves nothing");
  rule.reset();
  assertEquals(rule.judge(delta(114, 115)), "gap");
});

Deno.test("GateBookSequence tells a replacing whole book from an old one (step 6)", () => {
  const rule = ruleAt(100);
  assert(rule.isReplacement(snapshot(100)));
  assert(rule.isReplacement(snapshot(101)));
  assert(!rule.isReplacement(snapshot(99)));
  assert(rule.isReplacement(snapshot(5, 1_010 * SECOND)), "a new numbering");
});

Deno.test("GateBookSequence sees a numbering that starts anew (step 7)", () => {
  const rule = ruleAt(100);
  assertEquals(rule.judge(delta(101, 110)), "next");
  assertEquals(rule.judge(delta(1, 2, 1_001 * SECOND)), "stale", "clocks may differ");
  assertEquals(rule.judge(delta(1, 2, 1_002 * SECOND)), "gap");
  const silent = new GateBookSequence();
  silent.onSnapshot(snapshot(100, 0));
  assertEquals(silent.judge(delta(1, 2, 1_002 * SECOND)), "stale", "no time, no judgement");
});

Deno.test("GateBookSequence never calls next what does not continue the book", () => {
  forEachCase("gate sequence", 300, (random) => {
    const start = Math.floor(random.next() * 1_000);
    const rule = ruleAt(start);
    let covered = start;
    for (let step = 0; step < 60; step++) {
      const first = covered - 3 + Math.floor(random.next() * 8);
      const last = first + Math.floor(random.next() * 4);
      const verdict = rule.judge(delta(first, last));
      const wanted = last <= covered ? "stale" : first > covered + 1 ? "gap" : "next";
      assertEquals(verdict, wanted);
      if (verdict === "next") covered = last;
    }
  });
});
