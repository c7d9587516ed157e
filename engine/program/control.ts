/**
 * The control API of a running house, and its token.
 * @module
 */
import type { Config } from "@/engine/config/mod.ts";
import type { ControlServer } from "@/engine/control/mod.ts";
import { ok, type Result } from "@/engine/domain/mod.ts";
import type { House } from "@/engine/loop/mod.ts";
import type { Logger } from "@/engine/metrics/mod.ts";
import { CommandDesk } from "./command_desk.ts";
import { stderr } from "./inputs.ts";

/** The control API, if the config wants one; its token is made up when none is given. */
export async function startControl(
  house: House,
  config: Config,
  given: string | undefined,
  log: Logger,
): Promise<Result<ControlServer | undefined>> {
  if (!config.control.enabled) return ok(undefined);
  const { startControlServer } = await import("@/engine/control/mod.ts");
  const token = given ?? crypto.randomUUID().replaceAll("-", "");
  const desk = new CommandDesk(house, config, log);
  const server = startControlServer(config.control.listen, {
    view: house.status,
    metrics: () => house.metrics.render(),
    token,
    onFailure: (failure) =>
      log.log("error", "control API failed inside", { error: String(failure) }),
    command: (request) => desk.take(request),
  });
  if (!server.ok) return server;
  log.log("info", `Status page and control API at ${server.value.url}`);
  if (given === undefined) stderr(`Control token of this run: ${token}`);
  return server;
}
