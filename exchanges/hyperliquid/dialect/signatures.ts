/**
 * Who signed: msgpack of actions, EIP-712 digests, recovery of the signer's address.
 *
 * 1. An action is hashed as the venue itself would write it: its own key order, plain decimals.
 * 2. Integers take the fewest bytes; those above 2^32 are uint64, never floats.
 * Source: protocol sheet section 3.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { KnownSigners } from "@/exchanges/simulator/mod.ts";
import type { Json } from "./wire_symbols.ts";

const encoder = new TextEncoder();
const DOMAIN_TYPE =
  "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const AGENT_TYPE = hashText("Agent(string source,bytes32 connectionId)");
const L1_DOMAIN = domainOf("Exchange", 1_337n);
/** Signatures with a larger s are refused: each has a twin. */
const HALF_ORDER = secp256k1.Point.Fn.ORDER >> 1n;
const HEX_32 = /^0x[0-9a-fA-F]{1,64}$/;

/** What a user-signed action signs, by its type. */
export const USER_ACTIONS: Readonly<Record<string, { name: string; fields: readonly string[] }>> = {
  approveAgent: {
    name: "ApproveAgent",
    fields: ["string hyperliquidChain", "address agentAddress", "string agentName", "uint64 nonce"],
  },
  approveBuilderFee: {
    name: "ApproveBuilderFee",
    fields: ["string hyperliquidChain", "string maxFeeRate", "address builder", "uint64 nonce"],
  },
  usdSend: {
    name: "UsdSend",
    fields: ["string hyperliquidChain", "string destination", "string amount", "uint64 time"],
  },
  usdClassTransfer: {
    name: "UsdClassTransfer",
    fields: ["string hyperliquidChain", "string amount", "bool toPerp", "uint64 nonce"],
  },
};

/** What an L1 action is signed with beside itself. */
export interface L1Envelope {
  readonly nonce: number;
  readonly vaultAddress?: string;
  readonly expiresAfter?: number;
}

/** The hash of an action in the venue's own writing. */
export function actionHash(action: unknown, envelope: L1Envelope): Uint8Array {
  const { nonce, vaultAddress, expiresAfter } = envelope;
  const vault = vaultAddress === undefined
    ? Uint8Array.of(0)
    : concatBytes(Uint8Array.of(1), hexToBytes(vaultAddress.slice(2).toLowerCase()));
  const expires = expiresAfter === undefined
    ? new Uint8Array()
    : concatBytes(Uint8Array.of(0), big(BigInt(expiresAfter), 8));
  return keccak_256(concatBytes(msgpack(action), big(BigInt(nonce), 8), vault, expires));
}

/** What is signed for an L1 action: `a` on mainnet, `b` on testnet. */
export function l1Digest(hash: Uint8Array, source: "a" | "b"): Uint8Array {
  const struct = keccak_256(concatBytes(AGENT_TYPE, hashText(source), hash));
  return keccak_256(concatBytes(Uint8Array.of(0x19, 0x01), L1_DOMAIN, struct));
}

/** What is signed for a user-signed action; undefined when fields are missing or malformed. */
export function userDigest(action: Json): Uint8Array | undefined {
  const signed = USER_ACTIONS[String(action.type)];
  const chain = action.signatureChainId;
  if (signed === undefined || typeof chain !== "string" || !HEX_32.test(chain)) return undefined;
  const { name, fields } = signed;
  const words = [hashText(`HyperliquidTransaction:${name}(${fields.join(",")})`)];
  for (const field of fields) {
    const [type, key] = field.split(" ") as [string, string];
    const word = wordOf(type, action[key]);
    if (word === undefined) return undefined;
    words.push(word);
  }
  const domain = domainOf("HyperliquidSignTransaction", BigInt(chain));
  const struct = keccak_256(concatBytes(...words));
  return keccak_256(concatBytes(Uint8Array.of(0x19, 0x01), domain, struct));
}

/** A signature as it was sent. */
export interface WireSignature {
  readonly r: bigint;
  readonly s: bigint;
  readonly v: number;
}

/** Reads a signature; r and s may lack leading zeros. */
export function signatureOf(value: unknown): WireSignature | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { r, s, v } = value as Json;
  if (typeof r !== "string" || typeof s !== "string" || !HEX_32.test(r) || !HEX_32.test(s)) {
    return undefined;
  }
  return v === 27 || v === 28 ? { r: BigInt(r), s: BigInt(s), v } : undefined;
}

/** Tells who signs at one venue; keys that sign often are told fast. */
export function signersByAddress(): KnownSigners {
  return new KnownSigners(addressOf);
}

/** The address whose key made a signature; undefined when no key can have made it. */
export function recoverAddress(
  digest: Uint8Array,
  { r, s, v }: WireSignature,
  signers = signersByAddress(),
): string | undefined {
  if (s > HALF_ORDER) return undefined;
  return signers.recover(digest, r, s, v === 27 ? 0 : 1);
}

/** The address of a private key. */
export function addressOfKey(privateKey: Uint8Array): string {
  return addressOf(secp256k1.getPublicKey(privateKey, false));
}

/** Bytes of a value as msgpack. */
export function msgpack(value: unknown): Uint8Array {
  const parts: Uint8Array[] = [];
  pack(value, parts);
  return concatBytes(...parts);
}

function pack(value: unknown, parts: Uint8Array[]): void {
  if (typeof value === "boolean") parts.push(Uint8Array.of(value ? 0xc3 : 0xc2));
  else if (typeof value === "number" || typeof value === "bigint") {
    parts.push(packInteger(BigInt(value)));
  } else if (typeof value === "string") {
    const bytes = encoder.encode(value);
    const { length } = bytes;
    parts.push(
      length < 32
        ? Uint8Array.of(0xa0 | length)
        : length < 256
        ? Uint8Array.of(0xd9, length)
        : concatBytes(Uint8Array.of(0xda), big(BigInt(length), 2)),
    );
    parts.push(bytes);
  } else if (Array.isArray(value)) {
    parts.push(packHead(value.length, 0x90, 0xdc));
    for (const each of value) pack(each, parts);
  } else if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    parts.push(packHead(entries.length, 0x80, 0xde));
    for (const [key, each] of entries) {
      pack(key, parts);
      pack(each, parts);
    }
  } else parts.push(Uint8Array.of(0xc0));
}

function packHead(length: number, short: number, long: number): Uint8Array {
  return length < 16
    ? Uint8Array.of(short | length)
    : concatBytes(Uint8Array.of(long), big(BigInt(length), 2));
}

function packInteger(value: bigint): Uint8Array {
  if (value >= 0n) {
    if (value < 128n) return Uint8Array.of(Number(value));
    if (value < 2n ** 8n) return concatBytes(Uint8Array.of(0xcc), big(value, 1));
    if (value < 2n ** 16n) return concatBytes(Uint8Array.of(0xcd), big(value, 2));
    if (value < 2n ** 32n) return concatBytes(Uint8Array.of(0xce), big(value, 4));
    return concatBytes(Uint8Array.of(0xcf), big(value, 8));
  }
  if (value >= -32n) return Uint8Array.of(Number(256n + value));
  if (value >= -(2n ** 7n)) return concatBytes(Uint8Array.of(0xd0), big(value, 1));
  if (value >= -(2n ** 15n)) return concatBytes(Uint8Array.of(0xd1), big(value, 2));
  if (value >= -(2n ** 31n)) return concatBytes(Uint8Array.of(0xd2), big(value, 4));
  return concatBytes(Uint8Array.of(0xd3), big(value, 8));
}

/** Big-endian two's complement. */
function big(value: bigint, bytes: number): Uint8Array {
  const wrapped = BigInt.asUintN(bytes * 8, value);
  return hexToBytes(wrapped.toString(16).padStart(bytes * 2, "0"));
}

function hashText(text: string): Uint8Array {
  return keccak_256(encoder.encode(text));
}

function domainOf(name: string, chainId: bigint): Uint8Array {
  return keccak_256(concatBytes(
    hashText(DOMAIN_TYPE),
    hashText(name),
    hashText("1"),
    big(chainId, 32),
    new Uint8Array(32),
  ));
}

function wordOf(type: string, value: unknown): Uint8Array | undefined {
  switch (type) {
    case "string":
      return typeof value === "string" ? hashText(value) : undefined;
    case "bool":
      return typeof value === "boolean" ? big(value ? 1n : 0n, 32) : undefined;
    case "address":
      return typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value)
        ? big(BigInt(value), 32)
        : undefined;
    default:
      return Number.isSafeInteger(value) && (value as number) >= 0
        ? big(BigInt(value as number), 32)
        : undefined;
  }
}

function addressOf(publicKey: Uint8Array): string {
  return `0x${bytesToHex(keccak_256(publicKey.subarray(1)).subarray(12))}`;
}
