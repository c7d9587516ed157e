/**
 * Proof of who we are: two EIP-712 schemes over one secp256k1 key.
 *
 *   L1:   action -> MessagePack ‖ nonce ‖ vault ‖ expiry -> keccak = connection id
 *         -> Agent(source, connectionId) in domain "Exchange" -> digest -> signature
 *   user: action -> HyperliquidTransaction:<Name>(fields) in the user's own chain -> digest
 *
 * 1. The bytes hashed are those of the action as it is sent, key by key: the venue hashes what it
 *    receives, and another order or a trailing zero recovers another address.
 * 2. Signatures are low-S, `r` and `s` padded to 32 bytes, `v` 27 or 28.
 * 3. `RecoverableSigner` is all that is known of the key: what signs may be replaced by something
 *    faster.
 *
 * Source: venue documentation "Signing", and the signing tests of the venue's Python SDK.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import { bytesOfHex, concatenated, domainSeparator, hexOf, utf8 } from "./_eip712.ts";
import { MsgpackWriter, type WireValue } from "./_msgpack.ts";
import { userDigest } from "./_user_actions.ts";

/** Which chain of the venue: it enters every signature. */
export type Network = "mainnet" | "testnet";

/** A signature as it is sent. */
export interface RecoverableSignature {
  readonly r: string;
  readonly s: string;
  readonly v: number;
}

/** Signs 32-byte digests under one key. */
export interface RecoverableSigner {
  /** The key's address, lower case. */
  readonly address: string;
  sign(digest: Uint8Array): RecoverableSignature;
}

/** An action with its keys in wire order. */
export type WireAction = { readonly [key: string]: WireValue };

/** All that an L1 signature covers. */
export interface L1Payload {
  readonly action: WireAction;
  readonly nonce: number;
  /** The vault or sub-account that is acted for. */
  readonly vault?: string;
  readonly expiresAfter?: number;
  readonly network: Network;
}

/** An L1 signature and what it is over. The bytes are the caller's. */
export interface L1Proof {
  readonly hash: Uint8Array;
  readonly digest: Uint8Array;
  readonly signature: RecoverableSignature;
}

const DOMAIN = domainSeparator("Exchange", 1_337);
const AGENT_TYPE = keccak_256(utf8("Agent(string source,bytes32 connectionId)"));
const SOURCES: Readonly<Record<Network, Uint8Array>> = {
  mainnet: keccak_256(utf8("a")),
  testnet: keccak_256(utf8("b")),
};
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const writer = new MsgpackWriter();

/** Makes a signer of a private key; the error never holds any part of it. */
export function createRecoverableSigner(privateKey: string): Result<RecoverableSigner> {
  const secret = bytesOfHex(privateKey.trim());
  if (secret === undefined || secret.length !== 32) {
    return err("Cannot sign: wanted a private key of 32 bytes in hex, found another text");
  }
  try {
    const address = addressOf(secp256k1.getPublicKey(secret, false));
    return ok({ address, sign: (digest) => signDigest(secret, digest) });
  } catch {
    return err("Cannot sign: wanted a private key of the curve, found a number outside it");
  }
}

/** The address of an uncompressed public key. */
export function addressOf(publicKey: Uint8Array): string {
  return hexOf(keccak_256(publicKey.subarray(1)).subarray(12));
}

/** The hash of an action with what is signed beside it: the connection id. */
export function l1Hash(payload: L1Payload): Result<Uint8Array> {
  const { action, nonce, vault, expiresAfter } = payload;
  if (!isUint(nonce)) return err(`Cannot sign: wanted a nonce in milliseconds, found ${nonce}`);
  const vaultBytes = vault === undefined ? undefined : bytesOfHex(vault);
  if (vault !== undefined && (vaultBytes === undefined || !ADDRESS.test(vault))) {
    return err(`Cannot sign: wanted the vault's address, found "${vault.slice(0, 50)}"`);
  }
  if (expiresAfter !== undefined && !isUint(expiresAfter)) {
    return err(`Cannot sign: wanted an expiry in milliseconds, found ${expiresAfter}`);
  }
  const written = writer.write(action);
  if (!written.ok) return written;
  writer.appendUint64(nonce);
  if (vaultBytes === undefined) writer.appendByte(0);
  else {
    writer.appendByte(1);
    writer.appendBytes(vaultBytes);
  }
  if (expiresAfter !== undefined) {
    writer.appendByte(0);
    writer.appendUint64(expiresAfter);
  }
  return ok(keccak_256(writer.bytes));
}

/** What is signed for a connection id. */
export function l1Digest(hash: Uint8Array, network: Network): Uint8Array {
  const struct = keccak_256(concatenated(AGENT_TYPE, SOURCES[network], hash));
  return keccak_256(concatenated(Uint8Array.of(0x19, 0x01), DOMAIN, struct));
}

/** Signs an L1 action. */
export function signL1(signer: RecoverableSigner, payload: L1Payload): Result<L1Proof> {
  const hash = l1Hash(payload);
  if (!hash.ok) return hash;
  const digest = l1Digest(hash.value, payload.network);
  return ok({ hash: hash.value, digest, signature: signer.sign(digest) });
}

/** Signs exactly what is given, for the `sign` tool. */
export function signInput(
  input: Readonly<Record<string, unknown>>,
): Result<Readonly<Record<string, unknown>>> {
  const credentials = objectIn(input, "credentials");
  const key = credentials?.["private_key"];
  if (typeof key !== "string") {
    return err('Cannot sign: wanted "credentials" with private_key, found none');
  }
  const signer = createRecoverableSigner(key);
  if (!signer.ok) return signer;
  const action = objectIn(input, "action");
  if (action === undefined) return err('Cannot sign: wanted "action" as an object, found none');
  const kind = input["kind"] ?? "l1";
  if (kind === "user") {
    const digest = userDigest(action);
    if (!digest.ok) return digest;
    return ok({
      digest: hexOf(digest.value),
      signature: signer.value.sign(digest.value),
    });
  }
  if (kind !== "l1") return err(`Cannot sign: wanted kind "l1" or "user", found "${kind}"`);
  const payload = payloadOf(input, action as WireAction);
  if (!payload.ok) return payload;
  const proof = signL1(signer.value, payload.value);
  if (!proof.ok) return proof;
  const { hash, digest, signature } = proof.value;
  return ok({ hash: hexOf(hash), digest: hexOf(digest), signature });
}

function payloadOf(
  input: Readonly<Record<string, unknown>>,
  action: WireAction,
): Result<L1Payload> {
  const nonce = input["nonce"] ?? 0;
  const network = input["network"] ?? "mainnet";
  const vault = input["vault"] ?? undefined;
  const expiresAfter = input["expires_after"] ?? undefined;
  if (typeof nonce !== "number") return err('Cannot sign: wanted "nonce" as a number');
  if (network !== "mainnet" && network !== "testnet") {
    return err(`Cannot sign: wanted network "mainnet" or "testnet", found "${network}"`);
  }
  if (vault !== undefined && typeof vault !== "string") {
    return err('Cannot sign: wanted "vault" as an address');
  }
  if (expiresAfter !== undefined && typeof expiresAfter !== "number") {
    return err('Cannot sign: wanted "expires_after" as a number');
  }
  return ok({
    action,
    nonce,
    network,
    ...(vault === undefined ? {} : { vault }),
    ...(expiresAfter === undefined ? {} : { expiresAfter }),
  });
}

function signDigest(secret: Uint8Array, digest: Uint8Array): RecoverableSignature {
  // One byte of recovery, then r and s. Deterministic: RFC 6979, without further chance.
  const bytes = secp256k1.sign(digest, secret, {
    prehash: false,
    lowS: true,
    format: "recovered",
    extraEntropy: false,
  });
  return { r: hexOf(bytes.subarray(1, 33)), s: hexOf(bytes.subarray(33)), v: 27 + bytes[0]! };
}

function isUint(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function objectIn(
  input: Readonly<Record<string, unknown>>,
  key: string,
): Readonly<Record<string, unknown>> | undefined {
  const value = input[key];
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Readonly<Record<string, unknown>>
    : undefined;
}
