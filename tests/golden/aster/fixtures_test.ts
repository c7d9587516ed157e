/**
 * Messages of Aster that others collected: each gives what `fixtures.txt` says, which was written
 * from the venue's sheet. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import { createInstrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { asterTools } from "@/exchanges/aster/mod.ts";
import { testFixtures } from "@/tests/support/fixture_table.ts";

const GRID = "0.00000001";
const INSTRUMENTS = ([
  ["BTC-USDT-PERP", "1"],
  ["ETH-USDT-PERP", "1"],
  ["ETH-USDT", "1"],
  ["BTC-USDT", "1"],
  ["BNB-USDT", "1"],
  ["ADA25-SLP25", "1"],
] as const).map(([symbol, contract], index) =>
  unwrap(
    createInstrument(
      instrumentIndex(index),
      unwrap(asterTools.termsFrom(symbol, GRID, GRID, contract)),
    ),
  )
);

testFixtures({
  tools: asterTools,
  folders: ["aster"],
  instruments: INSTRUMENTS,
  beside: import.meta.url,
  snapshots: {},
  needListing: [/Spot__OrderUpdate$/],
  contradictory: [],
});
