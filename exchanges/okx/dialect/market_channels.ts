/**
 * Public channels: each frame is built once and handed to all who subscribed.
 *
 *   level -> books at their interval, touch at 10 ms, five levels at 100 ms
 *   print -> trades when the taker's run at a price ends, trades-all at once
 *   second -> mark price, index, funding, price limits
 *
 * 1. An instrument without subscribers costs one look-up per event and has no timer.
 * Source: protocol sheet section 2; channels it only names are as in the venue's manual.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";
import type { TimerId } from "@/engine/ports/mod.ts";
import type { ExchangeListener, SimInstrument, SimPrint } from "@/exchanges/simulator/mod.ts";
import { BookFeed, type FrameSink, levelsText } from "./book_feed.ts";
import {
  fundingBody,
  indexBody,
  markBody,
  priceLimitBody,
  tickerBody,
} from "./market_operations.ts";
import type { VenueState } from "./venue_state.ts";
import { instrumentBody, type Json, millisText, type WireSymbol } from "./wire_symbols.ts";

/** Which socket serves a channel, and how its book is published. */
interface ChannelKind {
  readonly route: "public" | "business";
  readonly levels?: number;
  readonly intervalMs?: number;
  readonly numbered?: boolean;
  readonly swapOnly?: boolean;
}

const CHANNELS: Readonly<Record<string, ChannelKind>> = {
  "books": { route: "public", levels: 400, intervalMs: 100, numbered: true },
  "books-l2-tbt": { route: "public", levels: 400, intervalMs: 10, numbered: true },
  "books50-l2-tbt": { route: "public", levels: 50, intervalMs: 10, numbered: true },
  "bbo-tbt": { route: "public", levels: 1, intervalMs: 10 },
  "books5": { route: "public", levels: 5, intervalMs: 100 },
  "trades": { route: "public" },
  "trades-all": { route: "business" },
  "tickers": { route: "public", intervalMs: 100 },
  "mark-price": { route: "public", swapOnly: true },
  "index-tickers": { route: "public" },
  "funding-rate": { route: "public", swapOnly: true },
  "price-limit": { route: "public" },
};
const FUNDING_EVERY_S = 30;
const LIMIT_EVERY_S = 5;

/** One channel of one instrument that somebody listens to. */
interface Feed {
  readonly key: string;
  readonly channel: string;
  readonly kind: ChannelKind;
  readonly symbol: WireSymbol;
  readonly head: string;
  readonly sinks: Set<FrameSink>;
  readonly book: BookFeed | undefined;
  /** What was sent last: the same is not sent again. */
  last: string;
  timer: TimerId | undefined;
}

interface Run {
  price: number;
  size: number;
  id: number;
  count: number;
  taker: number;
  aggressor: Side;
  at: number;
}

/** Channels by instrument type and of the system. */
type ListFeed = { readonly head: string; readonly sinks: Set<FrameSink> };

/** Publishes all public channels. */
export class MarketChannels implements ExchangeListener {
  readonly #state: VenueState;
  readonly #feeds = new Map<string, Feed>();
  readonly #bySim = new Map<SimInstrument, Feed[]>();
  readonly #lists = new Map<string, ListFeed>();
  readonly #runs = new Map<SimInstrument, Run>();

  constructor(state: VenueState) {
    this.#state = state;
  }

  /** Channels that somebody listens to. */
  get inUse(): number {
    return this.#feeds.size + this.#lists.size;
  }

  /** Whether a route carries what an argument names. */
  static knows(state: VenueState, route: string, arg: Json): boolean {
    const { channel, instId, instType } = arg;
    if (channel === "status") return route === "public";
    if (channel === "instruments") {
      return route === "public" && (instType === "SPOT" || instType === "SWAP");
    }
    const kind = Object.hasOwn(CHANNELS, String(channel)) ? CHANNELS[String(channel)] : undefined;
    if (kind === undefined || kind.route !== route) return false;
    const symbol = symbolFor(state, String(channel), instId);
    return symbol !== undefined && (kind.swapOnly !== true || symbol.instType === "SWAP");
  }

  /** Adds a listener; what the channel begins with is pushed at once. */
  subscribe(arg: Json, sink: FrameSink): void {
    const { channel, instId, instType } = arg;
    if (channel === "status" || channel === "instruments") {
      return this.#joinList(String(channel), instType, sink);
    }
    const key = `${channel}/${instId}`;
    let feed = this.#feeds.get(key);
    if (feed === undefined) {
      feed = this.#openFeed(key, String(channel), String(instId));
      this.#feeds.set(key, feed);
      this.#listOf(feed.symbol.sim).push(feed);
    }
    feed.sinks.add(sink);
    if (feed.book !== undefined) return feed.book.join(sink);
    const first = this.#content(feed);
    if (first === "") return;
    if (feed.last === "") feed.last = first;
    sink.push(`${feed.head}"data":[${this.#stamped(feed, first)}]}`);
  }

  /** Takes a listener off; the last one ends the channel. */
  unsubscribe(arg: Json, sink: FrameSink): void {
    const { channel, instId, instType } = arg;
    const list = this.#lists.get(`${channel}/${instType ?? ""}`);
    list?.sinks.delete(sink);
    const feed = this.#feeds.get(`${channel}/${instId}`);
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

  onLevel(sim: SimInstrument, side: Side, price: number, size: number): void {
    const feeds = this.#bySim.get(sim);
    if (feeds === undefined) return;
    for (const feed of feeds) {
      if (feed.book !== undefined) feed.book.onLevel(side, price, size);
      else if (feed.kind.levels !== undefined && feed.timer === undefined) this.#soon(feed);
    }
  }

  onTouch(sim: SimInstrument): void {
    const feeds = this.#bySim.get(sim);
    if (feeds === undefined) return;
    for (const feed of feeds) {
      if (feed.channel === "tickers" && feed.timer === undefined) this.#soon(feed);
    }
  }

  onPrint(sim: SimInstrument, print: SimPrint): void {
    const symbol = this.#state.symbols.of(sim);
    noteDay(symbol, print);
    const feeds = this.#bySim.get(sim);
    if (feeds === undefined) return;
    for (const feed of feeds) {
      if (feed.channel === "trades") this.#aggregate(feed, print);
      else if (feed.channel === "trades-all") {
        const { id, price, size, at, aggressor } = print;
        const run = { id, price, size, at, aggressor, taker: 0, count: 0 };
        this.#send(feed, tradeText(symbol, run));
      } else if (feed.channel === "tickers" && feed.timer === undefined) this.#soon(feed);
    }
  }

  onMark(sim: SimInstrument): void {
    const second = Math.floor(this.#state.exchange.clock.now() / 1e6);
    const twin = this.#state.symbols.find(this.#state.symbols.of(sim).family)?.sim;
    for (const each of twin === undefined ? [sim] : [sim, twin]) {
      for (const feed of this.#bySim.get(each) ?? []) {
        const { channel } = feed;
        if (channel === "mark-price" || channel === "index-tickers") this.#sendChanged(feed);
        else if (channel === "funding-rate" && second % FUNDING_EVERY_S === 0) this.#repeat(feed);
        else if (channel === "price-limit" && second % LIMIT_EVERY_S === 0) this.#sendChanged(feed);
      }
    }
  }

  onFunding(_owner: number, sim: SimInstrument): void {
    for (const feed of this.#bySim.get(sim) ?? []) {
      if (feed.channel === "funding-rate") this.#repeat(feed);
    }
  }

  onStatus(sim: SimInstrument): void {
    const symbol = this.#state.symbols.of(sim);
    const list = this.#lists.get(`instruments/${symbol.instType}`);
    if (list === undefined) return;
    const frame = `${list.head}"data":[${JSON.stringify(instrumentBody(symbol))}]}`;
    for (const sink of list.sinks) sink.push(frame);
  }

  /** Steps and bounds are told like the state: with the whole instrument. */
  onTerms(sim: SimInstrument): void {
    this.onStatus(sim);
  }

  /** Tells the status channel of a maintenance. */
  tellMaintenance(body: Json): void {
    const list = this.#lists.get("status/");
    if (list === undefined) return;
    const frame = `${list.head}"data":[${JSON.stringify(body)}]}`;
    for (const sink of list.sinks) sink.push(frame);
  }

  #openFeed(key: string, channel: string, instId: string): Feed {
    const kind = CHANNELS[channel]!;
    const symbol = symbolFor(this.#state, channel, instId)!;
    const head = `{"arg":${JSON.stringify({ channel, instId })},`;
    const { levels, intervalMs } = kind;
    const book = kind.numbered === true
      ? new BookFeed({
        state: this.#state,
        symbol,
        head,
        levelsMax: levels!,
        intervalMs: intervalMs!,
      })
      : undefined;
    return { key, channel, kind, symbol, head, sinks: new Set(), book, last: "", timer: undefined };
  }

  #joinList(channel: string, instType: unknown, sink: FrameSink): void {
    const key = `${channel}/${channel === "status" ? "" : instType}`;
    let list = this.#lists.get(key);
    if (list === undefined) {
      const arg = channel === "status" ? { channel } : { channel, instType };
      list = { head: `{"arg":${JSON.stringify(arg)},`, sinks: new Set() };
      this.#lists.set(key, list);
    }
    list.sinks.add(sink);
    const data = channel === "status"
      ? this.#state.maintenances.slice(-1)
      : this.#state.symbols.ofType(instType).map(instrumentBody);
    if (data.length > 0) sink.push(`${list.head}"data":${JSON.stringify(data)}}`);
  }

  /** Looks at a feed again when its interval is over; changes until then are one. */
  #soon(feed: Feed): void {
    const { clock, scheduler } = this.#state.exchange;
    const every = feed.kind.intervalMs!;
    feed.timer = scheduler.after(every - (clock.now() / 1_000) % every, () => {
      feed.timer = undefined;
      this.#sendChanged(feed);
    });
  }

  #sendChanged(feed: Feed): void {
    const content = this.#content(feed);
    if (content === feed.last) return;
    feed.last = content;
    this.#send(feed, this.#stamped(feed, content));
  }

  #repeat(feed: Feed): void {
    this.#send(feed, this.#stamped(feed, this.#content(feed)));
  }

  /** What a channel says now, without its stamp: an object that is still open. */
  #content(feed: Feed): string {
    const { symbol, channel, kind } = feed;
    if (kind.levels !== undefined) {
      const asks = levelsText(symbol, "sell", kind.levels);
      const bids = levelsText(symbol, "buy", kind.levels);
      return `{"asks":${asks},"bids":${bids}${
        channel === "books5" ? `,"instId":"${symbol.instId}"` : ""
      }`;
    }
    const now = this.#state.exchange.clock.now();
    switch (channel) {
      case "tickers":
        return open(tickerBody(symbol));
      case "mark-price":
        return open(markBody(symbol));
      case "index-tickers":
        return open(indexBody(symbol));
      case "funding-rate":
        return open(fundingBody(symbol, now));
      case "price-limit":
        return open(priceLimitBody(symbol));
      default:
        return "";
    }
  }

  #stamped(feed: Feed, content: string): string {
    const ts = millisText(this.#state.exchange.clock.now());
    const number = feed.kind.levels === undefined ? "" : `,"seqId":${feed.symbol.sim.updateId}`;
    return `${content},"ts":"${ts}"${number}}`;
  }

  #send(feed: Feed, data: string): void {
    const frame = `${feed.head}"data":[${data}]}`;
    for (const sink of feed.sinks) sink.push(frame);
  }

  /** Joins the prints of one taker at one price. */
  #aggregate(feed: Feed, print: SimPrint): void {
    const { sim } = feed.symbol;
    const run = this.#runs.get(sim);
    if (run !== undefined) {
      const same = run.price === print.price && run.taker === print.takerOrderId &&
        run.aggressor === print.aggressor && print.takerOrderId !== 0;
      if (same) {
        run.size += print.size;
        run.id = print.id;
        run.count++;
        return;
      }
      this.#endRun(feed);
    }
    const { id, price, size, at, aggressor, takerOrderId: taker } = print;
    this.#runs.set(sim, { id, price, size, at, aggressor, taker, count: 1 });
    if (feed.timer !== undefined) return;
    feed.timer = this.#state.exchange.scheduler.after(0, () => {
      feed.timer = undefined;
      this.#endRun(feed);
    });
  }

  #endRun(feed: Feed): void {
    const run = this.#runs.get(feed.symbol.sim);
    if (run === undefined) return;
    this.#runs.delete(feed.symbol.sim);
    this.#send(feed, tradeText(feed.symbol, run));
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

/** The instrument an argument means; an index is named by its family, told by its swap. */
function symbolFor(state: VenueState, channel: string, instId: unknown): WireSymbol | undefined {
  if (channel !== "index-tickers") return state.symbols.find(instId);
  return state.symbols.all.find((each) => each.family === instId && each.instType === "SWAP") ??
    state.symbols.find(instId);
}

function open(body: Json): string {
  return JSON.stringify(body).slice(0, -1);
}

function noteDay({ day, sim }: WireSymbol, print: SimPrint): void {
  const { tickValue, lotValue } = sim.instrument;
  day.high = Math.max(day.high, print.price);
  day.low = Math.min(day.low, print.price);
  day.lots += print.size;
  day.lastLots = print.size;
  day.value += print.price * tickValue * print.size * lotValue;
}

function tradeText(symbol: WireSymbol, run: Run): string {
  const count = run.count === 0 ? "" : `,"count":"${run.count}"`;
  return `{"instId":"${symbol.instId}","tradeId":"${run.id}","px":"${symbol.price(run.price)}",` +
    `"sz":"${symbol.size(run.size)}","side":"${run.aggressor}","ts":"${millisText(run.at)}"` +
    `${count},"source":"0","seqId":${symbol.sim.updateId}}`;
}
