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
import { gateTools } from "@/exchanges/gate/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { topOf, unpackedLines } from "@/tests/support/golden_recordings.ts";

const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");
const FOLDER = `${RECORDINGS}/fixtures/sequences`;

interface Line {
  readonly t: number;
  readonly kind: string;
  readonly raw?: string;
}

interface Expected {
  readonly dropped: number;
  readonly applied: number;
  readonly gaps: number;
  readonly lastU: number;
  readonly tickers: number;
  readonly finalTop20: Readonly<Record<"bids" | "asks", readonly (readonly [string, string])[]>>;
}

const CASES = [
  {
    name: "gate-futures_RDNT_USDT_20230524",
    id: "RDNT_USDT",
    symbol: "RDNT-USDT-PERP",
    tick: "0.0001",
    lot: "1",
  },
  {
    name: "gate-spot_NEO_BTC_20210422",
    id: "NEO_BTC",
    symbol: "NEO-BTC",
    tick: "0.00000001",
    lot: "0.00000001",
  },
] as const;

async function linesOf(name: string): Promise<Line[]> {
  const lines = await unpackedLines(`${FOLDER}/${name}.jsonl.gz`);
  return lines.map((line) => JSON.parse(line) as Line);
}

for (const { name, id, symbol, tick, lot } of CASES) {
  Deno.test({
    name: `recorded sequence ${name} ends in the book an independent reader found ` +
      "(needs TOUCHLINE_RECORDINGS)",
    ignore: RECORDINGS === undefined,
    async fn() {
      const text = await Deno.readTextFile(`${FOLDER}/${name}.expected.json`);
      const expected = (JSON.parse(text) as { symbols: Record<string, Expected> }).symbols[id]!;
      const terms = unwrap(gateTools.termsFrom(symbol, tick, lot, "1"));
      const instrument = unwrap(createInstrument(instrumentIndex(0), terms));
      const decoder = gateTools.createMarketDecoder([instrument]);
      const book = new OrderBook();
      const rule = gateTools.sequenceRule(terms);
      const feed = new FeedHandler({ instrument: instrument.index, rule, book });
      const seen = { touches: 0, refused: 0 };
      const receiver = {
        deliver(event: EngineEvent): void {
          if (event.kind === "book_delta") feed.onDelta(event, event.at);
          else if (event.kind === "book_snapshot") feed.onSnapshot(event, event.at);
          else if (event.kind === "best_bid_ask") seen.touches++;
        },
      };
      for (const line of await linesOf(name)) {
        if (line.raw === undefined || line.kind === "out") continue;
        const bytes = new TextEncoder().encode(line.raw);
        const at = micros(Math.floor(line.t * 1e6));
        const outcome = line.kind === "http"
          ? decoder.decodeSnapshot(bytes, 0, bytes.length, instrument.index, at, receiver)
          : decoder.decode(bytes, 0, bytes.length, at, receiver);
        if (outcome === "refused") seen.refused++;
      }
      assertEquals(seen.refused, 0);
      assertEquals(seen.touches, expected.tickers);
      assertEquals(feed.counters.gaps, expected.gaps);
      assertEquals(feed.counters.ignored, expected.dropped);
      assertEquals(feed.counters.applied, expected.applied + 1, "the snapshot counts too");
      assertEquals(book.sequence, expected.lastU);
      for (const [side, wanted] of [["buy", "bids"], ["sell", "asks"]] as const) {
        const top = expected.finalTop20[wanted].map((level) => level.map(Number));
        assertEquals(topOf(book, side, 20, instrument), top, wanted);
      }
    },
  });
}
