/**
 * Proof of who we are, per request: HMAC-SHA256 (hex) or Ed25519 (base64).
 *
 * 1. REST signs `name=value` pairs percent-encoded, in the order in which they are sent; a query
 *    and a
 *    body are joined without `&`.
 * 2. The order socket signs all parameters but `signature`, sorted by name, values raw (UTF-8).
 * 3. A base64 signature is percent-encoded only where it is sent in a URL, never here.
 *
 * Source: venue documentation "Request security" and "WebSocket API request security", read
 * 2026-09.
 * @module
 */
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import { ed25519Signer, HmacSha256 } from "@/exchanges/shared/mod.ts";

/** A key with one of the two kinds of secret. */
export interface BinanceCredentials {
  readonly key: string;
  readonly secret?: string;
  /** PKCS#8: PEM text, or its base64 alone. */
  readonly ed25519Pem?: string;
}

/** Signs payloads under one key. */
export interface Signer {
  readonly key: string;
  /** Only Ed25519 keys may log on a session. */
  readonly kind: "hmac" | "ed25519";
  sign(payload: string): string;
}

/** Name and value as sent; numbers are JSON numbers on the socket. */
export type Pair = readonly [name: string, value: string | number | boolean];

/** Makes a signer; the error never holds any part of the secret. */
export function createSigner(credentials: BinanceCredentials): Result<Signer> {
  const { key, secret, ed25519Pem } = credentials;
  if (key === "") return err("Cannot sign: wanted an API key, found none");
  if (secret !== undefined && ed25519Pem !== undefined) {
    return err("Cannot sign: wanted a secret or an Ed25519 key, found both");
  }
  if (secret !== undefined && secret !== "") {
    const hmac = new HmacSha256(secret);
    return ok({ key, kind: "hmac", sign: (payload) => hmac.hex(payload) });
  }
  if (ed25519Pem === undefined || ed25519Pem === "") {
    return err("Cannot sign: wanted a secret or an Ed25519 key, found none");
  }
  try {
    const sign = ed25519Signer(pemOf(ed25519Pem));
    const encoder = new TextEncoder();
    return ok({
      key,
      kind: "ed25519",
      sign: (payload) => base64Of(sign(encoder.encode(payload))),
    });
  } catch {
    return err("Cannot sign: wanted an Ed25519 private key in PKCS#8, found another text");
  }
}

/** `a=1&b=x%20y` in the order given. */
export function encodedPairs(pairs: readonly Pair[]): string {
  let out = "";
  for (const [name, value] of pairs) {
    out += `${out === "" ? "" : "&"}${name}=${encodeURIComponent(String(value))}`;
  }
  return out;
}

/** What REST signs: the query followed at once by the body. */
export function restPayload(query: readonly Pair[], body: readonly Pair[]): string {
  return encodedPairs(query) + encodedPairs(body);
}

/** What the order socket signs: sorted by name, raw values, without any `signature`. */
export function webSocketPayload(pairs: readonly Pair[]): string {
  return pairs
    .filter(([name]) => name !== "signature")
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Signs exactly what is given, for the `sign` tool. */
export function signInput(
  input: Readonly<Record<string, unknown>>,
): Result<Readonly<Record<string, unknown>>> {
  const given = input["credentials"];
  if (typeof given !== "object" || given === null) {
    return err('Cannot sign: wanted "credentials" with key and secret, found none');
  }
  const credentials = given as Readonly<Record<string, unknown>>;
  const signer = createSigner({
    key: textOf(credentials["key"]),
    ...(credentials["secret"] === undefined ? {} : { secret: textOf(credentials["secret"]) }),
    ...(credentials["ed25519_pem"] === undefined
      ? {}
      : { ed25519Pem: textOf(credentials["ed25519_pem"]) }),
  });
  if (!signer.ok) return signer;
  const payload = payloadOf(input);
  if (!payload.ok) return payload;
  return ok({ payload: payload.value, signature: signer.value.sign(payload.value) });
}

function payloadOf(input: Readonly<Record<string, unknown>>): Result<string> {
  const kind = input["kind"] ?? "rest";
  if (kind === "ws") {
    const params = input["params"];
    if (typeof params !== "object" || params === null) {
      return err('Cannot sign: wanted "params" as an object, found none');
    }
    const entries = Array.isArray(params) ? params : Object.entries(params);
    const pairs = pairsOf(entries, "params");
    return pairs.ok ? ok(webSocketPayload(pairs.value)) : pairs;
  }
  if (kind !== "rest") return err(`Cannot sign: wanted kind "rest" or "ws", found "${kind}"`);
  if (input["params"] !== undefined) {
    const pairs = pairsOf(input["params"], "params");
    return pairs.ok ? ok(encodedPairs(pairs.value)) : pairs;
  }
  const query = pairsOf(input["query"] ?? [], "query");
  if (!query.ok) return query;
  const body = pairsOf(input["body"] ?? [], "body");
  return body.ok ? ok(restPayload(query.value, body.value)) : body;
}

function pairsOf(value: unknown, name: string): Result<readonly Pair[]> {
  if (!Array.isArray(value)) {
    return err(`Cannot sign: wanted "${name}" as a list of [name, value], found ${typeof value}`);
  }
  const pairs: Pair[] = [];
  for (const element of value as readonly unknown[]) {
    const [key, content] = Array.isArray(element) ? element as readonly unknown[] : [];
    if (typeof key !== "string" || !isScalar(content)) {
      return err(`Cannot sign: wanted "${name}" as a list of [name, value], found another element`);
    }
    pairs.push([key, content]);
  }
  return ok(pairs);
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function pemOf(text: string): string {
  if (text.includes("BEGIN")) return text;
  return `-----BEGIN PRIVATE KEY-----\n${text.trim()}\n-----END PRIVATE KEY-----\n`;
}

function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
