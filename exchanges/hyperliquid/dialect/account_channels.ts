/**
 * User streams: what happened to orders and money, told with the block in which it did.
 *
 * 1. `orderUpdates` has no snapshot and does not say whose orders they are.
 * 2. A partial fill is told as a fill only; an IOC order is never `open`.
 * 3. Addresses the venue does not know hear nothing but empty snapshots.
 * Source: protocol sheet section 5.
 * @module
 */
import { moneyToNumber } from "@/engine/domain/mod.ts";
import type { ExchangeListener, SimEnd, SimFill, SimOrder } from "@/exchanges/simulator/mod.ts";
import {
  clearinghouseState,
  fillBody,
  frontendOrder,
  openOrders,
  orderBody,
  spotClearinghouseState,
  userFills,
} from "./account_info.ts";
import type { FrameSink } from "./market_channels.ts";
import { noteOf, type VenueState } from "./venue_state.ts";
import type { Json } from "./wire_symbols.ts";

const ENDS: Readonly<Partial<Record<SimEnd, string>>> = {
  self_trade: "selfTradeCanceled",
  reduce_only: "reduceOnlyCanceled",
  dead_man: "scheduledCancel",
  halted: "internalCancel",
  post_only: "badAloPxRejected",
  no_liquidity: "iocCancelRejected",
};
const NOT_BY_USER = new Set<SimEnd>(["self_trade", "dead_man", "halted"]);
const STATES = ["openOrders", "clearinghouseState", "spotState"];

/** Tells the account. */
export class AccountChannels implements ExchangeListener {
  readonly #state: VenueState;
  readonly #sinks = new Map<string, Set<FrameSink>>();
  #updates: Json[] = [];
  #fills: SimFill[] = [];
  #cancels: Json[] = [];
  #changed = false;

  constructor(state: VenueState) {
    this.#state = state;
  }

  subscribe(type: string, address: string, sink: FrameSink): void {
    const known = address === this.#state.address;
    if (known) {
      const sinks = this.#sinks.get(type) ?? new Set();
      sinks.add(sink);
      this.#sinks.set(type, sinks);
    }
    const first = this.#first(type, address, known);
    if (first !== undefined) sink.push(JSON.stringify(first));
  }

  unsubscribe(type: string, address: string, sink: FrameSink): void {
    if (address === this.#state.address) this.#sinks.get(type)?.delete(sink);
  }

  onOrder(order: SimOrder, cause: string, fill: SimFill | undefined): void {
    if (order.owner !== this.#state.owner) return;
    const note = noteOf(this.#state, order);
    this.#changed = true;
    this.#state.blocks.touch();
    if (fill !== undefined) {
      this.#state.volume += moneyToNumber(fill.value);
      this.#notePosition(fill);
      this.#fills.push(fill);
      if (order.status === "filled") this.say(order, "filled");
      return;
    }
    switch (cause) {
      case "new":
        if (note.tif !== "Ioc" || note.trigger !== undefined) this.say(order, "open");
        return;
      case "triggered":
        return this.say(order, "triggered");
      case "cancelled":
      case "expired":
        this.say(order, endOf(order));
        if (!NOT_BY_USER.has(order.end)) return;
        this.#cancels.push({
          coin: this.#state.symbols.of(order.instrument).coin,
          oid: order.id,
        });
        return;
      case "rejected":
        this.say(order, order.reduceOnly ? "reduceOnlyRejected" : "perpMarginRejected");
    }
  }

  onAccount(change: { readonly owner: number }): void {
    if (change.owner !== this.#state.owner) return;
    this.#changed = true;
    this.#state.blocks.touch();
  }

  /** A new state of an order. */
  say(order: SimOrder, status: string): void {
    const note = noteOf(this.#state, order);
    note.status = status;
    note.statusAtMs = this.#state.blocks.timeOf(this.#state.exchange.clock.now());
    this.#updates.push({
      order: orderBody(this.#state, order),
      status,
      statusTimestamp: note.statusAtMs,
    });
  }

  /** A payment of funding, told at once. */
  sayFunding(funding: Json): void {
    this.#push("userEvents", () => ({ channel: "user", data: { funding } }));
    const user = this.#state.address;
    this.#push("userFundings", () => ({
      channel: "userFundings",
      data: { user, fundings: [funding] },
    }));
  }

  /** Tells what has happened up to the end of a block. */
  tell(): void {
    const updates = this.#updates;
    const fills = this.#fills.map((each) => fillBody(this.#state, each));
    const nonUserCancel = this.#cancels;
    this.#updates = [];
    this.#fills = [];
    this.#cancels = [];
    const user = this.#state.address;
    if (updates.length > 0) {
      this.#push("orderUpdates", () => ({ channel: "orderUpdates", data: updates }));
    }
    if (fills.length > 0) {
      this.#push("userFills", () => ({ channel: "userFills", data: { user, fills } }));
      this.#push("userEvents", () => ({ channel: "user", data: { fills } }));
    }
    if (nonUserCancel.length > 0) {
      this.#push("userEvents", () => ({ channel: "user", data: { nonUserCancel } }));
    }
    if (!this.#changed) return;
    this.#changed = false;
    for (const type of STATES) this.#push(type, () => this.#first(type, user, true)!);
  }

  #push(type: string, build: () => Json): void {
    const sinks = this.#sinks.get(type);
    if (sinks === undefined || sinks.size === 0) return;
    const frame = JSON.stringify(build());
    for (const sink of sinks) sink.push(frame);
  }

  /** What a subscription begins with; undefined when it begins with nothing. */
  #first(type: string, user: string, known: boolean): Json | undefined {
    const state = this.#state;
    switch (type) {
      case "userFills": {
        const fills = known ? userFills(state, { type }) : [];
        return { channel: type, data: { user, isSnapshot: true, fills } };
      }
      case "userFundings": {
        const fundings = known ? state.fundings : [];
        return { channel: type, data: { user, isSnapshot: true, fundings } };
      }
      case "userNonFundingLedgerUpdates":
        return { channel: type, data: { user, isSnapshot: true, nonFundingLedgerUpdates: [] } };
      case "openOrders": {
        const orders = known ? openOrders(state, (each) => frontendOrder(state, each)) : [];
        return { channel: type, data: { dex: "", user, orders } };
      }
      case "clearinghouseState":
        return known
          ? {
            channel: type,
            data: { dex: "", user, clearinghouseState: clearinghouseState(state) },
          }
          : undefined;
      case "spotState":
        return known
          ? { channel: type, data: { user, spotState: spotClearinghouseState(state) } }
          : undefined;
      default:
        return undefined;
    }
  }

  #notePosition(fill: SimFill): void {
    const { instrument: sim, side, size, owner } = fill;
    const user = this.#state.exchange.user(owner);
    const sign = side === "buy" ? 1 : -1;
    const { instrument } = sim;
    const after = sim.perpetual
      ? user.positions.get(sim)?.size ?? 0
      : Number(user.walletOf(sim).of(instrument.terms.base).total / instrument.lotMoney);
    this.#state.positionsBefore.set(fill, after - sign * size);
  }
}

function endOf(order: SimOrder): string {
  if (order.end === "immediate_or_cancel") {
    return order.filled === 0 ? "iocCancelRejected" : "canceled";
  }
  return ENDS[order.end] ?? "canceled";
}
