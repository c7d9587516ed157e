/**
 * Real USD-M ticks of 2024-07-18/19 through decoder, sequence rule, feed handler and book: after
 * each
 * delta the touch is the one the venue's own `bookTicker` said, and any one delta dropped, repeated
 * or
 * swapped is noticed before the book is used again. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import {
  createInstrument,
  type Instrument,
  instrumentIndex,
  micros,
  unwrap,
} from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import type { BookDelta, EngineEvent } from "@/engine/messages/mod.ts";
import { BinanceMarketDecoder, binanceTools } from "@/exchanges/binance/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { unpackedLines } from "@/tests/support/golden_recordings.ts";

const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");
const FOLDER = `${RECORDINGS}/data/binance_usdm_ticks_20240718`;
const encoder = new TextEncoder();

/** One recorded line: receive time and text. */
interface Line {
  readonly at: number;
  readonly text: string;
}

/** The book after a delta, and the venue's own word for it. */
interface Touch {
  readonly bid: number;
  readonly bidSize: number;
  readonly ask: number;
  readonly askSize: number;
}

async function linesOf(symbol: string): Promise<Line[]> {
  const lines: Line[] = [];
  for (const day of ["20240718", "20240719"]) {
    for (const line of await unpackedLines(`${FOLDER}/usdm_${symbol}_${day}.gz`)) {
      const space = line.indexOf(" ");
      if (space < 0) continue;
      lines.push({
        at: Math.floor(Number(line.slice(0, space)) / 1_000),
        text: line.slice(space + 1),
      });
    }
  }
  return lines;
}

function instrumentOf(symbol: "BTC" | "ETH"): Instrument {
  const tick = symbol === "BTC" ? "0.1" : "0.01";
  const terms = unwrap(binanceTools.termsFrom(`${symbol}-USDT-PERP`, tick, "0.001", "1"));
  return unwrap(createInstrument(instrumentIndex(0), terms));
}

/** A feed that hears recorded lines and says what it did. */
class RecordedFeed {
  readonly instrument: Instrument;
  readonly decoder: BinanceMarketDecoder;
  readonly feed: FeedHandler;
  readonly touches = new Map<number, Touch>();
  readonly deltas: { sequence: number; touch: Touch }[] = [];
  deltasSeen = 0;
  deltasBeforeSnapshot = 0;
  trades = 0;
  refused = 0;
  readonly #sorted: number[] = [];

  constructor(instrument: Instrument) {
    this.instrument = instrument;
    this.decoder = new BinanceMarketDecoder([instrument]);
    this.feed = new FeedHandler({
      instrument: instrument.index,
      rule: binanceTools.sequenceRule(instrument.terms),
      book: new OrderBook(),
    });
  }

  hear(line: Line): void {
    const bytes = encoder.encode(line.text);
    const at = micros(line.at);
    const receiver = { deliver: (event: EngineEvent) => this.#on(event) };
    const outcome = line.text.startsWith('{"lastUpdateId"')
      ? this.decoder.decodeSnapshot(bytes, 0, bytes.length, this.instrument.index, at, receiver)
      : this.decoder.decode(bytes, 0, bytes.length, at, receiver);
    if (outcome === "refused") this.refused++;
  }

  /** The venue's own touch with the largest sequence not above `sequence`. */
  venueTouch(sequence: number): Touch | undefined {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]! <= sequence) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.touches.get(this.#sorted[low - 1]!);
  }

  #on(event: EngineEvent): void {
    if (event.kind === "trade") this.trades++;
    else if (event.kind === "best_bid_ask") {
      const { bid, bidSize, ask, askSize } = event;
      this.touches.set(event.sequence, { bid, bidSize, ask, askSize });
      this.#sorted.push(event.sequence);
    } else if (event.kind === "book_snapshot") {
      this.deltasBeforeSnapshot = this.deltasSeen;
      const before = this.feed.counters.applied;
      this.feed.onSnapshot(event, event.at);
      if (this.feed.counters.applied > before + 1) this.#note(this.feed.book.sequence);
    } else if (event.kind === "book_delta") {
      this.deltasSeen++;
      const before = this.feed.counters.applied;
      this.feed.onDelta(event, event.at);
      if (this.feed.counters.applied > before) this.#note(event.sequence);
    }
  }

  #note(sequence: number): void {
    const { bestBid, bestBidSize, bestAsk, bestAskSize } = this.feed.book;
    this.deltas.push({
      sequence,
      touch: { bid: bestBid, bidSize: bestBidSize, ask: bestAsk, askSize: bestAskSize },
    });
  }
}

const CASES = [
  { symbol: "BTC", before: 6, dropped: 5, applied: 9_017 },
  { symbol: "ETH", before: 7, dropped: 5, applied: 8_924 },
] as const;

for (const expected of CASES) {
  Deno.test({
    name:
      `recorded ${expected.symbol}USDT ticks: every delta applies and every touch is the venue's ` +
      "(needs TOUCHLINE_RECORDINGS)",
    ignore: RECORDINGS === undefined,
    async fn() {
      const run = new RecordedFeed(instrumentOf(expected.symbol));
      for (const line of await linesOf(`${expected.symbol.toLowerCase()}usdt`)) run.hear(line);
      const { counters } = run.feed;
      assertEquals(run.refused, 0);
      assertEquals(run.decoder.fallbacks, 0, "every frame is read in place");
      assertEquals(run.deltasBeforeSnapshot, expected.before);
      assertEquals(counters.gaps, 0);
      assertEquals(counters.resyncs, 0);
      assertEquals(run.deltasSeen - expected.dropped, expected.applied);
      // The snapshot is one of what was applied.
      assertEquals(counters.applied, expected.applied + 1);
      assertEquals(counters.ignored, expected.dropped);
      assert(run.trades > 1_000);
      let compared = 0;
      for (const { sequence, touch } of run.deltas) {
        const venue = run.venueTouch(sequence);
        if (venue === undefined) continue;
        assertEquals(touch, venue, `touch after u=${sequence}`);
        compared++;
      }
      assertEquals(compared, run.deltas.length);
      assert(compared >= expected.applied - 2, `${compared} compared`);
    },
  });
}

/** Recorded deltas as own copies, and the snapshot line, of the first minutes. */
async function openingOf(symbol: "BTC" | "ETH", count: number): Promise<Line[]> {
  const lines = await linesOf(`${symbol.toLowerCase()}usdt`);
  const kept = lines.filter(({ text }) =>
    text.startsWith('{"lastUpdateId"') || text.includes("depthUpdate")
  );
  return kept.slice(0, count);
}

Deno.test({
  name: "recorded deltas: dropping, repeating or swapping any one is noticed before the next use " +
    "(needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  async fn() {
    const lines = await openingOf("BTC", 120);
    const first = lines.findIndex(({ text }) => text.startsWith('{"lastUpdateId"')) + 1;
    const truth = new RecordedFeed(instrumentOf("BTC"));
    const sequences: number[] = [];
    const usable: Touch[] = [];
    for (const line of lines) {
      truth.hear(line);
      sequences.push(truth.feed.book.sequence);
      usable.push(truth.deltas.at(-1)?.touch ?? { bid: 0, bidSize: 0, ask: 0, askSize: 0 });
    }
    for (let index = first; index + 2 < lines.length; index++) {
      const dropped = new RecordedFeed(instrumentOf("BTC"));
      lines.forEach((line, at) => at !== index && at <= index + 1 && dropped.hear(line));
      assertEquals(dropped.feed.counters.gaps, 1, `delta ${index} dropped`);
      assert(!dropped.feed.isUsable, `delta ${index} dropped, book still usable`);

      const repeated = new RecordedFeed(instrumentOf("BTC"));
      lines.slice(0, index + 1).forEach((line) => repeated.hear(line));
      const before = repeated.feed.counters.applied;
      repeated.hear(lines[index]!);
      assertEquals(repeated.feed.counters.applied, before, `delta ${index} applied twice`);
      assertEquals(repeated.feed.counters.gaps, 0);
      assertEquals(repeated.feed.book.sequence, sequences[index]);
      assertEquals(repeated.deltas.at(-1)?.touch, usable[index]);

      const swapped = new RecordedFeed(instrumentOf("BTC"));
      lines.slice(0, index).forEach((line) => swapped.hear(line));
      swapped.hear(lines[index + 1]!);
      assert(!swapped.feed.isUsable, `delta ${index} swapped, book still usable`);
      assertEquals(swapped.feed.counters.gaps, 1);
    }
  },
});

Deno.test({
  name: "recorded delta: the rule judges steady state by pu alone (needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  async fn() {
    const lines = await openingOf("ETH", 400);
    const decoder = new BinanceMarketDecoder([instrumentOf("ETH")]);
    let previous = -1;
    let checked = 0;
    let apart = 0;
    const receiver = {
      deliver(event: EngineEvent): void {
        if (event.kind !== "book_delta") return;
        const delta: BookDelta = event;
        if (previous >= 0) {
          assertEquals(delta.previousSequence, previous);
          if (delta.firstSequence !== previous + 1) apart++;
          checked++;
        }
        previous = delta.sequence;
      },
    };
    for (const { text, at } of lines) {
      const bytes = encoder.encode(text);
      decoder.decode(bytes, 0, bytes.length, micros(at), receiver);
    }
    assert(checked > 300);
    assert(apart > 0, "U is not the previous u + 1 on USD-M");
  },
});
