/**
 * One golden frame for every kind of message, written from the venue's documentation: what the
 * decoders make of it, and that neither ever throws or tells half of a frame, whatever the bytes.
 * @module
 */
import { createInstrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import type { WireDecoder } from "@/engine/ports/mod.ts";
import { asterTools } from "@/exchanges/aster/mod.ts";
import { AsterMarketDecoder } from "@/exchanges/aster/market_decoder.ts";
import { plainEvent } from "@/tests/support/golden_events.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { type Golden, GOLDEN_AT, GoldenFrames } from "@/tests/support/golden_frames.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

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

const FILES = {
  market: () => asterTools.createMarketDecoder(INSTRUMENTS),
  account: () => asterTools.createAccountDecoder(INSTRUMENTS),
} as const;

function goldensOf(file: keyof typeof FILES): readonly Golden[] {
  return FRAMES.all(`${file}.jsonl`);
}

/** Decodes bytes amid others, as in a receive buffer. */
function run(decoder: WireDecoder, frame: Uint8Array | string) {
  const bytes = typeof frame === "string" ? utf8.encode(frame) : frame;
  const buffer = new Uint8Array(bytes.length + 20).fill(0x7d);
  buffer.set(bytes, 10);
  const events: unknown[] = [];
  const outcome = decoder.decode(buffer, 10, 10 + bytes.length, GOLDEN_AT, {
    deliver: (event) => events.push(plainEvent(event, INSTRUMENTS)),
  });
  return { outcome, reason: decoder.reason, events };
}

/** What holds of every frame: a no has a reason and tells nothing. */
function checked(decoder: WireDecoder, frame: Uint8Array | string, about: string): string {
  const { outcome, reason, events } = run(decoder, frame);
  if (outcome === "decoded") assertEquals(reason, "", about);
  else {
    assertEquals(events, [], about);
    assert(reason !== "", about);
  }
  return outcome;
}

for (const [file, make] of Object.entries(FILES)) {
  const goldens = goldensOf(file as keyof typeof FILES);
  // One decoder for all: the sign of fees is learnt from line to line.
  const decoder = make();
  for (const { name, text, outcome, reason = "", events } of goldens) {
    Deno.test(`golden aster ${file}: ${name}`, () => {
      assertEquals(run(decoder, text), { outcome, reason, events: [...events] } as never);
    });
  }

  Deno.test(`golden aster ${file}: no frame cut at any byte is decoded`, () => {
    for (const { name, text, outcome } of goldens) {
      if (outcome !== "decoded") continue;
      const bytes = utf8.encode(text);
      for (let length = 0; length < bytes.length; length++) {
        const found = checked(make(), bytes.subarray(0, length), `${name} cut at ${length}`);
        assert(found !== "decoded", `${name} cut at ${length}`);
      }
    }
  });

  Deno.test(`golden aster ${file}: changed bytes never throw, a no tells nothing`, () => {
    const random = printedRandom(`aster ${file}`);
    const draw = (below: number) => Math.floor(random.next() * below);
    const alphabet = utf8.encode('0123456789"{}[],:.-eEusbatTMX\\nulltrue \u00e9\u0000');
    const outcomes: Record<string, number> = { decoded: 0, ignored: 0, refused: 0 };
    for (let round = 0; round < 6_000; round++) {
      const { text, name } = goldens[draw(goldens.length)]!;
      const bytes = utf8.encode(text);
      for (let change = draw(4); change >= 0 && bytes.length > 0; change--) {
        bytes[draw(bytes.length)] = alphabet[draw(alphabet.length)]!;
      }
      outcomes[checked(make(), bytes, `${name}, round ${round}`)]!++;
    }
    assert(outcomes["refused"]! > 1_000, JSON.stringify(outcomes));
    assert(outcomes["decoded"]! > 100, JSON.stringify(outcomes));
  });

  Deno.test(`golden aster ${file}: any value in any field never throws`, () => {
    const values = ["null", "true", "0", "-1", "1e300", '""', '"x"', "9".repeat(400), "[]", "{}"];
    for (const { name, text, outcome } of goldens) {
      if (outcome !== "decoded") continue;
      for (const match of text.matchAll(/:\s*("[^"]*"|[-\d.]+|true|false|null|\[\]|\[\[)/g)) {
        const from = match.index + match[0].length - match[1]!.length;
        for (const value of values) {
          const changed = text.slice(0, from) + value + text.slice(from + match[1]!.length);
          checked(make(), changed, `${name}: ${changed}`);
        }
      }
    }
  });
}

Deno.test("AsterMarketDecoder reads frames as the venue writes them without JSON.parse", () => {
  const slow = goldensOf("market").filter(({ text, outcome }) => {
    const decoder = new AsterMarketDecoder(INSTRUMENTS);
    run(decoder, text);
    return outcome === "decoded" && decoder.fallbacks > 0;
  });
  assertEquals(slow.map(({ name }) => name), [
    "futures depth with spaces",
    "futures depth, symbol behind the levels",
    "futures depth, two symbols",
  ]);
});

Deno.test("AsterMarketDecoder names the instrument of a frame that it refuses", () => {
  const decoder = new AsterMarketDecoder(INSTRUMENTS);
  run(decoder, goldensOf("market").find(({ name }) => name === "futures depth without pu")!.text);
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
