/**
 * Registry: the name of a strategy kind in the configuration to its builder.
 *
 * A new strategy is one room beside `market_making`, and one line here.
 * @module
 */
import { err, type InstrumentKey, type Result, type StrategyId } from "@/engine/domain/mod.ts";
import type { Strategy } from "@/engine/ports/mod.ts";
import { createMarketMaker } from "@/strategies/market_making/mod.ts";

/** How one strategy is configured. */
export interface StrategySetup {
  readonly id: StrategyId;
  /** Instruments it trades. */
  readonly instruments: readonly InstrumentKey[];
  /** Flat parameters; what is absent takes its default. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Builds a strategy, or says what is wrong with its parameters. */
export type StrategyBuilder = (setup: StrategySetup) => Result<Strategy>;

/** Every kind of strategy by its name in the configuration. */
export const strategyKinds: Readonly<Record<string, StrategyBuilder>> = {
  market_making: createMarketMaker,
};

/** Builds a strategy of a kind by name. */
export function buildStrategy(kind: string, setup: StrategySetup): Result<Strategy> {
  const build = Object.hasOwn(strategyKinds, kind) ? strategyKinds[kind] : undefined;
  if (build === undefined) {
    const known = Object.keys(strategyKinds).join(", ");
    return err(`Cannot build strategy ${setup.id}: wanted kind ${known}, found "${kind}"`);
  }
  if (setup.instruments.length === 0) {
    return err(`Cannot build strategy ${setup.id}: wanted at least one instrument, found none`);
  }
  const built = build(setup);
  return built.ok ? built : err(`Cannot build strategy ${setup.id}: ${built.error}`);
}
