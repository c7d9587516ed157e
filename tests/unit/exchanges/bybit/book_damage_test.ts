/**
 * A true book, its frames, and a damaged stream: at every step the engine's book is a state that
 * the true book had, at the sequence it claims, or it is unusable. The same test catches planted
 * bugs in the sequence rule.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import type { BookDelta, BookSnapshot, EngineEvent } from "@/engine/messages/mod.ts";
import type { SequenceRule, SequenceVerdict } from "@/engine/ports/mod.ts";
import { BybitBookSequence, BybitMarketDecoder } from "@/exchanges/bybit/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";
import { testInstruments } from "./fake_venue.ts";

const SEEDS = 100;
const FRAMES = 200;
const MIDDLE = 640_000;
/** Above any number that one run reaches from 1. */
const FIRST = 1_000;
const [PERP] = testInstruments();
const encoder = new TextEncoder();

type Random = ReturnType<typeof printedRandom>;

/** The venue's own book and every state it was in. */
class TrueBook {
  readonly #random: Random;
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  /** State texts by epoch and sequence. */
  readonly states = new Set<string>();
  u = FIRST;

  constructor(random: Random) {
    this.#random = random;
    for (let level = 0; level < 10; level++) {
      this.#bids.set(MIDDLE - 1 - level, 1 + level);
      this.#asks.set(MIDDLE + 1 + level, 1 + level);
    }
    this.#note();
  }

  snapshot(): string {
    return frame("snapshot", this.u, this.#bids, this.#asks);
  }

  /**
   * A delta; in most runs the numbering once starts anew with a whole book. Only once, because an
   * old snapshot of a numbering that is used again cannot be told by anyone.
   */
  next(): string {
    if (this.u >= FIRST && this.#random.next() < 0.01) {
      this.u = 1;
      this.#note();
      const type = this.#random.next() < 0.5 ? "snapshot" : "delta";
      return frame(type, 1, this.#bids, this.#asks);
    }
    this.u++;
    const bids = this.#change(this.#bids, -1);
    const asks = this.#change(this.#asks, 1);
    this.#note();
    return frame("delta", this.u, bids, asks);
  }

  #change(side: Map<number, number>, direction: number): Map<number, number> {
    const changed = new Map<number, number>();
    for (let count = Math.floor(this.#random.next() * 3); count >= 0; count--) {
      const price = MIDDLE + direction * (1 + Math.floor(this.#random.next() * 15));
      const isDeletion = this.#random.next() < 0.3 && side.size > 3 && side.has(price);
      const size = isDeletion ? 0 : 1 + Math.floor(this.#random.next() * 1_000);
      if (size === 0) side.delete(price);
      else side.set(price, size);
      changed.set(price, size);
    }
    return changed;
  }

  #note(): void {
    this.states.add(stateText(this.u, this.#bids, this.#asks));
  }
}

function frame(
  type: string,
  u: number,
  bids: ReadonlyMap<number, number>,
  asks: ReadonlyMap<number, number>,
): string {
  const levels = (side: ReadonlyMap<number, number>) =>
    [...side].map(([ticks, lots]) => [(ticks / 10).toFixed(1), (lots / 1_000).toFixed(3)]);
  const data = { s: "BTCUSDT", b: levels(bids), a: levels(asks), u, seq: u * 7 };
  return JSON.stringify({ topic: "orderbook.50.BTCUSDT", type, ts: 1, data, cts: 1 });
}

function stateText(
  u: number,
  bids: ReadonlyMap<number, number>,
  asks: ReadonlyMap<number, number>,
): string {
  const sorted = (side: ReadonlyMap<number, number>) => [...side].sort(([a], [b]) => a - b);
  return JSON.stringify([u, sorted(bids), sorted(asks)]);
}

/** The engine's side: decoder, rule, feed handler, book. */
class Engine {
  readonly feed: FeedHandler;
  readonly #decoder = new BybitMarketDecoder([PERP]);
  readonly #book = new OrderBook();
  #now = 1;

  constructor(rule: SequenceRule) {
    const instrument = PERP.index;
    this.feed = new FeedHandler({ instrument, rule, book: this.#book });
  }

  /** Whether a new snapshot is wanted. */
  hear(text: string): boolean {
    this.#now += 10_000;
    const now = micros(this.#now);
    const bytes = encoder.encode(text);
    let isWanted = false;
    const receiver = {
      deliver: (event: EngineEvent) => {
        if (event.kind === "book_snapshot") this.feed.onSnapshot(event, now);
        if (event.kind === "book_delta") this.feed.onDelta(event, now);
        isWanted ||= this.feed.needsSnapshot;
      },
    };
    const outcome = this.#decoder.decode(bytes, 0, bytes.length, now, receiver);
    if (outcome === "refused") {
      const reason = "refused_frame";
      const instrument = PERP.index;
      this.feed.onInterrupted({ kind: "feed_interrupted", instrument, at: now, reason }, now);
      isWanted ||= this.feed.needsSnapshot;
    }
    return isWanted;
  }

  stateText(): string {
    const sideOf = (side: "bids" | "asks") => {
      const levels = new Map<number, number>();
      this.#book[side].forEach((price, size) => {
        levels.set(price, size);
        return true;
      });
      return levels;
    };
    return stateText(this.#book.sequence, sideOf("bids"), sideOf("asks"));
  }
}

/** Runs one damaged stream; the first step at which the book lied, or -1. */
function run(random: Random, rule: SequenceRule): { lie: number; usable: number } {
  const truth = new TrueBook(random);
  const engine = new Engine(rule);
  let held: string | undefined;
  let old = truth.snapshot();
  let usable = 0;
  engine.hear(old);
  for (let step = 0; step < FRAMES; step++) {
    const next = truth.next();
    const chance = random.next();
    const heard: string[] = [];
    if (chance < 0.02) heard.length = 0;
    else if (chance < 0.04) heard.push(next, next);
    else if (chance < 0.06) held = next;
    else if (chance < 0.07) heard.push(next.slice(0, Math.floor(random.next() * next.length)));
    else if (chance < 0.08) heard.push("<html>502</html>", next);
    else if (chance < 0.085) heard.push(next, old);
    else heard.push(next);
    if (held !== undefined && held !== next) {
      heard.push(held);
      held = undefined;
    }
    for (const text of heard) {
      const isWanted = engine.hear(text);
      if (engine.feed.isUsable) {
        usable++;
        if (!truth.states.has(engine.stateText())) return { lie: step, usable };
      }
      if (isWanted && random.next() < 0.7) engine.hear(truth.snapshot());
    }
    // The venue sends a snapshot by itself sometimes, so that no back-off starves the test.
    if (random.next() < 0.05) engine.hear(truth.snapshot());
    if (random.next() < 0.02) old = truth.snapshot();
  }
  return { lie: -1, usable };
}

Deno.test("a damaged stream never makes the book lie", () => {
  const random = printedRandom("bybit damaged stream");
  let usable = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const result = run(random, new BybitBookSequence());
    assertEquals(result.lie, -1, `run ${seed}`);
    usable += result.usable;
  }
  assert(usable > SEEDS * FRAMES / 3, `usable in ${usable} steps`);
});

/** The true rule with one thing wrong. */
function planted(
  wrong: (rule: BybitBookSequence, delta: BookDelta) => SequenceVerdict,
  onSnapshot?: (rule: BybitBookSequence, snapshot: BookSnapshot) => void,
): SequenceRule {
  const rule = new BybitBookSequence();
  return {
    snapshotFrom: "stream",
    reset: () => rule.reset(),
    isSnapshotRecent: () => false,
    onSnapshot: (snapshot) => onSnapshot ? onSnapshot(rule, snapshot) : rule.onSnapshot(snapshot),
    judge: (delta) => wrong(rule, delta),
  };
}

const BUGS: readonly (readonly [name: string, make: () => SequenceRule])[] = [
  ["gaps are taken for the next", () => new BybitBookSequence("monotonic")],
  [
    "old deltas are applied again",
    () => planted((rule, delta) => rule.judge(delta) === "gap" ? "gap" : "next"),
  ],
  ["nothing is ever judged", () => planted(() => "next")],
  [
    "a snapshot's numbering is taken one too low",
    () =>
      planted(
        (rule, delta) => rule.judge(delta),
        (rule, snapshot) => rule.onSnapshot({ ...snapshot, sequence: snapshot.sequence - 1 }),
      ),
  ],
];

for (const [name, make] of BUGS) {
  Deno.test(`a planted bug is caught: ${name}`, () => {
    const random = printedRandom("bybit planted bug");
    let caught = false;
    let usable = 0;
    for (let seed = 0; seed < 50 && !caught; seed++) {
      const result = run(random, make());
      caught = result.lie >= 0;
      usable += result.usable;
    }
    // A numbering that is too low never lies: it only makes the book useless.
    assert(caught || usable < 50 * FRAMES / 3, `not caught in ${usable} usable steps`);
  });
}
