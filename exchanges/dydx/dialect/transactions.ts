/**
 * Transactions from bytes, and whether their signature holds.
 *
 * 1. The signature is verified over the very bytes that were sent, never over an encoding of ours.
 * 2. Client numbers of orders are four fixed bytes; in batches they are varints.
 * Source: protocol sheet section 3.
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { KnownSigners } from "@/exchanges/simulator/mod.ts";
import { hexOf } from "./identifiers.ts";
import { Message, textOf, varintOf, WireError } from "./protobuf.ts";

/** Which order. */
export interface OrderName {
  readonly owner: string;
  readonly subaccountNumber: number;
  readonly clientId: number;
  readonly orderFlags: number;
  readonly clobPairId: number;
}

/** `MsgPlaceOrder`. */
export interface PlaceMessage {
  readonly kind: "place";
  readonly name: OrderName;
  readonly side: number;
  readonly quantums: bigint;
  readonly subticks: bigint;
  readonly goodTilBlock: number;
  readonly goodTilBlockTime: number;
  readonly timeInForce: number;
  readonly reduceOnly: boolean;
  readonly clientMetadata: number;
  readonly conditionType: number;
  readonly triggerSubticks: bigint;
  readonly hash: string;
}

/** `MsgCancelOrder`. */
export interface CancelMessage {
  readonly kind: "cancel";
  readonly name: OrderName;
  readonly goodTilBlock: number;
  readonly goodTilBlockTime: number;
}

/** `MsgBatchCancel`. */
export interface BatchMessage {
  readonly kind: "batch";
  readonly owner: string;
  readonly subaccountNumber: number;
  readonly batches: readonly { readonly clobPairId: number; readonly clientIds: number[] }[];
  readonly goodTilBlock: number;
}

/** What a transaction may carry here. */
export type ClobMessage = PlaceMessage | CancelMessage | BatchMessage;

/** One transaction, decoded. */
export interface Transaction {
  readonly bodyBytes: Uint8Array;
  readonly authInfoBytes: Uint8Array;
  readonly signatures: readonly Uint8Array[];
  readonly messages: readonly ClobMessage[];
  readonly timeoutHeight: bigint;
  readonly selectedAuthenticators: readonly number[];
  readonly publicKey: Uint8Array;
  readonly mode: number;
  readonly sequence: bigint;
}

const EXTENSION = "/dydxprotocol.accountplus.TxExtension";
const PUBLIC_KEY = "/cosmos.crypto.secp256k1.PubKey";
const encoder = new TextEncoder();

/** Decodes; throws `WireError` for what is no transaction of this chain. */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  const raw = new Message(bytes);
  const bodyBytes = raw.bytes(1);
  const authInfoBytes = raw.bytes(2);
  const body = new Message(bodyBytes);
  const [signer, ...others] = new Message(authInfoBytes).list(1);
  if (signer === undefined || others.length > 0) throw new WireError("wanted one signer");
  const info = new Message(signer);
  const key = info.message(1);
  if (key.text(1) !== PUBLIC_KEY) throw new WireError(`public key of type ${key.text(1)}`);
  return {
    bodyBytes,
    authInfoBytes,
    signatures: raw.list(3),
    messages: body.list(1).map(clobMessage),
    timeoutHeight: body.uint(3),
    selectedAuthenticators: body.list(2047).flatMap(authenticatorsOf),
    publicKey: key.message(2).bytes(1),
    mode: info.message(2).message(1).uint32(1),
    sequence: info.uint(3),
  };
}

/** Whether the one signature is the key's over this transaction, on this chain, this account. */
export function isSigned(
  tx: Transaction,
  chainId: string,
  accountNumber: bigint,
  signers: KnownSigners,
): boolean {
  const [signature, ...others] = tx.signatures;
  if (signature === undefined || others.length > 0 || tx.mode !== 1) return false;
  return signers.isSigned(signature, sha256(signDoc(tx, chainId, accountNumber)), tx.publicKey);
}

function signDoc(tx: Transaction, chainId: string, accountNumber: bigint): Uint8Array {
  const parts = [tx.bodyBytes, tx.authInfoBytes, encoder.encode(chainId)];
  const bytes: number[] = [];
  parts.forEach((part, index) => {
    if (part.length === 0) return;
    bytes.push(((index + 1) << 3) | 2, ...varintOf(BigInt(part.length)), ...part);
  });
  if (accountNumber > 0n) bytes.push(0x20, ...varintOf(accountNumber));
  return Uint8Array.from(bytes);
}

function authenticatorsOf(bytes: Uint8Array): number[] {
  const any = new Message(bytes);
  if (any.text(1) !== EXTENSION) return [];
  return any.message(2).uints(1).map(Number);
}

function clobMessage(bytes: Uint8Array): ClobMessage {
  const any = new Message(bytes);
  const value = any.bytes(2);
  switch (any.text(1)) {
    case "/dydxprotocol.clob.MsgPlaceOrder":
      return placeMessage(new Message(value).bytes(1));
    case "/dydxprotocol.clob.MsgCancelOrder": {
      const message = new Message(value);
      return {
        kind: "cancel",
        name: orderName(message.bytes(1)),
        goodTilBlock: message.uint32(2),
        goodTilBlockTime: message.fixed32(3),
      };
    }
    case "/dydxprotocol.clob.MsgBatchCancel":
      return batchMessage(value);
  }
  throw new WireError(`unable to resolve type URL ${textOf(any.bytes(1))}`);
}

function placeMessage(bytes: Uint8Array): PlaceMessage {
  const order = new Message(bytes);
  return {
    kind: "place",
    name: orderName(order.bytes(1)),
    side: order.uint32(2),
    quantums: order.uint(3),
    subticks: order.uint(4),
    goodTilBlock: order.uint32(5),
    goodTilBlockTime: order.fixed32(6),
    timeInForce: order.uint32(7),
    reduceOnly: order.uint(8) !== 0n,
    clientMetadata: order.uint32(9),
    conditionType: order.uint32(10),
    triggerSubticks: order.uint(11),
    hash: hexOf(sha256(bytes)),
  };
}

function batchMessage(bytes: Uint8Array): BatchMessage {
  const message = new Message(bytes);
  const subaccount = message.message(1);
  return {
    kind: "batch",
    owner: subaccount.text(1),
    subaccountNumber: subaccount.uint32(2),
    batches: message.list(2).map((each) => {
      const batch = new Message(each);
      return { clobPairId: batch.uint32(1), clientIds: batch.uints(2).map(Number) };
    }),
    goodTilBlock: message.uint32(3),
  };
}

function orderName(bytes: Uint8Array): OrderName {
  const message = new Message(bytes);
  const subaccount = message.message(1);
  return {
    owner: subaccount.text(1),
    subaccountNumber: subaccount.uint32(2),
    clientId: message.fixed32(2),
    orderFlags: message.uint32(3),
    clobPairId: message.uint32(4),
  };
}
