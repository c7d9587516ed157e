/**
 * `BookFeed`: one numbered book channel of one instrument, its window of the best levels.
 *
 *   level change -> batch -> next grid instant -> window changes -> one frame per way of reading
 *
 * 1. Every level change is one number; a frame covers `U..u`, and the next begins at `u + 1`.
 * 2. A window that is full refills from behind when a level of it goes.
 * 3. `obu` begins with the whole book, also after its numbers jumped; `order_book_update` does not.
 * Source: protocol sheet sections 2.3 and 2.4.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";
import type { TimerId } from "@/engine/ports/mod.ts";
import { levelsOf } from "@/exchanges/simulator/mod.ts";
import type { VenueState } from "./venue_state.ts";
import { sizeOf, type WireSymbol } from "./wire_symbols.ts";

/** Who receives frames. */
export interface FrameSink {
  /** Whether sizes of futures are read as decimal texts. */
  readonly decimal: boolean;
  push(frame: string): void;
}

/** Builds a frame at most once per way of reading sizes. */
export function broadcast(sinks: Iterable<FrameSink>, make: (decimal: boolean) => string): void {
  let exact: string | undefined;
  let whole: string | undefined;
  for (const sink of sinks) {
    if (sink.decimal) sink.push(exact ??= make(true));
    else sink.push(whole ??= make(false));
  }
}

/** `{"time":…,"time_ms":…,"channel":"…","event":"update","result":…}`. */
export function frameOf(channel: string, now: number, result: string, event = "update"): string {
  const ms = Math.floor(now / 1_000);
  return `{"time":${Math.floor(ms / 1_000)},"time_ms":${ms},"channel":"${channel}",` +
    `"event":"${event}","result":${result}}`;
}

/** Price and size of levels. */
export type Levels = readonly (readonly [price: number, size: number])[];

/** Levels as the wire writes them: pairs, or objects where futures have them. */
export function levelsText(
  symbol: WireSymbol,
  levels: Levels,
  decimal: boolean,
  pairs = symbol.product === "spot",
): string {
  let text = "[";
  for (const [price, size] of levels) {
    if (text.length > 1) text += ",";
    const value = sizeOf(symbol, size, decimal);
    text += pairs
      ? `["${symbol.price(price)}","${value}"]`
      : `{"p":"${symbol.price(price)}","s":${typeof value === "number" ? value : `"${value}"`}}`;
  }
  return `${text}]`;
}

/** How a channel publishes a book. */
export interface BookFeedOptions {
  readonly state: VenueState;
  readonly symbol: WireSymbol;
  readonly channel: string;
  readonly levelsMax: number;
  readonly intervalMs: number;
  /** `ob.BTC_USDT.50` for the channel that begins with the whole book. */
  readonly streamName: string | undefined;
}

/** How far a reset moves the numbers: out of reach of those in use. */
const RESET_BY = 50_000_000;

/** Publishes one book by its changes. */
export class BookFeed {
  readonly sinks = new Set<FrameSink>();
  readonly #options: BookFeedOptions;
  readonly #published = { buy: new Map<number, number>(), sell: new Map<number, number>() };
  readonly #changed = { buy: new Map<number, number>(), sell: new Map<number, number>() };
  #lastId: number;
  #timer: TimerId | undefined;

  constructor(options: BookFeedOptions) {
    this.#options = options;
    const { symbol, levelsMax } = options;
    this.#lastId = symbol.sim.updateId;
    for (const side of ["buy", "sell"] as const) {
      this.#published[side] = new Map(levelsOf(symbol.sim, side, levelsMax));
    }
  }

  /** Adds a listener. */
  join(sink: FrameSink): void {
    this.#publish();
    this.sinks.add(sink);
    if (this.#options.streamName !== undefined) this.#sendFull([sink]);
  }

  /** Nobody listens any more. */
  end(): void {
    if (this.#timer !== undefined) this.#options.state.exchange.scheduler.cancel(this.#timer);
    this.#timer = undefined;
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
    const bids = this.#changesOf("buy");
    const asks = this.#changesOf("sell");
    buy.clear();
    sell.clear();
    const { state, symbol, streamName } = this.#options;
    const { faults } = state;
    const now = state.exchange.clock.now();
    if (faults?.has("sequence_reset") === true && faults.decide("sequence_reset", now)) {
      symbol.sim.updateId += RESET_BY;
      this.#lastId = symbol.sim.updateId;
      if (streamName !== undefined) this.#sendFull(this.sinks);
      return;
    }
    if (bids.length === 0 && asks.length === 0) return;
    const firstId = this.#lastId + 1;
    this.#lastId = symbol.sim.updateId;
    if (faults?.has("sequence_gap") === true && faults.decide("sequence_gap", now)) return;
    this.#sendDelta(bids, asks, firstId);
  }

  #sendDelta(bids: Levels, asks: Levels, firstId: number): void {
    const { state, symbol, channel, levelsMax, streamName } = this.#options;
    const now = state.exchange.clock.now();
    const t = Math.floor(now / 1_000);
    const ids = `"U":${firstId},"u":${this.#lastId}`;
    const pairs = streamName !== undefined || symbol.product === "spot";
    broadcast(this.sinks, (decimal) => {
      const b = levelsText(symbol, bids, decimal, pairs);
      const a = levelsText(symbol, asks, decimal, pairs);
      if (streamName !== undefined) {
        const sides = (bids.length > 0 ? `,"b":${b}` : "") + (asks.length > 0 ? `,"a":${a}` : "");
        return frameOf(channel, now, `{"t":${t},"s":"${streamName}",${ids}${sides}}`);
      }
      const event = symbol.product === "spot"
        ? `"e":"depthUpdate","E":${Math.floor(t / 1_000)},`
        : "";
      const result = `{"t":${t},${event}"s":"${symbol.name}",${ids},"l":"${levelsMax}",` +
        `"b":${b},"a":${a}}`;
      return frameOf(channel, now, result);
    });
  }

  #sendFull(sinks: Iterable<FrameSink>): void {
    const { state, symbol, channel, streamName } = this.#options;
    const now = state.exchange.clock.now();
    broadcast(sinks, (decimal) => {
      const b = levelsText(symbol, [...this.#published.buy], decimal, true);
      const a = levelsText(symbol, [...this.#published.sell], decimal, true);
      const head = `{"t":${Math.floor(now / 1_000)},"full":true,"s":"${streamName}"`;
      return frameOf(channel, now, `${head},"u":${this.#lastId},"b":${b},"a":${a}}`);
    });
  }

  #changesOf(side: Side): [number, number][] {
    const { symbol, levelsMax } = this.#options;
    const published = this.#published[side];
    const changed = this.#changed[side];
    if (changed.size === 0) return [];
    const found: [number, number][] = [];
    if (published.size + changed.size < levelsMax) {
      for (const [price, size] of changed) {
        if ((published.get(price) ?? 0) === size) continue;
        if (size === 0) published.delete(price);
        else published.set(price, size);
        found.push([price, size]);
      }
      return found;
    }
    const window = new Map(levelsOf(symbol.sim, side, levelsMax));
    for (const price of published.keys()) if (!window.has(price)) found.push([price, 0]);
    for (const [price, size] of window) {
      if (published.get(price) !== size) found.push([price, size]);
    }
    this.#published[side] = window;
    return found;
  }
}
