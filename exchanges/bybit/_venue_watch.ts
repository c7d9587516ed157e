/**
 * Looks after what the venue does not push: instruments (status, grids, bounds) and announced
 * maintenance.
 *
 * 1. An instrument is asked for once a minute, and soon after a frame did not fit its grids. Other
 *    grids or bounds are a new definition with the same index, and are told before any frame in
 *    them is read.
 * 2. An instrument trades only if it is listed as trading and its product is not under maintenance;
 *    only changes of that are told.
 *
 * Source: venue documentation "Get instruments info" and "System status", read 2026-07.
 * @module
 */
import {
  createInstrument,
  type FeeSchedule,
  type Instrument,
  type InstrumentIndex,
  type InstrumentTerms,
  type InstrumentTradingStatus,
} from "@/engine/domain/mod.ts";
import { objectOf, objectsOf, textOf } from "./_json.ts";
import { MaintenanceWatch } from "./_maintenance.ts";
import { type BybitRest, type Outcome, wordsOf } from "./_rest.ts";
import { OnceLog, type VenueContext } from "./_venue_context.ts";
import { categoryOf } from "./endpoints.ts";
import { parseInstrumentsInfo } from "./instruments.ts";

const INSTRUMENTS_EVERY_MS = 60_000;
const STATUS_EVERY_MS = 10_000;
/** Between two instruments' questions, and after a frame that did not fit. */
const PAUSE_MS = 100;

/** What a watch is built with. */
export interface VenueWatchOptions {
  readonly instruments: readonly Instrument[];
  /** What each was listed as when it was loaded; absent means trading. */
  readonly listedAs: ReadonlyMap<string, InstrumentTradingStatus>;
  feesOf(instrument: Instrument): FeeSchedule;
  /** Called before the new definition is told. */
  onRedefined(instrument: Instrument): void;
}

/** One instrument as it was last seen. */
interface Watched {
  instrument: Instrument;
  listed: InstrumentTradingStatus;
  told: InstrumentTradingStatus;
}

/** Instruments and maintenance. */
export class VenueWatch {
  readonly #context: VenueContext;
  readonly #rest: BybitRest;
  readonly #options: VenueWatchOptions;
  readonly #watched: Watched[];
  readonly #maintenance = new MaintenanceWatch();
  readonly #once: OnceLog;
  readonly #timers = new Map<string, number>();
  readonly #asking = new Set<InstrumentIndex>();
  #isStopped = false;

  constructor(context: VenueContext, rest: BybitRest, options: VenueWatchOptions) {
    this.#context = context;
    this.#rest = rest;
    this.#options = options;
    this.#once = new OnceLog(context.log);
    this.#watched = options.instruments.map((instrument) => ({
      instrument,
      listed: options.listedAs.get(instrument.terms.symbol) ?? "trading",
      told: "trading",
    }));
  }

  start(): void {
    this.#tellChanges();
    this.#askStatus();
    this.#later("instruments", INSTRUMENTS_EVERY_MS, () => this.#askInstruments(0));
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) this.#context.scheduler.cancel(timer);
    this.#timers.clear();
  }

  /** A frame did not fit the instrument's grids. */
  doubt(index: InstrumentIndex): void {
    if (this.#asking.has(index)) return;
    this.#asking.add(index);
    this.#later(`doubt ${index}`, PAUSE_MS, () => {
      const watched = this.#watched.find(({ instrument }) => instrument.index === index);
      if (watched === undefined) return;
      this.#askInstrument(watched, () => {
        this.#later(`doubt ${index}`, STATUS_EVERY_MS, () => this.#asking.delete(index));
      });
    });
  }

  #later(name: string, delayMs: number, run: () => void): void {
    if (this.#isStopped) return;
    const before = this.#timers.get(name);
    if (before !== undefined) this.#context.scheduler.cancel(before);
    const timer = this.#context.scheduler.after(delayMs, () => {
      this.#timers.delete(name);
      run();
    });
    this.#timers.set(name, timer);
  }

  #askStatus(): void {
    this.#rest.get("/v5/system/status", [], "public", (outcome) => {
      if (this.#isStopped) return;
      const items = outcome.kind === "ok"
        ? objectsOf(objectOf(outcome.result)?.["list"])
        : undefined;
      if (items === undefined) {
        this.#once.warn("system status not received", { found: failureOf(outcome) });
      } else {
        this.#maintenance.take(items);
        this.#tellChanges();
      }
      this.#later("status", STATUS_EVERY_MS, () => this.#askStatus());
    });
  }

  #askInstruments(index: number): void {
    const watched = this.#watched[index];
    if (watched === undefined) {
      this.#later("instruments", INSTRUMENTS_EVERY_MS, () => this.#askInstruments(0));
      return;
    }
    this.#askInstrument(watched, () => {
      this.#later("instruments", PAUSE_MS, () => this.#askInstruments(index + 1));
    });
  }

  #askInstrument(watched: Watched, done: () => void): void {
    const { product, venueSymbol } = watched.instrument.terms;
    const query = [["category", categoryOf(product)], ["symbol", venueSymbol]] as const;
    this.#rest.get("/v5/market/instruments-info", query, "public", (outcome) => {
      if (this.#isStopped) return;
      this.#takeListing(watched, outcome);
      done();
    });
  }

  #takeListing(watched: Watched, outcome: Outcome): void {
    const listing = outcome.kind === "ok"
      ? parseInstrumentsInfo(textOf(outcome.bytes, 0, outcome.bytes.length))
      : undefined;
    if (listing === undefined || !listing.ok) {
      const found = listing === undefined ? failureOf(outcome) : listing.error;
      this.#once.warn("instrument not refreshed", { found });
      return;
    }
    const { symbol } = watched.instrument.terms;
    const found = listing.value.instruments.find((one) => one.terms.symbol === symbol);
    if (found !== undefined) {
      watched.listed = found.status;
      this.#redefine(watched, found.terms);
    } else if (listing.value.instruments.length === 0 && listing.value.refused.length === 0) {
      watched.listed = "delisted";
    }
    this.#tellChanges();
  }

  #redefine(watched: Watched, terms: InstrumentTerms): void {
    const before = watched.instrument;
    if (isSame(before.terms, terms)) return;
    const made = createInstrument(before.index, terms);
    if (!made.ok) {
      this.#once.warn("instrument has terms that cannot be used", { found: made.error });
      return;
    }
    watched.instrument = made.value;
    this.#options.onRedefined(made.value);
    this.#context.deliver({
      kind: "instrument_defined",
      at: this.#context.clock.now(),
      index: before.index,
      terms,
      fees: this.#options.feesOf(made.value),
    });
  }

  #tellChanges(): void {
    const at = this.#context.clock.now();
    for (const watched of this.#watched) {
      const { instrument, listed } = watched;
      const isUnder = this.#maintenance.isUnder(instrument.terms.product);
      const status = listed === "trading" && isUnder ? "maintenance" : listed;
      if (status === watched.told) continue;
      watched.told = status;
      this.#context.deliver({
        kind: "instrument_status",
        instrument: instrument.index,
        at,
        venueAt: at,
        status,
      });
    }
  }
}

function isSame(a: InstrumentTerms, b: InstrumentTerms): boolean {
  const keys = [
    "tick",
    "lot",
    "minSize",
    "maxSize",
    "minNotional",
    "orderTick",
    "orderLot",
  ] as const;
  return keys.every((key) => a[key] === b[key]);
}

function failureOf(outcome: Outcome): string {
  return outcome.kind === "ok" ? "an answer that is not readable" : wordsOf(outcome);
}
