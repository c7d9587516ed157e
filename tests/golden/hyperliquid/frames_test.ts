/**
 * One golden frame for every kind of message, written from the venue's documentation: what the
 * decoders make of it, and that neither ever throws or delivers half of a frame, whatever the
 * bytes.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import {
  HyperliquidAccountDecoder,
  HyperliquidMarketDecoder,
} from "@/exchanges/hyperliquid/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { goldenInstruments } from "./listing.ts";
import { GoldenFrames, isDecoded } from "@/tests/support/golden_frames.ts";

const INSTRUMENTS: readonly Instrument[] = goldenInstruments();
const FRAMES = new GoldenFrames({
  venue: "hyperliquid",
  beside: import.meta.url,
  instruments: INSTRUMENTS,
});

// One decoder for all: block times and held positions are remembered from line to line.
FRAMES.test("market.jsonl", () => new HyperliquidMarketDecoder(INSTRUMENTS));
FRAMES.test("account.jsonl", () => new HyperliquidAccountDecoder(INSTRUMENTS));

Deno.test("HyperliquidMarketDecoder reads what is written as the venue writes it without JSON.parse", () => {
  const decoder = new HyperliquidMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl").filter(isDecoded);
  const slow = FRAMES.raising(goldens, decoder, () => decoder.fallbacks);
  assertEquals(slow, [
    "book, levels before the coin",
    "book, data before the channel",
    "book with unknown keys",
    "book with spaces",
    "touch with spaces",
    "trades with spaces",
    "book as an answer over the socket",
  ]);
});

Deno.test("HyperliquidMarketDecoder gives the scanner's and the tree's events alike", () => {
  const fast = new HyperliquidMarketDecoder(INSTRUMENTS);
  const slow = new HyperliquidMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl").filter(({ outcome }) => outcome !== "refused");
  FRAMES.assertAlike(goldens, { plain: fast, rewritten: slow }, (text) => ` ${text} `);
});
