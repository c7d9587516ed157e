/**
 * Public streams: books every half or five seconds, best prices and trades with each block.
 *
 * 1. Every book frame replaces the book; there are no numbers, only the time of the block.
 * 2. A frame's text is built once for all who listen, and not at all when nobody does.
 * 3. Book and best prices of one block show the same moment.
 * Source: protocol sheet section 2.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";
import type { TimerId } from "@/engine/ports/mod.ts";
import type { ExchangeListener, SimInstrument, SimPrint } from "@/exchanges/simulator/mod.ts";
import { bookText, ctxOf, type Folding, levelText, midsOf, tradeText } from "./market_info.ts";
import type { VenueState } from "./venue_state.ts";
import type { Json, WireSymbol } from "./wire_symbols.ts";

/** Who receives frames. */
export interface FrameSink {
  push(frame: string): void;
}

/** One stream with those who listen. */
interface Feed {
  readonly sinks: Set<FrameSink>;
  readonly symbol: WireSymbol | undefined;
  /** 0: with the block that changes it. */
  readonly everyMs: number;
  readonly text: (timeMs: number, isNews: boolean) => string;
  timer: TimerId | undefined;
  due: boolean;
  last: string;
}

const FAST_LEVELS = 5;
const FAST_MS = 500;
const SLOW_MS = 5_000;
const CTX_MS = 1_000;
const RECENT = 30;
/** How far a reset sets the time back for one frame. */
const RESET_BACK_MS = 60_000;

/** Publishes the market. */
export class MarketChannels implements ExchangeListener {
  readonly #state: VenueState;
  readonly #feeds = new Map<string, Feed>();
  readonly #tops = new Map<SimInstrument, Feed>();
  readonly #tapes = new Map<SimInstrument, { feed: Feed; prints: string[] }>();
  readonly #due = new Set<Feed>();

  constructor(state: VenueState) {
    this.#state = state;
    state.blocks.addTeller((timeMs) => this.#tell(timeMs));
  }

  /** Adds a listener, who gets the present state at once. */
  subscribe(key: string, subscription: Json, sink: FrameSink): void {
    let feed = this.#feeds.get(key);
    if (feed === undefined) {
      feed = this.#open(subscription);
      this.#feeds.set(key, feed);
      if (feed.everyMs > 0) this.#repeat(feed);
    }
    feed.sinks.add(sink);
    const { timeMs } = this.#state.blocks;
    const first = subscription.type === "trades"
      ? this.#history(feed.symbol!)
      : this.#frame(feed, timeMs, false);
    if (first !== "") sink.push(first);
  }

  unsubscribe(key: string, sink: FrameSink): void {
    const feed = this.#feeds.get(key);
    if (feed === undefined || !feed.sinks.delete(sink) || feed.sinks.size > 0) return;
    this.#feeds.delete(key);
    this.#due.delete(feed);
    if (feed.timer !== undefined) this.#state.exchange.scheduler.cancel(feed.timer);
    if (feed.symbol === undefined) return;
    const { sim } = feed.symbol;
    if (this.#tops.get(sim) === feed) this.#tops.delete(sim);
    if (this.#tapes.get(sim)?.feed === feed) this.#tapes.delete(sim);
  }

  onLevel(sim: SimInstrument, side: Side, price: number): void {
    const feed = this.#tops.get(sim);
    if (feed === undefined || feed.due || !sim.touches(side, price)) return;
    this.#mark(feed);
  }

  onPrint(sim: SimInstrument, print: SimPrint): void {
    const symbol = this.#state.symbols.of(sim);
    const { tickValue, lotValue } = sim.instrument;
    symbol.day.lots += print.size;
    symbol.day.value += print.size * lotValue * print.price * tickValue;
    const tape = this.#tapes.get(sim);
    if (tape === undefined) return;
    tape.prints.push(tradeText(this.#state, symbol, print));
    this.#mark(tape.feed);
  }

  #mark(feed: Feed): void {
    feed.due = true;
    this.#due.add(feed);
    this.#state.blocks.touch();
  }

  #tell(timeMs: number): void {
    for (const feed of this.#due) {
      feed.due = false;
      const frame = this.#frame(feed, timeMs, true);
      if (frame === "" || this.#isLeftOut()) continue;
      for (const sink of feed.sinks) sink.push(frame);
    }
    this.#due.clear();
  }

  #isLeftOut(): boolean {
    const { faults, exchange } = this.#state;
    return faults?.has("sequence_gap") === true &&
      faults.decide("sequence_gap", exchange.clock.now());
  }

  /** The text of a feed's next frame; "" when there is nothing new. */
  #frame(feed: Feed, timeMs: number, isNews: boolean): string {
    const text = feed.text(timeMs, isNews);
    const { faults, exchange } = this.#state;
    // Books have no numbers, only the time of their block.
    const isBook = text.startsWith('{"channel":"l2Book"') || text.startsWith('{"channel":"bbo"');
    if (!isBook || faults?.has("sequence_reset") !== true) return text;
    if (!faults.decide("sequence_reset", exchange.clock.now())) return text;
    return text.replace(`"time":${timeMs}`, `"time":${timeMs - RESET_BACK_MS}`);
  }

  #repeat(feed: Feed): void {
    const { scheduler, clock } = this.#state.exchange;
    const wait = feed.everyMs - (clock.now() / 1_000) % feed.everyMs;
    feed.timer = scheduler.after(wait, () => {
      this.#mark(feed);
      this.#repeat(feed);
    });
  }

  #open(subscription: Json): Feed {
    const { type, coin, fast } = subscription;
    const symbol = this.#state.symbols.find(coin);
    const feed = (everyMs: number, text: Feed["text"]): Feed => ({
      sinks: new Set(),
      symbol,
      everyMs,
      text,
      timer: undefined,
      due: false,
      last: "",
    });
    switch (type) {
      case "bbo": {
        const top = feed(0, (timeMs, isNews) => this.#topFrame(top, timeMs, isNews));
        this.#tops.set(symbol!.sim, top);
        return top;
      }
      case "trades": {
        const prints: string[] = [];
        const tape = feed(0, () => tapeFrame(prints));
        this.#tapes.set(symbol!.sim, { feed: tape, prints });
        return tape;
      }
      case "l2Book": {
        const folding = subscription as unknown as Folding;
        return fast === true
          ? feed(FAST_MS, (timeMs) => this.#bookFrame(symbol!, FAST_LEVELS, folding, timeMs, true))
          : feed(SLOW_MS, (timeMs) => this.#bookFrame(symbol!, 20, folding, timeMs, false));
      }
      case "activeAssetCtx":
        return feed(CTX_MS, () => ctxFrame(symbol!));
      default:
        return feed(SLOW_MS, () => {
          return `{"channel":"allMids","data":{"mids":${JSON.stringify(midsOf(this.#state))}}}`;
        });
    }
  }

  #bookFrame(
    symbol: WireSymbol,
    limit: number,
    folding: Folding,
    timeMs: number,
    fast: boolean,
  ): string {
    const body = bookText(this.#state, symbol, limit, folding, timeMs);
    return `{"channel":"l2Book","data":${body}${fast ? ',"fast":true' : ""}}}`;
  }

  #topFrame(feed: Feed, timeMs: number, isNews: boolean): string {
    const symbol = feed.symbol!;
    const market = symbol.sim.market!;
    const bid = market.best("buy");
    const ask = market.best("sell");
    if (bid > 0 && ask > 0 && bid >= ask) return "";
    const bidText = bid > 0 ? levelText(symbol, bid, market.sizeAt("buy", bid)) : "null";
    const askText = ask > 0 ? levelText(symbol, ask, market.sizeAt("sell", ask)) : "null";
    const text = `"bbo":[${bidText},${askText}]`;
    if (isNews && text === feed.last) return "";
    // What a late listener is told is still news to the others.
    if (isNews || feed.last === "") feed.last = text;
    return `{"channel":"bbo","data":{"coin":"${symbol.coin}","time":${timeMs},${text}}}`;
  }

  #history(symbol: WireSymbol): string {
    const last = symbol.sim.prints.slice(-RECENT).map((each) =>
      tradeText(this.#state, symbol, each)
    );
    return tapeFrame(last);
  }
}

function tapeFrame(prints: string[]): string {
  if (prints.length === 0) return "";
  return `{"channel":"trades","data":[${prints.splice(0).join(",")}]}`;
}

function ctxFrame(symbol: WireSymbol): string {
  const channel = symbol.sim.perpetual ? "activeAssetCtx" : "activeSpotAssetCtx";
  const data = JSON.stringify({ coin: symbol.coin, ctx: ctxOf(symbol) });
  return `{"channel":"${channel}","data":${data}}`;
}
