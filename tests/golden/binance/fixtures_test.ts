/**
 * Messages of Binance that others collected: each gives what `fixtures.txt` says, which was written
 * from the venue's sheet. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import { createInstrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { binanceTools } from "@/exchanges/binance/mod.ts";
import { testFixtures } from "@/tests/support/fixture_table.ts";

const GRID = "0.00000001";
const INSTRUMENTS = ([
  ["BTC-USDT", "1"],
  ["ETH-BTC", "1"],
  ["BNB-BTC", "1"],
  ["BNB-USDT", "1"],
  ["BTC-USD", "1"],
  ["ETH-USDT", "1"],
  ["LTC-BTC", "1"],
  ["BTC-USDT-PERP", "1"],
  ["BNB-USDT-PERP", "1"],
  ["IOTA-USDT-PERP", "1"],
  ["ETH-USDT-PERP", "1"],
  ["DOGE-USDT-PERP", "1"],
] as const).map(([symbol, contract], index) =>
  unwrap(
    createInstrument(
      instrumentIndex(index),
      unwrap(binanceTools.termsFrom(symbol, GRID, GRID, contract)),
    ),
  )
);
const [PERP] = INSTRUMENTS.filter(({ terms }) => terms.symbol === "BTC-USDT-PERP");

testFixtures({
  tools: binanceTools,
  folders: ["binance-spot", "binance-usdm"],
  instruments: INSTRUMENTS,
  beside: import.meta.url,
  snapshots: {
    "binance-usdm/jkorf/Endpoints__UsdFutures__ExchangeData__GetOrderBook": PERP!,
  },
  needListing: [],
  contradictory: [],
});
