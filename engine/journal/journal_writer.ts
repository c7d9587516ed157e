/**
 * `JournalWriter`: every input and output of the core, appended before it is processed.
 *
 *   onEvent, onOutput --append--> buffer --flush()--> checksums, block hashes --> target
 *
 * 1. Appending makes no garbage for market events and computes no checksum: that is done by
 *    `flush()`, which the runner calls after the orders have left.
 * 2. The bytes depend on the records alone, not on when `flush()` is called.
 * 3. The buffer is bounded: beyond it an append flushes by itself.
 * 4. A failed or overfull target never stops the caller: `keepsUp` says so.
 * @module
 */
import { createHash } from "node:crypto";
import { crc32 } from "@/engine/collections/mod.ts";
import { assert, type Micros, MICROS_UNKNOWN } from "@/engine/domain/mod.ts";
import type { EngineEvent, EngineOutput } from "@/engine/messages/mod.ts";
import type { EventSink } from "@/engine/ports/mod.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import { recordKindOf, writeEvent } from "./event_codec.ts";
import {
  CRC_AT,
  HASH_BYTES,
  JOURNAL_VERSION,
  type JournalHeader,
  KIND_AT,
  LENGTH_AT,
  MAGIC,
  RECORD,
  RECORD_HEADER_BYTES,
} from "./journal_format.ts";
import { OutputHasher, outputText } from "./output_hasher.ts";

/** Where journal bytes go. */
export interface JournalTarget {
  /** False for the target that keeps nothing: then events are not even encoded. */
  readonly keepsBytes: boolean;
  /** Takes bytes; they are reused after the call, so whoever writes later copies. Never throws. */
  write(bytes: Uint8Array): void;
  /** Bytes taken and not written yet. */
  readonly backlogBytes: number;
  /** Why nothing can be written any more; undefined while all is well. */
  readonly failure: string | undefined;
  /** Writes what is left, within a bound of time. */
  close(): Promise<void>;
}

/** Bounds of a journal writer. */
export interface JournalLimits {
  /** A block hash follows the first record that ends beyond this many bytes. */
  readonly blockBytes: number;
  /** Bytes appended before they are flushed without being asked. */
  readonly pendingBytesMax: number;
  /** Backlog of the target beyond which the journal is behind. */
  readonly backlogBytesMax: number;
}

/** Bounds that serve where the owner has no wish. */
export const JOURNAL_LIMITS_DEFAULT: JournalLimits = {
  blockBytes: 64 * 1024,
  pendingBytesMax: 1024 * 1024,
  backlogBytesMax: 8 * 1024 * 1024,
};

/** What was journalled so far. */
export interface JournalCounters {
  /** Records: header, events and outputs; block hashes are not counted. */
  records: number;
  events: number;
  outputs: number;
  blocks: number;
  /** Bytes handed to the target. */
  bytes: number;
}

/** Appends records; see the head of this file. */
export class JournalWriter implements EventSink {
  readonly counters: JournalCounters = { records: 0, events: 0, outputs: 0, blocks: 0, bytes: 0 };
  readonly #target: JournalTarget;
  readonly #limits: JournalLimits;
  readonly #buffer: ByteBuffer;
  readonly #outputs = new OutputHasher();
  #chain = createHash("sha256").update(new Uint8Array(HASH_BYTES));
  /** Bytes of the open block, flushed or not. */
  #blockBytes = 0;
  /** Where the first unfinished record lies: behind the file's head, else 0. */
  #unfinishedAt = 0;
  #isClosed = false;

  constructor(target: JournalTarget, limits: JournalLimits = JOURNAL_LIMITS_DEFAULT) {
    assert(limits.blockBytes > 0, "A journal block holds something");
    this.#target = target;
    this.#limits = limits;
    const expected = target.keepsBytes ? limits.blockBytes + limits.blockBytes / 2 : 64;
    this.#buffer = new ByteBuffer(Math.ceil(expected));
  }

  /** False while the target is behind its bound or has failed. */
  get keepsUp(): boolean {
    const target = this.#target;
    return target.failure === undefined && target.backlogBytes <= this.#limits.backlogBytesMax;
  }

  /** Why the journal can no longer be written; undefined while all is well. */
  get failure(): string | undefined {
    return this.#target.failure;
  }

  /** Whether a whole block waits for `flush()`. */
  get isFlushDue(): boolean {
    return this.#buffer.length >= this.#limits.blockBytes;
  }

  /** SHA-256 over all outputs so far, hexadecimal. */
  logHash(): string {
    return this.#outputs.logHash();
  }

  /** Writes the first record. Must come before all others, once. */
  begin(header: JournalHeader): void {
    assert(this.counters.records === 0, "A journal has one header, and it comes first");
    this.counters.records++;
    if (!this.#target.keepsBytes) return;
    const buffer = this.#buffer;
    buffer.reserve(MAGIC.length);
    buffer.bytes.set(MAGIC, buffer.length);
    buffer.length += MAGIC.length;
    buffer.u32(JOURNAL_VERSION);
    this.#hashPlain(0, buffer.length);
    const start = this.#open(RECORD.header, MICROS_UNKNOWN);
    buffer.text(JSON.stringify(header));
    this.#finish(start);
  }

  /** Appends an event; market events are copied. */
  onEvent(event: EngineEvent): void {
    this.#expectOpen();
    this.counters.records++;
    this.counters.events++;
    if (!this.#target.keepsBytes) return;
    const start = this.#open(recordKindOf(event), event.at);
    writeEvent(event, this.#buffer);
    this.#finish(start);
  }

  /** Appends an output with the time of the event that caused it. */
  onOutput(output: EngineOutput, at: Micros): void {
    this.#expectOpen();
    this.counters.records++;
    this.counters.outputs++;
    const text = outputText(output);
    this.#outputs.addText(text, at);
    if (!this.#target.keepsBytes) return;
    const start = this.#open(RECORD.output, at);
    this.#buffer.text(text);
    this.#finish(start);
  }

  /** Completes checksums and hashes of what was appended and hands it to the target. */
  flush(): void {
    const buffer = this.#buffer;
    if (buffer.length === this.#unfinishedAt) return;
    let at = this.#unfinishedAt;
    let hashedTo = at;
    while (at < buffer.length) {
      const length = buffer.u32At(at + LENGTH_AT);
      if (buffer.bytes[at + KIND_AT] === RECORD.blockHash) {
        this.#chain.update(buffer.bytes.subarray(hashedTo, at));
        this.#closeChain(at);
        hashedTo = at + length;
      }
      buffer.patchU32(at + CRC_AT, crc32(buffer.bytes, at + KIND_AT, at + length));
      at += length;
    }
    this.#chain.update(buffer.bytes.subarray(hashedTo, at));
    this.#target.write(buffer.bytes.subarray(0, buffer.length));
    this.counters.bytes += buffer.length;
    buffer.clear();
    this.#unfinishedAt = 0;
  }

  /** Seals the open block, flushes and closes the target. Nothing may be appended afterwards. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#target.keepsBytes) {
      if (this.#blockBytes > 0) this.#sealBlock();
      this.flush();
    }
    await this.#target.close();
  }

  #expectOpen(): void {
    assert(this.counters.records > 0, "A journal begins with its header");
    assert(!this.#isClosed, "A closed journal takes no records");
  }

  #hashPlain(from: number, to: number): void {
    this.#chain.update(this.#buffer.bytes.subarray(from, to));
    this.#unfinishedAt = to;
  }

  #open(kind: number, at: Micros): number {
    const buffer = this.#buffer;
    const start = buffer.length;
    buffer.reserve(RECORD_HEADER_BYTES);
    buffer.length += KIND_AT;
    buffer.u8(kind);
    buffer.f64(at);
    return start;
  }

  #finish(start: number): void {
    const length = this.#patchLength(start);
    this.#blockBytes += length;
    if (this.#blockBytes >= this.#limits.blockBytes) this.#sealBlock();
    if (this.#buffer.length >= this.#limits.pendingBytesMax) this.flush();
  }

  #patchLength(start: number): number {
    const length = this.#buffer.length - start;
    this.#buffer.patchU32(start, length);
    this.#buffer.patchU32(start + 4, ~length >>> 0);
    return length;
  }

  /** Leaves room for the block's hash; `flush()` fills it. */
  #sealBlock(): void {
    const start = this.#open(RECORD.blockHash, MICROS_UNKNOWN);
    this.#buffer.reserve(HASH_BYTES);
    this.#buffer.length += HASH_BYTES;
    this.#patchLength(start);
    this.#blockBytes = 0;
    this.counters.blocks++;
  }

  #closeChain(at: number): void {
    const digest = this.#chain.digest();
    this.#buffer.bytes.set(digest, at + RECORD_HEADER_BYTES);
    this.#chain = createHash("sha256").update(digest);
  }
}
