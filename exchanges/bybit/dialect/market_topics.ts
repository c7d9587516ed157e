/**
 * Public topics: each frame is built once and handed to all who subscribed.
 *
 *   level -> depth at its interval       print -> trades when the taker is done
 *   touch, print, second -> ticker       second -> price limits
 *
 * 1. An instrument without subscribers costs one look-up per event and has no timer.
 * 2. Tickers of contracts are one snapshot, then what changed; those of spot are whole.
 * Source: protocol sheet sections 2.1 to 2.3.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";
import type { TimerId } from "@/engine/ports/mod.ts";
import type { ExchangeListener, SimInstrument, SimPrint } from "@/exchanges/simulator/mod.ts";
import { BookFeed, DEPTHS, type FrameSink } from "./book_feed.ts";
import { priceLimitBody, silentBookNumber, tickerBody } from "./market_operations.ts";
import { tradeIdText, type VenueState } from "./venue_state.ts";
import { type Category, type Json, millisOf, noteDay, type WireSymbol } from "./wire_symbols.ts";

const TICKER_MS = { linear: 100, spot: 50 } as const;
const TRADES_MAX = 1_024;
/** Topics that are acknowledged and say nothing here. */
const QUIET = ["allLiquidation", "liquidation", "kline"];

/** One topic of one instrument that somebody listens to. */
interface Feed {
  readonly key: string;
  readonly topic: string;
  readonly kind: string;
  readonly symbol: WireSymbol;
  readonly sinks: Set<FrameSink>;
  readonly book: BookFeed | undefined;
  /** What was sent last, field by field. */
  last: Json;
  timer: TimerId | undefined;
  trades: string[];
}

/** Publishes all public topics. */
export class MarketTopics implements ExchangeListener {
  readonly #state: VenueState;
  readonly #feeds = new Map<string, Feed>();
  readonly #bySim = new Map<SimInstrument, Feed[]>();
  readonly #statusSinks = new Set<FrameSink>();

  constructor(state: VenueState) {
    this.#state = state;
  }

  /** Topics that somebody listens to. */
  get inUse(): number {
    return this.#feeds.size + this.#statusSinks.size;
  }

  /** Whether a category carries a topic. */
  knows(category: Category, topic: string): boolean {
    const parts = topic.split(".");
    const name = parts[parts.length - 1];
    if (this.#state.symbols.find(category, name) === undefined) return false;
    const [kind, depth] = parts as [string, string];
    if (kind === "orderbook") return parts.length === 3 && Object.hasOwn(DEPTHS, depth);
    if (kind === "kline") return parts.length === 3;
    return parts.length === 2 &&
      (kind === "publicTrade" || kind === "tickers" || kind === "priceLimit" ||
        QUIET.includes(kind));
  }

  /** Adds a listener; what the topic begins with is pushed at once. */
  subscribe(category: Category, topic: string, sink: FrameSink): void {
    const key = `${category}/${topic}`;
    let feed = this.#feeds.get(key);
    if (feed === undefined) {
      feed = this.#openFeed(key, category, topic);
      this.#feeds.set(key, feed);
      this.#listOf(feed.symbol.sim).push(feed);
    }
    feed.sinks.add(sink);
    if (feed.book !== undefined) return feed.book.join(sink);
    if (feed.kind === "tickers") {
      const body = tickerBody(feed.symbol);
      if (feed.sinks.size === 1) feed.last = body;
      sink.push(this.#tickerFrame(feed, "snapshot", body));
    } else if (feed.kind === "priceLimit") {
      const body = priceLimitBody(feed.symbol);
      if (feed.sinks.size === 1) feed.last = body;
      sink.push(this.#limitFrame(feed, body));
    }
  }

  /** Takes a listener off; the last one ends the topic. */
  unsubscribe(category: Category, topic: string, sink: FrameSink): void {
    const feed = this.#feeds.get(`${category}/${topic}`);
    if (feed === undefined) return;
    feed.sinks.delete(sink);
    feed.book?.sinks.delete(sink);
    if (feed.sinks.size > 0) return;
    this.#feeds.delete(feed.key);
    const feeds = this.#listOf(feed.symbol.sim);
    feeds.splice(feeds.indexOf(feed), 1);
    feed.book?.end();
    if (feed.timer !== undefined) this.#state.exchange.scheduler.cancel(feed.timer);
  }

  /** Listens to the system's status, or no longer. */
  watchStatus(sink: FrameSink, on: boolean): void {
    if (on) this.#statusSinks.add(sink);
    else this.#statusSinks.delete(sink);
  }

  /** Tells of a maintenance. */
  tellMaintenance(body: Json): void {
    const ts = millisOf(this.#state.exchange.clock.now());
    const frame = JSON.stringify({ topic: "system.status", ts, data: [body] });
    for (const sink of this.#statusSinks) sink.push(frame);
  }

  /** The number of an instrument's deepest book, with all published that waits. */
  deepBookNumber(symbol: WireSymbol): number {
    const feed = this.#feeds.get(`${symbol.category}/orderbook.1000.${symbol.name}`);
    if (feed?.book === undefined) return silentBookNumber(this.#state, symbol);
    feed.book.flush();
    return feed.book.u;
  }

  onLevel(sim: SimInstrument, side: Side, price: number, size: number): void {
    const feeds = this.#bySim.get(sim);
    if (feeds === undefined) return;
    for (const feed of feeds) feed.book?.onLevel(side, price, size);
  }

  /** A changed tick or lot begins the books anew; the steps themselves are only listed. */
  onTerms(sim: SimInstrument): void {
    for (const { book, topic } of this.#bySim.get(sim) ?? []) {
      // The touch alone is repeated anyway, under its own number.
      if (!topic.startsWith("orderbook.1.")) book?.restart();
    }
  }

  onTouch(sim: SimInstrument): void {
    const feeds = this.#bySim.get(sim);
    if (feeds === undefined || !sim.perpetual) return;
    for (const feed of feeds) if (feed.kind === "tickers") this.#tickerSoon(feed);
  }

  onPrint(sim: SimInstrument, print: SimPrint): void {
    const symbol = this.#state.symbols.of(sim);
    noteDay(symbol, print);
    const feeds = this.#bySim.get(sim);
    if (feeds === undefined) return;
    for (const feed of feeds) {
      if (feed.kind === "tickers") this.#tickerSoon(feed);
      else if (feed.kind === "publicTrade") this.#collect(feed, print);
    }
  }

  onMark(sim: SimInstrument): void {
    const { symbols } = this.#state;
    const twin = symbols.find("spot", symbols.of(sim).name)?.sim;
    for (const each of twin === undefined ? [sim] : [sim, twin]) {
      for (const feed of this.#bySim.get(each) ?? []) {
        if (feed.kind === "tickers") this.#tickerSoon(feed);
        else if (feed.kind === "priceLimit") this.#sendLimit(feed);
      }
    }
  }

  #openFeed(key: string, category: Category, topic: string): Feed {
    const parts = topic.split(".");
    const symbol = this.#state.symbols.find(category, parts[parts.length - 1])!;
    const kind = parts[0]!;
    const book = kind === "orderbook"
      ? new BookFeed(this.#state, symbol, Number(parts[1]))
      : undefined;
    const rest = { last: {}, timer: undefined, trades: [] };
    return { key, topic, kind, symbol, sinks: new Set(), book, ...rest };
  }

  /** Looks at a ticker again when its interval is over; changes until then are one. */
  #tickerSoon(feed: Feed): void {
    if (feed.timer !== undefined) return;
    const { clock, scheduler } = this.#state.exchange;
    const every = TICKER_MS[feed.symbol.category];
    feed.timer = scheduler.after(every - (clock.now() / 1_000) % every, () => {
      feed.timer = undefined;
      const body = tickerBody(feed.symbol);
      const changed: Json = {};
      let any = false;
      for (const [name, value] of Object.entries(body)) {
        if (feed.last[name] === value) continue;
        changed[name] = value;
        any = true;
      }
      if (!any) return;
      feed.last = body;
      const frame = feed.symbol.category === "spot"
        ? this.#tickerFrame(feed, "snapshot", body)
        : this.#tickerFrame(feed, "delta", { symbol: feed.symbol.name, ...changed });
      this.#send(feed, frame);
    });
  }

  #tickerFrame(feed: Feed, type: string, data: Json): string {
    const ts = millisOf(this.#state.exchange.clock.now());
    const cs = feed.symbol.sim.updateId;
    // Contracts and spot put their keys in different order, as the venue does.
    return JSON.stringify(
      feed.symbol.category === "spot"
        ? { topic: feed.topic, ts, type, cs, data }
        : { topic: feed.topic, type, data, cs, ts },
    );
  }

  #sendLimit(feed: Feed): void {
    const body = priceLimitBody(feed.symbol);
    if (body.buyLmt === feed.last.buyLmt && body.sellLmt === feed.last.sellLmt) return;
    feed.last = body;
    this.#send(feed, this.#limitFrame(feed, body));
  }

  #limitFrame(feed: Feed, data: Json): string {
    const ts = millisOf(this.#state.exchange.clock.now());
    return JSON.stringify({ topic: feed.topic, ts, data });
  }

  /** Joins the prints of one instant. */
  #collect(feed: Feed, print: SimPrint): void {
    feed.trades.push(tradeText(feed.symbol, print));
    if (feed.trades.length >= TRADES_MAX) return this.#sendTrades(feed);
    if (feed.timer !== undefined) return;
    feed.timer = this.#state.exchange.scheduler.after(0, () => {
      feed.timer = undefined;
      this.#sendTrades(feed);
    });
  }

  #sendTrades(feed: Feed): void {
    if (feed.trades.length === 0) return;
    const ts = millisOf(this.#state.exchange.clock.now());
    const data = feed.trades.splice(0).join(",");
    this.#send(feed, `{"topic":"${feed.topic}","type":"snapshot","ts":${ts},"data":[${data}]}`);
  }

  #send(feed: Feed, frame: string): void {
    for (const sink of feed.sinks) sink.push(frame);
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

function tradeText(symbol: WireSymbol, print: SimPrint): string {
  const { sim, day, category, name } = symbol;
  const side = print.aggressor === "buy" ? "Buy" : "Sell";
  const direction = category === "spot" ? "" : `"L":"${day.direction}",`;
  return `{"T":${millisOf(print.at)},"s":"${name}","S":"${side}","v":"${
    symbol.size(print.size)
  }",` +
    `"p":"${symbol.price(print.price)}",${direction}"i":"${tradeIdText(sim, print.id)}",` +
    `"BT":false,"RPI":false,"seq":${sim.updateId}}`;
}
