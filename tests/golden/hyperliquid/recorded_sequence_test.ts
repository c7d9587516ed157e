/**
 * A recording of the venue's books and trades through decoder, rule, feed and book.
 * Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import { BookKeeper } from "@/engine/cli/mod.ts";
import {
  createInstrument,
  type Instrument,
  instrumentIndex,
  micros,
  unwrap,
} from "@/engine/domain/mod.ts";
import { hyperliquidTools } from "@/exchanges/hyperliquid/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { unpackedLines } from "@/tests/support/golden_recordings.ts";

const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");

interface Message {
  readonly channel: string;
  readonly data: { readonly time: number; readonly levels: Record<string, string>[][] };
}

async function recordedLines(): Promise<readonly string[]> {
  const path = `${RECORDINGS}/fixtures/sequences/hyperliquid_BTC_first18.txt.gz`;
  return await unpackedLines(path);
}

function bitcoin(): Instrument {
  const terms = unwrap(hyperliquidTools.termsFrom("BTC-USDC-PERP", "0.1", "0.00001", "1"));
  return unwrap(createInstrument(instrumentIndex(0), terms));
}

/** "105055.0" as "105055". */
function plain(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

Deno.test({
  name: "a recorded book is the venue's own after each message (needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  async fn() {
    const options = { instrument: bitcoin(), depth: 20, every: undefined };
    const keeper = new BookKeeper(hyperliquidTools, options, {
      write: () => {},
      complain: (text: string) => {
        throw new Error(text);
      },
    });
    let books = 0;
    let trades = 0;
    for (const line of await recordedLines()) {
      const space = line.indexOf(" ");
      const text = line.slice(space + 1);
      const at = micros(Math.floor(Number(line.slice(0, space)) / 1_000));
      keeper.take({ source: "ws", text, at });
      const message = JSON.parse(text) as Message;
      if (message.channel === "trades") {
        trades += (message.data as unknown as unknown[]).length;
        continue;
      }
      if (message.channel !== "l2Book") continue;
      books++;
      const { bids, asks, state } = keeper.picture();
      assertEquals(state, "synchronised");
      const wanted = message.data.levels.map((side) =>
        side.map((level) => [plain(level["px"]!), plain(level["sz"]!)])
      );
      assertEquals(JSON.stringify([bids, asks]), JSON.stringify(wanted));
    }
    const picture = keeper.picture();
    assert(books > 5, `${books} books`);
    assertEquals(picture.applied, books);
    assertEquals(picture.trades, trades);
    assertEquals([picture.gaps, picture.resyncs], [0, 0]);
  },
});
