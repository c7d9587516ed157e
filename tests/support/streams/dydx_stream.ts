/**
 * dYdX's indexer as its sheet (section 2) writes it: one counter of messages for all channels of a
 * connection, snapshots in the answer to a subscription, books that cross. The true book is the
 * uncrossed one, by the sheet's rule word for word.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import { type Said, type StreamVenue, VersionLog } from "./stream_venue.ts";
import { type BookState, decimalText, type Levels, stateOf } from "./true_book.ts";

const MIDDLE = 43_240;
const SIZE_DECIMALS = 4;

interface Stamped {
  size: number;
  stamp: number;
}

/** Levels with the message that said them last; every state is kept. */
class CrossingBook {
  readonly bids = new Map<number, Stamped>();
  readonly asks = new Map<number, Stamped>();
  readonly #states: BookState[] = [];

  get version(): number {
    return this.#states.length;
  }

  at(version: number): BookState {
    const state = this.#states[version - 1];
    if (state === undefined) throw new Error(`no version ${version} of ${this.version}`);
    return state;
  }

  /** Every level is said anew, by a snapshot. */
  stampAll(stamp: number): void {
    for (const side of [this.bids, this.asks]) {
      for (const level of side.values()) level.stamp = stamp;
    }
    this.keep();
  }

  set(isBid: boolean, price: number, size: number, stamp: number): void {
    const side = isBid ? this.bids : this.asks;
    if (size === 0) side.delete(price);
    else side.set(price, { size, stamp });
  }

  /** While it is crossed or locked the older of both tops goes; of one age, the smaller size. */
  uncross(): void {
    while (this.bids.size > 0 && this.asks.size > 0) {
      const bid = Math.max(...this.bids.keys());
      const ask = Math.min(...this.asks.keys());
      if (bid < ask) return;
      const ours = this.bids.get(bid)!;
      const theirs = this.asks.get(ask)!;
      const common = Math.min(ours.size, theirs.size);
      if (ours.stamp <= theirs.stamp) ours.size -= ours.stamp < theirs.stamp ? ours.size : common;
      if (theirs.stamp <= ours.stamp) {
        theirs.size -= theirs.stamp < ours.stamp ? theirs.size : common;
      }
      if (ours.size === 0) this.bids.delete(bid);
      if (theirs.size === 0) this.asks.delete(ask);
    }
  }

  keep(): void {
    const sizes = (side: Map<number, Stamped>) =>
      new Map([...side].map(([price, { size }]) => [price, size]));
    this.#states.push(stateOf(sizes(this.bids), sizes(this.asks)));
  }
}

/** One connection's server side. */
export class DydxStream implements StreamVenue {
  readonly paceMs = [30, 140] as const;
  readonly #random: SeededRandom;
  readonly #isPlain: boolean;
  readonly #book = new CrossingBook();
  readonly #log: VersionLog;
  readonly #channels = new Set<string>();
  /** The number of a subscription to the book whose snapshot is being fetched. */
  #fetching: number | undefined;
  #connection = 0;
  #messageId = 0;
  #height = 25_300_000;

  /** A plain client subscribes by itself, and each answer comes at once. */
  constructor(random: SeededRandom, isPlain: boolean) {
    this.#random = random;
    this.#isPlain = isPlain;
    this.#log = new VersionLog(this.#book, false);
    for (let step = 1; step <= 8; step++) {
      this.#book.set(true, MIDDLE - step, this.#size(), 0);
      this.#book.set(false, MIDDLE + step, this.#size(), 0);
    }
    this.#book.keep();
  }

  connect(): Said[] {
    this.#connection++;
    this.#messageId = 0;
    const greeting = { ...this.#envelope({ type: "connected" }), isGreeting: true };
    if (!this.#isPlain) return [greeting];
    const heights = this.#ask("subscribe", "v4_block_height");
    return [greeting, ...heights, ...this.#ask("subscribe", "v4_orderbook", "BTC-USD")];
  }

  disconnect(): void {
    this.#channels.clear();
    this.#fetching = undefined;
  }

  resubscribe(): Said[] {
    const ask = (type: string) => this.#ask(type, "v4_orderbook", "BTC-USD");
    return [...ask("unsubscribe"), ...ask("subscribe")];
  }

  /** Each request gets a number when it arrives, each answer carries it. */
  receive(text: string): Said[] {
    const { type, channel, id } = JSON.parse(text);
    const message_id = ++this.#messageId;
    const named = { channel, ...(id === undefined ? {} : { id }) };
    if (type === "unsubscribe") {
      this.#channels.delete(channel);
      if (channel === "v4_orderbook") this.#fetching = undefined;
      return [this.#envelope({ type: "unsubscribed", ...named, message_id })];
    }
    const isFetching = channel === "v4_orderbook" && this.#fetching !== undefined;
    if (this.#channels.has(channel) || isFetching) {
      const message = `Invalid subscribe message: already subscribed (${channel}-${id})`;
      return [this.#envelope({ type: "error", message, message_id, ...named })];
    }
    if (channel === "v4_orderbook") {
      this.#fetching = message_id;
      return !this.#isPlain && this.#random.chance(0.5) ? [] : this.#fetched();
    }
    this.#channels.add(channel);
    return [this.#envelope({ type: "subscribed", ...named, message_id, contents: first(channel) })];
  }

  step(): Said[] {
    const random = this.#random;
    const said: Said[] = [];
    const draw = random.next();
    if (draw < 0.2 && this.#channels.has("v4_block_height")) {
      const contents = { blockHeight: String(++this.#height), time: "2026-01-01T00:00:00.000Z" };
      said.push(this.#data("v4_block_height", undefined, contents));
    } else if (draw < 0.3 && this.#channels.has("v4_trades")) {
      said.push(this.#data("v4_trades", "BTC-USD", { trades: [this.#trade()] }));
    } else {
      said.push(...this.#move());
    }
    if (this.#fetching !== undefined && random.chance(0.7)) said.push(...this.#fetched());
    return said;
  }

  /** Numbers begin anew with a connection only. */
  restart(): Said[] {
    return this.step();
  }

  snapshot(): Said {
    return { text: "{}" };
  }

  forgotten(): void {
    this.#log.forget();
  }

  expected(): BookState | undefined {
    return this.#log.expected();
  }

  #ask(type: string, channel: string, id?: string): Said[] {
    return this.receive(JSON.stringify({ type, channel, id }));
  }

  #envelope(rest: Record<string, unknown>): Said {
    return { text: this.#text(rest) };
  }

  #text({ type, ...rest }: Record<string, unknown>): string {
    const connection_id = `c9f1-${this.#connection}`;
    return JSON.stringify({ type, connection_id, message_id: this.#messageId, ...rest });
  }

  #data(channel: string, id: string | undefined, contents: unknown): Said {
    this.#messageId++;
    const named = id === undefined ? { channel } : { id, channel };
    return this.#envelope({ type: "channel_data", ...named, version: "1.0.0", contents });
  }

  /** Usually one level, sometimes beyond the other side's best. */
  #move(): Said[] {
    const random = this.#random;
    const isTold = this.#channels.has("v4_orderbook");
    const stamp = isTold ? ++this.#messageId : this.#messageId;
    const isBid = random.chance(0.5);
    const levels = new Map<number, number>();
    for (let count = random.chance(0.1) ? 2 : 1; count > 0; count--) {
      const price = MIDDLE + (isBid ? -1 : 1) * (random.integer(12) - 2);
      levels.set(price, random.chance(0.35) ? 0 : this.#size());
    }
    for (const [price, size] of levels) this.#book.set(isBid, price, size, stamp);
    this.#book.uncross();
    this.#book.keep();
    if (!isTold) return [];
    const rows = [...levels].map(([price, size]) => [`${price}.0`, sizeText(size)]);
    const type = "channel_data";
    const named = { id: "BTC-USD", channel: "v4_orderbook", version: "1.0.0" };
    const contents = { [isBid ? "bids" : "asks"]: rows };
    return [this.#log.said(this.#text({ type, ...named, contents }), "change")];
  }

  /** The snapshot may come after messages with higher numbers. */
  #fetched(): Said[] {
    const message_id = this.#fetching;
    if (message_id === undefined) return [];
    this.#fetching = undefined;
    this.#channels.add("v4_orderbook");
    this.#book.stampAll(message_id);
    const { bids, asks } = this.#book.at(this.#book.version);
    const named = { message_id, channel: "v4_orderbook", id: "BTC-USD" };
    const contents = { bids: objects(bids), asks: objects(asks) };
    return [this.#log.said(this.#text({ type: "subscribed", ...named, contents }), "whole")];
  }

  #trade(): Record<string, string> {
    const said = { id: `t${this.#messageId}`, side: "BUY", size: "0.1", price: `${MIDDLE}.0` };
    return { ...said, type: "LIMIT", createdAt: "2026-01-01T00:00:00.000Z" };
  }

  #size(): number {
    return 1 + this.#random.integer(9);
  }
}

function first(channel: string): unknown {
  if (channel === "v4_trades") return { trades: [] };
  if (channel === "v4_markets") return { markets: {} };
  return { height: "25300000", time: "2026-01-01T00:00:00.000Z" };
}

function objects(levels: Levels): { price: string; size: string }[] {
  return levels.map(([price, size]) => ({ price: `${price}.0`, size: sizeText(size) }));
}

function sizeText(size: number): string {
  return decimalText(size, SIZE_DECIMALS);
}
