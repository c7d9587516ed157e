/**
 * What a loop stands on, scripted: a connector, a sink, a log, and a house of them.
 * @module
 */
import { err, type Instrument, ok, type Result } from "@/engine/domain/mod.ts";
import type { AccountKey, InstrumentTerms, Micros, VenueId } from "@/engine/domain/mod.ts";
import { House, type HouseOptions } from "@/engine/loop/mod.ts";
import type {
  EngineEvent,
  EngineOutput,
  RequestBookCheck,
  RequestSnapshot,
  SendableRequest,
} from "@/engine/messages/mod.ts";
import type {
  ConnectorCounters,
  EventReceiver,
  EventSink,
  ListedInstrument,
  Log,
  LogFields,
  LogLevel,
  RateLimitRule,
  RefreshedInstrument,
  SendOutcome,
  SequenceRule,
  StreamThresholds,
  VenueCapabilities,
  VenueConnector,
} from "@/engine/ports/mod.ts";
import { btcPerp, capabilitiesOf, feesOf, PERPETUAL_ACCOUNT } from "@/tests/support/builders.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import {
  type CoreSetup,
  engineOf,
  PlainRule,
  ScriptedGate,
  ScriptedStrategy,
} from "@/tests/unit/engine/core/_core_world.ts";

/** A connector that does what a test says. */
export class FakeConnector implements VenueConnector {
  readonly venue: VenueId;
  readonly counters: ConnectorCounters = {
    messages: 0,
    bytes: 0,
    refusedFrames: 0,
    ignoredFrames: 0,
    reconnects: 0,
    rateLimited: 0,
    ordersSent: 0,
  };
  readonly rateLimits: readonly RateLimitRule[] = [];
  readonly accounts: readonly AccountKey[] = [PERPETUAL_ACCOUNT];
  readonly sent: SendableRequest[] = [];
  readonly snapshots: RequestSnapshot[] = [];
  readonly checks: RequestBookCheck[] = [];
  outcome: SendOutcome | ((request: SendableRequest) => SendOutcome) = "sent";
  /** Answers `loadInstruments`; undefined: the test answers by `list`. */
  listing: Result<readonly ListedInstrument[]> | undefined = ok([
    { terms: btcPerp().terms, fees: feesOf() },
  ]);
  receiver: EventReceiver | undefined;
  started: readonly Instrument[] = [];
  stoppedAt: Micros | undefined;
  onListingDoubt: (() => void) | undefined;
  #done: ((listed: Result<readonly ListedInstrument[]>) => void) | undefined;

  constructor(venue: VenueId = "binance") {
    this.venue = venue;
  }

  capabilities(): VenueCapabilities {
    return capabilitiesOf({ deadManSwitch: false });
  }

  sequenceRule(_terms: InstrumentTerms): SequenceRule {
    return new PlainRule();
  }

  streamThresholds(): StreamThresholds {
    return {
      book: 5_000,
      best_bid_ask: Infinity,
      mark_price: Infinity,
      funding: Infinity,
      trades: Infinity,
    };
  }

  loadInstruments(
    _wanted: readonly string[],
    done: (listed: Result<readonly ListedInstrument[]>) => void,
  ): void {
    this.#done = done;
    if (this.listing !== undefined) done(this.listing);
  }

  /** Answers a listing late. */
  list(answer: Result<readonly ListedInstrument[]>): void {
    this.#done?.(answer);
  }

  /** Answers nothing until a test says otherwise. */
  refreshInstruments(
    _done: (listed: Result<readonly RefreshedInstrument[]>) => void,
  ): void {}

  onRedefined(_instrument: Instrument): void {}

  start(instruments: readonly Instrument[], receiver: EventReceiver): void {
    this.started = instruments;
    this.receiver = receiver;
  }

  send(request: SendableRequest): SendOutcome {
    const outcome = typeof this.outcome === "string" ? this.outcome : this.outcome(request);
    if (outcome === "sent") this.sent.push(request);
    return outcome;
  }

  requestSnapshot(request: RequestSnapshot): void {
    this.snapshots.push(request);
  }

  requestBookCheck(request: RequestBookCheck): void {
    this.checks.push(request);
  }

  clockOffsetMicros(): number {
    return 0;
  }

  stop(at: Micros): void {
    this.stoppedAt = at;
  }
}

/** A listing that failed. */
export function refusedListing(text = "Cannot load binance: wanted a listing"): Result<never> {
  return err(text);
}

/** Writes down, in one sequence, what it was given. */
export class FakeSink implements EventSink {
  keepsUp = true;
  readonly seen: string[] = [];

  onEvent(event: EngineEvent): void {
    this.seen.push(event.kind);
  }

  onOutput(output: EngineOutput): void {
    this.seen.push(`> ${output.kind}`);
  }
}

/** Keeps lines. */
export class FakeLog implements Log {
  readonly lines: { level: LogLevel; message: string; fields: LogFields | undefined }[] = [];

  log(level: LogLevel, message: string, fields?: LogFields): void {
    this.lines.push({ level, message, fields });
  }

  at(level: LogLevel): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }
}

/** A house of one scripted venue on a manual clock. */
export class HouseWorld {
  readonly clock = new ManualClock();
  readonly log = new FakeLog();
  readonly sink = new FakeSink();
  readonly gate = new ScriptedGate();
  readonly maker = new ScriptedStrategy();
  readonly connector = new FakeConnector();
  readonly headers: string[][] = [];
  readonly house: House;

  constructor(setup: CoreSetup = {}, changes: Partial<HouseOptions> = {}) {
    const engine = engineOf(setup, [this.maker], this.gate);
    this.house = new House({
      engine,
      clock: this.clock,
      scheduler: this.clock,
      log: this.log,
      sink: this.sink,
      venues: [{
        connector: this.connector,
        instruments: [{ symbol: "BTC-USDT-PERP", index: btcPerp().index }],
      }],
      version: "1.2.3",
      mode: "paper",
      instanceId: "test",
      startNumber: 7,
      timerMs: 50,
      memory: () => ({ rss: 50 * 1_048_576, heapUsed: 10 * 1_048_576 }),
      journal: () => ({ records: 5, bytes: 600 }),
      onInstruments: (listed) => this.headers.push([...listed.keys()]),
      ...changes,
    });
  }

  deliver(event: EngineEvent): void {
    this.house.runner.deliver({ ...event, at: this.clock.now() } as EngineEvent);
  }
}
