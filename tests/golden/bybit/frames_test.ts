/**
 * One golden frame for every kind of message, written from the venue's documentation: what the
 * decoders
 * make of it, and that neither decoder ever throws or delivers half of a frame, whatever the bytes.
 * @module
 */
import { type Instrument, micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { WireDecoder } from "@/engine/ports/mod.ts";
import { BybitAccountDecoder, BybitMarketDecoder } from "@/exchanges/bybit/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";
import { instrumentOf } from "./instruments.ts";
import { plainEvent } from "./events_text.ts";

interface Golden {
  readonly name: string;
  readonly text: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly events: readonly unknown[];
}

const INSTRUMENTS: readonly Instrument[] = [
  instrumentOf(0, "BTC-USDT-PERP", "0.1", "0.001"),
  instrumentOf(1, "BTC-USDT", "0.01", "0.000001"),
  instrumentOf(2, "ETH-USDT", "0.01", "0.00001"),
];
const AT = micros(1_768_435_200_000_000);
const encoder = new TextEncoder();

function goldens(file: string): Golden[] {
  const text = Deno.readTextFileSync(new URL(file, import.meta.url));
  return text.trim().split("\n").map((line) => JSON.parse(line) as Golden);
}

/** Decodes bytes that stand amid others, as they do in a receive buffer. */
function decode(
  decoder: WireDecoder,
  bytes: Uint8Array,
): { outcome: string; reason: string; events: unknown[] } {
  const padded = new Uint8Array(bytes.length + 14);
  padded.fill(57);
  padded.set(bytes, 7);
  const events: unknown[] = [];
  const outcome = decoder.decode(padded, 7, 7 + bytes.length, AT, {
    deliver: (event: EngineEvent) => events.push(plainEvent(event, INSTRUMENTS)),
  });
  return { outcome, reason: decoder.reason, events };
}

const SUBJECTS = [
  { file: "market.jsonl", make: () => new BybitMarketDecoder(INSTRUMENTS) },
  { file: "account.jsonl", make: () => new BybitAccountDecoder(INSTRUMENTS) },
] as const;

for (const { file, make } of SUBJECTS) {
  // One decoder for all: tickers, touches and names of orders are remembered from line to line.
  const decoder = make();
  for (const golden of goldens(file)) {
    Deno.test(`golden ${file}: ${golden.name}`, () => {
      const found = decode(decoder, encoder.encode(golden.text));
      assertEquals(found.events, [...golden.events]);
      assertEquals(found.outcome, golden.outcome);
      assertEquals(found.reason, golden.reason ?? "");
    });
  }

  Deno.test(`golden ${file}: no frame cut at any byte is decoded`, () => {
    for (const golden of goldens(file)) {
      if (golden.outcome !== "decoded") continue;
      const bytes = encoder.encode(golden.text);
      for (let length = 0; length < bytes.length; length++) {
        const found = decode(make(), bytes.subarray(0, length));
        assert(found.outcome !== "decoded", `${golden.name} cut at ${length}`);
        assertEquals(found.events, [], `${golden.name} cut at ${length}`);
      }
    }
  });

  Deno.test(`golden ${file}: changed bytes never throw; a refusal delivers nothing`, () => {
    const random = printedRandom(`bybit ${file}`);
    const all = goldens(file);
    const alphabet = encoder.encode('0123456789"{}[],:.-eE\\xnulltrue \u00e9');
    let refused = 0;
    for (let round = 0; round < 6_000; round++) {
      const golden = all[Math.floor(random.next() * all.length)]!;
      const bytes = encoder.encode(golden.text);
      const changes = 1 + Math.floor(random.next() * 3);
      for (let change = 0; change < changes; change++) {
        const at = Math.floor(random.next() * bytes.length);
        bytes[at] = random.next() < 0.8
          ? alphabet[Math.floor(random.next() * alphabet.length)]!
          : Math.floor(random.next() * 256);
      }
      const found = decode(make(), bytes);
      assert(["decoded", "ignored", "refused"].includes(found.outcome));
      if (found.outcome !== "decoded") {
        assertEquals(found.events, []);
        assert(found.reason !== "", "every no has a reason");
      }
      if (found.outcome === "refused") refused++;
    }
    assert(refused > 500, `${refused} refused`);
  });

  Deno.test(`golden ${file}: wrong types and huge numbers in any field never throw`, () => {
    const wrong: unknown[] = [null, true, 0, -1, 1e300, "", "x", "9".repeat(400), [], {}, [[]], [
      null,
    ]];
    for (const golden of goldens(file)) {
      if (golden.outcome !== "decoded") continue;
      const tree = JSON.parse(golden.text) as Record<string, unknown>;
      for (const path of pathsOf(tree)) {
        for (const value of wrong) {
          const text = JSON.stringify(changedAt(tree, path, value));
          const found = decode(make(), encoder.encode(text));
          if (found.outcome !== "decoded") assertEquals(found.events, []);
        }
      }
    }
  });
}

function pathsOf(tree: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof tree !== "object" || tree === null) return [path];
  const below = Object.entries(tree).flatMap(([key, value]) => pathsOf(value, [...path, key]));
  return path.length === 0 ? below : [path, ...below];
}

function changedAt(tree: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(tree)) {
    return tree.map((element, index) =>
      String(index) === key ? changedAt(element, rest, value) : element
    );
  }
  const object = tree as Record<string, unknown>;
  return { ...object, [key]: changedAt(object[key], rest, value) };
}

Deno.test("BybitMarketDecoder reads what the venue writes without JSON.parse", () => {
  const decoder = new BybitMarketDecoder(INSTRUMENTS);
  const slow: string[] = [];
  for (const golden of goldens("market.jsonl")) {
    if (golden.outcome !== "decoded") continue;
    const before = decoder.fallbacks;
    decode(decoder, encoder.encode(golden.text));
    if (decoder.fallbacks > before) slow.push(golden.name);
  }
  assertEquals(slow, [
    "depth delta, data before the topic",
  ]);
});

Deno.test("BybitMarketDecoder gives the scanner's and the tree's events alike", () => {
  const fast = new BybitMarketDecoder(INSTRUMENTS);
  const slow = new BybitMarketDecoder(INSTRUMENTS);
  for (const golden of goldens("market.jsonl")) {
    if (golden.outcome === "refused") continue;
    const spaced = golden.text.replace('"data":', '"data" :').replace("[[", "[ [");
    const expected = decode(fast, encoder.encode(golden.text));
    assertEquals(decode(slow, encoder.encode(spaced)), expected, golden.name);
  }
});

Deno.test("BybitMarketDecoder reads by keys only what is not written as usual", () => {
  const decoder = new BybitMarketDecoder(INSTRUMENTS);
  const unusual: string[] = [];
  for (const golden of goldens("market.jsonl")) {
    const before = decoder.unusual;
    decode(decoder, encoder.encode(golden.text));
    if (decoder.unusual > before) unusual.push(golden.name);
  }
  assertEquals(unusual, [
    "depth delta, keys in another order",
    "depth delta with unknown keys",
    "depth, numbers as numbers and times as texts",
    "depth without cts",
    "two trades, one of them a block trade",
    "trade with numbers",
  ]);
});
