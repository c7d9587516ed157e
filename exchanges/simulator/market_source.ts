/**
 * `MarketSource`: who trades beside the accounts: nobody, background traders, or a recording.
 * @module
 */
import { type Market, type MarketListener, MatchingEngine } from "@/engine/matching/mod.ts";
import type { SimInstrument } from "./sim_instrument.ts";

/** Opens each instrument's market and moves it. */
export interface MarketSource {
  /** Called once per instrument, before `start`. */
  openMarket(instrument: SimInstrument, listener: MarketListener): Market;
  start(): void;
  stop(): void;
}

/** Empty markets in which only the accounts trade: for tests. */
export function quietSource(): MarketSource {
  return {
    openMarket: (_instrument, listener) => new MatchingEngine({ listener }),
    start: () => {},
    stop: () => {},
  };
}
