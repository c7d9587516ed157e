/**
 * Gate's depth as its sheet (sections 2.3 and 2.4) writes it: `order_book_update` with ids `U..u`,
 * whole books in between and REST snapshots that lag, or `obu`, where the whole book is pushed.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import {
  renumbered,
  type Said,
  START_MS,
  type StreamVenue,
  type Telling,
  touchSaid,
  VersionLog,
} from "./stream_venue.ts";
import { type BookState, decimalText, type Levels, TrueBook } from "./true_book.ts";

export type GateDepth = "obu" | "order_book_update";

/** One book of the venue. */
export class GateStream implements StreamVenue {
  readonly paceMs = [20, 130] as const;
  readonly #random: SeededRandom;
  readonly #log: VersionLog<TrueBook>;
  readonly #isSpot: boolean;
  readonly #depth: GateDepth;
  readonly #ids: { readonly id: number; readonly at: number }[] = [];
  #id = 48_776_300;
  #at = START_MS;

  constructor(random: SeededRandom, isSpot: boolean, depth: GateDepth) {
    this.#random = random;
    this.#isSpot = isSpot;
    this.#depth = depth;
    this.#log = new VersionLog(new TrueBook(random, 191_377), depth !== "obu");
    this.#keepId();
  }

  connect(): Said[] {
    const ack = this.#ack("subscribe");
    if (this.#depth !== "obu") return [ack];
    // Data may come before the acknowledgement.
    return this.#random.chance(0.5) ? [this.#whole(), ack] : [ack, this.#whole()];
  }

  disconnect(): void {}

  resubscribe(): Said[] {
    return [this.#ack("unsubscribe"), ...this.connect()];
  }

  step(nowMs: number): Said[] {
    this.#at = nowMs;
    const random = this.#random;
    if (random.chance(0.1)) return [this.#touch()];
    if (random.chance(0.02)) {
      if (random.chance(0.5)) this.#change();
      return [this.#whole()];
    }
    return [this.#delta()];
  }

  /** A new numbering; `obu` begins it with a whole book. */
  restart(nowMs: number): Said[] {
    this.#at = nowMs;
    this.#id = renumbered(this.#id, this.#random);
    if (this.#depth !== "obu") return [this.#delta()];
    this.#change();
    return [this.#whole()];
  }

  snapshot(versionsOld: number): Said {
    const version = Math.max(1, this.#log.book.version - versionsOld);
    const { id, at } = this.#ids[version - 1]!;
    const { bids, asks } = this.#log.book.at(version);
    const [current, update] = this.#isSpot ? [at + 10, at] : [(at + 10) / 1_000, at / 1_000];
    const sides = { asks: this.#levels(asks), bids: this.#levels(bids) };
    return this.#log.said(JSON.stringify({ id, current, update, ...sides }), "rest", { version });
  }

  forgotten(): void {
    this.#log.forget();
  }

  expected(): BookState | undefined {
    return this.#log.expected();
  }

  get #channel(): string {
    return `${this.#isSpot ? "spot" : "futures"}.${this.#depth}`;
  }

  #ack(event: string): Said {
    const payload = this.#depth === "obu" ? ["ob.BTC_USDT.400"] : ["BTC_USDT", "100ms"];
    const said = { time: 1_700_000_000, time_ms: this.#at, id: 7, conn_id: "5e74" };
    const result = { status: "success" };
    return {
      text: JSON.stringify({
        ...said,
        channel: this.#channel,
        event,
        payload,
        error: null,
        result,
      }),
    };
  }

  #touch(): Said {
    const { bids, asks } = this.#log.book.state;
    const [bid, ask] = [bids[0], asks[0]];
    const result = {
      t: this.#at,
      u: this.#id,
      s: "BTC_USDT",
      b: bid === undefined ? "" : decimalText(bid[0], 1),
      B: bid === undefined ? "0" : this.#size(bid[1]),
      a: ask === undefined ? "" : decimalText(ask[0], 1),
      A: ask === undefined ? "0" : this.#size(ask[1]),
    };
    const channel = `${this.#isSpot ? "spot" : "futures"}.book_ticker`;
    return touchSaid(this.#text(channel, result));
  }

  #change(): BookState {
    const change = this.#log.book.change(4);
    this.#id += 1 + this.#random.integer(4);
    this.#keepId();
    return change;
  }

  #delta(): Said {
    const first = this.#id + 1;
    const { bids, asks } = this.#change();
    return this.#book({ U: first, u: this.#id }, bids, asks, "change");
  }

  #whole(): Said {
    const { bids, asks } = this.#log.book.state;
    const ids = this.#depth === "obu" ? {} : { U: this.#id };
    return this.#book({ full: true, ...ids, u: this.#id }, bids, asks, "whole");
  }

  #book(head: Record<string, unknown>, bids: Levels, asks: Levels, telling: Telling): Said {
    const isObu = this.#depth === "obu";
    const extra = isObu ? {} : this.#isSpot ? { e: "depthUpdate", l: "100" } : { l: "100" };
    const result: Record<string, unknown> = {
      t: this.#at,
      s: isObu ? "ob.BTC_USDT.400" : "BTC_USDT",
      ...extra,
      ...head,
    };
    if (bids.length > 0 || this.#random.chance(0.5)) result["b"] = this.#levels(bids);
    if (asks.length > 0 || this.#random.chance(0.5)) result["a"] = this.#levels(asks);
    return this.#log.said(this.#text(this.#channel, result), telling);
  }

  #text(channel: string, result: unknown): string {
    return JSON.stringify({ channel, event: "update", time_ms: this.#at + 4, result });
  }

  /** Futures write levels as objects, but not on `obu`. */
  #levels(levels: Levels): unknown[] {
    const asObjects = !this.#isSpot && this.#depth !== "obu";
    return levels.map(([price, size]) => {
      const [p, s] = [decimalText(price, 1), this.#size(size)];
      return asObjects ? { p, s } : [p, s];
    });
  }

  #size(lots: number): string {
    return this.#isSpot ? decimalText(lots, 4) : String(lots);
  }

  #keepId(): void {
    this.#ids[this.#log.book.version - 1] = { id: this.#id, at: this.#at };
  }
}
