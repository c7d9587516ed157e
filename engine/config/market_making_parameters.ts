/**
 * The parameters of `kind: market_making`, as a config may name them.
 *
 * The strategy checks each again when it takes them (`checkParameter`); this check is here so that
 * `touchline check` names the key without building a strategy.
 * @module
 */
import type { AmountBounds } from "./config_values.ts";

/** What a parameter may be. */
export type ParameterRule =
  | {
    readonly is: "amount";
    readonly unit: string;
    readonly bounds: AmountBounds;
    /** A word that may stand instead of a number. */
    readonly word?: string;
  }
  | { readonly is: "count"; readonly unit: string; readonly min: number; readonly max: number }
  | { readonly is: "choice"; readonly words: readonly string[] };

const BASE = "base currency";

/** Every parameter with its rule. */
export const MARKET_MAKING_PARAMETERS: Readonly<Record<string, ParameterRule>> = {
  half_spread_bp: amount("bp", { min: "0", max: "1000" }),
  order_size: amount(BASE, { above: "0" }),
  levels: count("levels", 1, 10),
  level_step_bp: amount("bp", { above: "0", max: "1000" }),
  skew: amount("share of the half-spread", { min: "0", max: "5" }),
  inventory_max: amount(BASE, { above: "0" }),
  inventory_target: amount(BASE, {}),
  requote_bp: { is: "amount", unit: "bp", bounds: { min: "0", max: "1000" }, word: "auto" },
  fair_value: { is: "choice", words: ["microprice", "mid"] },
  imbalance_bp: amount("bp", { min: "0", max: "100" }),
  volatility_multiplier: amount("standard deviations", { min: "0", max: "100" }),
  hold_s: amount("s", { above: "0", max: "86400" }),
  adverse_selection_bp: amount("bp", { min: "0", max: "1000" }),
  margin_bp: amount("bp", { min: "0", max: "1000" }),
  volatility_widen_ratio: amount("fast over slow", { above: "1", max: "1000" }),
  volatility_pull_ratio: amount("fast over slow", { above: "1", max: "1000" }),
  sweep_levels: count("levels", 0, 1_000),
  sweep_pause_ms: count("ms", 0, 600_000),
  funding_before_ms: count("ms", 0, 3_600_000),
  funding_after_ms: count("ms", 0, 3_600_000),
};

/** Those without which the strategy cannot know how much to trade. */
export const MARKET_MAKING_REQUIRED = ["order_size", "inventory_max"] as const;

function amount(unit: string, bounds: AmountBounds): ParameterRule {
  return { is: "amount", unit, bounds };
}

function count(unit: string, min: number, max: number): ParameterRule {
  return { is: "count", unit, min, max };
}
