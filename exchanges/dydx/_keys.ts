/**
 * Keys of the chain: mnemonic or hex to a secp256k1 key, its public key and its address.
 *
 *   words --PBKDF2--> seed --BIP-32 m/44'/118'/0'/0/0--> key --SHA-256, RIPEMD-160--> bech32
 *
 * 1. The words are normalised (NFKD) and not checked against the word list: a wrong word makes
 *    another address, which `doctor` shows.
 * 2. No error holds any part of a secret.
 *
 * Source: BIP-39, BIP-32, BIP-173.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { hmac } from "@noble/hashes/hmac.js";
import { ripemd160 } from "@noble/hashes/legacy.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { err, ok, type Result } from "@/engine/domain/mod.ts";

/** A secret of either form. */
export interface DydxSecret {
  /** 32 bytes in hex, with or without 0x. */
  readonly privateKey?: string;
  readonly mnemonic?: string;
}

/** A key and what follows from it. */
export interface ChainKey {
  readonly privateKey: Uint8Array;
  /** 33 bytes, compressed. */
  readonly publicKey: Uint8Array;
  readonly address: string;
}

const PATH: readonly number[] = [44 + 2 ** 31, 118 + 2 ** 31, 2 ** 31, 0, 0];
const ORDER = secp256k1.Point.CURVE().n;
const ADDRESS_PREFIX = "dydx";
const CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const encoder = new TextEncoder();

/** Makes the key; refused when the secret is none. */
export function chainKey(secret: DydxSecret): Result<ChainKey> {
  const { privateKey, mnemonic } = secret;
  if (privateKey !== undefined && mnemonic !== undefined) {
    return err("Cannot sign: wanted a private key or a mnemonic, found both");
  }
  if (privateKey !== undefined) {
    const hex = privateKey.startsWith("0x") ? privateKey.slice(2) : privateKey;
    if (!/^[0-9a-fA-F]{64}$/.test(hex)) {
      return err("Cannot sign: wanted a private key of 64 hex digits, found another text");
    }
    return keyOf(bytesFromHex(hex));
  }
  if (mnemonic === undefined) {
    return err("Cannot sign: wanted a private key or a mnemonic, found none");
  }
  const words = mnemonic.normalize("NFKD").trim().split(/\s+/);
  if (words.length < 12 || words.length > 24 || words.length % 3 !== 0) {
    return err(`Cannot sign: wanted a mnemonic of 12 to 24 words, found ${words.length}`);
  }
  const seed = pbkdf2(sha512, encoder.encode(words.join(" ")), encoder.encode("mnemonic"), {
    c: 2_048,
    dkLen: 64,
  });
  const derived = derive(seed);
  return derived === undefined
    ? err("Cannot sign: the mnemonic derives no valid key")
    : keyOf(derived);
}

/** The bech32 address of a compressed public key. */
export function addressOf(publicKey: Uint8Array): string {
  return bech32(ADDRESS_PREFIX, ripemd160(sha256(publicKey)));
}

/** Lower-case hex of bytes. */
export function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Bytes of an even number of hex digits. */
export function bytesFromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16);
  }
  return bytes;
}

function keyOf(privateKey: Uint8Array): Result<ChainKey> {
  const scalar = bigOf(privateKey);
  if (scalar === 0n || scalar >= ORDER) {
    return err("Cannot sign: wanted a private key between 1 and the curve's order");
  }
  const publicKey = secp256k1.getPublicKey(privateKey, true);
  return ok({ privateKey, publicKey, address: addressOf(publicKey) });
}

/** BIP-32 from a seed down the path; undefined in the one case in 2^127 that has no key. */
function derive(seed: Uint8Array): Uint8Array | undefined {
  let node = hmac(sha512, encoder.encode("Bitcoin seed"), seed);
  for (const index of PATH) {
    const key = node.subarray(0, 32);
    const data = new Uint8Array(37);
    if (index >= 2 ** 31) data.set(key, 1);
    else data.set(secp256k1.getPublicKey(key, true), 0);
    new DataView(data.buffer).setUint32(33, index);
    const next = hmac(sha512, node.subarray(32), data);
    const tweak = bigOf(next.subarray(0, 32));
    const child = (tweak + bigOf(key)) % ORDER;
    if (tweak >= ORDER || child === 0n) return undefined;
    next.set(bytesFromHex(child.toString(16).padStart(64, "0")), 0);
    node = next;
  }
  return node.slice(0, 32);
}

function bigOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${hexOf(bytes)}`);
}

function bech32(prefix: string, data: Uint8Array): string {
  const words = fiveBitWords(data);
  const expanded = [
    ...[...prefix].map((letter) => letter.charCodeAt(0) >> 5),
    0,
    ...[...prefix].map((letter) => letter.charCodeAt(0) & 31),
  ];
  const sum = checksumOf([...expanded, ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  const check = [25, 20, 15, 10, 5, 0].map((shift) => (sum >>> shift) & 31);
  return `${prefix}1${[...words, ...check].map((word) => CHARSET[word]).join("")}`;
}

function fiveBitWords(data: Uint8Array): number[] {
  const words: number[] = [];
  let held = 0;
  let bits = 0;
  for (const byte of data) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      words.push((held >> bits) & 31);
    }
  }
  if (bits > 0) words.push((held << (5 - bits)) & 31);
  return words;
}

function checksumOf(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (let bit = 0; bit < 5; bit++) {
      if (((top >> bit) & 1) === 1) sum ^= GENERATORS[bit]!;
    }
  }
  return sum;
}
