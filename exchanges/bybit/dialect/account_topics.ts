/**
 * Private topics: orders, executions, positions, the wallet, and the dead man's switch.
 *
 * 1. Nothing is told on subscribing: what is there is asked for over REST.
 * 2. Orders and executions come in any order; a position also when it did not change.
 * 3. The switch fires when all sockets that subscribed to it are gone or silent for its window.
 * Source: protocol sheet sections 4.4 and 5.
 * @module
 */
import { money } from "@/engine/domain/mod.ts";
import type { TimerId } from "@/engine/ports/mod.ts";
import type {
  ExchangeListener,
  SimAccountChange,
  SimFill,
  SimInstrument,
  SimOrder,
  SimOrderCause,
} from "@/exchanges/simulator/mod.ts";
import type { FrameSink } from "./book_feed.ts";
import {
  executionBody,
  fastExecutionBody,
  fundingBody,
  orderBody,
  positionBody,
  walletBody,
} from "./order_shapes.ts";
import {
  type FundingPayment,
  isConditional,
  noteOf,
  pushHeld,
  UNIFIED,
  type VenueState,
} from "./venue_state.ts";
import { type Category, type Json, millisOf } from "./wire_symbols.ts";

/** A private socket, heard last at some instant. */
export interface AccountSink extends FrameSink {
  readonly heardAt: number;
}

/** A dead man's switch of one product. */
export interface DeadMan {
  windowS: number;
  /** From when on it holds. */
  from: number;
  /** When a subscribed socket was last alive; 0 while none ever was, or after it fired. */
  aliveAt: number;
}

const TOPICS = new Map<string, readonly string[]>([
  ["order", ["spot", "linear", "inverse", "option"]],
  ["execution", ["spot", "linear", "inverse", "option"]],
  ["execution.fast", ["spot", "linear", "inverse", "option"]],
  ["position", ["linear", "inverse", "option"]],
  ["wallet", []],
  ["greeks", []],
]);
const DEAD_MAN_TOPICS: Readonly<Record<string, Category>> = {
  "dcp.spot": "spot",
  "dcp.future": "linear",
};
const WATCH_MS = 500;
const EXECUTION_FIRST = 0.5;

/** Publishes what happens to the account. */
export class AccountTopics implements ExchangeListener {
  readonly deadMen = new Map<Category, DeadMan>();
  readonly #state: VenueState;
  readonly #sinks = new Map<string, Set<AccountSink>>();
  #nextId = 1;
  #watch: TimerId | undefined;

  constructor(state: VenueState) {
    this.#state = state;
  }

  /** Whether there is such a topic. */
  static knows(topic: string): boolean {
    if (TOPICS.has(topic) || /^dcp\.(spot|future|option)$/.test(topic)) return true;
    const at = topic.lastIndexOf(".");
    return TOPICS.get(topic.slice(0, at))?.includes(topic.slice(at + 1)) === true;
  }

  /** Whether one request asks for a topic both as a whole and by category. */
  static mixed(topics: readonly string[]): boolean {
    return topics.some((topic) =>
      TOPICS.get(topic)?.some((category) => topics.includes(`${topic}.${category}`)) === true
    );
  }

  subscribe(topic: string, sink: AccountSink): void {
    let sinks = this.#sinks.get(topic);
    if (sinks === undefined) {
      sinks = new Set();
      this.#sinks.set(topic, sinks);
    }
    sinks.add(sink);
    if (Object.hasOwn(DEAD_MAN_TOPICS, topic)) this.#look();
  }

  unsubscribe(topic: string, sink: AccountSink): void {
    const known = this.#sinks.get(topic)?.delete(sink) === true;
    const category = DEAD_MAN_TOPICS[topic];
    const deadMan = category === undefined ? undefined : this.deadMen.get(category);
    if (known && deadMan !== undefined) deadMan.aliveAt = this.#state.exchange.clock.now();
    if (category !== undefined) this.#look();
  }

  /** Sets a switch; it holds after ten seconds. */
  setDeadMan(category: Category, windowS: number): void {
    const from = this.#state.exchange.clock.now() + 10_000_000;
    const aliveAt = this.deadMen.get(category)?.aliveAt ?? 0;
    this.deadMen.set(category, { windowS, from, aliveAt });
    this.#look();
  }

  onOrder(order: SimOrder, cause: SimOrderCause, fill: SimFill | undefined): void {
    if (order.owner !== this.#state.owner) return;
    const note = noteOf(this.#state, order);
    if (fill !== undefined) {
      const paid = note.fees.get(fill.feeAsset) ?? 0n;
      note.fees.set(fill.feeAsset, money(paid + fill.fee));
    }
    if (cause === "new" && isConditional(order)) this.#release(order);
    const { category } = this.#state.symbols.of(order.instrument);
    const executionFirst = fill !== undefined && this.#state.random.next() < EXECUTION_FIRST;
    if (executionFirst) this.#tellFill(category, fill);
    this.#tell("order", category, () => orderBody(this.#state, order));
    if (fill !== undefined && !executionFirst) this.#tellFill(category, fill);
    if (order.instrument.perpetual) this.#tellPosition(order.instrument);
  }

  onAccount({ owner, account, assets }: SimAccountChange): void {
    if (owner !== this.#state.owner || account !== UNIFIED) return;
    this.#tell("wallet", undefined, () => walletBody(this.#state, assets));
  }

  /** Tells of a funding payment. */
  tellFunding(payment: FundingPayment): void {
    this.#tell("execution", "linear", () => fundingBody(this.#state, payment));
    this.#tellPosition(payment.symbol.sim);
  }

  /** A conditional order of spot holds nothing back until it fires. */
  #release(order: SimOrder): void {
    if (order.locked === 0n || noteOf(this.#state, order).stopOrderType === "tpslOrder") return;
    const { base, quote } = order.instrument.instrument.terms;
    const wallet = this.#state.exchange.user(order.owner).walletOf(order.instrument);
    wallet.lock(order.side === "buy" ? quote : base, money(-order.locked));
    order.locked = money(0n);
  }

  #tellFill(category: Category, fill: SimFill): void {
    const leaves = fill.order.size - fill.order.filled;
    this.#tell("execution.fast", category, () => fastExecutionBody(this.#state, fill));
    this.#tell("execution", category, () => executionBody(this.#state, fill, leaves));
  }

  #tellPosition(sim: SimInstrument): void {
    const position = this.#state.exchange.user(this.#state.owner).position(sim);
    this.#tell("position", "linear", () => positionBody(this.#state, position, "entryPrice"));
  }

  /** Builds an item once and hands it to all who hear the topic, whole or by category. */
  #tell(topic: string, category: Category | undefined, body: () => Json): void {
    let data: string | undefined;
    for (const name of category === undefined ? [topic] : [topic, `${topic}.${category}`]) {
      const sinks = this.#sinks.get(name);
      if (sinks === undefined || sinks.size === 0) continue;
      data ??= JSON.stringify(body());
      const at = millisOf(this.#state.exchange.clock.now());
      const frame = `{"id":"${this.#state.uid}${this.#nextId++}","topic":"${name}",` +
        `"creationTime":${at},"data":[${data}]}`;
      for (const sink of sinks) pushHeld(this.#state, () => sink.push(frame));
    }
  }

  /** Sees who is alive, fires what is due, and looks again while there is a switch. */
  #look(): void {
    const { exchange, owner } = this.#state;
    const { clock, scheduler } = exchange;
    if (this.#watch !== undefined) scheduler.cancel(this.#watch);
    this.#watch = undefined;
    const now = clock.now();
    for (const [topic, category] of Object.entries(DEAD_MAN_TOPICS)) {
      const deadMan = this.deadMen.get(category);
      if (deadMan === undefined) continue;
      for (const sink of this.#sinks.get(topic) ?? []) {
        deadMan.aliveAt = Math.max(deadMan.aliveAt, sink.heardAt);
      }
      const since = Math.max(deadMan.aliveAt, deadMan.from);
      if (deadMan.aliveAt === 0 || now - since <= deadMan.windowS * 1e6) continue;
      deadMan.aliveAt = 0;
      for (const { sim } of this.#state.symbols.ofCategory(category)) {
        exchange.cancelAll(owner, sim, "all", "dead_man");
      }
    }
    const listening = Object.keys(DEAD_MAN_TOPICS).some((each) =>
      (this.#sinks.get(each)?.size ?? 0) > 0
    );
    const armed = [...this.deadMen.values()].some((each) => each.aliveAt > 0);
    if (this.deadMen.size === 0 || (!listening && !armed)) return;
    this.#watch = scheduler.after(WATCH_MS, () => this.#look());
  }
}
