/**
 * Finds instruments in raw messages, for `events` without an instruments file.
 *
 * Each quoted word that a venue's own naming makes of one of our symbols gives an instrument on a
 * fine grid, so that events can be printed exactly. One grid cannot hold all: where a message does
 * not fit, the next one is tried, and it stays. Contract sizes are unknown: one contract is one.
 * @module
 */
import {
  createInstrument,
  type Instrument,
  instrumentIndex,
  type Product,
  symbolFrom,
} from "@/engine/domain/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";

/** Steps of price and size: for most, for coins in the millions, for many decimals. */
const GRIDS: readonly (readonly [tick: string, lot: string])[] = [
  ["0.00000001", "0.00000001"],
  ["0.00000001", "0.0001"],
  ["0.000000000001", "0.01"],
  ["0.000001", "0.0000000001"],
];
const QUOTES = ["USDT", "USDC", "FDUSD", "USD", "TUSD", "EUR", "TRY", "BTC", "ETH", "BNB"];
const INSTRUMENTS_MAX = 1_000;
const WORDS_MAX = 100_000;
/** A name, alone or within that of a stream as in `ob.BTC_USDT.50`. */
const WORD = /"(?:[a-z]{1,12}\.)?([A-Za-z0-9]{2,20}(?:[-_][A-Za-z0-9]{2,10}){0,2})(?:\.[0-9]+)?"/g;

/** Remembers what it found. */
export class SymbolFinder {
  readonly #tools: VenueTools;
  readonly #seen = new Set<string>();
  /** Venue's name and product of those made. */
  readonly #made = new Set<string>();
  #instruments: Instrument[] = [];
  #grid = 0;

  constructor(tools: VenueTools) {
    this.#tools = tools;
  }

  /** What was found so far, on the grid in use. */
  get instruments(): readonly Instrument[] {
    return this.#instruments;
  }

  /** How many grids there are to try. */
  get gridCount(): number {
    return GRIDS.length;
  }

  /** Looks through one message; whether there is a new instrument now. */
  look(text: string): boolean {
    const before = this.#instruments.length;
    for (const [, word] of text.matchAll(WORD)) {
      if (this.#seen.has(word!) || this.#seen.size >= WORDS_MAX) continue;
      this.#seen.add(word!);
      this.#tryWord(word!);
    }
    return this.#instruments.length > before;
  }

  /** Puts all that was found on the next grid. */
  turnGrid(): void {
    this.#grid = (this.#grid + 1) % GRIDS.length;
    const found = this.#instruments;
    this.#instruments = [];
    for (const { terms: { base, quote, product } } of found) {
      this.#make(base, quote, product);
    }
  }

  /** Venues that name a perpetual by its coin alone say nothing of the quote: it is theirs. */
  #tryCoin(word: string): void {
    if (!/^[A-Za-z0-9]{1,12}$/.test(word)) return;
    for (const quote of ["USDC", "USD", "USDT"]) {
      this.#tryInstrument(word, word.toUpperCase(), quote, "perpetual");
    }
  }

  /** Spot and perpetual may share a venue symbol: both are made, the decoder tells them apart. */
  #tryWord(word: string): void {
    const upper = word.toUpperCase();
    this.#tryCoin(word);
    for (const quote of QUOTES) {
      const at = upper.lastIndexOf(quote);
      const base = upper.slice(0, Math.max(0, at)).replace(/[-_]$/, "");
      if (!/^[A-Z0-9]{1,20}$/.test(base)) continue;
      this.#tryInstrument(word, base, quote, "spot");
      this.#tryInstrument(word, base, quote, "perpetual");
    }
  }

  /** The first reading of a venue's name stands: a name means one instrument of a product. */
  #tryInstrument(word: string, base: string, quote: string, product: Product): void {
    const key = `${product} ${word}`;
    if (this.#made.has(key) || this.#instruments.length >= INSTRUMENTS_MAX) return;
    const terms = this.#tools.termsFrom(symbolFrom(base, quote, product), ...GRIDS[0]!, "1");
    if (!terms.ok || terms.value.venueSymbol !== word) return;
    this.#made.add(key);
    this.#make(base, quote, product);
  }

  #make(base: string, quote: string, product: Product): void {
    const grid = GRIDS[this.#grid]!;
    const terms = this.#tools.termsFrom(symbolFrom(base, quote, product), ...grid, "1");
    if (!terms.ok) return;
    const made = createInstrument(instrumentIndex(this.#instruments.length), terms.value);
    if (made.ok) this.#instruments.push(made.value);
  }
}
