/**
 * One run of the house from start to orderly stop, on any clock.
 *
 *   load instruments -> session_started -> instrument_defined… -> connect -> timer ticks
 *        -> shutdown: cancel all -> wait for answers (10 s) -> last timer -> disconnect
 *
 * 1. Recovery is the start-up path: connectors report their links, the core asks for the account,
 *    reconciles, and only then lets quotes stand. There is no second way in.
 * 2. A venue that is down at the start does not hold up the others: it joins when it answers.
 * 3. The stop waits 10 s for a venue, and longer where it says that its cancels are final later.
 * 4. Nothing is left running after `onStopped`: no timer, no socket.
 * @module
 */
import {
  createInstrument,
  type InstrumentIndex,
  type InstrumentKey,
  instrumentKey,
  type Micros,
  symbolOf,
  type VenueId,
} from "@/engine/domain/mod.ts";
import type { CommandName, EngineEvent } from "@/engine/messages/mod.ts";
import type {
  Clock,
  ListedInstrument,
  Log,
  Scheduler,
  TimerId,
  VenueConnector,
} from "@/engine/ports/mod.ts";
import { type DefinedInstrument, InstrumentRefresh } from "./instrument_refresh.ts";
import type { LiveRunner } from "./live_runner.ts";

/** A venue with the instruments it shall trade, each with its index in this run. */
export interface SessionVenue {
  readonly connector: VenueConnector;
  readonly instruments: readonly { readonly symbol: string; readonly index: InstrumentIndex }[];
}

/** What a session is built with. */
export interface SessionOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly runner: LiveRunner;
  readonly venues: readonly SessionVenue[];
  readonly instanceId: string;
  readonly startNumber: number;
  readonly timerMs: number;
  /** How often venues are asked what they list now; 0 or absent: only on doubt. */
  readonly instrumentsEveryMs?: number;
  /** Orders that may still trade, of one venue or of all; the shutdown waits for none. */
  readonly liveOrders: (venue?: VenueId) => number;
  /** Called once, when every venue answered or the wait is over, before the first event. */
  readonly onInstruments: (listed: ReadonlyMap<InstrumentKey, DefinedInstrument>) => void;
}

export type { DefinedInstrument } from "./instrument_refresh.ts";

const INSTRUMENTS_WAIT_MS_MAX = 10_000;
/** To this is added what a venue says its cancels take to be final. */
const STOP_WAIT_MS_MAX = 10_000;
const STOP_POLL_MS = 20;
/** For the last words to leave: switches that are disarmed when nothing rests any more. */
const STOP_LINGER_MS = 100;

/** Runs one session. */
export class Session {
  readonly #options: SessionOptions;
  readonly #defined = new Map<InstrumentKey, DefinedInstrument>();
  readonly #pending = new Set<SessionVenue>();
  readonly #refresh: InstrumentRefresh;
  #timer: TimerId | undefined;
  #startTimer: TimerId | undefined;
  #running = false;
  #stopping = false;
  #stopped = false;
  startedAt: Micros = 0 as Micros;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { clock, scheduler, log, runner, instrumentsEveryMs } = options;
    this.#refresh = new InstrumentRefresh({
      clock,
      scheduler,
      log,
      target: runner,
      everyMs: instrumentsEveryMs ?? 0,
    });
  }

  /** Sees each event after it was processed. */
  observe(event: EngineEvent): void {
    this.#refresh.observe(event);
  }

  /** An instrument's book stands still: it may be halted. */
  suspectHalt(instrument: InstrumentIndex): void {
    this.#refresh.suspectHalt(instrument);
  }

  /** Whether the first event was processed. */
  get running(): boolean {
    return this.#running;
  }

  /** Own orders that may still be open at the venues. */
  get openOrders(): number {
    return this.#running ? this.#options.liveOrders() : 0;
  }

  /** Asks every venue what it lists, then starts. */
  start(): void {
    const { venues, scheduler, clock } = this.#options;
    this.startedAt = clock.now();
    for (const venue of venues) this.#pending.add(venue);
    this.#startTimer = scheduler.after(INSTRUMENTS_WAIT_MS_MAX, () => this.#begin());
    for (const venue of venues) this.#load(venue);
    if (venues.length === 0) this.#begin();
  }

  /** Gives an operator's order to the core. */
  command(
    name: CommandName,
    by: string,
    reason: string,
    values: readonly (readonly [string, string])[] = [],
    releaseKillSwitch = false,
  ): void {
    const at = this.#options.clock.now();
    this.#deliver({ kind: "command", name, at, by, reason, values, releaseKillSwitch });
  }

  /** Cancels own orders, waits for the answers, disconnects; `onStopped` says what may be open. */
  stop(by: string, reason: string, onStopped: (openOrders: number) => void): void {
    if (this.#stopping) return;
    this.#stopping = true;
    if (this.#running) this.command("shutdown", by, reason);
    const since = this.#options.clock.now();
    const awaited = new Map(this.#options.venues.map((one) => [one, patienceMicros(one)]));
    const end = () => {
      this.abort();
      onStopped(this.openOrders);
    };
    const poll = () => {
      if (this.openOrders === 0 && this.#running) {
        this.#deliver({ kind: "timer", at: this.#options.clock.now() });
        this.#options.scheduler.after(STOP_LINGER_MS, end);
      } else if (this.openOrders === 0 || !this.#isAnyAwaited(awaited, since)) {
        end();
      } else {
        this.#options.scheduler.after(STOP_POLL_MS, poll);
      }
    };
    poll();
  }

  /** Whether a venue may still answer for its orders; says which one is waited for no longer. */
  #isAnyAwaited(awaited: Map<SessionVenue, number>, since: Micros): boolean {
    const { clock, log, liveOrders } = this.#options;
    const waited = clock.now() - since;
    for (const [one, patience] of awaited) {
      if (waited < patience) continue;
      awaited.delete(one);
      const { venue } = one.connector;
      const orders = liveOrders(venue);
      if (orders > 0) log.log("warn", "orders may still be open", { venue, orders });
    }
    return [...awaited.keys()].some((one) => liveOrders(one.connector.venue) > 0);
  }

  /** Closes every socket and timer at once; orders may stay open at the venues. */
  abort(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const { scheduler, clock, venues } = this.#options;
    if (this.#timer !== undefined) scheduler.cancel(this.#timer);
    if (this.#startTimer !== undefined) scheduler.cancel(this.#startTimer);
    this.#refresh.stop();
    for (const venue of venues) venue.connector.stop(clock.now());
  }

  #load(venue: SessionVenue): void {
    const symbols = venue.instruments.map((one) => one.symbol);
    venue.connector.loadInstruments(symbols, (answer) => {
      if (this.#stopped) return;
      if (answer.ok) this.#define(venue, answer.value);
      else {
        this.#options.log.log("error", answer.error, { venue: venue.connector.venue });
      }
      this.#pending.delete(venue);
      if (this.#running) this.#join(venue);
      else if (this.#pending.size === 0) this.#begin();
    });
  }

  #define(venue: SessionVenue, listed: readonly ListedInstrument[]): void {
    for (const wanted of venue.instruments) {
      const found = listed.find((one) => one.terms.symbol === wanted.symbol);
      if (found === undefined) {
        this.#complain(venue, `${wanted.symbol} is not listed by the venue`);
        continue;
      }
      const instrument = createInstrument(wanted.index, found.terms);
      if (!instrument.ok) this.#complain(venue, instrument.error);
      else {
        this.#defined.set(instrument.value.key, { instrument: instrument.value, listed: found });
      }
    }
  }

  #complain(venue: SessionVenue, text: string): void {
    this.#options.log.log("error", text, { venue: venue.connector.venue });
  }

  #begin(): void {
    if (this.#running || this.#stopped) return;
    const { clock, venues, instanceId, startNumber, onInstruments, scheduler } = this.#options;
    if (this.#startTimer !== undefined) scheduler.cancel(this.#startTimer);
    this.#running = true;
    onInstruments(this.#defined);
    this.#deliver({ kind: "session_started", at: clock.now(), instanceId, startNumber });
    for (const venue of venues) {
      if (!this.#pending.has(venue)) this.#join(venue);
    }
    this.#tick();
  }

  /** Defines a venue's instruments in the core, then connects it. */
  #join(venue: SessionVenue): void {
    const ready: DefinedInstrument[] = [];
    for (const wanted of venue.instruments) {
      const key = instrumentKey(venue.connector.venue, symbolOf(wanted.symbol));
      const defined = this.#defined.get(key);
      if (defined === undefined) continue;
      ready.push(defined);
      this.#deliver({
        kind: "instrument_defined",
        at: this.#options.clock.now(),
        index: defined.instrument.index,
        terms: defined.listed.terms,
        fees: defined.listed.fees,
      });
    }
    if (ready.length === 0) return;
    this.#refresh.watch(venue.connector, ready);
    const receiver = this.#refresh.guard(this.#options.runner);
    venue.connector.start(ready.map((one) => one.instrument), receiver);
  }

  #tick(): void {
    if (this.#stopped) return;
    this.#deliver({ kind: "timer", at: this.#options.clock.now() });
    this.#timer = this.#options.scheduler.after(this.#options.timerMs, () => this.#tick());
  }

  #deliver(event: EngineEvent): void {
    this.#options.runner.deliver(event);
  }
}

/** How long a stop waits for a venue's last words. */
function patienceMicros({ connector }: SessionVenue): number {
  const finalMs = connector.accounts.map((one) => connector.capabilities(one).cancelFinalMs ?? 0);
  return (STOP_WAIT_MS_MAX + Math.max(0, ...finalMs)) * 1_000;
}
