/**
 * The program: the body of every verb of the command line.
 *
 * 1. Verbs join edge rooms; venues, strategies and risk come as `ProgramParts` from `main.ts`.
 * 2. A verb answers its exit code; it never ends the process.
 * @module
 */
import {
  type Arguments,
  EXIT,
  type ExitCode,
  overviewText,
  parseArguments,
  type Verb,
  verbText,
} from "@/engine/cli/mod.ts";
import { refuse, stdout } from "./inputs.ts";
import { operate } from "./operate.ts";
import type { ProgramParts } from "./parts.ts";
import { check, replay } from "./replay.ts";
import { simulate } from "./simulate.ts";
import { trade } from "./trade.ts";
import { venues } from "./venues.ts";
import { sign, wireTool } from "./wire_tools.ts";

export { instrumentsOf } from "./worlds.ts";
export type { HouseEdges, ProgramParts } from "./parts.ts";

type VerbBody = (parts: ProgramParts, given: Arguments) => Promise<ExitCode>;

const VERB_BODIES: Readonly<Record<Verb, VerbBody>> = {
  trade,
  venues,
  simulate,
  replay,
  check,
  status: operate,
  pause: operate,
  resume: operate,
  halt: operate,
  "cancel-all": operate,
  flatten: operate,
  reload: operate,
  set: operate,
  book: wireTool,
  events: wireTool,
  encode: wireTool,
  sign,
};

/** Arguments after the program's name in, exit code out. */
export async function runProgram(
  parts: ProgramParts,
  args: readonly string[],
): Promise<ExitCode> {
  const command = parseArguments(args);
  if (!command.ok) return refuse(command.error);
  if (command.value.kind === "version") {
    stdout(`touchline ${parts.version}`);
    return EXIT.done;
  }
  if (command.value.kind === "help") {
    const { verb } = command.value;
    stdout(verb === undefined ? overviewText(parts.version) : verbText(verb));
    return EXIT.done;
  }
  return await VERB_BODIES[command.value.verb](parts, command.value.arguments);
}
