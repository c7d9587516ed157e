/**
 * What an operator's command does. Parameters change all or none, at a known point of the journal.
 * @module
 */
import { err, ok, type Result, unreachable } from "@/engine/domain/mod.ts";
import type { Command } from "@/engine/messages/mod.ts";
import type { MarketView, OutputSink, RiskGate } from "@/engine/ports/mod.ts";
import type { EngineState } from "./engine_state.ts";
import type { Flattening } from "./flattening.ts";
import type { Quoting } from "./quoting.ts";
import type { TradingModes } from "./trading_mode.ts";

/** What commands act on. */
export interface CommandParts {
  readonly state: EngineState;
  readonly modes: TradingModes;
  readonly risk: RiskGate;
  readonly quoting: Quoting;
  readonly flattening: Flattening;
  readonly view: MarketView;
}

/** `strategies.<id>.<key>` and `risk.<key>` are what `set` may name. */
const KEY = /^(?:strategies\.([a-z0-9_]+)|(risk))\.(.+)$/;

/** Commands to state. */
export class CommandSteps {
  readonly #parts: CommandParts;

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  onCommand(command: Command, out: OutputSink): void {
    const { modes, risk, quoting, flattening, view } = this.#parts;
    switch (command.name) {
      case "pause":
        if (command.by === "journal") modes.followSink(false);
        else modes.pause(command.reason || `paused by ${command.by}`);
        return;
      case "resume":
        return this.#resume(command, out);
      case "halt":
        return risk.trip(command.reason || `halted by ${command.by}`, view);
      case "cancel-all":
        quoting.cancelEverything(out);
        return;
      case "flatten":
        modes.pause(command.reason || `flattened by ${command.by}`);
        modes.setFlattening(true);
        flattening.start();
        quoting.cancelEverything(out);
        return;
      case "set":
      case "reload":
        return this.#set(command, out);
      case "shutdown":
        modes.stop();
        quoting.cancelEverything(out);
        return;
      default:
        return unreachable(command.name);
    }
  }

  #resume(command: Command, out: OutputSink): void {
    const { modes, risk, flattening, view } = this.#parts;
    if (command.by === "journal") return modes.followSink(true);
    flattening.stop();
    modes.setFlattening(false);
    modes.resume();
    if (!command.releaseKillSwitch) return;
    const released = risk.release(command.by, view);
    out.emit({
      kind: "alert",
      severity: released.ok ? "warning" : "critical",
      code: released.ok ? "kill_switch_released" : "kill_switch_held",
      text: released.ok ? `Kill switch released by ${command.by}` : released.error,
    });
  }

  /** Checks all pairs together before it makes the first change. */
  #set(command: Command, out: OutputSink): void {
    if (command.values.length === 0) return;
    const checked = this.checkParameters(command.values);
    if (!checked.ok) {
      out.emit({
        kind: "alert",
        severity: "warning",
        code: "parameters_refused",
        text: `Cannot set ${checked.error}; nothing was changed`,
      });
      return;
    }
    for (const [target, changes] of this.#byOwner(command.values).values) {
      target.setParameters(changes);
    }
    out.emit({
      kind: "alert",
      severity: "info",
      code: "parameters_changed",
      text: command.values.map(([key, value]) => `${key}=${value}`).join(", "),
    });
  }

  /** Checks the pairs of `set` as a whole, without making them. */
  checkParameters(values: Command["values"]): Result<void> {
    const owners = this.#byOwner(values);
    if (owners.unknown !== undefined) {
      return err(`${owners.unknown}: wanted strategies.ID.KEY or risk.KEY`);
    }
    for (const [target, changes] of owners.values) {
      const checked = target.checkParameters(changes);
      if (!checked.ok) return err(`${Object.keys(changes).join(", ")}: ${checked.error}`);
    }
    return ok(undefined);
  }

  /** The pairs by who owns them, in the order they were named. */
  #byOwner(values: Command["values"]): {
    readonly values: ReadonlyMap<Parameters, Record<string, string>>;
    readonly unknown: string | undefined;
  } {
    const owners = new Map<Parameters, Record<string, string>>();
    for (const [key, value] of values) {
      const owner = this.#owner(key);
      if (owner === undefined) return { values: owners, unknown: key };
      const changes = owners.get(owner.target) ?? {};
      changes[owner.key] = value;
      owners.set(owner.target, changes);
    }
    return { values: owners, unknown: undefined };
  }

  #owner(key: string): { target: Parameters; key: string } | undefined {
    const match = KEY.exec(key);
    if (match === null) return undefined;
    if (match[2] === "risk") return { target: this.#parts.risk, key: match[3]! };
    const found = this.#parts.state.strategies.find((one) => one.strategy.id === match[1]);
    return found === undefined ? undefined : { target: found.strategy, key: match[3]! };
  }
}

type Parameters = Pick<RiskGate, "checkParameters" | "setParameters">;
