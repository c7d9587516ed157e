/**
 * Proof of who we are: HMAC-SHA256 in lower-case hexadecimal, per REST request and per login.
 *
 * 1. REST signs time, key, window and then the query (GET) or the body (POST) exactly as sent,
 *    without separators; the text is built once and that same text is sent.
 * 2. A private or order socket is logged in once with `GET/realtime` and an instant in the future;
 *    frames on it are not signed.
 *
 * Source: venue documentation "Integration guidance" and "WebSocket connect", read 2026-07.
 * @module
 */
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import { HmacSha256 } from "@/exchanges/shared/mod.ts";

/** A key with its secret. */
export interface BybitCredentials {
  readonly key: string;
  readonly secret: string;
}

/** Window in which the venue must receive a request, milliseconds. */
export const RECEIVE_WINDOW_MS = 5_000;

/** Signs payloads under one key. */
export interface Signer {
  readonly key: string;
  sign(payload: string): string;
}

/** Makes a signer; the error never holds any part of the secret. */
export function createSigner(credentials: BybitCredentials): Result<Signer> {
  const { key, secret } = credentials;
  if (key === "") return err("Cannot sign: wanted an API key, found none");
  if (secret === "") return err("Cannot sign: wanted a secret, found none");
  const hmac = new HmacSha256(secret);
  return ok({ key, sign: (payload) => hmac.hex(payload) });
}

/** What a REST request signs. */
export function restPayload(
  key: string,
  timeMs: number,
  windowMs: number,
  queryOrBody: string,
): string {
  return `${timeMs}${key}${windowMs}${queryOrBody}`;
}

/** Headers that prove a REST request. */
export function signedHeaders(
  signer: Signer,
  timeMs: number,
  windowMs: number,
  queryOrBody: string,
): Record<string, string> {
  return {
    "X-BAPI-API-KEY": signer.key,
    "X-BAPI-TIMESTAMP": String(timeMs),
    "X-BAPI-RECV-WINDOW": String(windowMs),
    "X-BAPI-SIGN": signer.sign(restPayload(signer.key, timeMs, windowMs, queryOrBody)),
  };
}

/** What a socket's login signs. */
export function loginPayload(expiresMs: number): string {
  return `GET/realtime${expiresMs}`;
}

/** The login frame; the order socket calls its request id `reqId`. */
export function loginFrame(
  signer: Signer,
  expiresMs: number,
  requestId: string,
  idName: "req_id" | "reqId",
): string {
  const args = [signer.key, expiresMs, signer.sign(loginPayload(expiresMs))];
  return JSON.stringify({ [idName]: requestId, op: "auth", args });
}

/** Signs exactly what is given, for the `sign` tool. */
export function signInput(
  input: Readonly<Record<string, unknown>>,
): Result<Readonly<Record<string, unknown>>> {
  const given = input["credentials"];
  if (typeof given !== "object" || given === null) {
    return err('Cannot sign: wanted "credentials" with key and secret, found none');
  }
  const { key, secret } = given as Readonly<Record<string, unknown>>;
  const signer = createSigner({ key: textOf(key), secret: textOf(secret) });
  if (!signer.ok) return signer;
  const kind = input["kind"] ?? "rest";
  if (kind === "rest") return signRest(input, signer.value);
  if (kind !== "ws_login") {
    return err(`Cannot sign: wanted kind "rest" or "ws_login", found "${String(kind)}"`);
  }
  const expiresMs = wholeNumber(input["expires_ms"]);
  if (expiresMs === undefined) return wantedNumber("expires_ms");
  const payload = loginPayload(expiresMs);
  return ok({ payload, signature: signer.value.sign(payload), headers: {} });
}

function signRest(
  input: Readonly<Record<string, unknown>>,
  signer: Signer,
): Result<Readonly<Record<string, unknown>>> {
  const timeMs = wholeNumber(input["time_ms"]);
  const windowMs = wholeNumber(input["recv_window_ms"] ?? RECEIVE_WINDOW_MS);
  if (timeMs === undefined) return wantedNumber("time_ms");
  if (windowMs === undefined) return wantedNumber("recv_window_ms");
  const query = input["query"] ?? "";
  const body = input["body"] ?? "";
  if (typeof query !== "string") return err('Cannot sign: wanted "query" as text "a=b"');
  if (typeof body !== "string") return err('Cannot sign: wanted "body" as its raw text');
  const method = textOf(input["method"]).toUpperCase() || (body === "" ? "GET" : "POST");
  if (method !== "GET" && method !== "POST") {
    return err(`Cannot sign: wanted method GET or POST, found "${method.slice(0, 16)}"`);
  }
  const signed = method === "GET" ? query.replace(/^\?/, "") : body;
  const headers = signedHeaders(signer, timeMs, windowMs, signed);
  const payload = restPayload(signer.key, timeMs, windowMs, signed);
  return ok({ payload, signature: headers["X-BAPI-SIGN"]!, headers });
}

function wantedNumber(name: string): Result<never> {
  return err(`Cannot sign: wanted "${name}" as whole milliseconds, found something else`);
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0
    ? number
    : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
