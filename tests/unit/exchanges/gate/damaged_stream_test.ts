/**
 * Random true books, told in the venue's frames and damaged on the way: after each frame the
 * engine's book is a true one at its id, or nobody may use it. The same run catches planted bugs.
 *
 *   true book -> frames -> dropped, repeated, late, cut, unordered -> decoder -> feed -> book
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import type { SeededRandom } from "@/engine/collections/mod.ts";
import { type Instrument, micros, type Price } from "@/engine/domain/mod.ts";
import { FEED_LIMITS_DEFAULT, FeedHandler } from "@/engine/feed/mod.ts";
import type { BookDelta, EngineEvent } from "@/engine/messages/mod.ts";
import type { SequenceRule, SequenceVerdict } from "@/engine/ports/mod.ts";
import { GateBookSequence, GateMarketDecoder } from "@/exchanges/gate/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { forEachCase } from "@/tests/support/builders.ts";
import { gatePerp } from "@/tests/golden/gate/gate_instruments.ts";

type Depth = "obu" | "order_book_update";
type Side = Map<number, number>;

const FRAMES = 150;
const MIDDLE = 1_000;

/** The venue's side: a book, its ids, and what it looked like at each of them. */
class TrueMarket {
  readonly bids: Side = new Map();
  readonly asks: Side = new Map();
  readonly states = new Map<number, string>();
  readonly #random: SeededRandom;
  readonly #depth: Depth;
  u = 100;
  t = 1_743_673_026_995;

  constructor(random: SeededRandom, depth: Depth) {
    this.#random = random;
    this.#depth = depth;
    for (let step = 1; step <= 10; step++) {
      this.bids.set(MIDDLE - step, step);
      this.asks.set(MIDDLE + step, step);
    }
    this.#remember();
  }

  /** The next frame of the stream. */
  delta(): string {
    const first = this.u + 1;
    const changed = { b: new Map<number, number>(), a: new Map<number, number>() };
    const count = 1 + Math.floor(this.#random.next() * 4);
    for (let change = 0; change < count; change++) {
      const isBid = this.#random.next() < 0.5;
      const distance = 1 + Math.floor(this.#random.next() * 12);
      const price = isBid ? MIDDLE - distance : MIDDLE + distance;
      const size = this.#random.next() < 0.4 ? 0 : 1 + Math.floor(this.#random.next() * 90);
      const side = isBid ? this.bids : this.asks;
      if (size === 0) side.delete(price);
      else side.set(price, size);
      (isBid ? changed.b : changed.a).set(price, size);
      this.u++;
    }
    this.t += 100;
    this.#remember();
    return this.#frame({ U: first, u: this.u, b: changed.b, a: changed.a }, false);
  }

  /** The whole book as the stream pushes it. */
  full(): string {
    return this.#frame({ U: this.u, u: this.u, b: this.bids, a: this.asks }, true);
  }

  /** The whole book as REST gives it. */
  snapshot(): string {
    const { levels } = this;
    const at = this.t / 1_000;
    return `{"id":${this.u},"current":${at},"update":${at},` +
      `"asks":${levels(this.asks, true)},"bids":${levels(this.bids, true)}}`;
  }

  /** Ids start anew, well after the frame before. */
  restart(): void {
    this.u = 1;
    this.t += 2_000;
    this.#remember();
  }

  #frame(
    body: { readonly U: number; readonly u: number; readonly b: Side; readonly a: Side },
    isFull: boolean,
  ): string {
    const isObu = this.#depth === "obu";
    const symbol = isObu ? "ob.BTC_USDT.400" : "BTC_USDT";
    const result = `{"t":${this.t},${isFull ? '"full":true,' : ""}"s":"${symbol}",` +
      `"U":${body.U},"u":${body.u},"b":${this.levels(body.b, !isObu)},` +
      `"a":${this.levels(body.a, !isObu)}}`;
    return `{"time_ms":${this.t},"channel":"futures.${this.#depth}","event":"update",` +
      `"result":${result}}`;
  }

  readonly levels = (side: Side, asObjects: boolean): string => {
    const texts = [...side].map(([price, size]) => {
      const decimal = `${Math.floor(price / 10)}.${price % 10}`;
      return asObjects ? `{"p":"${decimal}","s":${size}}` : `["${decimal}","${size}"]`;
    });
    return `[${texts.join(",")}]`;
  };

  #remember(): void {
    this.states.set(this.u, textOf(this.bids, this.asks));
  }
}

function textOf(bids: Iterable<[number, number]>, asks: Iterable<[number, number]>): string {
  const sorted = (side: Iterable<[number, number]>) =>
    [...side].toSorted(([a], [b]) => a - b).join(" ");
  return `${sorted(bids)} | ${sorted(asks)}`;
}

/** Our side: decoder, feed and book. */
class Reader {
  readonly book = new OrderBook();
  readonly feed: FeedHandler;
  readonly decoder: GateMarketDecoder;
  wantsBook = false;
  now = 1_000_000;
  readonly #instrument: Instrument = gatePerp();
  readonly #deliver = (event: EngineEvent): void => {
    const now = micros(this.now);
    if (event.kind === "book_delta") this.feed.onDelta(event, now);
    else if (event.kind === "book_snapshot") this.feed.onSnapshot(event, now);
    else if (event.kind === "feed_interrupted") this.feed.onInterrupted(event, now);
    if (this.feed.needsSnapshot) this.wantsBook = true;
  };

  constructor(rule: SequenceRule) {
    const instrument = this.#instrument.index;
    const limits = { ...FEED_LIMITS_DEFAULT, snapshotRetryMsMin: 100, snapshotRetryMsMax: 1_000 };
    this.feed = new FeedHandler({ instrument, rule, book: this.book, limits });
    this.decoder = new GateMarketDecoder([this.#instrument], { confirmsWholeBooks: true });
  }

  hear(text: string): void {
    this.now += 100_000;
    const bytes = new TextEncoder().encode(text);
    const receiver = { deliver: this.#deliver };
    const at = micros(this.now);
    const outcome = this.decoder.decode(bytes, 0, bytes.length, at, receiver);
    if (outcome === "refused") {
      const instrument = this.#instrument.index;
      this.#deliver({ kind: "feed_interrupted", instrument, at, reason: "refused_frame" });
    }
    this.feed.onTimer(at);
    if (this.feed.needsSnapshot) this.wantsBook = true;
  }

  hearRest(text: string): void {
    const bytes = new TextEncoder().encode(text);
    const at = micros(this.now);
    const index = this.#instrument.index;
    this.decoder.decodeSnapshot(bytes, 0, bytes.length, index, at, { deliver: this.#deliver });
  }

  forget(): void {
    this.decoder.expectWholeBook(this.#instrument);
  }

  text(): string {
    const { book } = this;
    const sides = [book.bids, book.asks].map((ladder) => {
      const levels: [number, number][] = [];
      ladder.forEach((price, size) => {
        levels.push([price as Price, size]);
        return true;
      });
      return levels;
    });
    return textOf(sides[0]!, sides[1]!);
  }
}

/** One damaged session: the steps at which a usable book was not a true one. */
function session(
  random: SeededRandom,
  depth: Depth,
  rule: SequenceRule,
): { readonly wrong: number; readonly usable: number; readonly endsTrue: boolean } {
  const market = new TrueMarket(random, depth);
  const reader = new Reader(rule);
  const late: string[] = [];
  const waiting: { readonly at: number; readonly text: string }[] = [];
  let wrong = 0;
  let usable = 0;
  if (depth === "obu") reader.hear(market.full());
  for (let step = 0; step < FRAMES; step++) {
    const chance = step < FRAMES - 60 ? random.next() : 1;
    if (chance < 0.01) market.restart();
    const frame = chance > 0.02 && chance < 0.04 ? market.full() : market.delta();
    if (chance > 0.04 && chance < 0.07) continue;
    if (chance > 0.07 && chance < 0.1) late.push(frame);
    else if (chance > 0.1 && chance < 0.12) {
      reader.hear(frame.slice(0, Math.floor(random.next() * frame.length)));
    } else {
      reader.hear(frame);
      if (chance > 0.12 && chance < 0.16) reader.hear(frame);
    }
    if (late.length > 0 && random.next() < 0.5) reader.hear(late.shift()!);
    if (reader.wantsBook) {
      reader.wantsBook = false;
      // REST lags: its answer may be of now, and come some frames later.
      if (depth === "order_book_update") {
        waiting.push({ at: step + Math.floor(random.next() * 5), text: market.snapshot() });
      } else {
        reader.forget();
        reader.hear(market.full());
      }
    }
    while (waiting.length > 0 && waiting[0]!.at <= step) reader.hearRest(waiting.shift()!.text);
    if (!reader.feed.isUsable) continue;
    usable++;
    if (market.states.get(reader.book.sequence) !== reader.text()) wrong++;
  }
  const endsTrue = reader.feed.isUsable && reader.book.sequence === market.u;
  return { wrong, usable, endsTrue };
}

for (const depth of ["obu", "order_book_update"] as const) {
  Deno.test(`a damaged ${depth} stream never leaves a wrong book usable, and heals`, () => {
    let usable = 0;
    forEachCase(`gate damaged ${depth}`, 100, (random) => {
      const found = session(random, depth, new GateBookSequence());
      assertEquals(found.wrong, 0);
      assert(found.endsTrue, "sixty clean frames heal it");
      usable += found.usable;
    });
    assert(usable > 100 * FRAMES * 0.5, `usable at ${usable} steps`);
  });

  Deno.test(`a damaged ${depth} stream shows a rule that overlooks gaps`, () => {
    class Careless extends GateBookSequence {
      override judge(delta: BookDelta): SequenceVerdict {
        const verdict = super.judge(delta);
        return verdict === "gap" ? "next" : verdict;
      }
    }
    let wrong = 0;
    forEachCase(`gate careless ${depth}`, 20, (random) => {
      wrong += session(random, depth, new Careless()).wrong;
    });
    assert(wrong > 0);
  });
}
