/**
 * Spot and perpetual under one venue symbol: each venue's frames go to the product that they are
 * of, as far as the venue tells them apart, and `book` keeps the one that it was asked for.
 * @module
 */
import { runBookTool, runEventsTool } from "@/engine/cli/mod.ts";
import { createInstrument, type Instrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { binanceTools } from "@/exchanges/binance/mod.ts";
import { gateTools } from "@/exchanges/gate/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";

type Frame = Readonly<Record<string, unknown>>;

interface Pair {
  readonly tools: VenueTools;
  /** Delta, best bid and ask, trade of each product. */
  readonly spot: readonly Frame[];
  readonly perpetual: readonly Frame[];
}

const T = 1_790_000_000_000;
const B = [["100.0", "2"]];
const A = [["101.0", "3"]];

function gate(name: string, result: unknown): Frame {
  return { channel: name, event: "update", time_ms: T, result };
}

const PAIRS: readonly Pair[] = [
  {
    tools: binanceTools,
    spot: [
      { e: "depthUpdate", E: T, s: "BTCUSDT", U: 11, u: 12, b: B, a: A },
      { u: 12, s: "BTCUSDT", b: "100.0", B: "2", a: "101.0", A: "3" },
      { e: "trade", E: T, s: "BTCUSDT", t: 7, p: "101.0", q: "1", T, m: false, M: true },
    ],
    perpetual: [
      { e: "depthUpdate", E: T, T, s: "BTCUSDT", U: 11, u: 12, pu: 10, b: B, a: A },
      { e: "bookTicker", u: 12, E: T, T, s: "BTCUSDT", b: "100.0", B: "2", a: "101.0", A: "3" },
      { e: "aggTrade", E: T, s: "BTCUSDT", a: 7, p: "101.0", q: "1", f: 1, l: 1, T, m: false },
    ],
  },
  {
    tools: gateTools,
    spot: [
      gate("spot.order_book_update", { t: T, s: "BTC_USDT", U: 11, u: 12, b: B, a: A }),
      gate("spot.book_ticker", {
        ...{ t: T, u: 12, s: "BTC_USDT", b: "100.0", B: "2", a: "101.0", A: "3" },
      }),
      gate("spot.trades", {
        ...{ id: 7, create_time_ms: String(T), side: "buy", currency_pair: "BTC_USDT" },
        ...{ amount: "1", price: "101.0" },
      }),
    ],
    perpetual: [
      gate("futures.order_book_update", {
        ...{ t: T, s: "BTC_USDT", U: 11, u: 12 },
        ...{ b: [{ p: "100.0", s: "200" }], a: [{ p: "101.0", s: "300" }] },
      }),
      gate("futures.book_ticker", {
        ...{ t: T, u: 12, s: "BTC_USDT", b: "100.0", B: 200, a: "101.0", A: 300 },
      }),
      gate("futures.trades", [
        { size: 100, id: 7, create_time_ms: T, price: "101.0", contract: "BTC_USDT" },
      ]),
    ],
  },
];
const SNAPSHOTS: Readonly<Record<string, Frame>> = {
  binance: { lastUpdateId: 10, bids: [["99.0", "5"]], asks: [["102.0", "5"]] },
  gate: { id: 10, bids: [["99.0", "5"]], asks: [["102.0", "5"]] },
};

function both(tools: VenueTools): Instrument[] {
  return ["BTC-USDT", "BTC-USDT-PERP"].map((symbol, index) => {
    const contract = symbol.endsWith("PERP") && tools.venue === "gate" ? "0.01" : "1";
    const terms = unwrap(tools.termsFrom(symbol, "0.1", "1", contract));
    return unwrap(createInstrument(instrumentIndex(index), terms));
  });
}

function lines(frames: readonly Frame[], source = "ws"): string[] {
  return frames.map((frame) => JSON.stringify({ source, text: JSON.stringify(frame) }));
}

for (const { tools, spot, perpetual } of PAIRS) {
  Deno.test(`events ${tools.venue}: frames of one symbol are told apart by their product`, async () => {
    const found: unknown[] = [];
    await runEventsTool(
      tools,
      { instruments: both(tools) },
      ReadableStream.from(lines([...spot, ...perpetual])),
      (text) => {
        const { kind, instrument, size, bids } = JSON.parse(text) as Record<string, unknown>;
        found.push([kind, instrument, size ?? bids]);
      },
    );
    const wanted = (symbol: string) => [
      ["book_delta", symbol, [["100", "2"]]],
      ["best_bid_ask", symbol, undefined],
      ["trade", symbol, "1"],
    ];
    assertEquals(found, [...wanted("BTC-USDT"), ...wanted("BTC-USDT-PERP")]);
  });

  for (const [index, own, others] of [[0, spot, perpetual], [1, perpetual, spot]] as const) {
    const instrument = both(tools)[index]!;
    const { symbol } = instrument.terms;
    Deno.test(`book ${tools.venue}: ${symbol} is not moved by the other product`, async () => {
      const snapshot = lines([SNAPSHOTS[tools.venue]!], "rest");
      const input = [...lines(others), ...snapshot, ...lines(others), ...lines(own)];
      const { state, trades, gaps, ignored, bids, asks, applied } = await runBookTool(
        tools,
        { instrument, depth: 5, every: undefined },
        ReadableStream.from(input),
        { write: () => {}, complain: () => {} },
      );
      assertEquals([state, trades, gaps, applied], ["synchronised", 1, 0, 2]);
      assertEquals(ignored, 2 * others.length + 1, "the other product, and one touch of its own");
      const contract = index === 1 && tools.venue === "gate" ? "0.05" : "5";
      assertEquals(bids, [["100", "2"], ["99", contract]]);
      assertEquals(asks, [["101", "3"], ["102", contract]]);
    });
  }
}
