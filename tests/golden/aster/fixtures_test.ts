/**
 * Messages collected by others: each becomes the event the venue's documentation says, or is left
 * out on purpose. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import {
  createInstrument,
  instrumentIndex,
  micros,
  MICROS_UNKNOWN,
  unwrap,
} from "@/engine/domain/mod.ts";
import { asterTools } from "@/exchanges/aster/mod.ts";
import { plainEvent } from "@/tests/support/golden_events.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");
const FOLDER = `${RECORDINGS}/fixtures/aster/jkorf`;
const GRID = "0.00000001";
const INSTRUMENTS = ["BTC-USDT-PERP", "ETH-USDT-PERP", "ETH-USDT", "BTC-USDT", "ADA25-SLP25"].map(
  (symbol, index) =>
    unwrap(
      createInstrument(
        instrumentIndex(index),
        unwrap(asterTools.termsFrom(symbol, GRID, GRID, "1")),
      ),
    ),
);
const utf8 = new TextEncoder();
const AT = micros(1_768_435_200_000_000);

interface Read {
  readonly outcomes: readonly string[];
  readonly events: readonly Record<string, unknown>[];
}

/** Reads a frame as `events` does: market first, then account. */
function readFrame(text: string): Read {
  const events: Record<string, unknown>[] = [];
  const receiver = {
    deliver: (event: Parameters<typeof plainEvent>[0]) =>
      events.push(plainEvent(event, INSTRUMENTS)),
  };
  const bytes = utf8.encode(text);
  const outcomes: string[] = [];
  for (
    const decoder of [
      asterTools.createMarketDecoder(INSTRUMENTS),
      asterTools.createAccountDecoder(INSTRUMENTS),
    ]
  ) {
    const outcome = decoder.decode(bytes, 0, bytes.length, AT, receiver);
    outcomes.push(decoder.reason === "" ? outcome : `${outcome}: ${decoder.reason}`);
  }
  return { outcomes, events };
}

const FRAMES: Readonly<Record<string, readonly string[] | string>> = {
  Futures__AccountConfig: ["ignored: other channel", "ignored: account configuration"],
  Futures__AccountMargin: ["ignored: other channel", "ignored: margin call"],
  Futures__Klines: ["ignored: other channel", "ignored: other channel"],
  Futures__Liquidation: ["ignored: other channel", "ignored: other channel"],
  Spot__Ticker: ["ignored: instrument not known", "ignored: other channel"],
  Spot__OrderBook: ["ignored: partial book", "ignored: other channel"],
  Futures__MarkPrice: "mark_price,funding",
  Futures__Trades: "trade",
  Spot__BookTicker: "best_bid_ask",
  Spot__OrderUpdate: "fill,order",
};

for (const [name, wanted] of Object.entries(FRAMES)) {
  Deno.test({
    name: `collected frame ${name} gives what its documentation says (needs TOUCHLINE_RECORDINGS)`,
    ignore: RECORDINGS === undefined,
    fn() {
      const file = Deno.readTextFileSync(`${FOLDER}/Subscriptions__${name}.txt`);
      const frame = file.slice(file.indexOf("\n= ") + 3).trim();
      const { outcomes, events } = readFrame(frame);
      if (typeof wanted !== "string") return assertEquals(outcomes, [...wanted]);
      assertEquals(events.map(({ kind }) => kind).join(), wanted);
      if (name.startsWith("Spot")) {
        assert(!String(events[0]!["instrument"]).endsWith("-PERP"), JSON.stringify(events[0]));
      }
      if (name === "Futures__Trades") {
        assertEquals(events[0], {
          kind: "trade",
          venue_at_us: 123_456_785_000,
          instrument: "aster:ETH-USDT-PERP",
          price: "0.001",
          size: "100",
          aggressor: "sell",
          trade_id: "5933014",
        });
      }
    },
  });
}

/** The response of a collected request: what follows method, path and flag. */
function responseOf(name: string): string {
  const file = Deno.readTextFileSync(`${FOLDER}/Endpoints__${name}.txt`);
  return file.split("\n").slice(3).join("\n");
}

Deno.test({
  name: "collected order answers are read as orders (needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  fn() {
    const placed = readFrame(responseOf("Spot__Trading__PlaceOrder"));
    assertEquals(placed.events.map(({ kind, status, size }) => [kind, status, size]), [
      ["order", "filled", "10"],
    ]);
    const asked = readFrame(responseOf("Spot__Trading__GetOrder"));
    assertEquals(asked.events.map(({ status, average_price }) => [status, average_price]), [
      ["filled", "12"],
    ]);
    for (
      const name of ["FuturesV3__Trading__CancelAllOrders", "SpotV3__Trading__CancelAllOrders"]
    ) {
      assertEquals(readFrame(responseOf(name)).outcomes[1], "ignored: answer");
    }
  },
});

Deno.test({
  name: "the collected depth snapshot and instruments are read (needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  fn() {
    const bytes = utf8.encode(responseOf("Futures__ExchangeData__GetOrderBook"));
    const found: unknown[] = [];
    const outcome = asterTools.createMarketDecoder(INSTRUMENTS).decodeSnapshot(
      bytes,
      0,
      bytes.length,
      instrumentIndex(0),
      MICROS_UNKNOWN,
      { deliver: (event) => found.push(plainEvent(event, INSTRUMENTS)) },
    );
    assertEquals(outcome, "decoded");
    assertEquals(found, [{
      kind: "book_snapshot",
      venue_at_us: 1_589_436_922_959_000,
      instrument: "aster:BTC-USDT-PERP",
      sequence: 1_027_024,
      bids: [["4", "431"]],
      asks: [["4.000002", "12"]],
    }]);
    const listed = asterTools.parseInstruments(responseOf("SpotV3__ExchangeData__GetExchangeInfo"));
    assert(listed.ok);
    const [terms] = listed.value;
    assertEquals([terms?.symbol, terms?.venueSymbol, terms?.minNotional], [
      "BNB-USDT",
      "BNBUSDT",
      "5",
    ] as never);
    assertEquals([terms?.orderTick, terms?.lot, terms?.minSize, terms?.maxSize], [
      "0.01000000",
      "0.00100000",
      "1",
      "1000",
    ]);
  },
});
