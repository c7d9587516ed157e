/**
 * One golden frame for every kind of message, written from the venue's documentation: what the
 * decoders make of it, and that neither ever throws or delivers half of a frame, whatever the
 * bytes.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import { BinanceAccountDecoder, BinanceMarketDecoder } from "@/exchanges/binance/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { btcPerp, btcSpot } from "@/tests/support/builders.ts";
import { GoldenFrames, isDecoded } from "@/tests/support/golden_frames.ts";

const INSTRUMENTS: readonly Instrument[] = [btcPerp(), btcSpot()];
const FRAMES = new GoldenFrames({
  venue: "binance",
  beside: import.meta.url,
  instruments: INSTRUMENTS,
});

// One decoder for all: a conditional order's release must be remembered from line to line.
FRAMES.test("market.jsonl", () => new BinanceMarketDecoder(INSTRUMENTS));
FRAMES.test("account.jsonl", () => new BinanceAccountDecoder(INSTRUMENTS));

Deno.test("BinanceMarketDecoder reads what is written as the venue writes it without JSON.parse", () => {
  const decoder = new BinanceMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl").filter(isDecoded);
  const slow = FRAMES.raising(goldens, decoder, () => decoder.fallbacks);
  assertEquals(slow, [
    "perpetual depth with spaces",
    "perpetual depth, symbol behind the levels",
    "best bid and ask, event name last",
  ]);
});

Deno.test("BinanceMarketDecoder gives the scanner's and the tree's events alike", () => {
  const fast = new BinanceMarketDecoder(INSTRUMENTS);
  const slow = new BinanceMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl").filter(({ outcome }) => outcome !== "refused");
  FRAMES.assertAlike(goldens, { plain: fast, rewritten: slow }, (text) => ` ${text} `);
});
