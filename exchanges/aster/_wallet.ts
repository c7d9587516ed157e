/**
 * Aster's EIP-712 message: a parameter text, hashed and signed with an agent's key.
 *
 *   digest = keccak(0x1901 | separator | keccak(keccak("Message(string msg)") | keccak(msg)))
 *   signature = 0x | r | s | v (27 or 28)
 *
 * 1. The separator and the type's hash are made once; an order costs three hashes and a signature.
 * 2. Signing is deterministic (RFC 6979) with low s.
 * 3. The key lives in a private field and is never part of a text.
 *
 * Source: EIP-712; venue documentation "Authentication signature payload", v3.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { err, ok, type Result } from "@/engine/domain/mod.ts";

const utf8 = new TextEncoder();
const HASH = 32;
const MESSAGE_TYPE = keccak_256(utf8.encode("Message(string msg)"));
const DOMAIN_TYPE = keccak_256(utf8.encode(
  "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
));
const HEX = "0123456789abcdef";

/** `0x` and lower-case hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  let text = "0x";
  for (const byte of bytes) text += HEX[byte >> 4]! + HEX[byte & 15]!;
  return text;
}

/** The separator of the venue's domain on one chain. */
export function domainSeparator(chainId: number): Uint8Array {
  // Five words: type, name, version, chain, and a verifying contract of zeros.
  const words = new Uint8Array(5 * HASH);
  words.set(DOMAIN_TYPE, 0);
  words.set(keccak_256(utf8.encode("AsterSignTransaction")), HASH);
  words.set(keccak_256(utf8.encode("1")), 2 * HASH);
  new DataView(words.buffer).setBigUint64(4 * HASH - 8, BigInt(chainId));
  return keccak_256(words);
}

/** A key that signs messages for one chain. */
export class Wallet {
  /** Lower-case address of the key: case has no meaning to the venue. */
  readonly address: string;
  readonly #key: Uint8Array;
  readonly #struct = new Uint8Array(2 * HASH);
  readonly #envelope = new Uint8Array(2 + 2 * HASH);

  private constructor(key: Uint8Array, chainId: number) {
    this.#key = key;
    const point = secp256k1.getPublicKey(key, false);
    this.address = hexOf(keccak_256(point.subarray(1)).subarray(12));
    this.#struct.set(MESSAGE_TYPE, 0);
    this.#envelope.set([0x19, 0x01], 0);
    this.#envelope.set(domainSeparator(chainId), 2);
  }

  /** Takes 64 hexadecimal digits, with or without `0x`; the error holds none of them. */
  static of(privateKey: string, chainId: number): Result<Wallet> {
    const digits = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(privateKey.trim())?.[1];
    if (digits === undefined) {
      return err("Cannot sign: wanted a private key of 64 hexadecimal digits, found another text");
    }
    const key = Uint8Array.from(
      { length: HASH },
      (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
    );
    if (!secp256k1.utils.isValidSecretKey(key)) {
      return err("Cannot sign: wanted a private key of the curve, found one outside of it");
    }
    return ok(new Wallet(key, chainId));
  }

  /** What is signed for a message. The next call writes over nothing of it. */
  digest(message: string): Uint8Array {
    this.#struct.set(keccak_256(utf8.encode(message)), HASH);
    this.#envelope.set(keccak_256(this.#struct), 2 + HASH);
    return keccak_256(this.#envelope);
  }

  /** The signature of a message. */
  sign(message: string): string {
    return this.signDigest(this.digest(message));
  }

  /** The signature of a digest made by `digest`. */
  signDigest(digest: Uint8Array): string {
    // Recovery bit first, then r and s.
    const signature = secp256k1.sign(digest, this.#key, { prehash: false, format: "recovered" });
    return hexOf(signature.subarray(1)) + (27 + signature[0]!).toString(16);
  }
}
