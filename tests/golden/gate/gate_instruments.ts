/**
 * Instruments of Gate for its tests: BTC-USDT-PERP in contracts of 0.0001 BTC, BTC-USDT spot.
 * @module
 */
import {
  createInstrument,
  type Instrument,
  instrumentIndex,
  type InstrumentTerms,
  symbolOf,
  unwrap,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import { FUTURES_ACCOUNT, SPOT_ACCOUNT } from "@/exchanges/gate/mod.ts";

const COMMON = {
  venue: "gate",
  venueSymbol: venueSymbolOf("BTC_USDT"),
  base: "BTC",
  quote: "USDT",
  settle: "USDT",
} as const;

/** Terms of BTC-USDT-PERP, with any field changed. */
export function perpTerms(changes: Partial<InstrumentTerms> = {}): InstrumentTerms {
  return {
    ...COMMON,
    symbol: symbolOf("BTC-USDT-PERP"),
    product: "perpetual",
    account: FUTURES_ACCOUNT,
    tick: "0.1",
    lot: "1",
    contractSize: "0.0001",
    minSize: "1",
    maxSize: "1000000",
    ...changes,
  };
}

/** BTC-USDT-PERP: tick 0.1, whole contracts. */
export function gatePerp(index = 0, changes: Partial<InstrumentTerms> = {}): Instrument {
  return unwrap(createInstrument(instrumentIndex(index), perpTerms(changes)));
}

/** BTC-USDT: tick 0.01, lot 0.00001. */
export function gateSpot(index = 1, changes: Partial<InstrumentTerms> = {}): Instrument {
  return unwrap(createInstrument(instrumentIndex(index), {
    ...COMMON,
    symbol: symbolOf("BTC-USDT"),
    product: "spot",
    account: SPOT_ACCOUNT,
    tick: "0.01",
    lot: "0.00001",
    contractSize: "1",
    minSize: "0.00001",
    maxSize: "9000",
    minNotional: "3",
    ...changes,
  }));
}
