/**
 * OKX's answer to `SequenceRule`: the stream pushes the snapshot, deltas are chained by
 * `prevSeqId`.
 *
 *   1. Subscribe; the first push is the snapshot (`prevSeqId` -1): replace the book and let
 *      `last = seqId`.
 *   2. Each update must have `prevSeqId == last`; apply its levels; `last = seqId`.
 *   3. After a minute without change an empty update with `prevSeqId == seqId == last` comes: a
 *      no-op that shows the stream lives.
 *   4. Maintenance resets the numbering: `seqId < prevSeqId`, with `prevSeqId == last` still. It is
 *      valid; go on from the smaller number. Ids need not grow.
 *   5. `prevSeqId != last` is a gap: subscribe again. A repeated update is one too, because after a
 *      reset that was missed, small numbers would look old for ever.
 *      A snapshot that is older than what stands came late and is left out.
 *   6. Captures from before the numbering (2022) have no ids at all: there -1 follows -1.
 *
 * Source: venue documentation "Order book channel", sections on sequence ids, read 2026-09.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import { type BookDelta, type BookSnapshot, SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import type { ChecksummedBook, SequenceRule, SequenceVerdict } from "@/engine/ports/mod.ts";
import { bookChecksum } from "./book_checksum.ts";
import { NumberingClock } from "@/exchanges/kit/mod.ts";

/** No snapshot yet; differs from every id and from `SEQUENCE_NONE`. */
const NOWHERE = -2;

/** The rule of both products. */
export class OkxBookSequence implements SequenceRule {
  readonly snapshotFrom = "stream";
  /** `seqId` of the last applied message. */
  #last = NOWHERE;
  readonly #clock = new NumberingClock();

  /**
   * Live messages carry 0 since 2026-06, which the decoder leaves out: what comes here is of an old
   * capture, or of a venue that went back to it.
   */
  isChecksumRight(book: ChecksummedBook, checksum: number, instrument: Instrument): boolean {
    return bookChecksum(book, instrument) === checksum;
  }

  reset(): void {
    this.#last = NOWHERE;
    this.#clock.reset();
  }

  /** Snapshots are pushed in order with the deltas: none is too old. */
  isSnapshotRecent(_snapshot: BookSnapshot, _firstBufferedSequence: number): boolean {
    return true;
  }

  isOldSnapshot(snapshot: BookSnapshot): boolean {
    return this.#last !== NOWHERE && this.#clock.isOldWhole(this.#last, snapshot);
  }

  /** Step 1. */
  onSnapshot(snapshot: BookSnapshot): void {
    this.#last = snapshot.sequence;
    this.#clock.moveTo(snapshot);
  }

  judge(delta: BookDelta): SequenceVerdict {
    if (this.#last === NOWHERE || delta.previousSequence !== this.#last) return "gap";
    // A message without an id breaks a chain that has ids.
    if (delta.sequence === SEQUENCE_NONE && this.#last !== SEQUENCE_NONE) return "gap";
    const isReset = delta.sequence < delta.previousSequence;
    this.#last = delta.sequence;
    this.#clock.moveTo(delta);
    return isReset ? "reset" : "next";
  }
}
