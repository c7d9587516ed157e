/**
 * Two lines of one stream become one: each delta and trade once, in order, none missing, whichever
 * line lags, loses messages, dies or subscribes anew.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import { type BookSnapshot, LevelBuffer } from "@/engine/messages/mod.ts";
import { LineMerge } from "@/exchanges/kit/mod.ts";
import { BestBidAskScratch, DeltaScratch } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { BTC, delta, merged, shortOf, snapshot, START, trade } from "./_line_merge.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

Deno.test("LineMerge of one line passes everything as it is, gaps and repetitions too", () => {
  for (const numbering of ["contiguous", "chained", "connection"] as const) {
    const { merge, say, take } = merged(numbering, true);
    const a = merge.open();
    merge.take(a, snapshot(1));
    say(a, 2, 3, 3, 7, 8, 5);
    merge.take(a, snapshot(4));
    assertEquals(take(), "whole 1 2 3 3 7 8 5 whole 4", numbering);
  }
});

Deno.test("LineMerge delivers each delta once, from whichever line says it first", () => {
  const { merge, say, take } = merged();
  const [a, b] = [merge.open(), merge.open()];
  say(a, 1, 2);
  say(b, 1, 2, 3);
  say(a, 3, 4);
  say(b, 4);
  assertEquals(take(), "1 2 3 4");
  assertEquals(merge.repeats, 4);
});

Deno.test("LineMerge waits for the other line to fill a hole; then nothing is missing", () => {
  const { merge, say, take } = merged();
  const [a, b] = [merge.open(), merge.open()];
  say(a, 1, 2, 3);
  say(b, 1, 2);
  say(a, 5, 6);
  assertEquals(take(), "1 2 3", "4 may come from B");
  say(b, 3, 4);
  assertEquals(take(), "4 5 6");
  assertEquals(merge.filled, 2);
  say(b, 5, 6, 7);
  assertEquals(take(), "7");
});

Deno.test("LineMerge.regrid() drops what waits: it was counted on the old grids", () => {
  const { clock, merge, say, take } = merged();
  const [a, b] = [merge.open(), merge.open()];
  say(a, 1, 2);
  say(b, 1, 2);
  say(a, 4, 5);
  merge.regrid(BTC);
  say(b, 3);
  clock.advance(1_000);
  assertEquals(take(), "1 2 3");
});

Deno.test("LineMerge tells a hole of both lines at once, and of a frozen one in half a second", () => {
  const { clock, merge, say, take } = merged();
  const [a, b] = [merge.open(), merge.open()];
  say(a, 1, 2, 3);
  say(b, 1, 2);
  say(a, 5);
  say(b, 5);
  assertEquals(take(), "1 2 3 5", "B has not got 4 either");
  say(a, 6, 8);
  assertEquals(take(), "6");
  clock.advance(499);
  assertEquals(take(), "");
  clock.advance(2);
  assertEquals(take(), "8", "the venue's rule finds the gap");
  merge.stop();
  assertEquals(clock.pendingCount, 0);
});

Deno.test("LineMerge follows a line that lags as long as it goes on", () => {
  const { clock, merge, say, take } = merged();
  const [a, b] = [merge.open(), merge.open()];
  say(a, 1);
  say(b, 1);
  merge.close(a);
  const c = merge.open();
  say(c, 50, 51);
  assertEquals(take(), "1");
  for (let id = 2; id < 10; id++) {
    say(b, id);
    clock.advance(400);
  }
  assertEquals(take(), "2 3 4 5 6 7 8 9", "no gap is made of a line that is ahead");
  for (let id = 10; id < 53; id++) say(b, id);
  assert(take().endsWith(" 50 51 52"));
});

Deno.test("LineMerge hides the loss of a line that another stands in for", () => {
  const { merge, say, take } = merged();
  const [a, b] = [merge.open(), merge.open()];
  say(a, 1, 2);
  merge.interrupt(a, BTC, "disconnected", micros(START));
  assertEquals(take(), "1 2 interrupted disconnected", "B has not spoken of it yet");
  say(a, 3);
  say(b, 3);
  say(a, 4, 5);
  merge.interrupt(a, BTC, "disconnected", micros(START));
  merge.close(a);
  assertEquals(take(), "3 4 5");
  say(b, 4, 5, 6);
  assertEquals(take(), "6");
  merge.interrupt(b, BTC, "disconnected", micros(START));
  merge.close(b);
  assertEquals(take(), "interrupted disconnected");
});

Deno.test("LineMerge tells that a frame was refused once every line has refused one", () => {
  const { merge, say, take } = merged();
  const [a, b] = [merge.open(), merge.open()];
  say(a, 1);
  say(b, 1);
  take();
  merge.interrupt(a, BTC, "refused_frame", micros(START));
  merge.interrupt(a, BTC, "refused_frame", micros(START));
  assertEquals(take(), "", "B may have read it");
  merge.interrupt(b, BTC, "refused_frame", micros(START));
  assertEquals(take(), "interrupted refused_frame");
  say(b, 2);
  merge.interrupt(b, BTC, "refused_frame", micros(START));
  assertEquals(take(), "2", "counted anew");
});

Deno.test("LineMerge releases what waits when the line that might fill the hole is lost", () => {
  const { merge, say, take } = merged();
  const [a, b] = [merge.open(), merge.open()];
  say(a, 1, 2);
  say(b, 1);
  say(a, 4);
  assertEquals(take(), "1 2");
  merge.close(b);
  assertEquals(take(), "4");
});

Deno.test("LineMerge drops the snapshot of a line that subscribes anew, unless it is newer", () => {
  const { merge, say, take } = merged("chained", true);
  const [a, b] = [merge.open(), merge.open()];
  merge.take(a, snapshot(1));
  say(a, 2, 3, 4);
  merge.take(b, snapshot(3));
  say(b, 4, 5);
  assertEquals(take(), "whole 1 2 3 4 5");
  merge.close(b);
  const c = merge.open();
  merge.take(c, snapshot(8));
  say(c, 9);
  say(a, 5, 6, 7, 8, 9, 10);
  assertEquals(take(), "whole 8 9 10");
});

Deno.test("LineMerge takes whole books without a number by their time, however late", () => {
  const { merge, take } = merged("contiguous", true);
  const [a, b] = [merge.open(), merge.open()];
  merge.take(a, snapshot(-1, 1));
  merge.take(b, snapshot(-1, 1));
  assertEquals(take(), "whole -1", "the same block again");
  // A freezes; B, which was away, is heard two seconds later.
  merge.take(b, snapshot(-1, 21));
  merge.take(a, snapshot(-1, 20));
  merge.take(b, snapshot(-1, 22));
  assertEquals(take(), "whole -1 whole -1");
});

Deno.test("LineMerge passes the snapshot that was asked for, whoever sends it", () => {
  const { merge, say, take } = merged("chained", true);
  const [a, b] = [merge.open(), merge.open()];
  merge.take(a, snapshot(1));
  merge.take(b, snapshot(1));
  say(a, 2, 3);
  merge.expectSnapshot(BTC);
  merge.take(b, snapshot(2));
  say(b, 3);
  say(a, 4);
  assertEquals(take(), "whole 1 2 3 whole 2 3 4");
});

Deno.test("LineMerge never takes a pushed snapshot for a delta where books come by REST", () => {
  const { merge, say, take } = merged();
  const [a, b] = [merge.open(), merge.open()];
  merge.take(a, snapshot(4));
  merge.take(a, delta(4));
  say(a, 5);
  merge.take(b, snapshot(6));
  // Some venues' decoders confirm a whole book by an empty delta of its id.
  merge.take(b, delta(6));
  say(b, 7);
  assertEquals(take(), "whole 4 4 5", "6 is known only as a whole book that was dropped");
  say(a, 6, 7);
  assertEquals(take(), "6 7");
});

Deno.test("LineMerge follows a numbering that starts anew, and drops what is left of the old", () => {
  const { merge, take } = merged("chained", true);
  const [a, b] = [merge.open(), merge.open()];
  merge.take(a, snapshot(100, 1));
  merge.take(b, snapshot(100, 1));
  merge.take(a, delta(101, 101, 100, 2));
  merge.take(a, delta(5, 5, 101, 30));
  merge.take(b, delta(101, 101, 100, 2));
  merge.take(b, delta(5, 5, 101, 30));
  merge.take(b, delta(6, 6, 5, 31));
  merge.take(a, delta(6, 6, 5, 31));
  assertEquals(take(), "whole 100 101 5 6");
  merge.take(b, snapshot(1, 60));
  merge.take(a, snapshot(1, 60));
  assertEquals(take(), "whole 1", "a restart that no delta led to");
});

Deno.test("LineMerge begins anew on a line that numbers otherwise, once the leader is gone", () => {
  const { merge, say, take } = merged("contiguous", true);
  const [a, b] = [merge.open(), merge.open()];
  const at = (id: number, second: number) => {
    const found = delta(id, id, id - 1, second * 10) as DeltaScratch;
    found.at = micros(START + second * 1_000_000);
    return found;
  };
  merge.take(a, snapshot(1_000));
  merge.take(b, snapshot(7));
  merge.take(a, at(1_001, 101));
  merge.take(b, at(8, 101));
  merge.take(b, at(9, 103));
  merge.take(a, at(1_002, 103));
  merge.take(b, at(10, 105));
  assertEquals(take(), "whole 1000 1001 1002", "A goes on, a little later");
  merge.take(b, at(11, 107));
  assertEquals(take(), "interrupted venue_reset 11", "A says nothing any more");
  merge.take(b, snapshot(11));
  merge.close(b);
  merge.take(a, at(5, 110));
  assertEquals(take(), "whole 11 interrupted venue_reset 5");
  say(a, 6);
  assertEquals(take(), "6");
});

Deno.test("LineMerge by connection follows one line; the next snapshot leads when it is lost", () => {
  const { merge, say, take } = merged("connection", true);
  const [a, b] = [merge.open(), merge.open()];
  merge.take(a, snapshot(1));
  merge.take(b, snapshot(1));
  say(a, 2);
  say(b, 2, 3);
  merge.interrupt(b, BTC, "silent", micros(START));
  assertEquals(take(), "whole 1 2");
  merge.interrupt(a, BTC, "disconnected", micros(START));
  merge.close(a);
  merge.take(b, snapshot(5));
  say(b, 6);
  assertEquals(take(), "interrupted disconnected whole 5 6");
  merge.retire(b);
  const c = merge.open();
  merge.take(c, snapshot(1));
  say(b, 7);
  say(c, 2);
  assertEquals(take(), "whole 1 2", "one that takes over leads with its first snapshot");
});

Deno.test("LineMerge by connection hands a book over to whoever keeps it, and tells nobody", () => {
  const heard: string[] = [];
  const kept = new Map<number, BookSnapshot>();
  const merge = new LineMerge({
    numbering: "connection",
    takesSnapshots: true,
    scheduler: new ManualClock(),
    standby: (source) => {
      const found = [...kept].find(([other]) => other !== source);
      return found && { source: found[0], snapshot: found[1] };
    },
    deliver: (event) => heard.push(shortOf(event)),
  });
  const [a, b] = [merge.open(), merge.open()];
  merge.take(a, snapshot(5));
  merge.take(b, snapshot(70));
  merge.take(a, delta(6));
  merge.take(b, delta(71));
  assertEquals(heard.splice(0), ["whole 5", "6"], "one is followed");
  kept.set(b, snapshot(71));
  assertEquals(merge.handOver(b, BTC), true, "a loss of who stands by is nobody's business");
  assertEquals(heard, []);
  merge.interrupt(a, BTC, "disconnected", micros(START));
  merge.close(a);
  merge.take(b, delta(72));
  assertEquals(heard.splice(0), ["whole 71", "72"]);
  kept.clear();
  assertEquals(merge.handOver(b, BTC), false);
  merge.interrupt(b, BTC, "silent", micros(START));
  assertEquals(heard, ["interrupted silent"], "nobody keeps one");
});

Deno.test("LineMerge delivers a trade once, touches when they are newer, status of one line", () => {
  const { merge, take } = merged();
  const [a, b] = [merge.open(), merge.open()];
  for (const id of ["7", "9", "b4e1-77aa", "90071992547409931"]) {
    merge.take(a, trade(id));
    merge.take(b, trade(id));
  }
  merge.take(b, trade("8"));
  merge.take(a, trade(""));
  merge.take(a, trade(""));
  assertEquals(
    take(),
    "trade 7 trade 9 trade b4e1-77aa trade 90071992547409931 trade 8 trade  trade ",
  );
  const touch = (sequence: number) => {
    const scratch = new BestBidAskScratch().begin(BTC, micros(START));
    scratch.sequence = sequence;
    return scratch;
  };
  merge.take(a, touch(1));
  merge.take(b, touch(1));
  merge.take(b, touch(2));
  merge.take(a, touch(2));
  merge.take(a, touch(3));
  merge.take(b, touch(2));
  assertEquals(take(), "touch 1 touch 2 touch 3");
  const status = (source: number, second: number) =>
    merge.take(source, {
      kind: "instrument_status",
      instrument: BTC,
      at: micros(START),
      venueAt: micros(START + second),
      status: "halted",
    });
  status(a, 1);
  status(b, 1);
  assertEquals(take(), "instrument_status");
});

Deno.test("LineMerge forgets all when a line opens while none is open", () => {
  const { merge, say, take } = merged();
  const a = merge.open();
  say(a, 1, 2);
  merge.close(a);
  const again = merge.open();
  say(again, 1);
  assertEquals(take(), "1 2 1");
});

/** What a filter does wrong on purpose, to show that the check below sees it. */
type Fault = "none" | "repeats" | "drops";

/** Both lines of a random stream, damaged at random; what is wrong with what was delivered. */
function runOnce(random: SeededRandom, fault: Fault): string | undefined {
  const clock = new ManualClock();
  const heard: number[] = [];
  let interruptions = 0;
  const merge = new LineMerge({
    numbering: random.next() < 0.5 ? "contiguous" : "chained",
    takesSnapshots: false,
    scheduler: clock,
    deliver: (event) => {
      if (event.kind === "feed_interrupted") interruptions++;
      if (event.kind !== "book_delta") return;
      if (fault === "drops" && event.sequence === 20) return;
      heard.push(event.sequence);
      if (fault === "repeats" && event.sequence === 20) heard.push(20);
    },
  });
  const last = 60;
  const lines = [0, 1].map(() => ({ next: 2, lost: 0, source: merge.open() }));
  for (const { source } of lines) merge.take(source, delta(1));
  let dead = -1;
  while (lines.some((line, number) => number !== dead && line.next <= last)) {
    const number = dead >= 0 ? 1 - dead : random.next() < 0.5 ? 0 : 1;
    const line = lines[number]!;
    const other = lines[1 - number]!;
    if (line.next > last) continue;
    // A message may be lost on one line only while the other has it still before it.
    const isLost = dead < 0 && random.next() < 0.1 && other.next < line.next && line.next < last;
    if (isLost) line.lost = line.next;
    else merge.take(line.source, delta(line.next));
    line.next++;
    // Whoever has said all that the other lost may die.
    if (dead >= 0 || line.next <= other.lost || random.next() > 0.02) continue;
    merge.interrupt(line.source, BTC, "disconnected", micros(START));
    merge.close(line.source);
    dead = number;
  }
  merge.stop();
  if (interruptions > 0) return "interrupted";
  const wanted = Array.from({ length: last }, (_, index) => index + 1).join(" ");
  return heard.join(" ") === wanted ? undefined : heard.join(" ");
}

Deno.test("LineMerge loses and repeats nothing in 2,000 random pairs of damaged lines", () => {
  const random = printedRandom("line merge");
  for (let run = 0; run < 2_000; run++) {
    const wrong = runOnce(random.fork(`${run}`), "none");
    assert(wrong === undefined, `run ${run}: ${wrong}`);
  }
});

Deno.test("The check of random pairs sees a filter that repeats, and one that drops", () => {
  const random = printedRandom("line merge, planted");
  assert(runOnce(random.fork("1"), "repeats") !== undefined);
  assert(runOnce(random.fork("1"), "drops") !== undefined);
});

Deno.test("LineMerge keeps copies of what waits: the decoder's scratch is filled again", () => {
  const clock = new ManualClock();
  const levels: string[] = [];
  const merge = new LineMerge({
    numbering: "contiguous",
    takesSnapshots: false,
    scheduler: clock,
    deliver: (event) => {
      if (event.kind === "book_delta") levels.push(`${event.sequence}:${event.bids.prices[0]}`);
    },
  });
  const [a, b] = [merge.open(), merge.open()];
  const scratch = new DeltaScratch();
  const say = (source: number, id: number) => {
    scratch.begin(BTC, micros(START));
    scratch.firstSequence = id;
    scratch.sequence = id;
    (scratch.bids as LevelBuffer).push(id * 10, 1);
    merge.take(source, scratch);
  };
  say(a, 1);
  say(b, 1);
  say(a, 3);
  say(a, 4);
  say(b, 2);
  assertEquals(levels, ["1:10", "2:20", "3:30", "4:40"]);
});
