/**
 * A damaged stream: from a random true book the venue's frames, some lost, repeated, swapped or cut;
 * at every step the engine's book is the true one or is not shown. Planted bugs are caught.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import type { BookDelta, EngineEvent } from "@/engine/messages/mod.ts";
import type { SequenceRule, SequenceVerdict } from "@/engine/ports/mod.ts";
import { DydxBookSequence, DydxMarketDecoder } from "@/exchanges/dydx/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { dydxMarkets } from "./markets.ts";

const [BTC] = dydxMarkets();
const SEEDS = isLong() ? 1_000 : 100;
const FRAMES = 300;
const encoder = new TextEncoder();

function isLong(): boolean {
  try {
    return Deno.env.get("TOUCHLINE_LONG") !== undefined;
  } catch {
    return false;
  }
}

type Side = Map<number, { size: number; stamp: number }>;

/** The venue's book, kept the slow way: maps, and the sheet's rule word for word. */
class TrueBook {
  bids: Side = new Map();
  asks: Side = new Map();

  set(side: "bids" | "asks", price: number, size: number, stamp: number): void {
    if (size === 0) this[side].delete(price);
    else this[side].set(price, { size, stamp });
  }

  uncross(): void {
    while (this.bids.size > 0 && this.asks.size > 0) {
      const bid = Math.max(...this.bids.keys());
      const ask = Math.min(...this.asks.keys());
      if (bid < ask) return;
      const ours = this.bids.get(bid)!;
      const theirs = this.asks.get(ask)!;
      if (ours.stamp < theirs.stamp) this.bids.delete(bid);
      else if (ours.stamp > theirs.stamp) this.asks.delete(ask);
      else {
        const common = Math.min(ours.size, theirs.size);
        ours.size -= common;
        theirs.size -= common;
        if (ours.size === 0) this.bids.delete(bid);
        if (theirs.size === 0) this.asks.delete(ask);
      }
    }
  }

  text(): string {
    const side = (levels: Side) =>
      [...levels].toSorted(([a], [b]) => a - b).map(([price, { size }]) => `${price}:${size}`);
    return `${side(this.bids)} | ${side(this.asks)}`;
  }
}

/** The venue's side of one book: frames in order, and the true book after each. */
class Venue {
  readonly book = new TrueBook();
  /** True book after the message of this connection and number. */
  readonly truths = new Map<string, string>();
  readonly #random: SeededRandom;
  connection = 0;
  id = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  #frame(rest: Record<string, unknown>): string {
    const connection_id = `c${this.connection}`;
    return JSON.stringify({ connection_id, message_id: this.id, ...rest });
  }

  /** A new connection: its greeting and the snapshot. */
  connect(): string[] {
    this.connection++;
    this.id = 0;
    const greeting = this.#frame({ type: "connected" });
    this.id = 1;
    for (const side of [this.book.bids, this.book.asks]) {
      for (const level of side.values()) level.stamp = 1;
    }
    const list = (side: Side) =>
      [...side].map(([price, { size }]) => ({ price: `${price}`, size: BTC.sizeText(size) }));
    const contents = { bids: list(this.book.bids), asks: list(this.book.asks) };
    this.#remember();
    const channel = { channel: "v4_orderbook", id: "BTC-USD" };
    return [greeting, this.#frame({ type: "subscribed", ...channel, contents })];
  }

  /** The next message: mostly of the book, sometimes of another channel. */
  next(): string {
    this.id++;
    if (this.#random.next() < 0.25) {
      this.#remember();
      const contents = { blockHeight: "5" };
      return this.#frame({ type: "channel_data", channel: "v4_block_height", contents });
    }
    const parts = Array.from(
      { length: 1 + Math.floor(this.#random.next() * 2) },
      () => this.#part(),
    );
    this.book.uncross();
    this.#remember();
    const isBatch = parts.length > 1;
    return this.#frame({
      type: isBatch ? "channel_batch_data" : "channel_data",
      channel: "v4_orderbook",
      id: "BTC-USD",
      contents: isBatch ? parts : parts[0],
    });
  }

  #part(): Record<string, string[][]> {
    const side = this.#random.next() < 0.5 ? "bids" : "asks";
    const price = 100 + Math.floor(this.#random.next() * 12) + (side === "bids" ? 0 : 6);
    const size = Math.floor(this.#random.next() * 4);
    this.book.set(side, price, size, this.id);
    return { [side]: [[`${price}`, BTC.sizeText(size)]] };
  }

  #remember(): void {
    this.truths.set(`${this.connection}:${this.id}`, this.book.text());
  }
}

/** What a run found wrong, and how often the book was shown. */
interface RunResult {
  readonly wrong: string | undefined;
  readonly shown: number;
  readonly gaps: number;
}

function run(seed: number, rule: SequenceRule): RunResult {
  const random = new SeededRandom(seed);
  const venue = new Venue(random.fork("venue"));
  const decoder = new DydxMarketDecoder([BTC]);
  const book = new OrderBook();
  const feed = new FeedHandler({ instrument: BTC.index, rule, book });
  let now = 1_000_000;
  let shown = 0;
  let highest = 0;
  const receiver = {
    deliver(event: EngineEvent) {
      if (event.kind === "book_snapshot") feed.onSnapshot(event, micros(now));
      if (event.kind === "book_delta") feed.onDelta(event, micros(now));
    },
  };
  const give = (text: string): void => {
    const bytes = encoder.encode(text);
    now += 1_000;
    decoder.decode(bytes, 0, bytes.length, micros(now), receiver);
  };
  /** A message that the next one overtakes. */
  let held: { frame: string; id: number } | undefined;
  for (const frame of venue.connect()) give(frame);
  for (let n = 0; n < FRAMES; n++) {
    if (feed.state !== "synchronised" && random.next() < 0.2) {
      held = undefined;
      highest = 0;
      for (const frame of venue.connect()) give(frame);
    }
    const frame = venue.next();
    const chance = random.next();
    if (chance < 0.02) continue;
    if (chance < 0.04 && held === undefined) {
      held = { frame, id: venue.id };
      continue;
    }
    give(chance < 0.06 ? frame.slice(0, Math.floor(random.next() * frame.length)) : frame);
    if (chance >= 0.06) highest = venue.id;
    if (chance > 0.97) give(frame);
    if (held !== undefined) {
      give(held.frame);
      highest = Math.max(highest, held.id);
    }
    held = undefined;
    if (feed.state !== "synchronised") continue;
    shown++;
    const truth = venue.truths.get(`${venue.connection}:${highest}`);
    if (highest > 0 && truth !== textOf(book)) {
      const wrong = `seed ${seed}, message ${highest}: wanted ${truth}, found ${textOf(book)}`;
      return { wrong, shown, gaps: feed.counters.gaps };
    }
  }
  return { wrong: undefined, shown, gaps: feed.counters.gaps };
}

function textOf(book: OrderBook): string {
  const side = (ladder: OrderBook["bids"]) => {
    const levels: [number, number][] = [];
    ladder.forEach((price, size) => {
      levels.push([price, size]);
      return true;
    });
    return levels.toSorted(([a], [b]) => a - b).map(([price, size]) => `${price}:${size}`);
  };
  return `${side(book.bids)} | ${side(book.asks)}`;
}

Deno.test("a damaged stream never shows a book that is not the true one", () => {
  let shown = 0;
  let gaps = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const result = run(seed, new DydxBookSequence());
    assertEquals(result.wrong, undefined);
    shown += result.shown;
    gaps += result.gaps;
  }
  assert(shown > SEEDS * 50, `shown ${shown} times`);
  assert(gaps > SEEDS, `${gaps} gaps`);
});

/** The venue's rule with one thing wrong. */
class PlantedBug extends DydxBookSequence {
  readonly #verdict: "next" | "stale";

  constructor(verdict: "next" | "stale") {
    super();
    this.#verdict = verdict;
  }

  override judge(delta: BookDelta): SequenceVerdict {
    const verdict = super.judge(delta);
    return verdict === "gap" ? this.#verdict : verdict;
  }
}

Deno.test("the damage test catches a rule that overlooks gaps", () => {
  for (const verdict of ["next", "stale"] as const) {
    const caught = Array.from({ length: 20 }, (_, seed) => run(seed + 1, new PlantedBug(verdict)))
      .filter((result) => result.wrong !== undefined);
    assert(caught.length > 0, verdict);
  }
});
