/**
 * Who speaks: API keys, signatures and the time window.
 *
 * 1. The signed text is exactly what was transmitted: query and then body, without the signature.
 * 2. A WebSocket request signs its parameters sorted by name, not percent-encoded.
 * Source: the venue's "Request security", read 2026-09.
 * @module
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Micros } from "@/engine/domain/mod.ts";
import {
  BAD_KEY_FORMAT,
  BAD_SIGNATURE,
  type Failure,
  failure,
  isFailure,
  UNKNOWN_KEY,
} from "./failures.ts";
import { missing, type Params } from "./params.ts";

/** One key the venue knows. */
export type VenueKey =
  | { readonly kind: "hmac"; readonly apiKey: string; readonly secret: string }
  | { readonly kind: "ed25519"; readonly apiKey: string; readonly publicKey: Uint8Array };

const RECV_WINDOW_MS = 5_000;
const RECV_WINDOW_MS_MAX = 60_000;
const AHEAD_MS_MAX = 1_000;
/** From here on a timestamp must be in microseconds: as milliseconds it would be the year 5138. */
const MICROSECONDS_FROM = 1e14;
const encoder = new TextEncoder();

/** Knows the keys. */
export class Authentication {
  readonly #keys = new Map<string, VenueKey>();

  constructor(keys: readonly VenueKey[]) {
    for (const key of keys) this.#keys.set(key.apiKey, key);
  }

  /** The key of a name, or why it will not do. */
  key(apiKey: string | undefined): VenueKey | Failure {
    if (apiKey === undefined || apiKey === "") return BAD_KEY_FORMAT;
    return this.#keys.get(apiKey) ?? (/^[\w-]{8,128}$/.test(apiKey) ? UNKNOWN_KEY : BAD_KEY_FORMAT);
  }

  /** Whether a signed request is what its key's owner said, and said it now. */
  check(
    apiKey: string | undefined,
    payload: string,
    params: Params,
    now: Micros,
  ): VenueKey | Failure {
    const key = this.key(apiKey);
    if (isFailure(key)) return key;
    const late = checkTimestamp(params, now);
    if (late !== undefined) return late;
    const signature = params.get("signature");
    if (signature === undefined || signature === "") return missing("signature");
    return verify(key, payload, signature) ? key : BAD_SIGNATURE;
  }
}

/** Whether a request comes at its time; undefined when it does. */
export function checkTimestamp(params: Params, now: Micros): Failure | undefined {
  const text = params.get("timestamp");
  if (text === undefined || text === "") return missing("timestamp");
  if (!/^\d{1,16}$/.test(text)) {
    return failure(
      -1100,
      "Illegal characters found in parameter 'timestamp'; legal range is '^[0-9]{1,20}$'.",
    );
  }
  const value = Number(text);
  const sentMs = value >= MICROSECONDS_FROM ? value / 1_000 : value;
  const window = Number(params.get("recvWindow") ?? RECV_WINDOW_MS);
  if (!(window >= 0) || window > RECV_WINDOW_MS_MAX) {
    return failure(-1131, "recvWindow must be less than 60000");
  }
  const nowMs = now / 1_000;
  if (sentMs >= nowMs + AHEAD_MS_MAX) {
    return failure(
      -1021,
      "Timestamp for this request was 1000ms ahead of the server's time.",
    );
  }
  if (nowMs - sentMs > window) {
    return failure(-1021, "Timestamp for this request is outside of the recvWindow.");
  }
  return undefined;
}

/** What a REST request signs: its query and then its body, less the signature. */
export function httpPayload(query: string, body: string): string {
  return withoutSignature(query) + withoutSignature(body);
}

/** What a WebSocket request signs: its parameters by name, values as they were sent. */
export function jsonPayload(params: Params): string {
  return [...params.keys()]
    .filter((name) => name !== "signature")
    .sort()
    .map((name) => `${name}=${params.get(name)}`)
    .join("&");
}

/** Whether a signature is the key owner's. Hex may be of either case. */
export function verify(key: VenueKey, payload: string, signature: string): boolean {
  const message = encoder.encode(payload);
  if (key.kind === "hmac") {
    const expected = toHex(hmac(sha256, encoder.encode(key.secret), message));
    return expected === signature.toLowerCase();
  }
  const bytes = fromBase64(signature);
  if (bytes === undefined || bytes.length !== 64) return false;
  try {
    return ed25519.verify(bytes, message, key.publicKey);
  } catch {
    return false;
  }
}

function withoutSignature(text: string): string {
  if (!text.includes("signature=")) return text;
  return text.split("&").filter((pair) => !pair.startsWith("signature=")).join("&");
}

function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}
