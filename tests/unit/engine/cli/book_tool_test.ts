/**
 * `book`: raw lines to a book, and what no input can do to it.
 * @module
 */
import { type BookPicture, runBookTool } from "@/engine/cli/mod.ts";
import { assertEquals, assertStringIncludes } from "@/tests/support/assert.ts";
import { collector, fakeInstrument, FakeTools, linesOf, wire } from "./fake_tools.ts";

const SNAPSHOT = { u: 10, b: [["100.0", "1"], ["99.9", "2"]], a: [["100.2", "3"]] };

function delta(u: number, rest: Record<string, unknown> = {}) {
  return { k: "delta", s: "BTCUSDT", u, b: [], a: [], ...rest };
}

async function run(lines: unknown[], options: { depth?: number; every?: number } = {}) {
  const { write, values } = collector();
  const complaints: string[] = [];
  const picture: BookPicture = await runBookTool(
    new FakeTools(),
    { instrument: fakeInstrument(), depth: options.depth ?? 20, every: options.every },
    linesOf(...lines),
    { write, complain: (text) => complaints.push(text) },
  );
  assertEquals(values.at(-1), { ...picture });
  return { picture, values, complaints };
}

Deno.test("book splices deltas that come before their snapshot", async () => {
  const { picture } = await run([
    wire(delta(9)),
    wire(delta(10)),
    wire(delta(11, { b: [["100.1", "0.5"]] })),
    wire(SNAPSHOT, "rest"),
    wire(delta(12, { a: [["100.2", "0"], ["100.3", "4"]] })),
  ]);
  assertEquals(picture, {
    messages: 5,
    applied: 3,
    ignored: 2,
    gaps: 0,
    resyncs: 0,
    trades: 0,
    refused: 0,
    state: "synchronised",
    sequence: "12",
    bids: [["100.1", "0.5"], ["100", "1"], ["99.9", "2"]],
    asks: [["100.3", "4"]],
  });
});

Deno.test("book shows no side after a gap, and counts the resync after the next snapshot", async () => {
  const before = [wire(SNAPSHOT, "rest"), wire(delta(11))];
  const gapped = await run([...before, wire(delta(13))]);
  assertEquals(gapped.picture.gaps, 1);
  assertEquals(gapped.picture.sequence, null);
  assertEquals([gapped.picture.bids, gapped.picture.asks], [[], []]);
  const healed = await run([
    ...before,
    wire(delta(13)),
    wire({ ...SNAPSHOT, u: 13 }, "rest"),
    wire(delta(14)),
  ]);
  assertEquals([healed.picture.state, healed.picture.resyncs], ["synchronised", 1]);
  assertEquals(healed.picture.sequence, "14");
});

Deno.test("book prints after every N applied updates and at the end", async () => {
  const lines = [wire(SNAPSHOT, "rest"), ...[11, 12, 13, 14].map((u) => wire(delta(u)))];
  const { values } = await run(lines, { every: 2, depth: 1 });
  assertEquals(values.map((value) => value["applied"]), [2, 4, 5]);
  assertEquals(values[0]!["bids"], [["100", "1"]]);
});

Deno.test("book counts trades, and ignores other channels and other instruments", async () => {
  const { picture } = await run([
    wire({ k: "trade", s: "BTCUSDT", p: "100.0", q: "1" }),
    wire({ k: "touch", s: "BTCUSDT", bp: "100.0", bq: "1", ap: "100.1", aq: "1" }),
    wire({ k: "trade", s: "ETHUSDT", p: "1", q: "1" }),
    wire({ k: "hello", s: "BTCUSDT" }),
    wire({ no: "snapshot" }, "rest"),
  ]);
  assertEquals([picture.trades, picture.ignored, picture.messages], [1, 4, 5]);
});

Deno.test("book counts what it cannot read as refused and tells each reason once", async () => {
  const { picture, complaints } = await run([
    "not JSON",
    "[1]",
    '{"source":"carrier pigeon","text":"x"}',
    '{"source":"ws","text":5}',
    '{"source":"ws","text":"{}","at_us":-1}',
    wire("<html>"),
    wire("<html>"),
    wire("<html>", "rest"),
    wire({ k: "odd", s: "BTCUSDT" }),
  ]);
  assertEquals([picture.messages, picture.refused], [9, 9]);
  assertEquals(complaints.length, 7);
  assertStringIncludes(complaints[0]!, "message 1: wanted one JSON object");
  assertStringIncludes(complaints.join(), '"source": wanted "ws" or "rest"');
  assertStringIncludes(complaints.join(), '"at_us": wanted whole microseconds');
});

Deno.test("book empties its sides when the venue restarts its stream", async () => {
  const { picture } = await run([
    wire(SNAPSHOT, "rest", 1_000),
    wire(delta(11), "ws", 2_000),
    wire({ k: "cut", s: "BTCUSDT" }, "ws", 3_000),
  ]);
  assertEquals([picture.bids, picture.asks], [[], []]);
});

Deno.test("book takes messages longer than its first room for bytes", async () => {
  const filler = "x".repeat(100_000);
  const { picture } = await run([
    wire({ ...SNAPSHOT, filler }, "rest"),
    wire(delta(11, { filler })),
  ]);
  assertEquals(picture.applied, 2);
});
