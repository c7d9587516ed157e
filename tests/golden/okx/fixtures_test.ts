/**
 * Messages of OKX that others collected: each gives what `fixtures.txt` says, which was written
 * from the venue's sheet. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import { createInstrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { okxTools } from "@/exchanges/okx/mod.ts";
import { testFixtures } from "@/tests/support/fixture_table.ts";

const GRID = "0.00000001";
/** Symbol, lot in what the venue counts, contract size. */
const INSTRUMENTS = ([
  ["BTC-USDT", GRID, "1"],
  ["ETH-USDT", GRID, "1"],
  ["BTC-USDC", GRID, "1"],
  ["BTC-USDT-PERP", "0.01", "0.01"],
  ["BTC-USD-PERP", "0.01", "1"],
] as const).map(([symbol, lot, contract], index) =>
  unwrap(
    createInstrument(
      instrumentIndex(index),
      unwrap(okxTools.termsFrom(symbol, GRID, lot, contract)),
    ),
  )
);

testFixtures({
  tools: okxTools,
  folders: ["okx"],
  instruments: INSTRUMENTS,
  beside: import.meta.url,
  snapshots: {},
  needListing: [],
  // The channel names ETH-USDT, the trade in it BTC-USDT.
  contradictory: [/ExchangeData__Trades$/],
});
