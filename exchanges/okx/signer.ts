/**
 * Proof of who we are: HMAC-SHA256 in base64, per REST request and once per socket.
 *
 * 1. REST signs time + METHOD + path with query + body; time is ISO-8601 UTC with milliseconds.
 * 2. A socket logs in with the same over `GET/users/self/verify`; its time is whole seconds.
 * 3. The body is signed byte for byte: it is made once and sent as it was signed.
 *
 * Source: venue documentation "REST authentication" and "WebSocket login", read 2026-09.
 * @module
 */
import { err, isoText, micros, ok, type Result } from "@/engine/domain/mod.ts";
import { HmacSha256 } from "@/exchanges/shared/mod.ts";

/** A key with its secret and the passphrase it was made with. */
export interface OkxCredentials {
  readonly key: string;
  readonly secret: string;
  readonly passphrase: string;
}

/** Signs under one key. */
export interface Signer {
  readonly key: string;
  readonly passphrase: string;
  sign(payload: string): string;
}

/** A request to sign; `target` is the path with its query as sent. */
export interface Signable {
  readonly method: string;
  readonly target: string;
  readonly body: string;
  readonly timeMs: number;
}

const VERIFY = "GET/users/self/verify";
const TIME_MS_MAX = 8.64e15;

/** Makes a signer; the error never holds any part of the secret. */
export function createSigner(credentials: OkxCredentials): Result<Signer> {
  const { key, secret, passphrase } = credentials;
  for (const [name, value] of [["key", key], ["secret", secret], ["passphrase", passphrase]]) {
    if (value === "") return err(`Cannot sign: wanted credentials with a ${name}, found none`);
  }
  const hmac = new HmacSha256(secret);
  return ok({ key, passphrase, sign: (payload) => hmac.base64(payload) });
}

/** `2025-10-09T08:53:20.123Z`. */
export function isoMillis(timeMs: number): string {
  return `${isoText(micros(timeMs * 1_000)).slice(0, 23)}Z`;
}

/** What REST signs. */
export function restPayload({ method, target, body, timeMs }: Signable): string {
  return `${isoMillis(timeMs)}${method.toUpperCase()}${target}${body}`;
}

/** The headers of a signed REST request. */
export function restHeaders(request: Signable, signer: Signer): Record<string, string> {
  return headersWith(signer.sign(restPayload(request)), request, signer);
}

/** What a socket login signs; the time may have decimals. */
export function loginPayload(seconds: string): string {
  return `${seconds}${VERIFY}`;
}

/** The login frame; `timeMs` is on the venue's clock. */
export function loginFrame(timeMs: number, signer: Signer): string {
  const timestamp = String(Math.floor(timeMs / 1_000));
  const { key, passphrase } = signer;
  const sign = signer.sign(loginPayload(timestamp));
  return JSON.stringify({ op: "login", args: [{ apiKey: key, passphrase, timestamp, sign }] });
}

/** Signs exactly what is given, for the `sign` tool. */
export function signInput(
  input: Readonly<Record<string, unknown>>,
): Result<Readonly<Record<string, unknown>>> {
  const given = input["credentials"];
  if (typeof given !== "object" || given === null) {
    return err('Cannot sign: wanted "credentials" with key, secret and passphrase, found none');
  }
  const credentials = given as Readonly<Record<string, unknown>>;
  const signer = createSigner({
    key: textOf(credentials["key"]),
    secret: textOf(credentials["secret"]),
    passphrase: textOf(credentials["passphrase"]),
  });
  if (!signer.ok) return signer;
  const timeMs = input["time_ms"];
  const isTime = typeof timeMs === "number" && Number.isSafeInteger(timeMs) && timeMs >= 0 &&
    timeMs <= TIME_MS_MAX;
  if (!isTime) return err('Cannot sign: wanted "time_ms" as whole milliseconds, found none');
  const kind = input["kind"] ?? "rest";
  if (kind === "ws_login") return ok(signLogin(timeMs, signer.value));
  if (kind !== "rest") {
    return err(`Cannot sign: wanted kind "rest" or "ws_login", found "${String(kind)}"`);
  }
  return signRest(input, timeMs, signer.value);
}

function signLogin(timeMs: number, signer: Signer): Readonly<Record<string, unknown>> {
  const seconds = String(timeMs / 1_000);
  const payload = loginPayload(seconds);
  const sign = signer.sign(payload);
  const { key, passphrase } = signer;
  const login = { apiKey: key, passphrase, timestamp: seconds, sign };
  return { payload, signature: sign, headers: {}, message: { op: "login", args: [login] } };
}

function signRest(
  input: Readonly<Record<string, unknown>>,
  timeMs: number,
  signer: Signer,
): Result<Readonly<Record<string, unknown>>> {
  const method = textOf(input["method"]) || "GET";
  const path = textOf(input["path"]);
  if (!path.startsWith("/")) {
    return err(`Cannot sign: wanted "path" from its first slash, found "${path.slice(0, 60)}"`);
  }
  const query = textOf(input["query"]).replace(/^\?/, "");
  const body = textOf(input["body"]);
  const request = { method, target: query === "" ? path : `${path}?${query}`, body, timeMs };
  const payload = restPayload(request);
  const signature = signer.sign(payload);
  return ok({ payload, signature, headers: headersWith(signature, request, signer) });
}

function headersWith(
  signature: string,
  request: Signable,
  signer: Signer,
): Record<string, string> {
  return {
    "OK-ACCESS-KEY": signer.key,
    "OK-ACCESS-SIGN": signature,
    "OK-ACCESS-TIMESTAMP": isoMillis(request.timeMs),
    "OK-ACCESS-PASSPHRASE": signer.passphrase,
    ...(request.method.toUpperCase() === "GET" ? {} : { "Content-Type": "application/json" }),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
