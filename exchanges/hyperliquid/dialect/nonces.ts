/**
 * Nonces by signer: the hundred highest are kept, new ones are unused, above the lowest kept and
 * near the venue's time.
 *
 * Source: protocol sheet section 3.6.
 * @module
 */
const KEPT = 100;
const DAY_MS = 86_400_000;

/** Remembers what signers have used. */
export class Nonces {
  readonly #used = new Map<string, number[]>();

  /** Uses a nonce, or says why it cannot be used. */
  take(signer: string, nonce: number, nowMs: number): string | undefined {
    const lowest = nowMs - 2 * DAY_MS;
    const highest = nowMs + DAY_MS;
    if (nonce <= lowest) return `Invalid nonce: nonce too low ${nonce} < ${lowest}`;
    if (nonce >= highest) return `Invalid nonce: nonce too high ${nonce} > ${highest}`;
    const used = this.#used.get(signer) ?? [];
    if (used.includes(nonce)) return `Invalid nonce: duplicate nonce ${nonce}`;
    if (used.length >= KEPT && nonce < used[0]!) {
      return `Invalid nonce: nonce too low ${nonce} < ${used[0]}`;
    }
    let at = used.length;
    while (at > 0 && used[at - 1]! > nonce) at--;
    used.splice(at, 0, nonce);
    if (used.length > KEPT) used.shift();
    this.#used.set(signer, used);
    return undefined;
  }
}
