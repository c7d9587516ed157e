/**
 * Parameters from text: defaults, every key, and every error.
 * @module
 */
import { unwrap } from "@/engine/domain/mod.ts";
import { marketMakingDefaults, marketMakingParameters } from "@/strategies/market_making/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

const NEEDED = { order_size: "0.01", inventory_max: "0.1" };

function errorOf(changes: Record<string, string>): string {
  const result = marketMakingParameters({ ...NEEDED, ...changes });
  assert(!result.ok, "the parameters should have been refused");
  return result.error;
}

Deno.test("marketMakingParameters() gives every option its default but the sizes", () => {
  const options = unwrap(marketMakingParameters(NEEDED));
  assertEquals(options.halfSpreadBp, 2);
  assertEquals(options.orderSize, 0.01);
  assertEquals(options.inventoryMax, 0.1);
  assertEquals(options.levels, 1);
  assertEquals(options.requoteBp, undefined);
  assertEquals(options.fairValue, "microprice");
  const defaults = marketMakingDefaults();
  assertEquals(defaults.order_size, "");
  assertEquals(unwrap(marketMakingParameters({ ...defaults, ...NEEDED })), options);
});

Deno.test("marketMakingParameters() reads every key", () => {
  const options = unwrap(marketMakingParameters({
    half_spread_bp: "1.5",
    order_size: ".5",
    levels: "3",
    level_step_bp: "2",
    skew: "0.75",
    inventory_max: "4",
    inventory_target: "-1",
    requote_bp: "0.4",
    fair_value: "mid",
    imbalance_bp: "0.8",
    volatility_multiplier: "0.6",
    hold_s: "10",
    adverse_selection_bp: "0.3",
    margin_bp: "0.1",
    volatility_widen_ratio: "2",
    volatility_pull_ratio: "4",
    sweep_levels: "5",
    sweep_pause_ms: "250",
    funding_before_ms: "1000",
    funding_after_ms: "0",
  }));
  assertEquals(options, {
    halfSpreadBp: 1.5,
    orderSize: 0.5,
    levels: 3,
    levelStepBp: 2,
    skew: 0.75,
    inventoryMax: 4,
    inventoryTarget: -1,
    requoteBp: 0.4,
    fairValue: "mid",
    imbalanceBp: 0.8,
    volatilityMultiplier: 0.6,
    holdSeconds: 10,
    adverseSelectionBp: 0.3,
    marginBp: 0.1,
    volatilityWidenRatio: 2,
    volatilityPullRatio: 4,
    sweepLevels: 5,
    sweepPauseMs: 250,
    fundingBeforeMs: 1000,
    fundingAfterMs: 0,
  });
});

Deno.test("marketMakingParameters() says what was wanted and what was found", () => {
  const cases: [changes: Record<string, string>, error: string][] = [
    [
      { half_spread_bp: "-1" },
      'Cannot read half_spread_bp: wanted a number from 0 to 1000, found "-1"',
    ],
    [
      { half_spread_bp: "1e2" },
      'Cannot read half_spread_bp: wanted a number from 0 to 1000, found "1e2"',
    ],
    [{ levels: "2.5" }, 'Cannot read levels: wanted a whole number from 1 to 10, found "2.5"'],
    [{ levels: "11" }, 'Cannot read levels: wanted a whole number from 1 to 10, found "11"'],
    [
      { order_size: "0" },
      'Cannot read order_size: wanted a number above 0 to 1000000000000, found "0"',
    ],
    [
      { order_size: "" },
      "Cannot read order_size: wanted a number above 0 to 1000000000000, found nothing",
    ],
    [
      { requote_bp: "soon" },
      'Cannot read requote_bp: wanted a number from 0 to 1000, found "soon"',
    ],
    [
      { fair_value: "magic" },
      'Cannot read fair_value: wanted one of microprice, mid, found "magic"',
    ],
    [{ order_size: "0.2" }, "Cannot use order_size: wanted at most inventory_max 0.1, found 0.2"],
    [
      { volatility_pull_ratio: "3" },
      "Cannot use volatility_pull_ratio: wanted above volatility_widen_ratio 3, found 3",
    ],
  ];
  for (const [changes, error] of cases) assertEquals(errorOf(changes), error);
});

Deno.test("marketMakingParameters() refuses unknown and missing keys by name", () => {
  assert(errorOf({ half_spred_bp: "1" }).endsWith('found "half_spred_bp"'));
  assert(errorOf({ toString: "1" }).endsWith('found "toString"'));
  const missing = marketMakingParameters({ order_size: "1" });
  assert(!missing.ok);
  assert(missing.error.startsWith("Cannot read inventory_max"));
});
