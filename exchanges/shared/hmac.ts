/**
 * Keyed hashing shared by signers: the key's part of the work is done once.
 *
 *   HMAC(key, text) = H(key ^ opad, H(key ^ ipad, text)); the state of H behind each pad is kept
 *
 * 1. SHA-256 is our own: from two kept states, without allocation (PERFORMANCE.md section 5: 1.3 us
 *    against 3.1 of `node:crypto`). It is checked against `node:crypto` on every length by test.
 * 2. SHA-512 and Ed25519 are `node:crypto`'s.
 * 3. Keys live in private fields and are never part of a text.
 * Source: FIPS 180-4 section 6.2, RFC 2104.
 * @module
 */
import { createHash, createHmac, createPrivateKey, sign } from "node:crypto";
import { assert } from "@/engine/domain/mod.ts";

const BLOCK = 64;
const encoder = new TextEncoder();

const INITIAL = Int32Array.of(
  ...[0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a],
  ...[0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19],
);
const ROUND = roundConstants();
const schedule = new Int32Array(64);
const tail = new Uint8Array(2 * BLOCK);
const state = new Int32Array(8);
const digest = new Uint8Array(32);
/** Text being signed; grows, is shared by all keys, and holds nothing between two calls that
 * matters. */
let scratch = new Uint8Array(4_096);

/** HMAC-SHA256 under one key. */
export class HmacSha256 {
  readonly #inner = new Int32Array(8);
  readonly #outer = new Int32Array(8);

  constructor(key: string | Uint8Array) {
    const raw = typeof key === "string" ? encoder.encode(key) : key;
    const short = raw.length > BLOCK ? createHash("sha256").update(raw).digest() : raw;
    const pad = new Uint8Array(BLOCK).fill(0x36);
    for (let at = 0; at < short.length; at++) pad[at]! ^= short[at]!;
    this.#inner.set(INITIAL);
    compress(this.#inner, pad, 0);
    for (let at = 0; at < BLOCK; at++) pad[at]! ^= 0x36 ^ 0x5c;
    this.#outer.set(INITIAL);
    compress(this.#outer, pad, 0);
  }

  /** Lower-case hexadecimal. */
  hex(message: string | Uint8Array): string {
    this.#sum(message);
    let text = "";
    for (let at = 0; at < 32; at++) text += HEX_PAIRS[digest[at]!];
    return text;
  }

  /** Base64 with padding. */
  base64(message: string | Uint8Array): string {
    this.#sum(message);
    return btoa(String.fromCharCode(...digest));
  }

  /** A fresh copy of the 32 bytes. */
  bytes(message: string | Uint8Array): Uint8Array {
    this.#sum(message);
    return digest.slice();
  }

  /** Writes 64 lower-case hexadecimal characters of `bytes[start..end)` to `out[at..]`, in
   * place. */
  hexInto(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): void {
    assert(at + 64 <= out.length, "There must be room for the signature");
    this.#sumBytes(bytes, start, end);
    for (let index = 0; index < 32; index++) {
      const value = digest[index]!;
      out[at + index * 2] = HEX_DIGITS.charCodeAt(value >> 4);
      out[at + index * 2 + 1] = HEX_DIGITS.charCodeAt(value & 15);
    }
  }

  #sum(message: string | Uint8Array): void {
    if (typeof message !== "string") return this.#sumBytes(message, 0, message.length);
    if (message.length * 3 > scratch.length) scratch = new Uint8Array(message.length * 6);
    this.#sumBytes(scratch, 0, encoder.encodeInto(message, scratch).written);
  }

  #sumBytes(bytes: Uint8Array, start: number, end: number): void {
    state.set(this.#inner);
    finish(state, bytes, start, end);
    writeDigest();
    state.set(this.#outer);
    finish(state, digest, 0, 32);
    writeDigest();
  }
}

/** HMAC-SHA512 under one key. */
export class HmacSha512 {
  readonly #key: Uint8Array;

  constructor(key: string | Uint8Array) {
    this.#key = typeof key === "string" ? encoder.encode(key) : key.slice();
  }

  /** Lower-case hexadecimal. */
  hex(message: string | Uint8Array): string {
    return createHmac("sha512", this.#key).update(message).digest("hex");
  }

  /** Base64 with padding. */
  base64(message: string | Uint8Array): string {
    return createHmac("sha512", this.#key).update(message).digest("base64");
  }
}

/** Signs with an Ed25519 private key in PKCS#8 PEM; throws, without the text, when it holds
 * none. */
export function ed25519Signer(pem: string): (message: Uint8Array) => Uint8Array {
  const key = privateKeyOf(pem);
  return (message) => new Uint8Array(sign(null, message, key));
}

function privateKeyOf(pem: string): ReturnType<typeof createPrivateKey> {
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error("Cannot read a signing key: wanted an Ed25519 private key in PKCS#8 PEM");
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new Error(
    `Cannot read a signing key: wanted an Ed25519 key, found ${key.asymmetricKeyType}`,
  );
}

const HEX_DIGITS = "0123456789abcdef";
const HEX_PAIRS = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

/** First 32 bits of the fractional parts of the cube roots of the first 64 primes, exactly. */
function roundConstants(): Int32Array {
  const constants = new Int32Array(64);
  let found = 0;
  for (let candidate = 2; found < 64; candidate++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) {
      if (candidate % divisor === 0) prime = false;
    }
    if (!prime) continue;
    // floor(cbrt(p) * 2^32) by integer bisection: no float decides a bit.
    const wanted = BigInt(candidate) << 96n;
    let low = 0n;
    let high = 8n << 32n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle * middle * middle <= wanted) low = middle;
      else high = middle;
    }
    constants[found++] = Number(BigInt.asIntN(32, low));
  }
  return constants;
}

/** Takes the rest of a text whose first block (the pad) is in `into` already. */
function finish(into: Int32Array, bytes: Uint8Array, start: number, end: number): void {
  let at = start;
  for (; at + BLOCK <= end; at += BLOCK) compress(into, bytes, at);
  const left = end - at;
  const size = left + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
  for (let index = 0; index < left; index++) tail[index] = bytes[at + index]!;
  tail[left] = 0x80;
  for (let index = left + 1; index < size - 8; index++) tail[index] = 0;
  const total = end - start + BLOCK;
  const high = Math.floor(total / 0x2000_0000);
  const low = (total << 3) | 0;
  for (let index = 0; index < 4; index++) {
    tail[size - 8 + index] = high >>> (24 - 8 * index);
    tail[size - 4 + index] = low >>> (24 - 8 * index);
  }
  compress(into, tail, 0);
  if (size > BLOCK) compress(into, tail, BLOCK);
}

function writeDigest(): void {
  for (let index = 0; index < 8; index++) {
    const word = state[index]!;
    digest[index * 4] = word >>> 24;
    digest[index * 4 + 1] = word >>> 16;
    digest[index * 4 + 2] = word >>> 8;
    digest[index * 4 + 3] = word;
  }
}

/** One block of 64 bytes (FIPS 180-4 section 6.2.2). */
function compress(into: Int32Array, bytes: Uint8Array, start: number): void {
  const w = schedule;
  for (let t = 0; t < 16; t++) {
    const at = start + t * 4;
    w[t] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!;
    const y = w[t - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[t] = (w[t - 16]! + s0 + w[t - 7]! + s1) | 0;
  }
  let a = into[0]!;
  let b = into[1]!;
  let c = into[2]!;
  let d = into[3]!;
  let e = into[4]!;
  let f = into[5]!;
  let g = into[6]!;
  let h = into[7]!;
  for (let t = 0; t < 64; t++) {
    const big1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + big1 + ((e & f) ^ (~e & g)) + ROUND[t]! + w[t]!) | 0;
    const big0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  into[0] = (into[0]! + a) | 0;
  into[1] = (into[1]! + b) | 0;
  into[2] = (into[2]! + c) | 0;
  into[3] = (into[3]! + d) | 0;
  into[4] = (into[4]! + e) | 0;
  into[5] = (into[5]! + f) | 0;
  into[6] = (into[6]! + g) | 0;
  into[7] = (into[7]! + h) | 0;
}
