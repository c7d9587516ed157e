/**
 * One golden frame for every kind of message, written from the venue's documentation: what the
 * decoders make of it, and that neither ever throws or delivers half of a frame, whatever the
 * bytes.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import { OkxAccountDecoder, OkxMarketDecoder } from "@/exchanges/okx/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { instruments } from "@/tests/unit/exchanges/okx/builders.ts";
import { GoldenFrames, isDecoded } from "@/tests/support/golden_frames.ts";

const INSTRUMENTS: readonly Instrument[] = instruments();
const FRAMES = new GoldenFrames({
  venue: "okx",
  beside: import.meta.url,
  instruments: INSTRUMENTS,
});

// One decoder for all: maintenance is remembered from line to line.
FRAMES.test("market.jsonl", () => new OkxMarketDecoder(INSTRUMENTS));
FRAMES.test("account.jsonl", () => new OkxAccountDecoder(INSTRUMENTS));

Deno.test("OkxMarketDecoder reads what is written as the venue writes it without JSON.parse", () => {
  const decoder = new OkxMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl").filter(isDecoded);
  const slow = FRAMES.raising(goldens, decoder, () => decoder.fallbacks);
  assertEquals(slow, [
    "VIP book",
    "book with spaces",
    "book, data before its channel",
    "book snapshot of the oldest form, without action",
    "best bid and ask with spaces",
    "a trade that names its own instrument",
  ]);
});

Deno.test("OkxMarketDecoder gives the scanner's and the tree's events alike", () => {
  const fast = new OkxMarketDecoder(INSTRUMENTS);
  const slow = new OkxMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl").filter(({ outcome, text }) =>
    outcome !== "refused" && text !== "pong"
  );
  FRAMES.assertAlike(goldens, { plain: fast, rewritten: slow }, spacedOut);
});

/** The same JSON as the slow way alone reads it. */
function spacedOut(text: string): string {
  return text.replaceAll("],[", "] , [").replaceAll('":', '" : ').replaceAll("[[", "[ [");
}
