/**
 * One golden frame for every kind of message, written from the venue's documentation: what the
 * decoders
 * make of it, and that neither decoder ever throws or delivers half of a frame, whatever the bytes.
 * @module
 */
import { type Instrument, instrumentIndex, micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { WireDecoder } from "@/engine/ports/mod.ts";
import { GateAccountDecoder, GateMarketDecoder } from "@/exchanges/gate/mod.ts";
import { plainEvent } from "@/tests/golden/binance/events_text.ts";
import { assert, assertEquals, fail } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";
import { gatePerp, gateSpot } from "./gate_instruments.ts";

interface Golden {
  readonly name: string;
  readonly text: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly events: readonly unknown[];
}

const INSTRUMENTS: readonly Instrument[] = [gatePerp(), gateSpot()];
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
  { file: "market.jsonl", make: () => new GateMarketDecoder(INSTRUMENTS) },
  { file: "account.jsonl", make: () => new GateAccountDecoder(INSTRUMENTS) },
] as const;

for (const { file, make } of SUBJECTS) {
  // One decoder for all: what a stream said last is remembered from line to line.
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
    const random = printedRandom(`gate ${file}`);
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

Deno.test("GateMarketDecoder reads what is written as the venue writes it without JSON.parse", () => {
  const decoder = new GateMarketDecoder(INSTRUMENTS);
  const slow: string[] = [];
  for (const golden of goldens("market.jsonl")) {
    if (golden.outcome !== "decoded") continue;
    const before = decoder.fallbacks;
    decode(decoder, encoder.encode(golden.text));
    if (decoder.fallbacks > before) slow.push(golden.name);
  }
  assertEquals(slow, ["futures depth delta with spaces"]);
});

Deno.test("GateMarketDecoder gives the scanner's and the tree's events alike", () => {
  const fast = new GateMarketDecoder(INSTRUMENTS);
  const slow = new GateMarketDecoder(INSTRUMENTS);
  for (const golden of goldens("market.jsonl")) {
    if (golden.outcome === "refused") continue;
    const expected = decode(fast, encoder.encode(golden.text));
    assertEquals(decode(slow, encoder.encode(` ${golden.text} `)), expected, golden.name);
  }
});

Deno.test("GateMarketDecoder reads REST snapshots of both products, and refuses what is none", () => {
  const level = '"asks":[["19137.75","0.6"]],"bids":[["19137.74","0.0001"],["19137","2"]]';
  const spot = `{"id":48776300,"current":1606294781200,"update":1606294781190,${level}}`;
  const futures =
    '{"current":1623898993.123,"update":1623898993.1214,"asks":[{"s":100,"p":"54743.6"}],' +
    '"bids":[{"p":"54672.1","s":"150"}],"id":2517661100}';
  const cases = [
    { index: 1, text: spot, at: 1_606_294_781_190_000, sequence: 48_776_300, fallbacks: 0 },
    { index: 0, text: futures, at: 1_623_898_993_121_400, sequence: 2_517_661_100, fallbacks: 0 },
    {
      index: 0,
      text: ` ${futures}`,
      at: 1_623_898_993_121_400,
      sequence: 2_517_661_100,
      fallbacks: 1,
    },
  ];
  for (const { index, text, at, sequence, fallbacks } of cases) {
    const decoder = new GateMarketDecoder(INSTRUMENTS);
    const bytes = encoder.encode(text);
    const events: EngineEvent[] = [];
    const receiver = { deliver: (event: EngineEvent) => events.push(event) };
    const found = decoder.decodeSnapshot(
      bytes,
      0,
      bytes.length,
      instrumentIndex(index),
      AT,
      receiver,
    );
    assertEquals(found, "decoded", decoder.reason);
    const [snapshot] = events;
    assert(snapshot?.kind === "book_snapshot");
    assertEquals([snapshot.sequence, snapshot.venueAt], [sequence, at]);
    assertEquals([snapshot.bids.count, snapshot.asks.count], [index === 1 ? 2 : 1, 1]);
    assertEquals(decoder.fallbacks, fallbacks);
    for (let length = 0; length < bytes.length; length++) {
      const cut = decoder.decodeSnapshot(bytes, 0, length, instrumentIndex(index), AT, {
        deliver: () => fail("half a snapshot was delivered"),
      });
      assertEquals(cut, "refused");
    }
  }
  const decoder = new GateMarketDecoder(INSTRUMENTS);
  for (
    const text of ["<html>", "[]", "{}", '{"id":1,"bids":[]}', '{"id":-1,"bids":[],"asks":[]}']
  ) {
    const bytes = encoder.encode(text);
    const receiver = { deliver: () => fail("delivered") };
    const found = decoder.decodeSnapshot(bytes, 0, bytes.length, instrumentIndex(0), AT, receiver);
    assertEquals(found, "refused", text);
  }
  const none = decoder.decodeSnapshot(encoder.encode("{}"), 0, 2, instrumentIndex(9), AT, {
    deliver: () => fail("delivered"),
  });
  assertEquals(none, "ignored");
});

Deno.test("GateMarketDecoder confirms a whole book for live use and takes one that was asked for", () => {
  const decoder = new GateMarketDecoder(INSTRUMENTS, { confirmsWholeBooks: true });
  const kinds = (u: number): string[] => {
    const text =
      `{"channel":"futures.obu","event":"update","result":{"t":1743673026995,"full":true,` +
      `"s":"ob.BTC_USDT.400","u":${u},"b":[["83705.9","3"]],"a":[["83706","4"]]}}`;
    const found = decode(decoder, encoder.encode(text));
    return found.events.map((event) => (event as { kind: string }).kind);
  };
  const first = ["book_snapshot", "book_delta"];
  assertEquals(kinds(5), first);
  assertEquals(kinds(5), first, "no news, no interruption");
  assertEquals(kinds(9), ["feed_interrupted", ...first]);
  decoder.expectWholeBook(INSTRUMENTS[0]!);
  assertEquals(kinds(3), ["feed_interrupted", ...first], "an id that went back, but asked for");
  decoder.isOverlapping = true;
  assertEquals(kinds(30), first);
});

Deno.test("GateMarketDecoder tells the next funding once the connector knows it", () => {
  const decoder = new GateMarketDecoder(INSTRUMENTS);
  const ticker = goldens("market.jsonl").find((one) =>
    one.name.startsWith("futures ticker: mark")
  )!;
  const nextAt = (): unknown => {
    const found = decode(decoder, encoder.encode(ticker.text));
    return (found.events[1] as { next_at_us: number }).next_at_us;
  };
  decoder.setFundingAt(INSTRUMENTS[0]!, micros(AT + 5));
  assertEquals(nextAt(), AT + 5);
  decoder.setFundingAt(INSTRUMENTS[0]!, micros(AT - 5));
  assertEquals(nextAt(), 0, "a past instant is none");
});
