/**
 * `BookFeed`: one depth topic of one instrument, its window of the best levels.
 *
 *   level change -> next grid instant -> changes of the window -> one frame for all listeners
 *
 * 1. `u` counts the frames of a topic without holes; `seq` is the book's own number, with holes,
 *    and can be compared between the depths of an instrument.
 * 2. `u` 1 is a restart: the frame is the whole book, whatever its type says.
 * 3. Depth 1 has snapshots only, repeated with the same `u` after three seconds without a change.
 * Source: protocol sheet section 2.1.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";
import type { TimerId } from "@/engine/ports/mod.ts";
import { levelsOf, ServedSnapshots } from "@/exchanges/simulator/mod.ts";
import type { VenueState } from "./venue_state.ts";
import { millisOf, type WireSymbol } from "./wire_symbols.ts";

/** Who receives frames. */
export interface FrameSink {
  push(frame: string): void;
}

/** Milliseconds between frames, by depth. */
export const DEPTHS: Readonly<Record<string, number>> = { 1: 10, 50: 20, 200: 100, 1000: 200 };

/** Outlives the feed, which ends with its last listener. */
const SERVED = new ServedSnapshots<string>();

/** Publishes one book by its changes. */
export class BookFeed {
  readonly sinks = new Set<FrameSink>();
  readonly #state: VenueState;
  readonly #symbol: WireSymbol;
  readonly #depth: number;
  readonly #topic: string;
  readonly #key: string;
  readonly #published = { buy: new Map<number, number>(), sell: new Map<number, number>() };
  readonly #changed = { buy: new Map<number, number>(), sell: new Map<number, number>() };
  #u: number;
  #timer: TimerId | undefined;
  #repeatTimer: TimerId | undefined;
  #changedAt: number;
  #last = "";

  constructor(state: VenueState, symbol: WireSymbol, depth: number) {
    this.#state = state;
    this.#symbol = symbol;
    this.#depth = depth;
    this.#topic = `orderbook.${depth}.${symbol.name}`;
    this.#key = bookKey(symbol, depth);
    this.#u = bookNumber(state, symbol, depth);
    this.#changedAt = state.exchange.clock.now();
    for (const side of ["buy", "sell"] as const) {
      this.#published[side] = new Map(levelsOf(symbol.sim, side, depth));
    }
    this.#last = this.#bothSides();
    if (depth === 1) this.#repeatLater();
  }

  /** The number of the last frame. */
  get u(): number {
    return this.#u;
  }

  /** Adds a listener, who gets the book as it is. */
  join(sink: FrameSink): void {
    this.flush();
    this.sinks.add(sink);
    sink.push(this.#snapshot());
  }

  /** Ends all timers; nobody listens any more. */
  end(): void {
    const { scheduler } = this.#state.exchange;
    if (this.#timer !== undefined) scheduler.cancel(this.#timer);
    if (this.#repeatTimer !== undefined) scheduler.cancel(this.#repeatTimer);
    this.#timer = this.#repeatTimer = undefined;
    // The next one to listen must not find its first changes among the old numbers.
    this.#count();
  }

  onLevel(side: Side, price: number, size: number): void {
    const { clock, scheduler } = this.#state.exchange;
    this.#changedAt = clock.now();
    if (this.#depth > 1) this.#changed[side].set(price, size);
    if (this.#timer !== undefined) return;
    const every = DEPTHS[this.#depth]!;
    this.#timer = scheduler.after(every - (clock.now() / 1_000) % every, () => {
      this.#timer = undefined;
      this.flush();
    });
  }

  /** Publishes what waits. */
  flush(): void {
    const { faults, exchange } = this.#state;
    if (this.#depth === 1) return this.#flushTouch();
    const { buy, sell } = this.#changed;
    if (buy.size === 0 && sell.size === 0) return;
    const bids = this.#changesText("buy");
    const asks = this.#changesText("sell");
    buy.clear();
    sell.clear();
    if (bids === "[]" && asks === "[]") return;
    const now = exchange.clock.now();
    if (faults?.has("sequence_reset") === true && faults.decide("sequence_reset", now)) {
      return this.restart();
    }
    this.#count();
    if (faults?.has("sequence_gap") === true && faults.decide("sequence_gap", now)) return;
    this.#send(this.#frame("delta", `"b":${bids},"a":${asks}`));
  }

  #flushTouch(): void {
    const both = this.#bothSides();
    if (both === this.#last) return;
    this.#last = both;
    this.#count();
    this.#send(this.#frame("snapshot", both));
    this.#repeatLater();
  }

  /** The service starts again, or steps changed: numbers from 1, the whole book at once. */
  restart(): void {
    this.#u = 0;
    this.#count();
    const type = this.#state.random.next() < 0.5 ? "snapshot" : "delta";
    this.#send(this.#frame(type, this.#bothSides()));
  }

  #count(): void {
    this.#u++;
    this.#state.bookNumbers.set(this.#key, this.#u);
  }

  #repeatLater(): void {
    const { scheduler } = this.#state.exchange;
    if (this.#repeatTimer !== undefined) scheduler.cancel(this.#repeatTimer);
    this.#repeatTimer = scheduler.after(3_000, () => {
      this.#send(this.#frame("snapshot", this.#last));
      this.#repeatLater();
    });
  }

  #send(frame: string): void {
    for (const sink of this.sinks) sink.push(frame);
  }

  #frame(type: string, levels: string): string {
    const { name, sim } = this.#symbol;
    const now = millisOf(this.#state.exchange.clock.now());
    return `{"topic":"${this.#topic}","type":"${type}","ts":${now},"data":{"s":"${name}",` +
      `${levels},"u":${this.#u},"seq":${sim.updateId}},"cts":${millisOf(this.#changedAt)}}`;
  }

  #snapshot(): string {
    const { faults, exchange } = this.#state;
    return SERVED.serve(this.#symbol, this.#depth, { faults, now: exchange.clock.now() }, () => {
      return this.#frame("snapshot", this.#bothSides());
    });
  }

  #bothSides(): string {
    const bids = levelsText(this.#symbol, "buy", this.#depth);
    return `"b":${bids},"a":${levelsText(this.#symbol, "sell", this.#depth)}`;
  }

  #changesText(side: Side): string {
    const { price: priceText, size: sizeText, sim } = this.#symbol;
    const published = this.#published[side];
    const changed = this.#changed[side];
    if (changed.size === 0) return "[]";
    let text = "[";
    const write = (price: number, size: number) => {
      text += `${text.length > 1 ? "," : ""}["${priceText(price)}","${sizeText(size)}"]`;
    };
    if (published.size + changed.size < this.#depth) {
      for (const [price, size] of changed) {
        if ((published.get(price) ?? 0) === size) continue;
        if (size === 0) published.delete(price);
        else published.set(price, size);
        write(price, size);
      }
      return `${text}]`;
    }
    const window = new Map(levelsOf(sim, side, this.#depth));
    for (const price of published.keys()) if (!window.has(price)) write(price, 0);
    for (const [price, size] of window) if (published.get(price) !== size) write(price, size);
    this.#published[side] = window;
    return `${text}]`;
  }
}

/** Best levels of a side as the wire writes them. */
export function levelsText(symbol: WireSymbol, side: Side, limit: number): string {
  let text = "[";
  for (const [price, size] of levelsOf(symbol.sim, side, limit)) {
    text += `${text.length > 1 ? "," : ""}["${symbol.price(price)}","${symbol.size(size)}"]`;
  }
  return `${text}]`;
}

/** The last number of a depth topic, also while nobody listens to it. */
export function bookNumber(state: VenueState, symbol: WireSymbol, depth: number): number {
  const key = bookKey(symbol, depth);
  let number = state.bookNumbers.get(key);
  if (number === undefined) {
    number = 18_000_000 + Math.floor(state.random.next() * 100_000_000);
    state.bookNumbers.set(key, number);
  }
  return number;
}

function bookKey(symbol: WireSymbol, depth: number): string {
  return `${symbol.category}/${symbol.name}/${depth}`;
}
