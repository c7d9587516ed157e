/**
 * One golden frame for every kind of message, written from the venue's documentation: what the
 * decoders make of it, and that neither ever throws or delivers half of a frame, whatever the
 * bytes.
 * @module
 */
import { type Instrument, instrumentIndex, micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { GateAccountDecoder, GateMarketDecoder } from "@/exchanges/gate/mod.ts";
import { assert, assertEquals, fail } from "@/tests/support/assert.ts";
import { gatePerp, gateSpot } from "./gate_instruments.ts";
import { GOLDEN_AT, GoldenFrames, isDecoded } from "@/tests/support/golden_frames.ts";

const INSTRUMENTS: readonly Instrument[] = [gatePerp(), gateSpot()];
const FRAMES = new GoldenFrames({
  venue: "gate",
  beside: import.meta.url,
  instruments: INSTRUMENTS,
});
const encoder = new TextEncoder();

// One decoder for all: what a stream said last is remembered from line to line.
FRAMES.test("market.jsonl", () => new GateMarketDecoder(INSTRUMENTS));
FRAMES.test("account.jsonl", () => new GateAccountDecoder(INSTRUMENTS));

Deno.test("GateMarketDecoder reads what is written as the venue writes it without JSON.parse", () => {
  const decoder = new GateMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl").filter(isDecoded);
  const slow = FRAMES.raising(goldens, decoder, () => decoder.fallbacks);
  assertEquals(slow, ["futures depth delta with spaces"]);
});

Deno.test("GateMarketDecoder gives the scanner's and the tree's events alike", () => {
  const fast = new GateMarketDecoder(INSTRUMENTS);
  const slow = new GateMarketDecoder(INSTRUMENTS);
  const goldens = FRAMES.all("market.jsonl").filter(({ outcome }) => outcome !== "refused");
  FRAMES.assertAlike(goldens, { plain: fast, rewritten: slow }, (text) => ` ${text} `);
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
      GOLDEN_AT,
      receiver,
    );
    assertEquals(found, "decoded", decoder.reason);
    const [snapshot] = events;
    assert(snapshot?.kind === "book_snapshot");
    assertEquals([snapshot.sequence, snapshot.venueAt], [sequence, at]);
    assertEquals([snapshot.bids.count, snapshot.asks.count], [index === 1 ? 2 : 1, 1]);
    assertEquals(decoder.fallbacks, fallbacks);
    for (let length = 0; length < bytes.length; length++) {
      const cut = decoder.decodeSnapshot(bytes, 0, length, instrumentIndex(index), GOLDEN_AT, {
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
    const found = decoder.decodeSnapshot(
      bytes,
      0,
      bytes.length,
      instrumentIndex(0),
      GOLDEN_AT,
      receiver,
    );
    assertEquals(found, "refused", text);
  }
  const none = decoder.decodeSnapshot(encoder.encode("{}"), 0, 2, instrumentIndex(9), GOLDEN_AT, {
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
    const found = FRAMES.decode(decoder, text);
    return found.events.map((event) => (event as { kind: string }).kind);
  };
  const first = ["book_snapshot", "book_delta"];
  assertEquals(kinds(5), first);
  assertEquals(kinds(5), first, "no news, no interruption");
  assertEquals(kinds(9), ["feed_interrupted", ...first]);
  decoder.expectWholeBook(INSTRUMENTS[0]!);
  assertEquals(kinds(3), ["feed_interrupted", ...first], "an id that went back, but asked for");
});

Deno.test("GateMarketDecoder tells the next funding once the connector knows it", () => {
  const decoder = new GateMarketDecoder(INSTRUMENTS);
  const ticker = FRAMES.all("market.jsonl").find((one) =>
    one.name.startsWith("futures ticker: mark")
  )!;
  const nextAt = (): unknown => {
    const found = FRAMES.decode(decoder, ticker.text);
    return (found.events[1] as { next_at_us: number }).next_at_us;
  };
  decoder.setFundingAt(INSTRUMENTS[0]!, micros(GOLDEN_AT + 5));
  assertEquals(nextAt(), GOLDEN_AT + 5);
  decoder.setFundingAt(INSTRUMENTS[0]!, micros(GOLDEN_AT - 5));
  assertEquals(nextAt(), 0, "a past instant is none");
});
