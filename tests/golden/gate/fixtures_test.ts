/**
 * Messages of Gate that others collected: each gives what `fixtures.txt` says, which was written
 * from the venue's sheet. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import { createInstrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { gateTools } from "@/exchanges/gate/mod.ts";
import { testFixtures } from "@/tests/support/fixture_table.ts";

const GRID = "0.00000001";
/** Symbol, lot in what the venue counts, contract size. */
const INSTRUMENTS = ([
  ["BTC-USDT-PERP", "0.1", "0.0001"],
  ["ETH-USDT-PERP", "0.1", "0.01"],
  ["BTC-USDT", GRID, "1"],
  ["ETH-USDT", GRID, "1"],
  ["GT-USDT", GRID, "1"],
] as const).map(([symbol, lot, contract], index) =>
  unwrap(
    createInstrument(
      instrumentIndex(index),
      unwrap(gateTools.termsFrom(symbol, GRID, lot, contract)),
    ),
  )
);

testFixtures({
  tools: gateTools,
  folders: ["gate"],
  instruments: INSTRUMENTS,
  beside: import.meta.url,
  snapshots: {},
  // Contract sizes are told by the listing alone.
  needListing: [/SubscribeTo(BookTicker|OrderBookV2)Updates$/],
  contradictory: [],
});
