/**
 * A recording of the venue's books and trades through decoder, rule, feed and book, and recorded
 * frames of every kind that others published. Needs TOUCHLINE_RECORDINGS.
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
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { hyperliquidTools } from "@/exchanges/hyperliquid/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { unpackedLines } from "@/tests/support/golden_recordings.ts";
import { goldenInstruments } from "./listing.ts";

const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");
const encoder = new TextEncoder();

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

/** Outcomes of one published transcript: `market` or `account`, and kinds of events. */
function kindsOf(text: string, which: "market" | "account"): string[] {
  const instruments = goldenInstruments();
  const decoder = which === "market"
    ? hyperliquidTools.createMarketDecoder(instruments)
    : hyperliquidTools.createAccountDecoder(instruments);
  const bytes = encoder.encode(text);
  const found: string[] = [];
  const outcome = decoder.decode(bytes, 0, bytes.length, micros(1), {
    deliver: (event: EngineEvent) => found.push(event.kind),
  });
  return outcome === "decoded" ? found : [`${outcome}: ${decoder.reason}`];
}

Deno.test({
  name: "published transcripts decode as the sheet says (needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  fn() {
    const folder = `${RECORDINGS}/fixtures/hyperliquid`;
    const cases = [
      ["BookTicker", "market", ["best_bid_ask"]],
      ["OrderBook", "market", ["book_snapshot"]],
      ["Trades", "market", ["trade"]],
      ["Klines", "market", ["ignored: other channel"]],
      ["Prices", "market", ["ignored: other channel"]],
      ["Order", "account", ["order"]],
    ] as const;
    for (const [name, which, wanted] of cases) {
      const text = Deno.readTextFileSync(`${folder}/jkorf/Subscriptions__${name}.txt`);
      const data = text.slice(text.indexOf("\n= ") + 3);
      const acknowledgement = text.split("\n").find((line) => line.startsWith("< "))!.slice(2);
      assertEquals(kindsOf(data, which), [...wanted], name);
      assertEquals(kindsOf(acknowledgement, which), ["ignored: acknowledgement"], name);
    }
    const fill = Deno.readTextFileSync(`${folder}/nautilus/ws_user_fill_liquidation.json`);
    assertEquals(kindsOf(fill, "account"), ["fill"]);
    const all = Deno.readTextFileSync(`${folder}/nautilus/ws_all_dexs_asset_ctxs.json`);
    assertEquals(kindsOf(all, "market"), ["ignored: other channel"]);
    const pairs = Deno.readTextFileSync(
      `${folder}/jkorf/Endpoints__Spot__ExchangeData__GetExchangeInfoAndTickers.txt`,
    );
    const terms = unwrap(hyperliquidTools.parseInstruments(pairs.slice(pairs.indexOf("["))));
    assertEquals(terms.map((one) => String(one.symbol)), ["PURR-USDC"]);
    const answer = Deno.readTextFileSync(
      `${folder}/jkorf/Endpoints__Spot__ExchangeData__GetOrderBook.txt`,
    );
    const bytes = encoder.encode(answer.slice(answer.indexOf("{")));
    const decoder = hyperliquidTools.createMarketDecoder(goldenInstruments());
    const levels: number[] = [];
    const outcome = decoder.decodeSnapshot(
      bytes,
      0,
      bytes.length,
      instrumentIndex(5),
      micros(1),
      {
        deliver: (event: EngineEvent) =>
          event.kind === "book_snapshot" && levels.push(event.bids.count, event.asks.count),
      },
    );
    assertEquals(outcome, "decoded");
    assertEquals(levels, [20, 20]);
  },
});
