/**
 * One golden frame for every kind of message, written from the venue's documentation: what the
 * decoders make of it, in order, and that neither decoder ever throws or delivers half of a frame,
 * whatever the bytes.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { DydxAccountDecoder, DydxMarketDecoder } from "@/exchanges/dydx/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { dydxMarkets } from "@/tests/unit/exchanges/dydx/markets.ts";
import { plainEvent } from "@/tests/support/golden_events.ts";
import { GOLDEN_AT, GoldenFrames } from "@/tests/support/golden_frames.ts";

const INSTRUMENTS: readonly Instrument[] = dydxMarkets();
const FRAMES = new GoldenFrames({
  venue: "dydx",
  beside: import.meta.url,
  instruments: INSTRUMENTS,
});
const encoder = new TextEncoder();

// One decoder for all: books, numbers and orders are remembered from line to line.
FRAMES.test("market.jsonl", () => new DydxMarketDecoder(INSTRUMENTS));
FRAMES.test("account.jsonl", () => new DydxAccountDecoder(INSTRUMENTS));

Deno.test("DydxMarketDecoder reads what is written as the venue writes it without JSON.parse", () => {
  const decoder = new DydxMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl");
  const slow = FRAMES.raising(goldens, decoder, () => decoder.fallbacks);
  assertEquals(slow, [
    "book delta, keys in the other order",
    "repeated book delta chains to nothing",
  ]);
});

Deno.test("DydxMarketDecoder gives the scanner's and the tree's events alike", () => {
  const fast = new DydxMarketDecoder(INSTRUMENTS);
  const slow = new DydxMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl");
  // An escaped letter in a key is for the tree alone.
  FRAMES.assertAlike(
    goldens,
    { plain: fast, rewritten: slow },
    (text) => text.replace('"type"', '"typ\\u0065"'),
  );
  assert(slow.fallbacks > fast.fallbacks);
});

Deno.test("DydxMarketDecoder reads a REST book, bare or wrapped, and refuses anything else", () => {
  const [btc] = dydxMarkets();
  const read = (text: string) => {
    const decoder = new DydxMarketDecoder(INSTRUMENTS);
    const bytes = encoder.encode(text);
    const events: unknown[] = [];
    const outcome = decoder.decodeSnapshot(bytes, 0, bytes.length, btc.index, GOLDEN_AT, {
      deliver: (event: EngineEvent) => events.push(plainEvent(event, INSTRUMENTS)),
    });
    return { outcome, events };
  };
  const book = '{"bids":[{"price":"43240","size":"1"}],"asks":[]}';
  const snapshot = {
    kind: "book_snapshot",
    venue_at_us: 0,
    instrument: "dydx:BTC-USD-PERP",
    sequence: -1,
    bids: [["43240", "1"]],
    asks: [],
  };
  assertEquals(read(book), { outcome: "decoded", events: [snapshot] });
  assertEquals(read(`{"result":${book}}`).events, [snapshot]);
  for (const text of ["", "[]", "<html>", '{"bids":[]}', '{"bids":[{}],"asks":[]}']) {
    assertEquals(read(text), { outcome: "refused", events: [] }, text);
  }
});
