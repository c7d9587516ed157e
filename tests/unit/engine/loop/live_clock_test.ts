/**
 * The real clock under a system clock that jumps, and real timers, shortly.
 * @module
 */
import { LiveClock } from "@/engine/loop/live_clock.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

function sources(wall = 1_700_000_000_000, monotonic = 500) {
  return {
    wall,
    monotonic,
    wallMillis(): number {
      return Math.floor(this.wall);
    },
    monotonicMillis(): number {
      return this.monotonic;
    },
    pass(milliseconds: number): void {
      this.wall += milliseconds;
      this.monotonic += milliseconds;
    },
  };
}

Deno.test("LiveClock starts at the wall clock and advances by microseconds", () => {
  const time = sources();
  const clock = new LiveClock(time);
  assertEquals([clock.now(), clock.monotonic()], [1_700_000_000_000_000, 0]);
  time.pass(0.25);
  assertEquals([clock.now(), clock.monotonic()], [1_700_000_000_000_250, 250_000]);
});

Deno.test("LiveClock follows a wall clock that was set forward at its next look", () => {
  const time = sources();
  const clock = new LiveClock(time);
  time.wall += 5_000;
  time.pass(100);
  assertEquals(clock.now(), 1_700_000_005_100_000);
});

Deno.test("LiveClock never goes back when the wall clock is set back, and comes to it in small steps", () => {
  const time = sources();
  const clock = new LiveClock(time);
  time.wall -= 1_000;
  let last = clock.now();
  let stood = 0;
  for (let step = 0; step < 600; step++) {
    time.pass(10);
    const now = clock.now();
    assert(now >= last, `${now} after ${last}`);
    if (now === last) stood++;
    last = now;
  }
  assert(stood > 0 && stood < 300, `stood still ${stood} times`);
  const behind = last - time.wall * 1_000;
  assert(behind >= 0 && behind <= 1_000, `ahead by ${behind} us`);
  assertEquals(clock.monotonic(), 6_000 * 1e6);
});

Deno.test("LiveClock keeps its microseconds while the wall clock shows whole milliseconds", () => {
  const time = sources();
  const clock = new LiveClock(time);
  for (let step = 0; step < 1_000; step++) {
    const before = clock.now();
    time.pass(7.125);
    assertEquals(clock.now() - before, 7_125);
  }
});

Deno.test("LiveClock runs what is due, not what was cancelled, and reads the system's clocks", async () => {
  const clock = new LiveClock();
  assert(Math.abs(clock.now() / 1_000 - Date.now()) < 50);
  const ran: string[] = [];
  const cancelled = clock.after(1, () => ran.push("cancelled"));
  const far = clock.after(2 ** 33, () => ran.push("far"));
  clock.cancel(cancelled);
  const before = clock.monotonic();
  await new Promise<void>((resolve) => {
    clock.after(1.5, () => {
      ran.push("due");
      resolve();
    });
  });
  assert(clock.monotonic() - before >= 1.4e6);
  clock.cancel(far);
  clock.cancel(far);
  assertEquals(ran, ["due"]);
});
