/**
 * Virtual time: one total order, nothing twice, nothing after it was cancelled.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { InvariantError, type Micros, micros } from "@/engine/domain/mod.ts";
import { VirtualClock } from "@/engine/simulation/virtual_clock.ts";
import { assert, assertEquals, assertThrows } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

const START = micros(1_700_000_000_000_000);

function later(milliseconds: number): Micros {
  return micros(START + milliseconds * 1_000);
}

Deno.test("VirtualClock runs calls by time, then by order of asking, and stands at each one's time", () => {
  const clock = new VirtualClock(START);
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name}@${(clock.now() - START) / 1_000}`);
  clock.after(5, note("c"));
  clock.after(1.5, note("a"));
  clock.after(5, note("d"));
  clock.after(2, note("b"));
  clock.after(5, () => {
    note("e")();
    clock.after(0, note("f"));
  });
  clock.after(5, note("g"));
  clock.runUntil(later(4));
  assertEquals(ran, ["a@1.5", "b@2"]);
  assertEquals(clock.now(), later(4));
  clock.runFor(6);
  assertEquals(ran.slice(2), ["c@5", "d@5", "e@5", "g@5", "f@5"]);
  assertEquals([clock.now(), clock.monotonic(), clock.pending], [later(10), 10_000_000, 0]);
});

Deno.test("VirtualClock.step() runs one call; cancelled ones do not count", () => {
  const clock = new VirtualClock(START);
  const ran: number[] = [];
  const first = clock.after(1, () => ran.push(1));
  clock.after(2, () => ran.push(2));
  clock.after(3, () => ran.push(3));
  clock.cancel(first);
  clock.cancel(first);
  assertEquals(clock.pending, 2);
  assert(clock.step());
  assertEquals([ran.join(), clock.now()], ["2", later(2)]);
  assert(clock.step());
  assertEquals(clock.step(), false);
});

Deno.test("VirtualClock: cancelling a call that ran harms no later one that took its place", () => {
  const clock = new VirtualClock(START);
  const ran: string[] = [];
  const old = clock.after(1, () => ran.push("old"));
  clock.runFor(1);
  clock.after(1, () => ran.push("new"));
  clock.cancel(old);
  clock.cancel(123_456_789);
  clock.runFor(1);
  assertEquals(ran, ["old", "new"]);
});

Deno.test("VirtualClock agrees with a sorted list through 50,000 random askings and cancellings", () => {
  const random: SeededRandom = printedRandom("virtual clock");
  const clock = new VirtualClock(START);
  const ran: number[] = [];
  const pending = new Map<number, { at: number; timer: number }>();
  function run(milliseconds: number): void {
    const until = clock.now() + milliseconds * 1_000;
    const wanted = [...pending].filter(([, each]) => each.at <= until)
      .sort(([a, x], [b, y]) => x.at - y.at || a - b).map(([order]) => order);
    clock.runFor(milliseconds);
    assertEquals(ran.splice(0), wanted);
    for (const order of wanted) pending.delete(order);
    assertEquals(clock.pending, pending.size);
  }
  for (let order = 0; order < 50_000; order++) {
    const dice = random.next();
    if (dice < 0.7) {
      const delay = Math.floor(random.next() * 50);
      const timer = clock.after(delay, () => ran.push(order));
      pending.set(order, { at: clock.now() + delay * 1_000, timer });
    } else if (dice < 0.98) {
      const victim = order - 1 - Math.floor(random.next() * 100);
      const found = pending.get(victim);
      if (found !== undefined) clock.cancel(found.timer);
      pending.delete(victim);
    } else run(Math.floor(random.next() * 20));
  }
  run(1_000);
});

Deno.test("VirtualClock gives back the memory of cancelled calls long before they are due", () => {
  const clock = new VirtualClock(START);
  let ran = 0;
  clock.after(5, () => ran++);
  for (let index = 0; index < 200_000; index++) {
    clock.cancel(clock.after(1_000_000, () => ran++));
  }
  clock.after(6, () => ran++);
  assertEquals(clock.pending, 2);
  clock.runFor(10);
  assertEquals([ran, clock.pending], [2, 0]);
});

Deno.test("VirtualClock goes neither back nor in circles, and takes no absurd delay", () => {
  const clock = new VirtualClock(START);
  assertThrows(() => clock.runUntil(micros(START - 1)), InvariantError, "go back");
  assertThrows(() => clock.after(-1, () => {}), InvariantError, "at least zero");
  assertThrows(() => clock.after(NaN, () => {}), InvariantError, "at least zero");
  assertThrows(() => clock.after(Infinity, () => {}), InvariantError, "finite");
  clock.after(1, () => clock.runFor(1));
  assertThrows(() => clock.runFor(2), InvariantError, "from inside");
  clock.after(1, () => clock.step());
  assertThrows(() => clock.step(), InvariantError, "from inside");
  clock.runFor(1);
});

Deno.test("VirtualClock lets an exception of a call through and can go on", () => {
  const clock = new VirtualClock(START);
  let ran = 0;
  clock.after(1, () => {
    throw new Error("of a call");
  });
  clock.after(1, () => ran++);
  assertThrows(() => clock.runFor(5), Error, "of a call");
  clock.runFor(5);
  assertEquals(ran, 1);
});
