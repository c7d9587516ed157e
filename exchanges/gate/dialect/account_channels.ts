/**
 * Private channels: own orders, price orders, executions, balances, positions.
 *
 * 1. They begin with nothing, repeat nothing and bear no numbers: what is missed is gone.
 * 2. Futures ask for the account's number; with another one they are acknowledged and silent.
 * 3. It keeps the sums of fees of orders, whether somebody listens or not.
 * Source: protocol sheet section 5.
 * @module
 */
import { type Money, money, moneyToText } from "@/engine/domain/mod.ts";
import type {
  ExchangeListener,
  SimAccountChange,
  SimFill,
  SimInstrument,
  SimOrder,
  SimOrderCause,
} from "@/exchanges/simulator/mod.ts";
import { broadcast, frameOf, type FrameSink } from "./book_feed.ts";
import {
  amountNumber,
  futuresFill,
  futuresOrderEvent,
  isOpen,
  positionEvent,
  spotFill,
  spotOrderEvent,
} from "./order_shapes.ts";
import { stopBody } from "./stop_operations.ts";
import { FUTURES_WALLET, isStop, noteOf, SPOT_WALLET, type VenueState } from "./venue_state.ts";
import { type Json, type WireProduct, wireText } from "./wire_symbols.ts";

const NAMES: Readonly<Record<WireProduct, readonly string[]>> = {
  spot: ["orders", "orders_v2", "usertrades", "usertrades_v2", "balances", "priceorders"],
  futures: ["orders", "usertrades", "balances", "positions", "autoorders"],
};
const ALL = "!all";
const FEE_FIELDS = ["fee", "fee_currency", "point_fee", "gt_fee"];

/** Whether a channel is private. */
export function isOwned(product: WireProduct, channel: string): boolean {
  return channel.startsWith(`${product}.`) &&
    NAMES[product].includes(channel.slice(product.length + 1));
}

interface LastBalance {
  total: Money;
  locked: Money;
}

/** Hears the exchange, tells the sockets. */
export class AccountChannels implements ExchangeListener {
  readonly #state: VenueState;
  /** By channel: names of markets by socket. */
  readonly #listeners = new Map<string, Map<FrameSink, Set<string>>>();
  readonly #last = new Map<string, LastBalance>();
  #updates = 0;

  constructor(state: VenueState) {
    this.#state = state;
    const { assets } = state.exchange.user(state.owner).wallet(SPOT_WALLET);
    for (const [asset, { total, locked }] of assets) this.#last.set(asset, { total, locked });
  }

  /** Adds a listener, or says why not. */
  subscribe(
    product: WireProduct,
    channel: string,
    payload: readonly unknown[],
    sink: FrameSink,
  ): string | undefined {
    const { symbols, uid } = this.#state;
    const balances = channel.endsWith(".balances");
    const futures = product === "futures";
    if (futures && payload.length === 0) return "user id is missing";
    const names = futures ? payload.slice(1) : payload;
    if (!balances && names.length === 0) return "payload is empty";
    const wrong = names.find((each) => each !== ALL && symbols.find(product, each) === undefined);
    if (wrong !== undefined && !balances) return `unknown market ${String(wrong)}`;
    // A stranger's number is taken without a word, and nothing ever comes of it.
    if (futures && String(payload[0]) !== uid) return undefined;
    let sinks = this.#listeners.get(channel);
    if (sinks === undefined) {
      sinks = new Map();
      this.#listeners.set(channel, sinks);
    }
    const known = sinks.get(sink) ?? new Set<string>();
    for (const name of balances ? [ALL] : names) known.add(String(name));
    sinks.set(sink, known);
    return undefined;
  }

  /** Takes a listener off. */
  unsubscribe(channel: string, payload: readonly unknown[], sink: FrameSink): undefined {
    const sinks = this.#listeners.get(channel);
    const known = sinks?.get(sink);
    if (sinks === undefined || known === undefined) return undefined;
    for (const name of payload) known.delete(String(name));
    if (channel.endsWith(".balances") || known.size === 0) sinks.delete(sink);
    return undefined;
  }

  /** A socket is gone. */
  leave(sink: FrameSink): void {
    for (const sinks of this.#listeners.values()) sinks.delete(sink);
  }

  onOrder(order: SimOrder, cause: SimOrderCause, fill: SimFill | undefined): void {
    const state = this.#state;
    if (order.owner !== state.owner) return;
    const futures = order.instrument.perpetual;
    if (isStop(order)) return this.#tellStop(order);
    const note = noteOf(state, order);
    note.updateId++;
    if (fill !== undefined) {
      note.fee = money(note.fee + fill.fee);
      note.role = fill.liquidity;
    }
    if (futures) {
      this.#send("futures.orders", order.instrument, (decimal) => {
        return [futuresOrderEvent(state, order, decimal, cause === "new")];
      });
      if (fill !== undefined) this.#tellFuturesFill(fill);
      return;
    }
    const event = cause === "new" ? "put" : isOpen(order) ? "update" : "finish";
    this.#send("spot.orders", order.instrument, () => [spotOrderEvent(state, order, event)]);
    this.#send("spot.orders_v2", order.instrument, () => {
      return [withoutFees(spotOrderEvent(state, order, event))];
    });
    if (fill === undefined) return;
    this.#send("spot.usertrades", order.instrument, () => [spotFill(state, fill)]);
    this.#send("spot.usertrades_v2", order.instrument, () => [withoutFees(spotFill(state, fill))]);
  }

  onAccount(change: SimAccountChange): void {
    const { owner, account, assets } = change;
    if (owner !== this.#state.owner || account !== SPOT_WALLET) return;
    const bodies: Json[] = [];
    for (const asset of assets) {
      const body = this.#balanceChange(asset, change.cause);
      if (body !== undefined) bodies.push(body);
    }
    if (bodies.length > 0) this.#send("spot.balances", undefined, () => bodies);
  }

  onFunding(owner: number, sim: SimInstrument, amount: Money): void {
    if (owner !== this.#state.owner) return;
    const name = this.#state.symbols.of(sim).name;
    const { total } = this.#wallet();
    this.#send("futures.balances", undefined, () => [this.#entry(total, amount, "fund", name)]);
  }

  #tellStop(order: SimOrder): void {
    const product = order.instrument.perpetual ? "futures" : "spot";
    const channel = product === "spot" ? "spot.priceorders" : "futures.autoorders";
    this.#send(channel, order.instrument, () => [stopBody(this.#state, order, product)]);
  }

  #tellFuturesFill(fill: SimFill): void {
    const state = this.#state;
    const { instrument } = fill;
    this.#send("futures.usertrades", instrument, (decimal) => [futuresFill(state, fill, decimal)]);
    const position = state.exchange.user(state.owner).position(instrument);
    const updateId = ++this.#updates;
    this.#send("futures.positions", instrument, (decimal) => {
      return [positionEvent(state, position, decimal, updateId)];
    });
    const { total } = this.#wallet();
    const text = `${state.symbols.of(instrument).name}:${fill.order.id}`;
    const entries: Json[] = [];
    if (fill.realised !== 0n) {
      entries.push(this.#entry(money(total + fill.fee), fill.realised, "pnl", text));
    }
    if (fill.fee !== 0n) entries.push(this.#entry(total, money(-fill.fee), "fee", text));
    if (entries.length > 0) this.#send("futures.balances", undefined, () => entries);
  }

  #wallet(): LastBalance {
    const { exchange, owner } = this.#state;
    return exchange.user(owner).wallet(FUTURES_WALLET).of("USDT");
  }

  #entry(balance: Money, change: Money, type: string, text: string): Json {
    const ms = this.#nowMs();
    return {
      balance: amountNumber(balance),
      change: amountNumber(change),
      text,
      time: Math.floor(ms / 1_000),
      time_ms: ms,
      type,
      user: this.#state.uid,
      currency: "usdt",
    };
  }

  #balanceChange(asset: string, cause: string): Json | undefined {
    const { exchange, owner, uid } = this.#state;
    const { total, locked } = exchange.user(owner).wallet(SPOT_WALLET).of(asset);
    const last = this.#last.get(asset) ?? { total: money(0n), locked: money(0n) };
    if (last.total === total && last.locked === locked) return undefined;
    this.#last.set(asset, { total, locked });
    const ms = this.#nowMs();
    const type = cause === "transfer"
      ? "deposit"
      : total !== last.total
      ? "order-match"
      : locked > last.locked
      ? "order-create"
      : "order-update";
    return {
      timestamp: String(Math.floor(ms / 1_000)),
      timestamp_ms: String(ms),
      user: uid,
      currency: asset,
      change: moneyToText(money(total - last.total)),
      total: moneyToText(total),
      available: moneyToText(money(total - locked)),
      freeze: moneyToText(locked),
      freeze_change: moneyToText(money(locked - last.locked)),
      change_type: type,
    };
  }

  #send(
    channel: string,
    sim: SimInstrument | undefined,
    make: (decimal: boolean) => readonly Json[],
  ): void {
    const sinks = this.#listeners.get(channel);
    if (sinks === undefined || sinks.size === 0) return;
    const name = sim === undefined ? ALL : this.#state.symbols.of(sim).name;
    const heard = [...sinks].filter(([, names]) => names.has(ALL) || names.has(name))
      .map(([sink]) => sink);
    const now = this.#state.exchange.clock.now();
    broadcast(heard, (decimal) => frameOf(channel, now, wireText(make(decimal))));
  }

  #nowMs(): number {
    return Math.floor(this.#state.exchange.clock.now() / 1_000);
  }
}

function withoutFees(body: Json): Json {
  const fields = Object.entries(body).filter(([name]) => !FEE_FIELDS.includes(name));
  return Object.fromEntries(fields);
}
