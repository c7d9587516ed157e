/**
 * `POST /commands/{name}`: an operator's order in, the answer back.
 *
 * 1. The body is JSON: `{"reason","values","release_kill_switch","config"}`, all optional.
 * 2. What the values mean is checked by whoever takes the command, all or none.
 * @module
 */
import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import { type AccessRules, commandDenial } from "./access.ts";

/** Commands that come over the network; a shutdown comes by signal. */
export const REMOTE_COMMANDS = [
  "pause",
  "resume",
  "halt",
  "cancel-all",
  "flatten",
  "set",
  "reload",
] as const;
export type RemoteCommand = (typeof REMOTE_COMMANDS)[number];

/** A checked command, not yet stamped with its time. */
export interface CommandRequest {
  readonly name: RemoteCommand;
  readonly reason: string;
  /** For `resume`: also release the latched kill switch. */
  readonly releaseKillSwitch: boolean;
  /** For `set`: `key=value` pairs in their order. */
  readonly values: readonly (readonly [key: string, value: string])[];
  /** For `reload`: the whole text of the new config; undefined: from where the first came. */
  readonly config: string | undefined;
}

/** What the taker says: an object for the answer, or why not. */
export type CommandAnswer = Result<Readonly<Record<string, unknown>>>;

/** Takes a command. */
export type CommandTaker = (request: CommandRequest) => CommandAnswer | Promise<CommandAnswer>;

const BODY_BYTES_MAX = 1_048_576;
const REASON_LENGTH_MAX = 500;
const VALUES_MAX = 200;
const KEYS = ["reason", "values", "release_kill_switch", "config"];

/** Adds the routes. */
export function addCommandRoutes(app: Hono, rules: AccessRules, take: CommandTaker): void {
  const limit = bodyLimit({
    maxSize: BODY_BYTES_MAX,
    onError: (c) => c.json({ error: `body: wanted at most ${BODY_BYTES_MAX} bytes` }, 413),
  });
  app.post("/commands/:name", limit, (c) => onCommand(c, rules, take));
  app.all("/commands/:name", (c) => {
    c.header("allow", "POST");
    return c.json({ error: `wanted POST, found ${c.req.method}` }, 405);
  });
}

async function onCommand(
  c: Context,
  rules: AccessRules,
  take: CommandTaker,
): Promise<Response> {
  const denial = commandDenial(c.req.raw.headers, rules);
  if (denial !== undefined) {
    if (denial.status === 401) c.header("www-authenticate", "Bearer");
    return c.json({ error: denial.error }, denial.status);
  }
  const named = c.req.param("name") ?? "";
  const name = REMOTE_COMMANDS.find((known) => known === named);
  if (name === undefined) {
    const wanted = REMOTE_COMMANDS.join(", ");
    return c.json(
      { error: `unknown command "${named.slice(0, 40)}"; wanted one of ${wanted}` },
      404,
    );
  }
  const request = readCommand(name, await c.req.text());
  if (!request.ok) return c.json({ error: request.error }, 400);
  const answer = await take(request.value);
  if (answer.ok) return c.json({ accepted: true, command: name, ...answer.value });
  const isAboutValues = name === "set" || name === "reload";
  return c.json({ error: answer.error }, isAboutValues ? 400 : 409);
}

/** Reads a command's body. */
export function readCommand(name: RemoteCommand, text: string): Result<CommandRequest> {
  const body = readBody(text);
  if (!body.ok) return body;
  const unknown = Object.keys(body.value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    return err(`"${unknown.slice(0, 40)}": unknown key; wanted one of ${KEYS.join(", ")}`);
  }
  const { reason = "", release_kill_switch: release = false, config } = body.value;
  if (typeof reason !== "string" || reason.length > REASON_LENGTH_MAX) {
    return err(`"reason": wanted text of at most ${REASON_LENGTH_MAX} characters`);
  }
  if (typeof release !== "boolean") return err('"release_kill_switch": wanted true or false');
  if (release && name !== "resume") {
    return err('"release_kill_switch": wanted with resume only');
  }
  if (config !== undefined && (typeof config !== "string" || name !== "reload")) {
    return err('"config": wanted the text of a config, with reload only');
  }
  const values = readValues(body.value["values"]);
  if (!values.ok) return values;
  const wantsValues = name === "set";
  if (wantsValues && values.value.length === 0) {
    return err('"values": wanted at least one key and its value, found none');
  }
  if (!wantsValues && values.value.length > 0) return err('"values": wanted with set only');
  return ok({ name, reason, releaseKillSwitch: release, values: values.value, config });
}

function readBody(text: string): Result<Readonly<Record<string, unknown>>> {
  if (text.trim() === "") return ok({});
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) {
      return ok(body as Record<string, unknown>);
    }
  } catch {
    // Told below.
  }
  return err("body: wanted a JSON object, found something else");
}

function readValues(found: unknown): Result<[string, string][]> {
  if (found === undefined) return ok([]);
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    return err('"values": wanted an object of key: value');
  }
  const entries = Object.entries(found);
  if (entries.length > VALUES_MAX) return err(`"values": wanted at most ${VALUES_MAX} keys`);
  const wrong = entries.find(([, value]) =>
    typeof value !== "string" && typeof value !== "boolean" && !Number.isFinite(value)
  );
  if (wrong !== undefined) {
    return err(`"values": wanted text, a number, true or false for "${wrong[0].slice(0, 80)}"`);
  }
  return ok(entries.map(([key, value]) => [key, String(value)]));
}
