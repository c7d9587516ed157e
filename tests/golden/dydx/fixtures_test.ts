/**
 * Messages of dYdX that others collected: each gives what `fixtures.txt` says, which was written
 * from the venue's sheet. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import { createInstrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { dydxTools } from "@/exchanges/dydx/mod.ts";
import { testFixtures } from "@/tests/support/fixture_table.ts";

const FINE = "0.000000001";
/** Coin, pair of the order book, lot. */
const MARKETS: readonly (readonly [base: string, pair: number, lot: string])[] = [
  ["BTC", 0, FINE],
  ["ETH", 1, FINE],
  ["LDO", 26, "0.001"],
  ["UNI", 3, "0.001"],
  ["APE", 22, "0.001"],
  ["ARB", 31, "0.001"],
  ["DOT", 12, "0.001"],
  ["IMX", 52, "0.001"],
];
const INSTRUMENTS = MARKETS.map(([base, venueNumber, lot], index) => {
  const terms = unwrap(dydxTools.termsFrom(`${base}-USD-PERP`, FINE, lot, "1"));
  return unwrap(createInstrument(instrumentIndex(index), { ...terms, venueNumber }));
});

testFixtures({
  tools: dydxTools,
  folders: ["dydx"],
  instruments: INSTRUMENTS,
  beside: import.meta.url,
  snapshots: {},
  // Other markets are found in the messages; what names its market by number needs the listing.
  needListing: [/channel_batch_data_[13]$/, /ws_subaccounts_update$/],
  // Its ARB-USD has the number of LDO-USD.
  contradictory: [/real_subscribed_with_pending$/],
});
