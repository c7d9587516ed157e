/**
 * `ChecksumSampler`: which messages' checksums are verified: working one out costs more than the
 * message did.
 *
 * `sampled`: after every snapshot, and of messages that carry one the first after sixteen that were
 * not verified, whether those carried one or not.
 * @module
 */

/** How many checksums are verified. */
export type ChecksumPolicy = "every" | "sampled" | "never";

const UNVERIFIED_MAX = 16;

/** Counts messages of one book. */
export class ChecksumSampler {
  readonly #policy: ChecksumPolicy;
  #unverified = UNVERIFIED_MAX;

  constructor(policy: ChecksumPolicy) {
    this.#policy = policy;
  }

  /** A message without a checksum. */
  pass(): void {
    if (this.#unverified < UNVERIFIED_MAX) this.#unverified++;
  }

  /** The book began anew: the next checksum counts. */
  demand(): void {
    this.#unverified = UNVERIFIED_MAX;
  }

  /** A message with a checksum: whether it is verified. */
  isDue(): boolean {
    if (this.#policy !== "sampled") return this.#policy === "every";
    if (this.#unverified < UNVERIFIED_MAX) {
      this.#unverified++;
      return false;
    }
    this.#unverified = 0;
    return true;
  }
}
