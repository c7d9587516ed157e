/**
 * Keyed hashing shared by signers: the key's part of the work is done once.
 * @module
 */
import { createHmac, createPrivateKey, sign } from "node:crypto";

/** HMAC-SHA256 under one key. */
export class HmacSha256 {
  readonly #key: string | Uint8Array;

  constructor(key: string | Uint8Array) {
    this.#key = key;
  }

  /** Lower-case hexadecimal. */
  hex(message: string | Uint8Array): string {
    return createHmac("sha256", this.#key).update(message).digest("hex");
  }

  base64(message: string | Uint8Array): string {
    return createHmac("sha256", this.#key).update(message).digest("base64");
  }
}

/** HMAC-SHA512 under one key. */
export class HmacSha512 {
  readonly #key: string | Uint8Array;

  constructor(key: string | Uint8Array) {
    this.#key = key;
  }

  /** Lower-case hexadecimal. */
  hex(message: string | Uint8Array): string {
    return createHmac("sha512", this.#key).update(message).digest("hex");
  }

  base64(message: string | Uint8Array): string {
    return createHmac("sha512", this.#key).update(message).digest("base64");
  }
}

/** Signs with an Ed25519 private key in PKCS#8 PEM; throws when the text holds none. */
export function ed25519Signer(pem: string): (message: Uint8Array) => Uint8Array {
  const key = createPrivateKey(pem);
  return (message) => sign(null, message, key);
}
