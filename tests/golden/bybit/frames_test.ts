/**
 * One golden frame for every kind of message, written from the venue's documentation: what the
 * decoders make of it, and that neither ever throws or delivers half of a frame, whatever the
 * bytes.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import { BybitAccountDecoder, BybitMarketDecoder } from "@/exchanges/bybit/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { instrumentOf } from "./instruments.ts";
import { GoldenFrames, isDecoded } from "@/tests/support/golden_frames.ts";

const INSTRUMENTS: readonly Instrument[] = [
  instrumentOf(0, "BTC-USDT-PERP", "0.1", "0.001"),
  instrumentOf(1, "BTC-USDT", "0.01", "0.000001"),
  instrumentOf(2, "ETH-USDT", "0.01", "0.00001"),
];
const FRAMES = new GoldenFrames({
  venue: "bybit",
  beside: import.meta.url,
  instruments: INSTRUMENTS,
});

// One decoder for all: tickers, touches and names of orders are remembered from line to line.
FRAMES.test("market.jsonl", () => new BybitMarketDecoder(INSTRUMENTS));
FRAMES.test("account.jsonl", () => new BybitAccountDecoder(INSTRUMENTS));

Deno.test("BybitMarketDecoder reads what the venue writes without JSON.parse", () => {
  const decoder = new BybitMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl").filter(isDecoded);
  const slow = FRAMES.raising(goldens, decoder, () => decoder.fallbacks);
  assertEquals(slow, [
    "depth delta, data before the topic",
  ]);
});

Deno.test("BybitMarketDecoder gives the scanner's and the tree's events alike", () => {
  const fast = new BybitMarketDecoder(INSTRUMENTS);
  const slow = new BybitMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl").filter(({ outcome }) => outcome !== "refused");
  FRAMES.assertAlike(
    goldens,
    { plain: fast, rewritten: slow },
    (text) => text.replace('"data":', '"data" :').replace("[[", "[ ["),
  );
});

Deno.test("BybitMarketDecoder reads by keys only what is not written as usual", () => {
  const decoder = new BybitMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl");
  const unusual = FRAMES.raising(goldens, decoder, () => decoder.unusual);
  assertEquals(unusual, [
    "depth delta, keys in another order",
    "depth delta with unknown keys",
    "depth, numbers as numbers and times as texts",
    "depth without cts",
    "two trades, one of them a block trade",
    "trade with numbers",
  ]);
});
