/**
 * Hyperliquid's answer to `SequenceRule`: there are no sequence numbers and no deltas.
 *
 * Its procedure:
 *   1. Subscribe; each `l2Book` message is the whole visible book and replaces what was there.
 *   2. Order messages by their block time; one of an older block is stale. (The decoder drops it:
 *      a pushed snapshot replaces the book without asking the rule.)
 *   3. Nothing can be missed between two messages, so there is no gap; only silence makes a book
 *      wrong, and the market stream measures that.
 * @module
 */
import type { BookDelta, BookSnapshot } from "@/engine/messages/mod.ts";
import type { SequenceRule, SequenceVerdict } from "@/engine/ports/mod.ts";

/** Whole books, ordered by block time. */
export class HyperliquidBookSequence implements SequenceRule {
  readonly snapshotFrom = "stream";
  #newest = 0;

  reset(): void {
    this.#newest = 0;
  }

  /** Step 2. */
  isSnapshotRecent(snapshot: BookSnapshot, _firstBufferedSequence: number): boolean {
    return snapshot.venueAt >= this.#newest;
  }

  onSnapshot(snapshot: BookSnapshot): void {
    this.#newest = snapshot.venueAt;
  }

  /** The venue sends none; one that came would stand on a book nobody described. */
  judge(_delta: BookDelta): SequenceVerdict {
    return "gap";
  }
}
