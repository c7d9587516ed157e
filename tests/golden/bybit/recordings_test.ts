/**
 * Messages recorded by others: a real depth stream against an independent reader's checkpoints, its
 * damage noticed, and every fixture decoded, ignored or refused on purpose. Needs
 * TOUCHLINE_RECORDINGS.
 * @module
 */
import { BookKeeper } from "@/engine/cli/mod.ts";
import { type Instrument, micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { bybitTools } from "@/exchanges/bybit/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { unpackedLines } from "@/tests/support/golden_recordings.ts";
import { instrumentOf } from "./instruments.ts";

const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");
const SEQUENCE = `${RECORDINGS}/fixtures/sequences/bybit_XRPUSDT_first16`;
const FOLDER = `${RECORDINGS}/fixtures/bybit`;
const XRP = () => instrumentOf(0, "XRP-USDT-PERP", "0.0001", "1");
const encoder = new TextEncoder();

interface Checkpoint {
  readonly i: number;
  readonly u: number;
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
}

async function framesOf(): Promise<string[]> {
  const lines = await unpackedLines(`${SEQUENCE}.jsonl.gz`);
  return lines.map((line) => {
    const tree = JSON.parse(line) as { raw?: string };
    return tree.raw ?? line;
  });
}

function keeperOf(depth: number): BookKeeper {
  const output = { write: () => {}, complain: () => {} };
  return new BookKeeper(bybitTools, { instrument: XRP(), depth, every: undefined }, output);
}

function hear(keeper: BookKeeper, text: string): void {
  keeper.take({ source: "ws", text, at: micros(1) });
}

function numbers(levels: readonly (readonly [string, string])[]): number[][] {
  return levels.map((level) => level.map(Number));
}

Deno.test({
  name: "recorded depth gives the independent reader's checkpoints (needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  async fn() {
    const text = await Deno.readTextFile(`${SEQUENCE}.expected.json`);
    const expected = JSON.parse(text) as { messages: number; checkpoints: Checkpoint[] };
    const frames = await framesOf();
    const keeper = keeperOf(5);
    let checked = 0;
    frames.forEach((frame, index) => {
      hear(keeper, frame);
      const point = expected.checkpoints.find(({ i }) => i === index);
      if (point === undefined) return;
      const picture = keeper.picture();
      assertEquals(picture.sequence, String(point.u));
      assertEquals(numbers(picture.bids), numbers(point.bids));
      assertEquals(numbers(picture.asks), numbers(point.asks));
      checked++;
    });
    const picture = keeper.picture();
    assertEquals([frames.length, checked], [expected.messages, expected.checkpoints.length]);
    assertEquals([picture.applied, picture.gaps, picture.refused], [frames.length, 0, 0]);
    assertEquals(picture.state, "synchronised");
  },
});

Deno.test({
  name: "recorded depth: any delta dropped, repeated or swapped is noticed at once " +
    "(needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  async fn() {
    const frames = await framesOf();
    const whole = keeperOf(500);
    for (const frame of frames) hear(whole, frame);
    for (let index = 1; index < frames.length - 1; index++) {
      const dropped = keeperOf(5);
      frames.slice(0, index).forEach((frame) => hear(dropped, frame));
      hear(dropped, frames[index + 1]!);
      assertEquals(dropped.picture().gaps, 1);
      assert(!dropped.feed.isUsable);
      frames.slice(index + 2).forEach((frame) => hear(dropped, frame));
      assertEquals(dropped.picture().bids, [], "nothing but a snapshot makes it true again");
      const repeated = keeperOf(500);
      frames.slice(0, index + 1).forEach((frame) => hear(repeated, frame));
      frames.slice(index).forEach((frame) => hear(repeated, frame));
      assertEquals(repeated.picture().gaps, 0);
      assertEquals(repeated.picture().bids, whole.picture().bids);
    }
  },
});

/** Which kinds of events each socket fixture must give; none: ignored on purpose. */
const EXPECTED: readonly (readonly [file: string, outcome: string, kinds: string])[] = [
  ["Subscriptions__V5__Linear__Liquidations", "ignored", ""],
  ["Subscriptions__V5__Linear__Ticker", "decoded", "mark_price funding"],
  ["Subscriptions__V5__Linear__Trades", "decoded", "trade"],
  ["Subscriptions__V5__Option__Book", "decoded", "book_snapshot"],
  ["Subscriptions__V5__Option__Klines", "ignored", ""],
  ["Subscriptions__V5__Private__Balance", "decoded", "balance"],
  ["Subscriptions__V5__Private__Greeks", "ignored", ""],
  ["Subscriptions__V5__Private__MinimalUserTrades", "decoded", "fill"],
  // Of an option, of a two-sided position, of a spread: not ours.
  ["Subscriptions__V5__Private__Order", "ignored", ""],
  ["Subscriptions__V5__Private__Position", "ignored", ""],
  ["Subscriptions__V5__Private__SpreadUserTrade", "ignored", ""],
  ["Subscriptions__V5__Spot__SystemStatus", "ignored", ""],
  ["Socket__V5Api__Private__CancelOrder", "ignored", ""],
  ["Socket__V5Api__Private__EditOrder", "ignored", ""],
  ["Socket__V5Api__Private__PlaceOrder", "ignored", ""],
];

function decodeFixture(text: string, isOwn: boolean): { outcome: string; kinds: string } {
  const instruments: readonly Instrument[] = [
    instrumentOf(0, "BTC-USDT-PERP", "0.1", "0.001"),
    instrumentOf(1, "ICP-USDT-PERP", "0.001", "0.1"),
  ];
  const decoder = isOwn
    ? bybitTools.createAccountDecoder(instruments)
    : bybitTools.createMarketDecoder(instruments);
  const kinds: string[] = [];
  const bytes = encoder.encode(text);
  const outcome = decoder.decode(bytes, 0, bytes.length, micros(1), {
    deliver: (event: EngineEvent) => kinds.push(event.kind),
  });
  return { outcome, kinds: kinds.join(" ") };
}

Deno.test({
  name: "every recorded socket message is decoded, or ignored on purpose " +
    "(needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  async fn() {
    for (const [file, outcome, kinds] of EXPECTED) {
      const text = await Deno.readTextFile(`${FOLDER}/jkorf/${file}.txt`);
      const isOwn = file.includes("__Private__");
      const data = text.slice(text.indexOf("\n=") + 2);
      assertEquals(decodeFixture(data, isOwn), { outcome, kinds }, file);
      for (const line of text.split("\n")) {
        if (!line.startsWith("< ")) continue;
        assertEquals(decodeFixture(line.slice(2), isOwn).outcome, "ignored", line);
      }
    }
    const nautilus = [
      ["ws_account_order_market_if_touched", "decoded", "order"],
      ["ws_auth_failure", "ignored", ""],
      ["ws_order_response", "ignored", ""],
    ] as const;
    for (const [file, outcome, kinds] of nautilus) {
      const text = await Deno.readTextFile(`${FOLDER}/nautilus/${file}.json`);
      assertEquals(decodeFixture(text, true), { outcome, kinds }, file);
    }
  },
});

Deno.test({
  name: "recorded REST answers: instruments and a depth snapshot (needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  async fn() {
    const bodyOf = async (name: string) => {
      const file = `${FOLDER}/jkorf/Endpoints__V5Api__${name}.txt`;
      const text = await Deno.readTextFile(file);
      return text.slice(text.indexOf("{"));
    };
    for (const name of ["ExchangeData__GetSpotSymbols", "Account__GetAccountSpotSymbols"]) {
      const read = bybitTools.parseInstruments(await bodyOf(name));
      assert(read.ok);
      assertEquals(read.value.map(({ symbol }) => symbol as string), ["BTC-USDT"]);
    }
    const options = bybitTools.parseInstruments(await bodyOf("ExchangeData__GetOptionSymbols"));
    assert(options.ok);
    assertEquals(options.value, []);
    const instrument = instrumentOf(0, "BTC-USDT-PERP", "0.1", "0.001");
    const bytes = encoder.encode(await bodyOf("ExchangeData__GetOrderbook"));
    const decoder = bybitTools.createMarketDecoder([instrument]);
    const seen: number[] = [];
    const receiver = {
      deliver(event: EngineEvent): void {
        if (event.kind === "book_snapshot") seen.push(event.sequence, event.bids.prices[0]!);
      },
    };
    const { index } = instrument;
    const outcome = decoder.decodeSnapshot(bytes, 0, bytes.length, index, micros(1), receiver);
    assertEquals([outcome, ...seen], ["decoded", 243_781, 627_102]);
  },
});
