/**
 * The control API and the status page, on loopback.
 *
 * 1. Reading is free on this machine; commands need a token, compared in constant time.
 * 2. Pages of other sites can neither read nor command.
 * 3. Commands become events of the core: what they mean is decided there.
 * @module
 */
export {
  type ControlApp,
  type ControlOptions,
  type ControlServer,
  createControlApp,
  startControlServer,
} from "./control_server.ts";
export {
  type CommandAnswer,
  type CommandRequest,
  type CommandTaker,
  REMOTE_COMMANDS,
  type RemoteCommand,
} from "./command_routes.ts";
export type { Repeater } from "./live_updates.ts";
