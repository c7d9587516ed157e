/**
 * `RecordedFlow`: lines to events, in time and in sequence; the shared recording when it is there.
 * @module
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@/tests/support/assert.ts";
import {
  accountKey,
  createInstrument,
  type Instrument,
  instrumentIndex,
  InvariantError,
  type Micros,
  micros,
  type Nanos,
  nanos,
  symbolFrom,
  unwrap,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import { type MarketListener, RecordedMarket } from "@/engine/matching/mod.ts";
import type { Levels } from "@/engine/messages/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";
import {
  applyRecorded,
  type RecordedEvent,
  RecordedFlow,
} from "@/exchanges/simulator/recorded_flow.ts";
import { readRecord, splitLine, stepsOf } from "@/exchanges/simulator/recorded_line.ts";

const START = 1_790_000_000_000_000;
/** Receive time of the first line, in nanoseconds as text before the last six digits. */
const RECEIVED_MS = 1_721_347_020_000;

interface Timer {
  readonly at: number;
  readonly id: TimerId;
  readonly run: () => void;
}

/** Time that moves only when told. */
class VirtualTime implements Clock, Scheduler {
  at = START;
  #timers: Timer[] = [];
  #lastId = 0;

  now(): Micros {
    return micros(this.at);
  }
  monotonic(): Nanos {
    return nanos((this.at - START) * 1_000);
  }
  after(delayMs: number, run: () => void): TimerId {
    this.#timers.push({ at: this.at + Math.round(delayMs * 1_000), id: ++this.#lastId, run });
    return this.#lastId;
  }
  cancel(timer: TimerId): void {
    this.#timers = this.#timers.filter((each) => each.id !== timer);
  }
  /** Runs the next timer, if it is due by then. */
  step(until = Infinity): boolean {
    const next = this.#timers[0];
    if (next === undefined || next.at > until) return false;
    assertEquals(this.#timers.length, 1, "a flow has one timer");
    this.#timers.shift();
    this.at = Math.max(this.at, next.at);
    next.run();
    return true;
  }
}

function instrumentOf(base: string, tick: string, index: number): Instrument {
  return unwrap(
    createInstrument(instrumentIndex(index), {
      venue: "binance",
      symbol: symbolFrom(base, "USDT", "perpetual"),
      venueSymbol: venueSymbolOf(`${base}USDT`),
      product: "perpetual",
      account: accountKey("binance", "perpetual"),
      base,
      quote: "USDT",
      settle: "USDT",
      tick,
      lot: "0.001",
      contractSize: "1",
    }),
  );
}

const BTC = instrumentOf("BTC", "0.1", 0);
const ETH = instrumentOf("ETH", "0.01", 1);

function line(afterMs: number, message: unknown): string {
  return `${RECEIVED_MS + afterMs}123456 ${JSON.stringify(message)}`;
}

type Pairs = readonly (readonly [string, string])[];

function depth(symbol: string, ids: readonly [number, number, number], b: Pairs, a: Pairs) {
  const [U, u, pu] = ids;
  const T = RECEIVED_MS + 1_500;
  const data = { e: "depthUpdate", E: T + 1, T, s: symbol, U, u, pu, b, a };
  return { stream: `${symbol.toLowerCase()}@depth@0ms`, data };
}

function trade(symbol: string, p: string, q: string, more: Record<string, unknown> = {}) {
  const T = RECEIVED_MS + 1_500;
  const data = { e: "trade", E: T, T, s: symbol, t: 77, p, q, X: "MARKET", m: true, ...more };
  return { stream: `${symbol.toLowerCase()}@trade`, data };
}

const SNAPSHOT = {
  lastUpdateId: 105,
  E: RECEIVED_MS + 1_500,
  T: RECEIVED_MS + 1_500,
  bids: [["100.0", "5.000"], ["99.9", "7.000"]],
  asks: [["100.1", "4.000"]],
};

interface Played {
  readonly flow: RecordedFlow;
  readonly time: VirtualTime;
  readonly told: string[];
}

function rows(levels: Levels): string {
  const texts: string[] = [];
  for (let at = 0; at < levels.count; at++) texts.push(`${levels.sizes[at]}@${levels.prices[at]}`);
  return texts.join(" ");
}

function describe(event: RecordedEvent): string {
  const head = `${(event.at - START) / 1_000} ms ${event.market} ${event.kind}`;
  switch (event.kind) {
    case "levels":
    case "snapshot":
      return `${head} ${event.sequence}: ${rows(event.bids)} | ${rows(event.asks)}`;
    case "trade":
      return `${head}: ${event.aggressor} ${event.size}@${event.price}`;
    case "touch":
      return `${head}: ${event.bidSize}@${event.bid} | ${event.askSize}@${event.ask}`;
    default:
      return head;
  }
}

function play(files: readonly (readonly string[])[], speed = 1): Played {
  const time = new VirtualTime();
  const told: string[] = [];
  const flow = new RecordedFlow({
    clock: time,
    scheduler: time,
    instruments: [BTC, ETH],
    sources: files.map((lines) => lines[Symbol.iterator]()),
    speed,
    onEvent: (event) => told.push(describe(event)),
    onEnd: () => told.push(`${(time.at - START) / 1_000} ms end`),
  });
  flow.start();
  return { flow, time, told };
}

function playAll(files: readonly (readonly string[])[], speed = 1): Played {
  const played = play(files, speed);
  while (played.time.step());
  return played;
}

Deno.test("RecordedFlow plays the book from its snapshot, with the delta that straddles it", () => {
  const { told, flow } = playAll([[
    line(0, depth("BTCUSDT", [90, 99, 89], [["100.0", "1"]], [])),
    line(10, depth("BTCUSDT", [100, 108, 99], [["100.0", "6.000"]], [["100.1", "0"]])),
    line(20, SNAPSHOT),
    line(30, depth("BTCUSDT", [109, 112, 108], [], [["100.2", "2.5"]])),
  ]]);
  assertEquals(told, [
    "20 ms 0 snapshot 105: 5000@1000 7000@999 | 4000@1001",
    "20 ms 0 levels 108: 6000@1000 | 0@1001",
    "30 ms 0 levels 112:  | 2500@1002",
    "30 ms end",
  ]);
  assertEquals(flow.counters.leftOut, 1);
  assertEquals(flow.ended, true);
});

Deno.test("RecordedFlow says a gap once, and goes on from the next snapshot", () => {
  const { told, flow } = playAll([[
    line(0, depth("BTCUSDT", [100, 105, 99], [], [])),
    line(1, SNAPSHOT),
    line(10, depth("BTCUSDT", [120, 130, 119], [["100.0", "6"]], [])),
    line(20, depth("BTCUSDT", [131, 140, 130], [["100.0", "7"]], [])),
    line(25, trade("BTCUSDT", "100.1", "0.002", { m: false })),
    line(30, { ...SNAPSHOT, lastUpdateId: 135 }),
    line(40, depth("BTCUSDT", [141, 150, 140], [["100.0", "8"]], [])),
    line(50, SNAPSHOT),
  ]]);
  assertEquals(told, [
    "1 ms 0 snapshot 105: 5000@1000 7000@999 | 4000@1001",
    "1 ms 0 levels 105:  | ",
    "10 ms 0 gap",
    "25 ms 0 trade: buy 2@1001",
    "30 ms 0 snapshot 135: 5000@1000 7000@999 | 4000@1001",
    "30 ms 0 levels 140: 7000@1000 | ",
    "40 ms 0 levels 150: 8000@1000 | ",
    "50 ms end",
  ]);
  assertEquals(flow.counters.gaps, 1);
  assertEquals(flow.counters.ignored, 1, "a snapshot older than the book is no news");
});

Deno.test("RecordedFlow follows spot deltas, which name no predecessor", () => {
  const spot = (U: number, u: number) => {
    const { pu: _pu, ...data } = depth("BTCUSDT", [U, u, 0], [["100.0", "1"]], []).data;
    return data;
  };
  const { told } = playAll([[
    line(0, spot(90, 95)),
    line(1, SNAPSHOT),
    line(2, spot(96, 106)),
    line(3, spot(107, 110)),
    line(4, spot(112, 113)),
  ]]);
  assertEquals(told.map((each) => each.split(":")[0]), [
    "1 ms 0 snapshot 105",
    "2 ms 0 levels 106",
    "3 ms 0 levels 110",
    "4 ms 0 gap",
    "4 ms end",
  ]);
});

Deno.test("RecordedFlow merges files by receive time and plays them faster when asked", () => {
  const files = [
    [line(0, trade("BTCUSDT", "100.0", "0.001")), line(40, trade("BTCUSDT", "100.1", "0.002"))],
    [line(10, trade("ETHUSDT", "30.00", "0.003")), line(30, trade("ETHUSDT", "30.01", "0.004"))],
    [line(20, trade("BTCUSDT", "100.2", "0.005"))],
    [],
  ];
  const told = [
    "0 ms 0 trade: sell 1@1000",
    "10 ms 1 trade: sell 3@3000",
    "20 ms 0 trade: sell 5@1002",
    "30 ms 1 trade: sell 4@3001",
    "40 ms 0 trade: sell 2@1001",
    "40 ms end",
  ];
  assertEquals(playAll(files).told, told);
  const faster = told.map((each) => each.replace(/^\d+/, (ms) => String(Number(ms) / 10)));
  assertEquals(playAll(files, 10).told, faster);
});

Deno.test("RecordedFlow re-bases the venue's stamps by the fastest message so far", () => {
  const time = new VirtualTime();
  const stamps: number[] = [];
  const stamped = (afterMs: number, matchedMs: number) =>
    line(afterMs, trade("BTCUSDT", "100.0", "1", { T: RECEIVED_MS + matchedMs }));
  // The recorder's clock is 1,500 ms behind: delays of 5, 2 and 9 ms show as -1495, -1498, -1491.
  const lines = [stamped(0, 1_495), stamped(10, 1_508), stamped(20, 1_511)];
  const flow = new RecordedFlow({
    clock: time,
    scheduler: time,
    instruments: [BTC],
    sources: [lines[Symbol.iterator]()],
    speed: 1,
    onEvent: (event) => stamps.push(event.at - event.venueAt, event.matchedAt),
  });
  flow.start();
  while (time.step());
  assertEquals(stamps, [
    0,
    (RECEIVED_MS + 1_495) * 1_000,
    0,
    (RECEIVED_MS + 1_508) * 1_000,
    7_000,
    (RECEIVED_MS + 1_511) * 1_000,
  ]);
});

Deno.test("RecordedFlow counts what it cannot read, keeps the reason and goes on", () => {
  const { flow, told } = playAll([[
    "garbage",
    line(0, trade("BTCUSDT", "100.0", "0.001")),
    "",
    `${RECEIVED_MS + 1}000000 {"stream":`,
    `${RECEIVED_MS + 1}000000 [1]`,
    line(2, { stream: "x", data: 7 }),
    line(3, trade("BTCUSDT", "100.05", "0.001")),
    line(4, trade("BTCUSDT", "100.0", "0.0001")),
    line(5, trade("BTCUSDT", "100.0", "0.001", { m: "yes" })),
    line(6, { e: "trade", s: "BTCUSDT" }),
    line(7, { e: "depthUpdate", s: "BTCUSDT", U: 5, u: 4 }),
    line(8, { e: "bookTicker", s: "BTCUSDT" }),
    line(8, { e: "bookTicker", s: "BTCUSDT", u: 4 }),
    line(9, { lastUpdateId: "5" }),
    line(9, { lastUpdateId: 5, bids: [["100.0", "-1"]], asks: [] }),
    line(9, { lastUpdateId: 5, bids: [], asks: 3 }),
    line(9, { lastUpdateId: 5, bids: [3], asks: [] }),
    line(9, { e: "bookTicker", s: "BTCUSDT", u: 4, b: "x", B: "1", a: "100.1", A: "1" }),
  ]]);
  assertEquals(told, ["0 ms 0 trade: sell 1@1000", "9 ms end"]);
  assertEquals(flow.counters.refused, 16);
  assertMatch(flow.lastRefusal, /Cannot read recorded touch: found x/);
});

Deno.test("RecordedFlow gives a gap for a delta that follows but cannot be read", () => {
  const { told, flow } = playAll([[
    line(0, depth("BTCUSDT", [100, 105, 99], [], [])),
    line(1, SNAPSHOT),
    line(2, depth("BTCUSDT", [106, 107, 105], [["100.05", "1"]], [])),
  ]]);
  assertEquals(told.at(-2), "2 ms 0 gap");
  assertEquals(flow.counters.refused, 1);
});

Deno.test("RecordedFlow leaves out other streams, other symbols and trades that are none", () => {
  const { told, flow } = playAll([
    [
      line(0, trade("BTCUSDT", "0", "0", { X: "NA" })),
      line(1, trade("BTCUSDT", "100.0", "1", { X: "INSURANCE_FUND" })),
      line(2, { stream: "btcusdt@markPrice", data: { e: "markPriceUpdate", s: "BTCUSDT" } }),
      line(3, trade("ETHUSDT", "100.0", "1")),
      line(4, { e: "bookTicker", s: "BTCUSDT", u: 4, b: "99.9", B: "1", a: "100.1", A: "2" }),
    ],
    [line(5, trade("DOGEUSDT", "1", "1")), line(6, { result: null, id: 1 })],
  ]);
  assertEquals(told, ["4 ms 0 touch: 1000@999 | 2000@1001", "6 ms end"]);
  assertEquals(flow.counters.ignored, 6);
});

Deno.test("RecordedFlow keeps a bounded number of deltas while there is no book", () => {
  const lines: string[] = [];
  for (let at = 0; at < 1_500; at++) {
    lines.push(line(at, depth("BTCUSDT", [at, at, Math.max(0, at - 1)], [["100.0", "1"]], [])));
  }
  lines.push(line(1_600, { ...SNAPSHOT, lastUpdateId: 1_490 }));
  const { flow, told } = playAll([lines]);
  assertEquals(flow.counters.leftOut, 1_490);
  assertEquals(flow.counters.deltas, 10);
  assertEquals(told.length, 12);
});

Deno.test("RecordedFlow.stop() plays no further, and a flow starts once", () => {
  const { flow, time, told } = play([[
    line(0, trade("BTCUSDT", "100.0", "0.001")),
    line(1_000, trade("BTCUSDT", "100.0", "0.001")),
  ]]);
  flow.start();
  assert(time.step());
  flow.stop();
  flow.start();
  assertEquals(time.step(), false);
  assertEquals(told.length, 1);
  assertEquals(flow.ended, false);
  const empty = play([]);
  assertEquals([empty.flow.ended, empty.told], [true, ["0 ms end"]]);
  for (const speed of [0, -1, Infinity, NaN]) {
    assertThrows(() => play([], speed), InvariantError, "Speed");
  }
});

Deno.test("splitLine() and stepsOf() read exactly or refuse", () => {
  assertEquals(splitLine("1721347020984480942 {}"), {
    ok: true,
    value: { receivedAt: 1_721_347_020_984_480, json: "{}" },
  });
  assertEquals(splitLine("17213470209844x0942 {}").ok, false);
  assertEquals(splitLine("{}").ok, false);
  const grid = { mantissa: 5, scale: 2 };
  assertEquals(stepsOf("63943.90", grid), 1_278_878);
  assertEquals(stepsOf("63943.91", grid), -1);
  assertEquals([stepsOf("", grid), stepsOf("-5", grid), stepsOf("1e99", grid), stepsOf(5, grid)], [
    -1,
    -1,
    -1,
    -1,
  ]);
  assertEquals(readRecord('{"id":1}').ok, true);
});

Deno.test("applyRecorded() moves a recorded market, gap and all", () => {
  const market = new RecordedMarket({ listener: SILENT, queueModel: "power3" });
  const time = new VirtualTime();
  const seen: string[] = [];
  const flow = new RecordedFlow({
    clock: time,
    scheduler: time,
    instruments: [BTC],
    sources: [[
      line(0, depth("BTCUSDT", [100, 105, 99], [], [])),
      line(1, SNAPSHOT),
      line(2, { e: "bookTicker", s: "BTCUSDT", u: 4, b: "99.9", B: "1", a: "100.1", A: "2" }),
      line(3, depth("BTCUSDT", [106, 107, 105], [["100.0", "0"]], [["100.1", "9"]])),
      line(4, trade("BTCUSDT", "99.9", "1")),
      line(5, depth("BTCUSDT", [116, 117, 115], [["99.9", "0"]], [])),
    ][Symbol.iterator]()],
    speed: 1,
    onEvent: (event) => {
      applyRecorded(event, market);
      seen.push(`${event.kind} ${market.best("buy")} ${market.best("sell")} ${market.gapped}`);
    },
  });
  flow.start();
  while (time.step());
  assertEquals(seen, [
    "snapshot 1000 1001 false",
    "levels 1000 1001 false",
    "touch 1000 1001 false",
    "levels 999 1001 false",
    "trade 999 1001 false",
    "gap 999 1001 true",
  ]);
});

const SILENT: MarketListener = {
  onRested: () => {},
  onTrade: () => {},
  onRemoved: () => {},
  onAmended: () => {},
  onLevel: () => {},
};

const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");

async function recordedLines(name: string): Promise<Iterator<string>> {
  const file = await Deno.open(`${RECORDINGS}/data/binance_usdm_ticks_20240718/${name}`);
  const text = await new Response(file.readable.pipeThrough(new DecompressionStream("gzip")))
    .text();
  return text.split("\n")[Symbol.iterator]();
}

Deno.test({
  name: "RecordedFlow plays the shared ticks whole: each book's touch is the recorded one " +
    "(needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  fn: async () => {
    const time = new VirtualTime();
    const books = [0, 1].map(() =>
      new RecordedMarket({ listener: SILENT, queueModel: "risk_averse" })
    );
    const touches: Map<number, string>[] = [new Map(), new Map()];
    const shown: [number, string][][] = [[], []];
    const flow = new RecordedFlow({
      clock: time,
      scheduler: time,
      instruments: [BTC, ETH],
      sources: await Promise.all(
        ["btcusdt_20240718", "btcusdt_20240719", "ethusdt_20240718", "ethusdt_20240719"]
          .map((name) => recordedLines(`usdm_${name}.gz`)),
      ),
      speed: 1,
      onEvent: (event) => {
        const book = books[event.market]!;
        applyRecorded(event, book);
        const { market } = event;
        if (event.kind === "touch") {
          const { bid, bidSize, ask, askSize } = event;
          touches[market]!.set(event.sequence, `${bidSize}@${bid} | ${askSize}@${ask}`);
        } else if (event.kind === "levels") {
          const [bid, ask] = [book.best("buy"), book.best("sell")];
          const text = `${book.sizeAt("buy", bid)}@${bid} | ${book.sizeAt("sell", ask)}@${ask}`;
          shown[market]!.push([event.sequence, text]);
        }
      },
    });
    flow.start();
    while (time.step());
    assertEquals(flow.counters.refused, 0, flow.lastRefusal);
    assertEquals(flow.counters.gaps, 0);
    assertEquals(flow.counters.leftOut, 10);
    assertEquals(flow.counters.trades, 24_356);
    assertEquals(shown.map((each) => each.length), [9_017, 8_924]);
    for (const market of [0, 1]) {
      const sequences = [...touches[market]!.keys()].sort((a, b) => a - b);
      let at = 0;
      for (const [sequence, text] of shown[market]!) {
        while (at + 1 < sequences.length && sequences[at + 1]! <= sequence) at++;
        assertEquals(text, touches[market]!.get(sequences[at]!), `market ${market}, ${sequence}`);
      }
    }
  },
});
