/**
 * The bytes of EIP-712: hex, words of 32 bytes, domain separators.
 *
 * Source: EIP-712 "Typed structured data hashing and signing".
 * @module
 */
import { keccak_256 } from "@noble/hashes/sha3.js";

const encoder = new TextEncoder();
const HEX = /^(?:0x)?((?:[0-9a-fA-F]{2})*)$/;
const DIGITS: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(16).padStart(2, "0"),
);
const DOMAIN_TYPE = keccak_256(
  encoder.encode(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
  ),
);

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** `0x` and two lower-case digits a byte. */
export function hexOf(bytes: Uint8Array): string {
  let text = "0x";
  for (const byte of bytes) text += DIGITS[byte];
  return text;
}

/** The bytes of a hex text, with or without `0x`; undefined when it is none. */
export function bytesOfHex(text: string): Uint8Array | undefined {
  const digits = HEX.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16);
  }
  return bytes;
}

/** All parts, one behind the other. */
export function concatenated(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A whole number of at most 256 bits as a word. */
export function wordOf(value: bigint): Uint8Array {
  const word = new Uint8Array(32);
  let rest = value;
  for (let at = 31; rest > 0n && at >= 0; at--) {
    word[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return word;
}

/** The separator of a version-1 domain whose verifying contract is the zero address. */
export function domainSeparator(name: string, chainId: number): Uint8Array {
  return keccak_256(
    concatenated(
      DOMAIN_TYPE,
      keccak_256(utf8(name)),
      keccak_256(utf8("1")),
      wordOf(BigInt(chainId)),
      new Uint8Array(32),
    ),
  );
}
