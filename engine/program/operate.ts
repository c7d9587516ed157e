/**
 * `status` and the operator's commands, to a running instance.
 * @module
 */
import {
  type Arguments,
  EXIT,
  type ExitCode,
  fetchStatus,
  jsonLine,
  sendCommand,
  statusBlock,
} from "@/engine/cli/mod.ts";
import { ok, type Result } from "@/engine/domain/mod.ts";
import { failed, readText, refuse, stdout } from "./inputs.ts";
import type { ProgramParts } from "./parts.ts";

/** `status` and the commands to a running instance. */
export async function operate(parts: ProgramParts, given: Arguments): Promise<ExitCode> {
  const url = given.text("control") ?? "http://127.0.0.1:8787";
  const tokenFile = given.text("token-file");
  const token = tokenFile === undefined ? ok(undefined) : await readText(tokenFile);
  if (!token.ok) return refuse(token.error);
  const address = { url, token: token.value?.trim() };
  if (given.verb === "status") {
    const status = await fetchStatus(address, fetch);
    if (!status.ok) return failed(status.error);
    stdout(given.has("json") ? jsonLine(status.value) : statusBlock(status.value));
    return EXIT.done;
  }
  const config = given.verb === "reload"
    ? await configText(parts, given.text("config"))
    : ok(undefined);
  if (!config.ok) return refuse(config.error);
  const answer = await sendCommand(address, given.verb, {
    reason: given.text("reason") ?? "",
    ...(given.verb === "set" ? { values: pairsOf(given.words) } : {}),
    ...(given.verb === "resume" && given.has("release-kill-switch")
      ? { release_kill_switch: true }
      : {}),
    ...(config.value === undefined ? {} : { config: config.value }),
  }, fetch);
  if (!answer.ok) return failed(answer.error);
  stdout(jsonLine(answer.value));
  return EXIT.done;
}

function pairsOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(words.map((word) => {
    const at = word.indexOf("=");
    return [word.slice(0, at), word.slice(at + 1)];
  }));
}

function configText(parts: ProgramParts, path: string | undefined): Promise<Result<string>> {
  return path === undefined ? Promise.resolve(ok(parts.embeddedConfig())) : readText(path);
}
