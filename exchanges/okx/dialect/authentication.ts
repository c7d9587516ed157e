/**
 * Who speaks: keys, passphrases, signatures and the time window.
 *
 * 1. REST signs `timestamp + METHOD + path?query + body`, byte for byte as transmitted.
 * 2. A login signs `timestamp + "GET" + "/users/self/verify"`, its timestamp in seconds.
 * 3. Both are good for 30 s around the venue's time.
 * Source: protocol sheet section 3.
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Micros } from "@/engine/domain/mod.ts";
import type { ServerRequest } from "@/exchanges/simulator/mod.ts";
import { type Failure, failure } from "./failures.ts";
import type { Json } from "./wire_symbols.ts";

/** One key the venue knows. */
export interface VenueKey {
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string;
}

const WINDOW_US = 30_000_000;
const LOGIN_PATH = "GET/users/self/verify";
const encoder = new TextEncoder();

/** Knows the keys. */
export class Authentication {
  readonly #keys = new Map<string, VenueKey>();
  /** The environment whose keys these are; undefined takes requests of both. */
  readonly #environment: "live" | "demo" | undefined;

  constructor(keys: readonly VenueKey[], environment: "live" | "demo" | undefined) {
    for (const key of keys) this.#keys.set(key.apiKey, key);
    this.#environment = environment;
  }

  /** Why a REST request is not its key owner's, said now; undefined when it is. */
  checkHttp(request: ServerRequest, now: Micros): Failure | undefined {
    const { headers, method, path, query, body } = request;
    const apiKey = headers.get("ok-access-key") ?? "";
    const passphrase = headers.get("ok-access-passphrase") ?? "";
    const sign = headers.get("ok-access-sign") ?? "";
    const timestamp = headers.get("ok-access-timestamp") ?? "";
    if (apiKey === "") return refusal("50103", `"OK-ACCESS-KEY" can't be blank.`);
    if (passphrase === "") return refusal("50104", `"OK-ACCESS-PASSPHRASE" can't be blank.`);
    if (sign === "") return refusal("50106", `"OK-ACCESS-SIGN" can't be blank.`);
    if (timestamp === "") return refusal("50107", `"OK-ACCESS-TIMESTAMP" can't be blank.`);
    const sentAt = microsFromIso(timestamp);
    if (sentAt === undefined) return refusal("50112", "Invalid OK-ACCESS-TIMESTAMP");
    if (Math.abs(now - sentAt) > WINDOW_US) return refusal("50102", "Timestamp request expired");
    const key = this.#keys.get(apiKey);
    if (key === undefined) return refusal("50111", "Invalid OK-ACCESS-KEY");
    if (this.#isOtherEnvironment(headers.get("x-simulated-trading"))) {
      return refusal("50101", "APIKey does not match current environment.");
    }
    if (key.passphrase !== passphrase) {
      return refusal("50105", `Request header "OK-ACCESS-PASSPHRASE" incorrect.`);
    }
    const target = query === "" ? path : `${path}?${query}`;
    const wanted = signatureOf(key.secret, timestamp + method.toUpperCase() + target + body);
    return wanted === sign ? undefined : refusal("50113", "Invalid Sign");
  }

  /** Why a login fails; undefined when it is good. */
  checkLogin(args: Json, now: Micros): Failure | undefined {
    const { apiKey, passphrase, timestamp, sign } = args;
    if (typeof timestamp !== "string" || !/^\d{1,12}(\.\d{1,9})?$/.test(timestamp)) {
      return failure("60004", "Invalid timestamp");
    }
    const key = typeof apiKey === "string" ? this.#keys.get(apiKey) : undefined;
    if (key === undefined) return failure("60005", "Invalid apiKey");
    if (Math.abs(now - Number(timestamp) * 1e6) > WINDOW_US) {
      return failure("60006", "Timestamp request expired");
    }
    if (passphrase !== key.passphrase) return failure("60024", "Wrong passphrase");
    if (signatureOf(key.secret, timestamp + LOGIN_PATH) !== sign) {
      return failure("60007", "Invalid sign");
    }
    return undefined;
  }

  #isOtherEnvironment(header: string | undefined): boolean {
    if (this.#environment === undefined) return false;
    return (header === "1") !== (this.#environment === "demo");
  }
}

/** Base64 of the HMAC-SHA256. */
export function signatureOf(secret: string, payload: string): string {
  const digest = hmac(sha256, encoder.encode(secret), encoder.encode(payload));
  return btoa(String.fromCharCode(...digest));
}

/** `2025-10-09T08:53:20.123Z` as microseconds; undefined when it is none. */
export function microsFromIso(text: string): number | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?Z$/.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) {
    return undefined;
  }
  const seconds = (daysFromCivil(year, month, day) * 24 + hour) * 3_600 + minute * 60 + second;
  return seconds * 1e6 + Number((parts[7] ?? "").padEnd(6, "0"));
}

/**
 * Days from 1970-01-01 to a date.
 * Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
 */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) +
    dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function refusal(code: string, msg: string): Failure {
  return failure(code, msg, 401);
}
