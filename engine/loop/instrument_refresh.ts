/**
 * Keeps instruments as their venues list them while the house runs.
 *
 *   every so often | doubt --> connector.refreshInstruments --> other terms?
 *        -> the connector's instrument follows -> instrument_defined -> the core re-rounds quotes
 *
 * 1. Connector and core change between two events: no request is made on one grid and written on
 *    another, no frame is read on a grid that the core does not have yet.
 * 2. What the core learns comes as events, so that replay sees it at the same point.
 * 3. Doubt (an order refused by a filter, a frame off the grid, a change of status, the
 *    connector's own word) asks at once, but no venue is asked twice within the pause. A book that
 *    stands still may be of a halted instrument: that asks too, with a longer pause.
 * 4. Another contract size, or terms that cannot be used, halt the instrument here: what its
 *    numbers mean is not known any more, so nothing is quoted until a restart, whatever the
 *    connector says of its status.
 * @module
 */
import {
  areSameTerms,
  changedTerms,
  createInstrument,
  type Instrument,
  type InstrumentIndex,
  type InstrumentTerms,
  type InstrumentTradingStatus,
  type Result,
} from "@/engine/domain/mod.ts";
import type { EngineEvent, RejectReason } from "@/engine/messages/mod.ts";
import type {
  Clock,
  EventReceiver,
  ListedInstrument,
  Log,
  RefreshedInstrument,
  Scheduler,
  TimerId,
  VenueConnector,
} from "@/engine/ports/mod.ts";

/** An instrument with its index and what the venue charges. */
export interface DefinedInstrument {
  readonly instrument: Instrument;
  readonly listed: ListedInstrument;
}

/** Where events go; they must not wait behind others when terms change. */
export interface RefreshTarget {
  /** An event is in process right now. */
  readonly busy: boolean;
  deliver(event: EngineEvent): void;
}

/** What a refresh is built with. */
export interface InstrumentRefreshOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly target: RefreshTarget;
  /** 0: only on doubt. */
  readonly everyMs: number;
}

/** One instrument as it was last told to the core. */
interface Watched {
  readonly defined: DefinedInstrument;
  status: InstrumentTradingStatus;
}

/** One venue. */
interface VenueWatch {
  readonly connector: VenueConnector;
  readonly instruments: Watched[];
  /** An answer is awaited; doubt meanwhile asks again after it. */
  asking: boolean;
  doubted: boolean;
  askedAtMs: number;
  timer: TimerId | undefined;
  dueAtMs: number;
}

/** What an order is refused with when terms or status may have changed. */
const DOUBTFUL: ReadonlySet<RejectReason> = new Set([
  "filter",
  "price_band",
  "instrument_closed",
  // Maybe in maintenance: then the listing says so.
  "venue_unavailable",
]);
/** After a doubt, so that several make one question. */
const DOUBT_PAUSE_MS = 20;
const IDLE_WAIT_MS = 1;
/** Between two questions to one venue. */
const PAUSE_MS_MIN = 2_000;
/** The same where all that is odd is a quiet book: some books often are. */
const QUIET_PAUSE_MS = 10_000;

/** Refreshes the instruments of all venues. */
export class InstrumentRefresh {
  readonly #options: InstrumentRefreshOptions;
  readonly #venues: VenueWatch[] = [];
  readonly #byInstrument = new Map<InstrumentIndex, VenueWatch>();
  readonly #lost = new Set<InstrumentIndex>();
  /** What connectors said of instruments by themselves, the last word of each. */
  readonly #said = new Map<InstrumentIndex, InstrumentTradingStatus>();
  #stopped = false;

  constructor(options: InstrumentRefreshOptions) {
    this.#options = options;
  }

  /** A venue was joined with these instruments. */
  watch(connector: VenueConnector, defined: readonly DefinedInstrument[]): void {
    const venue: VenueWatch = {
      connector,
      instruments: defined.map((one) => ({ defined: one, status: "trading" })),
      asking: false,
      doubted: false,
      askedAtMs: this.#nowMs(),
      timer: undefined,
      dueAtMs: Infinity,
    };
    this.#venues.push(venue);
    for (const { instrument } of defined) this.#byInstrument.set(instrument.index, venue);
    connector.onListingDoubt = () => this.#doubt(venue);
    this.#plan(venue, this.#options.everyMs);
  }

  /** Sees each processed event: some make the terms doubtful. */
  observe(event: EngineEvent): void {
    switch (event.kind) {
      case "order":
      case "request_refused":
        if (event.reason === undefined || !DOUBTFUL.has(event.reason)) return;
        break;
      case "request_lost":
        // An answer that is none is how some venues speak in maintenance.
        if (event.outcome !== "unknown") return;
        break;
      case "feed_interrupted":
        if (event.reason !== "refused_frame") return;
        break;
      case "instrument_status":
        break;
      default:
        return;
    }
    const venue = this.#byInstrument.get(event.instrument);
    if (venue !== undefined) this.#doubt(venue);
  }

  /** A book stands still; where no channel tells of a halt, the listing does. */
  suspectHalt(instrument: InstrumentIndex): void {
    const venue = this.#byInstrument.get(instrument);
    if (venue === undefined || venue.asking) return;
    const next = venue.askedAtMs + QUIET_PAUSE_MS - this.#nowMs();
    this.#plan(venue, Math.max(DOUBT_PAUSE_MS, next));
  }

  /** Where connectors deliver to: what is halted here is not said to trade there. */
  guard(receiver: EventReceiver): EventReceiver {
    return {
      deliver: (event) => {
        if (event.kind === "instrument_status") {
          if (this.#lost.has(event.instrument)) return;
          this.#said.set(event.instrument, event.status);
        }
        receiver.deliver(event);
      },
    };
  }

  stop(): void {
    this.#stopped = true;
    for (const venue of this.#venues) this.#cancelTimer(venue);
  }

  #nowMs(): number {
    return this.#options.clock.now() / 1_000;
  }

  #doubt(venue: VenueWatch): void {
    if (venue.asking) {
      venue.doubted = true;
      return;
    }
    const next = venue.askedAtMs + PAUSE_MS_MIN - this.#nowMs();
    this.#plan(venue, Math.max(DOUBT_PAUSE_MS, next));
  }

  /** Asks after `delayMs`, or earlier where that is planned already; 0 is never. */
  #plan(venue: VenueWatch, delayMs: number): void {
    const dueAtMs = this.#nowMs() + delayMs;
    if (this.#stopped || delayMs <= 0 || venue.dueAtMs <= dueAtMs) return;
    this.#cancelTimer(venue);
    venue.dueAtMs = dueAtMs;
    venue.timer = this.#options.scheduler.after(delayMs, () => {
      venue.timer = undefined;
      venue.dueAtMs = Infinity;
      this.#ask(venue);
    });
  }

  #cancelTimer(venue: VenueWatch): void {
    if (venue.timer !== undefined) this.#options.scheduler.cancel(venue.timer);
    venue.timer = undefined;
    venue.dueAtMs = Infinity;
  }

  #ask(venue: VenueWatch): void {
    venue.asking = true;
    venue.doubted = false;
    venue.askedAtMs = this.#nowMs();
    venue.connector.refreshInstruments((answer) => this.#takeWhenIdle(venue, answer));
  }

  /** A change waits behind the event in process: what it delivers must not be overtaken. */
  #takeWhenIdle(venue: VenueWatch, answer: Result<readonly RefreshedInstrument[]>): void {
    if (!this.#options.target.busy) return this.#take(venue, answer);
    this.#options.scheduler.after(IDLE_WAIT_MS, () => this.#takeWhenIdle(venue, answer));
  }

  #take(venue: VenueWatch, answer: Result<readonly RefreshedInstrument[]>): void {
    if (this.#stopped) return;
    venue.asking = false;
    if (answer.ok) {
      for (const watched of venue.instruments) this.#compare(venue, watched, answer.value);
    } else {
      this.#options.log.log("debug", `instruments not refreshed: ${answer.error}`, {
        venue: venue.connector.venue,
      });
    }
    if (venue.doubted) this.#doubt(venue);
    else this.#plan(venue, this.#options.everyMs);
  }

  #compare(
    venue: VenueWatch,
    watched: Watched,
    listed: readonly RefreshedInstrument[],
  ): void {
    const { instrument } = watched.defined;
    if (this.#lost.has(instrument.index)) return;
    const found = listed.find((one) => one.terms.symbol === instrument.terms.symbol);
    if (found === undefined) return this.#tellStatus(watched, "delisted");
    const changed = changedTerms(instrument.terms, found.terms);
    if (!changed.ok) return this.#lose(watched, changed.error);
    if (!areSameTerms(instrument.terms, changed.value)) {
      this.#redefine(venue, watched, changed.value);
    }
    if (found.status !== undefined) this.#tellStatus(watched, found.status);
    else if (watched.status === "delisted") this.#tellStatus(watched, this.#relisted(instrument));
  }

  /** What is listed again is as its connector said meanwhile. */
  #relisted({ index }: Instrument): InstrumentTradingStatus {
    const said = this.#said.get(index);
    return said === "halted" || said === "maintenance" ? said : "trading";
  }

  #redefine(venue: VenueWatch, watched: Watched, terms: InstrumentTerms): void {
    const { instrument, listed } = watched.defined;
    const made = createInstrument(instrument.index, terms);
    if (!made.ok) return this.#lose(watched, made.error);
    const isRegridded = !made.value.hasGridsOf(instrument);
    if (!instrument.follow(terms).ok) return;
    if (isRegridded) venue.connector.onRedefined(instrument);
    this.#options.target.deliver({
      kind: "instrument_defined",
      at: this.#options.clock.now(),
      index: instrument.index,
      terms,
      fees: listed.fees,
    });
  }

  /** Says once why, and halts the instrument. */
  #lose(watched: Watched, error: string): void {
    this.#lost.add(watched.defined.instrument.index);
    this.#options.log.log("error", `${error}; halted until a restart`);
    this.#tellStatus(watched, "halted");
  }

  #tellStatus(watched: Watched, status: InstrumentTradingStatus): void {
    if (watched.status === status) return;
    watched.status = status;
    const at = this.#options.clock.now();
    const { index } = watched.defined.instrument;
    this.#options.target.deliver({
      kind: "instrument_status",
      instrument: index,
      at,
      venueAt: at,
      status,
    });
  }
}
