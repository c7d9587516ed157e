/**
 * `book` and `events` of the contract on all seven venues: a small market of each venue's own
 * frames, with what disturbs it, and what holds of every line that is printed.
 * @module
 */
import { type BookPicture, runBookTool, runEventsTool } from "@/engine/cli/mod.ts";
import { createInstrument, type Instrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { asterTools } from "@/exchanges/aster/mod.ts";
import { binanceTools } from "@/exchanges/binance/mod.ts";
import { bybitTools } from "@/exchanges/bybit/mod.ts";
import { dydxTools } from "@/exchanges/dydx/mod.ts";
import { gateTools } from "@/exchanges/gate/mod.ts";
import { hyperliquidTools } from "@/exchanges/hyperliquid/mod.ts";
import { okxTools } from "@/exchanges/okx/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

type Frame = Readonly<Record<string, unknown>>;

/** A venue's market: a book of 100 x 2 against 101 x 3, then 100 gone and 99 x 0.5 come. */
interface SmallMarket {
  readonly tools: VenueTools;
  readonly symbol: string;
  readonly lot: string;
  readonly contract: string;
  /** A change that comes before the snapshot and is in it already; none where none can be. */
  readonly early: readonly Frame[];
  readonly snapshot: Frame;
  readonly source: "ws" | "rest";
  readonly change: Frame;
  readonly trade: Frame;
  /** The same change of another instrument. */
  readonly foreign: Frame;
  /** A change after one that never came; undefined where the venue counts nothing. */
  readonly gap: Frame | undefined;
  readonly sequence: string | null;
}

const T = 1_790_000_000_000;
const ISO = new Date(T).toISOString();

function binanceLike(tools: VenueTools): SmallMarket {
  const delta = (
    s: string,
    first: number,
    u: number,
    pu: number,
    b: string[][],
    a: string[][],
  ) => ({
    ...{ e: "depthUpdate", E: T + 1, T, s, U: first, u, pu, b, a },
  });
  const b = [["100.0", "0"], ["99.0", "0.5"]];
  return {
    tools,
    symbol: "BTC-USDT-PERP",
    lot: "0.001",
    contract: "1",
    early: [
      delta("BTCUSDT", 1, 4, 0, [["98.0", "7"]], []),
      delta("BTCUSDT", 5, 10, 4, [["100.0", "2.000"]], []),
    ],
    snapshot: {
      ...{ lastUpdateId: 10, E: T, T, bids: [["100.0", "2.000"]], asks: [["101.0", "3.000"]] },
    },
    source: "rest",
    change: delta("BTCUSDT", 12, 20, 10, b, []),
    trade: {
      ...{ e: "aggTrade", E: T, s: "BTCUSDT", a: 7, p: "101.0", q: "1", f: 1, l: 1, T, m: false },
    },
    foreign: delta("ETHUSDT", 12, 20, 10, b, []),
    gap: delta("BTCUSDT", 30, 40, 29, b, []),
    sequence: "20",
  };
}

function okxBook(instId: string, action: string, prevSeqId: number, seqId: number): Frame {
  const isUpdate = action === "update";
  const bids = isUpdate ? [["100.0", "0", "0", "0"], ["99.0", "50", "0", "1"]] : [
    ["100.0", "200", "0", "1"],
  ];
  const asks = isUpdate ? [] : [["101.0", "300", "0", "2"]];
  const data = [{ asks, bids, ts: String(T), checksum: 0, prevSeqId, seqId }];
  return { arg: { channel: "books", instId }, action, data };
}

function gateBook(s: string, ids: readonly [number, number], levels: unknown[]): Frame {
  const result = { t: T, s, U: ids[0], u: ids[1], b: levels, a: [], l: "100" };
  return { channel: "futures.order_book_update", event: "update", time_ms: T, result };
}

function bybitBook(s: string, type: string, u: number): Frame {
  const isDelta = type === "delta";
  const b = isDelta ? [["100.0", "0"], ["99.0", "0.500"]] : [["100.0", "2.000"]];
  const a = isDelta ? [] : [["101.0", "3.000"]];
  return { topic: `orderbook.50.${s}`, type, ts: T, data: { s, b, a, u, seq: 1 }, cts: T };
}

function hyperliquidBook(coin: string, time: number, bid: string, size: string): Frame {
  const levels = [[{ px: bid, sz: size, n: 1 }], [{ px: "101.0", sz: "3.0", n: 1 }]];
  return { channel: "l2Book", data: { coin, time, levels } };
}

function dydxFrame(type: string, message: number, id: string, contents: Frame): Frame {
  const base = { type, connection_id: "c", message_id: message, channel: "v4_orderbook", id };
  return { ...base, version: "1.0.0", contents };
}

const GATE_CHANGE = [{ p: "100.0", s: "0" }, { p: "99.0", s: "50" }];
const MARKETS: readonly SmallMarket[] = [
  binanceLike(binanceTools),
  binanceLike(asterTools),
  {
    tools: okxTools,
    symbol: "BTC-USDT-PERP",
    lot: "1",
    contract: "0.01",
    early: [okxBook("BTC-USDT-SWAP", "update", 5, 6)],
    snapshot: okxBook("BTC-USDT-SWAP", "snapshot", -1, 10),
    source: "ws",
    change: okxBook("BTC-USDT-SWAP", "update", 10, 12),
    trade: {
      arg: { channel: "trades", instId: "BTC-USDT-SWAP" },
      data: [{
        ...{ instId: "BTC-USDT-SWAP", tradeId: "7", px: "101.0", sz: "100", side: "buy" },
        ts: String(T),
      }],
    },
    foreign: okxBook("BTC-USDT", "update", 10, 12),
    gap: okxBook("BTC-USDT-SWAP", "update", 15, 16),
    sequence: "12",
  },
  {
    tools: gateTools,
    symbol: "BTC-USDT-PERP",
    lot: "1",
    contract: "0.01",
    early: [gateBook("BTC_USDT", [8, 10], [{ p: "98.0", s: "1" }])],
    snapshot: {
      id: 10,
      current: T / 1_000,
      update: T / 1_000,
      asks: [{ p: "101.0", s: 300 }],
      bids: [{ p: "100.0", s: "200" }],
    },
    source: "rest",
    change: gateBook("BTC_USDT", [11, 12], GATE_CHANGE),
    trade: {
      ...{ channel: "futures.trades", event: "update", time_ms: T },
      result: [{
        ...{ size: 100, id: 7, create_time_ms: T, price: "101.0", contract: "BTC_USDT" },
        is_internal: false,
      }],
    },
    foreign: gateBook("ETH_USDT", [11, 12], GATE_CHANGE),
    gap: gateBook("BTC_USDT", [20, 21], GATE_CHANGE),
    sequence: "12",
  },
  {
    tools: bybitTools,
    symbol: "BTC-USDT-PERP",
    lot: "0.001",
    contract: "1",
    early: [bybitBook("BTCUSDT", "delta", 9)],
    snapshot: bybitBook("BTCUSDT", "snapshot", 10),
    source: "ws",
    change: bybitBook("BTCUSDT", "delta", 11),
    trade: {
      ...{ topic: "publicTrade.BTCUSDT", type: "snapshot", ts: T },
      data: [{ T, s: "BTCUSDT", S: "Buy", v: "1.000", p: "101.0", i: "7", BT: false }],
    },
    foreign: bybitBook("ETHUSDT", "delta", 11),
    gap: bybitBook("BTCUSDT", "delta", 13),
    sequence: "11",
  },
  {
    tools: hyperliquidTools,
    symbol: "BTC-USDC-PERP",
    lot: "0.00001",
    contract: "1",
    early: [],
    snapshot: hyperliquidBook("BTC", T, "100.0", "2.0"),
    source: "ws",
    change: hyperliquidBook("BTC", T + 500, "99.0", "0.5"),
    trade: {
      channel: "trades",
      data: [{ coin: "BTC", side: "B", px: "101.0", sz: "1.0", time: T, hash: "0x0", tid: 7 }],
    },
    foreign: hyperliquidBook("ETH", T + 500, "99.0", "0.5"),
    gap: undefined,
    sequence: null,
  },
  {
    tools: dydxTools,
    symbol: "BTC-USD-PERP",
    lot: "0.0001",
    contract: "1",
    early: [],
    snapshot: dydxFrame("subscribed", 1, "BTC-USD", {
      bids: [{ price: "100.0", size: "2.0" }],
      asks: [{ price: "101.0", size: "3.0" }],
    }),
    source: "ws",
    change: dydxFrame("channel_data", 2, "BTC-USD", { bids: [["100.0", "0"], ["99.0", "0.5"]] }),
    trade: {
      ...dydxFrame("channel_data", 3, "BTC-USD", {
        trades: [{
          id: "7",
          side: "BUY",
          size: "1.0",
          price: "101.0",
          type: "LIMIT",
          createdAt: ISO,
        }],
      }),
      channel: "v4_trades",
    },
    foreign: dydxFrame("channel_data", 4, "ETH-USD", { bids: [["99.0", "0.5"]] }),
    gap: dydxFrame("channel_data", 9, "BTC-USD", { bids: [["98.0", "1"]] }),
    sequence: "2",
  },
];
const JUNK = ["<html><body>502</body></html>", "", "{", "[]", "null", '"x"', "\ufeff{}", "\0"];

function instrumentOf({ tools, symbol, lot, contract }: SmallMarket): Instrument {
  const terms = unwrap(tools.termsFrom(symbol, "0.1", lot, contract));
  const number = tools.venue === "dydx" ? { venueNumber: 0 } : {};
  return unwrap(createInstrument(instrumentIndex(0), { ...terms, ...number }));
}

function line(frame: Frame, source = "ws"): string {
  return JSON.stringify({ source, text: JSON.stringify(frame) });
}

async function book(market: SmallMarket, lines: readonly string[], every?: number) {
  const printed: BookPicture[] = [];
  const options = { instrument: instrumentOf(market), depth: 1, every };
  const last = await runBookTool(market.tools, options, ReadableStream.from([...lines]), {
    write: (text) => printed.push(JSON.parse(text) as BookPicture),
    complain: () => {},
  });
  return { last, printed };
}

async function events(market: SmallMarket, lines: readonly string[]) {
  const instrument = instrumentOf(market);
  const printed: Record<string, unknown>[] = [];
  await runEventsTool(
    market.tools,
    { instruments: [instrument], instrument },
    ReadableStream.from([...lines]),
    (text) => printed.push(JSON.parse(text) as Record<string, unknown>),
  );
  return printed;
}

for (const market of MARKETS) {
  const { venue } = market.tools;
  const before = market.early.map((frame) => line(frame));
  const whole = line(market.snapshot, market.source);
  const rest = [line(market.change), line(market.trade), line(market.foreign)];

  Deno.test(`book ${venue}: early, foreign and broken lines leave the true book`, async () => {
    const junk = JUNK.map((text) => JSON.stringify({ source: "ws", text }));
    const { last, printed } = await book(market, [...before, whole, ...junk, ...rest, "{"]);
    assertEquals(printed, [last]);
    const { state, sequence, bids, asks, gaps, resyncs, trades, messages, applied } = last;
    assertEquals([state, sequence], ["synchronised", market.sequence]);
    assertEquals([bids, asks], [[["99", "0.5"]], [["101", "3"]]], "base currency, one level");
    assertEquals([gaps, resyncs, trades], [0, 0, 1]);
    assertEquals(messages, before.length + junk.length + 5);
    assert(applied >= 2 && last.ignored >= 1 && last.refused >= 1, JSON.stringify(last));
  });

  Deno.test(`book ${venue}: before its snapshot and after a gap nothing is shown`, async () => {
    const early = await book(market, before);
    assert(early.last.state !== "synchronised");
    assertEquals([early.last.bids, early.last.asks, early.last.sequence], [[], [], null]);
    if (market.gap === undefined) return;
    const gapped = await book(market, [...before, whole, ...rest, line(market.gap)]);
    assertEquals([gapped.last.gaps, gapped.last.bids, gapped.last.asks], [1, [], []]);
    assert(gapped.last.state !== "synchronised");
  });

  Deno.test(`book ${venue}: --every prints after each applied update`, async () => {
    const { printed, last } = await book(market, [...before, whole, ...rest], 1);
    assertEquals(printed.at(-1), last);
    const counts = printed.map(({ applied }) => applied);
    assertEquals(counts.at(-2), last.applied);
    assertEquals(counts.toSorted((a, b) => a - b), counts);
    const touch = printed.find(({ bids }) => bids.length > 0)!;
    assertEquals([touch.bids, touch.asks], [[["100", "2"]], [["101", "3"]]]);
  });

  Deno.test(`events ${venue}: every line is answered in order, junk by one line each`, async () => {
    const junk = JUNK.map((text) => JSON.stringify({ source: "ws", text }));
    const good = [whole, line(market.change), line(market.trade)];
    const input = [...junk, ...good, ...junk, line(market.trade), "", "x"];
    const printed = await events(market, input);
    assertEquals(printed.map((one) => one["line"]), input.map((_, index) => index + 1));
    for (const one of printed) {
      assertEquals(one["venue"], venue);
      if (one["kind"] === "ignored" || one["kind"] === "error") assert(one["reason"] !== "");
    }
    const isNo = ({ kind }: Record<string, unknown>) => kind === "ignored" || kind === "error";
    const noes = printed.filter(isNo).length;
    assert(noes >= 2 * junk.length + 2, `${noes} of ${printed.length}`);
    const [snapshot, change, trade] = printed.slice(junk.length);
    assertEquals(snapshot!["kind"], "book_snapshot");
    const isWhole = market.gap === undefined;
    assertEquals(change!["kind"], isWhole ? "book_snapshot" : "book_delta");
    const { line: _, venue: __, ...said } = trade!;
    assertEquals(said, {
      kind: "trade",
      instrument: market.symbol,
      venue_at_us: T * 1_000,
      price: "101",
      size: "1",
      aggressor: "buy",
      trade_id: "7",
    });
  });

  Deno.test(`events ${venue}: what is another's is ignored, what is cut is an error`, async () => {
    const [foreign] = await events(market, [line(market.foreign)]);
    assertEquals([foreign!["kind"], foreign!["reason"]], ["ignored", "instrument not known"]);
    const text = JSON.stringify(market.trade);
    const cuts = [1, 2, text.length >> 1, text.length - 2, text.length - 1]
      .map((length) => JSON.stringify({ source: "ws", text: text.slice(0, length) }));
    for (const one of await events(market, cuts)) assertEquals(one["kind"], "error");
  });

  Deno.test(`events ${venue}: a frame of millions of characters is answered too`, async () => {
    const texts = ["[".repeat(500_000), "x".repeat(3_000_000), `{"a":"${"y".repeat(3_000_000)}"}`];
    const input = texts.map((text) => JSON.stringify({ source: "ws", text }));
    const kinds = (await events(market, [...input, line(market.trade)])).map((one) => one["kind"]);
    assertEquals(kinds.slice(0, 2), ["error", "error"]);
    assertEquals(kinds.at(-1), "trade");
    assertEquals(kinds.length, 4);
  });
}
