/**
 * Two lines that lag, die and come back at random, by the rules of real venues: as long as one of
 * them is whole, the feed behind the merge never learns of it.
 *
 *   truth 1 2 3 4 …  --> line A, at its place, dies, comes back with a snapshot --+
 *                    --> line B, likewise ---------------------------------------+--> merge --> feed
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import type { SeededRandom } from "@/engine/collections/mod.ts";
import { instrumentIndex, micros } from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { SequenceRule } from "@/engine/ports/mod.ts";
import { PerpetualBookSequence, SpotBookSequence } from "@/exchanges/binance/mod.ts";
import { BybitBookSequence } from "@/exchanges/bybit/mod.ts";
import { type BookNumbering, LineMerge } from "@/exchanges/kit/mod.ts";
import { OkxBookSequence } from "@/exchanges/okx/mod.ts";
import { DeltaScratch, SnapshotScratch } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

const BTC = instrumentIndex(0);
const START = 1_700_000_000_000_000;
const STEPS = 400;

/** How a venue keeps its books. */
interface Way {
  readonly name: string;
  readonly numbering: BookNumbering;
  readonly takesSnapshots: boolean;
  readonly rule: () => SequenceRule;
}

const WAYS: readonly Way[] = [
  {
    name: "REST snapshots, contiguous ids",
    numbering: "contiguous",
    takesSnapshots: false,
    rule: () => new SpotBookSequence(),
  },
  {
    name: "REST snapshots, chained ids",
    numbering: "chained",
    takesSnapshots: false,
    rule: () => new PerpetualBookSequence(),
  },
  {
    name: "pushed snapshots, contiguous ids",
    numbering: "contiguous",
    takesSnapshots: true,
    rule: () => new BybitBookSequence(),
  },
  {
    name: "pushed snapshots, chained ids",
    numbering: "chained",
    takesSnapshots: true,
    rule: () => new OkxBookSequence(),
  },
];

/** One line: `next` is what it says next; before `from` it knows nothing. */
interface Line {
  source: number;
  isOpen: boolean;
  from: number;
  next: number;
  /** It has to say the whole book first. */
  owesSnapshot: boolean;
}

class World {
  readonly clock = new ManualClock(micros(START));
  readonly feed: FeedHandler;
  readonly merge: LineMerge;
  readonly delivered: number[] = [];
  readonly lines: readonly Line[];
  readonly #way: Way;
  readonly #delta = new DeltaScratch();
  readonly #snapshot = new SnapshotScratch();
  /** The last id that the venue has given. */
  truth = 1;

  constructor(way: Way, spoil: (event: EngineEvent) => boolean) {
    this.#way = way;
    this.feed = new FeedHandler({ instrument: BTC, rule: way.rule(), book: new OrderBook() });
    this.merge = new LineMerge({
      numbering: way.numbering,
      takesSnapshots: way.takesSnapshots,
      scheduler: this.clock,
      deliver: (event) => {
        if (!spoil(event)) this.#take(event);
      },
    });
    this.lines = [0, 1].map(() => this.#opened());
    if (!way.takesSnapshots) this.#take(this.#whole(1));
    for (const line of this.lines) this.say(line);
    this.truth = 2;
    for (const line of this.lines) this.say(line);
  }

  #opened(): Line {
    const source = this.merge.open();
    const next = this.truth + 1;
    return { source, isOpen: true, from: next, next, owesSnapshot: this.#way.takesSnapshots };
  }

  /** The line says one message, if the venue has one for it. */
  say(line: Line): void {
    if (line.owesSnapshot) {
      line.owesSnapshot = false;
      return this.merge.take(line.source, this.#whole(line.next - 1));
    }
    if (line.next > this.truth) return;
    const id = line.next++;
    const delta = this.#delta.begin(BTC, this.clock.now());
    delta.firstSequence = id;
    delta.sequence = id;
    delta.previousSequence = id - 1;
    delta.venueAt = micros(START + id * 1_000);
    // The best bid's size is the id, so that the book shows where it stands.
    delta.bids.push(100, id);
    this.merge.take(line.source, delta);
  }

  die(line: Line): void {
    line.isOpen = false;
    this.merge.interrupt(line.source, BTC, "disconnected", this.clock.now());
    this.merge.close(line.source);
  }

  comeBack(line: Line): void {
    Object.assign(line, this.#opened());
  }

  #whole(id: number): SnapshotScratch {
    const snapshot = this.#snapshot.begin(BTC, this.clock.now());
    snapshot.sequence = id;
    snapshot.venueAt = micros(START + id * 1_000);
    snapshot.bids.push(100, id);
    snapshot.asks.push(101, 1);
    return snapshot;
  }

  #take(event: EngineEvent): void {
    const now = this.clock.now();
    if (event.kind === "book_snapshot") this.feed.onSnapshot(event, now);
    if (event.kind === "feed_interrupted") this.feed.onInterrupted(event, now);
    if (event.kind !== "book_delta") return;
    this.delivered.push(event.sequence);
    this.feed.onDelta(event, now);
  }
}

/** A life of both lines; what was wrong. */
function live(random: SeededRandom, way: Way, spoil = (_event: EngineEvent) => false): string[] {
  const world = new World(way, spoil);
  const { lines, feed } = world;
  const wrongs: string[] = [];
  for (let step = 0; step < STEPS; step++) {
    const line = lines[random.next() < 0.5 ? 0 : 1]!;
    const other = lines[line === lines[0] ? 1 : 0]!;
    const chance = random.next();
    if (chance < 0.4) world.truth++;
    else if (!line.isOpen) {
      if (chance < 0.5) world.comeBack(line);
    } else if (chance < 0.95) world.say(line);
    else {
      // What the one that dies was still to say, the other must know.
      const knows = other.isOpen && !other.owesSnapshot && other.next > other.from &&
        other.from <= line.next;
      if (knows) world.die(line);
    }
    // A line lags by less than the half second that a merge waits for it.
    world.clock.advance(random.next());
    if (!feed.isUsable) wrongs.push(`unusable at step ${step}`);
  }
  for (const line of lines) {
    for (let more = 0; line.isOpen && more < STEPS; more++) world.say(line);
  }
  const { gaps, interruptions } = feed.counters;
  if (gaps + interruptions > 0) wrongs.push(`${gaps} gaps, ${interruptions} interruptions`);
  if (feed.book.sequence !== world.truth) wrongs.push(`ends at ${feed.book.sequence}`);
  if (feed.book.bestBidSize !== world.truth) wrongs.push(`shows ${feed.book.bestBidSize}`);
  for (let at = 1; at < world.delivered.length; at++) {
    const [before, after] = [world.delivered[at - 1]!, world.delivered[at]!];
    if (after <= before) wrongs.push(`${after} after ${before}`);
  }
  return wrongs;
}

for (const way of WAYS) {
  Deno.test(`LineMerge, ${way.name}: 500 lives of two lines leave the feed undisturbed`, () => {
    const random = printedRandom(`lives, ${way.name}`);
    for (let life = 0; life < 500; life++) {
      assertEquals(live(random.fork(`${life}`), way), [], `life ${life}`);
    }
  });

  Deno.test(`LineMerge, ${way.name}: a merge that drops or falls silent is caught`, () => {
    const random = printedRandom(`planted, ${way.name}`);
    let dropped = 0;
    const drops = (event: EngineEvent) => event.kind === "book_delta" && ++dropped % 7 === 0;
    assert(live(random.fork("drop"), way, drops).length > 0);
    let count = 0;
    const blinds = (event: EngineEvent) => event.kind === "book_delta" && ++count > 20;
    assert(live(random.fork("blind"), way, blinds).length > 0);
  });
}
