/**
 * Impossible combinations: what one key of a config says against another.
 *
 * Each complaint names the key, what was found and what was wanted.
 * @module
 */
import type { VenueId } from "@/engine/domain/mod.ts";
import type { Config, InstrumentLimits, StrategyConfig } from "./config.ts";
import { nearestWord, showFound } from "./config_complaints.ts";
import { boundsText, compareTexts, isWithin, readAmount } from "./config_values.ts";
import {
  MARKET_MAKING_PARAMETERS,
  MARKET_MAKING_REQUIRED,
  type ParameterRule,
} from "./market_making_parameters.ts";

/** What the checks must know besides the config itself. */
export interface CheckContext {
  readonly mode: "paper" | "live";
  /** Whether `instance_id` stands in the text, or is the default. */
  readonly instanceIdGiven: boolean;
  readonly controlTokenGiven: boolean;
}

/** Every impossible combination. */
export function crossChecks(config: Config, context: CheckContext): string[] {
  return [
    ...instanceComplaints(config, context),
    ...controlComplaints(config, context),
    ...venueComplaints(config),
    ...strategyComplaints(config),
    ...riskComplaints(config),
    ...feedComplaints(config),
  ];
}

function instanceComplaints(config: Config, context: CheckContext): string[] {
  if (context.mode !== "live") return [];
  if (!context.instanceIdGiven) {
    return ["instance_id: mode live wanted a name of this instance, found nothing"];
  }
  if (config.instance_id !== "paper") return [];
  return [
    'instance_id: mode live wanted a name of its own, found "paper" (kept for paper trading)',
  ];
}

function controlComplaints(config: Config, context: CheckContext): string[] {
  if (!config.control.enabled || isLoopback(config.control.listen) || context.controlTokenGiven) {
    return [];
  }
  return [
    "control.listen: wanted a loopback address (127.0.0.1, [::1], localhost) or a secret " +
    `control_token, found "${config.control.listen}" without a token`,
  ];
}

/** Whether only this machine can reach an address `HOST:PORT`. */
export function isLoopback(listen: string): boolean {
  const host = listen.slice(0, listen.lastIndexOf(":")).toLowerCase();
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Every instrument key that the venues list. */
export function listedInstruments(config: Config): string[] {
  const venues = Object.entries(config.venues) as [VenueId, { instruments: readonly string[] }][];
  return venues.flatMap(([venue, { instruments }]) =>
    instruments.map((symbol) => `${venue}:${symbol}`)
  );
}

function venueComplaints(config: Config): string[] {
  const entries = Object.entries(config.venues);
  if (entries.length === 0) return ["venues: wanted at least one venue, found none"];
  return entries.flatMap(([venue, { instruments, fees }]) => [
    ...duplicates(instruments).map((symbol) =>
      `venues.${venue}.instruments: wanted each instrument once, found "${symbol}" twice`
    ),
    ...(compareTexts(fees.maker_bp, fees.taker_bp) > 0
      ? [
        `venues.${venue}.fees.maker_bp: wanted at most taker_bp (${fees.taker_bp}), ` +
        `found ${fees.maker_bp}`,
      ]
      : []),
  ]);
}

function strategyComplaints(config: Config): string[] {
  const listed = listedInstruments(config);
  const owners = new Map<string, string>();
  const complaints = duplicates(config.strategies.map((strategy) => strategy.id))
    .map((id) => `strategies: wanted each id once, found "${id}" twice`);
  for (const [index, strategy] of config.strategies.entries()) {
    const path = `strategies[${index}]`;
    for (const key of duplicates(strategy.instruments)) {
      complaints.push(`${path}.instruments: wanted each instrument once, found "${key}" twice`);
    }
    for (const key of new Set(strategy.instruments)) {
      if (!listed.includes(key)) {
        complaints.push(`${path}.instruments: wanted one of ${list(listed)}, found "${key}"`);
      }
      const owner = owners.get(key);
      if (strategy.enabled && owner !== undefined && owner !== strategy.id) {
        complaints.push(
          `${path}.instruments: wanted one quoting strategy per instrument, ` +
            `found "${key}" in "${owner}" too`,
        );
      }
      if (strategy.enabled) owners.set(key, strategy.id);
    }
    complaints.push(...parameterComplaints(strategy, `${path}.parameters`));
  }
  return complaints;
}

/** What is wrong with the parameters of one strategy. */
export function parameterComplaints(strategy: StrategyConfig, path: string): string[] {
  const parameters = strategy.parameters;
  const complaints = MARKET_MAKING_REQUIRED
    .filter((name) => parameters[name] === undefined)
    .map((name) =>
      `${path}.${name}: is missing; wanted it for kind ${strategy.kind}, found nothing`
    );
  for (const [name, value] of Object.entries(parameters)) {
    const rule = MARKET_MAKING_PARAMETERS[name];
    if (rule === undefined) {
      const known = Object.keys(MARKET_MAKING_PARAMETERS);
      const near = nearestWord(name, known);
      const wanted = near === undefined ? `one of ${known.join(", ")}` : `"${near}"`;
      complaints.push(`${path}.${name}: unknown parameter; wanted ${wanted}, found "${name}"`);
    } else {
      const wanted = unmetRule(rule, value);
      if (wanted !== undefined) {
        complaints.push(`${path}.${name}: wanted ${wanted}, found ${showFound(value)}`);
      }
    }
  }
  const { order_size: size, inventory_max: most } = parameters;
  if (complaints.length === 0 && compareTexts(size!, most!) > 0) {
    complaints.push(
      `${path}.order_size: wanted at most inventory_max (${most}), found ${size}`,
    );
  }
  return complaints;
}

/** What the rule wants where the value is not that; undefined where it is. */
function unmetRule(rule: ParameterRule, value: string): string | undefined {
  if (rule.is === "choice") {
    return rule.words.includes(value) ? undefined : `one of ${rule.words.join(", ")}`;
  }
  if (rule.is === "count") {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : -1;
    return number >= rule.min && number <= rule.max
      ? undefined
      : `a whole number of ${rule.unit} from ${rule.min} to ${rule.max}`;
  }
  if (value === rule.word) return undefined;
  const read = readAmount(value);
  if (read !== undefined && isWithin(read, rule.bounds)) return undefined;
  const word = rule.word === undefined ? "" : ` or ${rule.word}`;
  return `a decimal number (${rule.unit})${boundsText(rule.bounds)}${word}`;
}

function riskComplaints(config: Config): string[] {
  const listed = listedInstruments(config);
  const complaints = Object.keys(config.risk.instruments)
    .filter((key) => !listed.includes(key))
    .map((key) => `risk.instruments: wanted one of ${list(listed)}, found "${key}"`);
  complaints.push(...orderedLimits(config.risk, "risk"));
  for (const [key, limits] of Object.entries(config.risk.instruments)) {
    complaints.push(...orderedLimits({ ...config.risk, ...limits }, `risk.instruments.${key}`));
  }
  for (const strategy of config.strategies) {
    for (const key of strategy.instruments) {
      complaints.push(...sizeAgainstRisk(config, strategy, key));
    }
  }
  return [...new Set(complaints)];
}

/** One order may not be allowed to be larger than the whole position. */
function orderedLimits(limits: InstrumentLimits, path: string): string[] {
  const pairs = [
    ["order_size_max", "position_max"],
    ["order_value_max", "position_value_max"],
  ] as const;
  return pairs.flatMap(([name, positionName]) => {
    const order = limits[name];
    const position = limits[positionName];
    if (order === undefined || position === undefined || !isAbove(order, position)) return [];
    return [`${path}.${name}: wanted at most ${positionName} (${position}), found ${order}`];
  });
}

/** The limits that hold for one instrument: its own where it has them. */
export function limitsOf(config: Config, key: string): InstrumentLimits {
  return { ...config.risk, ...config.risk.instruments[key] };
}

/** No order that a strategy wants to show may be beyond what risk allows at all. */
function sizeAgainstRisk(config: Config, strategy: StrategyConfig, key: string): string[] {
  const limits = limitsOf(config, key);
  const own = config.risk.instruments[key] ?? {};
  const size = strategy.parameters["order_size"] ?? "";
  const levels = strategy.parameters["levels"] ?? "1";
  if (readAmount(size) === undefined || readAmount(levels) === undefined) return [];
  const quotes = String(2 * Number(levels));
  const wanted = [
    ["order_size_max", size, "the order size"],
    ["position_max", size, "the order size"],
    ["open_orders_max", quotes, "both sides' quotes"],
  ] as const;
  return wanted.flatMap(([name, least, what]) => {
    const limit = limits[name];
    if (limit === undefined || !isAbove(least, limit)) return [];
    const where = own[name] === undefined ? "risk" : `risk.instruments.${key}`;
    return [
      `${where}.${name}: wanted at least ${what} of strategy "${strategy.id}" (${least}), ` +
      `found ${limit}`,
    ];
  });
}

/** Whether one limit is above the other; `none` is above all. */
function isAbove(limit: string, other: string): boolean {
  if (other === "none") return false;
  return limit === "none" || compareTexts(limit, other) > 0;
}

function feedComplaints(config: Config): string[] {
  const given: (readonly [string, number | undefined])[] = [
    ["feed.stale_after_ms", config.feed.stale_after_ms],
  ];
  for (const [venue, { stale_after_ms }] of Object.entries(config.venues)) {
    for (const [stream, value] of Object.entries(stale_after_ms)) {
      given.push([`venues.${venue}.stale_after_ms.${stream}`, value]);
    }
  }
  return given.flatMap(([key, value]) =>
    value === undefined || value === 0 || value >= 2 * config.timer_ms ? [] : [
      `${key}: wanted 0 or at least twice timer_ms (${config.timer_ms}), found ${value}`,
    ]
  );
}

function duplicates(words: readonly string[]): string[] {
  return [...new Set(words.filter((word, index) => words.indexOf(word) !== index))];
}

function list(words: readonly string[]): string {
  const shown = words.slice(0, 10).join(", ");
  return words.length > 10 ? `${shown}, …` : shown === "" ? "none (no venue lists any)" : shown;
}
