/**
 * `SimulatedExchange`: accounts, markets and rules behind one dialect.
 *
 *   place -> checks -> record -> market -> trades -> wallets -> listeners
 *
 * 1. Operations answer at once; what follows is told to the listeners in the order it happened.
 * 2. An order is refused without a trace, or recorded and told of until it ends.
 * 3. Orders from elsewhere (background traders, recordings) never reach accounts.
 * 4. Stops fire, and reduce-only orders shrink, after the match that caused it, never inside it.
 * @module
 */
import type { MatchedTrade, RemovalReason } from "@/engine/matching/mod.ts";
import {
  assert,
  err,
  type InstrumentTradingStatus,
  type Micros,
  micros,
  type Money,
  money,
  ok,
  type Result,
  type Side,
} from "@/engine/domain/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";
import { simInstruments, type SpareDecimals } from "./instrument_change.ts";
import type { MarketSource } from "./market_source.ts";
import { marginOf, SimLedger, type SimMargin, SimUser } from "./sim_accounts.ts";
import { lockAsset, walkBook } from "./sim_checks.ts";
import { MarkPrices } from "./sim_funding.ts";
import type { SimInstrument, SimInstrumentOptions, SimPrint } from "./sim_instrument.ts";
import { recordOf, SimOrderStore } from "./sim_orders.ts";
import { isStop, reviewAmend, reviewPlace } from "./sim_review.ts";
import { relock, settle, unlock } from "./sim_settlement.ts";
import { SimStops } from "./sim_stops.ts";
import { type ExchangeTruth, truthOf } from "./sim_truth.ts";
import type {
  ExchangeListener,
  SimAmend,
  SimEnd,
  SimFill,
  SimOrder,
  SimOrderCause,
  SimPlace,
  SimReject,
  SimUserOptions,
} from "./sim_types.ts";

/** What an exchange is made of. */
export interface SimulatedExchangeOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly source: MarketSource;
  readonly instruments: readonly SimInstrumentOptions[];
  readonly users: readonly SimUserOptions[];
  /** First order number; above 2^31, so that who cuts it short is found out. */
  readonly firstOrderId: number;
  readonly spareDecimals?: SpareDecimals;
}

/** One venue. */
export class SimulatedExchange {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly instruments: readonly SimInstrument[];
  readonly orders = new SimOrderStore();
  readonly ledger = new SimLedger();
  readonly users = new Map<number, SimUser>();
  readonly #source: MarketSource;
  readonly #stops: SimStops;
  readonly #marks: MarkPrices;
  readonly #listeners: ExchangeListener[] = [];
  readonly #deadMen = new Map<string, TimerId>();
  readonly #print: SimPrint = {
    id: 0,
    price: 0,
    size: 0,
    aggressor: "buy",
    makerOrderId: 0,
    takerOrderId: 0,
    at: micros(0),
  };
  #nextOrderId: number;
  #cancelEnd: SimEnd = "cancelled";
  /** The order whose own amendment is being carried out: its market events are not news. */
  #amending = 0;
  #afterMatch = false;

  constructor(options: SimulatedExchangeOptions) {
    this.clock = options.clock;
    this.scheduler = options.scheduler;
    this.#source = options.source;
    this.#nextOrderId = options.firstOrderId;
    this.instruments = simInstruments(options.instruments, options.spareDecimals);
    this.#stops = new SimStops();
    this.#marks = new MarkPrices(this, (sim) => this.#onMark(sim), (owner, sim, amount) => {
      this.#onFunding(owner, sim, amount);
    });
    for (const each of options.users) this.#openUser(each);
    for (const sim of this.instruments) this.#openMarket(sim);
  }

  /** Starts the market's other traders, marks and funding. */
  start(): void {
    this.#source.start();
    // Marks begin where the market opened, not where its origin once was.
    for (const sim of this.instruments) {
      if (sim.bid > 0 && sim.ask > 0) sim.mark = sim.index = sim.last = sim.mid();
    }
    this.#marks.start();
  }

  /** Stops every timer of this exchange. */
  stop(): void {
    this.#source.stop();
    this.#marks.stop();
    for (const timer of this.#deadMen.values()) this.scheduler.cancel(timer);
    this.#deadMen.clear();
  }

  addListener(listener: ExchangeListener): void {
    this.#listeners.push(listener);
  }

  /** The user of an owner number; unknown numbers are a broken invariant. */
  user(owner: number): SimUser {
    const user = this.users.get(owner);
    assert(user !== undefined, "Simulated exchange has no such owner");
    return user;
  }

  /** Takes a new order or says why not. */
  place(request: SimPlace): Result<SimOrder, SimReject> {
    const reject = reviewPlace(request, this);
    if (reject !== undefined) return err(reject);
    const order = this.#record(request, 0);
    if (isStop(request)) this.#holdStop(order);
    else this.#enter(order);
    this.#settleNow();
    return ok(order);
  }

  /** Ends an open order. */
  cancel(order: SimOrder, end: SimEnd = "cancelled"): Result<SimOrder, SimReject> {
    const { market, status } = order.instrument;
    if (!this.orders.isOpen(order)) return err("unknown_order");
    if (status === "maintenance" && end === "cancelled") return err("maintenance");
    if (this.#stops.remove(order)) {
      this.#end(order, end, end === "trigger_refused" ? "rejected" : "cancelled");
      return ok(order);
    }
    this.#cancelEnd = end;
    const known = market!.cancel(order.id);
    this.#cancelEnd = "cancelled";
    assert(known, "Open simulated order is not in its market");
    this.#settleNow();
    return ok(order);
  }

  /** Ends all open orders of an owner: of one instrument when given; `stops` says which kind. */
  cancelAll(
    owner: number,
    instrument: SimInstrument | undefined,
    which: "all" | "orders" | "stops" = "all",
    end: SimEnd = "cancel_all",
  ): SimOrder[] {
    return this.orders.openOf(owner, instrument).filter((order) => {
      if (which !== "all" && (order.workingAt === 0) !== (which === "stops")) return false;
      return this.cancel(order, end).ok;
    });
  }

  /** Changes an open limit order. */
  amend(request: SimAmend): Result<SimOrder, SimReject> {
    const { order } = request;
    if (!this.orders.isOpen(order)) return err("unknown_order");
    if (order.workingAt === 0 || order.price === 0) return err("not_amendable");
    const price = request.price ?? order.price;
    if (price === order.price && request.size === order.size) return err("nothing_changed");
    if (request.size <= order.filled) return this.cancel(order);
    const reject = reviewAmend(order, price, request.size, this);
    if (reject !== undefined) return err(reject);
    if (request.clientOrderId !== undefined) this.orders.rename(order, request.clientOrderId);
    const keeps = request.keepPriority && price === order.price && request.size < order.size;
    order.price = price;
    order.size = request.size;
    order.amends++;
    order.updatedAt = this.clock.now();
    const relocked = relock(order, this.user(order.owner));
    this.#tellOrder(order, "amended", undefined);
    if (relocked) this.#tellAccount(order, [this.#assetOf(order)]);
    this.#amendMarket(order, keeps);
    this.#settleNow();
    return ok(order);
  }

  /** Sets the countdown that ends all of an owner's orders of one instrument; 0 disarms it. */
  armDeadMan(owner: number, instrument: SimInstrument, countdownMs: number): void {
    const key = `${owner}/${instrument.instrument.key}`;
    const armed = this.#deadMen.get(key);
    if (armed !== undefined) this.scheduler.cancel(armed);
    this.#deadMen.delete(key);
    if (countdownMs <= 0) return;
    const end = () => {
      this.#deadMen.delete(key);
      this.cancelAll(owner, instrument, "orders", "dead_man");
    };
    this.#deadMen.set(key, this.scheduler.after(countdownMs, end));
  }

  /** Halts, resumes or closes an instrument. Resting orders stay, but a delisting ends them. */
  setStatus(instrument: SimInstrument, status: InstrumentTradingStatus): void {
    if (instrument.status === status) return;
    const owners = status === "delisted" ? this.users.keys() : [];
    for (const owner of owners) this.cancelAll(owner, instrument);
    instrument.status = status;
    for (const listener of this.#listeners) listener.onStatus?.(instrument);
  }

  /** An instrument's terms were changed. */
  tellTerms(instrument: SimInstrument): void {
    for (const listener of this.#listeners) listener.onTerms?.(instrument);
  }

  /** Puts money into an account, or takes it out. */
  deposit(owner: number, account: string, asset: string, amount: Money): void {
    this.user(owner).wallet(account).add(asset, amount);
    this.ledger.add(this.ledger.deposits, asset, amount);
    const change = { owner, account, cause: "transfer" as const, assets: [asset] };
    for (const each of this.#listeners) each.onAccount?.({ ...change, instrument: undefined });
  }

  /** What a perpetual wallet can carry now. */
  margin(owner: number, account: string, settleAsset: string): SimMargin {
    return marginOf(this.user(owner), account, settleAsset, this.instruments, this.orders.open());
  }

  /** Everything as it is, for checkers. */
  truth(depth = 1_000): ExchangeTruth {
    return truthOf(this, depth);
  }

  #record(request: SimPlace, parentId: number): SimOrder {
    const order = recordOf(request, this.#nextOrderId++, this.clock.now(), parentId);
    this.orders.add(order);
    return order;
  }

  #enter(order: SimOrder): void {
    const locked = relock(order, this.user(order.owner));
    this.#tellOrder(order, order.triggeredAt > 0 ? "triggered" : "new", undefined);
    if (locked) this.#tellAccount(order, [this.#assetOf(order)]);
    this.#submit(order);
  }

  #submit(order: SimOrder): void {
    order.instrument.market!.submit({
      id: order.id,
      owner: order.owner,
      side: order.side,
      price: order.price > 0 ? order.price : undefined,
      size: order.size - order.filled,
      timeInForce: order.timeInForce,
      postOnly: order.postOnly,
      selfTrade: order.selfTrade,
    });
  }

  #amendMarket(order: SimOrder, keepsPlace: boolean): void {
    const market = order.instrument.market!;
    if (keepsPlace) {
      this.#amending = order.id;
      const known = market.amend(order.id, order.price, order.size - order.filled);
      this.#amending = 0;
      assert(known, "Open simulated order is not in its market");
      return;
    }
    // Out and in again under the same number: the place in the queue is lost at any rate.
    this.#amending = order.id;
    const known = market.cancel(order.id);
    this.#amending = 0;
    assert(known, "Open simulated order is not in its market");
    this.#submit(order);
  }

  #holdStop(order: SimOrder): void {
    if (!order.instrument.perpetual) relock(order, this.user(order.owner));
    this.#stops.add(order);
    this.#tellOrder(order, "new", undefined);
    if (order.locked > 0n) this.#tellAccount(order, [this.#assetOf(order)]);
  }

  #openMarket(sim: SimInstrument): void {
    sim.market = this.#source.openMarket(sim, {
      onRested: (id, _owner, _side, _price, leaves) => this.#onLeaves(id, leaves),
      onTrade: (trade) => this.#onTrade(sim, trade),
      onRemoved: (id, _owner, leaves, reason) => this.#onRemoved(id, leaves, reason),
      onAmended: (id, _owner, _price, leaves) => this.#onLeaves(id, leaves),
      onLevel: (side, price, size) => this.#onLevel(sim, side, price, size),
    });
  }

  #onLevel(sim: SimInstrument, side: Side, price: number, size: number): void {
    const updateId = sim.nextUpdateId();
    for (const listener of this.#listeners) listener.onLevel?.(sim, side, price, size, updateId);
    if (!sim.touches(side, price) || !sim.refreshTouch()) return;
    for (const listener of this.#listeners) listener.onTouch?.(sim);
  }

  #onTrade(sim: SimInstrument, trade: MatchedTrade): void {
    const print = this.#print;
    print.id = ++sim.tradeId;
    print.price = trade.price;
    print.size = trade.size;
    print.aggressor = trade.aggressor;
    print.makerOrderId = trade.makerId;
    print.takerOrderId = trade.takerId;
    print.at = this.clock.now();
    sim.last = trade.price;
    sim.keepPrint(print);
    for (const listener of this.#listeners) listener.onPrint?.(sim, print);
    this.#execute(print, trade.makerId, trade.makerLeaves, "maker");
    this.#execute(print, trade.takerId, trade.takerLeaves, "taker");
    if (this.#stops.watch(sim, "last", trade.price)) this.#settleSoon();
  }

  #execute(print: SimPrint, id: number, leaves: number, liquidity: "maker" | "taker"): void {
    const order = this.orders.byId(id);
    if (order === undefined) return;
    const user = this.user(order.owner);
    const { price, size, at } = print;
    const { fill, assets } = settle(
      { order, user, price, size, leaves, liquidity, tradeId: print.id, at },
      this.ledger,
    );
    if (leaves === 0) {
      unlock(order, user);
      this.orders.close(order);
    }
    this.orders.keepFill(fill);
    if (order.instrument.perpetual) this.#settleSoon();
    this.#tellOrder(order, "trade", fill);
    this.#tellAccount(order, assets);
  }

  #onRemoved(id: number, leaves: number, reason: RemovalReason): void {
    if (id === this.#amending) return;
    const order = this.orders.byId(id);
    if (order === undefined || !this.orders.isOpen(order)) return;
    assert(leaves <= order.size - order.filled, "Simulated order grew in its market");
    const end: SimEnd = reason === "cancelled"
      ? this.#cancelEnd
      : reason === "phase"
      ? "halted"
      : reason;
    this.#end(
      order,
      end,
      end === "reduce_only" || reason !== "cancelled" ? "expired" : "cancelled",
    );
  }

  /** What is left of an order; less than we think when self-trade prevention withdrew some. */
  #onLeaves(id: number, leaves: number): void {
    if (id === this.#amending) return;
    const order = this.orders.byId(id);
    if (order === undefined || order.size - order.filled === leaves) return;
    assert(leaves < order.size - order.filled, "Simulated order grew in its market");
    order.size = order.filled + leaves;
    order.updatedAt = this.clock.now();
    relock(order, this.user(order.owner));
    this.#tellOrder(order, "amended", undefined);
  }

  #end(order: SimOrder, end: SimEnd, status: "cancelled" | "expired" | "rejected"): void {
    order.status = status;
    order.end = end;
    order.updatedAt = this.clock.now();
    const asset = this.#assetOf(order);
    const freed = unlock(order, this.user(order.owner));
    this.orders.close(order);
    this.#tellOrder(order, status, undefined);
    if (freed) this.#tellAccount(order, [asset]);
  }

  #settleSoon(): void {
    if (this.#afterMatch) return;
    this.#afterMatch = true;
    this.scheduler.after(0, () => this.#settleNow());
  }

  #settleNow(): void {
    if (!this.#afterMatch) return;
    this.#afterMatch = false;
    for (const order of this.orders.open()) {
      if (order.reduceOnly && order.workingAt > 0) this.#shrinkReduceOnly(order);
    }
    // Each fired stop may fire others; a stop fires once, so this ends.
    for (let fired = this.#stops.takeFired(); fired; fired = this.#stops.takeFired()) {
      this.#fire(fired);
    }
  }

  #shrinkReduceOnly(order: SimOrder): void {
    const position = this.user(order.owner).positions.get(order.instrument)?.size ?? 0;
    const reducible = order.side === "sell" ? position : -position;
    if (order.size - order.filled > reducible) this.cancel(order, "reduce_only");
  }

  #fire(stop: SimOrder): void {
    const now = this.clock.now();
    if (stop.instrument.options.stops === "spawn") return this.#spawn(stop, now);
    stop.triggeredAt = now;
    stop.workingAt = now;
    stop.updatedAt = now;
    const user = this.user(stop.owner);
    const { instrument, side, size } = stop;
    const unpriced = side === "buy" && stop.price === 0;
    const cost = unpriced ? walkBook({ instrument, side, size }).value : 0n;
    const free = user.walletOf(stop.instrument).free(this.#assetOf(stop)) + stop.locked;
    if (cost > free) return this.#end(stop, "trigger_refused", "expired");
    this.#enter(stop);
  }

  #spawn(stop: SimOrder, now: Micros): void {
    const user = this.user(stop.owner);
    const position = user.positions.get(stop.instrument)?.size ?? 0;
    const request: SimPlace = {
      owner: stop.owner,
      instrument: stop.instrument,
      clientOrderId: stop.clientOrderId,
      side: stop.side,
      type: stop.type === "stop_limit" ? "limit" : "market",
      timeInForce: stop.timeInForce,
      postOnly: stop.postOnly,
      reduceOnly: stop.reduceOnly || stop.closePosition,
      size: stop.closePosition ? Math.abs(position) : stop.size,
      selfTrade: stop.selfTrade,
      label: stop.label,
      ...(stop.price > 0 ? { price: stop.price } : {}),
    };
    stop.triggeredAt = now;
    this.orders.close(stop);
    if (reviewPlace(request, this) !== undefined) {
      return this.#end(stop, "trigger_refused", "rejected");
    }
    const child = this.#record(request, stop.id);
    stop.childId = child.id;
    stop.status = "expired";
    stop.end = "triggered";
    stop.updatedAt = now;
    this.#tellOrder(stop, "triggered", undefined);
    this.#enter(child);
  }

  #onMark(sim: SimInstrument): void {
    for (const listener of this.#listeners) listener.onMark?.(sim);
    if (this.#stops.watch(sim, "mark", sim.mark)) this.#settleSoon();
  }

  #onFunding(owner: number, sim: SimInstrument, amount: Money): void {
    const { settle: asset, account } = sim.instrument.terms;
    this.user(owner).wallet(account).add(asset, amount);
    this.ledger.add(this.ledger.flows, asset, amount);
    const change = { owner, account, cause: "funding" as const, assets: [asset], instrument: sim };
    for (const listener of this.#listeners) {
      listener.onFunding?.(owner, sim, amount);
      listener.onAccount?.(change);
    }
  }

  #tellOrder(order: SimOrder, cause: SimOrderCause, fill: SimFill | undefined): void {
    for (const listener of this.#listeners) listener.onOrder?.(order, cause, fill);
  }

  #tellAccount(order: SimOrder, assets: readonly string[]): void {
    const { instrument, owner } = order;
    const { account } = instrument.instrument.terms;
    const change = { owner, account, cause: "order" as const, assets, instrument };
    for (const listener of this.#listeners) listener.onAccount?.(change);
  }

  #assetOf(order: SimOrder): string {
    return order.instrument.perpetual ? order.instrument.instrument.terms.settle : lockAsset(order);
  }

  #openUser(options: SimUserOptions): void {
    const user = new SimUser(options.owner);
    this.users.set(options.owner, user);
    for (const [account, assets] of Object.entries(options.balances)) {
      for (const [asset, amount] of Object.entries(assets)) {
        user.wallet(account).add(asset, money(amount));
        this.ledger.add(this.ledger.deposits, asset, money(amount));
      }
    }
  }
}
