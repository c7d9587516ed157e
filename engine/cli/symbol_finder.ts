/**
 * Finds instruments in raw messages, for `events` without an instruments file.
 *
 * Each quoted word that a venue's own naming makes of one of our symbols gives an instrument on a
 * grid of 10^-8, fine enough for every price; so events can be printed exactly. Sizes beyond 90
 * million (coins that cost little) need the venue's instruments file.
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

const GRID = "0.00000001";
const QUOTES = ["USDT", "USDC", "FDUSD", "USD", "TUSD", "EUR", "TRY", "BTC", "ETH", "BNB"];
const INSTRUMENTS_MAX = 1_000;
const WORDS_MAX = 100_000;
const WORD = /"([A-Za-z0-9]{2,20}(?:[-_][A-Za-z0-9]{2,10}){0,2})"/g;

/** Remembers what it found. */
export class SymbolFinder {
  readonly instruments: Instrument[] = [];
  readonly #tools: VenueTools;
  readonly #seen = new Set<string>();

  constructor(tools: VenueTools) {
    this.#tools = tools;
  }

  /** Looks through one message; whether there is a new instrument now. */
  look(text: string): boolean {
    const before = this.instruments.length;
    for (const [, word] of text.matchAll(WORD)) {
      if (this.#seen.has(word!) || this.#seen.size >= WORDS_MAX) continue;
      this.#seen.add(word!);
      this.#tryWord(word!);
    }
    return this.instruments.length > before;
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

  #tryInstrument(word: string, base: string, quote: string, product: Product): void {
    if (this.instruments.length >= INSTRUMENTS_MAX) return;
    const terms = this.#tools.termsFrom(symbolFrom(base, quote, product), GRID, GRID, "1");
    if (!terms.ok || terms.value.venueSymbol !== word) return;
    const made = createInstrument(instrumentIndex(this.instruments.length), terms.value);
    if (made.ok) this.instruments.push(made.value);
  }
}
