/**
 * The indexer's names of subaccounts and orders, known before anything is sent.
 *
 * Source: RFC 9562 section 5.5 (UUIDv5); the venue's indexer, `uuid` helpers, read 2026-09.
 * @module
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { bytesFromHex, hexOf } from "./_keys.ts";

const NAMESPACE = bytesFromHex("0f9da948a6fb4c459edc4685c3f3317d");
const encoder = new TextEncoder();

/** Which kind of order an id names. */
export const FLAG_SHORT_TERM = 0;
export const FLAG_CONDITIONAL = 32;
export const FLAG_LONG_TERM = 64;
export const ORDER_FLAGS = [FLAG_SHORT_TERM, FLAG_LONG_TERM, FLAG_CONDITIONAL] as const;

/** The indexer's id of a subaccount. */
export function subaccountUuid(address: string, number: number): string {
  return uuidV5(`${address}-${number}`);
}

/** The indexer's id of an order. */
export function orderUuid(
  subaccountId: string,
  order: { readonly clientId: string; readonly clobPairId: number; readonly orderFlags: number },
): string {
  return uuidV5(`${subaccountId}-${order.clientId}-${order.clobPairId}-${order.orderFlags}`);
}

function uuidV5(name: string): string {
  const text = encoder.encode(name);
  const input = new Uint8Array(NAMESPACE.length + text.length);
  input.set(NAMESPACE, 0);
  input.set(text, NAMESPACE.length);
  const hash = sha1(input).slice(0, 16);
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hexOf(hash);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}
