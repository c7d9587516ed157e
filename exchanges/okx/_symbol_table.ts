/**
 * Venue symbols by their bytes, so that a frame finds its instrument without making a text.
 *
 * An open-addressing table, at most a quarter full; here a venue symbol names one instrument.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import { spanIs } from "@/exchanges/shared/mod.ts";

/** One instrument by the venue's name. */
export interface SymbolEntry {
  readonly bytes: Uint8Array;
  readonly instrument: Instrument;
}

const encoder = new TextEncoder();

/** Finds instruments. */
export class SymbolTable {
  readonly #entries: (SymbolEntry | undefined)[];
  readonly #mask: number;

  constructor(instruments: readonly Instrument[]) {
    let capacity = 16;
    while (capacity < instruments.length * 4) capacity *= 2;
    this.#entries = new Array<SymbolEntry | undefined>(capacity).fill(undefined);
    this.#mask = capacity - 1;
    for (const instrument of instruments) {
      const bytes = encoder.encode(instrument.terms.venueSymbol);
      let slot = hashOf(bytes, 0, bytes.length) & this.#mask;
      while (this.#entries[slot] !== undefined) slot = (slot + 1) & this.#mask;
      this.#entries[slot] = { bytes, instrument };
    }
  }

  /** The entry of the symbol in `bytes[start..end)`. */
  find(bytes: Uint8Array, start: number, end: number): SymbolEntry | undefined {
    let slot = hashOf(bytes, start, end) & this.#mask;
    for (;;) {
      const entry = this.#entries[slot];
      if (entry === undefined || spanIs(bytes, start, end, entry.bytes)) return entry;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** The instrument of a symbol given as text. */
  byName(symbol: string): Instrument | undefined {
    const bytes = encoder.encode(symbol);
    return this.find(bytes, 0, bytes.length)?.instrument;
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  return hash ^ (hash >>> 15);
}
