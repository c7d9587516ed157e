/**
 * Compares a book with the indexer's REST answer and finds the levels that stay wrong.
 *
 * The snapshot is taken before the subscription begins, so changes in between are lost and stay as
 * wrong levels; and removals may never be told. REST is up to a second old itself.
 *
 * 1. A level counts as wrong when two answers, some seconds apart, say the same of it, and what we
 *    hold was not said anew in between.
 * 2. Only what lies within the depth of the answer is compared.
 *
 * Source: venue sheet section 2.3.
 * @module
 */
import { LevelBuffer, type Levels } from "@/engine/messages/mod.ts";
import type { BookSlot } from "./_book_slot.ts";
import type { StampedSide } from "./_uncrosser.ts";
import type { BookLevels } from "./market_decoder.ts";

/** What one comparison found at a price: what we hold since when, what they say. */
interface Finding {
  readonly stamp: number;
  readonly own: number;
  readonly theirs: number;
}

/** The audit of one book. */
export class BookAudit {
  readonly #slot: BookSlot;
  #bids = new Map<number, Finding>();
  #asks = new Map<number, Finding>();

  constructor(slot: BookSlot) {
    this.#slot = slot;
  }

  /** Levels differed that were not confirmed yet. */
  get hasSuspects(): boolean {
    return this.#bids.size > 0 || this.#asks.size > 0;
  }

  /** Forgets what was found: the book began anew. */
  reset(): void {
    this.#bids.clear();
    this.#asks.clear();
  }

  /** Levels found wrong now that were found wrong in the same way before. */
  compare(theirs: BookLevels): BookLevels {
    const corrections = { bids: new LevelBuffer(), asks: new LevelBuffer() };
    const { levels } = this.#slot;
    this.#bids = compareSide(levels.bids, theirs.bids, 1, this.#bids, corrections.bids);
    this.#asks = compareSide(levels.asks, theirs.asks, -1, this.#asks, corrections.asks);
    return corrections;
  }
}

/** Differences now; those also in `before` go to `confirmed`. */
function compareSide(
  own: StampedSide,
  theirs: Levels,
  sign: 1 | -1,
  before: ReadonlyMap<number, Finding>,
  confirmed: LevelBuffer,
): Map<number, Finding> {
  const found = new Map<number, Finding>();
  const note = (price: number, finding: Finding): void => {
    const earlier = before.get(price);
    const isSame = earlier !== undefined && earlier.stamp === finding.stamp &&
      earlier.own === finding.own && earlier.theirs === finding.theirs;
    if (isSame) confirmed.push(price, finding.theirs);
    else found.set(price, finding);
  };
  const said = new Set<number>();
  let worst = Infinity;
  for (let i = 0; i < theirs.count; i++) {
    const price = theirs.prices[i]!;
    const size = theirs.sizes[i]!;
    said.add(price);
    worst = Math.min(worst, price * sign);
    const held = own.sizeAt(price);
    if (held !== size) note(price, { stamp: own.stampAt(price), own: held, theirs: size });
  }
  own.forEach((price, size, stamp) => {
    if (price * sign < worst) return false;
    if (!said.has(price)) note(price, { stamp, own: size, theirs: 0 });
    return true;
  });
  return found;
}
