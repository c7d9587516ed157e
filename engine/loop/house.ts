/**
 * `House`: the core with its runner, router, session, status and metrics, on any clock and wire.
 *
 * The same object runs live, on paper and in simulation; only what it is built with differs.
 * @module
 */
import type { Engine } from "@/engine/core/mod.ts";
import type { InstrumentIndex, InstrumentKey, VenueId } from "@/engine/domain/mod.ts";
import type { CancelOrder, EngineEvent } from "@/engine/messages/mod.ts";
import { StageLatencies } from "@/engine/metrics/mod.ts";
import type { Clock, EventSink, Log, Scheduler, VenueConnector } from "@/engine/ports/mod.ts";
import { FeedLatencies } from "./feed_latencies.ts";
import { HouseMetrics } from "./house_metrics.ts";
import { HouseStatus } from "./house_status.ts";
import { LastResort } from "./last_resort.ts";
import { LiveRunner } from "./live_runner.ts";
import { OutputRouter } from "./output_router.ts";
import { type DefinedInstrument, Session, type SessionVenue } from "./session.ts";

/** What a house is built with. */
export interface HouseOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly sink: EventSink;
  readonly venues: readonly SessionVenue[];
  readonly version: string;
  readonly mode: string;
  readonly instanceId: string;
  readonly startNumber: number;
  readonly timerMs: number;
  /** How often venues are asked what they list now; 0 or absent: only on doubt. */
  readonly instrumentsEveryMs?: number;
  readonly memory: () => { readonly rss: number; readonly heapUsed: number };
  readonly journal: () => { readonly records: number; readonly bytes: number };
  /** The journal's header is written here, when the instruments are known. */
  readonly onInstruments: (listed: ReadonlyMap<InstrumentKey, DefinedInstrument>) => void;
  /** After each event, its outputs sent and journalled. */
  readonly onProcessed?: (event: EngineEvent) => void;
}

/** A house ready to start. */
export class House {
  readonly engine: Engine;
  readonly runner: LiveRunner;
  readonly session: Session;
  readonly status: HouseStatus;
  readonly metrics: HouseMetrics;
  readonly latencies = new StageLatencies();
  readonly feedLatencies: FeedLatencies;
  readonly violations: string[] = [];
  readonly #options: HouseOptions;
  readonly #connectors: readonly VenueConnector[];
  #onFailure: ((failure: unknown) => void) | undefined;
  #failure: unknown;

  constructor(options: HouseOptions) {
    this.#options = options;
    this.engine = options.engine;
    this.#connectors = options.venues.map((venue) => venue.connector);
    const { clock, scheduler, log } = options;
    this.feedLatencies = new FeedLatencies(options.engine, this.#connectors);
    const router = this.#createRouter();
    this.runner = new LiveRunner({
      core: options.engine,
      clock,
      sink: options.sink,
      router,
      latencies: {
        tickToOrder: this.latencies.stage("tick_to_order"),
        core: this.latencies.stage("core"),
      },
      onProcessed: (event) => {
        this.session.observe(event);
        this.feedLatencies.onEvent(event);
        options.onProcessed?.(event);
      },
      onFailure: (failure) => this.#fail(failure),
    });
    this.session = new Session({
      clock,
      scheduler,
      log,
      runner: this.runner,
      venues: options.venues,
      instanceId: options.instanceId,
      startNumber: options.startNumber,
      timerMs: options.timerMs,
      instrumentsEveryMs: options.instrumentsEveryMs ?? 0,
      liveOrders: (venue) => options.engine.liveOrdersOf(venue),
      onInstruments: options.onInstruments,
    });
    this.status = new HouseStatus({
      engine: options.engine,
      clock,
      startedAt: () => this.session.startedAt,
      version: options.version,
      instanceId: options.instanceId,
      connectors: this.#connectors,
      latencies: this.latencies,
      feedLatencies: this.feedLatencies,
      memory: options.memory,
      violations: () => this.violations,
      isRunning: () => this.session.running,
    });
    this.metrics = new HouseMetrics({
      engine: options.engine,
      clock,
      runner: this.runner,
      status: this.status,
      connectors: this.#connectors,
      latencies: this.latencies,
      feedLatencies: this.feedLatencies,
      version: options.version,
      mode: options.mode,
      startedAt: () => this.session.startedAt,
      memory: options.memory,
      journal: options.journal,
    });
  }

  /** What the core or a connector threw; undefined while all is well. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The last resort of this house. From now on a throw of the core goes there. */
  createLastResort(done: (failure: string) => void): LastResort {
    const lastResort = new LastResort({
      log: this.#options.log,
      scheduler: this.#options.scheduler,
      freeze: () => this.runner.stop(),
      orders: () => this.engine.orders.unsettled().filter((order) => !order.isTerminal),
      cancel: (request) => this.#cancelDirectly(request),
      done: (failure) => {
        this.violations.push(failure);
        done(failure);
      },
    });
    this.#onFailure = (failure) => lastResort.fail(failure);
    return lastResort;
  }

  #fail(failure: unknown): void {
    this.#failure = failure;
    this.#onFailure?.(failure);
  }

  #cancelDirectly(request: CancelOrder): boolean {
    const venue = this.#venueOf(request.instrument);
    const connector = this.#connectors.find((one) => one.venue === venue);
    return connector?.send(request) === "sent";
  }

  #venueOf(instrument: InstrumentIndex): VenueId | undefined {
    return this.engine.state.slot(instrument)?.venue.id;
  }

  #createRouter(): OutputRouter {
    const { log } = this.#options;
    const router = new OutputRouter(
      (instrument) => this.#venueOf(instrument),
      {
        onAlert: (alert, at) => {
          this.status.noteAlert(alert, at);
          const level = alert.severity === "critical"
            ? "error"
            : alert.severity === "warning"
            ? "warn"
            : "info";
          log.log(level, alert.text, { code: alert.code });
        },
        onModeChanged: (change, at) => {
          const text = `Trading mode ${change.from} -> ${change.to}: ${change.reason}`;
          log.log(change.to === "halted" ? "error" : "info", text, { by: change.by });
          const severity = change.to === "normal" ? "info" : "warning";
          this.status.noteAlert({ kind: "alert", severity, code: "mode", text }, at);
        },
        onQuietBook: (instrument) => this.session.suspectHalt(instrument),
        onRefused: (refusal) => {
          log.log("debug", `Refused by ${refusal.code}: ${refusal.text}`, {
            strategy: refusal.strategy,
            instrument: refusal.instrument,
          });
        },
      },
      log,
    );
    for (const connector of this.#connectors) router.connect(connector);
    return router;
  }
}
