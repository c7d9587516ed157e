/**
 * The numbered steps of OKX's sequence rule, and a random stream with each fault in it.
 * @module
 */
import { instrumentIndex, micros } from "@/engine/domain/mod.ts";
import { DeltaScratch, SnapshotScratch } from "@/exchanges/shared/mod.ts";
import { OkxBookSequence } from "@/exchanges/okx/book_sequence.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

const AT = micros(1);

function snapshot(sequence: number): SnapshotScratch {
  const made = new SnapshotScratch().begin(instrumentIndex(0), AT);
  made.sequence = sequence;
  return made;
}

function delta(previous: number, sequence: number): DeltaScratch {
  const made = new DeltaScratch().begin(instrumentIndex(0), AT);
  made.previousSequence = previous;
  made.sequence = sequence;
  return made;
}

function ruleAt(sequence: number): OkxBookSequence {
  const rule = new OkxBookSequence();
  rule.reset();
  rule.onSnapshot(snapshot(sequence));
  return rule;
}

Deno.test("OkxBookSequence takes its snapshot from the stream, and nothing before it", () => {
  const rule = new OkxBookSequence();
  assertEquals(rule.snapshotFrom, "stream");
  assertEquals(rule.judge(delta(-1, 5)), "gap");
  assert(rule.isSnapshotRecent(snapshot(1), 9));
});

Deno.test("OkxBookSequence follows the chain", () => {
  const rule = ruleAt(10);
  assertEquals(rule.judge(delta(10, 15)), "next");
  assertEquals(rule.judge(delta(15, 16)), "next");
  assertEquals(rule.judge(delta(17, 18)), "gap");
});

Deno.test("OkxBookSequence takes a keep-alive, again and again", () => {
  const rule = ruleAt(10);
  assertEquals(rule.judge(delta(10, 10)), "next");
  assertEquals(rule.judge(delta(10, 10)), "next");
  assertEquals(rule.judge(delta(10, 11)), "next");
});

Deno.test("OkxBookSequence goes on from a smaller id after a reset", () => {
  const rule = ruleAt(1_000);
  assertEquals(rule.judge(delta(1_000, 3)), "reset");
  assertEquals(rule.judge(delta(3, 5)), "next");
});

Deno.test("OkxBookSequence sees a gap where a reset was missed, though the ids look old", () => {
  const rule = ruleAt(1_000);
  assertEquals(rule.judge(delta(3, 5)), "gap");
});

Deno.test("OkxBookSequence follows captures without ids, but not from a chain with ids", () => {
  const old = ruleAt(-1);
  assertEquals(old.judge(delta(-1, -1)), "next");
  assertEquals(ruleAt(7).judge(delta(-1, -1)), "gap");
  assertEquals(ruleAt(7).judge(delta(7, -1)), "gap");
});

Deno.test("OkxBookSequence: of a damaged stream it takes exactly what follows on", () => {
  const random = printedRandom("okx sequence");
  for (let round = 0; round < 300; round++) {
    const rule = ruleAt(100);
    let last = 100;
    let standsAt = 100;
    let isLost = false;
    for (let step = 0; step < 60; step++) {
      const isReset = random.next() < 0.05;
      const next = isReset ? Math.floor(random.next() * last) : last + Math.floor(
        random.next() * 4,
      );
      const frame = delta(last, next);
      const isNoOp = next === last;
      last = next;
      const fate = random.next();
      if (fate < 0.05) {
        // A lost keep-alive changes nothing.
        if (!isNoOp) isLost = true;
        continue;
      }
      const verdict = rule.judge(frame);
      if (isLost) {
        // Only where the ids come round to the very one it stands at could it be fooled.
        if (frame.previousSequence !== standsAt) assertEquals(verdict, "gap");
        break;
      }
      assert(verdict === "next" || verdict === "reset");
      standsAt = next;
      if (fate > 0.95 && !isNoOp) assertEquals(rule.judge(frame), "gap", "a repeat is no delta");
    }
  }
});
