/**
 * From what strategies want to what leaves: the board against resting orders, gate, budget, out.
 *
 *   board --QuoteDiffer--> cancel | amend | replace | place --RequestGate--> out
 *
 * 1. Where quotes are not allowed to stand, the wish is taken to be empty: resting quotes are
 *    cancelled.
 * 2. After the venue refused a quote or a change of one, that side waits before it asks again; a
 *    cancel that failed waits too, or it would be repeated as fast as it fails.
 * 3. Own orders that nobody wants any more (found after a restart) are cancelled.
 * @module
 */
import type { ClientOrderId, Micros, Price, Side, Size, StrategyId } from "@/engine/domain/mod.ts";
import type {
  CancelOrder,
  PlaceOrder,
  RequestLost,
  RequestRefused,
} from "@/engine/messages/mod.ts";
import {
  type ClientOrderIds,
  DesiredQuotes,
  FOREIGN,
  type Order,
  type OrderManager,
  QuoteDiffer,
  type QuoteDifferOptions,
  type QuoteSink,
  RECOVERED,
} from "@/engine/orders/mod.ts";
import type { OutputSink } from "@/engine/ports/mod.ts";
import {
  type EngineState,
  type InstrumentSlot,
  isAccountReady,
  type StrategySlot,
} from "./engine_state.ts";
import type { WantedTake } from "./quote_boards.ts";
import type { RequestGate } from "./request_gate.ts";
import type { TradingModes } from "./trading_mode.ts";

/** What quoting is built with. */
export interface QuotingParts {
  readonly state: EngineState;
  readonly modes: TradingModes;
  readonly orders: OrderManager;
  readonly gate: RequestGate;
  readonly ids: () => ClientOrderIds;
  readonly differ: QuoteDifferOptions;
}

const NOTHING = new DesiredQuotes();
const COOL_DOWN_MICROS = 250_000;
const COOL_DOWN_POST_ONLY_MICROS = 20_000;
/** Doubled each time the venue refuses to cancel an order, up to the longest. */
const COOL_DOWN_CANCEL_MICROS = 100_000;
const COOL_DOWN_CANCEL_MICROS_MAX = 3_200_000;
/** Off the venue's grid, or closed: asking again before its listing is read would fail again. */
const COOL_DOWN_FILTER_MICROS = 2_000_000;
const CANCEL_WAITS_MAX = 1_000;

/** Keeps what rests at the venues equal to what is wanted. */
export class Quoting implements QuoteSink {
  readonly #parts: QuotingParts;
  readonly #differ = new QuoteDiffer();
  /** Until when a side of a strategy's instrument waits after a refusal. */
  readonly #waits = new Map<string, Micros>();
  /** Until when an order is not cancelled again after a cancel failed. */
  readonly #cancelWaits = new Map<ClientOrderId, { until: Micros; pause: number }>();
  // The comparison in progress.
  #slot: InstrumentSlot | undefined;
  #strategy: StrategyId = RECOVERED;
  #out: OutputSink | undefined;

  constructor(parts: QuotingParts) {
    this.#parts = parts;
  }

  /** Whether quotes may stand on an instrument now. */
  isAllowed(slot: InstrumentSlot): boolean {
    return slot.feed.isUsable && slot.status === "trading" && isAccountReady(slot.account) &&
      this.#parts.modes.mayQuote;
  }

  /** Compares what one strategy just wrote, and sends its takes. */
  syncStrategy(one: StrategySlot, out: OutputSink): void {
    const boards = one.board.all;
    for (let index = 0; index < boards.length; index++) {
      const wanted = boards[index]!;
      if (!wanted.dirty) continue;
      wanted.dirty = false;
      const slot = this.#parts.state.slot(wanted.instrument);
      if (slot !== undefined) this.#diff(slot, one.strategy.id, wanted.quotes, out);
    }
    if (one.board.takes.length > 0) this.#sendTakes(one, out);
  }

  /** Compares all strategies' wishes on one instrument. */
  syncInstrument(slot: InstrumentSlot, out: OutputSink): void {
    for (let index = 0; index < slot.strategies.length; index++) {
      const one = slot.strategies[index]!;
      const wanted = one.board.wanted(slot.index);
      if (wanted !== undefined) this.#diff(slot, one.strategy.id, wanted.quotes, out);
    }
    this.#diff(slot, RECOVERED, NOTHING, out);
  }

  /** Compares everything: modes and accounts changed, or time passed. */
  syncAll(out: OutputSink): void {
    for (const slot of this.#parts.state.instruments) {
      if (slot !== undefined) this.syncInstrument(slot, out);
    }
  }

  /** Cancels every own order at once, unanswered ones too. Answers how many cancels left. */
  cancelEverything(out: OutputSink): number {
    let sent = 0;
    for (const slot of this.#parts.state.instruments) {
      if (slot === undefined) continue;
      this.#parts.orders.forEachOrder(slot.index, (order) => {
        if (order.strategy === FOREIGN || order.pending === "cancel") return;
        if (this.#parts.gate.cancel(cancelOf(order), slot, out)) sent++;
      });
    }
    return sent;
  }

  /** An instrument has other terms: what was refused on the old ones may be asked at once. */
  onTermsChanged(slot: InstrumentSlot): void {
    for (const { strategy } of slot.strategies) {
      this.#waits.delete(waitKey(strategy.id, slot.index, "buy"));
      this.#waits.delete(waitKey(strategy.id, slot.index, "sell"));
    }
  }

  /** The venue refused one of our orders: its side waits a moment; both, where terms are wrong. */
  onRefusedByVenue(order: Order, reason = order.reason): void {
    const { strategy, instrument, side } = order;
    if (reason === "filter" || reason === "instrument_closed") {
      this.#wait(strategy, instrument, "buy", COOL_DOWN_FILTER_MICROS);
      return this.#wait(strategy, instrument, "sell", COOL_DOWN_FILTER_MICROS);
    }
    const isPostOnly = reason === "post_only_would_take";
    const micros = isPostOnly ? COOL_DOWN_POST_ONLY_MICROS : COOL_DOWN_MICROS;
    this.#wait(strategy, instrument, side, micros);
  }

  /** A change or a cancel of a resting order had no effect: it is not repeated at once. */
  onRequestFailed(event: RequestRefused | RequestLost): void {
    const order = this.#parts.orders.order(event.clientOrderId);
    if (order === undefined) return;
    if (event.request === "amend") {
      const reason = event.kind === "request_refused" ? event.reason : undefined;
      this.onRefusedByVenue(order, reason);
    } else if (event.request === "cancel") {
      if (this.#cancelWaits.size >= CANCEL_WAITS_MAX) this.#cancelWaits.clear();
      const isRefused = event.kind === "request_refused";
      const failed = isRefused ? this.#cancelWaits.get(order.clientOrderId)?.pause ?? 0 : 0;
      const doubled = Math.max(COOL_DOWN_CANCEL_MICROS, failed * 2);
      const pause = Math.min(COOL_DOWN_CANCEL_MICROS_MAX, doubled);
      const until = (this.#parts.state.now + pause) as Micros;
      this.#cancelWaits.set(order.clientOrderId, { until, pause });
    }
  }

  place(side: Side, price: Price, size: Size): void {
    const slot = this.#slot!;
    if (this.#isWaiting(slot, side)) return;
    const request: PlaceOrder = {
      kind: "place_order",
      instrument: slot.index,
      clientOrderId: this.#parts.ids().next(slot.account.key),
      strategy: this.#strategy,
      side,
      type: "limit",
      timeInForce: "gtc",
      postOnly: slot.account.capabilities.postOnly,
      reduceOnly: false,
      price,
      triggerPrice: undefined,
      size,
    };
    this.#note(this.#parts.gate.send(request, slot, this.#out!), slot, side);
  }

  amend(order: Order, price: Price, size: Size): void {
    const slot = this.#slot!;
    if (this.#isWaiting(slot, order.side)) return;
    const answer = this.#parts.gate.send(
      {
        kind: "amend_order",
        instrument: order.instrument,
        clientOrderId: order.clientOrderId,
        venueOrderId: order.venueOrderId,
        strategy: order.strategy,
        side: order.side,
        price,
        size,
        filledSize: order.filledSize,
        reduceOnly: order.reduceOnly,
        postOnly: order.postOnly,
      },
      slot,
      this.#out!,
    );
    // A quote that risk will not let move must not stay where nobody wants it.
    if (answer === "refused") this.cancel(order);
    this.#note(answer, slot, order.side);
  }

  replace(order: Order, price: Price, size: Size): void {
    const slot = this.#slot!;
    if (this.#isWaiting(slot, order.side)) return;
    const answer = this.#parts.gate.send(
      {
        kind: "replace_order",
        instrument: order.instrument,
        clientOrderId: order.clientOrderId,
        venueOrderId: order.venueOrderId,
        newClientOrderId: this.#parts.ids().next(slot.account.key),
        strategy: order.strategy,
        side: order.side,
        timeInForce: "gtc",
        postOnly: order.postOnly,
        reduceOnly: order.reduceOnly,
        price,
        size,
      },
      slot,
      this.#out!,
    );
    if (answer === "refused") this.cancel(order);
    this.#note(answer, slot, order.side);
  }

  cancel(order: Order): void {
    if (this.#isCancelWaiting(order)) return;
    this.#parts.gate.cancel(cancelOf(order), this.#slot!, this.#out!);
  }

  #diff(
    slot: InstrumentSlot,
    strategy: StrategyId,
    wanted: DesiredQuotes,
    out: OutputSink,
  ): void {
    this.#slot = slot;
    this.#strategy = strategy;
    this.#out = out;
    this.#differ.diff(
      slot.index,
      strategy,
      this.isAllowed(slot) ? wanted : NOTHING,
      this.#parts.orders,
      slot.changes,
      this.#parts.differ,
      this,
    );
  }

  #sendTakes(one: StrategySlot, out: OutputSink): void {
    const takes = one.board.takes.splice(0);
    for (const take of takes) this.#sendTake(one.strategy.id, take, out);
  }

  #sendTake(strategy: StrategyId, take: WantedTake, out: OutputSink): void {
    const slot = this.#parts.state.slot(take.instrument);
    if (slot === undefined || !this.isAllowed(slot)) return;
    this.#parts.gate.send(
      takeOrder(slot, strategy, take, this.#parts.ids()),
      slot,
      out,
    );
  }

  #isWaiting(slot: InstrumentSlot, side: Side): boolean {
    const until = this.#waits.get(waitKey(this.#strategy, slot.index, side));
    return until !== undefined && this.#parts.state.now < until;
  }

  #isCancelWaiting(order: Order): boolean {
    const wait = this.#cancelWaits.get(order.clientOrderId);
    return wait !== undefined && this.#parts.state.now < wait.until;
  }

  #note(answer: string, slot: InstrumentSlot, side: Side): void {
    if (answer === "refused") this.#wait(this.#strategy, slot.index, side, COOL_DOWN_MICROS);
  }

  #wait(strategy: StrategyId, instrument: number, side: Side, micros: number): void {
    const until = (this.#parts.state.now + micros) as Micros;
    this.#waits.set(waitKey(strategy, instrument, side), until);
  }
}

/** An immediate-or-cancel limit order. */
export function takeOrder(
  slot: InstrumentSlot,
  strategy: StrategyId,
  take: WantedTake,
  ids: ClientOrderIds,
): PlaceOrder {
  return {
    kind: "place_order",
    instrument: slot.index,
    clientOrderId: ids.next(slot.account.key),
    strategy,
    side: take.side,
    type: "limit",
    timeInForce: "ioc",
    postOnly: false,
    reduceOnly: take.reduceOnly && slot.account.capabilities.reduceOnly,
    price: take.price,
    triggerPrice: undefined,
    size: take.size,
  };
}

function cancelOf(order: Order): CancelOrder {
  return {
    kind: "cancel_order",
    instrument: order.instrument,
    clientOrderId: order.clientOrderId,
    venueOrderId: order.venueOrderId,
  };
}

function waitKey(strategy: StrategyId, instrument: number, side: Side): string {
  return `${strategy}/${instrument}/${side}`;
}
