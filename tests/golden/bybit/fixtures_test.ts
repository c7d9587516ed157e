/**
 * Messages of Bybit that others collected: each gives what `fixtures.txt` says, which was written
 * from the venue's sheet. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import { createInstrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { bybitTools } from "@/exchanges/bybit/mod.ts";
import { testFixtures } from "@/tests/support/fixture_table.ts";

const GRID = "0.00000001";
const INSTRUMENTS = ([
  ["BTC-USDT-PERP", "1"],
  ["ICP-USDT-PERP", "1"],
] as const).map(([symbol, contract], index) =>
  unwrap(
    createInstrument(
      instrumentIndex(index),
      unwrap(bybitTools.termsFrom(symbol, GRID, GRID, contract)),
    ),
  )
);

testFixtures({
  tools: bybitTools,
  folders: ["bybit"],
  instruments: INSTRUMENTS,
  beside: import.meta.url,
  snapshots: {},
  needListing: [],
  contradictory: [],
});
