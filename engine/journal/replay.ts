/**
 * A journal through the core again; outputs must match byte for byte.
 *
 *   event record -> core -> outputs   against   the output records that follow it
 *
 * 1. A torn tail is no difference: the outputs of the last event may be missing with it. The same
 *    holds for a journal that was never closed, which may end right between two records.
 * 2. A core that throws on an event parts from the journal there.
 * 3. Damage (a flipped byte, a broken chain) is a difference at its offset.
 * @module
 */
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import type { EngineEvent, EngineOutput } from "@/engine/messages/mod.ts";
import type { OutputSink } from "@/engine/ports/mod.ts";
import type { JournalHeader } from "./journal_format.ts";
import type { JournalReader, JournalRecord } from "./journal_reader.ts";
import { OutputHasher, outputText } from "./output_hasher.ts";

/** The core, as replay sees it. */
export interface ReplayedCore {
  process(event: EngineEvent, out: OutputSink): void;
}

/** What `replay --json` prints. */
export interface ReplayOutcome {
  readonly records: number;
  readonly outputs: number;
  readonly matched: number;
  readonly first_difference: ReplayDifference | null;
  readonly torn_at: number | null;
  readonly log_hash: string;
}

/** Where journal and replay part. */
export interface ReplayDifference {
  /** Byte offset of the journal's record. */
  readonly offset: number;
  readonly wanted: string;
  readonly found: string;
}

const NOTHING = "no output";
const TEXT_LENGTH_MAX = 500;

/** Replays a whole journal. Refused when it has no header, or no house can be built from it. */
export function replayJournal(
  reader: JournalReader,
  build: (header: JournalHeader) => Result<ReplayedCore>,
): Result<ReplayOutcome> {
  const first = reader.next();
  if (first === undefined || first.kind !== "header") {
    const found = reader.corrupt?.reason ?? (first === undefined ? "nothing" : `an ${first.kind}`);
    return err(`Cannot replay: wanted a journal's header record, found ${found}`);
  }
  const core = build(first.header);
  if (!core.ok) return core;
  const comparison = new Comparison(core.value);
  for (let record = reader.next(); record !== undefined; record = reader.next()) {
    comparison.take(record);
    if (comparison.difference !== undefined) break;
  }
  if (reader.corrupt !== null) {
    comparison.differ(reader.corrupt.offset, "an undamaged journal", reader.corrupt.reason);
  } else if (reader.tornAt === null && reader.unsealedCount === 0) {
    comparison.finish();
  }
  return ok({
    records: reader.recordCount,
    outputs: comparison.outputs,
    matched: comparison.matched,
    first_difference: comparison.difference ?? null,
    torn_at: reader.tornAt,
    log_hash: comparison.hasher.logHash(),
  });
}

/** Compares as records come. */
class Comparison implements OutputSink {
  readonly hasher = new OutputHasher();
  readonly #core: ReplayedCore;
  /** Outputs of the last event that no record has matched yet. */
  readonly #made: string[] = [];
  #next = 0;
  #eventOffset = 0;
  outputs = 0;
  matched = 0;
  difference: ReplayDifference | undefined;

  constructor(core: ReplayedCore) {
    this.#core = core;
  }

  emit(output: EngineOutput): void {
    this.#made.push(outputText(output));
  }

  take(record: JournalRecord): void {
    if (record.kind === "event") {
      this.finish();
      if (this.difference !== undefined) return;
      this.#made.length = 0;
      this.#next = 0;
      this.#eventOffset = record.offset;
      this.#process(record.event);
    } else if (record.kind === "output") {
      this.outputs++;
      this.hasher.addText(record.text, record.at);
      const found = this.#made[this.#next++];
      if (found === record.text) this.matched++;
      else this.differ(record.offset, record.text, found ?? NOTHING);
    }
  }

  /** A session that ended by a broken invariant breaks again here: that is its difference. */
  #process(event: EngineEvent): void {
    try {
      this.#core.process(event, this);
    } catch (failure) {
      this.differ(this.#eventOffset, "an event that the core can process", String(failure));
    }
  }

  /** No further output record belongs to the last event: all it made must be matched. */
  finish(): void {
    const extra = this.#made[this.#next];
    if (extra !== undefined) this.differ(this.#eventOffset, NOTHING, extra);
  }

  differ(offset: number, wanted: string, found: string): void {
    this.difference ??= {
      offset,
      wanted: wanted.slice(0, TEXT_LENGTH_MAX),
      found: found.slice(0, TEXT_LENGTH_MAX),
    };
  }
}
