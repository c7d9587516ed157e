/**
 * Who speaks: keys, signatures and the time window.
 *
 *   REST     METHOD \n path \n query \n SHA512(body) \n seconds
 *   channels channel=<c>&event=<e>&time=<t>
 *   requests api \n channel \n request \n seconds        (a login's request is empty)
 *
 * 1. All are HMAC-SHA512 in lower-case hex.
 * 2. The time is looked at before the key, and is good for 60 s around the venue's.
 * 3. A query is signed as it reads, without percent signs.
 * Source: protocol sheet section 3.
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Micros } from "@/engine/domain/mod.ts";
import type { ServerRequest } from "@/exchanges/simulator/mod.ts";
import { EXPIRED, type Failure, failure } from "./failures.ts";
import type { Json } from "./wire_symbols.ts";

/** One key the venue knows. */
export interface VenueKey {
  readonly key: string;
  readonly secret: string;
}

const WINDOW_S = 60;
const encoder = new TextEncoder();

/** Knows the keys. */
export class Authentication {
  readonly #secrets = new Map<string, string>();

  constructor(keys: readonly VenueKey[]) {
    for (const { key, secret } of keys) this.#secrets.set(key, secret);
  }

  /** Why a REST request is not its key owner's, said now; undefined when it is. */
  checkHttp(request: ServerRequest, now: Micros): Failure | undefined {
    const { headers, method, path, query, body } = request;
    const key = headers.get("key") ?? "";
    const sign = headers.get("sign") ?? "";
    const timestamp = headers.get("timestamp") ?? "";
    for (const [name, value] of [["KEY", key], ["SIGN", sign], ["Timestamp", timestamp]]) {
      if (value === "") {
        return failure("MISSING_REQUIRED_HEADER", `Missing required header: ${name}`, 400);
      }
    }
    const digest = bytesToHex(sha512(encoder.encode(body)));
    const target = `${method.toUpperCase()}\n${path}\n${plainQuery(query)}\n${digest}`;
    return this.#check(key, sign, `${target}\n${timestamp}`, timestamp, now);
  }

  /** Why a subscription to a private channel is not the account's. */
  checkChannel(request: Json, now: Micros): Failure | undefined {
    const { auth, channel, event, time } = request;
    if (typeof auth !== "object" || auth === null) {
      return failure("INVALID_KEY", "authentication is required", 401);
    }
    const { method, KEY, SIGN } = auth as Json;
    if (method !== "api_key") return failure("INVALID_KEY", "unknown auth method", 401);
    const text = `channel=${channel}&event=${event}&time=${time}`;
    return this.#check(KEY, SIGN, text, String(time), now);
  }

  /** Why a login, or a request that bears its own signature, is not the account's. */
  checkRequest(
    payload: Json,
    channel: string,
    request: string,
    now: Micros,
  ): Failure | undefined {
    const { api_key, signature, timestamp } = payload;
    const text = `api\n${channel}\n${request}\n${timestamp}`;
    return this.#check(api_key, signature, text, String(timestamp), now);
  }

  #check(
    key: unknown,
    sign: unknown,
    text: string,
    timestamp: string,
    now: Micros,
  ): Failure | undefined {
    if (!isTimely(timestamp, now)) return EXPIRED;
    const secret = typeof key === "string" ? this.#secrets.get(key) : undefined;
    if (secret === undefined) return failure("INVALID_KEY", "Invalid key provided", 401);
    if (signatureOf(secret, text) === sign) return undefined;
    return failure("INVALID_SIGNATURE", "Signature mismatch", 401);
  }
}

/** Whether seconds lie within the window around now. */
export function isTimely(timestamp: unknown, now: Micros): boolean {
  const text = String(timestamp);
  if (!/^\d{1,12}(\.\d{1,9})?$/.test(text)) return false;
  return Math.abs(now / 1e6 - Number(text)) <= WINDOW_S;
}

/** Hex of the HMAC-SHA512. */
export function signatureOf(secret: string, text: string): string {
  return bytesToHex(hmac(sha512, encoder.encode(secret), encoder.encode(text)));
}

function plainQuery(query: string): string {
  try {
    return decodeURIComponent(query);
  } catch {
    return query;
  }
}
