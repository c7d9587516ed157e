/**
 * Who speaks: keys, signatures and the time window.
 *
 * 1. REST signs `timestamp + key + window + payload`: the query of a GET, the body of a POST, byte
 *    for byte as transmitted.
 * 2. A socket signs `"GET/realtime" + expires`, once for its life.
 * 3. `server - window <= timestamp < server + 1000`: being ahead is worse than being late.
 * Source: protocol sheet section 3.
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Micros } from "@/engine/domain/mod.ts";
import type { ServerRequest } from "@/exchanges/simulator/mod.ts";
import { badParameter, type Failure, failure } from "./failures.ts";

/** One key the venue knows. */
export interface VenueKey {
  readonly apiKey: string;
  readonly secret: string;
}

const WINDOW_MS = 5_000;
const AHEAD_MS = 1_000;
const encoder = new TextEncoder();
const BAD_KEY = failure(10003, "API key is invalid.");

/** Knows the keys. */
export class Authentication {
  readonly #keys = new Map<string, VenueKey>();

  constructor(keys: readonly VenueKey[]) {
    for (const key of keys) this.#keys.set(key.apiKey, key);
  }

  /** Why a REST request is not its key owner's, said now; undefined when it is. */
  checkHttp(request: ServerRequest, now: Micros): Failure | undefined {
    const { headers, method, query, body } = request;
    const apiKey = headers.get("x-bapi-api-key") ?? "";
    const sign = headers.get("x-bapi-sign") ?? "";
    const timestamp = headers.get("x-bapi-timestamp") ?? "";
    const window = headers.get("x-bapi-recv-window") ?? "";
    if (apiKey === "" || sign === "" || timestamp === "") return { ...BAD_KEY, status: 401 };
    const key = this.#keys.get(apiKey);
    if (key === undefined) return BAD_KEY;
    const late = checkWindow(timestamp, window, now);
    if (late !== undefined) return late;
    const text = timestamp + apiKey + window + (method === "GET" ? query : body);
    return signatureOf(key.secret, text) === sign ? undefined : badSign(text);
  }

  /** Why a socket's log-on fails; undefined when it is good. */
  checkSocket(args: unknown, now: Micros): Failure | undefined {
    if (!Array.isArray(args) || args.length !== 3) return badParameter("args");
    const [apiKey, expires, sign] = args as unknown[];
    const until = Number(expires);
    const whole = (typeof expires === "number" || typeof expires === "string") &&
      /^\d{1,16}$/.test(String(expires));
    if (!whole) return badParameter("expires");
    const key = typeof apiKey === "string" ? this.#keys.get(apiKey) : undefined;
    if (key === undefined) return failure(10003, "Invalid apikey");
    if (until * 1_000 <= now) return failure(10001, "Params Error: expires is in the past");
    const text = `GET/realtime${expires}`;
    return signatureOf(key.secret, text) === sign ? undefined : badSign(text);
  }
}

/** Why a timestamp is refused; undefined when it is in time. */
export function checkWindow(timestamp: unknown, window: unknown, now: Micros): Failure | undefined {
  if (!/^\d{1,16}$/.test(String(timestamp))) return badParameter("X-BAPI-TIMESTAMP");
  const allowed = window === undefined || window === "" ? WINDOW_MS : Number(window);
  if (!Number.isInteger(allowed) || allowed < 0) return badParameter("X-BAPI-RECV-WINDOW");
  const server = Math.floor(now / 1_000);
  const at = Number(timestamp);
  if (server - allowed <= at && at < server + AHEAD_MS) return undefined;
  return failure(
    10002,
    "invalid request, please check your server timestamp or recv_window param. " +
      `req_timestamp[${at}],server_timestamp[${server}],recv_window[${allowed}]`,
  );
}

/** Lower-case hexadecimal of the HMAC-SHA256. */
export function signatureOf(secret: string, text: string): string {
  return bytesToHex(hmac(sha256, encoder.encode(secret), encoder.encode(text)));
}

function badSign(text: string): Failure {
  return failure(10004, `error sign! origin_string[${text}]`);
}
