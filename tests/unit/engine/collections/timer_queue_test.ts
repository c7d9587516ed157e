/**
 * Timers: in order, cancelled for good, bounded.
 * @module
 */
import { TIMER_NONE, TimerQueue } from "@/engine/collections/mod.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

Deno.test("TimerQueue gives items by due time, then by the order of scheduling", () => {
  const queue = new TimerQueue<string>();
  queue.schedule(20, "late");
  queue.schedule(10, "first");
  queue.schedule(10, "second");
  assertEquals([queue.size, queue.nextAt], [3, 10]);
  assertStrictEquals(queue.popDue(9.9), undefined);
  assertEquals([queue.popDue(10), queue.popDue(10), queue.popDue(10)], [
    "first",
    "second",
    undefined,
  ]);
  assertEquals([queue.popDue(30), queue.nextAt], ["late", Infinity]);
});

Deno.test("TimerQueue.cancel() forgets an item once; its handle never names another", () => {
  const queue = new TimerQueue<string>();
  const handle = queue.schedule(1, "a");
  assertStrictEquals(queue.cancel(handle), true);
  assertStrictEquals(queue.cancel(handle), false);
  const next = queue.schedule(2, "b");
  assertStrictEquals(queue.cancel(handle), false);
  assertStrictEquals(queue.popDue(5), "b");
  assertStrictEquals(queue.cancel(next), false);
  assertStrictEquals(queue.cancel(TIMER_NONE), false);
  assertStrictEquals(queue.cancel(12_345), false);
});

Deno.test("TimerQueue equals a sorted list through thousands of schedules and cancels", () => {
  const random = printedRandom("TimerQueue");
  const queue = new TimerQueue<number>();
  let twin: { at: number; id: number; handle: number }[] = [];
  let now = 0;
  for (let id = 0; id < 5_000; id++) {
    const at = now + random.integer(50);
    twin.push({ at, id, handle: queue.schedule(at, id) });
    if (random.chance(0.4)) {
      const cancelled = random.pick(twin);
      assertStrictEquals(queue.cancel(cancelled.handle), true);
      twin = twin.filter((timer) => timer !== cancelled);
    }
    if (random.chance(0.2)) now += random.integer(20);
    const due = twin.filter((timer) => timer.at <= now)
      .sort((a, b) => a.at - b.at || a.id - b.id);
    assertEquals(due.map(() => queue.popDue(now)), due.map((timer) => timer.id));
    assertStrictEquals(queue.popDue(now), undefined);
    twin = twin.filter((timer) => timer.at > now);
    assertStrictEquals(queue.size, twin.length);
  }
});

Deno.test("TimerQueue stops beyond its bound", () => {
  const queue = new TimerQueue<number>(2);
  queue.schedule(1, 1);
  queue.cancel(queue.schedule(1, 2));
  queue.schedule(1, 3);
  assertThrows(() => queue.schedule(1, 4), Error, "Timer queue is full");
  assertThrows(() => new TimerQueue(0), Error, "room for one");
  assertThrows(() => new TimerQueue(2 ** 21), Error, "at most 2^20");
});
