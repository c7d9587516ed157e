/**
 * Who speaks: HMAC keys of version 1, the signing wallet of version 3, and its nonces.
 *
 *   v3: text up to `&signature=` -> EIP-712 digest -> recovered address = `signer` -> fresh nonce
 *
 * 1. The signed text is exactly what was transmitted: one string, in the query or in the body.
 * 2. A nonce is used up by the first request whose signature is good, whatever its answer.
 * Source: protocol sheet section 3.
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import type { Micros } from "@/engine/domain/mod.ts";
import { KnownSigners } from "@/exchanges/simulator/mod.ts";
import {
  BAD_KEY_FORMAT,
  BAD_SIGNATURE,
  type Failure,
  failure,
  NONCE_EXPIRED,
  UNKNOWN_KEY,
} from "./failures.ts";
import { missing, type Params } from "./params.ts";

/** One key the venue knows: a secret of version 1, or an agent's address and its account. */
export type VenueKey =
  | { readonly kind: "hmac"; readonly apiKey: string; readonly secret: string }
  | { readonly kind: "wallet"; readonly signer: string; readonly user: string };

/** What of a request is signed. */
export interface SignedRequest {
  readonly query: string;
  readonly body: string;
  readonly apiKey: string | undefined;
  readonly params: Params;
}

const RECV_WINDOW_MS = 5_000;
const RECV_WINDOW_MS_MAX = 60_000;
const AHEAD_MS_MAX = 1_000;
const NONCE_DISTANCE_US = 10_000_000;
const NONCES_KEPT = 100;
const encoder = new TextEncoder();

/** Knows the keys and the nonces that were used. */
export class Authentication {
  readonly #hmacKeys = new Map<string, string>();
  /** Account by agent, both lower case. */
  readonly #agents = new Map<string, string>();
  readonly #nonces = new Map<string, Set<number>>();
  readonly #signers = new KnownSigners(addressOf);
  readonly #separator: Uint8Array;

  constructor(keys: readonly VenueKey[], chainId: number) {
    this.#separator = domainSeparator(chainId);
    for (const key of keys) {
      if (key.kind === "hmac") this.#hmacKeys.set(key.apiKey, key.secret);
      else this.#agents.set(key.signer.toLowerCase(), key.user.toLowerCase());
    }
  }

  /** Why a key's name will not do; undefined when it will. */
  checkKey(apiKey: string | undefined): Failure | undefined {
    if (apiKey === undefined || apiKey === "") return BAD_KEY_FORMAT;
    if (this.#hmacKeys.has(apiKey)) return undefined;
    return /^[\w-]{8,128}$/.test(apiKey) ? UNKNOWN_KEY : BAD_KEY_FORMAT;
  }

  /** Version 1: key, time and HMAC over query and body. */
  checkHmac(request: SignedRequest, now: Micros): Failure | undefined {
    const { apiKey, params, query, body } = request;
    const wrong = this.checkKey(apiKey) ?? checkTimestamp(params, now);
    if (wrong !== undefined) return wrong;
    const signature = params.get("signature");
    if (signature === undefined || signature === "") return missing("signature");
    const message = encoder.encode(withoutSignature(query) + withoutSignature(body));
    const secret = encoder.encode(this.#hmacKeys.get(apiKey!)!);
    const wanted = toHex(hmac(sha256, secret, message));
    return wanted === signature.toLowerCase() ? undefined : BAD_SIGNATURE;
  }

  /** Version 3: wallet and nonce. `reuse`: a nonce that was used before will do. */
  checkWallet(request: SignedRequest, now: Micros, reuse: boolean): Failure | undefined {
    const { params, query, body } = request;
    for (const name of ["nonce", "signer", "signature"]) {
      if ((params.get(name) ?? "") === "") return missing(name);
    }
    const text = query === "" ? body : query;
    const at = text.lastIndexOf("&signature=");
    const split = query !== "" && body !== "";
    if (split || at < 0 || text.indexOf("&", at + 1) >= 0) return BAD_SIGNATURE;
    const signer = params.get("signer")!.toLowerCase();
    const signature = text.slice(at + "&signature=".length);
    const digest = messageDigest(this.#separator, text.slice(0, at));
    if (recoveredAddress(digest, signature, this.#signers) !== signer) return BAD_SIGNATURE;
    const user = this.#agents.get(signer);
    if (user === undefined) return UNKNOWN_KEY;
    const named = params.get("user");
    if (named !== undefined && named.toLowerCase() !== user) return UNKNOWN_KEY;
    return this.#useNonce(user, params.get("nonce")!, now, reuse);
  }

  #useNonce(user: string, text: string, now: Micros, reuse: boolean): Failure | undefined {
    if (!/^\d{1,16}$/.test(text)) {
      return failure(-1100, "Illegal characters found in parameter 'nonce'.");
    }
    const nonce = Number(text);
    if (Math.abs(nonce - now) > NONCE_DISTANCE_US) return NONCE_EXPIRED;
    let used = this.#nonces.get(user);
    if (used === undefined) this.#nonces.set(user, used = new Set());
    if (used.has(nonce)) return reuse ? undefined : NONCE_EXPIRED;
    if (used.size < NONCES_KEPT) {
      used.add(nonce);
      return undefined;
    }
    let least = Infinity;
    for (const each of used) least = Math.min(least, each);
    if (nonce < least) return NONCE_EXPIRED;
    used.delete(least);
    used.add(nonce);
    return undefined;
  }
}

/** Whether a request of version 1 comes at its time; undefined when it does. */
export function checkTimestamp(params: Params, now: Micros): Failure | undefined {
  const text = params.get("timestamp");
  if (text === undefined || text === "") return missing("timestamp");
  if (!/^\d{1,16}$/.test(text)) {
    return failure(-1100, "Illegal characters found in parameter 'timestamp'.");
  }
  const sentMs = Number(text);
  const window = Number(params.get("recvWindow") ?? RECV_WINDOW_MS);
  if (!(window >= 0) || window > RECV_WINDOW_MS_MAX) {
    return failure(-1131, "recvWindow must be less than 60000");
  }
  const nowMs = now / 1_000;
  if (sentMs >= nowMs + AHEAD_MS_MAX) {
    return failure(-1021, "Timestamp for this request was 1000ms ahead of the server's time.");
  }
  return nowMs - sentMs > window
    ? failure(-1021, "Timestamp for this request is outside of the recvWindow.")
    : undefined;
}

/** EIP-712 separator of the venue's domain on a chain. */
export function domainSeparator(chainId: number): Uint8Array {
  const type = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
  const chain = new Uint8Array(32);
  for (let i = 31, left = chainId; left > 0; i--, left = Math.floor(left / 256)) {
    chain[i] = left % 256;
  }
  const zero = new Uint8Array(32);
  const parts = [hashed(type), hashed("AsterSignTransaction"), hashed("1"), chain, zero];
  return keccak_256(joined(parts));
}

/** EIP-712 digest of `Message(string msg)`. */
export function messageDigest(separator: Uint8Array, message: string): Uint8Array {
  const struct = keccak_256(joined([hashed("Message(string msg)"), hashed(message)]));
  return keccak_256(joined([Uint8Array.of(0x19, 0x01), separator, struct]));
}

/** Lower-case address of who signed, or undefined when it is no signature at all. */
export function recoveredAddress(
  digest: Uint8Array,
  signature: string,
  signers: KnownSigners,
): string | undefined {
  if (!/^0x[\da-fA-F]{128}(1b|1c|1B|1C)$/.test(signature)) return undefined;
  const r = BigInt(signature.slice(0, 66));
  const s = BigInt(`0x${signature.slice(66, 130)}`);
  return signers.recover(digest, r, s, signature.slice(130).toLowerCase() === "1b" ? 0 : 1);
}

/** Lower-case address of an uncompressed public key. */
export function addressOf(publicKey: Uint8Array): string {
  return `0x${toHex(keccak_256(publicKey.slice(1)).slice(-20))}`;
}

/** Bytes as lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

function hashed(text: string): Uint8Array {
  return keccak_256(encoder.encode(text));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function withoutSignature(text: string): string {
  if (!text.includes("signature=")) return text;
  return text.split("&").filter((pair) => !pair.startsWith("signature=")).join("&");
}
