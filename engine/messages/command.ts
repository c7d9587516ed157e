/**
 * What an operator may order. Enters the core as an event, so that replay sees it at the same
 * point.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";

export const COMMAND_NAMES = [
  "pause",
  "resume",
  "halt",
  "cancel-all",
  "flatten",
  "set",
  "reload",
  "shutdown",
] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

/** An operator's order. */
export interface Command {
  readonly kind: "command";
  readonly name: CommandName;
  readonly at: Micros;
  /** Who gave it: `operator`, `signal`, `config`. */
  readonly by: string;
  readonly reason: string;
  /** For `resume`: also release the latched kill switch. */
  readonly releaseKillSwitch: boolean;
  /** For `set` and `reload`: validated `key=value` pairs in order, applied all or none. */
  readonly values: readonly (readonly [key: string, value: string])[];
}
