/**
 * Asks whether each instrument may be traded and when funding is paid next, one instrument after
 * the other and each about twice a minute: the venue has no channel for either.
 *
 * The house asks for terms by the same way, all instruments at once.
 *
 * What the listing said is told first. A status is told when it changes; the first one only when
 * it is not "trading". An answer that cannot be read changes nothing.
 * @module
 */
import {
  err,
  type Instrument,
  type InstrumentTradingStatus,
  type Micros,
  ok,
  type Result,
} from "@/engine/domain/mod.ts";
import type { RefreshedInstrument } from "@/engine/ports/mod.ts";
import { textOf } from "./_json.ts";
import { OnceLog, type ProductContext } from "./_product_context.ts";
import { type GateRest, get, wordsOf } from "./_rest.ts";
import { type GateInstrument, parseListing } from "./instruments.ts";

const PERIOD_MS = 30_000;
const STEP_MS_MIN = 250;
/** Between two questions of the house: 200 in 10 s are allowed, the poll's own included. */
const REFRESH_PAUSE_MS = 100;
const NOT_LISTED: ReadonlySet<string> = new Set(["INVALID_CURRENCY_PAIR", "CONTRACT_NOT_FOUND"]);

/** Polls the instruments of one product. */
export class StatusPoller {
  readonly #context: ProductContext;
  readonly #rest: GateRest;
  readonly #instruments: readonly Instrument[];
  readonly #onFundingAt: (instrument: Instrument, at: Micros) => void;
  readonly #listed: (instrument: Instrument) => GateInstrument | undefined;
  readonly #statuses = new Map<Instrument, InstrumentTradingStatus>();
  readonly #once: OnceLog;
  #isStopped = false;
  #timer: number | undefined;
  #refreshTimer: number | undefined;

  constructor(
    context: ProductContext,
    rest: GateRest,
    instruments: readonly Instrument[],
    onFundingAt: (instrument: Instrument, at: Micros) => void,
    listed: (instrument: Instrument) => GateInstrument | undefined,
  ) {
    this.#context = context;
    this.#once = new OnceLog(context.log);
    this.#rest = rest;
    this.#instruments = instruments;
    this.#onFundingAt = onFundingAt;
    this.#listed = listed;
  }

  start(): void {
    const at = this.#context.clock.now();
    for (const instrument of this.#instruments) {
      const listed = this.#listed(instrument);
      if (listed !== undefined) this.#take(instrument, listed, at);
    }
    if (this.#instruments.length > 0) this.#askLater(0);
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== undefined) this.#context.scheduler.cancel(this.#timer);
    this.#timer = undefined;
    if (this.#refreshTimer !== undefined) this.#context.scheduler.cancel(this.#refreshTimer);
    this.#refreshTimer = undefined;
  }

  #askLater(index: number): void {
    const stepMs = Math.max(STEP_MS_MIN, PERIOD_MS / this.#instruments.length);
    this.#timer = this.#context.scheduler.after(stepMs, () => {
      this.#ask(this.#instruments[index]!, () => {});
      this.#askLater((index + 1) % this.#instruments.length);
    });
  }

  /** What is listed now, one instrument after the other; statuses are told on the way. */
  refresh(done: (listed: Result<readonly RefreshedInstrument[]>) => void): void {
    this.#refreshNext(0, [], done);
  }

  #refreshNext(
    index: number,
    listed: readonly RefreshedInstrument[],
    done: (listed: Result<readonly RefreshedInstrument[]>) => void,
  ): void {
    const instrument = this.#instruments[index];
    if (instrument === undefined) return done(ok(listed));
    this.#ask(instrument, (found) => {
      if (!found.ok) return done(found);
      const here = found.value === undefined ? [] : [found.value];
      const next = () => this.#refreshNext(index + 1, [...listed, ...here], done);
      if (index + 1 >= this.#instruments.length) return next();
      this.#refreshTimer = this.#context.scheduler.after(REFRESH_PAUSE_MS, next);
    });
  }

  /** The instrument's listing; undefined where the venue says that it has none. */
  #ask(
    instrument: Instrument,
    done: (found: Result<RefreshedInstrument | undefined>) => void,
  ): void {
    const isSpot = this.#context.product === "spot";
    const path = isSpot ? "/spot/currency_pairs" : "/futures/usdt/contracts";
    const { symbol, venueSymbol } = instrument.terms;
    this.#rest.send(get(`${path}/${venueSymbol}`), "public", (outcome) => {
      if (this.#isStopped) return;
      if (outcome.kind === "error" && NOT_LISTED.has(outcome.label)) return done(ok(undefined));
      if (outcome.kind !== "ok") return done(err(wordsOf(outcome)));
      const listing = parseListing(textOf(outcome.bytes, 0, outcome.bytes.length));
      if (!listing.ok) return done(listing);
      const { instruments, refused } = listing.value;
      const unread = refused.find((one) => one.symbol === venueSymbol);
      if (unread !== undefined) {
        // Listed, but not as anything we know: it is not traded on, and keeps its terms.
        this.#once.warn(`listing of ${symbol} is not readable: ${unread.reason}`);
        this.#tell(instrument, "halted", outcome.at);
        return done(ok({ terms: instrument.terms }));
      }
      const found = instruments.find(({ terms }) => terms.symbol === symbol);
      if (found === undefined) return done(err(`wanted the listing of ${symbol}, found none`));
      this.#take(instrument, found, outcome.at);
      done(ok({ terms: found.terms }));
    });
  }

  #take(instrument: Instrument, found: GateInstrument, at: Micros): void {
    this.#onFundingAt(instrument, found.fundingAt);
    this.#tell(instrument, found.status, at);
  }

  #tell(instrument: Instrument, status: InstrumentTradingStatus, at: Micros): void {
    const before = this.#statuses.get(instrument) ?? "trading";
    this.#statuses.set(instrument, status);
    if (status === before) return;
    this.#context.deliver({
      kind: "instrument_status",
      instrument: instrument.index,
      at,
      venueAt: at,
      status,
    });
  }
}
