/**
 * Private channels: own orders, trigger orders, balances, positions, fills.
 *
 * 1. The orders channels begin with nothing; account and positions begin with a snapshot.
 * 2. What has an interval is repeated at it; `updateInterval` "0" leaves events alone.
 * 3. It keeps the sums of fees and profits of orders, whether somebody listens or not.
 * Source: protocol sheet section 5.
 * @module
 */
import { money, moneyToText } from "@/engine/domain/mod.ts";
import type { TimerId } from "@/engine/ports/mod.ts";
import {
  entryPriceOf,
  type ExchangeListener,
  type SimAccountChange,
  type SimFill,
  type SimInstrument,
  type SimOrder,
  type SimOrderCause,
  type SimPosition,
} from "@/exchanges/simulator/mod.ts";
import type { FrameSink } from "./book_feed.ts";
import {
  accountBody,
  algoBody,
  billIdOf,
  orderBody,
  posIdOf,
  positionBody,
} from "./order_shapes.ts";
import { isAlgo, noteOf, ordIdOf, UNIFIED, type VenueState } from "./venue_state.ts";
import { floatPlain, type Json, millisText } from "./wire_symbols.ts";

/** One subscription of one socket. */
interface Subscription {
  readonly sink: FrameSink;
  readonly channel: string;
  readonly key: string;
  /** `{"arg":{…,"uid":"…"},` */
  readonly head: string;
  readonly instType: string;
  readonly instId: string;
  readonly ccy: string;
  timer: TimerId | undefined;
}

const ROUTES: Readonly<Record<string, "private" | "business">> = {
  orders: "private",
  account: "private",
  positions: "private",
  balance_and_position: "private",
  fills: "private",
  "orders-algo": "business",
};
const INTERVAL_MS = 5_000;
const INT64 = /^\d{1,18}$/;

/** Hears the exchange, tells the sockets. */
export class AccountChannels implements ExchangeListener {
  readonly #state: VenueState;
  readonly #subscriptions = new Map<string, Set<Subscription>>();
  /** The execution whose change of balance comes next. */
  #fill: SimFill | undefined;

  constructor(state: VenueState) {
    this.#state = state;
  }

  /** The route of a private channel; undefined when it is none. */
  static routeOf(channel: unknown): "private" | "business" | undefined {
    return Object.hasOwn(ROUTES, String(channel)) ? ROUTES[String(channel)] : undefined;
  }

  /** Whether an argument names something there is. */
  static knows(state: VenueState, arg: Json): boolean {
    const { channel, instType, instId } = arg;
    if (instId !== undefined && state.symbols.find(instId) === undefined) return false;
    const typed = channel === "orders" || channel === "orders-algo" || channel === "positions";
    if (!typed) return true;
    return ["ANY", "SPOT", "SWAP", "MARGIN", "FUTURES", "OPTION"].includes(String(instType));
  }

  /** Sockets that listen to a channel. */
  connections(channel: string): number {
    const sinks = [...this.#subscriptions.get(channel) ?? []].map((each) => each.sink);
    return new Set(sinks).size;
  }

  subscribe(arg: Json, sink: FrameSink): void {
    const { channel, extraParams, ...filter } = arg;
    const subscription: Subscription = {
      sink,
      channel: String(channel),
      key: keyOf(arg),
      head: `{"arg":${JSON.stringify({ channel, ...filter, uid: this.#state.uid })},`,
      instType: String(arg.instType ?? "ANY"),
      instId: String(arg.instId ?? ""),
      ccy: String(arg.ccy ?? ""),
      timer: undefined,
    };
    let list = this.#subscriptions.get(subscription.channel);
    if (list === undefined) {
      list = new Set();
      this.#subscriptions.set(subscription.channel, list);
    }
    list.add(subscription);
    this.#begin(subscription, intervalOf(extraParams));
  }

  unsubscribe(arg: Json, sink: FrameSink): void {
    const key = keyOf(arg);
    const list = this.#subscriptions.get(String(arg.channel));
    for (const each of list ?? []) {
      if (each.sink !== sink || each.key !== key) continue;
      if (each.timer !== undefined) this.#state.exchange.scheduler.cancel(each.timer);
      list!.delete(each);
    }
  }

  onOrder(order: SimOrder, cause: SimOrderCause, fill: SimFill | undefined): void {
    if (order.owner !== this.#state.owner) return;
    const note = noteOf(this.#state, order);
    if (fill !== undefined) {
      note.fee = money(note.fee + fill.fee);
      note.pnl = money(note.pnl + fill.realised);
      note.lastFill = fill;
      billIdOf(this.#state, fill);
      this.#fill = fill;
    }
    const waited = isAlgo(order) && (order.workingAt === 0 || cause === "triggered");
    if (waited || order.end === "trigger_refused") this.#tellAlgo(order);
    if (order.workingAt > 0 && order.end !== "trigger_refused") {
      this.#tellOrder(order);
      if (fill !== undefined) this.#tellFill(fill);
    }
    if (cause === "amended" || cause === "cancelled" || cause === "expired") {
      note.reqId = "";
      note.amendResult = "";
      note.code = "0";
      note.msg = "";
    }
  }

  onAccount(change: SimAccountChange): void {
    const { owner, account, cause, assets, instrument } = change;
    if (owner !== this.#state.owner || account !== UNIFIED) return;
    const fill = this.#fill;
    this.#fill = undefined;
    for (const each of this.#subscriptions.get("account") ?? []) {
      this.#pushAccount(each, assets, `"eventType":"event_update",`);
    }
    const moved = fill !== undefined || cause !== "order";
    if (!moved) return;
    const perpetual = instrument?.perpetual === true ? instrument : undefined;
    if (perpetual !== undefined) this.#tellPosition(perpetual);
    this.#tellBoth(change, fill, perpetual);
  }

  #begin(subscription: Subscription, intervalMs: number): void {
    const { channel } = subscription;
    const first = `"eventType":"snapshot","curPage":1,"lastPage":true,`;
    if (channel === "balance_and_position") return this.#pushBothSnapshot(subscription);
    if (channel !== "account" && channel !== "positions") return;
    this.#pushState(subscription, first);
    if (intervalMs > 0) this.#repeat(subscription, intervalMs);
  }

  #pushState(subscription: Subscription, event: string): void {
    if (subscription.channel === "account") {
      return this.#pushAccount(subscription, undefined, event);
    }
    const { exchange, owner } = this.#state;
    const data = [...exchange.user(owner).positions.values()]
      .filter((each) => each.size !== 0 && this.#isFor(subscription, each.instrument))
      .map((each) => positionBody(this.#state, each));
    subscription.sink.push(`${subscription.head}${event}"data":${JSON.stringify(data)}}`);
  }

  #repeat(subscription: Subscription, intervalMs: number): void {
    subscription.timer = this.#state.exchange.scheduler.after(intervalMs, () => {
      this.#pushState(subscription, `"eventType":"interval_update","curPage":1,"lastPage":true,`);
      this.#repeat(subscription, intervalMs);
    });
  }

  #pushAccount(
    subscription: Subscription,
    assets: readonly string[] | undefined,
    event: string,
  ): void {
    const { ccy, head, sink } = subscription;
    if (ccy !== "" && assets !== undefined && !assets.includes(ccy)) return;
    const body = accountBody(this.#state, ccy !== "" ? [ccy] : assets);
    sink.push(`${head}${event}"data":[${JSON.stringify(body)}]}`);
  }

  #tellOrder(order: SimOrder): void {
    const list = this.#subscriptions.get("orders");
    if (list === undefined || list.size === 0) return;
    const data = JSON.stringify(orderBody(this.#state, order));
    for (const each of list) {
      if (this.#isFor(each, order.instrument)) each.sink.push(`${each.head}"data":[${data}]}`);
    }
  }

  #tellAlgo(order: SimOrder): void {
    const list = this.#subscriptions.get("orders-algo");
    if (list === undefined || list.size === 0) return;
    const data = JSON.stringify(algoBody(this.#state, order));
    for (const each of list) {
      if (this.#isFor(each, order.instrument)) each.sink.push(`${each.head}"data":[${data}]}`);
    }
  }

  #tellFill(fill: SimFill): void {
    const list = this.#subscriptions.get("fills");
    if (list === undefined || list.size === 0) return;
    const symbol = this.#state.symbols.of(fill.instrument);
    const data = JSON.stringify({
      instId: symbol.instId,
      fillSz: symbol.size(fill.size),
      fillPx: symbol.price(fill.price),
      side: fill.side,
      ts: millisText(fill.at),
      ordId: ordIdOf(fill.order),
      clOrdId: INT64.test(fill.clientOrderId) ? fill.clientOrderId : "0",
      tradeId: String(fill.tradeId),
      execType: fill.liquidity === "maker" ? "M" : "T",
      count: "1",
    });
    for (const each of list) {
      if (this.#isFor(each, fill.instrument)) each.sink.push(`${each.head}"data":[${data}]}`);
    }
  }

  #tellPosition(sim: SimInstrument): void {
    const { exchange, owner } = this.#state;
    const list = this.#subscriptions.get("positions");
    if (list === undefined || list.size === 0) return;
    const data = JSON.stringify(positionBody(this.#state, exchange.user(owner).position(sim)));
    for (const each of list) {
      if (!this.#isFor(each, sim)) continue;
      each.sink.push(`${each.head}"eventType":"event_update","data":[${data}]}`);
    }
  }

  #tellBoth(
    change: SimAccountChange,
    fill: SimFill | undefined,
    perpetual: SimInstrument | undefined,
  ): void {
    const list = this.#subscriptions.get("balance_and_position");
    if (list === undefined || list.size === 0) return;
    const { exchange, owner, symbols } = this.#state;
    const user = exchange.user(owner);
    const eventType = change.cause === "funding"
      ? "funding_fee"
      : change.cause === "transfer"
      ? "transferred"
      : "filled";
    const trades = fill === undefined
      ? []
      : [{ instId: symbols.of(fill.instrument).instId, tradeId: String(fill.tradeId) }];
    const position = perpetual === undefined ? [] : [user.position(perpetual)];
    const body = this.#bothBody(eventType, change.assets, position, trades, fill);
    for (const each of list) each.sink.push(`${each.head}"data":[${body}]}`);
  }

  #pushBothSnapshot({ head, sink }: Subscription): void {
    const user = this.#state.exchange.user(this.#state.owner);
    const assets = [...user.wallet(UNIFIED).assets.keys()];
    const open = [...user.positions.values()].filter((each) => each.size !== 0);
    sink.push(`${head}"data":[${this.#bothBody("snapshot", assets, open, [], undefined)}]}`);
  }

  #bothBody(
    eventType: string,
    assets: readonly string[],
    positions: readonly SimPosition[],
    trades: readonly Json[],
    fill: SimFill | undefined,
  ): string {
    const { exchange, owner, symbols } = this.#state;
    const now = millisText(exchange.clock.now());
    const wallet = exchange.user(owner).wallet(UNIFIED);
    return JSON.stringify({
      pTime: now,
      eventType,
      balData: assets.map((ccy) => ({
        ccy,
        cashBal: moneyToText(wallet.of(ccy).total),
        uTime: now,
      })),
      posData: positions.map((each) => {
        const symbol = symbols.of(each.instrument);
        return {
          posId: posIdOf(symbol),
          tradeId: fill === undefined ? "" : String(fill.tradeId),
          instId: symbol.instId,
          instType: symbol.instType,
          mgnMode: "cross",
          posSide: "net",
          pos: symbol.size(each.size),
          ccy: each.instrument.instrument.terms.settle,
          posCcy: "",
          avgPx: each.size === 0 ? "" : floatPlain(entryPriceOf(each), 10),
          uTime: millisText(each.updatedAt),
        };
      }),
      trades,
    });
  }

  #isFor(subscription: Subscription, sim: SimInstrument): boolean {
    const { instType, instId } = subscription;
    const symbol = this.#state.symbols.of(sim);
    if (instType !== "ANY" && instType !== symbol.instType) return false;
    return instId === "" || instId === symbol.instId;
  }
}

/** What makes two arguments the same subscription. */
export function keyOf(arg: Json): string {
  return [arg.channel, arg.instType, arg.instFamily, arg.instId, arg.ccy]
    .map((each) => each ?? "").join("/");
}

function intervalOf(extraParams: unknown): number {
  if (typeof extraParams !== "string") return INTERVAL_MS;
  try {
    const { updateInterval } = JSON.parse(extraParams) as Json;
    const known = ["0", "2000", "3000", "4000"].includes(String(updateInterval));
    return known ? Number(updateInterval) : INTERVAL_MS;
  } catch {
    return INTERVAL_MS;
  }
}
