/**
 * A recorded book of the venue through decoder, sequence rule, feed handler and book, as the `book`
 * tool does it. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import { BookKeeper } from "@/engine/cli/mod.ts";
import { createInstrument, instrumentIndex, micros, unwrap } from "@/engine/domain/mod.ts";
import { dydxTools } from "@/exchanges/dydx/tools.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { unpackedLines } from "@/tests/support/golden_recordings.ts";

const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");
const NAME = "dydx_ETH-USD_first3";

interface Checkpoint {
  readonly crossed: boolean;
  readonly bidLevels: number;
  readonly askLevels: number;
  readonly bids: [string, string][];
  readonly asks: [string, string][];
}

async function linesOf(): Promise<string[]> {
  return await unpackedLines(`${RECORDINGS}/fixtures/sequences/${NAME}.jsonl.gz`);
}

function keeper(): BookKeeper {
  const terms = unwrap(dydxTools.termsFrom("ETH-USD-PERP", "0.001", "0.000001", "1"));
  const instrument = unwrap(createInstrument(instrumentIndex(0), terms));
  const output = { write: () => {}, complain: (text: string) => assert(false, text) };
  return new BookKeeper(dydxTools, { instrument, depth: 5, every: undefined }, output);
}

Deno.test({
  name: "recorded dYdX book agrees with the checkpoints (needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  async fn() {
    const expected = JSON.parse(
      await Deno.readTextFile(`${RECORDINGS}/fixtures/sequences/${NAME}.expected.json`),
    ) as { checkpoints: Checkpoint[] };
    const book = keeper();
    for (const [index, text] of (await linesOf()).entries()) {
      book.take({ source: "ws", text, at: micros(1_000_000 * (index + 1)) });
      const { crossed, bidLevels, askLevels, bids, asks } = expected.checkpoints[index]!;
      const picture = book.picture();
      assert(!crossed);
      assertEquals([picture.bids, picture.asks], [bids, asks]);
      assertEquals([book.book.bids.count, book.book.asks.count], [bidLevels, askLevels]);
      assertEquals([picture.applied, picture.gaps, picture.state], [index + 1, 0, "synchronised"]);
    }
  },
});

Deno.test({
  name: "recorded dYdX book: a lost message is a gap, a repeated one is not (needs " +
    "TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  async fn() {
    const [first, second, third] = await linesOf();
    const lossy = keeper();
    for (const text of [first!, third!]) {
      lossy.take({ source: "ws", text, at: micros(1_000_000) });
    }
    assertEquals([lossy.picture().gaps, lossy.picture().bids], [1, []]);
    const repeating = keeper();
    for (const text of [first!, first!, second!, second!, first!, third!, second!]) {
      repeating.take({ source: "ws", text, at: micros(1_000_000) });
    }
    assertEquals([repeating.picture().gaps, repeating.picture().applied], [0, 3]);
    assertEquals(repeating.picture().sequence, "6");
  },
});
