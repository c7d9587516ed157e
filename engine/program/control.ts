/**
 * The control API of a running house: its token, and what its commands become.
 * @module
 */
import { type Config, configChanges, isLiveKey, loadConfig } from "@/engine/config/mod.ts";
import type { CommandAnswer, CommandRequest, ControlServer } from "@/engine/control/mod.ts";
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import type { House } from "@/engine/loop/mod.ts";
import type { Log } from "@/engine/ports/mod.ts";
import { stderr } from "./inputs.ts";

/** The control API, if the config wants one; its token is made up when none is given. */
export async function startControl(
  house: House,
  config: Config,
  given: string | undefined,
  log: Log,
): Promise<Result<ControlServer | undefined>> {
  if (!config.control.enabled) return ok(undefined);
  const { startControlServer } = await import("@/engine/control/mod.ts");
  const token = given ?? crypto.randomUUID().replaceAll("-", "");
  const server = startControlServer(config.control.listen, {
    view: house.status,
    metrics: () => house.metrics.render(),
    token,
    onFailure: (failure) =>
      log.log("error", "control API failed inside", { error: String(failure) }),
    command: (request) => takeCommand(house, config, log, request),
  });
  if (!server.ok) return server;
  log.log("info", `Status page and control API at ${server.value.url}`);
  if (given === undefined) stderr(`Control token of this run: ${token}`);
  return server;
}

/** Checks an operator's command and gives it to the core; the core applies it all or none. */
function takeCommand(
  house: House,
  running: Config,
  log: Log,
  request: CommandRequest,
): CommandAnswer {
  const values = commandValues(running, request);
  if (!values.ok) return values;
  for (const [key, value] of values.value) {
    const checked = house.engine.checkParameter(key, value);
    if (!checked.ok) return err(`${key}: ${checked.error}; nothing was changed`);
  }
  const { name, reason, releaseKillSwitch } = request;
  log.log("info", `Command ${name} by operator`, { reason });
  house.session.command(name, "operator", reason, values.value, releaseKillSwitch);
  const { mode, reason: why } = house.engine.modes;
  if (releaseKillSwitch && mode === "halted") return err(`still halted: ${why}`);
  return ok({ command: name, mode, mode_reason: why, changed: values.value.length });
}

/** The pairs of `set`, or what differs in a whole config of `reload` and may change while
 * running. */
function commandValues(
  running: Config,
  request: CommandRequest,
): Result<readonly (readonly [string, string])[]> {
  if (request.name !== "reload") {
    const fixed = request.values.find(([key]) => !isLiveKey(key));
    return fixed === undefined
      ? ok(request.values)
      : err(`${fixed[0]}: wanted a key that may change while running; this needs a restart`);
  }
  const loaded = loadConfig(request.config ?? "", { source: "control" });
  if (!loaded.ok) return err(loaded.error.join("; "));
  const { live, restart } = configChanges(running, loaded.value.config);
  if (restart.length === 0) return ok(live);
  return err(`${restart.join(", ")}: wanted only keys that may change while running`);
}
