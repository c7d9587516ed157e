/**
 * Messages of Hyperliquid that others collected: each gives what `fixtures.txt` says, which was
 * written from the venue's sheet. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import { hyperliquidTools } from "@/exchanges/hyperliquid/mod.ts";
import { testFixtures } from "@/tests/support/fixture_table.ts";
import { goldenInstruments } from "./listing.ts";

const INSTRUMENTS = goldenInstruments();
const SPOT = INSTRUMENTS.find(({ terms }) => terms.venueSymbol === "@107")!;

testFixtures({
  tools: hyperliquidTools,
  folders: ["hyperliquid"],
  instruments: INSTRUMENTS,
  beside: import.meta.url,
  snapshots: { "hyperliquid/jkorf/Endpoints__Spot__ExchangeData__GetOrderBook": SPOT },
  // Only the listing tells which pair `@107` is.
  needListing: [/Subscriptions__Order$/],
  contradictory: [],
});
