/**
 * `JournalReader`: reads records until the first torn one and says where it stopped.
 *
 *   push(bytes) ... push(bytes), finish()
 *   next(): record | undefined (no more, or more bytes are needed)
 *
 * 1. A torn tail (the writer was killed) is `tornAt`, the offset where the whole records end.
 * 2. Damage is `corrupt`: a wrong length, checksum, payload or block hash. Nothing after it is
 *    read.
 * 3. Without either, every byte that was pushed was a whole record.
 * @module
 */
import { createHash } from "node:crypto";
import { crc32 } from "@/engine/collections/mod.ts";
import { assert, type Micros, micros } from "@/engine/domain/mod.ts";
import type { EngineEvent, EngineOutput } from "@/engine/messages/mod.ts";
import { ByteReader } from "./byte_buffer.ts";
import { readEvent } from "./event_codec.ts";
import {
  CRC_AT,
  FILE_HEADER_BYTES,
  HASH_BYTES,
  INVERTED_AT,
  JOURNAL_VERSION,
  type JournalHeader,
  KIND_AT,
  LENGTH_AT,
  MAGIC,
  RECORD,
  RECORD_BYTES_MAX,
  RECORD_HEADER_BYTES,
  TIME_AT,
} from "./journal_format.ts";

/**
 * One record. `offset` is where it begins; `text` is an output's exact bytes, to compare on replay.
 */
export type JournalRecord =
  | { readonly kind: "header"; readonly offset: number; readonly header: JournalHeader }
  | {
    readonly kind: "event";
    readonly offset: number;
    readonly at: Micros;
    readonly event: EngineEvent;
  }
  | {
    readonly kind: "output";
    readonly offset: number;
    readonly at: Micros;
    readonly output: EngineOutput;
    readonly text: string;
  };

/** Damage: where, and what was wanted and found. */
export interface JournalDamage {
  readonly offset: number;
  readonly reason: string;
}

/** Reads a journal from bytes as they come. */
export class JournalReader {
  /** Offset of the first byte that is not part of a whole record; null when nothing is torn. */
  tornAt: number | null = null;
  corrupt: JournalDamage | null = null;
  /** Header, events and outputs read so far. */
  recordCount = 0;
  /** Block hashes verified so far. */
  blockCount = 0;
  /** Records after the last verified block hash: checked by their checksums only. */
  unsealedCount = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  /** Bytes before this one are in the chain's hash already. */
  #chainedTo = 0;
  /** Offset in the journal of `#bytes[0]`. */
  #base = 0;
  #hasFileHeader = false;
  #isFinished = false;
  #chain = createHash("sha256").update(new Uint8Array(HASH_BYTES));

  /** A reader of a whole journal. */
  static of(bytes: Uint8Array): JournalReader {
    const reader = new JournalReader();
    reader.push(bytes);
    reader.finish();
    return reader;
  }

  /** Gives more bytes; they are kept until read and must not change. */
  push(bytes: Uint8Array): void {
    assert(!this.#isFinished, "A finished journal takes no more bytes");
    this.#chain.update(this.#bytes.subarray(this.#chainedTo, this.#at));
    this.#chainedTo = 0;
    const rest = this.#bytes.subarray(this.#at);
    this.#base += this.#at;
    this.#at = 0;
    if (rest.length === 0) {
      this.#bytes = bytes;
    } else {
      this.#bytes = new Uint8Array(rest.length + bytes.length);
      this.#bytes.set(rest);
      this.#bytes.set(bytes, rest.length);
    }
    this.#view = new DataView(
      this.#bytes.buffer,
      this.#bytes.byteOffset,
      this.#bytes.byteLength,
    );
  }

  /** No more bytes will come: what is left over is torn. */
  finish(): void {
    this.#isFinished = true;
  }

  /** The next record; undefined at the end, at damage, or when more bytes are needed. */
  next(): JournalRecord | undefined {
    if (this.corrupt !== null || this.tornAt !== null) return undefined;
    if (!this.#hasFileHeader && !this.#readFileHeader()) return undefined;
    for (;;) {
      const length = this.#wholeRecord();
      if (length === 0) return undefined;
      const start = this.#at;
      const kind = this.#bytes[start + KIND_AT]!;
      if (kind === RECORD.blockHash) {
        if (!this.#verifyBlock(start, length)) return undefined;
        continue;
      }
      const record = this.#decode(kind, start, length);
      if (record === undefined) return undefined;
      this.#at = start + length;
      this.recordCount++;
      this.unsealedCount++;
      return record;
    }
  }

  #readFileHeader(): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < MAGIC.length && i < bytes.length; i++) {
      if (bytes[i] !== MAGIC[i]) return this.#damage(0, "wanted a journal, found other bytes");
    }
    if (bytes.length < FILE_HEADER_BYTES) return this.#needMore();
    const version = this.#view.getUint32(MAGIC.length, true);
    if (version !== JOURNAL_VERSION) {
      return this.#damage(0, `wanted journal version ${JOURNAL_VERSION}, found ${version}`);
    }
    this.#at = FILE_HEADER_BYTES;
    this.#hasFileHeader = true;
    return true;
  }

  /** Length of the record at the cursor once it is there whole and its checksum holds, else 0. */
  #wholeRecord(): number {
    const start = this.#at;
    const left = this.#bytes.length - start;
    if (left === 0) return 0;
    if (left < CRC_AT) {
      this.#needMore();
      return 0;
    }
    const length = this.#view.getUint32(start + LENGTH_AT, true);
    const inverted = this.#view.getUint32(start + INVERTED_AT, true);
    // A file system may leave zeros where a killed writer's bytes should have been.
    if (length === 0 && this.#bytes.subarray(start).every((byte) => byte === 0)) {
      this.#needMore();
      return 0;
    }
    const isLength = (~length >>> 0) === inverted && length >= RECORD_HEADER_BYTES &&
      length <= RECORD_BYTES_MAX;
    if (!isLength) {
      this.#damage(start, `wanted a record's length, found ${length}`);
      return 0;
    }
    if (left < length) {
      this.#needMore();
      return 0;
    }
    const wanted = this.#view.getUint32(start + CRC_AT, true);
    const found = crc32(this.#bytes, start + KIND_AT, start + length);
    if (wanted !== found) {
      this.#damage(start, `wanted checksum ${hex(wanted)}, found ${hex(found)}`);
      return 0;
    }
    return length;
  }

  #verifyBlock(start: number, length: number): boolean {
    const digest = this.#chain.update(this.#bytes.subarray(this.#chainedTo, start)).digest();
    const recorded = this.#bytes.subarray(start + RECORD_HEADER_BYTES, start + length);
    const isSame = recorded.length === HASH_BYTES && digest.every((b, i) => b === recorded[i]);
    if (!isSame) return this.#damage(start, "wanted the hash of the block before, found another");
    this.#chain = createHash("sha256").update(digest);
    this.#at = start + length;
    this.#chainedTo = this.#at;
    this.blockCount++;
    this.unsealedCount = 0;
    return true;
  }

  #decode(kind: number, start: number, length: number): JournalRecord | undefined {
    const offset = this.#base + start;
    const isFirst = this.recordCount === 0;
    if (isFirst !== (kind === RECORD.header)) {
      this.#damage(start, `wanted the header first and once, found record kind ${kind}`);
      return undefined;
    }
    const at = micros(this.#view.getFloat64(start + TIME_AT, true));
    const from = start + RECORD_HEADER_BYTES;
    try {
      if (kind === RECORD.header) {
        const text = new ByteReader(this.#bytes, from, start + length).text();
        return { kind: "header", offset, header: JSON.parse(text) };
      }
      if (kind === RECORD.output) {
        const text = new ByteReader(this.#bytes, from, start + length).text();
        return { kind: "output", offset, at, output: JSON.parse(text), text };
      }
      const event = readEvent(kind, at, this.#bytes, from, start + length);
      if (event !== undefined) return { kind: "event", offset, at, event };
      this.#damage(start, `wanted a known record kind, found ${kind}`);
    } catch (error) {
      this.#damage(start, error instanceof Error ? error.message : String(error));
    }
    return undefined;
  }

  /** More bytes are needed; if none will come, the tail is torn here. */
  #needMore(): false {
    if (this.#isFinished) this.tornAt = this.#base + this.#at;
    return false;
  }

  #damage(start: number, reason: string): false {
    const offset = this.#base + start;
    this.corrupt = { offset, reason: `Cannot read journal at byte ${offset}: ${reason}` };
    return false;
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
