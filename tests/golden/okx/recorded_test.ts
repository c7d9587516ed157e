/**
 * Recorded and documented messages of others through OKX's decoders: the capture of 2022 with the
 * checksum of every message. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { BookKeeper } from "@/engine/cli/mod.ts";
import {
  createInstrument,
  type Instrument,
  instrumentIndex,
  micros,
  unwrap,
} from "@/engine/domain/mod.ts";
import { FEED_LIMITS_DEFAULT, FeedHandler } from "@/engine/feed/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { bookChecksum, OkxMarketDecoder, okxTools } from "@/exchanges/okx/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { unpackedLines } from "@/tests/support/golden_recordings.ts";

const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");
const FIXTURES = `${RECORDINGS}/fixtures`;
const CAPTURE = `${FIXTURES}/sequences/okx_UNI-USD-SWAP_20220513`;
const options = { ignore: RECORDINGS === undefined };
const encoder = new TextEncoder();
const needs = RECORDINGS === undefined ? " (needs TOUCHLINE_RECORDINGS)" : "";

interface Expected {
  readonly books: Record<string, {
    readonly snap: number;
    readonly upd: number;
    readonly last: { readonly bids: [string, string][]; readonly asks: [string, string][] };
  }>;
}

async function captured(): Promise<string[]> {
  const lines = await unpackedLines(`${CAPTURE}.jsonl.gz`);
  return lines.map((line) => JSON.parse(line) as { kind: string; raw: string })
    .filter((line) => line.kind === "in")
    .map((line) => line.raw);
}

function uni(contractSize: string): Instrument {
  const terms = unwrap(okxTools.termsFrom("UNI-USD-PERP", "0.001", "1", contractSize));
  return unwrap(createInstrument(instrumentIndex(0), terms));
}

Deno.test(`okx: the capture of 2022 gives the book it must${needs}`, options, async () => {
  const expected = JSON.parse(await Deno.readTextFile(`${CAPTURE}.expected.json`)) as Expected;
  const book = expected.books["books|UNI-USD-SWAP"]!;
  const complaints: string[] = [];
  const keeper = new BookKeeper(
    okxTools,
    { instrument: uni("1"), depth: 20, every: undefined },
    { write: () => {}, complain: (text) => complaints.push(text) },
  );
  for (const text of await captured()) {
    keeper.takeLine(JSON.stringify({ source: "ws", text }));
  }
  const picture = keeper.picture();
  assertEquals(complaints, []);
  assertEquals(picture.state, "synchronised");
  assertEquals(picture.applied, book.snap + book.upd);
  assertEquals([picture.gaps, picture.resyncs, picture.refused], [0, 0, 0]);
  assertEquals(picture.trades, 1);
  assertEquals(picture.bids, book.last.bids);
  assertEquals(picture.asks, book.last.asks);
});

for (const damage of ["none", "drop", "alter"] as const) {
  const what = damage === "none"
    ? "every checksum of the capture is right"
    : `${damage} is noticed`;
  Deno.test(`okx: checksum, ${what}${needs}`, options, async () => {
    const instrument = uni("1");
    const decoder = new OkxMarketDecoder([instrument]);
    const feed = new FeedHandler({
      instrument: instrument.index,
      rule: okxTools.sequenceRule(instrument.terms),
      book: new OrderBook(),
      limits: { ...FEED_LIMITS_DEFAULT, staleAfterMs: Infinity },
      isChecksumRight: (book, checksum) => bookChecksum(book, instrument) === checksum,
    });
    const receiver = {
      deliver: (event: EngineEvent) => {
        if (event.kind === "book_snapshot") feed.onSnapshot(event, event.at);
        else if (event.kind === "book_delta") feed.onDelta(event, event.at);
      },
    };
    const frames = (await captured()).filter((text) => text.includes('"books"'));
    frames.forEach((text, index) => {
      const isHit = index >= 20 && index < 30;
      if (damage === "drop" && isHit) return;
      const heard = damage === "alter" && isHit ? text.replaceAll('","0","', '7","0","') : text;
      const bytes = encoder.encode(heard);
      decoder.decode(bytes, 0, bytes.length, micros(index + 1), receiver);
    });
    assertEquals(decoder.fallbacks, 0);
    assertEquals(feed.counters.checksumFailures, damage === "none" ? 0 : 1);
    assertEquals(feed.isUsable, damage === "none");
  });
}
