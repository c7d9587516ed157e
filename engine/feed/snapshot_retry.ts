/**
 * `SnapshotRetry`: when a snapshot may be asked for again: at once the first time, then with
 * doubling pauses, so that a book which keeps breaking does not spend the venue's rate limit.
 *
 * The pause is forgotten only after the book has stayed true for as long as the longest pause, or
 * when the stream is back after its connection was gone.
 * @module
 */
import { assert, type Micros } from "@/engine/domain/mod.ts";

/** Back-off between snapshot requests of one instrument. */
export class SnapshotRetry {
  readonly #pauseMin: number;
  readonly #pauseMax: number;
  #pause: number;
  #allowedAt = -Infinity;
  #settledAt = Infinity;

  constructor(pauseMsMin: number, pauseMsMax: number) {
    assert(pauseMsMin > 0, "A pause between snapshot requests is above zero");
    assert(pauseMsMax >= pauseMsMin, "The longest pause is not below the shortest");
    this.#pauseMin = pauseMsMin * 1_000;
    this.#pauseMax = pauseMsMax * 1_000;
    this.#pause = this.#pauseMin;
  }

  /** Whether a request may be made now; if so, the next one has to wait. */
  tryRequest(now: Micros): boolean {
    if (now < this.#allowedAt) return false;
    if (now - this.#settledAt >= this.#pauseMax) this.#pause = this.#pauseMin;
    this.#settledAt = Infinity;
    this.#allowedAt = now + this.#pause;
    this.#pause = Math.min(this.#pauseMax, this.#pause * 2);
    return true;
  }

  /** The venue is there again: what failed while it was away is no reason to wait. */
  renew(): void {
    this.#pause = this.#pauseMin;
    this.#allowedAt = -Infinity;
    this.#settledAt = Infinity;
  }

  /** The book became true. */
  settle(now: Micros): void {
    this.#settledAt = now;
  }
}
