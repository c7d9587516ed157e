/**
 * Looks at the venue's listing every ten minutes: instruments that were delisted, or whose grids
 * changed, while we run.
 *
 * Steps of price and size follow `szDecimals`, which the venue may change; asset numbers only grow.
 * Source: venue documentation "Info endpoint", read 2026-09.
 * @module
 */
import {
  createInstrument,
  type Instrument,
  type InstrumentTradingStatus,
  type Product,
} from "@/engine/domain/mod.ts";
import type { VenueContext } from "./_context.ts";
import { textOf } from "./_json.ts";
import type { HyperliquidRest } from "./_rest.ts";
import { parseMeta } from "./instruments.ts";

const EVERY_MS = 10 * 60_000;

/** Who is told. */
export interface ListingReceiver {
  onStatus(instrument: Instrument, status: InstrumentTradingStatus): void;
  /** The same index, new grids. */
  onChanged(instrument: Instrument): void;
}

/** Watches the listing of the products we trade. */
export class ListingWatch {
  readonly #context: VenueContext;
  readonly #rest: HyperliquidRest;
  readonly #receiver: ListingReceiver;
  readonly #instruments = new Map<string, Instrument>();
  readonly #statuses = new Map<string, InstrumentTradingStatus>();
  #timer: number | undefined;
  #isStopped = false;

  constructor(context: VenueContext, rest: HyperliquidRest, receiver: ListingReceiver) {
    this.#context = context;
    this.#rest = rest;
    this.#receiver = receiver;
  }

  /** Watches these; `statusOf` says how each stood when it was loaded. */
  start(
    instruments: readonly Instrument[],
    statusOf: (symbol: string) => InstrumentTradingStatus | undefined,
  ): void {
    for (const instrument of instruments) {
      const { symbol } = instrument.terms;
      this.#instruments.set(symbol, instrument);
      this.#statuses.set(symbol, statusOf(symbol) ?? "trading");
    }
    this.#later();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== undefined) this.#context.scheduler.cancel(this.#timer);
    this.#timer = undefined;
  }

  #later(): void {
    this.#timer = this.#context.scheduler.after(EVERY_MS, () => {
      const products = new Set([...this.#instruments.values()].map((one) => one.terms.product));
      for (const product of products) this.#look(product);
      this.#later();
    });
  }

  #look(product: Product): void {
    this.#rest.ask({ type: product === "spot" ? "spotMeta" : "meta" }, (outcome) => {
      if (this.#isStopped || outcome.kind !== "ok") return;
      const listing = parseMeta(textOf(outcome.bytes, 0, outcome.bytes.length));
      if (!listing.ok || listing.value.product !== product) {
        this.#context.log.log("warn", "listing not readable", {
          found: listing.ok ? listing.value.product : listing.error,
        });
        return;
      }
      const listed = new Map(
        listing.value.instruments.map((one) => [String(one.terms.symbol), one]),
      );
      for (const instrument of [...this.#instruments.values()]) {
        if (instrument.terms.product !== product) continue;
        const found = listed.get(instrument.terms.symbol);
        // Names never go away: one that is not there is a half answer.
        if (found === undefined) continue;
        this.#compareStatus(instrument, found.status);
        this.#compareTerms(instrument, found.terms);
      }
    });
  }

  #compareStatus(instrument: Instrument, status: InstrumentTradingStatus): void {
    const { symbol } = instrument.terms;
    if (this.#statuses.get(symbol) === status) return;
    this.#statuses.set(symbol, status);
    this.#receiver.onStatus(instrument, status);
  }

  #compareTerms(instrument: Instrument, terms: Instrument["terms"]): void {
    const known = instrument.terms;
    const isSame = known.tick === terms.tick && known.lot === terms.lot &&
      known.venueNumber === terms.venueNumber && known.venueSymbol === terms.venueSymbol;
    if (isSame) return;
    const made = createInstrument(instrument.index, terms);
    if (!made.ok) return this.#context.log.log("error", made.error);
    this.#instruments.set(terms.symbol, made.value);
    this.#receiver.onChanged(made.value);
  }
}
