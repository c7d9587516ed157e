/**
 * The market maker's parameters: their names, units, limits and defaults, and how text becomes
 * them.
 *
 * 1. All or nothing: a record with one bad value gives an error and no options.
 * 2. An unknown key is an error, so that a misspelt limit is never silently the default.
 * @module
 */
import { err, ok, type Result } from "@/engine/domain/mod.ts";

/** What fair value is made of. */
export const FAIR_VALUE_KINDS = ["microprice", "mid"] as const;
export type FairValueKind = (typeof FAIR_VALUE_KINDS)[number];

/** Most quote levels on one side. */
export const LEVELS_MAX = 10;

/** The market maker's options, checked. Sizes in base currency, distances in basis points. */
export interface MarketMakerOptions {
  /** Wanted distance of the first quote from the reservation price. */
  readonly halfSpreadBp: number;
  /** Size of each level. */
  readonly orderSize: number;
  /** Quotes on each side. */
  readonly levels: number;
  /** Distance between levels. */
  readonly levelStepBp: number;
  /** Share of the half-spread by which both quotes lean against a full inventory. */
  readonly skew: number;
  /** Most inventory either way of the target; the increasing side is not quoted there. */
  readonly inventoryMax: number;
  /** The position that needs no skew. */
  readonly inventoryTarget: number;
  /** How far the wanted price may wander before a quote moves; undefined: max(2 ticks, h / 4). */
  readonly requoteBp: number | undefined;
  readonly fairValue: FairValueKind;
  /** Lean of fair value at an imbalance of one, on top of the microprice. */
  readonly imbalanceBp: number;
  /** Half-spread is at least this many standard deviations over the holding time. */
  readonly volatilityMultiplier: number;
  /** Holding time in seconds for the above. */
  readonly holdSeconds: number;
  /** Expected harm of a passive fill; part of the floor under the half-spread. */
  readonly adverseSelectionBp: number;
  /** Least profit of a fill beyond fee and adverse selection. */
  readonly marginBp: number;
  /** Fast over slow volatility at which the half-spread doubles, and at which quotes are pulled. */
  readonly volatilityWidenRatio: number;
  readonly volatilityPullRatio: number;
  /** Levels one taker order must go through to pull the hit side; 0: never. */
  readonly sweepLevels: number;
  readonly sweepPauseMs: number;
  /** Around a funding payment no quote increases the paying position; 0: no such pause. */
  readonly fundingBeforeMs: number;
  readonly fundingAfterMs: number;
}

interface NumberRule {
  /** Text when the key is absent; undefined: the key is required. */
  readonly fallback: string | undefined;
  readonly min: number;
  readonly max: number;
  readonly above?: boolean;
  readonly whole?: boolean;
}

const NUMBER_RULES: Readonly<Record<string, NumberRule>> = {
  half_spread_bp: { fallback: "2", min: 0, max: 1_000 },
  order_size: { fallback: undefined, min: 0, max: 1e12, above: true },
  levels: { fallback: "1", min: 1, max: LEVELS_MAX, whole: true },
  level_step_bp: { fallback: "1", min: 0, max: 1_000, above: true },
  skew: { fallback: "0.5", min: 0, max: 5 },
  inventory_max: { fallback: undefined, min: 0, max: 1e12, above: true },
  inventory_target: { fallback: "0", min: -1e12, max: 1e12 },
  imbalance_bp: { fallback: "0", min: 0, max: 100 },
  volatility_multiplier: { fallback: "0", min: 0, max: 100 },
  hold_s: { fallback: "5", min: 0, max: 86_400, above: true },
  adverse_selection_bp: { fallback: "0", min: 0, max: 1_000 },
  margin_bp: { fallback: "0", min: 0, max: 1_000 },
  volatility_widen_ratio: { fallback: "3", min: 1, max: 1_000, above: true },
  volatility_pull_ratio: { fallback: "5", min: 1, max: 1_000, above: true },
  sweep_levels: { fallback: "3", min: 0, max: 1_000, whole: true },
  sweep_pause_ms: { fallback: "500", min: 0, max: 600_000, whole: true },
  funding_before_ms: { fallback: "60000", min: 0, max: 3_600_000, whole: true },
  funding_after_ms: { fallback: "10000", min: 0, max: 3_600_000, whole: true },
};
/** Keys that are not plain numbers, with their default. */
const WORD_FALLBACKS: Readonly<Record<string, string>> = {
  requote_bp: "auto",
  fair_value: "microprice",
};
const REQUOTE_RULE: NumberRule = { fallback: "auto", min: 0, max: 1_000 };

/** Every parameter with its default; a required one has no default and is empty. */
export function marketMakingDefaults(): Readonly<Record<string, string>> {
  const defaults: Record<string, string> = {};
  for (const [key, rule] of Object.entries(NUMBER_RULES)) defaults[key] = rule.fallback ?? "";
  return { ...defaults, ...WORD_FALLBACKS };
}

/** Reads all parameters from a flat record; absent keys take their default. */
export function marketMakingParameters(
  record: Readonly<Record<string, string>>,
): Result<MarketMakerOptions> {
  for (const key of Object.keys(record)) {
    if (!Object.hasOwn(NUMBER_RULES, key) && !Object.hasOwn(WORD_FALLBACKS, key)) {
      const known = [...Object.keys(NUMBER_RULES), ...Object.keys(WORD_FALLBACKS)].join(", ");
      return err(`Cannot read market making parameters: wanted one of ${known}, found "${key}"`);
    }
  }
  const numbers: Record<string, number> = {};
  for (const [key, rule] of Object.entries(NUMBER_RULES)) {
    const value = readNumber(key, record[key] ?? rule.fallback, rule);
    if (!value.ok) return value;
    numbers[key] = value.value;
  }
  const requoteText = record.requote_bp ?? "auto";
  const requote = requoteText === "auto"
    ? ok(undefined)
    : readNumber("requote_bp", requoteText, REQUOTE_RULE);
  if (!requote.ok) return requote;
  const fairValue = fairValueKind(record.fair_value ?? "microprice");
  if (!fairValue.ok) return fairValue;
  return checkTogether(optionsFrom(numbers, requote.value, fairValue.value));
}

function optionsFrom(
  numbers: Readonly<Record<string, number>>,
  requoteBp: number | undefined,
  fairValue: FairValueKind,
): MarketMakerOptions {
  return {
    halfSpreadBp: numbers.half_spread_bp!,
    orderSize: numbers.order_size!,
    levels: numbers.levels!,
    levelStepBp: numbers.level_step_bp!,
    skew: numbers.skew!,
    inventoryMax: numbers.inventory_max!,
    inventoryTarget: numbers.inventory_target!,
    requoteBp,
    fairValue,
    imbalanceBp: numbers.imbalance_bp!,
    volatilityMultiplier: numbers.volatility_multiplier!,
    holdSeconds: numbers.hold_s!,
    adverseSelectionBp: numbers.adverse_selection_bp!,
    marginBp: numbers.margin_bp!,
    volatilityWidenRatio: numbers.volatility_widen_ratio!,
    volatilityPullRatio: numbers.volatility_pull_ratio!,
    sweepLevels: numbers.sweep_levels!,
    sweepPauseMs: numbers.sweep_pause_ms!,
    fundingBeforeMs: numbers.funding_before_ms!,
    fundingAfterMs: numbers.funding_after_ms!,
  };
}

function checkTogether(options: MarketMakerOptions): Result<MarketMakerOptions> {
  if (options.orderSize > options.inventoryMax) {
    return err(
      `Cannot use order_size: wanted at most inventory_max ${options.inventoryMax}, ` +
        `found ${options.orderSize}`,
    );
  }
  if (options.volatilityPullRatio <= options.volatilityWidenRatio) {
    return err(
      `Cannot use volatility_pull_ratio: wanted above volatility_widen_ratio ` +
        `${options.volatilityWidenRatio}, found ${options.volatilityPullRatio}`,
    );
  }
  return ok(options);
}

function readNumber(key: string, text: string | undefined, rule: NumberRule): Result<number> {
  const wanted = wantedText(rule);
  if (text === undefined || text === "") {
    return err(`Cannot read ${key}: wanted ${wanted}, found nothing`);
  }
  const value = /^-?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
  const inRange = value <= rule.max && (rule.above ? value > rule.min : value >= rule.min);
  if (!inRange || (rule.whole && !Number.isInteger(value))) {
    return err(`Cannot read ${key}: wanted ${wanted}, found "${text}"`);
  }
  return ok(value);
}

function wantedText(rule: NumberRule): string {
  const kind = rule.whole ? "a whole number" : "a number";
  return `${kind} ${rule.above ? "above" : "from"} ${rule.min} to ${rule.max}`;
}

function fairValueKind(text: string): Result<FairValueKind> {
  const kind = FAIR_VALUE_KINDS.find((known) => known === text);
  return kind !== undefined
    ? ok(kind)
    : err(`Cannot read fair_value: wanted one of ${FAIR_VALUE_KINDS.join(", ")}, found "${text}"`);
}
