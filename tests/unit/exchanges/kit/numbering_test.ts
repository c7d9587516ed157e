/**
 * Old ids: repeated or of a new numbering; whole books: late or new.
 * @module
 */
import { instrumentIndex, type Micros, micros } from "@/engine/domain/mod.ts";
import { isFormerNumbering, isNewNumbering, NumberingClock } from "@/exchanges/kit/mod.ts";
import { DeltaScratch, SnapshotScratch } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

const INDEX = instrumentIndex(0);
const SECOND = 1_000_000;
const AT = 1_000 * SECOND;

function delta(sequence: number, venueAt: number): DeltaScratch {
  const made = new DeltaScratch().begin(INDEX, micros(1));
  made.sequence = sequence;
  made.venueAt = venueAt as Micros;
  return made;
}

function whole(sequence: number, venueAt: number): SnapshotScratch {
  const made = new SnapshotScratch().begin(INDEX, micros(1));
  made.sequence = sequence;
  made.venueAt = venueAt as Micros;
  return made;
}

function clockAt(venueAt: number): NumberingClock {
  const clock = new NumberingClock();
  clock.moveTo({ venueAt, at: 0 });
  return clock;
}

Deno.test("a numbering is new more than a second later, and never where a time is not said", () => {
  assert(!isNewNumbering(AT, AT + SECOND));
  assert(isNewNumbering(AT, AT + SECOND + 1));
  assert(!isNewNumbering(0, AT));
  assert(!isNewNumbering(AT, 0));
});

Deno.test("a numbering is the former one more than a second earlier", () => {
  assert(!isFormerNumbering(AT, AT - SECOND));
  assert(isFormerNumbering(AT, AT - SECOND - 1));
  assert(!isFormerNumbering(AT, 0));
});

Deno.test("NumberingClock: an old id is stale, but a gap when it is much later", () => {
  const clock = clockAt(AT);
  assertEquals(clock.judgeOld(100, delta(99, AT - 5)), "stale");
  assertEquals(clock.judgeOld(100, delta(3, AT + SECOND)), "stale");
  assertEquals(clock.judgeOld(100, delta(3, AT + SECOND + 1)), "gap");
  clock.reset();
  assertEquals(clock.judgeOld(100, delta(3, AT + 9 * SECOND)), "stale", "no time to compare with");
});

Deno.test("NumberingClock: a snapshot without a time is as late as the changes it holds", () => {
  const clock = clockAt(0);
  assertEquals(clock.judgeOld(100, delta(98, AT)), "stale");
  assertEquals(clock.judgeOld(100, delta(3, AT + 2 * SECOND)), "gap");
  assertEquals(clock.judgeOld(100, delta(100, AT + SECOND)), "stale");
  assertEquals(
    clock.judgeOld(100, delta(3, AT + 2 * SECOND)),
    "stale",
    "the last id was said then",
  );
});

Deno.test("NumberingClock: buffered changes older than a timeless snapshot may lie seconds apart", () => {
  const clock = clockAt(0);
  for (const [sequence, seconds] of [[61, 0], [64, 9], [65, 12], [65, 12]] as const) {
    assertEquals(clock.judgeOld(65, delta(sequence, AT + seconds * SECOND)), "stale");
  }
  assertEquals(clock.judgeOld(65, delta(3, AT + 14 * SECOND)), "gap");
});

Deno.test("NumberingClock: a snapshot without a time is of its receipt at the latest", () => {
  const clock = new NumberingClock();
  clock.moveTo({ venueAt: 0, at: AT });
  for (const [sequence, seconds] of [[61, -20], [64, -9], [65, 1]] as const) {
    assertEquals(clock.judgeOld(100, delta(sequence, AT + seconds * SECOND)), "stale");
  }
  assertEquals(clock.judgeOld(100, delta(66, AT + SECOND + 1)), "gap");
});

Deno.test("NumberingClock: ids that creep on within a second do not hide a new numbering", () => {
  const clock = clockAt(AT);
  assertEquals(clock.judgeOld(100, delta(1, AT + SECOND / 2)), "stale");
  assertEquals(clock.judgeOld(100, delta(2, AT + SECOND)), "stale");
  assertEquals(clock.judgeOld(100, delta(3, AT + SECOND + SECOND / 2)), "gap");
});

Deno.test("NumberingClock: a whole book is old when its id is lower and its time no later", () => {
  const clock = clockAt(AT);
  assert(clock.isOldWhole(100, whole(99, AT)));
  assert(!clock.isOldWhole(100, whole(100, AT)), "the same again");
  assert(clock.isOldWhole(100, whole(100, AT - 1)), "the same number of an earlier numbering");
  assert(!clock.isOldWhole(100, whole(1, AT + 1)), "the venue began anew");
  assert(!clock.isOldWhole(100, whole(99, 0)), "no time said");
  assert(!clock.isOldWhole(100, whole(101, AT - SECOND)));
  assert(clock.isOldWhole(3, whole(100, AT - 2 * SECOND)), "of the numbering before");
});

Deno.test("NumberingClock: a whole book with a low id begins anew when it is much later", () => {
  assert(clockAt(AT).beginsAnew(whole(1, AT + SECOND + 1)));
  assert(!clockAt(AT).beginsAnew(whole(1, AT)));
});
