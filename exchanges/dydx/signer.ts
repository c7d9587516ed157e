/**
 * Proof of who we are: a Cosmos transaction of order messages, signed in SIGN_MODE_DIRECT.
 *
 *   messages -> TxBody --+
 *   key, sequence -> AuthInfo --+-> SignDoc -> SHA-256 -> secp256k1 (RFC 6979, low S) -> TxRaw
 *
 * 1. The same input gives the same bytes: signing is deterministic.
 * 2. Without authenticators there is no TxExtension; an empty list writes one with no selection.
 * 3. No error holds any part of a secret.
 *
 * Source: Cosmos SDK "Transactions", v4-chain `accountplus`, read 2026-09.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import { type ClobMessage, encodeMessage, typeUrlOf } from "./_clob_messages.ts";
import { type ChainKey, chainKey, type DydxSecret, hexOf } from "./_keys.ts";
import { ProtoWriter } from "./_protobuf.ts";

/** A secret, whose subaccount is traded, and which authenticators stand in for its owner. */
export interface DydxCredentials extends DydxSecret {
  /** 0 to 127; default 0. */
  readonly subaccountNumber?: number;
  /** The owner, where the key is only permitted by an authenticator; default the key's own. */
  readonly address?: string;
  /** Ids of authenticators, one per message. */
  readonly authenticators?: readonly number[];
}

/** Everything of a transaction but its messages and its key. */
export interface TxTerms {
  readonly accountNumber: number | bigint;
  readonly sequence: number | bigint;
  readonly chainId: string;
  readonly memo: string;
  readonly gasLimit: number | bigint;
  /** Null: no TxExtension. */
  readonly authenticators: readonly (number | bigint)[] | null;
}

/** A transaction ready to be sent. */
export interface SignedTx {
  readonly bytes: Uint8Array;
  readonly signHash: Uint8Array;
  readonly signature: Uint8Array;
}

const PUBLIC_KEY_TYPE = "/cosmos.crypto.secp256k1.PubKey";
const EXTENSION_TYPE = "/dydxprotocol.accountplus.TxExtension";
const NON_CRITICAL_OPTIONS = 2_047;
const SIGN_MODE_DIRECT = 1;

/** Signs for one key. */
export class Signer {
  /** Whose orders these are. */
  readonly owner: string;
  readonly subaccountNumber: number;
  readonly authenticators: readonly number[] | null;
  /** Address of the key itself. */
  readonly address: string;
  readonly #key: ChainKey;
  readonly #publicKeyAny: Uint8Array;
  readonly #modeInfo: Uint8Array;

  constructor(key: ChainKey, credentials: DydxCredentials) {
    this.#key = key;
    this.address = key.address;
    this.owner = credentials.address ?? key.address;
    this.subaccountNumber = credentials.subaccountNumber ?? 0;
    this.authenticators = credentials.authenticators ?? null;
    this.#publicKeyAny = any(
      PUBLIC_KEY_TYPE,
      new ProtoWriter().bytes(1, key.publicKey).finish(),
    );
    const single = new ProtoWriter().uint(1, SIGN_MODE_DIRECT).finish();
    this.#modeInfo = new ProtoWriter().message(1, single).finish();
  }

  /** Builds and signs one transaction. */
  sign(messages: readonly ClobMessage[], terms: TxTerms): Result<SignedTx> {
    const body = bodyOf(messages, this.owner, terms);
    if (!body.ok) return body;
    const authInfo = this.#authInfo(terms);
    const signDoc = new ProtoWriter()
      .bytes(1, body.value)
      .bytes(2, authInfo)
      .text(3, terms.chainId)
      .uint(4, terms.accountNumber)
      .finish();
    const signHash = sha256(signDoc);
    const signature = secp256k1.sign(signHash, this.#key.privateKey, {
      prehash: false,
      lowS: true,
    });
    const bytes = new ProtoWriter()
      .bytes(1, body.value)
      .bytes(2, authInfo)
      .bytes(3, signature)
      .finish();
    return ok({ bytes, signHash, signature });
  }

  #authInfo(terms: TxTerms): Uint8Array {
    const signerInfo = new ProtoWriter()
      .message(1, this.#publicKeyAny)
      .message(2, this.#modeInfo)
      .uint(3, terms.sequence)
      .finish();
    const fee = new ProtoWriter().uint(2, terms.gasLimit).finish();
    return new ProtoWriter().message(1, signerInfo).message(2, fee).finish();
  }
}

/** Makes a signer; the error never holds any part of the secret. */
export function createSigner(credentials: DydxCredentials): Result<Signer> {
  const number = credentials.subaccountNumber ?? 0;
  if (!Number.isInteger(number) || number < 0 || number > 128_000) {
    return err("Cannot sign: wanted a subaccount number of 0 to 128000, found another value");
  }
  const { privateKey, mnemonic } = credentials;
  const key = chainKey({
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(mnemonic === undefined ? {} : { mnemonic }),
  });
  return key.ok ? ok(new Signer(key.value, credentials)) : key;
}

/** The hash under which the chain lists a transaction. */
export function txHashOf(tx: Uint8Array): string {
  return hexOf(sha256(tx)).toUpperCase();
}

/** Signs exactly what is given, for the `sign` tool. */
export function signInput(
  input: Readonly<Record<string, unknown>>,
): Result<Readonly<Record<string, unknown>>> {
  const kind = input["kind"] ?? "tx";
  if (kind !== "tx") return err('Cannot sign: wanted kind "tx", found another');
  const signer = signerIn(input);
  if (!signer.ok) return signer;
  const messages = messagesIn(input["messages"]);
  if (!messages.ok) return messages;
  const terms = termsIn(input);
  if (!terms.ok) return terms;
  const signed = signer.value.sign(messages.value, terms.value);
  if (!signed.ok) return signed;
  return ok({
    address: signer.value.address,
    sign_hash: hexOf(signed.value.signHash),
    signature: hexOf(signed.value.signature),
    tx_hex: hexOf(signed.value.bytes),
  });
}

function bodyOf(
  messages: readonly ClobMessage[],
  owner: string,
  terms: TxTerms,
): Result<Uint8Array> {
  const body = new ProtoWriter();
  for (const message of messages) {
    const bytes = encodeMessage(message, owner);
    if (!bytes.ok) return bytes;
    body.message(1, any(typeUrlOf(message.type), bytes.value));
  }
  body.text(2, terms.memo);
  if (terms.authenticators !== null) {
    const extension = new ProtoWriter().packed(1, terms.authenticators, true).finish();
    body.message(NON_CRITICAL_OPTIONS, any(EXTENSION_TYPE, extension));
  }
  return ok(body.finish());
}

function any(typeUrl: string, value: Uint8Array): Uint8Array {
  return new ProtoWriter().text(1, typeUrl).bytes(2, value).finish();
}

function signerIn(input: Readonly<Record<string, unknown>>): Result<Signer> {
  const given = input["credentials"];
  if (typeof given !== "object" || given === null) {
    return err('Cannot sign: wanted "credentials" with private_key or mnemonic, found none');
  }
  const { private_key: privateKey, mnemonic } = given as Readonly<Record<string, unknown>>;
  return createSigner({
    ...(privateKey === undefined ? {} : { privateKey: textOf(privateKey) }),
    ...(mnemonic === undefined ? {} : { mnemonic: textOf(mnemonic) }),
  });
}

function messagesIn(value: unknown): Result<readonly ClobMessage[]> {
  if (!Array.isArray(value) || value.length === 0) {
    return err('Cannot sign: wanted "messages" as a list of at least one, found none');
  }
  const messages: ClobMessage[] = [];
  for (const element of value as readonly unknown[]) {
    const { type, fields } = (element ?? {}) as { type?: unknown; fields?: unknown };
    const isKnown = type === "MsgPlaceOrder" || type === "MsgCancelOrder" ||
      type === "MsgBatchCancel";
    if (!isKnown || typeof fields !== "object" || fields === null) {
      return err(
        "Cannot sign: wanted messages of type MsgPlaceOrder, MsgCancelOrder or MsgBatchCancel " +
          "with fields, found another element",
      );
    }
    messages.push({ type, fields: fields as ClobMessage["fields"] });
  }
  return ok(messages);
}

function termsIn(input: Readonly<Record<string, unknown>>): Result<TxTerms> {
  const accountNumber = wholeIn(input["account_number"] ?? 0);
  const sequence = wholeIn(input["sequence"] ?? 0);
  const gasLimit = wholeIn(input["gas_limit"] ?? 0);
  if (accountNumber === undefined || sequence === undefined || gasLimit === undefined) {
    return err(
      "Cannot sign: wanted account_number, sequence and gas_limit as whole numbers, found another",
    );
  }
  const chainId = input["chain_id"];
  if (typeof chainId !== "string" || chainId === "") {
    return err('Cannot sign: wanted "chain_id" as a text, found none');
  }
  const selected = input["authenticators"] ?? null;
  if (selected !== null && !Array.isArray(selected)) {
    return err('Cannot sign: wanted "authenticators" as a list or null, found another value');
  }
  const authenticators = selected === null ? null : (selected as unknown[]).map(wholeIn);
  if (authenticators?.includes(undefined) === true) {
    return err('Cannot sign: wanted whole numbers in "authenticators", found another value');
  }
  return ok({
    accountNumber,
    sequence,
    chainId,
    memo: textOf(input["memo"] ?? ""),
    gasLimit,
    authenticators: authenticators as readonly bigint[] | null,
  });
}

function wholeIn(value: unknown): bigint | undefined {
  const isWhole = (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) ||
    (typeof value === "string" && /^\d{1,20}$/.test(value));
  if (!isWhole) return undefined;
  const number = BigInt(value as number | string);
  return number <= 0xffff_ffff_ffff_ffffn ? number : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
