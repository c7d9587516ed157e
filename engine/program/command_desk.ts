/**
 * `CommandDesk`: what an operator's command over the control API becomes.
 *
 *   set      pairs -> all may change while running? -> all valid together? -> one command event
 *   reload   whole config -> what differs from now and may change -> the same way
 *
 * 1. Everything is checked before anything changes: the answer is true when it is given.
 * 2. What is in force is remembered, so that a reload after a `set` sees the difference.
 * 3. The log level is not the core's: it changes here, and is not journalled.
 * @module
 */
import { type Config, flatKeys, isLiveKey, loadConfig } from "@/engine/config/mod.ts";
import type { CommandAnswer, CommandRequest } from "@/engine/control/mod.ts";
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import type { House } from "@/engine/loop/mod.ts";
import { LOG_LEVELS, type Logger } from "@/engine/metrics/mod.ts";

type Pair = readonly [key: string, value: string];

const LOG_LEVEL = "log.level";

/** Takes commands for one running house. */
export class CommandDesk {
  readonly #house: House;
  readonly #log: Logger;
  /** Every key as it is in force now. */
  readonly #now: Map<string, string>;

  constructor(house: House, running: Config, log: Logger) {
    this.#house = house;
    this.#log = log;
    this.#now = flatKeys(running);
  }

  /** Checks a command and gives it to the core. */
  take(request: CommandRequest): CommandAnswer {
    const { name, reason, releaseKillSwitch } = request;
    const values = name === "reload" ? this.#reloaded(request.config) : setPairs(request.values);
    if (!values.ok) return values;
    const checked = this.#check(values.value);
    if (!checked.ok) return err(`${checked.error}; nothing was changed`);
    this.#log.log("info", `Command ${name} by operator`, { reason });
    const own = values.value.filter(([key]) => key !== LOG_LEVEL);
    this.#house.session.command(name, "operator", reason, own, releaseKillSwitch);
    for (const [key, value] of values.value) {
      this.#now.set(key, value);
      if (key === LOG_LEVEL) this.#log.level = value as Logger["level"];
    }
    const { mode, reason: why } = this.#house.engine.modes;
    if (releaseKillSwitch && mode === "halted") return err(`still halted: ${why}`);
    return ok({ command: name, mode, mode_reason: why, changed: values.value.length });
  }

  #check(values: readonly Pair[]): Result<void> {
    const level = values.find(([key]) => key === LOG_LEVEL)?.[1];
    if (level !== undefined && !(LOG_LEVELS as readonly string[]).includes(level)) {
      return err(`${LOG_LEVEL}: wanted one of ${LOG_LEVELS.join(", ")}, found "${level}"`);
    }
    return this.#house.engine.checkParameters(values.filter(([key]) => key !== LOG_LEVEL));
  }

  /** What differs from what is in force; refused when some of it needs a restart. */
  #reloaded(text: string | undefined): Result<readonly Pair[]> {
    if (text === undefined) return err("reload: wanted a whole config, found none");
    const loaded = loadConfig(text, { source: "control" });
    if (!loaded.ok) return err(loaded.error.join("; "));
    const wanted = flatKeys(loaded.value.config);
    const keys = new Set([...wanted.keys(), ...this.#now.keys()]);
    const changed = [...keys].filter((key) => wanted.get(key) !== this.#now.get(key));
    const fixed = changed.filter((key) => !isLiveKey(key) || !wanted.has(key));
    if (fixed.length > 0) {
      return err(`${fixed.join(", ")}: wanted only keys that may change while running`);
    }
    return ok(changed.map((key) => [key, wanted.get(key)!] as const));
  }
}

function setPairs(values: readonly Pair[]): Result<readonly Pair[]> {
  const fixed = values.find(([key]) => !isLiveKey(key));
  if (fixed === undefined) return ok(values);
  return err(`${fixed[0]}: wanted a key that may change while running; this needs a restart`);
}
