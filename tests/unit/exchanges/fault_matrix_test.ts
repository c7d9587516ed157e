/**
 * Venues × faults: each fault is asked for over the control address, and a client that shares no
 * code with ours sees it on the venue's own wire; the venue counts it once.
 *
 * A run with a fault is compared with the same run without: same seed, same market.
 * @module
 */
import { VENUE_IDS, type VenueId } from "@/engine/domain/mod.ts";
import { FAULT_KINDS, type FaultKind } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { FaultyVenue, type Numbers } from "./_faulty_venues.ts";
import type { RawAnswer, RawSocket } from "./_raw_client.ts";

const FAULT_AFTER_MS = 3_000;
const RUN_MS = 6_500;
/** Slower than the slowest book, so that what is late is seen to be. */
const DELAY_MS = 1_500;

interface Run {
  readonly venue: FaultyVenue;
  readonly socket: RawSocket;
  readonly faultAt: number;
  /** Texts of the frames. */
  readonly texts: readonly string[];
}

/** Listens to a book for a while; a fault happens on the way. */
async function listen(id: VenueId, fault?: Readonly<Record<string, unknown>>): Promise<Run> {
  const venue = await FaultyVenue.open(id);
  const { clock } = venue;
  const socket = venue.socket();
  const faultAt = clock.now() / 1_000 + FAULT_AFTER_MS;
  if (fault !== undefined) {
    const answer = venue.fault({ venue: id, at: faultAt, ...fault });
    clock.runFor(20);
    assertEquals(answer.status, 200, answer.body);
    assertEquals(venue.plan.counts(), {}, "nothing happens before its time");
  }
  clock.runFor(FAULT_AFTER_MS + RUN_MS - (fault === undefined ? 0 : 20));
  venue.close();
  if (fault !== undefined) assertEquals(venue.plan.counts(), { [String(fault["kind"])]: 1 });
  return { venue, socket, faultAt: faultAt * 1_000, texts: socket.frames.map((one) => one.text) };
}

const references = new Map<VenueId, Promise<Run>>();
function reference(id: VenueId): Promise<Run> {
  if (!references.has(id)) references.set(id, listen(id));
  return references.get(id)!;
}

/** The frames of `some` that are not in `all`, when `some` is `all` with frames left out. */
function leftOut(all: readonly string[], some: readonly string[]): string[] {
  const missing: string[] = [];
  let at = 0;
  for (const text of all) {
    if (some[at] === text) at++;
    else missing.push(text);
  }
  assertEquals(at, some.length, "a frame is not from the run without faults");
  return missing;
}

/** Places at which the numbers of a book break by the venue's own rule. */
function breaks(run: Run): [Numbers, Numbers][] {
  const all = run.venue.numbersOf(run.socket.frames);
  return all.slice(1).flatMap((after, at): [Numbers, Numbers][] =>
    run.venue.spec.follows(all[at]!, after) ? [] : [[all[at]!, after]]
  );
}

type Check = (id: VenueId) => Promise<void>;

const CHECKS: Readonly<Record<FaultKind, Check>> = {
  async drop(id) {
    const [whole, run] = [await reference(id), await listen(id, { kind: "drop" })];
    assertEquals(leftOut(whole.texts, run.texts).length, 1);
    assertEquals(breaks(run).length, 1);
  },
  async repeat(id) {
    const [whole, run] = [await reference(id), await listen(id, { kind: "repeat" })];
    const twice = leftOut(run.texts, whole.texts);
    assertEquals(twice.length, 1);
    const at = run.texts.indexOf(twice[0]!);
    assertEquals(run.texts[at + 1], twice[0], "the second copy follows the first");
  },
  async reorder(id) {
    const whole = await reference(id);
    const run = await listen(id, { kind: "reorder", delay_ms: DELAY_MS });
    assertEquals(run.texts.toSorted(), whole.texts.toSorted());
    const moved = run.texts.filter((text, at) => text !== whole.texts[at]).length;
    assert(moved >= 2, `${moved} frames are elsewhere`);
    assert(breaks(run).length >= 1);
  },
  async delay(id) {
    const whole = await reference(id);
    const run = await listen(id, { kind: "delay", delay_ms: DELAY_MS });
    assertEquals(run.texts, whole.texts, "order is kept");
    const late = run.socket.frames.map((one, at) => one.at - whole.socket.frames[at]!.at);
    assert(Math.max(...late) >= DELAY_MS / 2 * 1_000, `at most ${Math.max(...late)} µs late`);
    assertEquals(late.filter((by, at) => by > 0 && run.socket.frames[at]!.at < run.faultAt), []);
  },
  async freeze(id) {
    const whole = await reference(id);
    const run = await listen(id, { kind: "freeze", delay_ms: DELAY_MS });
    assertEquals(run.texts, whole.texts, "what was held comes in the end");
    const times = run.socket.frames.map((one) => one.at);
    const pauses = times.slice(1).map((at, index) => at - times[index]!);
    assert(Math.max(...pauses) >= DELAY_MS / 2 * 1_000, `${Math.max(...pauses)} µs at most`);
  },
  async cut(id) {
    const [whole, run] = [await reference(id), await listen(id, { kind: "cut" })];
    assertEquals(run.texts, whole.texts.slice(0, run.texts.length));
    assert(run.socket.closed !== "");
    assertEquals(run.socket.closeCode, 0, "no closing handshake");
    assertEquals(run.socket.bytes.length, run.socket.frames.at(-1)!.endByte, "between frames");
  },
  async cut_mid_frame(id) {
    const whole = await reference(id);
    for (const atByte of [1, 2, 3, 40, 1e9, undefined]) {
      const cut = atByte === undefined ? {} : { at_byte: atByte };
      const run = await listen(id, { kind: "cut_mid_frame", ...cut });
      const { bytes, frames, closed, closeCode } = run.socket;
      assert(closed !== "");
      assertEquals(closeCode, 0);
      assertEquals(bytes, whole.socket.bytes.slice(0, bytes.length));
      const full = whole.socket.frames[frames.length]!.endByte - frames.at(-1)!.endByte;
      const part = bytes.length - frames.at(-1)!.endByte;
      assert(part >= 1 && part < full, `${part} of ${full} bytes`);
      if (atByte !== undefined) assertEquals(part, Math.min(atByte, full - 1));
    }
  },
  async throttle(id) {
    const { answer, venue } = await askWith(id, { kind: "throttle" });
    const [status, body] = venue.spec.throttled;
    assertEquals(answer.status, status);
    assertMatch(answer.body, body);
  },
  async maintenance(id) {
    const { answer, venue } = await askWith(id, { kind: "maintenance" });
    const [status, body] = venue.spec.maintained;
    assertEquals(answer.status, status);
    assertMatch(answer.body, body);
  },
  async html(id) {
    const { answer } = await askWith(id, { kind: "html" });
    assertEquals(answer.status, 502);
    assertMatch(answer.body, /^<html>/);
  },
  async request_lost(id) {
    const { answer } = await askWith(id, { kind: "request_lost" });
    assertEquals([answer.status, answer.closed], [0, ""]);
  },
  async answer_lost(id) {
    const { answer } = await askWith(id, { kind: "answer_lost" });
    assertEquals([answer.status, answer.closed], [0, ""]);
  },
  async answer_late(id) {
    const { answer, askedAt } = await askWith(id, { kind: "answer_late", delay_ms: DELAY_MS });
    assertEquals(answer.status, 200);
    assert(answer.at - askedAt >= DELAY_MS / 2 * 1_000, `after ${answer.at - askedAt} µs`);
  },
  async stale_snapshot(id) {
    const { before, answer } = await askWith(id, { kind: "stale_snapshot" });
    assertEquals(bookIn(answer), bookIn(before));
    const fresh = await askWith(id);
    assertEquals(bookIn(fresh.before), bookIn(before));
    assert(bookIn(fresh.answer) !== bookIn(before), "the book has moved meanwhile");
    await pushedAgain(id);
  },
  async sequence_gap(id) {
    const [whole, run] = [await reference(id), await listen(id, { kind: "sequence_gap" })];
    assertEquals(leftOut(whole.texts, run.texts).length, 1);
    assertEquals(breaks(run).length, 1);
  },
  async sequence_reset(id) {
    const run = await listen(id, { kind: "sequence_reset" });
    const { numbersOf, spec } = run.venue;
    const all = numbersOf.call(run.venue, run.socket.frames);
    const resets = all.slice(1).filter((after, at) => spec.isReset(all[at]!, after));
    assertEquals(resets.length, 1);
    assertEquals(
      whole(await reference(id)).filter(([before, after]) => spec.isReset(before, after)),
      [],
    );
  },
  async bad_checksum(id) {
    if (id === "okx") {
      const run = await listen(id, { kind: "bad_checksum" });
      const sums = run.texts.map((text) => Number(/"checksum":(-?\d+)/.exec(text)?.[1] ?? 0));
      assertEquals(sums.filter((sum) => sum !== 0).length, 1);
      return;
    }
    const venue = await FaultyVenue.open(id);
    const answer = venue.fault({ venue: id, kind: "bad_checksum", probability: 1 });
    venue.clock.runFor(20);
    venue.close();
    assertEquals(answer.status, 400);
    assertMatch(answer.body, /Cannot do bad_checksum at \w+: .* carry no checksum/);
  },
  async down(id) {
    const venue = await FaultyVenue.open(id);
    const { clock } = venue;
    const first = venue.socket();
    clock.runFor(1_000);
    const at = clock.now() / 1_000 + 1_000;
    assertEquals([venue.fault({ venue: id, kind: "down", at, for_ms: 2_000 })].length, 1);
    clock.runFor(900);
    assertEquals([first.closed, venue.plan.counts()], ["", {}]);
    clock.runFor(200);
    assert(first.closed !== "");
    const [refused, unheard] = [venue.socket(), venue.ask()];
    clock.runFor(1_800);
    assertMatch(refused.closed, /refused/);
    assertMatch(unheard.closed, /refused/);
    clock.runFor(200);
    const [again, answer] = [venue.socket(), venue.ask()];
    clock.runFor(1_000);
    assertEquals([again.closed, answer.status], ["", 200]);
    assert(venue.numbersOf(again.frames).length > 0, "the book is published again");
    assertEquals(venue.plan.counts(), { down: 1 });
    venue.close();
  },
};

/** The body of a snapshot without the instant of its answer. */
function bookIn({ body }: RawAnswer): string {
  return body.replace(/,"time":[0-9]+}$/, "");
}

/** Neighbouring numbers of a run. */
function whole(run: Run): [Numbers, Numbers][] {
  const all = run.venue.numbersOf(run.socket.frames);
  return all.slice(1).map((after, at) => [all[at]!, after]);
}

interface Asked {
  readonly venue: FaultyVenue;
  readonly before: RawAnswer;
  readonly answer: RawAnswer;
  readonly askedAt: number;
}

/** Asks for the book, for a fault, and for the book again. */
async function askWith(id: VenueId, fault?: Readonly<Record<string, unknown>>): Promise<Asked> {
  const venue = await FaultyVenue.open(id);
  const { clock } = venue;
  clock.runFor(1_000);
  const before = venue.ask();
  clock.runFor(1_000);
  assertEquals(before.status, 200, before.body);
  const at = clock.now() / 1_000;
  const asked = fault === undefined ? undefined : venue.fault({ venue: id, at, ...fault });
  clock.runFor(1_000);
  assertEquals(asked?.status ?? 200, 200, asked?.body);
  const askedAt = clock.now();
  const answer = venue.ask();
  clock.runFor(3_000);
  if (fault !== undefined) assertEquals(venue.plan.counts(), { [String(fault["kind"])]: 1 });
  if (fault !== undefined) {
    const after = venue.ask();
    clock.runFor(1_000);
    assertEquals(after.status, 200, "it happens once");
  }
  venue.close();
  return { venue, before, answer, askedAt };
}

/** Where the stream pushes the snapshot, the second one of a connection can be the first again. */
async function pushedAgain(id: VenueId): Promise<void> {
  const venue = await FaultyVenue.open(id);
  const { again } = venue.spec;
  if (again === undefined) return venue.close();
  const { clock } = venue;
  const socket = venue.socket();
  clock.runFor(2_000);
  venue.fault({ venue: id, kind: "stale_snapshot", at: clock.now() / 1_000 });
  clock.runFor(1_100);
  for (const text of again) socket.say(text);
  clock.runFor(2_000);
  venue.close();
  const books = socket.frames.filter(({ text }) => venue.numbersOf([{ text }])[0]?.whole === true);
  assertEquals(books.length, 2);
  const levels = books.map(({ text }) => /"(?:b|bids|asks)":\[.*\]/.exec(text)![0]);
  assertEquals(levels[1], levels[0]);
  assertEquals(venue.plan.counts(), { stale_snapshot: 1 });
}

for (const id of VENUE_IDS) {
  for (const kind of FAULT_KINDS) {
    Deno.test(`${id}: "${kind}" is asked for over the control address and seen on the wire`, () =>
      CHECKS[kind](id));
  }
}

Deno.test("A run without faults is the same each time, unbroken: what the matrix compares with", async () => {
  for (const id of VENUE_IDS) {
    const [one, other] = [await reference(id), await listen(id)];
    assertEquals(one.texts, other.texts);
    assertEquals(breaks(one), [], id);
    assert(one.texts.length > 10, `${id}: ${one.texts.length} frames`);
    assertEquals(one.venue.plan.counts(), {});
  }
});
