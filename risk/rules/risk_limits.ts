/**
 * Risk limits: names, units, defaults, and how a flat record of text becomes them.
 *
 * 1. A limit of one instrument is `KEY@VENUE:SYMBOL`; it goes before the limit without `@`.
 * 2. `none` switches a limit off; an unknown key or a bad value is an error, never a default.
 * 3. Values count in the instrument's quote currency; sums over instruments add them at one to one.
 * @module
 */
import { err, isVenueId, ok, type Result, symbolParts } from "@/engine/domain/mod.ts";

/** Limits that each instrument may have of its own. `Infinity` is no limit. */
export interface InstrumentLimits {
  /** Largest order, base currency and quote value. */
  readonly orderSizeMax: number;
  readonly orderValueMax: number;
  /** Largest position either way if every open order fills, base currency and quote value. */
  readonly positionMax: number;
  readonly positionValueMax: number;
  /** Largest distance of a resting price from the mark, and of a price that may take. */
  readonly priceCollarBp: number;
  readonly takingCollarBp: number;
  readonly openOrdersMax: number;
  /** Value of a perpetual position per unit of free margin. */
  readonly leverage: number;
}

/** All limits. */
export interface RiskLimits {
  readonly instrument: InstrumentLimits;
  readonly overrides: Readonly<Record<string, Partial<InstrumentLimits>>>;
  readonly venueOpenOrdersMax: number;
  readonly venueOpenValueMax: number;
  readonly grossExposureMax: number;
  /** Loss since start, and fall from its best, in the reporting currency. */
  readonly lossMax: number;
  readonly drawdownMax: number;
  readonly requestsPerSecondMax: number;
  /** How long a position may disagree with the venue's before it is a break. */
  readonly ledgerPatienceMs: number;
  /** The same as text, with every default. */
  readonly record: Readonly<Record<string, string>>;
}

/** Most requests a second that can be counted. */
export const REQUESTS_PER_SECOND_MAX = 4_096;

interface LimitRule {
  readonly field: string;
  readonly fallback: string;
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
  /** Whether `none` is allowed. */
  readonly optional?: boolean;
}

const INSTRUMENT_RULES: Readonly<Record<string, LimitRule>> = {
  order_size_max: amount("orderSizeMax", "none"),
  order_value_max: amount("orderValueMax", "25000"),
  position_max: amount("positionMax", "none"),
  position_value_max: amount("positionValueMax", "100000"),
  price_collar_bp: { field: "priceCollarBp", fallback: "200", min: 0, max: 10_000 },
  taking_collar_bp: { field: "takingCollarBp", fallback: "50", min: 0, max: 10_000 },
  open_orders_max: {
    field: "openOrdersMax",
    fallback: "20",
    min: 0,
    max: 10_000,
    whole: true,
  },
  leverage: { field: "leverage", fallback: "5", min: 1, max: 200 },
};
const HOUSE_RULES: Readonly<Record<string, LimitRule>> = {
  venue_open_orders_max: {
    field: "venueOpenOrdersMax",
    fallback: "100",
    min: 0,
    max: 10_000,
    whole: true,
  },
  venue_open_value_max: amount("venueOpenValueMax", "500000"),
  gross_exposure_max: amount("grossExposureMax", "500000"),
  loss_max: amount("lossMax", "1000"),
  drawdown_max: amount("drawdownMax", "none"),
  requests_per_second_max: {
    field: "requestsPerSecondMax",
    fallback: "100",
    min: 0,
    max: REQUESTS_PER_SECOND_MAX,
    whole: true,
  },
  ledger_patience_ms: {
    field: "ledgerPatienceMs",
    fallback: "2000",
    min: 0,
    max: 600_000,
    whole: true,
  },
};

/** Every limit with its default. */
export function riskLimitDefaults(): Readonly<Record<string, string>> {
  const defaults: Record<string, string> = {};
  for (const [key, rule] of [...Object.entries(INSTRUMENT_RULES), ...Object.entries(HOUSE_RULES)]) {
    defaults[key] = rule.fallback;
  }
  return defaults;
}

/** Reads all limits from a flat record; absent keys take their default. */
export function riskLimits(record: Readonly<Record<string, string>>): Result<RiskLimits> {
  const overrides: Record<string, Record<string, number>> = {};
  for (const [key, text] of Object.entries(record)) {
    const at = key.indexOf("@");
    const name = at < 0 ? key : key.slice(0, at);
    const rule = ruleOf(name, at >= 0);
    if (!rule.ok) return rule;
    const value = readLimit(key, text, rule.value);
    if (!value.ok) return value;
    if (at < 0) continue;
    const instrument = key.slice(at + 1);
    if (!isInstrumentKey(instrument)) {
      return err(`Cannot read ${key}: wanted VENUE:SYMBOL after "@", found "${instrument}"`);
    }
    (overrides[instrument] ??= {})[rule.value.field] = value.value;
  }
  const full = { ...riskLimitDefaults(), ...record };
  const instrument = fieldsOf(INSTRUMENT_RULES, full) as unknown as InstrumentLimits;
  const house = fieldsOf(HOUSE_RULES, full) as unknown as Omit<
    RiskLimits,
    "instrument" | "overrides" | "record"
  >;
  return ok({ ...house, instrument, overrides, record: full });
}

/** The limits of one instrument: its own before the common ones. */
export function limitsFor(limits: RiskLimits, instrument: string): InstrumentLimits {
  const own = Object.hasOwn(limits.overrides, instrument) ? limits.overrides[instrument] : {};
  return { ...limits.instrument, ...own };
}

function amount(field: string, fallback: string): LimitRule {
  return { field, fallback, min: 0, max: 1e15, optional: true };
}

function ruleOf(name: string, ofInstrument: boolean): Result<LimitRule> {
  if (Object.hasOwn(INSTRUMENT_RULES, name)) return ok(INSTRUMENT_RULES[name]!);
  if (Object.hasOwn(HOUSE_RULES, name) && !ofInstrument) return ok(HOUSE_RULES[name]!);
  const known = ofInstrument ? INSTRUMENT_RULES : { ...INSTRUMENT_RULES, ...HOUSE_RULES };
  const where = ofInstrument ? "risk limit of one instrument" : "risk limit";
  return err(
    `Cannot read ${where}: wanted one of ${Object.keys(known).join(", ")}, found "${name}"`,
  );
}

function readLimit(key: string, text: string, rule: LimitRule): Result<number> {
  if (rule.optional && text === "none") return ok(Infinity);
  const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
  const inRange = value >= rule.min && value <= rule.max;
  if (inRange && (!rule.whole || Number.isInteger(value))) return ok(value);
  const kind = rule.whole ? "a whole number" : "a number";
  const none = rule.optional ? " or none" : "";
  return err(
    `Cannot read ${key}: wanted ${kind} from ${rule.min} to ${rule.max}${none}, found "${text}"`,
  );
}

/** Numbers by field name; every text was checked before. */
function fieldsOf(
  rules: Readonly<Record<string, LimitRule>>,
  record: Readonly<Record<string, string>>,
): Record<string, number> {
  const fields: Record<string, number> = {};
  for (const [key, rule] of Object.entries(rules)) {
    const text = record[key] ?? rule.fallback;
    fields[rule.field] = text === "none" ? Infinity : Number(text);
  }
  return fields;
}

function isInstrumentKey(text: string): boolean {
  const colon = text.indexOf(":");
  return colon > 0 && isVenueId(text.slice(0, colon)) &&
    symbolParts(text.slice(colon + 1)) !== undefined;
}
