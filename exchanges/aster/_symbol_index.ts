/**
 * Venue symbols to instruments by their bytes: no text is made to look one up.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import { keyBytes, spanIs } from "@/exchanges/shared/mod.ts";

/** The instruments that share one venue symbol; at least one of the two is there. */
export interface Listed {
  readonly name: Uint8Array;
  spot: Instrument | undefined;
  perpetual: Instrument | undefined;
}

/** Chains of symbols by a hash of their bytes. */
export class SymbolIndex {
  readonly #chains: Listed[][];
  /** The symbol of the frame before: very often the next one's too. */
  #last: Listed | undefined;

  constructor(instruments: readonly Instrument[]) {
    const size = 1 << Math.ceil(Math.log2(Math.max(16, instruments.length * 2)));
    this.#chains = Array.from({ length: size }, () => []);
    for (const instrument of instruments) {
      const name = keyBytes(instrument.terms.venueSymbol);
      let listed = this.find(name, 0, name.length);
      if (listed === undefined) {
        listed = { name, spot: undefined, perpetual: undefined };
        this.#chain(name, 0, name.length).push(listed);
      }
      listed[instrument.terms.product] = instrument;
    }
  }

  /** Who has the symbol in `bytes[start..end)`. */
  find(bytes: Uint8Array, start: number, end: number): Listed | undefined {
    const last = this.#last;
    if (last !== undefined && spanIs(bytes, start, end, last.name)) return last;
    for (const listed of this.#chain(bytes, start, end)) {
      if (!spanIs(bytes, start, end, listed.name)) continue;
      this.#last = listed;
      return listed;
    }
    return undefined;
  }

  #chain(bytes: Uint8Array, start: number, end: number): Listed[] {
    let hash = end - start;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    return this.#chains[(hash ^ (hash >>> 15)) & (this.#chains.length - 1)]!;
  }
}
