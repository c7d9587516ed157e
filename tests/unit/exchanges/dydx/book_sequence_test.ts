/**
 * The venue's rule, alone and behind the `book` tool: chains, repetitions, gaps, REST snapshots.
 * @module
 */
import { BookKeeper } from "@/engine/cli/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import { DydxBookSequence, dydxTools } from "@/exchanges/dydx/mod.ts";
import { DeltaScratch, SnapshotScratch } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { dydxMarkets } from "./markets.ts";

const [BTC] = dydxMarkets();

function judge(rule: DydxBookSequence, sequence: number, previous: number): string {
  const delta = new DeltaScratch().begin(BTC.index, micros(1));
  delta.sequence = sequence;
  delta.previousSequence = previous;
  return rule.judge(delta);
}

function snapshot(sequence: number): SnapshotScratch {
  const scratch = new SnapshotScratch().begin(BTC.index, micros(1));
  scratch.sequence = sequence;
  return scratch;
}

Deno.test("DydxBookSequence: without a book every delta is a gap", () => {
  const rule = new DydxBookSequence();
  assertEquals(rule.snapshotFrom, "stream");
  assert(rule.isSnapshotRecent());
  assertEquals(judge(rule, 5, 4), "gap");
  rule.onSnapshot(snapshot(4));
  assertEquals(judge(rule, 5, 4), "next");
  rule.reset();
  assertEquals(judge(rule, 6, 5), "gap");
});

Deno.test("DydxBookSequence: chained is next, not above the last is old, else a gap", () => {
  const rule = new DydxBookSequence();
  rule.onSnapshot(snapshot(4));
  assertEquals(judge(rule, 9, 4), "next", "other channels' messages lie between");
  assertEquals(judge(rule, 9, -1), "stale");
  assertEquals(judge(rule, 7, -1), "stale");
  assertEquals(judge(rule, 9, 9), "next", "a correction under the number that stands");
  assertEquals(judge(rule, 12, -1), "gap");
});

function keeper(): BookKeeper {
  const output = { write: () => {}, complain: () => {} };
  return new BookKeeper(dydxTools, { instrument: BTC, depth: 5, every: undefined }, output);
}

function frame(id: number, contents: unknown, channel = "v4_orderbook"): string {
  return JSON.stringify({
    type: "channel_data",
    connection_id: "c",
    message_id: id,
    id: "BTC-USD",
    channel,
    contents,
  });
}

Deno.test("book takes a REST snapshot amid the stream and follows on", () => {
  const book = keeper();
  const give = (source: "ws" | "rest", text: string) => book.take({ source, text, at: micros(1) });
  give("ws", frame(5, { bids: [["43230", "1"]] }));
  const rest = { bids: [{ price: "43240", size: "1" }], asks: [{ price: "43242", size: "1" }] };
  give("rest", JSON.stringify(rest));
  give("ws", frame(6, { bids: [["43242", "2"]] }));
  const trade = { id: "t", side: "BUY", size: "1", price: "43242", createdAt: "" };
  give("ws", frame(7, { trades: [trade] }, "v4_trades"));
  give("ws", frame(8, { asks: [["43243", "1"]] }));
  const { bids, asks, gaps, state, trades, sequence, applied } = book.picture();
  assertEquals([bids, asks], [[["43242", "2"], ["43240", "1"]], [["43243", "1"]]]);
  assertEquals([gaps, state, trades, sequence, applied], [0, "synchronised", 1, "8", 3]);
  give("ws", frame(10, { asks: [["43244", "1"]] }));
  assertEquals([book.picture().gaps, book.picture().asks], [1, []]);
});

Deno.test("book: a loss that only another channel's message shows is a gap all the same", () => {
  const book = keeper();
  const give = (text: string) => book.take({ source: "ws", text, at: micros(1) });
  const subscribed = {
    type: "subscribed",
    connection_id: "c",
    message_id: 1,
    channel: "v4_orderbook",
    id: "BTC-USD",
    contents: { bids: [{ price: "43240", size: "1" }], asks: [] },
  };
  give(JSON.stringify(subscribed));
  give(frame(3, { trades: [] }, "v4_trades"));
  assertEquals([book.picture().gaps, book.picture().state], [1, "gapped"]);
});

Deno.test("book: a snapshot that deltas of its own book overtook is not taken", () => {
  const book = keeper();
  const give = (text: string) => book.take({ source: "ws", text, at: micros(1) });
  const subscribed = (message_id: number) => {
    const contents = {
      bids: [{ price: "43230", size: "1" }],
      asks: [{ price: "43242", size: "1" }],
    };
    const named = { channel: "v4_orderbook", id: "BTC-USD", connection_id: "c", message_id };
    return JSON.stringify({ type: "subscribed", ...named, contents });
  };
  give(frame(3, { bids: [["43231", "1"]] }));
  give(frame(2, { bids: [["43231", "1"]] }));
  give(subscribed(1));
  assertEquals(book.picture().state, "subscribing");
  give(subscribed(4));
  assertEquals(book.picture().state, "synchronised");
});
