/**
 * Random true books as OKX's frames, damaged on the way: at every step the engine's book equals
 * the true one or is not used. A rule with a planted bug is caught by the same streams.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import { FEED_LIMITS_DEFAULT, FeedHandler } from "@/engine/feed/mod.ts";
import type { BookDelta, EngineEvent } from "@/engine/messages/mod.ts";
import type { SequenceRule } from "@/engine/ports/mod.ts";
import { OkxBookSequence, OkxMarketDecoder } from "@/exchanges/okx/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";
import { instruments } from "@/tests/unit/exchanges/okx/builders.ts";

const [SWAP] = instruments();
const MID = 640_000;
const encoder = new TextEncoder();
type Random = ReturnType<typeof printedRandom>;
type Side = Map<number, number>;

/** The venue: a book, its numbering, and the frames that tell of it. */
class TrueBook {
  readonly bids: Side = new Map();
  readonly asks: Side = new Map();
  sequence = 1_000;

  constructor(random: Random) {
    for (let level = 1; level <= 10; level++) {
      this.bids.set(MID - level, 1 + Math.floor(random.next() * 500));
      this.asks.set(MID + level, 1 + Math.floor(random.next() * 500));
    }
  }

  snapshot(): string {
    return this.#frame("snapshot", -1, bestFirst(this.asks, 1), bestFirst(this.bids, -1));
  }

  /** Changes some levels, or nothing (keep-alive), perhaps with a reset of the numbering. */
  update(random: Random): string {
    const previous = this.sequence;
    const kind = random.next();
    if (kind < 0.05) return this.#frame("update", previous, [], []);
    // A reset to the very number that stands could not be told from a keep-alive by anybody.
    this.sequence = kind < 0.1 && previous > 20
      ? Math.floor(random.next() * 10)
      : previous + 1 + Math.floor(random.next() * 3);
    const asks = this.#change(random, this.asks, 1);
    const bids = this.#change(random, this.bids, -1);
    return this.#frame("update", previous, asks, bids);
  }

  #change(random: Random, side: Side, sign: number): [number, number][] {
    const changes: Side = new Map();
    for (let count = Math.floor(random.next() * 4); count > 0; count--) {
      // The innermost level stays, so that the book has two sides.
      const price = MID + sign * (2 + Math.floor(random.next() * 12));
      const size = random.next() < 0.3 ? 0 : 1 + Math.floor(random.next() * 500);
      if (size === 0) side.delete(price);
      else side.set(price, size);
      changes.set(price, size);
    }
    return [...changes];
  }

  #frame(
    action: string,
    prevSeqId: number,
    asks: readonly [number, number][],
    bids: readonly [number, number][],
  ): string {
    const rows = (side: readonly [number, number][]) =>
      side.map(([price, size]) => [(price / 10).toFixed(1), (size / 100).toFixed(2), "0", "1"]);
    const data = {
      asks: rows(asks),
      bids: rows(bids),
      ts: "1767225600000",
      checksum: 0,
      prevSeqId,
      seqId: this.sequence,
    };
    const arg = { channel: "books", instId: "BTC-USDT-SWAP" };
    return JSON.stringify({ arg, action, data: [data] });
  }
}

function bestFirst(side: Side, sign: number): [number, number][] {
  return [...side].toSorted(([a], [b]) => (a - b) * sign);
}

/** Runs one damaged stream; the first step at which the book was wrong and used, or -1. */
function firstWrongStep(random: Random, rule: SequenceRule): number {
  const truth = new TrueBook(random);
  const decoder = new OkxMarketDecoder([SWAP]);
  const book = new OrderBook();
  const limits = { ...FEED_LIMITS_DEFAULT, staleAfterMs: Infinity };
  const feed = new FeedHandler({ instrument: SWAP.index, rule, book, limits });
  let now = 1;
  const deliver = (event: EngineEvent) => {
    if (event.kind === "book_snapshot") feed.onSnapshot(event, event.at);
    else if (event.kind === "book_delta") feed.onDelta(event, event.at);
  };
  const hear = (text: string) => {
    const bytes = encoder.encode(text);
    const outcome = decoder.decode(bytes, 0, bytes.length, micros(now), { deliver });
    if (outcome !== "refused") return;
    const at = micros(now);
    feed.onInterrupted(
      { kind: "feed_interrupted", instrument: SWAP.index, at, reason: "refused_frame" },
      at,
    );
  };
  hear(truth.snapshot());
  for (let step = 0; step < 100; step++) {
    now += 2_000_000;
    const frame = truth.update(random);
    const fate = random.next();
    let isBehind = false;
    if (fate < 0.03) isBehind = true; // dropped
    else if (fate < 0.06) {
      hear(frame);
      hear(frame);
    } else if (fate < 0.08) {
      const later = truth.update(random);
      hear(later);
      hear(frame);
    } else if (fate < 0.1) hear(frame.slice(0, Math.floor(random.next() * frame.length)));
    else if (fate < 0.11) hear("<html>502</html>");
    else hear(frame);
    // A frame that never came cannot be noticed before the next one does.
    if (isBehind) hear(truth.update(random));
    if (feed.isUsable && !isSame(book, truth)) return step;
    if (!feed.isUsable && random.next() < 0.3) hear(truth.snapshot());
  }
  return -1;
}

function isSame(book: OrderBook, truth: TrueBook): boolean {
  for (const [ladder, side] of [[book.bids, truth.bids], [book.asks, truth.asks]] as const) {
    let count = 0;
    let isEqual = true;
    ladder.forEach((price, size) => {
      count++;
      if (side.get(price) !== size) isEqual = false;
      return isEqual;
    });
    if (!isEqual || count !== side.size) return false;
  }
  return true;
}

/** Calls everything that is not a repeat the next delta: the planted bug. */
class TrustingRule extends OkxBookSequence {
  override judge(delta: BookDelta): ReturnType<SequenceRule["judge"]> {
    const verdict = super.judge(delta);
    if (verdict !== "gap") return verdict;
    return delta.sequence > delta.previousSequence ? "next" : "stale";
  }
}

Deno.test("okx: 100 damaged streams: the book is the true one or it is not used", () => {
  const random = printedRandom("okx damaged streams");
  for (let stream = 0; stream < 100; stream++) {
    assertEquals(firstWrongStep(random, new OkxBookSequence()), -1, `stream ${stream}`);
  }
});

Deno.test("okx: the same streams catch a rule that believes what follows a gap", () => {
  const random = printedRandom("okx damaged streams");
  let caught = 0;
  for (let stream = 0; stream < 100; stream++) {
    if (firstWrongStep(random, new TrustingRule()) >= 0) caught++;
  }
  assert(caught > 90, `${caught} caught`);
});
