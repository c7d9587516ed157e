/**
 * What an operator's command does. Parameters change all or none, at a known point of the journal.
 * @module
 */
import { err, type Result, unreachable } from "@/engine/domain/mod.ts";
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

  /** Checks every pair before it makes the first change. */
  #set(command: Command, out: OutputSink): void {
    for (const [key, value] of command.values) {
      const checked = this.checkParameter(key, value);
      if (checked.ok) continue;
      out.emit({
        kind: "alert",
        severity: "warning",
        code: "parameters_refused",
        text: `Cannot set ${key}: ${checked.error}; nothing was changed`,
      });
      return;
    }
    for (const [key, value] of command.values) this.#apply(key, value);
    if (command.values.length === 0) return;
    out.emit({
      kind: "alert",
      severity: "info",
      code: "parameters_changed",
      text: command.values.map(([key, value]) => `${key}=${value}`).join(", "),
    });
  }

  /** Checks one pair of `set` without making it. */
  checkParameter(key: string, value: string): Result<void> {
    const owner = this.#owner(key);
    if (owner === undefined) return err("wanted strategies.ID.KEY or risk.KEY");
    return owner.target.checkParameter(owner.key, value);
  }

  #apply(key: string, value: string): void {
    const owner = this.#owner(key);
    owner?.target.setParameter(owner.key, value);
  }

  #owner(key: string): { target: Parameters; key: string } | undefined {
    const match = KEY.exec(key);
    if (match === null) return undefined;
    if (match[2] === "risk") return { target: this.#parts.risk, key: match[3]! };
    const found = this.#parts.state.strategies.find((one) => one.strategy.id === match[1]);
    return found === undefined ? undefined : { target: found.strategy, key: match[3]! };
  }
}

type Parameters = Pick<RiskGate, "checkParameter" | "setParameter">;
