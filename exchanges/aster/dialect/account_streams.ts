/**
 * Account events to the sockets that listen under a listen key, per product.
 *
 * A listen key that is not the account's own, or has ended, hears nothing.
 * @module
 */
import type {
  ExchangeListener,
  SimAccountChange,
  SimFill,
  SimOrder,
  SimOrderCause,
} from "@/exchanges/simulator/mod.ts";
import type { StreamSink } from "./market_streams.ts";
import { type Json, millis } from "./order_shapes.ts";
import {
  accountUpdate,
  executionReport,
  orderTradeUpdate,
  outboundAccountPosition,
} from "./user_events.ts";
import type { VenueState } from "./venue_state.ts";
import type { WireProduct } from "./wire_symbols.ts";

/** Hears the exchange, tells the sockets. */
export class AccountStreams implements ExchangeListener {
  readonly #state: VenueState;
  readonly #sinks: Readonly<Record<WireProduct, Map<string, Set<StreamSink>>>> = {
    spot: new Map(),
    perp: new Map(),
  };
  readonly #timers: Partial<Record<WireProduct, number>> = {};

  constructor(state: VenueState) {
    this.#state = state;
  }

  /** A socket listens under a key. */
  add(product: WireProduct, listenKey: string, sink: StreamSink): void {
    const sinks = this.#sinks[product].get(listenKey);
    if (sinks !== undefined) sinks.add(sink);
    else this.#sinks[product].set(listenKey, new Set([sink]));
    this.#watchKey(product);
  }

  /** A socket listens no more. */
  remove(product: WireProduct, listenKey: string, sink: StreamSink): void {
    const sinks = this.#sinks[product].get(listenKey);
    if (sinks?.delete(sink) && sinks.size === 0) this.#sinks[product].delete(listenKey);
  }

  /** Tells all sockets of the key that it has ended. */
  expireListenKey(product: WireProduct): void {
    const { exchange, listenKeys } = this.#state;
    const own = listenKeys[product];
    const now = exchange.clock.now();
    own.until = now;
    this.#tell(product, { e: "listenKeyExpired", E: millis(now) });
    own.key = "";
  }

  onOrder(order: SimOrder, cause: SimOrderCause, fill: SimFill | undefined): void {
    // A perpetual's fired stop goes on as another record under its own number.
    if (order.owner !== this.#state.owner || order.end === "triggered") return;
    const product = order.instrument.perpetual ? "perp" : "spot";
    if (!this.#heard(product)) return;
    const symbol = this.#state.symbols.of(order.instrument);
    const now = this.#state.exchange.clock.now();
    const event = product === "perp" ? orderTradeUpdate : executionReport;
    this.#tell(product, event(symbol, order, cause, fill, now));
  }

  onAccount(change: SimAccountChange): void {
    if (change.owner !== this.#state.owner) return;
    const product = change.account === "aster/perpetual" ? "perp" : "spot";
    if (!this.#heard(product)) return;
    const now = this.#state.exchange.clock.now();
    const event = product === "perp" ? accountUpdate : outboundAccountPosition;
    this.#tell(product, event(this.#state, change, now));
  }

  #heard(product: WireProduct): boolean {
    const { key, until } = this.#state.listenKeys[product];
    if (key === "" || this.#state.exchange.clock.now() >= until) return false;
    return this.#sinks[product].has(key);
  }

  #tell(product: WireProduct, event: Json): void {
    const { key } = this.#state.listenKeys[product];
    const sinks = this.#sinks[product].get(key);
    if (key === "" || sinks === undefined) return;
    const text = JSON.stringify(event);
    for (const sink of sinks) sink.push(key, text);
  }

  /** Waits for the end of the key while somebody listens. */
  #watchKey(product: WireProduct): void {
    const { exchange, listenKeys } = this.#state;
    if (this.#timers[product] !== undefined) return;
    const { until } = listenKeys[product];
    const left = (until - exchange.clock.now()) / 1_000;
    if (left <= 0) return;
    this.#timers[product] = exchange.scheduler.after(left + 1, () => {
      delete this.#timers[product];
      const { key, until: end } = listenKeys[product];
      if (!this.#sinks[product].has(key)) return;
      if (exchange.clock.now() >= end) this.expireListenKey(product);
      else this.#watchKey(product);
    });
  }
}
