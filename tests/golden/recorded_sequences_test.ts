/**
 * Sessions recorded by others, with what an independent reader made of them, through the `book`
 * tool: the same deltas dropped and applied, no gap, the same book on the way and at the end. Needs
 * TOUCHLINE_RECORDINGS.
 * @module
 */
import { BookKeeper, runEventsTool } from "@/engine/cli/mod.ts";
import {
  createInstrument,
  type Instrument,
  instrumentIndex,
  micros,
  unwrap,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import type { BestBidAsk, EngineEvent } from "@/engine/messages/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { binanceTools } from "@/exchanges/binance/mod.ts";
import { gateTools } from "@/exchanges/gate/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { unpackedLines } from "@/tests/support/golden_recordings.ts";
import { RECORDINGS } from "@/tests/support/recorded_fixtures.ts";

const FOLDER = `${RECORDINGS}/fixtures/sequences`;
const options = { ignore: RECORDINGS === undefined };
const needs = "(needs TOUCHLINE_RECORDINGS)";

type Levels = readonly (readonly [string, string])[];

interface Line {
  readonly t: number;
  readonly kind: string;
  readonly url?: string;
  readonly raw?: string;
}

/** What the independent reader found; the two venues' files name some things differently. */
interface Expected {
  readonly applied: number;
  readonly droppedBeforeSnapshot?: number;
  readonly dropped?: number;
  readonly sequenceGaps?: number;
  readonly gaps?: number;
  readonly lastUpdateId?: number;
  readonly lastU?: number;
  readonly snapId?: number;
  readonly snapshotLastUpdateId?: number;
  readonly crossedStates?: number;
  readonly crossed?: number;
  readonly bidLevels?: number;
  readonly askLevels?: number;
  readonly bboCheck?: { readonly latestTickerAtOrBeforeU_ok: number };
  readonly bbo_ok?: number;
  readonly tickers?: number;
  readonly finalTop20: Readonly<Record<"bids" | "asks", Levels>>;
  readonly checkpoints?: readonly {
    readonly applied: number;
    readonly u: number;
    readonly bids: Levels;
    readonly asks: Levels;
  }[];
}

interface Case {
  readonly file: string;
  readonly tools: VenueTools;
  /** The venue's name of the instrument, ours, tick and lot. */
  readonly of: readonly [id: string, symbol: string, tick: string, lot: string];
}

const FINE = "0.00000001";
const CASES: readonly Case[] = [
  {
    file: "binance-usdm_CTKUSDT_20210722",
    tools: binanceTools,
    of: ["CTKUSDT", "CTK-USDT-PERP", "0.00001", "0.001"],
  },
  {
    file: "binance-spot_SXPBTC_20210814",
    tools: binanceTools,
    of: ["SXPBTC", "SXP-BTC", FINE, "0.001"],
  },
  // A dated contract of coin margin: not traded here, but of the same sequence rule.
  {
    file: "binance-coinm_BCHUSD_210924_20210722",
    tools: binanceTools,
    of: ["BCHUSD_210924", "BCH-USD-PERP", "0.01", "1"],
  },
  {
    file: "gate-futures_RDNT_USDT_20230524",
    tools: gateTools,
    of: ["RDNT_USDT", "RDNT-USDT-PERP", "0.0001", "1"],
  },
  {
    file: "gate-spot_NEO_BTC_20210422",
    tools: gateTools,
    of: ["NEO_BTC", "NEO-BTC", FINE, FINE],
  },
];
/** Sessions whose tests stand beside their venue's other ones. */
const ELSEWHERE = [
  "bybit_XRPUSDT_first16",
  "dydx_ETH-USD_first3",
  "hyperliquid_BTC_first18",
  "okx_UNI-USD-SWAP_20220513",
];

Deno.test(`every recorded session has its test ${needs}`, options, () => {
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name.split(".")[0]!);
  const tested = [...CASES.map(({ file }) => file), ...ELSEWHERE];
  assertEquals([...new Set(files)].toSorted(), tested.toSorted());
});

for (const one of CASES) {
  Deno.test(`recorded ${one.file} is the book another reader found ${needs}`, options, async () => {
    const text = await Deno.readTextFile(`${FOLDER}/${one.file}.expected.json`);
    const all = JSON.parse(text) as { symbols: Record<string, Expected> };
    await compare(one, all.symbols[one.of[0]]!);
  });
}

Deno.test(`a dated contract of coin margin is nobody's event ${needs}`, options, async () => {
  const lines = await linesOf("binance-coinm_BCHUSD_210924_20210722");
  const heard = lines.filter(({ kind }) => kind === "in");
  const input = heard.map(({ raw }) => JSON.stringify({ source: "ws", text: raw }));
  const kinds = new Set<string>();
  const outcome = await runEventsTool(
    binanceTools,
    { instruments: [] },
    ReadableStream.from(input),
    (line) => kinds.add((JSON.parse(line) as { kind: string }).kind),
  );
  assertEquals([...kinds], ["ignored"]);
  assertEquals([outcome.ignored, outcome.errors], [heard.length, 0]);
});

async function linesOf(file: string): Promise<Line[]> {
  const lines = await unpackedLines(`${FOLDER}/${file}.jsonl.gz`);
  return lines.map((line) => JSON.parse(line) as Line).filter(({ raw }) => raw !== undefined);
}

function instrumentOf({ tools, of: [id, symbol, tick, lot] }: Case): Instrument {
  const terms = unwrap(tools.termsFrom(symbol, tick, lot, "1"));
  const venueSymbol = venueSymbolOf(id);
  return unwrap(createInstrument(instrumentIndex(0), { ...terms, venueSymbol }));
}

/** Keeps the book, and what the venue itself says of its top. */
class Witness extends BookKeeper {
  readonly touches: BestBidAsk[] = [];

  override deliver(event: EngineEvent): void {
    if (event.kind === "best_bid_ask") this.touches.push({ ...event });
    super.deliver(event);
  }

  /** The top of the book as it stands. */
  top(): Top {
    const { sequence, bestBid, bestBidSize, bestAsk, bestAskSize } = this.book;
    return { sequence, values: [bestBid, bestBidSize, bestAsk, bestAskSize] };
  }

  /** How often the top was the venue's own last word up to that sequence, and how often not. */
  compared(tops: readonly Top[]): { readonly right: number; readonly wrong: readonly Top[] } {
    let right = 0;
    const wrong: Top[] = [];
    for (const top of tops) {
      const said = this.touches.findLast(({ sequence }) => sequence <= top.sequence);
      if (said === undefined) continue;
      const values = [said.bid, said.bidSize, said.ask, said.askSize];
      if (values.every((value, index) => value === top.values[index])) right++;
      else wrong.push(top);
    }
    return { right, wrong };
  }
}

/** Best bid and its size, best ask and its size. */
interface Top {
  readonly sequence: number;
  readonly values: readonly number[];
}

async function compare(one: Case, expected: Expected): Promise<void> {
  const instrument = instrumentOf(one);
  const complaints: string[] = [];
  const keeper = new Witness(one.tools, { instrument, depth: 20, every: undefined }, {
    write: () => {},
    complain: (text) => complaints.push(text),
  });
  let before = 0;
  let checkpoints = 0;
  const tops: Top[] = [];
  for (const line of await linesOf(one.file)) {
    if (line.kind === "out" || line.kind === "open") continue;
    const source = line.kind === "http" ? "rest" : "ws";
    keeper.take({ source, text: line.raw!, at: micros(Math.floor(line.t * 1e6)) });
    const { applied } = keeper.feed.counters;
    if (applied === before) continue;
    before = applied;
    tops.push(keeper.top());
    assert(keeper.book.bestBid < keeper.book.bestAsk, `crossed after ${keeper.book.sequence}`);
    const point = expected.checkpoints?.find((wanted) => wanted.applied === applied - 1);
    if (point === undefined) continue;
    checkpoints++;
    const { sequence, bids, asks } = keeper.picture();
    assertEquals(sequence, String(point.u));
    assertSameTop(bids, point.bids);
    assertSameTop(asks, point.asks);
  }
  const picture = keeper.picture();
  assertEquals(complaints, []);
  assertEquals(checkpoints, expected.checkpoints?.length ?? 0);
  assertEquals(expected.crossedStates ?? expected.crossed, 0);
  assertEquals(picture.gaps, expected.sequenceGaps ?? expected.gaps);
  assertEquals([picture.resyncs, picture.refused], [0, 0]);
  assertEquals(keeper.feed.counters.ignored, expected.droppedBeforeSnapshot ?? expected.dropped);
  assertEquals(picture.applied, expected.applied + 1, "the snapshot counts too");
  assertEquals(picture.sequence, String(expected.lastUpdateId ?? expected.lastU));
  assertSameTop(picture.bids, expected.finalTop20.bids);
  assertSameTop(picture.asks, expected.finalTop20.asks);
  if (expected.bidLevels !== undefined) {
    assertEquals(keeper.book.bids.count, expected.bidLevels);
    assertEquals(keeper.book.asks.count, expected.askLevels);
  }
  if (expected.tickers !== undefined) assertEquals(keeper.touches.length, expected.tickers);
  const { right, wrong } = keeper.compared(tops);
  assertEquals(wrong, []);
  // Of deltas applied together with the snapshot only the last one's top is seen.
  const wanted = expected.bboCheck?.latestTickerAtOrBeforeU_ok ?? expected.bbo_ok ?? 0;
  assert(right >= wanted * 0.9, `${right} of ${wanted} tops compared`);
}

function assertSameTop(found: Levels, wanted: Levels): void {
  const numbers = (levels: Levels) => levels.map((level) => level.map(Number));
  assertEquals(numbers(found.slice(0, wanted.length)), numbers(wanted));
}
