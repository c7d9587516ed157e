/**
 * The deterministic heart: one event in, requests out.
 *
 *   event -> dispatch -> books | orders | accounts | command | time
 *                 -> risk observes -> mode follows -> quotes follow -> out
 *
 * 1. `process` sees no clock, no chance, no socket, and runs to its end.
 * 2. The same events in the same order give the same outputs, byte for byte.
 * 3. Time is the event's receipt stamp and never goes back.
 * @module
 */
import {
  type ClientOrderId,
  type InstrumentIndex,
  type Micros,
  MICROS_UNKNOWN,
  type Result,
  type StrategyId,
  type VenueId,
} from "@/engine/domain/mod.ts";
import type { FeedLimits } from "@/engine/feed/mod.ts";
import type { Command, EngineEvent, Fill, QueryFills, QueryOrder } from "@/engine/messages/mod.ts";
import {
  ClientOrderIds,
  type Order,
  type OrderListener,
  OrderManager,
  type QuoteDifferOptions,
} from "@/engine/orders/mod.ts";
import type { MarketView, OutputSink, RiskGate, Strategy } from "@/engine/ports/mod.ts";
import { PositionKeeper } from "@/engine/portfolio/mod.ts";
import { AccountSteps, type AccountTimes } from "./account_steps.ts";
import { CommandSteps } from "./command_steps.ts";
import { CoreView } from "./core_view.ts";
import { DeadManSwitches } from "./dead_man.ts";
import { dispatch, type EngineSteps } from "./dispatch.ts";
import { EngineState, type ThresholdOverrides, type VenueFacts } from "./engine_state.ts";
import { Flattening } from "./flattening.ts";
import { MarketSteps } from "./market_steps.ts";
import { ProfitNow, type ReportingRates } from "./profit.ts";
import { Quoting } from "./quoting.ts";
import { RequestGate } from "./request_gate.ts";
import { SessionSteps } from "./session_steps.ts";
import { TradingModes } from "./trading_mode.ts";

/** What a core is built from. */
export interface EngineOptions {
  readonly venues: readonly VenueFacts[];
  readonly strategies: readonly Strategy[];
  readonly risk: RiskGate;
  readonly feed: FeedLimits;
  /** Where streams may be silent for longer or shorter than a venue's connector says. */
  readonly thresholds?: ThresholdOverrides;
  /** How often each book is compared with a fresh snapshot; 0 or absent: never. */
  readonly auditEveryMs?: number;
  readonly accounts: AccountTimes;
  readonly ackTimeoutMs: number;
  readonly differ: QuoteDifferOptions;
  readonly rates: ReportingRates;
}

/** The core. */
export class Engine implements OrderListener {
  readonly state: EngineState;
  readonly modes = new TradingModes();
  readonly orders: OrderManager;
  readonly positions: PositionKeeper;
  readonly profit: ProfitNow;
  readonly risk: RiskGate;
  readonly view: MarketView;
  readonly #quoting: Quoting;
  readonly #gate: RequestGate;
  readonly #steps: EngineSteps;
  #ids = new ClientOrderIds("none", 0);
  /** Sink of the event in process. */
  #out: OutputSink | undefined;

  constructor(options: EngineOptions) {
    const state = new EngineState(
      options.venues,
      options.strategies,
      options.feed,
      options.thresholds,
    );
    this.state = state;
    this.risk = options.risk;
    this.positions = new PositionKeeper();
    this.orders = new OrderManager(this, {
      isOwn: (instrument, id) => this.#isOwn(instrument, id),
      ackTimeoutMs: options.ackTimeoutMs,
    });
    this.profit = new ProfitNow(state, this.positions, options.rates);
    this.view = new CoreView({
      state,
      modes: this.modes,
      orders: this.orders,
      positions: this.positions,
      profit: this.profit,
    });
    const ids = () => this.#ids;
    const parts = { state, modes: this.modes, orders: this.orders, positions: this.positions };
    const gate = new RequestGate(state, options.risk, this.orders, this.view);
    this.#gate = gate;
    this.#quoting = new Quoting({ ...parts, gate, ids, differ: options.differ });
    const flattening = new Flattening({ ...parts, gate, ids });
    const market = new MarketSteps(state, this.view, this.#quoting, options.auditEveryMs ?? 0);
    const deadMan = new DeadManSwitches(state, this.orders);
    this.#steps = {
      market,
      orders: this.orders,
      accounts: new AccountSteps({
        ...parts,
        quoting: this.#quoting,
        times: options.accounts,
        markOf: (index) => this.profit.markOf(index),
      }),
      commands: new CommandSteps({
        ...parts,
        risk: options.risk,
        quoting: this.#quoting,
        flattening,
        view: this.view,
      }),
      session: new SessionSteps({
        ...parts,
        market,
        flattening,
        deadMan,
        quoting: this.#quoting,
        view: this.view,
        startIds: (instanceId, startNumber) => this.#startIds(instanceId, startNumber),
      }),
    };
  }

  /** Requests that the rate budget held back since start. */
  get heldBack(): number {
    return this.#gate.heldBack;
  }

  /** Own orders that are not settled: a shutdown waits for none. */
  get liveOrders(): number {
    return this.liveOrdersOf(undefined);
  }

  /** The same of one venue; undefined: of all. */
  liveOrdersOf(venue: VenueId | undefined): number {
    return this.orders.unsettled().filter((order) =>
      !order.isTerminal &&
      (venue === undefined || this.state.slot(order.instrument)?.venue.id === venue)
    ).length;
  }

  /** Whether `set` may make these changes, all together; changes nothing. */
  checkParameters(values: Command["values"]): Result<void> {
    return this.#steps.commands.checkParameters(values);
  }

  /** Takes one event; everything it causes goes to `out` before this returns. */
  process(event: EngineEvent, out: OutputSink): void {
    const state = this.state;
    if (event.at > state.now) state.now = event.at as Micros;
    this.#out = out;
    if (event.kind === "account_report" && this.#steps.accounts.isMixed(event, out)) return;
    const before = this.modes.mode;
    dispatch(event, this.#steps, out);
    this.risk.observe(event, this.view);
    this.modes.followRisk(this.risk.mode, this.risk.modeReason);
    if (this.modes.mode !== before) this.#onModeChanged(before, event, out);
    if (event.kind === "timer") this.#quoting.syncAll(out);
  }

  onFill(fill: Fill, strategy: StrategyId, order: Order | undefined): void {
    const slot = this.state.slot(fill.instrument);
    if (slot === undefined) return;
    // Before the first report an execution of an order of an earlier start is part of the opening
    // position, which that report states.
    if (slot.account.reportedAt === MICROS_UNKNOWN && order?.origin !== "placed") return;
    this.positions.onFill(fill, strategy);
    for (const one of slot.strategies) {
      if (one.strategy.id !== strategy) continue;
      one.strategy.onFill(fill, this.view, one.board);
      this.#quoting.syncStrategy(one, this.#out!);
    }
  }

  onFee(fill: Fill, strategy: StrategyId): void {
    this.positions.onFee(fill, strategy);
  }

  onOrderChanged(order: Order): void {
    if (order.isTerminal && order.state === "rejected") this.#quoting.onRefusedByVenue(order);
  }

  onOrderClosed(order: Order): void {
    const slot = this.state.slot(order.instrument);
    if (slot !== undefined) this.#quoting.syncInstrument(slot, this.#out!);
  }

  askOrder(request: QueryOrder): boolean {
    const slot = this.state.slot(request.instrument);
    return slot !== undefined && this.#gate.query(request, slot, this.#out!);
  }

  askFills(request: QueryFills): boolean {
    const slot = this.state.slot(request.instrument);
    return slot !== undefined && this.#gate.query(request, slot, this.#out!);
  }

  #onModeChanged(from: typeof this.modes.mode, event: EngineEvent, out: OutputSink): void {
    const to = this.modes.mode;
    out.emit({
      kind: "mode_changed",
      from,
      to,
      reason: this.modes.reason,
      by: event.kind === "command" ? event.by : "risk",
    });
    if (!this.modes.mayQuote) this.#quoting.cancelEverything(out);
  }

  #isOwn(instrument: InstrumentIndex, id: ClientOrderId): boolean {
    const slot = this.state.slot(instrument);
    return slot !== undefined && this.#ids.isOwn(slot.account.key, id);
  }

  #startIds(instanceId: string, startNumber: number): void {
    this.state.instanceId = instanceId;
    this.#ids = new ClientOrderIds(instanceId, startNumber);
    for (const account of this.state.accounts) {
      const added = this.#ids.addAccount(account.key, account.capabilities);
      if (!added.ok) throw new Error(added.error);
    }
  }
}
