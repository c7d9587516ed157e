/**
 * Messages recorded by others: a real depth stream against an independent reader's checkpoints, its
 * damage noticed. Needs
 * TOUCHLINE_RECORDINGS.
 * @module
 */
import { BookKeeper } from "@/engine/cli/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import { bybitTools } from "@/exchanges/bybit/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { unpackedLines } from "@/tests/support/golden_recordings.ts";
import { instrumentOf } from "./instruments.ts";

const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");
const SEQUENCE = `${RECORDINGS}/fixtures/sequences/bybit_XRPUSDT_first16`;
const XRP = () => instrumentOf(0, "XRP-USDT-PERP", "0.0001", "1");

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
