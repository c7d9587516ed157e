/**
 * The audit of a believed book, inside the core: asked in time, harmless when it agrees, the end of
 * quoting when it does not; and the question that keeps a quiet book believed.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import type { EngineOutput } from "@/engine/messages/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { CoreWorld, deltaOf, type Level, ofKind, shown, snapshotOf } from "./_core_world.ts";

const HONEST: [Level[], Level[]] = [[[1_000, 50]], [[1_010, 50]]];

/** A quoting core whose book came by REST; sequence 10, one level a side. */
function spliced(): CoreWorld {
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

/** Keeps the book alive until the audit is asked for; answers its sequence. */
function untilAsked(world: CoreWorld): number {
  let sequence = 10;
  for (let second = 0; second < 20; second++) {
    world.feed(deltaOf(++sequence, [[1_000, 50]]));
    if (shown(world.timer(1_000)).includes("check audit")) return sequence;
  }
  throw new Error("wanted an audit within 20 s, found none");
}

/** The venue's answer. */
function answer(world: CoreWorld, sequence: number, bids: Level[], asks: Level[]): EngineOutput[] {
  const { checksum: _, ...of } = snapshotOf(sequence, bids, asks);
  return world.feed({ ...of, kind: "book_check" });
}

function slotOf(world: CoreWorld) {
  return world.engine.state.instruments[0]!;
}

Deno.test("A believed book is compared with a fresh answer every so often", () => {
  const world = spliced();
  const first = untilAsked(world);
  assert(first <= 20);
  world.feed(deltaOf(first + 1, [[1_000, 50]]));
  assertEquals(shown(answer(world, first + 1, ...HONEST)), []);
  assertEquals(shown(world.feed(deltaOf(first + 2, [[1_000, 50]]))), []);
  assertEquals(world.live().length, 2);
  const { audit, feed } = slotOf(world);
  assertEquals([audit!.done, audit!.breaks, feed.counters.gaps], [1, 0, 0]);
});

Deno.test("A book that an audit finds wrong pulls its quotes in the same turn and starts anew", () => {
  const world = spliced();
  const first = untilAsked(world);
  world.feed(deltaOf(first + 1, [[1_000, 50]]));
  // Planted: the venue's book has another size at the touch.
  answer(world, first + 1, [[1_000, 7]], [[1_010, 50]]);
  const outputs = world.feed(deltaOf(first + 2, [[999, 50]]));
  assertEquals(shown(outputs).filter((one) => one === "cancel").length, 2);
  assertEquals(ofKind(outputs, "alert")[0]!.code, "book_audit");
  assertEquals(slotOf(world).audit!.breaks, 1);
  assertEquals(slotOf(world).feed.isUsable, false);
});

Deno.test("An audit under way is forgotten when the book is lost; its answer recovers nothing", () => {
  const world = spliced();
  const first = untilAsked(world);
  world.feed(deltaOf(first + 5, [[1_000, 50]]));
  assertEquals(slotOf(world).feed.isUsable, false);
  answer(world, first + 5, ...HONEST);
  world.feed(deltaOf(first + 6, [[1_000, 50]]));
  assertEquals(slotOf(world).feed.isUsable, false);
  world.feed(snapshotOf(first + 6, ...HONEST));
  world.feed(deltaOf(first + 7, [[1_000, 50]]));
  assertEquals(slotOf(world).feed.isUsable, true);
  assertEquals(slotOf(world).audit!.isActive, false);
});

/** A quoting core on a pushed book; its sides are 50 at 1000 and 50 at 1010. */
function pushed(auditEveryMs = 0): CoreWorld {
  return new CoreWorld({ auditEveryMs, feed: { staleAfterMs: 8_000 } }).quoting();
}

Deno.test("A pushed book is audited by answers: three that say the same of a level end its use", () => {
  const world = pushed(6_000);
  const { book } = slotOf(world);
  const wrong: Level[] = [[book.bestBid, book.bestBidSize + 1]];
  const right: Level[] = [[book.bestAsk, book.bestAskSize]];
  const asked: string[] = [];
  let outputs: EngineOutput[] = [];
  for (let step = 0; step < 300 && slotOf(world).feed.isUsable; step++) {
    world.wait(50);
    if (step % 20 === 0) world.delta([[900, 1 + step]]);
    const due = shown(world.timer(0)).filter((one) => one.startsWith("check"));
    asked.push(...due);
    if (due.length > 0) outputs = answer(world, -1, wrong, right);
  }
  assertEquals(asked, ["check audit", "check suspicion", "check suspicion"]);
  assertEquals(shown(outputs), ["alert book_audit", "snapshot venue_reset", "cancel", "cancel"]);
  assertEquals([slotOf(world).check.breaks, slotOf(world).check.done], [1, 1]);
});

Deno.test("An answer of the very sequence of the book needs no second one", () => {
  const world = pushed(6_000);
  const { book } = slotOf(world);
  for (let step = 0; step < 200 && !slotOf(world).check.isActive; step++) {
    world.delta([[900, 1 + step]]);
    world.timer(50);
  }
  answer(world, book.sequence, [[book.bestBid, 1]], [[book.bestAsk, book.bestAskSize]]);
  assertEquals(slotOf(world).feed.isUsable, false);
});

Deno.test("A quiet book is asked about at half its threshold and stays believed while it agrees", () => {
  const world = pushed();
  const { book } = slotOf(world);
  const asked: number[] = [];
  for (let step = 1; step <= 400; step++) {
    if (!shown(world.timer(50)).includes("check quiet")) continue;
    asked.push(step * 50);
    const sides: [Level[], Level[]] = [
      [[book.bestBid, book.bestBidSize]],
      [[book.bestAsk, book.bestAskSize]],
    ];
    assertEquals(shown(answer(world, -1, ...sides)), []);
  }
  assertEquals(asked, [4_000, 8_000, 12_000, 16_000, 20_000]);
  assertEquals(slotOf(world).feed.isUsable, true);
});

Deno.test("A quiet book that nobody confirms is unusable at its threshold, and asked about on", () => {
  const world = pushed();
  const asked: number[] = [];
  let unusableAt = 0;
  for (let step = 1; step <= 1_200; step++) {
    if (shown(world.timer(50)).includes("check quiet")) asked.push(step * 50);
    if (unusableAt === 0 && !slotOf(world).feed.isUsable) unusableAt = step * 50;
  }
  assertEquals(unusableAt, 8_050);
  assertEquals(asked[0], 4_000);
  // Each question is given ten seconds for its answer.
  assert(asked.length >= 4 && asked.length <= 7, `asked at ${asked.join(", ")}`);
  while (!shown(world.timer(50)).includes("check quiet"));
  const { book } = slotOf(world);
  const top = (price: number, size: number): Level[] => [[price, size]];
  answer(world, -1, top(book.bestBid, book.bestBidSize), top(book.bestAsk, book.bestAskSize));
  assertEquals(slotOf(world).feed.isUsable, true);
});

Deno.test("Questions are asked inside the venue's rate budget alone", () => {
  const world = new CoreWorld({
    auditEveryMs: 6_000,
    feed: { staleAfterMs: 8_000 },
    rateLimits: [{
      id: "weight",
      account: undefined,
      capacity: 16,
      windowMs: 6_000_000,
      weights: { request_book_check: 4 },
      cancelReserve: 0,
      source: "test",
    }],
  }).quoting();
  let asked = 0;
  for (let step = 0; step < 2_000; step++) {
    asked += shown(world.timer(50)).filter((one) => one.startsWith("check")).length;
  }
  assertEquals(asked, 1);
  assertEquals(world.engine.state.venues[0]!.budget.refused > 0, true);
});

Deno.test("An answer nobody asked for, or of no instrument, changes nothing", () => {
  const world = pushed();
  assertEquals(shown(answer(world, -1, [[1, 1]], [[2, 1]])), []);
  assertEquals(slotOf(world).feed.isUsable, true);
  const stray = { ...snapshotOf(1, [], []), kind: "book_check", instrument: 77, at: micros(1) };
  assertEquals(shown(world.feed(stray as never)), []);
});
