/**
 * Looks at the venue's listing when the house wants to know: instruments that were delisted, or
 * whose grids changed, while we run.
 *
 * A look weighs 40 of the 1,200 a minute that orders need too, so there are three a minute at most:
 * who asks sooner is answered later.
 *
 * Steps of price and size follow `szDecimals`, which the venue may change; asset numbers only grow.
 * Source: venue documentation "Info endpoint", read 2026-09.
 * @module
 */
import {
  err,
  type Instrument,
  type InstrumentTradingStatus,
  ok,
  type Product,
  type Result,
} from "@/engine/domain/mod.ts";
import type { RefreshedInstrument } from "@/engine/ports/mod.ts";
import type { VenueContext } from "./_context.ts";
import { textOf } from "./_json.ts";
import { type HyperliquidRest, type Outcome, wordsOf } from "./_rest.ts";
import { parseMeta } from "./instruments.ts";

const LOOK_PAUSE_MS = 20_000;

/** Who is told. */
export interface ListingReceiver {
  onStatus(instrument: Instrument, status: InstrumentTradingStatus): void;
}

/** Watches the listing of the products we trade. */
export class ListingWatch {
  readonly #context: VenueContext;
  readonly #rest: HyperliquidRest;
  readonly #receiver: ListingReceiver;
  readonly #instruments = new Map<string, Instrument>();
  readonly #statuses = new Map<string, InstrumentTradingStatus>();
  /** Milliseconds. */
  #lookedAt = -Infinity;
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
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== undefined) this.#context.scheduler.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** Asks what is listed now; statuses are told on the way. */
  refresh(done: (listed: Result<readonly RefreshedInstrument[]>) => void): void {
    const { clock, scheduler } = this.#context;
    const waitMs = this.#lookedAt + LOOK_PAUSE_MS - clock.now() / 1_000;
    if (waitMs > 0) {
      this.#timer = scheduler.after(waitMs, () => this.refresh(done));
      return;
    }
    this.#lookedAt = clock.now() / 1_000;
    const products = new Set([...this.#instruments.values()].map((one) => one.terms.product));
    this.#refreshNext([...products], [], done);
  }

  #refreshNext(
    [product, ...later]: readonly Product[],
    listed: readonly RefreshedInstrument[],
    done: (listed: Result<readonly RefreshedInstrument[]>) => void,
  ): void {
    if (product === undefined) return done(ok(listed));
    this.#rest.ask({ type: product === "spot" ? "spotMeta" : "meta" }, (outcome) => {
      if (this.#isStopped) return;
      const found = this.#take(product, outcome);
      if (!found.ok) return done(found);
      this.#refreshNext(later, [...listed, ...found.value], done);
    });
  }

  #take(product: Product, outcome: Outcome): Result<readonly RefreshedInstrument[]> {
    if (outcome.kind !== "ok") return err(wordsOf(outcome));
    const listing = parseMeta(textOf(outcome.bytes, 0, outcome.bytes.length));
    if (!listing.ok || listing.value.product !== product) {
      const found = listing.ok ? listing.value.product : listing.error;
      this.#context.log.log("warn", "listing not readable", { found });
      return err(`wanted the listing of ${product}, found ${found}`);
    }
    const bySymbol = new Map(
      listing.value.instruments.map((one) => [String(one.terms.symbol), one]),
    );
    const listed: RefreshedInstrument[] = [];
    for (const instrument of this.#instruments.values()) {
      if (instrument.terms.product !== product) continue;
      const found = bySymbol.get(instrument.terms.symbol);
      // Names never go away: one that is not there is a half answer.
      if (found === undefined) return err(`wanted ${instrument.key} in it, found it missing`);
      this.#compareStatus(instrument, found.status);
      listed.push({ terms: found.terms });
    }
    return ok(listed);
  }

  #compareStatus(instrument: Instrument, status: InstrumentTradingStatus): void {
    const { symbol } = instrument.terms;
    if (this.#statuses.get(symbol) === status) return;
    this.#statuses.set(symbol, status);
    this.#receiver.onStatus(instrument, status);
  }
}
