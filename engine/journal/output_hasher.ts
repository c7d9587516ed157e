/**
 * `OutputHasher`: one SHA-256 over all that the core asked for: the `log_hash` of CONTRACT.md.
 *
 *   hashed bytes:  at f64 | length u32 | JSON text    of each output, in order
 *
 * 1. The hash depends on outputs and times alone, not on how often it was asked for.
 * @module
 */
import { createHash } from "node:crypto";
import type { Micros } from "@/engine/domain/mod.ts";
import type { EngineOutput } from "@/engine/messages/mod.ts";
import { ByteBuffer } from "./byte_buffer.ts";

const BATCH_BYTES = 16 * 1024;

/** The text of an output as the journal keeps it. Outputs hold no bigint, so no tagging is paid. */
export function outputText(output: EngineOutput): string {
  return JSON.stringify(output);
}

/** A running hash over outputs. */
export class OutputHasher {
  readonly #hash = createHash("sha256");
  readonly #batch = new ByteBuffer(BATCH_BYTES + 1_024);
  /** Outputs taken so far. */
  count = 0;

  /** Takes an output, in order. */
  add(output: EngineOutput, at: Micros): void {
    this.addText(outputText(output), at);
  }

  /** Takes an output whose text is already there. */
  addText(text: string, at: Micros): void {
    this.count++;
    this.#batch.f64(at);
    this.#batch.text(text);
    if (this.#batch.length >= BATCH_BYTES) this.#digestBatch();
  }

  /** Hexadecimal hash of everything so far; more may follow. */
  logHash(): string {
    this.#digestBatch();
    return this.#hash.copy().digest("hex");
  }

  #digestBatch(): void {
    this.#hash.update(this.#batch.bytes.subarray(0, this.#batch.length));
    this.#batch.clear();
  }
}
