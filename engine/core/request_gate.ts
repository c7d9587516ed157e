/**
 * The way out for every request: risk gate, rate budget, order manager, connector, in this order.
 *
 * 1. Nothing that opens or changes exposure leaves without an `Approved`.
 * 2. An `Approved` that the rate budget refuses expires on the spot; the next event asks again.
 * 3. A request is written down before it leaves; a refusal is told once, then waits.
 * @module
 */
import type { Micros, StrategyId } from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelOrder,
  PlaceOrder,
  QueryFills,
  QueryOrder,
  ReplaceOrder,
  RiskyRequest,
} from "@/engine/messages/mod.ts";
import type { OrderManager } from "@/engine/orders/mod.ts";
import type { MarketView, OutputSink, Refused, RiskGate } from "@/engine/ports/mod.ts";
import type { EngineState, InstrumentSlot } from "./engine_state.ts";

/** How a risky request fared. */
export type GateAnswer = "sent" | "refused" | "no_budget";

/** The same refusal of the same wish is told again after this. */
const REFUSAL_QUIET_MICROS = 1_000_000;
const REFUSALS_KEPT_MAX = 1_000;

/** The one way out. */
export class RequestGate {
  readonly #state: EngineState;
  readonly #risk: RiskGate;
  readonly #orders: OrderManager;
  readonly #view: MarketView;
  readonly #refusedAt = new Map<string, Micros>();
  /** Requests that the rate budget held back. */
  heldBack = 0;

  constructor(state: EngineState, risk: RiskGate, orders: OrderManager, view: MarketView) {
    this.#state = state;
    this.#risk = risk;
    this.#orders = orders;
    this.#view = view;
  }

  /** Sends a request that opens or changes exposure, if risk and budget allow it. */
  send(
    request: PlaceOrder | AmendOrder | ReplaceOrder,
    slot: InstrumentSlot,
    out: OutputSink,
  ): GateAnswer {
    // What cannot be said now is not asked of risk: it would count as a request of this second.
    if (slot.venue.budget.availableFor(request.kind, slot.account.key, this.#state.now) < 1) {
      this.heldBack++;
      return "no_budget";
    }
    const decision = this.#risk.review<RiskyRequest>(request, this.#view);
    if (decision.kind === "refused") {
      this.#tellRefusal(request, decision, slot, out);
      return "refused";
    }
    if (!slot.venue.budget.tryTake(request.kind, slot.account.key, this.#state.now)) {
      this.heldBack++;
      return "no_budget";
    }
    this.#orders.onSent(decision, this.#state.now);
    out.emit(decision);
    return "sent";
  }

  /** Sends a cancel; false when the budget (its reserve too) is used up. */
  cancel(request: CancelOrder, slot: InstrumentSlot, out: OutputSink): boolean {
    if (!slot.venue.budget.tryTake("cancel_order", slot.account.key, this.#state.now)) {
      this.heldBack++;
      return false;
    }
    this.#orders.onSent(request, this.#state.now);
    out.emit(request);
    return true;
  }

  /** Sends a question; false when the budget is used up. */
  query(request: QueryOrder | QueryFills, slot: InstrumentSlot, out: OutputSink): boolean {
    if (!slot.venue.budget.tryTake(request.kind, slot.account.key, this.#state.now)) return false;
    out.emit(request);
    return true;
  }

  #tellRefusal(
    request: RiskyRequest,
    refused: Refused,
    slot: InstrumentSlot,
    out: OutputSink,
  ): void {
    const key = refusalKey(request.strategy, slot.index, request.side, refused.code);
    const toldAt = this.#refusedAt.get(key);
    if (toldAt !== undefined && this.#state.now - toldAt < REFUSAL_QUIET_MICROS) return;
    if (this.#refusedAt.size >= REFUSALS_KEPT_MAX) this.#refusedAt.clear();
    this.#refusedAt.set(key, this.#state.now);
    out.emit({
      kind: "order_refused",
      request: request.kind,
      instrument: slot.index,
      strategy: request.strategy,
      code: refused.code,
      text: refused.text,
    });
  }
}

function refusalKey(strategy: StrategyId, instrument: number, side: string, code: string): string {
  return `${strategy}/${instrument}/${side}/${code}`;
}
