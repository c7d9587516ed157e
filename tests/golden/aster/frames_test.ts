/**
 * One golden frame for every kind of message, written from the venue's documentation: what the
 * decoders make of it, and that neither ever throws or tells half of a frame, whatever the bytes.
 * @module
 */
import { createInstrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { asterTools } from "@/exchanges/aster/mod.ts";
import { AsterMarketDecoder } from "@/exchanges/aster/market_decoder.ts";
import { plainEvent } from "@/tests/support/golden_events.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { GOLDEN_AT, GoldenFrames, isDecoded } from "@/tests/support/golden_frames.ts";

const INSTRUMENTS = ([
  ["BTC-USDT-PERP", "0.1", "0.001"],
  ["BTC-USDT", "0.01", "0.00001"],
] as const).map(([symbol, tick, lot], index) =>
  unwrap(
    createInstrument(instrumentIndex(index), unwrap(asterTools.termsFrom(symbol, tick, lot, "1"))),
  )
);
const FRAMES = new GoldenFrames({
  venue: "aster",
  beside: import.meta.url,
  instruments: INSTRUMENTS,
});
const utf8 = new TextEncoder();

// One decoder for all: the sign of fees is learnt from line to line.
FRAMES.test("market.jsonl", () => asterTools.createMarketDecoder(INSTRUMENTS));
FRAMES.test("account.jsonl", () => asterTools.createAccountDecoder(INSTRUMENTS));

Deno.test("AsterMarketDecoder reads frames as the venue writes them without JSON.parse", () => {
  const decoder = new AsterMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl").filter(isDecoded);
  assertEquals(FRAMES.raising(goldens, decoder, () => decoder.fallbacks), [
    "futures depth with spaces",
    "futures depth, symbol behind the levels",
    "futures depth, two symbols",
  ]);
});

Deno.test("AsterMarketDecoder names the instrument of a frame that it refuses", () => {
  const decoder = new AsterMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl");
  FRAMES.decode(decoder, goldens.find(({ name }) => name === "futures depth without pu")!.text);
  assertEquals(decoder.lastInstrument, INSTRUMENTS[0]!.index);
});

Deno.test("AsterMarketDecoder.decodeSnapshot() reads any order of keys, and refuses what is none", () => {
  const levels = { bids: [["4.1", "431.000"]], asks: [["4.2", "12.000"]] };
  const whole = { lastUpdateId: 1_027_024, E: 1_589_436_922_972, T: 1_589_436_922_959, ...levels };
  const cases: readonly (readonly [string, string, string])[] = [
    [JSON.stringify(whole), "decoded", ""],
    [JSON.stringify({ ...levels, lastUpdateId: 1_027_024, x: [], T: whole.T }), "decoded", ""],
    [JSON.stringify(whole, null, 2), "decoded", ""],
    [JSON.stringify(levels), "refused", "snapshot is not readable"],
    [JSON.stringify({ ...whole, asks: null }), "refused", "snapshot is not readable"],
    [JSON.stringify({ ...whole, bids: [["4.15", "1"]] }), "refused", "snapshot is not readable"],
    ['{"code":-1121,"msg":"Invalid symbol."}', "refused", "snapshot is not readable"],
    ["<html>", "refused", "not a JSON object"],
  ];
  for (const [text, outcome, reason] of cases) {
    const decoder = asterTools.createMarketDecoder(INSTRUMENTS);
    const events: unknown[] = [];
    const bytes = utf8.encode(text);
    const found = decoder.decodeSnapshot(bytes, 0, bytes.length, instrumentIndex(0), GOLDEN_AT, {
      deliver: (event) => events.push(plainEvent(event, INSTRUMENTS)),
    });
    assertEquals([found, decoder.reason], [outcome, reason], text);
    assertEquals(
      events,
      outcome !== "decoded" ? [] : [{
        kind: "book_snapshot",
        venue_at_us: 1_589_436_922_959_000,
        instrument: "aster:BTC-USDT-PERP",
        sequence: 1_027_024,
        bids: [["4.1", "431"]],
        asks: [["4.2", "12"]],
      }],
    );
  }
  const decoder = asterTools.createMarketDecoder(INSTRUMENTS);
  const none = { deliver: () => {} };
  assertEquals(
    decoder.decodeSnapshot(utf8.encode("{}"), 0, 2, instrumentIndex(9), GOLDEN_AT, none),
    "ignored",
  );
});
