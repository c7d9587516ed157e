/**
 * A true book that moves, told in the venue's frames, the stream damaged at random: the engine's
 * book is a book that was true at the block it names, never of an older block than before, or it
 * is unusable. A decoder that forgets block times is caught by the same test.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { type Instrument, micros } from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { Random } from "@/engine/ports/mod.ts";
import { HyperliquidBookSequence, HyperliquidMarketDecoder } from "@/exchanges/hyperliquid/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";
import { goldenInstruments } from "./listing.ts";

const SEEDS = 100;
const FRAMES = 300;
const T = 1_790_232_236_546;
const encoder = new TextEncoder();

interface TrueBook {
  readonly block: number;
  readonly bids: string;
  readonly asks: string;
  readonly text: string;
}

/** Frames of a book that moves, one block after the other. */
function truth(random: Random): TrueBook[] {
  const books: TrueBook[] = [];
  let bid = 84_000;
  for (let at = 0; at < FRAMES; at++) {
    bid += Math.floor(random.next() * 7) - 3;
    const side = (from: number, sign: number) =>
      Array.from({ length: 1 + Math.floor(random.next() * 5) }, (_, level) => ({
        px: `${from + sign * level}.0`,
        sz: (0.001 * (1 + Math.floor(random.next() * 5_000))).toFixed(5),
        n: 1,
      }));
    const bids = side(bid, -1);
    const asks = side(bid + 1, 1);
    const block = T + at * 500 + Math.floor(random.next() * 400);
    const data = { coin: "BTC", time: block, levels: [bids, asks], fast: true };
    books.push({
      block,
      bids: shortOf(bids),
      asks: shortOf(asks),
      text: JSON.stringify({ channel: "l2Book", data }),
    });
  }
  return books;
}

function shortOf(levels: readonly { readonly px: string; readonly sz: string }[]): string {
  return levels.map(({ px, sz }) => `${Number(px)}x${Number(sz)}`).join(" ");
}

/** The frames with faults: lost, late, repeated, out of order, cut, changed, HTML, null. */
function damaged(books: readonly TrueBook[], random: Random): string[] {
  const frames: string[] = [];
  const late: string[] = [];
  for (const { text } of books) {
    const fault = random.next();
    if (fault < 0.1) continue;
    if (fault < 0.2) frames.push(text.slice(0, Math.floor(random.next() * text.length)));
    else if (fault < 0.3) late.push(text);
    else if (fault < 0.35) frames.push(text, text);
    else if (fault < 0.4) frames.push("<html>502</html>");
    else if (fault < 0.45) frames.push(text.replace(/"sz":"[^"]*"/, '"sz":null'));
    else if (fault < 0.5) frames.push(text.replace(/"px":"/, '"px":"x'));
    else frames.push(text);
    if (late.length > 0 && random.next() < 0.3) frames.push(late.shift()!);
  }
  return frames;
}

/** Why the engine's book may not be believed; undefined when all is well at every step. */
function faultIn(instrument: Instrument, random: Random, forgets: boolean): string | undefined {
  const books = truth(random);
  const byBlock = new Map(books.map((book) => [book.block * 1_000, book]));
  const decoder = new HyperliquidMarketDecoder([instrument]);
  const feed = new FeedHandler({
    instrument: instrument.index,
    rule: new HyperliquidBookSequence(),
    book: new OrderBook(),
  });
  let now = T * 1_000;
  let newest = 0;
  const receiver = {
    deliver(event: EngineEvent) {
      if (event.kind === "book_snapshot") feed.onSnapshot(event, micros(now));
    },
  };
  for (const text of damaged(books, random)) {
    now += 500_000;
    const bytes = encoder.encode(text);
    if (forgets) decoder.forgetTimes();
    const outcome = decoder.decode(bytes, 0, bytes.length, micros(now), receiver);
    if (outcome === "refused") {
      const lost = { kind: "feed_interrupted", instrument: instrument.index } as const;
      feed.onInterrupted({ ...lost, at: micros(now), reason: "refused_frame" }, micros(now));
      if (feed.isUsable) return "usable after a refused frame";
    }
    if (!feed.isUsable) continue;
    const { book } = feed;
    const wanted = byBlock.get(book.venueAt);
    if (wanted === undefined) return `no block ${book.venueAt}`;
    if (book.venueAt < newest) return "went back in time";
    newest = book.venueAt;
    const found = [sideOf(book.bids, instrument), sideOf(book.asks, instrument)];
    if (found[0] !== wanted.bids || found[1] !== wanted.asks) return `another book: ${found}`;
  }
  return undefined;
}

function sideOf(ladder: OrderBook["bids"], instrument: Instrument): string {
  const levels: string[] = [];
  ladder.forEach((price, size) => {
    levels.push(`${Math.round(price / 10)}x${Number(instrument.sizeText(size))}`);
    return true;
  });
  return levels.join(" ");
}

Deno.test("a book told by a damaged stream is a true one or unusable, at every step", () => {
  const [instrument] = goldenInstruments();
  const random = printedRandom("hyperliquid damaged streams");
  for (let seed = 0; seed < SEEDS; seed++) {
    assertEquals(faultIn(instrument!, random.fork(`${seed}`), false), undefined, `seed ${seed}`);
  }
});

Deno.test("the same test catches a decoder that forgets block times", () => {
  const [instrument] = goldenInstruments();
  const random = printedRandom("hyperliquid forgetful");
  const faults = Array.from(
    { length: 5 },
    (_, seed) => faultIn(instrument!, random.fork(`${seed}`), true),
  );
  assert(faults.every((fault) => fault === "went back in time"), String(faults));
});
