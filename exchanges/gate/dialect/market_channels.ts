/**
 * Public channels: each frame is built once per way of reading sizes, for all who subscribed.
 *
 *   level  -> numbered books at their interval, periodic books
 *   touch  -> book_ticker at 10 ms
 *   print  -> trades: spot one by one, futures in lists
 *   second -> tickers
 *
 * 1. An instrument without subscribers costs one look-up per event and has no timer.
 * Source: protocol sheet section 2.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";
import type { TimerId } from "@/engine/ports/mod.ts";
import {
  type ExchangeListener,
  levelsOf,
  type SimInstrument,
  type SimPrint,
} from "@/exchanges/simulator/mod.ts";
import { BookFeed, broadcast, frameOf, type FrameSink, levelsText } from "./book_feed.ts";
import { tickerBody, tradeBody } from "./market_operations.ts";
import type { VenueState } from "./venue_state.ts";
import { sizeOf, type WireProduct, type WireSymbol } from "./wire_symbols.ts";

/** One stream that a subscription names. */
export interface Target {
  readonly key: string;
  readonly kind: "book_ticker" | "trades" | "tickers" | "order_book_update" | "obu" | "order_book";
  readonly symbol: WireSymbol;
  readonly levels: number;
  readonly intervalMs: number;
  readonly streamName?: string;
}

interface Feed {
  readonly target: Target;
  readonly channel: string;
  readonly sinks: Set<FrameSink>;
  readonly book: BookFeed | undefined;
  readonly prints: SimPrint[];
  /** Touch that was sent last. */
  touch: string;
  timer: TimerId | undefined;
}

const PLAIN = ["book_ticker", "trades", "tickers"] as const;
const BOOK_TICKER_MS = 10;
const TICKER_MS = 1_000;
const FUTURES_BOOK_MS = 100;
const SPOT_BOOK_LEVELS = ["5", "10", "20", "50", "100"];
const FUTURES_BOOK_LEVELS = ["1", "5", "10", "20", "50", "100"];

/** The streams of a payload, or why there are none; undefined: no public channel of this name. */
export function targetsOf(
  state: VenueState,
  product: WireProduct,
  channel: string,
  payload: readonly unknown[],
): readonly Target[] | string | undefined {
  const kind = channel.slice(product.length + 1);
  const plain = PLAIN.find((each) => each === kind);
  if (plain !== undefined) {
    if (payload.length === 0) return "payload is empty";
    const intervalMs = plain === "tickers" ? TICKER_MS : BOOK_TICKER_MS;
    return eachTarget(payload, (name) => {
      const symbol = state.symbols.find(product, name);
      if (symbol === undefined) return unknownName(product, name);
      return { key: `${channel}/${symbol.name}`, kind: plain, symbol, levels: 1, intervalMs };
    });
  }
  if (kind === "obu") return eachTarget(payload, (name) => obuTarget(state, product, name));
  if (kind !== "order_book_update" && kind !== "order_book") return undefined;
  const [name, second, third] = payload;
  const symbol = state.symbols.find(product, name);
  if (symbol === undefined) return unknownName(product, name);
  const found = kind === "order_book"
    ? periodicBook(product, second, third)
    : numberedBook(product, second, third, payload.length);
  if (typeof found === "string") return found;
  const key = `${channel}/${symbol.name}/${found.intervalMs}/${
    product === "futures" && kind === "order_book_update" ? "" : found.levels
  }`;
  return [{ key, kind, symbol, ...found }];
}

/** Publishes all public channels. */
export class MarketChannels implements ExchangeListener {
  readonly #state: VenueState;
  readonly #feeds = new Map<string, Feed>();
  readonly #bySim = new Map<SimInstrument, Feed[]>();

  constructor(state: VenueState) {
    this.#state = state;
  }

  /** Streams that somebody listens to. */
  get inUse(): number {
    return this.#feeds.size;
  }

  /** Adds a listener. */
  subscribe(target: Target, sink: FrameSink): void {
    let feed = this.#feeds.get(feedKey(target));
    if (feed === undefined) {
      feed = this.#open(target);
      this.#feeds.set(feedKey(target), feed);
      this.#listOf(target.symbol.sim).push(feed);
    }
    if (feed.book !== undefined) return feed.book.join(sink);
    feed.sinks.add(sink);
    const periodic = target.kind === "tickers" || target.kind === "order_book";
    if (periodic && feed.timer === undefined) this.#later(feed);
  }

  /** Takes a listener off; the last one ends the stream. */
  unsubscribe(target: Target, sink: FrameSink): void {
    const feed = this.#feeds.get(feedKey(target));
    if (feed === undefined) return;
    const sinks = feed.book?.sinks ?? feed.sinks;
    sinks.delete(sink);
    if (sinks.size > 0) return;
    this.#feeds.delete(feedKey(target));
    const feeds = this.#listOf(target.symbol.sim);
    feeds.splice(feeds.indexOf(feed), 1);
    feed.book?.end();
    if (feed.timer !== undefined) this.#state.exchange.scheduler.cancel(feed.timer);
  }

  onLevel(sim: SimInstrument, side: Side, price: number, size: number): void {
    const feeds = this.#bySim.get(sim);
    if (feeds === undefined) return;
    for (const feed of feeds) feed.book?.onLevel(side, price, size);
  }

  onTouch(sim: SimInstrument): void {
    const feeds = this.#bySim.get(sim);
    if (feeds === undefined) return;
    for (const feed of feeds) {
      if (feed.target.kind === "book_ticker" && feed.timer === undefined) this.#later(feed);
    }
  }

  onPrint(sim: SimInstrument, print: SimPrint): void {
    const symbol = this.#state.symbols.of(sim);
    noteDay(symbol, print);
    const feeds = this.#bySim.get(sim);
    if (feeds === undefined) return;
    for (const feed of feeds) {
      if (feed.target.kind !== "trades") continue;
      feed.prints.push({ ...print });
      if (feed.timer !== undefined) continue;
      feed.timer = this.#state.exchange.scheduler.after(0, () => {
        feed.timer = undefined;
        this.#sendPrints(feed);
      });
    }
  }

  #open(target: Target): Feed {
    const { kind, symbol, levels: levelsMax, intervalMs, streamName } = target;
    const channel = `${symbol.product}.${kind}`;
    const numbered = kind === "obu" || kind === "order_book_update";
    const state = this.#state;
    const book = numbered
      ? new BookFeed({ state, symbol, channel, levelsMax, intervalMs, streamName })
      : undefined;
    return { target, channel, sinks: new Set(), book, prints: [], touch: "", timer: undefined };
  }

  /** Looks at a feed again when its interval is over; changes until then are one. */
  #later(feed: Feed): void {
    const { clock, scheduler } = this.#state.exchange;
    const every = feed.target.intervalMs;
    feed.timer = scheduler.after(every - (clock.now() / 1_000) % every, () => {
      feed.timer = undefined;
      if (feed.target.kind === "book_ticker") return this.#sendTouch(feed);
      if (feed.target.kind === "tickers") this.#sendTicker(feed);
      else this.#sendBook(feed);
      this.#later(feed);
    });
  }

  #sendTouch(feed: Feed): void {
    const { symbol } = feed.target;
    const { sim } = symbol;
    const touch = `${sim.bid}/${sim.bidSize}/${sim.ask}/${sim.askSize}`;
    if (touch === feed.touch) return;
    feed.touch = touch;
    const now = this.#state.exchange.clock.now();
    broadcast(feed.sinks, (decimal) => {
      const b = JSON.stringify(sizeOf(symbol, sim.bidSize, decimal));
      const a = JSON.stringify(sizeOf(symbol, sim.askSize, decimal));
      const result = `{"t":${Math.floor(now / 1_000)},"u":${sim.updateId},"s":"${symbol.name}",` +
        `"b":"${symbol.price(sim.bid)}","B":${b},"a":"${symbol.price(sim.ask)}","A":${a}}`;
      return frameOf(feed.channel, now, result);
    });
  }

  #sendPrints(feed: Feed): void {
    const { symbol } = feed.target;
    const now = this.#state.exchange.clock.now();
    const prints = feed.prints.splice(0);
    if (symbol.product === "futures") {
      return broadcast(feed.sinks, (decimal) => {
        const bodies = prints.map((print) => tradeBody(symbol, print, decimal));
        return frameOf(feed.channel, now, JSON.stringify(bodies));
      });
    }
    for (const print of prints) {
      broadcast(feed.sinks, (decimal) => {
        return frameOf(feed.channel, now, JSON.stringify(tradeBody(symbol, print, decimal)));
      });
    }
  }

  #sendTicker(feed: Feed): void {
    const { symbol } = feed.target;
    const now = this.#state.exchange.clock.now();
    broadcast(feed.sinks, (decimal) => {
      const text = JSON.stringify(tickerBody(symbol, decimal));
      return frameOf(feed.channel, now, symbol.product === "spot" ? text : `[${text}]`);
    });
  }

  #sendBook(feed: Feed): void {
    const { symbol, levels } = feed.target;
    const { sim, name } = symbol;
    const now = this.#state.exchange.clock.now();
    const t = Math.floor(now / 1_000);
    broadcast(feed.sinks, (decimal) => {
      const asks = levelsText(symbol, levelsOf(sim, "sell", levels), decimal);
      const bids = levelsText(symbol, levelsOf(sim, "buy", levels), decimal);
      const sides = `"l":"${levels}","bids":${bids},"asks":${asks}}`;
      if (symbol.product === "spot") {
        const result = `{"t":${t},"lastUpdateId":${sim.updateId},"s":"${name}",${sides}`;
        return frameOf(feed.channel, now, result);
      }
      const result = `{"t":${t},"contract":"${name}","id":${sim.updateId},${sides}`;
      return frameOf(feed.channel, now, result, "all");
    });
  }

  #listOf(sim: SimInstrument): Feed[] {
    let feeds = this.#bySim.get(sim);
    if (feeds === undefined) {
      feeds = [];
      this.#bySim.set(sim, feeds);
    }
    return feeds;
  }
}

/** Futures books of one interval share a name on the wire, not their depth. */
function feedKey(target: Target): string {
  return `${target.key}#${target.levels}`;
}

function eachTarget(
  payload: readonly unknown[],
  read: (name: unknown) => Target | string,
): readonly Target[] | string {
  const targets: Target[] = [];
  if (payload.length === 0) return "payload is empty";
  for (const name of payload) {
    const target = read(name);
    if (typeof target === "string") return target;
    targets.push(target);
  }
  return targets;
}

function obuTarget(state: VenueState, product: WireProduct, name: unknown): Target | string {
  const parts = /^ob\.([A-Z0-9_]+)\.(50|400)$/.exec(String(name));
  if (parts === null) return `invalid stream name ${String(name)}`;
  const symbol = state.symbols.find(product, parts[1]);
  if (symbol === undefined) return unknownName(product, parts[1]);
  const levels = Number(parts[2]);
  const intervalMs = levels === 50 ? 20 : 100;
  const streamName = String(name);
  return {
    key: `${product}.obu/${streamName}`,
    kind: "obu",
    symbol,
    levels,
    intervalMs,
    streamName,
  };
}

function numberedBook(
  product: WireProduct,
  interval: unknown,
  level: unknown,
  count: number,
): { levels: number; intervalMs: number } | string {
  if (interval !== "20ms" && interval !== "100ms") return `invalid interval ${String(interval)}`;
  const intervalMs = interval === "20ms" ? 20 : 100;
  const usual = intervalMs === 20 ? 20 : 100;
  if (product === "spot") {
    return count > 2 ? "too many arguments in payload" : { levels: usual, intervalMs };
  }
  const levels = level === undefined ? usual : Number(level);
  if (![20, 50, 100].includes(levels)) return `invalid level ${String(level)}`;
  if (intervalMs === 20 && levels !== 20) return "20ms is for level 20 only";
  return { levels, intervalMs };
}

function periodicBook(
  product: WireProduct,
  level: unknown,
  interval: unknown,
): { levels: number; intervalMs: number } | string {
  const known = product === "spot" ? SPOT_BOOK_LEVELS : FUTURES_BOOK_LEVELS;
  if (!known.includes(String(level))) return `invalid level ${String(level)}`;
  if (product === "futures") {
    if (interval !== "0") return `invalid interval ${String(interval)}`;
    return { levels: Number(level), intervalMs: FUTURES_BOOK_MS };
  }
  if (interval !== "100ms" && interval !== "1000ms") return `invalid interval ${String(interval)}`;
  return { levels: Number(level), intervalMs: interval === "100ms" ? 100 : 1_000 };
}

function unknownName(product: WireProduct, name: unknown): string {
  return `unknown ${product === "spot" ? "currency pair" : "contract"} ${String(name)}`;
}

function noteDay({ day, sim }: WireSymbol, print: SimPrint): void {
  const { tickValue, lotValue } = sim.instrument;
  day.high = Math.max(day.high, print.price);
  day.low = Math.min(day.low, print.price);
  day.lots += print.size;
  day.value += print.price * tickValue * print.size * lotValue;
}
