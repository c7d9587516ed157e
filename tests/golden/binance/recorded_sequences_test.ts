/**
 * Sessions recorded by others, with what an independent reader made of them: the same deltas
 * dropped and
 * applied, no gap, the same book at the end. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { createInstrument, instrumentIndex, micros, unwrap } from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { binanceTools } from "@/exchanges/binance/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { topOf, unpackedLines } from "@/tests/support/golden_recordings.ts";

const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");
const FOLDER = `${RECORDINGS}/fixtures/sequences`;

interface Line {
  readonly t: number;
  readonly kind: string;
  readonly raw?: string;
}

interface Expected {
  readonly droppedBeforeSnapshot: number;
  readonly applied: number;
  readonly sequenceGaps: number;
  readonly lastUpdateId: number;
  readonly bidLevels: number;
  readonly askLevels: number;
  readonly finalTop20: Readonly<Record<"bids" | "asks", readonly (readonly [string, string])[]>>;
}

const CASES = [
  {
    name: "binance-usdm_CTKUSDT_20210722",
    id: "CTKUSDT",
    symbol: "CTK-USDT-PERP",
    tick: "0.00001",
  },
  { name: "binance-spot_SXPBTC_20210814", id: "SXPBTC", symbol: "SXP-BTC", tick: "0.00000001" },
] as const;

async function linesOf(name: string): Promise<Line[]> {
  const lines = await unpackedLines(`${FOLDER}/${name}.jsonl.gz`);
  return lines.map((line) => JSON.parse(line) as Line);
}

for (const { name, id, symbol, tick } of CASES) {
  Deno.test({
    name: `recorded sequence ${name} ends in the book an independent reader found ` +
      "(needs TOUCHLINE_RECORDINGS)",
    ignore: RECORDINGS === undefined,
    async fn() {
      const text = await Deno.readTextFile(`${FOLDER}/${name}.expected.json`);
      const expected = (JSON.parse(text) as { symbols: Record<string, Expected> }).symbols[id]!;
      const terms = unwrap(binanceTools.termsFrom(symbol, tick, "0.001", "1"));
      const instrument = unwrap(createInstrument(instrumentIndex(0), terms));
      const decoder = binanceTools.createMarketDecoder([instrument]);
      const book = new OrderBook();
      const rule = binanceTools.sequenceRule(terms);
      const feed = new FeedHandler({ instrument: instrument.index, rule, book });
      const seen = { trades: 0, touches: 0, refused: 0 };
      const receiver = {
        deliver(event: EngineEvent): void {
          if (event.kind === "book_delta") feed.onDelta(event, event.at);
          else if (event.kind === "book_snapshot") feed.onSnapshot(event, event.at);
          else if (event.kind === "trade") seen.trades++;
          else if (event.kind === "best_bid_ask") seen.touches++;
        },
      };
      for (const line of await linesOf(name)) {
        if (line.raw === undefined) continue;
        const bytes = new TextEncoder().encode(line.raw);
        const at = micros(Math.floor(line.t * 1e6));
        const outcome = line.kind === "http"
          ? decoder.decodeSnapshot(bytes, 0, bytes.length, instrument.index, at, receiver)
          : decoder.decode(bytes, 0, bytes.length, at, receiver);
        if (outcome === "refused") seen.refused++;
      }
      assertEquals(seen.refused, 0);
      assert(seen.trades > 0);
      assert(seen.touches > 0);
      assertEquals(feed.counters.gaps, expected.sequenceGaps);
      assertEquals(feed.counters.ignored, expected.droppedBeforeSnapshot);
      assertEquals(feed.counters.applied, expected.applied + 1, "the snapshot counts too");
      assertEquals(book.sequence, expected.lastUpdateId);
      for (const [side, wanted] of [["buy", "bids"], ["sell", "asks"]] as const) {
        const top = expected.finalTop20[wanted].map((level) => level.map(Number));
        assertEquals(topOf(book, side, 20, instrument), top, wanted);
      }
      assertEquals(book.bids.count, expected.bidLevels);
      assertEquals(book.asks.count, expected.askLevels);
    },
  });
}
