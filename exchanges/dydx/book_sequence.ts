/**
 * dYdX's answer to `SequenceRule`. The venue has no sequence per book: one counter, `message_id`,
 * counts every message of a connection and every request it received.
 *
 *   1. A book begins with its `subscribed` message, which is the snapshot.
 *   2. The decoder sees every message of the connection. It chains the deltas of one book by
 *      `previousSequence`: the last message id of this book, or none where any message of the
 *      connection may be missing since then, or where the delta is a repeated one.
 *   3. A delta that chains is next. One that does not is old when its id is not above the last,
 *      else something of the connection is missing: all its books start anew.
 *   4. After a snapshot without an id (REST) the first delta is taken as it comes.
 *   5. A correction from the REST audit chains under the id that stands.
 *
 * Source: venue sheet sections 2.2 and 2.3; indexer `socks` service, read 2026-09.
 * @module
 */
import { type BookDelta, type BookSnapshot, SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import type { SequenceRule, SequenceVerdict } from "@/engine/ports/mod.ts";

/** The rule of one book. */
export class DydxBookSequence implements SequenceRule {
  readonly snapshotFrom = "stream";
  #last = SEQUENCE_NONE;
  #hasBook = false;

  reset(): void {
    this.#last = SEQUENCE_NONE;
    this.#hasBook = false;
  }

  /** A pushed snapshot is always as recent as the stream behind it. */
  isSnapshotRecent(): boolean {
    return true;
  }

  onSnapshot(snapshot: BookSnapshot): void {
    this.#last = snapshot.sequence;
    this.#hasBook = true;
  }

  judge(delta: BookDelta): SequenceVerdict {
    if (!this.#hasBook) return "gap";
    const last = this.#last;
    if (last !== SEQUENCE_NONE && delta.previousSequence !== last) {
      return delta.sequence <= last ? "stale" : "gap";
    }
    this.#last = delta.sequence;
    return "next";
  }
}
