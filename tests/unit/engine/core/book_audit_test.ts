/**
 * The periodic audit of a believed book, inside the core: asked in time, harmless when it agrees,
 * and the end of quoting when it does not.
 * @module
 */
import { assertEquals } from "@/tests/support/assert.ts";
import { CoreWorld, deltaOf, type Level, ofKind, shown, snapshotOf } from "./_core_world.ts";

/** A quoting core whose book came by REST; sequence 10, one level a side. */
function audited(): CoreWorld {
  const world = new CoreWorld({ snapshotFrom: "rest", auditEveryMs: 10_000 });
  world.maker.wishes = [["buy", 990, 10], ["sell", 1_020, 10]];
  world.begin();
  world.reconcile();
  world.feed(deltaOf(9, [[1_000, 49]]));
  world.feed(snapshotOf(9, [[1_000, 49]], [[1_010, 50]]));
  world.feed(deltaOf(10, [[1_000, 50]]));
  world.acknowledgeAll();
  return world;
}

/** Keeps the book alive until the audit's snapshot is asked for; answers its sequence. */
function untilAsked(world: CoreWorld): number {
  let sequence = 10;
  for (let second = 0; second < 20; second++) {
    world.feed(deltaOf(++sequence, [[1_000, 50]]));
    if (shown(world.timer(1_000)).includes("snapshot audit")) return sequence;
  }
  throw new Error("wanted an audit within 20 s, found none");
}

const HONEST: [Level[], Level[]] = [[[1_000, 50]], [[1_010, 50]]];

Deno.test("A believed book is compared with a fresh snapshot every so often", () => {
  const world = audited();
  const first = untilAsked(world);
  assertEquals(first <= 20, true);
  world.feed(deltaOf(first + 1, [[1_000, 50]]));
  assertEquals(shown(world.feed(snapshotOf(first + 1, ...HONEST))), []);
  assertEquals(shown(world.feed(deltaOf(first + 2, [[1_000, 50]]))), []);
  assertEquals(world.live().length, 2);
  const { audit, feed } = world.engine.state.instruments[0]!;
  assertEquals([audit!.done, audit!.breaks, feed.counters.gaps], [1, 0, 0]);
});

Deno.test("A book that an audit finds wrong pulls its quotes in the same turn and starts anew", () => {
  const world = audited();
  const first = untilAsked(world);
  world.feed(deltaOf(first + 1, [[1_000, 50]]));
  // Planted: the venue's book has another size at the touch.
  world.feed(snapshotOf(first + 1, [[1_000, 7]], [[1_010, 50]]));
  const outputs = world.feed(deltaOf(first + 2, [[999, 50]]));
  const cancels = shown(outputs).filter((one) => one === "cancel");
  assertEquals(cancels.length, 2);
  assertEquals(ofKind(outputs, "alert")[0]!.code, "book_audit");
  assertEquals(world.engine.state.instruments[0]!.audit!.breaks, 1);
  assertEquals(world.engine.state.instruments[0]!.feed.isUsable, false);
});

Deno.test("An audit under way is forgotten when the book is lost, and its snapshot recovers it", () => {
  const world = audited();
  const first = untilAsked(world);
  world.feed(deltaOf(first + 5, [[1_000, 50]]));
  assertEquals(world.engine.state.instruments[0]!.feed.isUsable, false);
  world.feed(snapshotOf(first + 5, ...HONEST));
  world.feed(deltaOf(first + 6, [[1_000, 50]]));
  assertEquals(world.engine.state.instruments[0]!.feed.isUsable, true);
});

Deno.test("Without an interval, or where the stream pushes snapshots, nothing is audited", () => {
  const pushed = new CoreWorld({ auditEveryMs: 1_000, feed: { staleAfterMs: 60_000 } }).quoting();
  assertEquals(pushed.engine.state.instruments[0]!.audit, undefined);
  for (let second = 0; second < 5; second++) assertEquals(shown(pushed.timer(1_000)), []);
});
