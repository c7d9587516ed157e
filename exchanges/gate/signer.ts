/**
 * Proof of who we are: HMAC-SHA512 (hex) over what is sent, in the venue's three forms.
 *
 *   REST       METHOD \n path \n query \n SHA512(body) \n seconds
 *   subscribe  channel=<c>&event=<e>&time=<seconds>
 *   request    api \n channel \n request as sent, empty for the login \n seconds
 *
 * 1. The query is signed as it stands in the URL, not percent-encoded; the path holds `/api/v4`.
 * 2. Orders over the socket are not signed one by one: the login of their connection is.
 * 3. No error text holds any part of a secret.
 *
 * Source: venue documentation "Authentication" (REST and WebSocket), read 2026-09.
 * @module
 */
import { sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import { HmacSha512 } from "@/exchanges/shared/mod.ts";

/** A key and its secret. */
export interface GateCredentials {
  readonly key: string;
  readonly secret: string;
}

/** Signs payloads under one key. */
export interface Signer {
  readonly key: string;
  sign(payload: string): string;
}

/** What of an HTTP request is signed. */
export interface RestParts {
  readonly method: string;
  /** With `/api/v4`, without host and query. */
  readonly path: string;
  /** As it stands behind the question mark; empty when there is none. */
  readonly query: string;
  /** Exactly what is sent; empty when there is none. */
  readonly body: string;
  readonly timeSeconds: string;
}

const encoder = new TextEncoder();
/** SHA512 of nothing: most requests have no body. */
const EMPTY_HASH = bytesToHex(sha512(new Uint8Array(0)));

/** Makes a signer; the error never holds any part of the secret. */
export function createSigner(credentials: GateCredentials): Result<Signer> {
  if (credentials.key === "") return err("Cannot sign: wanted an API key, found none");
  if (credentials.secret === "") return err("Cannot sign: wanted a secret, found none");
  const hmac = new HmacSha512(credentials.secret);
  return ok({ key: credentials.key, sign: (payload) => hmac.hex(payload) });
}

/** What REST signs. */
export function restPayload(parts: RestParts): string {
  const { method, path, query, body, timeSeconds } = parts;
  const hash = body === "" ? EMPTY_HASH : bytesToHex(sha512(encoder.encode(body)));
  return `${method}\n${path}\n${query}\n${hash}\n${timeSeconds}`;
}

/** Headers of a signed REST request. */
export function restHeaders(signer: Signer, parts: RestParts): Readonly<Record<string, string>> {
  return {
    KEY: signer.key,
    Timestamp: parts.timeSeconds,
    SIGN: signer.sign(restPayload(parts)),
  };
}

/** What a private subscription signs. */
export function subscribePayload(channel: string, event: string, timeSeconds: string): string {
  return `channel=${channel}&event=${event}&time=${timeSeconds}`;
}

/** What a request over the socket signs; `request` is its JSON as sent, empty for the login. */
export function requestPayload(channel: string, request: string, timeSeconds: string): string {
  return `api\n${channel}\n${request}\n${timeSeconds}`;
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
  const signer = createSigner({ key: plainText(key), secret: plainText(secret) });
  if (!signer.ok) return signer;
  const time = timeText(input["time_s"]);
  if (time === undefined) return err('Cannot sign: wanted "time_s" as whole seconds, found none');
  switch (input["kind"] ?? "rest") {
    case "rest":
      return signRest(input, signer.value, time);
    case "ws_subscribe":
      return signSubscribe(input, signer.value, time);
    case "ws_request":
      return signRequest(input, signer.value, time);
    default:
      return err(
        'Cannot sign: wanted kind "rest", "ws_subscribe" or "ws_request", found another one',
      );
  }
}

type Signed = Result<Readonly<Record<string, unknown>>>;

function signRest(input: Readonly<Record<string, unknown>>, signer: Signer, time: string): Signed {
  const method = textIn(input, "method");
  const path = textIn(input, "path");
  const query = textIn(input, "query", "");
  const body = textIn(input, "body", "");
  for (const part of [method, path, query, body]) if (!part.ok) return part;
  const parts: RestParts = {
    method: valueOf(method),
    path: valueOf(path),
    query: valueOf(query),
    body: valueOf(body),
    timeSeconds: time,
  };
  const payload = restPayload(parts);
  const signature = signer.sign(payload);
  const headers = { KEY: signer.key, Timestamp: time, SIGN: signature };
  return ok({ payload, signature, headers });
}

function signSubscribe(
  input: Readonly<Record<string, unknown>>,
  signer: Signer,
  time: string,
): Signed {
  const channel = textIn(input, "channel");
  const event = textIn(input, "event", "subscribe");
  for (const part of [channel, event]) if (!part.ok) return part;
  const payload = subscribePayload(valueOf(channel), valueOf(event), time);
  const signature = signer.sign(payload);
  return ok({ payload, signature, headers: authOf(signer, signature) });
}

/** The `auth` object of a private subscription. */
export function authOf(signer: Signer, signature: string): Readonly<Record<string, string>> {
  return { method: "api_key", KEY: signer.key, SIGN: signature };
}

function signRequest(
  input: Readonly<Record<string, unknown>>,
  signer: Signer,
  time: string,
): Signed {
  const channel = textIn(input, "channel");
  const request = textIn(input, "request", "");
  for (const part of [channel, request]) if (!part.ok) return part;
  const payload = requestPayload(valueOf(channel), valueOf(request), time);
  const signature = signer.sign(payload);
  const headers = { api_key: signer.key, signature, timestamp: time };
  return ok({ payload, signature, headers });
}

function textIn(
  input: Readonly<Record<string, unknown>>,
  name: string,
  absent?: string,
): Result<string> {
  const value = input[name] ?? absent;
  if (typeof value === "string" && (value !== "" || absent !== undefined)) return ok(value);
  return err(`Cannot sign: wanted "${name}" as a text, found another value or none`);
}

function valueOf(part: Result<string>): string {
  return part.ok ? part.value : "";
}

function timeText(value: unknown): string | undefined {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^\d{1,15}$/.test(text) ? text : undefined;
}

function plainText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
