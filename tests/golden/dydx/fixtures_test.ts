/**
 * Other people's recorded and documented messages of the venue: each gives the events its sheet says
 * it must, or is left out on purpose. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import {
  createInstrument,
  type Instrument,
  instrumentIndex,
  micros,
  unwrap,
} from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { dydxTools } from "@/exchanges/dydx/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";

const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");
const FINE = "0.000000001";

/** File, then the kinds of its events with their number, or why there are none. */
const EXPECTED: Readonly<Record<string, string>> = {
  "abacus/AccountsChannelMock__channel_data.json": "3 fill, 1 order",
  "abacus/AccountsChannelMock__v4_best_effort_cancelled.json": "1 order",
  "abacus/AccountsChannelMock__v4_parent_subaccounts_partially_filled_and_canceled_orders.json":
    "2 fill, 2 order",
  "abacus/AccountsChannelMock__v4_position_closed.json": "1 position",
  "abacus/AccountsChannelMock__v4_subscribed.json": "2 order, 2 position, 1 balance",
  "abacus/FillsMock__v4_channel_data.json": "1 fill, 1 order",
  "abacus/MarketsChannelMock__v4_channel_data.json": "no price, funding or status of ours",
  "abacus/MarketsChannelMock__v4_next_funding_rate_update.json": "2 funding",
  "abacus/MarketsChannelMock__v4_oracle_price_not_in_list.json": "1 mark_price",
  "abacus/MarketsChannelMock__v4_subscribed_r1.json":
    "3 mark_price, 3 funding, 3 instrument_status",
  "abacus/OrderbookChannelMock__load_test_3_channel_batch_data.json": "1 order",
  "nautilus/ws_block_height_update.json": "block height",
  "nautilus/ws_candles_update.json": "other channel",
  "nautilus/ws_markets_status_update.json": "2 funding, 2 instrument_status",
  "nautilus/ws_subaccounts_update.json": "1 fill, 1 order",
  "nautilus/ws_trades_update.json": "2 trade",
};

function instruments(): Instrument[] {
  const pairs: [string, number][] = [["BTC", 0], ["ETH", 1], ["LDO", 26], ["UNI", 99], ["APE", 22]];
  return pairs.map(([base, venueNumber], index) => {
    const terms = unwrap(dydxTools.termsFrom(`${base}-USD-PERP`, FINE, FINE, "1"));
    return unwrap(createInstrument(instrumentIndex(index), { ...terms, venueNumber }));
  });
}

/** What market and account decoder make of a file. */
function summaryOf(bytes: Uint8Array): string {
  const counts = new Map<string, number>();
  const receiver = {
    deliver: ({ kind }: EngineEvent) => counts.set(kind, (counts.get(kind) ?? 0) + 1),
  };
  const all = instruments();
  const market = dydxTools.createMarketDecoder(all);
  const at = micros(1);
  const first = market.decode(bytes, 0, bytes.length, at, receiver);
  let reason = market.reason;
  if (first === "ignored" && reason === "own events") {
    const account = dydxTools.createAccountDecoder(all);
    account.decode(bytes, 0, bytes.length, at, receiver);
    reason = account.reason;
  }
  return reason || [...counts].map(([kind, count]) => `${count} ${kind}`).join(", ");
}

for (const [file, expected] of Object.entries(EXPECTED)) {
  Deno.test({
    name: `fixture ${file} (needs TOUCHLINE_RECORDINGS)`,
    ignore: RECORDINGS === undefined,
    fn() {
      const bytes = Deno.readFileSync(`${RECORDINGS}/fixtures/dydx/${file}`);
      assertEquals(summaryOf(bytes), expected);
    },
  });
}

Deno.test({
  name: "the venue's recorded instruments and REST book are read (needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  fn() {
    const folder = `${RECORDINGS}/fixtures/dydx/nautilus`;
    const markets = Deno.readTextFileSync(`${folder}/http_get_perpetual_markets.json`);
    const terms = unwrap(dydxTools.parseInstruments(markets));
    const btc = terms.find((one) => one.venueSymbol === "BTC-USD")!;
    assertEquals([btc.tick, btc.lot, btc.venueNumber], ["1", "0.0001", 0]);
    const instrument = unwrap(createInstrument(instrumentIndex(0), btc));
    const bytes = Deno.readFileSync(`${folder}/http_get_orderbook.json`);
    const touches: number[][] = [];
    dydxTools.createMarketDecoder([instrument]).decodeSnapshot(
      bytes,
      0,
      bytes.length,
      instrument.index,
      micros(1),
      {
        deliver(event: EngineEvent) {
          if (event.kind !== "book_snapshot") return;
          touches.push([event.bids.prices[0]!, event.asks.prices[0]!, event.bids.count]);
        },
      },
    );
    assertEquals(touches, [[89_947, 89_958, 5]]);
  },
});
