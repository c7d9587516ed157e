/**
 * Which keys may change while running, and which need a restart.
 *
 * A live change is a `key=value` of the `set` and `reload` commands:
 *   log.level, strategies.ID.PARAMETER, risk.LIMIT, risk.LIMIT@VENUE:INSTRUMENT
 * All else is fixed by how the house was built and needs a restart.
 * @module
 */
import type { Config, RiskConfig } from "./config.ts";

/** The difference between the running config and a new one. */
export interface ConfigChanges {
  /** `key=value` pairs in the order of the file. */
  readonly live: readonly (readonly [key: string, value: string])[];
  /** Keys that changed but only hold after a restart. */
  readonly restart: readonly string[];
}

const LIVE_KEYS = [
  /^log\.level$/,
  /^strategies\.[a-z0-9_]+\.[a-z][a-z0-9_]*$/,
  /^risk\.[a-z_]+(@[a-z]+:[A-Z0-9-]+)?$/,
];
const FIXED_STRATEGY_KEYS = ["kind", "instruments", "enabled"];

/** Whether a key of `set` may change while running. */
export function isLiveKey(key: string): boolean {
  const last = key.slice(key.lastIndexOf(".") + 1);
  if (key.startsWith("strategies.") && FIXED_STRATEGY_KEYS.includes(last)) return false;
  return LIVE_KEYS.some((shape) => shape.test(key));
}

/** What changed, told apart by what it takes. A key that vanished needs a restart. */
export function configChanges(running: Config, wanted: Config): ConfigChanges {
  const before = flatKeys(running);
  const after = flatKeys(wanted);
  const live: [string, string][] = [];
  const restart: string[] = [];
  for (const key of new Set([...after.keys(), ...before.keys()])) {
    const value = after.get(key);
    if (value === before.get(key)) continue;
    if (value !== undefined && isLiveKey(key) && isKnown(key, running)) live.push([key, value]);
    else restart.push(key);
  }
  return { live, restart };
}

/** The limits as the risk gate takes them: `LIMIT`, and `LIMIT@VENUE:INSTRUMENT` of one alone. */
export function riskParameters(risk: RiskConfig): Record<string, string> {
  const { instruments, ...common } = risk;
  const own = Object.entries(instruments).flatMap(([key, limits]) =>
    Object.entries(limits).map(([name, value]) => [`${name}@${key}`, value])
  );
  return { ...common, ...Object.fromEntries(own) };
}

/** A strategy that is new needs a restart, whatever its keys. */
function isKnown(key: string, running: Config): boolean {
  const [top, id] = key.split(".");
  return top !== "strategies" || running.strategies.some((strategy) => strategy.id === id);
}

/** Every leaf of a config by its path; strategies by their id, lists as one value. */
export function flatKeys(config: Config): Map<string, string> {
  const keys = new Map<string, string>();
  const { strategies, risk, ...rest } = config;
  visit(rest, "", keys);
  visit(riskParameters(risk), "risk", keys);
  for (const { id, parameters, ...strategy } of strategies) {
    visit(strategy, `strategies.${id}`, keys);
    visit(parameters, `strategies.${id}`, keys);
  }
  return keys;
}

function visit(value: unknown, path: string, keys: Map<string, string>): void {
  if (Array.isArray(value)) keys.set(path, value.join(","));
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      visit(inner, path === "" ? key : `${path}.${key}`, keys);
    }
  } else keys.set(path, String(value));
}
