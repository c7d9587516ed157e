/**
 * A core of one venue whose every neighbour is scripted: strategies, risk, limits and sequence
 * rule. Outputs are recorded per event. Instrument 0 is BTC-USDT-PERP: tick 0.1, lot 0.001.
 * @module
 */
import { Engine, type VenueFacts } from "@/engine/core/mod.ts";
import {
  type AccountKey,
  type ClientOrderId,
  err,
  type Instrument,
  type InstrumentIndex,
  instrumentIndex,
  type InstrumentKey,
  type Micros,
  micros,
  ok,
  price,
  type Result,
  type Side,
  size,
  type StrategyId,
  strategyId,
  type VenueId,
} from "@/engine/domain/mod.ts";
import { FEED_LIMITS_DEFAULT, type FeedLimits } from "@/engine/feed/mod.ts";
import type {
  Approved,
  BookDelta,
  BookSnapshot,
  Command,
  CommandName,
  EngineEvent,
  EngineOutput,
  Fill,
  RiskyRequest,
  Trade,
  TradingMode,
} from "@/engine/messages/mod.ts";
import type {
  LedgerLine,
  MarketCause,
  MarketView,
  QuoteBoard,
  RateLimitRule,
  Refused,
  RiskCounters,
  RiskGate,
  SequenceRule,
  SequenceVerdict,
  Strategy,
  StreamThresholds,
  VenueCapabilities,
} from "@/engine/ports/mod.ts";
import { configuredRates } from "@/engine/portfolio/mod.ts";
import {
  accountReport,
  btcPerp,
  capabilitiesOf,
  instrumentDefined,
  PERPETUAL_ACCOUNT,
  SPOT_ACCOUNT,
  START,
} from "@/tests/support/builders.ts";
import { unwrap } from "@/engine/domain/mod.ts";
import { ack, deltaOf, type Level, levels, link, snapshotOf } from "./_core_events.ts";

export { ack, deltaOf, type Level, levels, link, snapshotOf };

/** Deltas follow one another by one; snapshots are pushed, or asked for by REST. */
export class PlainRule implements SequenceRule {
  readonly snapshotFrom: "rest" | "stream";
  #last = -1;

  constructor(snapshotFrom: "rest" | "stream" = "stream") {
    this.snapshotFrom = snapshotFrom;
  }

  reset(): void {
    this.#last = -1;
  }

  isSnapshotRecent(): boolean {
    return true;
  }

  onSnapshot(snapshot: BookSnapshot): void {
    this.#last = snapshot.sequence;
  }

  judge(delta: BookDelta): SequenceVerdict {
    if (delta.sequence <= this.#last) return "stale";
    if (delta.sequence !== this.#last + 1) return "gap";
    this.#last = delta.sequence;
    return "next";
  }
}

/** Approves everything unless told otherwise. */
export class ScriptedGate implements RiskGate {
  readonly counters: RiskCounters = { refused: 0, ledgerBreaks: 0 };
  mode: TradingMode = "normal";
  modeReason = "";
  refuse: (request: RiskyRequest) => Refused | undefined = () => undefined;
  /** Asked after every event. */
  onObserve: (event: EngineEvent, view: MarketView) => void = () => {};
  isReleasable = true;
  lines: LedgerLine[] = [];
  readonly reviewed: RiskyRequest[] = [];
  readonly values = new Map<string, string>([["order_size_max", "1"]]);

  review<R extends RiskyRequest>(request: R): Approved<R> | Refused {
    this.reviewed.push(request);
    const refused = this.refuse(request);
    if (refused === undefined) return request as Approved<R>;
    this.counters.refused++;
    return refused;
  }

  observe(event: EngineEvent, view: MarketView): void {
    this.onObserve(event, view);
  }

  trip(reason: string): void {
    this.mode = "halted";
    this.modeReason = reason;
  }

  release(by: string): Result<void> {
    if (!this.isReleasable) return err(`Cannot release for ${by}: the cause stands`);
    this.mode = "normal";
    this.modeReason = "";
    return ok(undefined);
  }

  checkParameters(changes: Readonly<Record<string, string>>): Result<void> {
    for (const [key, value] of Object.entries(changes)) {
      if (!this.values.has(key)) return err(`wanted a limit, found "${key}"`);
      if (!(Number(value) > 0)) return err(`wanted above 0, found "${value}"`);
    }
    return ok(undefined);
  }

  setParameters(changes: Readonly<Record<string, string>>): void {
    for (const [key, value] of Object.entries(changes)) this.values.set(key, value);
  }

  parameters(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.values);
  }

  ledger(): readonly LedgerLine[] {
    return this.lines;
  }
}

/** A quote that a scripted strategy wants. */
export type Wish = readonly [side: Side, price: number, size: number];

/** Shows the same wishes at every call and writes down what it was told. */
export class ScriptedStrategy implements Strategy {
  readonly id: StrategyId;
  readonly instruments: readonly InstrumentKey[];
  wishes: Wish[] = [];
  /** Sent once, at the next call. */
  takes: (Wish & readonly unknown[])[] = [];
  takesReduce = false;
  /** Silent: it writes nothing at all. */
  isSilent = false;
  readonly told: string[] = [];
  readonly defined: Instrument[] = [];
  readonly values = new Map<string, string>([["half_spread_bp", "1"]]);

  constructor(
    id = "maker",
    instruments: readonly string[] = ["binance:BTC-USDT-PERP"],
  ) {
    this.id = strategyId(id);
    this.instruments = instruments as readonly InstrumentKey[];
  }

  onInstrument(instrument: Instrument): void {
    this.defined.push(instrument);
  }

  onMarket(
    instrument: InstrumentIndex,
    cause: MarketCause,
    trade: Trade | undefined,
    _view: MarketView,
    quotes: QuoteBoard,
  ): void {
    this.told.push(trade === undefined ? cause : `${cause} ${trade.price}`);
    this.#write(instrument, quotes);
  }

  onFill(fill: Fill, _view: MarketView, quotes: QuoteBoard): void {
    this.told.push(`fill ${fill.fillId}`);
    this.#write(fill.instrument, quotes);
  }

  onTimer(): void {
    this.told.push("timer");
  }

  checkParameters(changes: Readonly<Record<string, string>>): Result<void> {
    for (const [key, value] of Object.entries(changes)) {
      if (!this.values.has(key)) return err(`wanted a parameter, found "${key}"`);
      if (!(Number(value) >= 0)) return err(`wanted at least 0, found "${value}"`);
    }
    return ok(undefined);
  }

  setParameters(changes: Readonly<Record<string, string>>): void {
    for (const [key, value] of Object.entries(changes)) this.values.set(key, value);
  }

  parameters(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.values);
  }

  #write(instrument: InstrumentIndex, quotes: QuoteBoard): void {
    if (this.isSilent) return;
    if (this.wishes.length === 0) quotes.pull(instrument);
    else quotes.begin(instrument);
    for (const [side, at, lots] of this.wishes) {
      quotes.quote(instrument, side, price(at), size(lots));
    }
    for (const [side, at, lots] of this.takes.splice(0)) {
      quotes.take(instrument, side, price(at), size(lots), this.takesReduce);
    }
  }
}

/** How a core is built; everything has a default. */
export interface CoreSetup {
  readonly capabilities?: Partial<VenueCapabilities>;
  readonly rateLimits?: readonly RateLimitRule[];
  readonly snapshotFrom?: "rest" | "stream";
  readonly strategies?: readonly Strategy[];
  readonly risk?: RiskGate;
  readonly feed?: Partial<FeedLimits>;
  readonly reconcileEveryMs?: number;
  readonly reportTimeoutMs?: number;
  readonly ackTimeoutMs?: number;
  readonly auditEveryMs?: number;
  /** What the venue's connector says of its streams. */
  readonly thresholds?: StreamThresholds;
  readonly overrides?: ReadonlyMap<VenueId, Partial<StreamThresholds>>;
}

/** What the core must know of the scripted venue. */
export function venueFacts(setup: CoreSetup = {}): VenueFacts {
  return {
    venue: "binance",
    accounts: [PERPETUAL_ACCOUNT, SPOT_ACCOUNT],
    rateLimits: setup.rateLimits ?? [],
    capabilities: () => capabilitiesOf({ deadManSwitch: false, ...setup.capabilities }),
    sequenceRule: () => new PlainRule(setup.snapshotFrom),
    ...(setup.thresholds === undefined ? {} : { streamThresholds: () => setup.thresholds! }),
  };
}

/** An engine with scripted neighbours. */
export function engineOf(
  setup: CoreSetup,
  strategies: readonly Strategy[],
  risk: RiskGate,
): Engine {
  return new Engine({
    venues: [venueFacts(setup)],
    strategies,
    risk,
    feed: { ...FEED_LIMITS_DEFAULT, ...setup.feed },
    ...(setup.overrides === undefined ? {} : { thresholds: setup.overrides }),
    accounts: {
      reconcileEveryMs: setup.reconcileEveryMs ?? 0,
      reportTimeoutMs: setup.reportTimeoutMs ?? 5_000,
    },
    ackTimeoutMs: setup.ackTimeoutMs ?? 1_500,
    auditEveryMs: setup.auditEveryMs ?? 0,
    differ: { minTicks: 1, sizeTolerance: 0 },
    rates: { currency: "USDT", rateOf: unwrap(configuredRates({}, "USDT")) },
  });
}

/** A core, its neighbours, and what came out. */
export class CoreWorld {
  readonly gate: ScriptedGate;
  readonly maker: ScriptedStrategy;
  readonly engine: Engine;
  /** All outputs since start. */
  readonly outputs: EngineOutput[] = [];
  now: Micros = START;
  #sequence = 100;

  constructor(setup: CoreSetup = {}) {
    this.gate = new ScriptedGate();
    this.maker = new ScriptedStrategy();
    this.engine = engineOf(setup, setup.strategies ?? [this.maker], setup.risk ?? this.gate);
  }

  /** Processes one event at the time it stands at; answers what came out of it. */
  feed(event: EngineEvent): EngineOutput[] {
    const made: EngineOutput[] = [];
    this.engine.process({ ...event, at: this.now }, {
      emit: (output) => {
        made.push(output);
        this.outputs.push(output);
      },
    });
    return made;
  }

  /** Moves time and lets the timer fire once. */
  timer(milliseconds = 50): EngineOutput[] {
    this.wait(milliseconds);
    return this.feed({ kind: "timer", at: this.now });
  }

  wait(milliseconds: number): void {
    this.now = micros(this.now + milliseconds * 1_000);
  }

  /** The session begins and an instrument is known. */
  begin(instrument: Instrument = btcPerp()): this {
    this.feed({ kind: "session_started", at: this.now, instanceId: "test", startNumber: 1 });
    this.feed(instrumentDefined(instrument));
    return this;
  }

  /** Private stream up, account reported: from now on quotes may stand. */
  reconcile(account: AccountKey = PERPETUAL_ACCOUNT): EngineOutput[] {
    return [
      ...this.feed(link("account", "up", account)),
      ...this.feed(accountReport({ account, askedAt: this.now })),
    ];
  }

  /** A whole book of one level a side, on the next sequence. */
  snapshot(bid = 1_000, ask = 1_010, instrument = 0): EngineOutput[] {
    return this.feed(snapshotOf(++this.#sequence, [[bid, 50]], [[ask, 50]], instrument));
  }

  /** A delta on the next sequence, or after a gap of `skip`. */
  delta(bids: readonly Level[], asks: readonly Level[] = [], skip = 0): EngineOutput[] {
    this.#sequence += 1 + skip;
    return this.feed(deltaOf(this.#sequence, bids, asks));
  }

  command(name: CommandName, changes: Partial<Command> = {}): EngineOutput[] {
    return this.feed({
      kind: "command",
      name,
      at: this.now,
      by: "operator",
      reason: "",
      releaseKillSwitch: false,
      values: [],
      ...changes,
    });
  }

  /** Begun, reconciled, with a book, quoting a buy at 990 and a sell at 1,020 that rest. */
  quoting(): this {
    this.maker.wishes = [["buy", 990, 10], ["sell", 1_020, 10]];
    this.begin();
    this.reconcile();
    this.snapshot();
    this.acknowledgeAll();
    return this;
  }

  /** The venue says that every order in flight rests. */
  acknowledgeAll(): void {
    for (const order of this.engine.orders.unsettled()) {
      if (order.state === "in_flight") this.feed(ack(order.clientOrderId));
    }
  }

  /** Ids of own live orders, buys first. */
  live(): ClientOrderId[] {
    const ids: ClientOrderId[] = [];
    this.engine.orders.forEachOrder(instrumentIndex(0), (order) => ids.push(order.clientOrderId));
    return ids;
  }
}

/** Outputs of some kinds only. */
export function ofKind<K extends EngineOutput["kind"]>(
  outputs: readonly EngineOutput[],
  kind: K,
): Extract<EngineOutput, { kind: K }>[] {
  return outputs.filter((one): one is Extract<EngineOutput, { kind: K }> => one.kind === kind);
}

/** Requests in short: `place buy 10@990`, `cancel`, `alert code`. */
export function shown(outputs: readonly EngineOutput[]): string[] {
  return outputs.map((output) => {
    switch (output.kind) {
      case "place_order":
        return `place ${output.side} ${output.size}@${output.price}`;
      case "amend_order":
      case "replace_order":
        return `${output.kind.slice(0, -6)} ${output.side} ${output.size}@${output.price}`;
      case "cancel_order":
        return "cancel";
      case "alert":
        return `alert ${output.code}`;
      case "mode_changed":
        return `mode ${output.from} -> ${output.to}`;
      case "order_refused":
        return `refused ${output.code}`;
      case "request_book_check":
        return `check ${output.reason}`;
      case "request_snapshot":
        return `snapshot ${output.reason}`;
      case "arm_dead_man":
        return `arm ${output.timeoutMs}`;
      default:
        return output.kind;
    }
  });
}
