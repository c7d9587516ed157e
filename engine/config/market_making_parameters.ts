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
  | { readonly is: "amount"; readonly unit: string; readonly bounds: AmountBounds }
  | { readonly is: "count"; readonly unit: string; readonly min: number; readonly max: number }
  | { readonly is: "choice"; readonly words: readonly string[] };

const ABOVE_ZERO = { above: "0" };
const BP = { min: "0", max: "1000" };

/** Every parameter with its rule. */
export const MARKET_MAKING_PARAMETERS: Readonly<Record<string, ParameterRule>> = {
  half_spread_bp: { is: "amount", unit: "bp", bounds: BP },
  order_size: { is: "amount", unit: "base currency", bounds: ABOVE_ZERO },
  levels: { is: "count", unit: "levels", min: 1, max: 20 },
  level_step_bp: { is: "amount", unit: "bp", bounds: BP },
  skew: { is: "amount", unit: "share of the half-spread", bounds: { min: "0", max: "10" } },
  inventory_max: { is: "amount", unit: "base currency", bounds: ABOVE_ZERO },
  requote_bp: { is: "amount", unit: "bp", bounds: BP },
  fair_value: { is: "choice", words: ["microprice", "mid"] },
};

/** Those without which the strategy cannot know how much to trade. */
export const MARKET_MAKING_REQUIRED = ["half_spread_bp", "order_size", "inventory_max"] as const;
