/**
 * `BookFeed`: one numbered book channel of one instrument, its window of the best levels.
 *
 *   level change -> batch -> next grid instant -> window changes -> one frame for all listeners
 *
 * 1. All listeners share the last number: before one joins, what waits is published.
 * 2. `prevSeqId` is the `seqId` of the frame before; `seqId` may be smaller after a reset.
 * 3. A window that is full refills from behind when a level of it goes.
 * 4. After a minute without a change an empty update repeats the last number.
 * Source: protocol sheet section 2, "Book synchronisation".
 * @module
 */
import { crc32 } from "@/engine/collections/mod.ts";
import type { Micros, Side } from "@/engine/domain/mod.ts";
import type { TimerId } from "@/engine/ports/mod.ts";
import { levelsOf, ServedSnapshots } from "@/exchanges/simulator/mod.ts";
import type { VenueState } from "./venue_state.ts";
import { millisText, type WireSymbol } from "./wire_symbols.ts";

/** Who receives frames. */
export interface FrameSink {
  push(frame: string): void;
}

/** How a channel publishes a book. */
export interface BookFeedOptions {
  readonly state: VenueState;
  readonly symbol: WireSymbol;
  /** `{"arg":{…},` */
  readonly head: string;
  readonly levelsMax: number;
  readonly intervalMs: number;
}

const IDLE_MS = 60_000;
const CHECKSUM_LEVELS = 25;
const encoder = new TextEncoder();
/** Outlives the feed, which ends with its last listener. */
const SERVED = new ServedSnapshots<string>();
/** How far a maintenance sets the numbers back: out of reach of those in use. */
const RESET_BACK = 50_000_000;

/** Publishes one book by its changes. */
export class BookFeed {
  readonly sinks = new Set<FrameSink>();
  readonly #options: BookFeedOptions;
  readonly #published = { buy: new Map<number, number>(), sell: new Map<number, number>() };
  readonly #changed = { buy: new Map<number, number>(), sell: new Map<number, number>() };
  #lastId: number;
  #sentAt = 0;
  #timer: TimerId | undefined;
  #idleTimer: TimerId | undefined;

  constructor(options: BookFeedOptions) {
    this.#options = options;
    const { symbol, levelsMax, state } = options;
    this.#lastId = symbol.sim.updateId;
    for (const side of ["buy", "sell"] as const) {
      for (const [price, size] of levelsOf(symbol.sim, side, levelsMax)) {
        this.#published[side].set(price, size);
      }
    }
    this.#sentAt = state.exchange.clock.now();
    this.#watchSilence();
  }

  /** Adds a listener, who gets the book as it is. */
  join(sink: FrameSink): void {
    this.#publish();
    this.sinks.add(sink);
    sink.push(this.#snapshot());
  }

  /** Ends all timers; nobody listens any more. */
  end(): void {
    const { scheduler } = this.#options.state.exchange;
    if (this.#timer !== undefined) scheduler.cancel(this.#timer);
    if (this.#idleTimer !== undefined) scheduler.cancel(this.#idleTimer);
    this.#timer = this.#idleTimer = undefined;
  }

  onLevel(side: Side, price: number, size: number): void {
    this.#changed[side].set(price, size);
    if (this.#timer !== undefined) return;
    const { state, intervalMs } = this.#options;
    const { clock, scheduler } = state.exchange;
    const wait = intervalMs - (clock.now() / 1_000) % intervalMs;
    this.#timer = scheduler.after(wait, () => {
      this.#timer = undefined;
      this.#publish();
    });
  }

  #publish(): void {
    const { buy, sell } = this.#changed;
    if (buy.size === 0 && sell.size === 0) return;
    const asks = this.#changesText("sell");
    const bids = this.#changesText("buy");
    buy.clear();
    sell.clear();
    if (asks === "[]" && bids === "[]") return;
    const { state, symbol } = this.#options;
    const { faults } = state;
    const now = state.exchange.clock.now();
    if (faults?.has("sequence_reset") === true && faults.decide("sequence_reset", now)) {
      symbol.sim.updateId = Math.max(1, symbol.sim.updateId - RESET_BACK);
    }
    const previous = this.#lastId;
    this.#lastId = symbol.sim.updateId;
    if (faults?.has("sequence_gap") === true && faults.decide("sequence_gap", now)) return;
    this.#send(asks, bids, previous);
  }

  #send(asks: string, bids: string, previous: number): void {
    const now = this.#options.state.exchange.clock.now();
    this.#sentAt = now;
    const frame = `${this.#options.head}"action":"update","data":[{"asks":${asks},` +
      `"bids":${bids},"ts":"${millisText(now)}","checksum":${this.#checksum(now)},` +
      `"prevSeqId":${previous},` +
      `"seqId":${this.#lastId}}]}`;
    for (const sink of this.sinks) sink.push(frame);
  }

  #snapshot(): string {
    const { state, head, levelsMax, symbol } = this.#options;
    const { faults } = state;
    const now = state.exchange.clock.now();
    return SERVED.serve(
      symbol,
      levelsMax,
      { faults, now },
      () =>
        `${head}"action":"snapshot","data":[{` +
        `"asks":${levelsText(symbol, "sell", levelsMax)},` +
        `"bids":${levelsText(symbol, "buy", levelsMax)},"ts":"${millisText(now)}",` +
        `"checksum":${this.#checksum(now)},"prevSeqId":-1,"seqId":${this.#lastId}}]}`,
    );
  }

  /** 0, as the venue writes since it gave the sum up; under a fault one that cannot be right. */
  #checksum(now: Micros): number {
    const { symbol, state: { faults } } = this.#options;
    if (faults?.has("bad_checksum") !== true || !faults.decide("bad_checksum", now)) return 0;
    const bids = levelsOf(symbol.sim, "buy", CHECKSUM_LEVELS);
    const asks = levelsOf(symbol.sim, "sell", CHECKSUM_LEVELS);
    const parts: string[] = [];
    const add = (level: readonly [number, number] | undefined) => {
      if (level !== undefined) parts.push(`${symbol.price(level[0])}:${symbol.size(level[1])}`);
    };
    for (let at = 0; at < CHECKSUM_LEVELS; at++) {
      add(bids[at]);
      add(asks[at]);
    }
    // Every bit of the right sum turned, but never the 0 that says nothing.
    return ~(crc32(encoder.encode(parts.join(":"))) | 0) || 1;
  }

  #changesText(side: Side): string {
    const { symbol, levelsMax } = this.#options;
    const published = this.#published[side];
    const changed = this.#changed[side];
    if (changed.size === 0) return "[]";
    let text = "[";
    const write = (price: number, size: number) => {
      text += `${text.length > 1 ? "," : ""}["${symbol.price(price)}","${symbol.size(size)}",` +
        `"0","${size > 0 ? 1 : 0}"]`;
    };
    if (published.size + changed.size < levelsMax) {
      for (const [price, size] of changed) {
        if ((published.get(price) ?? 0) === size) continue;
        if (size === 0) published.delete(price);
        else published.set(price, size);
        write(price, size);
      }
      return `${text}]`;
    }
    const window = new Map(levelsOf(symbol.sim, side, levelsMax));
    for (const price of published.keys()) if (!window.has(price)) write(price, 0);
    for (const [price, size] of window) if (published.get(price) !== size) write(price, size);
    this.#published[side] = window;
    return `${text}]`;
  }

  #watchSilence(): void {
    const { clock, scheduler } = this.#options.state.exchange;
    const left = IDLE_MS - (clock.now() - this.#sentAt) / 1_000;
    this.#idleTimer = scheduler.after(Math.max(1, left), () => {
      if (clock.now() - this.#sentAt >= IDLE_MS * 1_000) this.#send("[]", "[]", this.#lastId);
      this.#watchSilence();
    });
  }
}

/** Best levels of a side as the wire writes them. The market counts no orders: always one. */
export function levelsText(symbol: WireSymbol, side: Side, limit: number): string {
  let text = "[";
  for (const [price, size] of levelsOf(symbol.sim, side, limit)) {
    if (text.length > 1) text += ",";
    text += `["${symbol.price(price)}","${symbol.size(size)}","0","1"]`;
  }
  return `${text}]`;
}
