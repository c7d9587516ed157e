/**
 * Looks after what the venue does not push: listings (status, grids, bounds) and announced
 * maintenance.
 *
 * 1. Listings are asked for when the house wants to know, one instrument after the other; their
 *    status is told here, their terms are the answer.
 * 2. An instrument trades only if it is listed as trading and its product is not under maintenance;
 *    only changes of that are told.
 *
 * Source: venue documentation "Get instruments info" and "System status", read 2026-07.
 * @module
 */
import {
  err,
  type Instrument,
  type InstrumentTradingStatus,
  ok,
  type Result,
} from "@/engine/domain/mod.ts";
import type { RefreshedInstrument } from "@/engine/ports/mod.ts";
import { objectOf, objectsOf, textOf } from "./_json.ts";
import { MaintenanceWatch } from "./_maintenance.ts";
import { type BybitRest, type Outcome, wordsOf } from "./_rest.ts";
import { OnceLog, type VenueContext } from "./_venue_context.ts";
import { categoryOf } from "./endpoints.ts";
import { parseInstrumentsInfo } from "./instruments.ts";

const STATUS_EVERY_MS = 10_000;
/** "params error: symbol invalid": the venue lists no such instrument. */
const UNKNOWN = 10_001;
/** Between two instruments' questions. */
const PAUSE_MS = 100;

/** What a watch is built with. */
export interface VenueWatchOptions {
  readonly instruments: readonly Instrument[];
  /** What each was listed as when it was loaded; absent means trading. */
  readonly listedAs: ReadonlyMap<string, InstrumentTradingStatus>;
}

/** One instrument as it was last seen. */
interface Watched {
  readonly instrument: Instrument;
  listed: InstrumentTradingStatus;
  told: InstrumentTradingStatus;
}

/** Instruments and maintenance. */
export class VenueWatch {
  readonly #context: VenueContext;
  readonly #rest: BybitRest;
  readonly #watched: Watched[];
  readonly #maintenance = new MaintenanceWatch();
  readonly #once: OnceLog;
  readonly #timers = new Map<string, number>();
  #isStopped = false;

  constructor(context: VenueContext, rest: BybitRest, options: VenueWatchOptions) {
    this.#context = context;
    this.#rest = rest;
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
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) this.#context.scheduler.cancel(timer);
    this.#timers.clear();
  }

  /** Asks what is listed now; what is no longer listed is not in the answer. */
  refresh(done: (listed: Result<readonly RefreshedInstrument[]>) => void): void {
    this.#askNext(0, [], done);
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

  #askNext(
    index: number,
    listed: readonly RefreshedInstrument[],
    done: (listed: Result<readonly RefreshedInstrument[]>) => void,
  ): void {
    const watched = this.#watched[index];
    if (watched === undefined) {
      this.#tellChanges();
      return done(ok(listed));
    }
    const { product, venueSymbol } = watched.instrument.terms;
    const query = [["category", categoryOf(product)], ["symbol", venueSymbol]] as const;
    this.#rest.get("/v5/market/instruments-info", query, "public", (outcome) => {
      if (this.#isStopped) return;
      const found = this.#take(watched, outcome);
      if (!found.ok) return done(found);
      const next = () => this.#askNext(index + 1, [...listed, ...found.value], done);
      if (index + 1 < this.#watched.length) this.#later("instruments", PAUSE_MS, next);
      else next();
    });
  }

  /** The instrument's listing, or none where the venue lists it no more. */
  #take(watched: Watched, outcome: Outcome): Result<readonly RefreshedInstrument[]> {
    if (outcome.kind === "error" && outcome.code === UNKNOWN && /symbol/i.test(outcome.message)) {
      watched.listed = "delisted";
      return ok([]);
    }
    const listing = outcome.kind === "ok"
      ? parseInstrumentsInfo(textOf(outcome.bytes, 0, outcome.bytes.length))
      : err(failureOf(outcome));
    if (!listing.ok) {
      this.#once.warn("instrument not refreshed", { found: listing.error });
      return listing;
    }
    const { symbol, venueSymbol } = watched.instrument.terms;
    const { instruments, refused } = listing.value;
    const unread = refused.find((one) => one.symbol === venueSymbol);
    if (unread !== undefined) {
      // Listed, but not as anything we know: it is not traded on, and keeps its terms.
      this.#once.warn(`listing of ${symbol} is not readable: ${unread.reason}`);
      watched.listed = "halted";
      return ok([{ terms: watched.instrument.terms }]);
    }
    const found = instruments.find((one) => one.terms.symbol === symbol);
    if (found === undefined && instruments.length + refused.length > 0) {
      return err(`wanted the listing of ${symbol}, found another`);
    }
    watched.listed = found?.status ?? "delisted";
    return ok(found === undefined ? [] : [{ terms: found.terms }]);
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

function failureOf(outcome: Outcome): string {
  return outcome.kind === "ok" ? "an answer that is not readable" : wordsOf(outcome);
}
