/**
 * The one counter of a connection: says of each message whether any before it is missing.
 *
 *   data      5 6 7        9          each one more than the last, but for the ids of our requests
 *   requests          (8)             whose answers may come later than messages with higher ids
 *
 * 1. A missing id is a loss, unless a request of ours is still unanswered and may own it; once
 *    more ids are missing than requests are unanswered, one of them was a loss.
 * 2. An id that is not above the highest one is a repetition, unless it answers such a request.
 * 3. The first message of a connection is where counting begins.
 *
 * Source: venue sheet section 2.2.
 * @module
 */

/** What a message's id says. */
export type CountVerdict = "next" | "repeated" | "gap";

/** Requests that may be unanswered at a time; beyond it nothing is excused. */
const SKIPPED_MAX = 1_024;

/** Counts the messages of one connection. */
export class MessageCounter {
  /** Highest id seen; -1 before the first. */
  high = -1;
  /** Highest id that was found missing; -1 before the first. */
  lost = -1;
  #outstanding = 0;
  readonly #skipped = new Set<number>();

  /** We sent a subscribe or unsubscribe: one id belongs to it. */
  noteRequest(): void {
    this.#outstanding++;
  }

  /** A message of data. */
  noteData(id: number): CountVerdict {
    if (id <= this.high) return "repeated";
    return this.#advance(id);
  }

  /** The answer to a request: it carries the id that the request was given. */
  noteAnswer(id: number): CountVerdict {
    if (this.#skipped.delete(id)) {
      this.#settle();
      return this.#excused("next");
    }
    if (id <= this.high) {
      // Without knowing our requests a late answer looks like a repetition; the book tells.
      return "repeated";
    }
    this.#settle();
    return this.#excused(this.#advance(id));
  }

  /** An error repeats the current id, which may be its request's or of any message since. */
  noteError(id: number): CountVerdict {
    if (this.#skipped.delete(id) || id <= this.high) {
      this.#settle();
      const [oldest] = this.#skipped;
      if (oldest !== undefined && this.#skipped.size > this.#outstanding) {
        this.#skipped.delete(oldest);
      }
      return "next";
    }
    this.#settle();
    return this.#excused(this.#advance(id));
  }

  #settle(): void {
    if (this.#outstanding > 0) this.#outstanding--;
  }

  /** What is missing beyond our unanswered requests is lost. */
  #excused(verdict: CountVerdict): CountVerdict {
    if (this.#skipped.size <= this.#outstanding) return verdict;
    this.lost = Math.max(...this.#skipped);
    this.#skipped.clear();
    return "gap";
  }

  #advance(id: number): CountVerdict {
    const before = this.high;
    this.high = id;
    if (before < 0 || id === before + 1) return "next";
    const missing = id - before - 1;
    const excused = this.#outstanding - this.#skipped.size;
    if (missing > excused || this.#skipped.size + missing > SKIPPED_MAX) {
      this.lost = id - 1;
      this.#skipped.clear();
      return "gap";
    }
    for (let skipped = before + 1; skipped < id; skipped++) this.#skipped.add(skipped);
    return "next";
  }
}
