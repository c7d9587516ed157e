/**
 * Talks to a running instance: `GET /status`, `POST /commands/{name}`.
 *
 * The network is an argument, so that its answers and its silence can be tested.
 * @module
 */
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import type { EngineStatus } from "@/engine/ports/mod.ts";

const TIMEOUT_MS = 10_000;

/** `fetch`, or a stand-in for it. */
export type Fetch = (address: string, init: RequestInit) => Promise<Response>;

/** Where the instance listens and what opens its door. */
export interface ControlAddress {
  readonly url: string;
  readonly token: string | undefined;
}

/** What a command says besides its name. */
export interface CommandBody {
  readonly reason: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly release_kill_switch?: boolean;
  /** `reload`: the whole text of the new config. */
  readonly config?: string;
}

/** The status of a running instance. */
export async function fetchStatus(
  address: ControlAddress,
  fetcher: Fetch,
): Promise<Result<EngineStatus>> {
  const answer = await ask(address, "/status", { method: "GET" }, fetcher);
  return answer.ok ? ok(answer.value as EngineStatus) : answer;
}

/** Gives a command; the instance's answer. */
export function sendCommand(
  address: ControlAddress,
  name: string,
  body: CommandBody,
  fetcher: Fetch,
): Promise<Result<unknown>> {
  if (address.token === undefined) {
    return Promise.resolve(
      err(
        `Cannot ${name}: wanted a token (--token-file FILE, or - for standard input), found none`,
      ),
    );
  }
  const init = { method: "POST", body: JSON.stringify(body) };
  return ask(address, `/commands/${name}`, init, fetcher);
}

async function ask(
  { url, token }: ControlAddress,
  path: string,
  init: { method: string; body?: string },
  fetcher: Fetch,
): Promise<Result<unknown>> {
  const where = `${url.replace(/\/$/, "")}${path}`;
  const headers: Record<string, string> = { "accept": "application/json" };
  if (init.body !== undefined) headers["content-type"] = "application/json";
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
  let response: Response;
  let text: string;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    response = await fetcher(where, { ...init, headers, signal, redirect: "error" });
    text = await response.text();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return err(`Cannot reach ${where}: wanted a running instance, found: ${why}`);
  }
  const answer = parsed(text);
  if (response.ok && answer !== undefined) return ok(answer);
  return err(`${where} answered ${response.status}: ${reasonOf(answer) ?? text.slice(0, 200)}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(answer: unknown): string | undefined {
  if (typeof answer !== "object" || answer === null) return undefined;
  const reason = (answer as Record<string, unknown>)["error"];
  return typeof reason === "string" ? reason : undefined;
}
