/**
 * Byte layout of a journal, version 1. Numbers are little-endian.
 *
 *   file      "TOUCHLN\n" | version u32 | record | record | ...
 *
 *   record    0        4         8       12     13           21
 *             | length | ~length | crc32 | kind | at         | payload ... |
 *             | u32    | u32     | u32   | u8   | f64 micros |
 *
 *   block     records up to some 64 KiB, then one block-hash record:
 *             SHA-256(hash of the block before, or 32 zeros | bytes since then)
 *
 * 1. `length` counts the whole record; its complement beside it tells a torn tail from a damaged
 *    length.
 * 2. `crc32` covers `kind` to the end of the record.
 * 3. The first record is the header; where block hashes lie depends on the records alone.
 * 4. Market events and timers have a fixed binary payload, all else is JSON text in it, with keys
 *    as they were given, `undefined` absent, and a bigint as `{"$n":"-12"}`.
 * @module
 */
import type { FeeSchedule, InstrumentTerms } from "@/engine/domain/mod.ts";

export const JOURNAL_VERSION = 1;
export const MAGIC: Uint8Array = new TextEncoder().encode("TOUCHLN\n");
export const FILE_HEADER_BYTES = 12;
export const RECORD_HEADER_BYTES = 21;
export const HASH_BYTES = 32;
/** A longer record was not written by us: the length is damaged. */
export const RECORD_BYTES_MAX = 64 * 1024 * 1024;

export const LENGTH_AT = 0;
export const INVERTED_AT = 4;
export const CRC_AT = 8;
export const KIND_AT = 12;
export const TIME_AT = 13;

/** What a record holds. Numbers are part of the format: never change one, only add. */
export const RECORD = {
  header: 1,
  blockHash: 2,
  event: 3,
  output: 4,
  bookSnapshot: 16,
  bookDelta: 17,
  bestBidAsk: 18,
  trade: 19,
  markPrice: 20,
  funding: 21,
  instrumentStatus: 22,
  feedInterrupted: 23,
  timer: 24,
  bookCheck: 25,
} as const;

/** What was known of an instrument when the session began. */
export interface JournalInstrument {
  readonly terms: InstrumentTerms;
  readonly fees: FeeSchedule;
}

/** The first record: what a replay needs to build the same house. */
export interface JournalHeader {
  /** Of the program. */
  readonly version: string;
  /** The resolved configuration as plain JSON, secrets masked by whoever gives it. */
  readonly config: unknown;
  /** By instrument index; may be empty where instruments come as events. */
  readonly instruments: readonly JournalInstrument[];
  readonly seed: number | string;
  readonly instance: string;
}

/** JSON text of a message; the same message gives the same text. */
export function messageText(message: unknown): string {
  return JSON.stringify(message, tagBigint);
}

/** The message of a JSON text. */
export function messageFromText(text: string): unknown {
  return JSON.parse(text, untagBigint);
}

function tagBigint(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? { $n: value.toString() } : value;
}

function untagBigint(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("$n" in value)) return value;
  return typeof value.$n === "string" ? BigInt(value.$n) : value;
}
