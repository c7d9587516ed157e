/**
 * Who may read and who may command.
 *
 *   request -> Host ours? -> same site? -> reading: yes      (a token too when beyond loopback)
 *                                       -> commanding: JSON and the token, in constant time
 *
 * 1. A page of another site can neither read nor command: `Host` stops DNS rebinding, `Origin` and
 *    `Sec-Fetch-Site` stop cross-site requests, and commands must be `application/json`.
 * 2. How long a comparison takes says nothing about the token.
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";

/** Who may come in. */
export interface AccessRules {
  /** What commands must bear; undefined: nobody may command. */
  readonly token: string | undefined;
  /** Listening beyond loopback: any `Host`, but reading needs the token too. */
  readonly beyondLoopback: boolean;
}

/** A request turned away. */
export interface Denial {
  readonly status: 401 | 403 | 415;
  readonly error: string;
}

/** What is asked of the headers. */
export interface HeaderReader {
  get(name: string): string | null;
}

/** Why a request of any kind is turned away; undefined: it may go on. */
export function siteDenial(headers: HeaderReader, rules: AccessRules): Denial | undefined {
  const host = headers.get("host") ?? "";
  if (!rules.beyondLoopback && !isLoopbackHost(host)) {
    return denied(`"Host": wanted a loopback name, found "${host.slice(0, 80)}"`);
  }
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") {
    return denied(`"Sec-Fetch-Site": wanted same-origin, found "${site.slice(0, 80)}"`);
  }
  const origin = headers.get("origin");
  if (origin !== null && origin !== `http://${host}` && origin !== `https://${host}`) {
    return denied(`"Origin": wanted this site, found "${origin.slice(0, 80)}"`);
  }
  return undefined;
}

/** Why reading is turned away. */
export function readDenial(headers: HeaderReader, rules: AccessRules): Denial | undefined {
  return rules.beyondLoopback ? tokenDenial(headers, rules.token) : undefined;
}

/** Why a command is turned away. */
export function commandDenial(headers: HeaderReader, rules: AccessRules): Denial | undefined {
  const type = (headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  if (type !== "application/json") {
    return {
      status: 415,
      error: `"Content-Type": wanted application/json, found "${type.slice(0, 80)}"`,
    };
  }
  return tokenDenial(headers, rules.token);
}

/** Whether two texts are the same, in a time that does not depend on where they differ. */
export function isSameSecret(given: string, wanted: string): boolean {
  // Digests have one length, so that not even the token's length shows.
  return timingSafeEqual(digest(given), digest(wanted));
}

/** Whether a `Host` header names this machine itself. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/:\d{1,5}$/, "");
  return name === "localhost" || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name);
}

function tokenDenial(headers: HeaderReader, token: string | undefined): Denial | undefined {
  if (token === undefined) {
    return denied(
      "commands are off: no control token is configured (control_token under secrets:)",
    );
  }
  const given = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (given === undefined) {
    return { status: 401, error: '"Authorization": wanted Bearer and the token, found none' };
  }
  if (isSameSecret(given, token)) return undefined;
  return { status: 401, error: '"Authorization": wanted the control token, found another' };
}

function denied(error: string): Denial {
  return { status: 403, error };
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
