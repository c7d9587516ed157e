/**
 * The beginning of a session, instruments, the passing of time, and what becomes of orders.
 * @module
 */
import { createInstrument, type Instrument } from "@/engine/domain/mod.ts";
import type { InstrumentDefined, OrderEvent, SessionStarted } from "@/engine/messages/mod.ts";
import type { OrderManager } from "@/engine/orders/mod.ts";
import type { MarketView, OutputSink } from "@/engine/ports/mod.ts";
import type { PositionKeeper } from "@/engine/portfolio/mod.ts";
import type { DeadManSwitches } from "./dead_man.ts";
import type { EngineState } from "./engine_state.ts";
import type { Flattening } from "./flattening.ts";
import type { MarketSteps } from "./market_steps.ts";
import type { Quoting } from "./quoting.ts";
import type { TradingModes } from "./trading_mode.ts";

/** What these steps act on. */
export interface SessionParts {
  readonly state: EngineState;
  readonly modes: TradingModes;
  readonly orders: OrderManager;
  readonly positions: PositionKeeper;
  readonly market: MarketSteps;
  readonly flattening: Flattening;
  readonly deadMan: DeadManSwitches;
  readonly quoting: Quoting;
  readonly view: MarketView;
  readonly startIds: (instanceId: string, startNumber: number) => void;
}

/** Session events to state. */
export class SessionSteps {
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  onSessionStarted(event: SessionStarted): void {
    this.#parts.startIds(event.instanceId, event.startNumber);
  }

  /** A new instrument, or changed terms: then its book starts anew on the new grid. */
  onInstrumentDefined(event: InstrumentDefined, out: OutputSink): void {
    const { state, orders, positions, market } = this.#parts;
    const created = createInstrument(event.index, event.terms);
    if (!created.ok) {
      out.emit({ kind: "alert", severity: "critical", code: "instrument", text: created.error });
      return;
    }
    const instrument = created.value;
    const before = state.slot(event.index)?.instrument;
    // Where a position does not fit the new lot, nothing is changed: our books come first.
    const fits = positions.onInstrument(instrument);
    if (!fits.ok) {
      out.emit({ kind: "alert", severity: "critical", code: "instrument", text: fits.error });
      return;
    }
    orders.onInstrument(instrument);
    state.define(instrument, event.fees);
    const slot = state.slot(event.index)!;
    for (const one of slot.strategies) one.strategy.onInstrument(instrument);
    if (before === undefined) return;
    const isRegridded = !instrument.hasGridsOf(before);
    if (isRegridded) slot.account.regriddedAt = state.now;
    const [rules, rulesBefore] = [ruleText(instrument), ruleText(before)];
    if (rules !== rulesBefore) {
      const text = `${instrument.key}: orders now keep ${rules}; before: ${rulesBefore}`;
      out.emit({ kind: "alert", severity: "warning", code: "instrument_changed", text });
    }
    market.onTermsChanged(slot, isRegridded, out);
  }

  /** What venues say of orders; the instrument's quotes are compared again. */
  onOrderEvent(event: OrderEvent, out: OutputSink): void {
    const isFailure = event.kind === "request_refused" ||
      (event.kind === "request_lost" && event.outcome === "not_sent");
    if (isFailure) this.#parts.quoting.onRequestFailed(event);
    this.#parts.orders.onOrderEvent(event);
    const slot = this.#parts.state.slot(event.instrument);
    if (slot !== undefined) this.#parts.quoting.syncInstrument(slot, out);
  }

  /** Everything that hangs on time. */
  onTimer(out: OutputSink): void {
    const { state, orders, market, flattening, deadMan, modes, quoting, view } = this.#parts;
    orders.onTimer(state.now);
    for (const slot of state.instruments) {
      if (slot !== undefined) market.onTimer(slot, out);
    }
    for (const one of state.strategies) {
      one.strategy.onTimer(view, one.board);
      quoting.syncStrategy(one, out);
    }
    if (modes.stopping) quoting.cancelEverything(out);
    flattening.onTimer(out);
    if (!flattening.isActive) modes.setFlattening(false);
    deadMan.onTimer(modes.mayQuote, out);
  }
}

/** What orders must keep. */
function ruleText(instrument: Instrument): string {
  const { terms } = instrument;
  return `tick ${terms.orderTick ?? terms.tick}, lot ${terms.orderLot ?? terms.lot}, ` +
    `least size ${instrument.sizeText(instrument.minSize)}, ` +
    `least value ${terms.minNotional ?? "0"}`;
}
