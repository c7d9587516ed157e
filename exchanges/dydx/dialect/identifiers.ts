/**
 * Names of the chain and the indexer: addresses of keys, UUIDs of subaccounts, orders and fills.
 *
 * Source: protocol sheet sections 3 and 5; BIP 173 (bech32); RFC 4122 (version 5).
 * @module
 */
import { ripemd160, sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";

const CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const HRP = "dydx";
const NAMESPACE = bytesOfHex("0f9da948a6fb4c459edc4685c3f3317d");
const encoder = new TextEncoder();

/** Bytes of hexadecimal text. */
export function bytesOfHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Lower-case hexadecimal text of bytes. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The address of a compressed public key. */
export function addressOf(publicKey: Uint8Array): string {
  const words = fiveBitWords(ripemd160(sha256(publicKey)));
  const expanded = [...HRP].map((each) => each.charCodeAt(0) >> 5);
  expanded.push(0, ...[...HRP].map((each) => each.charCodeAt(0) & 31));
  const check = polymod([...expanded, ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  const sum = [0, 1, 2, 3, 4, 5].map((each) => (check >>> (5 * (5 - each))) & 31);
  return `${HRP}1${[...words, ...sum].map((each) => CHARSET[each]).join("")}`;
}

/** UUID of a name in the indexer's namespace. */
export function uuidOf(name: string): string {
  const text = encoder.encode(name);
  const input = new Uint8Array(NAMESPACE.length + text.length);
  input.set(NAMESPACE);
  input.set(text, NAMESPACE.length);
  const hash = sha1(input).subarray(0, 16);
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hexOf(hash);
  const parts = [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]] as const;
  return parts.map(([from, to]) => hex.slice(from, to)).join("-");
}

/** UUID of a subaccount. */
export function subaccountUuid(address: string, number: number): string {
  return uuidOf(`${address}-${number}`);
}

/** UUID of an order. */
export function orderUuid(
  address: string,
  number: number,
  clientId: number,
  clobPairId: number,
  orderFlags: number,
): string {
  return uuidOf(`${subaccountUuid(address, number)}-${clientId}-${clobPairId}-${orderFlags}`);
}

function fiveBitWords(bytes: Uint8Array): number[] {
  const words: number[] = [];
  let value = 0;
  let bits = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) words.push((value >> (bits - 5)) & 31);
  }
  if (bits > 0) words.push((value << (5 - bits)) & 31);
  return words;
}

function polymod(values: readonly number[]): number {
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    for (let i = 0; i < 5; i++) if ((top >> i) & 1) check ^= GENERATOR[i]!;
  }
  return check;
}
