/**
 * Two markets of the venue as its sheet gives them, for tests of this room.
 * @module
 */
import { createInstrument, type Instrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { dydxTools } from "@/exchanges/dydx/mod.ts";

/** The venue's answer: BTC (tick 1, step 0.0001), ETH (tick 0.1, step 0.001). */
export const MARKETS = {
  markets: {
    "BTC-USD": {
      clobPairId: "0",
      ticker: "BTC-USD",
      status: "ACTIVE",
      oraclePrice: "43250.5",
      nextFundingRate: "0.0000125",
      atomicResolution: -10,
      quantumConversionExponent: -9,
      tickSize: "1",
      stepSize: "0.0001",
      stepBaseQuantums: 1_000_000,
      subticksPerTick: 100_000,
      marketType: "CROSS",
    },
    "ETH-USD": {
      clobPairId: "1",
      ticker: "ETH-USD",
      status: "ACTIVE",
      oraclePrice: "2500",
      nextFundingRate: "0",
      atomicResolution: -9,
      quantumConversionExponent: -9,
      tickSize: "0.1",
      stepSize: "0.001",
      stepBaseQuantums: 1_000_000,
      subticksPerTick: 100_000,
      marketType: "CROSS",
    },
  },
};

/** Both markets, BTC first. */
export function dydxMarkets(): readonly [Instrument, Instrument] {
  const terms = unwrap(dydxTools.parseInstruments(JSON.stringify(MARKETS)));
  const [btc, eth] = terms.map((one, index) =>
    unwrap(createInstrument(instrumentIndex(index), one))
  );
  return [btc!, eth!];
}
