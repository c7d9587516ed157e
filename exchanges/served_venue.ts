/**
 * `ServedVenue`: one simulated venue on its address, which can be killed and comes back.
 *
 *   up --kill--> down (connections are refused) --time--> up, on the same port
 *
 * 1. While it is down nobody reaches it, but its market goes on: orders rest, fill and are charged,
 *    as at a venue whose gateways are gone. Who comes back must ask what happened.
 * 2. A port that is not free yet when the venue returns is tried again.
 * @module
 */
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import type { Log, PaperVenueSetup, Scheduler, TimerId, VenueTruth } from "@/engine/ports/mod.ts";
import {
  changeFromRequest,
  changeInstrument,
  type DialectServer,
  type FaultKind,
  type FaultPlan,
  type FaultRule,
  type RecordedSource,
  serveDialect,
  type ServeOptions,
} from "@/exchanges/simulator/mod.ts";
import type { SimulatedVenue } from "./simulated_registry.ts";

/** What a venue is served with. */
export interface ServedVenueOptions {
  readonly setup: PaperVenueSetup;
  readonly simulated: SimulatedVenue;
  readonly plan: FaultPlan;
  readonly truth: VenueTruth;
  readonly source: RecordedSource | undefined;
  readonly log: Log;
  readonly serve: ServeOptions;
}

const TRY_AGAIN_MS = 100;
const TRIES_MAX = 600;

/** Serves a venue, or says why it cannot be. */
export function openServedVenue(options: ServedVenueOptions): Result<ServedVenue> {
  const server = tryToServe(options.serve);
  return server.ok
    ? ok(new ServedVenue(options, server.value))
    : err(`Cannot serve simulated ${options.setup.venue}: ${server.error}`);
}

/** One venue while its world is open. */
export class ServedVenue {
  readonly setup: PaperVenueSetup;
  readonly simulated: SimulatedVenue;
  readonly plan: FaultPlan;
  readonly truth: VenueTruth;
  readonly source: RecordedSource | undefined;
  /** Stays the same when the venue was down. */
  readonly port: number;
  readonly #options: ServedVenueOptions;
  readonly #scheduler: Scheduler;
  readonly #deaths = new Set<TimerId>();
  #server: DialectServer | undefined;
  #returnTimer: TimerId | undefined = undefined;
  #returnsAt = 0;
  #triesLeft = TRIES_MAX;

  constructor(options: ServedVenueOptions, server: DialectServer) {
    this.setup = options.setup;
    this.simulated = options.simulated;
    this.plan = options.plan;
    this.truth = options.truth;
    this.source = options.source;
    this.port = server.port;
    this.#options = options;
    this.#scheduler = options.serve.scheduler;
    this.#server = server;
  }

  /** Whether it can be reached. */
  get isUp(): boolean {
    return this.#server !== undefined;
  }

  /** Which of the rare faults it can show. */
  get rareFaults(): readonly FaultKind[] {
    return this.simulated.dialect.rareFaults ?? [];
  }

  /** Drops every connection at once; new ones are welcome. */
  cutAll(): void {
    this.#server?.cutAll();
  }

  /** Takes a fault to come; false when there are too many already. */
  addFault(rule: FaultRule): boolean {
    if (rule.kind !== "down") return this.plan.add(rule);
    const { from, until } = rule;
    if (from === undefined || until === undefined || this.#deaths.size >= TRIES_MAX) return false;
    const forMs = (until - from) / 1_000;
    const waitMs = (from - this.#options.serve.clock.now()) / 1_000;
    if (waitMs <= 0) this.kill(forMs);
    else this.#killLater(waitMs, forMs);
    return true;
  }

  /** Changes what it lists and enforces of an instrument while it is traded. */
  changeInstrument(symbol: string, body: Readonly<Record<string, unknown>>): Result<void> {
    const { exchange } = this.simulated;
    const sim = exchange.instruments.find((one) => one.instrument.terms.symbol === symbol);
    if (sim === undefined) {
      const known = exchange.instruments.map((one) => one.instrument.terms.symbol);
      return err(`"instrument": wanted one of ${known.join(", ")}, found "${symbol}"`);
    }
    const change = changeFromRequest(body);
    return change.ok ? changeInstrument(exchange, sim, change.value) : change;
  }

  /** Nobody reaches it for so long, from now; a longer outage in force stays as it is. */
  kill(forMs: number): void {
    const { setup, log, serve } = this.#options;
    const until = serve.clock.now() + forMs * 1_000;
    this.plan.count("down");
    log.log("warn", "a simulated venue is down", { venue: setup.venue, for_ms: forMs });
    this.#server?.close();
    this.#server = undefined;
    if (this.#returnTimer !== undefined) {
      if (until <= this.#returnsAt) return;
      this.#scheduler.cancel(this.#returnTimer);
    }
    this.#returnsAt = until;
    this.#triesLeft = TRIES_MAX;
    this.#returnTimer = this.#scheduler.after(forMs, () => this.#comeBack());
  }

  /** Ends all faults; what is down comes back. */
  heal(): void {
    this.plan.clear();
    this.#forgetDeaths();
    if (this.#returnTimer === undefined) return;
    this.#scheduler.cancel(this.#returnTimer);
    this.#comeBack();
  }

  /** For good. */
  close(): void {
    this.#forgetDeaths();
    if (this.#returnTimer !== undefined) this.#scheduler.cancel(this.#returnTimer);
    this.#returnTimer = undefined;
    this.simulated.exchange.stop();
    this.#server?.close();
    this.#server = undefined;
  }

  #killLater(waitMs: number, forMs: number): void {
    const timer = this.#scheduler.after(waitMs, () => {
      this.#deaths.delete(timer);
      this.kill(forMs);
    });
    this.#deaths.add(timer);
  }

  #forgetDeaths(): void {
    for (const timer of this.#deaths) this.#scheduler.cancel(timer);
    this.#deaths.clear();
  }

  #comeBack(): void {
    this.#returnTimer = undefined;
    const { setup, log, serve } = this.#options;
    const { venue } = setup;
    const server = tryToServe({ ...serve, port: this.port });
    if (server.ok) {
      this.#server = server.value;
      return log.log("info", "a simulated venue is back", { venue });
    }
    if (--this.#triesLeft > 0) {
      this.#returnTimer = this.#scheduler.after(TRY_AGAIN_MS, () => this.#comeBack());
      return;
    }
    log.log("error", "a simulated venue cannot come back", { venue, reason: server.error });
  }
}

function tryToServe(options: ServeOptions): Result<DialectServer> {
  try {
    return ok(serveDialect(options));
  } catch (failure) {
    return err(String(failure));
  }
}
