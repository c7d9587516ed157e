/**
 * Account events to whoever may hear them: spot over the WebSocket API, USD-M over listen keys.
 *
 * 1. A listen key that is not the account's own, or has ended, hears nothing.
 * 2. `events` on a USD-M socket is an allow-list; without it everything is told.
 * @module
 */
import type {
  ExchangeListener,
  SimAccountChange,
  SimFill,
  SimOrder,
  SimOrderCause,
} from "@/exchanges/simulator/mod.ts";
import type { ApiSession } from "./api_session.ts";
import { type Json, millis } from "./order_shapes.ts";
import type { StreamSession } from "./stream_session.ts";
import {
  accountUpdate,
  algoUpdate,
  ExecutionIds,
  executionReport,
  orderTradeUpdate,
  outboundAccountPosition,
  tradeLite,
} from "./user_events.ts";
import { isConditional } from "./usdm_operations.ts";
import type { VenueState } from "./venue_state.ts";

interface PrivateSocket {
  readonly session: StreamSession;
  readonly listenKey: string;
  readonly events: ReadonlySet<string> | undefined;
}

/** Hears the exchange, tells the sockets. */
export class AccountStreams implements ExchangeListener {
  readonly #state: VenueState;
  readonly #apis = new Set<ApiSession>();
  readonly #privates = new Map<StreamSession, PrivateSocket>();
  readonly #executionIds = new ExecutionIds();
  #timer: number | undefined;

  constructor(state: VenueState) {
    this.#state = state;
  }

  addApi(session: ApiSession): void {
    this.#apis.add(session);
  }

  removeApi(session: ApiSession): void {
    this.#apis.delete(session);
  }

  addPrivate(
    session: StreamSession,
    listenKey: string,
    events: readonly string[] | undefined,
  ): void {
    const allowed = events === undefined ? undefined : new Set(events);
    this.#privates.set(session, { session, listenKey, events: allowed });
    this.#watchKey();
  }

  removePrivate(session: StreamSession): void {
    this.#privates.delete(session);
  }

  /** Tells all sockets of the key that it has ended. */
  expireListenKey(): void {
    const { exchange, listenKey } = this.#state;
    const now = millis(exchange.clock.now());
    const event = { e: "listenKeyExpired", E: now, listenKey };
    this.#pushUsdm(event);
    this.#state.listenKey = "";
    this.#state.listenKeyUntil = exchange.clock.now();
  }

  onOrder(order: SimOrder, cause: SimOrderCause, fill: SimFill | undefined): void {
    if (order.owner !== this.#state.owner) return;
    const { exchange, symbols, limits, otherName } = this.#state;
    const product = order.instrument.perpetual ? "usdm" : "spot";
    const firstFill = fill !== undefined && order.filled === fill.size;
    if (product === "spot" && firstFill) limits.spot.giveBackOrder();
    const symbol = symbols.of(order.instrument);
    const now = exchange.clock.now();
    if (product === "spot") {
      const executionId = this.#executionIds.next();
      if (this.#apis.size === 0) return;
      const more = { otherName, executionId, now };
      this.#pushSpot(executionReport(symbol, order, cause, fill, more));
      return;
    }
    if (this.#privates.size === 0) return;
    if (isConditional(order)) {
      const child = exchange.orders.byId(order.childId);
      if (cause === "triggered") {
        this.#pushUsdm(algoUpdate(symbol, order, undefined, now, "TRIGGERING"));
        this.#pushUsdm(algoUpdate(symbol, order, child, now, "TRIGGERED"));
      } else this.#pushUsdm(algoUpdate(symbol, order, child, now));
      return;
    }
    if (fill !== undefined) this.#pushUsdm(tradeLite(symbol, fill, now));
    this.#pushUsdm(orderTradeUpdate(symbol, order, cause, fill, now));
    const ended = order.status !== "new" && order.status !== "partially_filled";
    const stop = ended && order.parentId > 0 ? exchange.orders.byId(order.parentId) : undefined;
    if (stop !== undefined) this.#pushUsdm(algoUpdate(symbol, stop, order, now, "FINISHED"));
  }

  onAccount(change: SimAccountChange): void {
    if (change.owner !== this.#state.owner) return;
    const now = this.#state.exchange.clock.now();
    if (change.account === "binance/spot") {
      if (this.#apis.size === 0) return;
      this.#pushSpot(outboundAccountPosition(this.#state, change, now));
    } else if (this.#privates.size > 0) {
      this.#pushUsdm(accountUpdate(this.#state, change, now));
    }
  }

  #pushSpot(event: Json): void {
    const text = JSON.stringify(event);
    for (const api of this.#apis) api.pushEvent(text);
  }

  #pushUsdm(event: Json): void {
    const { listenKey, listenKeyUntil, exchange } = this.#state;
    if (listenKey === "" || exchange.clock.now() >= listenKeyUntil) {
      if (event.e !== "listenKeyExpired") return;
    }
    const text = JSON.stringify(event);
    for (const each of this.#privates.values()) {
      if (each.listenKey !== listenKey) continue;
      if (each.events !== undefined && !each.events.has(event.e as string)) continue;
      each.session.push(listenKey, text);
    }
  }

  /** Waits for the end of the key while somebody listens. */
  #watchKey(): void {
    const { exchange } = this.#state;
    if (this.#timer !== undefined) return;
    const left = (this.#state.listenKeyUntil - exchange.clock.now()) / 1_000;
    if (left <= 0) return;
    this.#timer = exchange.scheduler.after(left + 1, () => {
      this.#timer = undefined;
      if (this.#state.listenKey === "" || this.#privates.size === 0) return;
      if (exchange.clock.now() >= this.#state.listenKeyUntil) this.expireListenKey();
      else this.#watchKey();
    });
  }
}
