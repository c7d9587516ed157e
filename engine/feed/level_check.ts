/**
 * `LevelCheck`: a book against the venue's own answers to a question, where the answer cannot be
 * spliced into the stream.
 *
 *   answer of the same sequence   differs anywhere                -> different, at once
 *   any other answer              no level differs                -> same
 *                                 levels differ                   -> suspects; asked again, twice
 *   third answer                  the same levels, the same way   -> different
 *                                 none of them any more           -> unclear: market, not mistake
 *
 * 1. A level is suspected on only while we hold the same of it and the venue says the same of it:
 *    a level that moved in between was said anew, so it is true.
 * 2. Only what both sides can see is compared: down to the worst price of the shorter side, and at
 *    most `depth` levels.
 * 3. The book is only read; the verdict is its owner's to act on.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { OrderBook, PriceLadder } from "@/engine/book/mod.ts";
import { type BookCheck, type Levels, SEQUENCE_NONE } from "@/engine/messages/mod.ts";

/** What an answer meant. `pending`: ask again. */
export type CheckVerdict = "pending" | "same" | "different" | "unclear";

const DEPTH = 20;
/** Answers that must say the same of a level. */
const ROUNDS = 3;
/** A venue's answers may be a second old: the next question comes later than that. */
const AGAIN_MICROS = 2_000_000;
const PATIENCE_MICROS = 10_000_000;

/** What both sides say of a price. */
interface Difference {
  readonly own: number;
  readonly theirs: number;
}

/** Checks one instrument's book, again and again. */
export class LevelCheck {
  readonly #book: OrderBook;
  readonly #depth: number;
  readonly #prices: Float64Array;
  readonly #sizes: Float64Array;
  /** By price; asks have their price below zero. */
  #suspects: Map<number, Difference> | undefined;
  #rounds = 0;
  #askedAt = 0;
  #isActive = false;
  #isWaiting = false;
  /** When the last check began; 0: never. */
  lastAt = 0 as Micros;
  done = 0;
  breaks = 0;
  unclear = 0;

  constructor(book: OrderBook, depth = DEPTH) {
    this.#book = book;
    this.#depth = depth;
    this.#prices = new Float64Array(depth);
    this.#sizes = new Float64Array(depth);
  }

  /** A question is out, or another one will be. */
  get isActive(): boolean {
    return this.#isActive;
  }

  /** The caller asks now. */
  start(now: Micros): void {
    this.#isActive = true;
    this.#suspects = undefined;
    this.#rounds = 0;
    this.lastAt = now;
    this.#ask(now);
  }

  /** The book in use was lost anyhow. */
  abandon(): void {
    this.#isActive = false;
    this.#suspects = undefined;
  }

  /** Whether the next question is due. An answer that never came ends the check. */
  isDue(now: Micros): boolean {
    if (!this.#isActive) return false;
    if (this.#isWaiting && now - this.#askedAt > PATIENCE_MICROS) this.abandon();
    return this.#isActive && !this.#isWaiting && now - this.#askedAt >= AGAIN_MICROS;
  }

  /** The caller asks again. */
  askAgain(now: Micros): void {
    this.#ask(now);
  }

  /** Takes an answer; undefined when none was asked for. */
  onAnswer(event: BookCheck): CheckVerdict | undefined {
    if (!this.#isActive || !this.#isWaiting) return undefined;
    this.#isWaiting = false;
    this.#rounds++;
    const found = this.#differences(event);
    if (found.size === 0) return this.#end("same");
    const isExact = event.sequence !== SEQUENCE_NONE && event.sequence === this.#book.sequence;
    if (isExact) return this.#end("different");
    this.#suspects = this.#suspects === undefined ? found : stillSuspect(this.#suspects, found);
    if (this.#suspects.size === 0) return this.#end("unclear");
    return this.#rounds < ROUNDS ? "pending" : this.#end("different");
  }

  #ask(now: Micros): void {
    this.#askedAt = now;
    this.#isWaiting = true;
  }

  #end(verdict: "same" | "different" | "unclear"): CheckVerdict {
    this.abandon();
    this.done++;
    if (verdict === "different") this.breaks++;
    if (verdict === "unclear") this.unclear++;
    return verdict;
  }

  #differences({ bids, asks }: BookCheck): Map<number, Difference> {
    const found = new Map<number, Difference>();
    this.#compareSide(this.#book.bids, bids, 1, found);
    this.#compareSide(this.#book.asks, asks, -1, found);
    return found;
  }

  #compareSide(
    ladder: PriceLadder,
    theirs: Levels,
    sign: 1 | -1,
    found: Map<number, Difference>,
  ): void {
    const prices = this.#prices;
    const sizes = this.#sizes;
    const count = ladder.readLevels(this.#depth, prices, sizes);
    const theirCount = Math.min(this.#depth, theirs.count);
    if (count === 0 || theirCount === 0) {
      if (count !== theirCount) found.set(0, { own: count, theirs: theirCount });
      return;
    }
    // The worse prices that only one side can see prove nothing.
    const worst = Math.max(prices[count - 1]! * sign, theirs.prices[theirCount - 1]! * sign);
    let mine = 0;
    let other = 0;
    while (mine < count || other < theirCount) {
      const a = mine < count ? prices[mine]! * sign : -Infinity;
      const b = other < theirCount ? theirs.prices[other]! * sign : -Infinity;
      const best = Math.max(a, b);
      if (best < worst) return;
      const own = a === best ? sizes[mine]! : 0;
      const their = b === best ? theirs.sizes[other]! : 0;
      if (own !== their) found.set(best, { own, theirs: their });
      if (a === best) mine++;
      if (b === best) other++;
    }
  }
}

function stillSuspect(
  before: ReadonlyMap<number, Difference>,
  found: ReadonlyMap<number, Difference>,
): Map<number, Difference> {
  const both = new Map<number, Difference>();
  for (const [price, now] of found) {
    const then = before.get(price);
    if (then?.own === now.own && then.theirs === now.theirs) both.set(price, now);
  }
  return both;
}
