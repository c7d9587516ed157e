/**
 * Recorded and documented messages of others through OKX's decoders: the capture of 2022 with the
 * checksum of every message, and each visible fixture. Needs TOUCHLINE_RECORDINGS.
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
import {
  bookChecksum,
  OkxAccountDecoder,
  OkxMarketDecoder,
  okxTools,
} from "@/exchanges/okx/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
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

/** What the sheet says each fixture is; all others are ignored. */
const EVENTS: Readonly<Record<string, readonly string[]>> = {
  "Subscriptions__Unified__Account__Balance.txt": ["balance"],
  "Subscriptions__Unified__ExchangeData__OrderBook.txt": ["book_snapshot"],
  "Subscriptions__Unified__ExchangeData__Symbol.txt": ["instrument_status"],
  "Subscriptions__Unified__ExchangeData__Trades.txt": ["trade"],
};

Deno.test(`okx: every documented message is decoded or ignored on purpose${needs}`, options, () => {
  const names = ["BTC-USDT", "ETH-USDT", "BTC-USDT-PERP", "ETH-USDT-PERP"];
  const known = names.map((name, index) =>
    unwrap(createInstrument(
      instrumentIndex(index),
      unwrap(okxTools.termsFrom(name, "0.00000001", "0.00000001", "1")),
    ))
  );
  const market = new OkxMarketDecoder(known);
  const account = new OkxAccountDecoder(known);
  let files = 0;
  for (const { name } of Deno.readDirSync(`${FIXTURES}/okx/jkorf`)) {
    files++;
    const kinds: string[] = [];
    const receiver = { deliver: (event: EngineEvent) => kinds.push(event.kind) };
    for (const text of messagesOf(Deno.readTextFileSync(`${FIXTURES}/okx/jkorf/${name}`))) {
      const bytes = encoder.encode(text);
      const at = micros(1);
      const outcomes = [
        market.decode(bytes, 0, bytes.length, at, receiver),
        account.decode(bytes, 0, bytes.length, at, receiver),
      ];
      assert(!outcomes.includes("refused"), `${name}: ${market.reason} ${account.reason}`);
    }
    assertEquals([...new Set(kinds)], EVENTS[name] ?? [], name);
  }
  assert(files >= 40, `${files} files`);
});

Deno.test(`okx: the recorded best bid and ask is decoded${needs}`, options, () => {
  const [index, tick, lot] = [instrumentIndex(0), "0.01", "0.00000001"];
  const terms = unwrap(okxTools.termsFrom("BTC-USDT", tick, lot, "1"));
  const decoder = new OkxMarketDecoder([unwrap(createInstrument(index, terms))]);
  const bytes = Deno.readFileSync(`${FIXTURES}/okx/nautilus/ws_bbo_tbt.json`);
  const seen: number[] = [];
  const outcome = decoder.decode(bytes, 0, bytes.length, micros(1), {
    deliver: (event) => event.kind === "best_bid_ask" && seen.push(event.bid, event.ask),
  });
  assertEquals(outcome, "decoded");
  assertEquals(seen, [847_697, 847_698]);
});

/** Received messages of a transcript: what follows `<` or `=`, or a REST answer's body. */
function messagesOf(transcript: string): string[] {
  const messages: string[] = [];
  let current: string | undefined;
  const isRest = /^(GET|POST)/.test(transcript);
  for (const line of transcript.split("\n").slice(isRest ? 3 : 0)) {
    const mark = /^([<>=])\d*\s?(.*)$/.exec(line);
    if (mark !== null) {
      if (current !== undefined && current.trim() !== "") messages.push(current);
      current = mark[1] === ">" ? undefined : mark[2];
    } else if (isRest || current !== undefined) current = `${current ?? ""}\n${line}`;
  }
  if (current !== undefined && current.trim() !== "") messages.push(current);
  return messages;
}
