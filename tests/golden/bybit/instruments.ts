/**
 * Instruments of this venue for golden frames and recordings.
 * @module
 */
import { createInstrument, type Instrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { bybitTools } from "@/exchanges/bybit/mod.ts";

/** An instrument of a symbol and its steps. */
export function instrumentOf(
  index: number,
  symbol: string,
  tick: string,
  lot: string,
): Instrument {
  const terms = unwrap(bybitTools.termsFrom(symbol, tick, lot, "1"));
  return unwrap(createInstrument(instrumentIndex(index), terms));
}
