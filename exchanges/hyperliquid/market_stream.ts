/**
 * IN 1: the public socket: subscribes, watches for silence, joins books and touches.
 *
 *   socket up -> subscriptions, a few at a time -> frames -> decoder -> join -> receiver
 *                                                    |
 *                                 no new book of a coin for 3 s: its feed is interrupted
 *                                 nor for 10 s: the socket is opened anew
 *
 * 1. Only coins read from the live listing are subscribed to: an unknown name makes the venue drop
 *    the socket without a word, and all other subscriptions with it.
 * 2. There is no sequence, so silence is the only sign of loss. A book whose block time does not
 *    advance is silent too.
 * 3. The first trades of a coin on a connection hold recent history: of that frame, trades of
 *    blocks before the connection opened are dropped.
 * 4. A frame that is refused interrupts the feed of its instrument, or of all.
 * 5. A snapshot by question is asked for only while the socket is up and the coin is not silent: a
 *    book without a living stream behind it is not to be trusted.
 *
 * Source: venue documentation "Subscriptions" and "Timeouts and heartbeats", read 2026-09.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import type {
  BestBidAsk,
  BookSnapshot,
  EngineEvent,
  FeedInterruption,
  Trade,
} from "@/engine/messages/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { fixedUrl, ReconnectBackoff, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { HEARTBEAT, OnceLog, type Session, subscribeText, type VenueContext } from "./_context.ts";
import type { HyperliquidRest, Outcome } from "./_rest.ts";
import { TopMerge } from "./_top_merge.ts";
import { HyperliquidMarketDecoder } from "./market_decoder.ts";
import type { Touch } from "./order_encoder.ts";

/** 1,000 subscriptions are allowed to an address, own channels included. */
const SUBSCRIPTIONS_MAX = 960;
/** 2,000 messages a minute are allowed. */
const BATCH = 100;
const BATCH_PAUSE_MS = 5_000;
const SWEEP_MS = 250;
const BOOK_SILENCE_MICROS = 3_000_000;
/** The first book may take longer: subscriptions are sent bit by bit. */
const FIRST_BOOK_MICROS = 15_000_000;
const RESTART_SILENCE_MICROS = 10_000_000;
const RESTART_SILENCE_MICROS_MAX = 600_000_000;
/** A trade this much older than the connection is history, however the clocks differ. */
const HISTORY_MARGIN_MICROS = 1_000_000;

/** One coin as the stream sees it. */
interface Feed {
  instrument: Instrument;
  readonly merge: TopMerge;
  /** When a book of a new block was last heard; of which block. */
  heardAt: Micros;
  blockAt: Micros;
  isSilent: boolean;
  /** Which frame brought the first trades of this connection: the one with history in it. */
  historyFrame: number | undefined;
  bid: number;
  ask: number;
}

/** Market data of the venue. */
export class MarketStream implements EventReceiver {
  readonly #context: VenueContext;
  readonly #rest: HyperliquidRest;
  #decoder: HyperliquidMarketDecoder;
  readonly #feeds = new Map<InstrumentIndex, Feed>();
  readonly #subscriptions: readonly string[];
  readonly #session: Session;
  readonly #once: OnceLog;
  readonly #asking = new Set<InstrumentIndex>();
  #isStopped = false;
  #isUp = false;
  #upSince = 0;
  #frame = 0;
  /** Grows with every restart that did not help. */
  #restartAfter = RESTART_SILENCE_MICROS;
  #batchTimer: number | undefined;
  #sweepTimer: number | undefined;

  constructor(context: VenueContext, rest: HyperliquidRest, instruments: readonly Instrument[]) {
    this.#context = context;
    this.#rest = rest;
    this.#decoder = new HyperliquidMarketDecoder(instruments);
    this.#once = new OnceLog(context.log);
    for (const instrument of instruments) {
      this.#feeds.set(instrument.index, {
        instrument,
        merge: new TopMerge(),
        heardAt: 0 as Micros,
        blockAt: 0 as Micros,
        isSilent: false,
        historyFrame: undefined,
        bid: 0,
        ask: 0,
      });
    }
    const all = subscriptionsFor(instruments);
    this.#subscriptions = all.slice(0, SUBSCRIPTIONS_MAX);
    if (all.length > SUBSCRIPTIONS_MAX) {
      context.log.log("error", "more subscriptions than the venue allows", {
        wanted: all.length,
        allowed: SUBSCRIPTIONS_MAX,
      });
    }
    this.#session = context.openSession({
      name: "hyperliquid market",
      urlFor: fixedUrl(context.addresses.ws),
      heartbeat: HEARTBEAT,
      handler: {
        onUp: (connection) => this.#onUp(connection),
        onText: (bytes, start, end, at) => this.#onText(bytes, start, end, at),
        onDown: (reason) => this.#onDown(reason),
      },
    });
  }

  get up(): boolean {
    return this.#isUp;
  }

  /** Frames that the decoder's scanner could not read. */
  get fallbacks(): number {
    return this.#decoder.fallbacks;
  }

  /** The last touch of an instrument in ticks; undefined before any. */
  touchOf(index: InstrumentIndex): Touch | undefined {
    const feed = this.#feeds.get(index);
    return feed === undefined || feed.isSilent || feed.heardAt === 0 ? undefined : feed;
  }

  /** New grids of an instrument: its book begins anew on them. */
  replaceInstrument(instrument: Instrument): void {
    const feed = this.#feeds.get(instrument.index);
    if (feed === undefined) return;
    this.#interrupt(instrument.index, "venue_reset");
    feed.instrument = instrument;
    feed.blockAt = 0 as Micros;
    feed.bid = 0;
    feed.ask = 0;
    this.#decoder = new HyperliquidMarketDecoder(
      [...this.#feeds.values()].map((one) => one.instrument),
    );
  }

  start(): void {
    if (this.#feeds.size === 0) return;
    this.#session.start();
    this.#sweepLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#session.stop();
    this.#cancelBatch();
    if (this.#sweepTimer !== undefined) this.#context.scheduler.cancel(this.#sweepTimer);
    this.#sweepTimer = undefined;
  }

  /** Asks for a book; while one is being asked for, a second request joins it. */
  requestSnapshot(index: InstrumentIndex): void {
    const feed = this.#feeds.get(index);
    if (feed === undefined || !this.#isUp || feed.isSilent || this.#asking.has(index)) return;
    this.#asking.add(index);
    this.#askSnapshot(feed, new ReconnectBackoff(this.#context.random));
  }

  /** Takes what the decoder understood. */
  deliver(event: EngineEvent): void {
    switch (event.kind) {
      case "book_snapshot":
        return this.#onBook(event);
      case "best_bid_ask":
        return this.#onTouch(event);
      case "trade":
        return this.#onTrade(event);
      default:
        return this.#context.deliver(event);
    }
  }

  #onBook(snapshot: BookSnapshot): void {
    const feed = this.#feeds.get(snapshot.instrument);
    if (feed === undefined) return;
    if (snapshot.venueAt > feed.blockAt) {
      feed.blockAt = snapshot.venueAt;
      feed.heardAt = snapshot.at;
      feed.isSilent = false;
    } else if (feed.isSilent) {
      // The same block again and again: the venue stands still.
      return;
    }
    const book = feed.merge.onBook(snapshot);
    feed.bid = book.bids.count > 0 ? book.bids.prices[0]! : 0;
    feed.ask = book.asks.count > 0 ? book.asks.prices[0]! : 0;
    this.#context.deliver(book);
  }

  #onTouch(touch: BestBidAsk): void {
    const feed = this.#feeds.get(touch.instrument);
    if (feed === undefined) return;
    const book = feed.isSilent ? undefined : feed.merge.onTouch(touch);
    if (book !== undefined) {
      feed.bid = touch.bid;
      feed.ask = touch.ask;
      this.#context.deliver(book);
    }
    this.#context.deliver(touch);
  }

  #onTrade(trade: Trade): void {
    const feed = this.#feeds.get(trade.instrument);
    if (feed === undefined) return;
    feed.historyFrame ??= this.#frame;
    if (feed.historyFrame === this.#frame) {
      const offset = this.#rest.clockOffset.offsetMicros;
      if (trade.venueAt < this.#upSince + offset - HISTORY_MARGIN_MICROS) return;
    }
    this.#context.deliver(trade);
  }

  #onUp(connection: WebSocketConnection): void {
    const now = this.#context.clock.now();
    this.#isUp = true;
    this.#upSince = now;
    this.#decoder.forgetTimes();
    for (const feed of this.#feeds.values()) {
      feed.merge.forget();
      feed.blockAt = 0 as Micros;
      // Until the first book the longer patience holds.
      feed.heardAt = (now + FIRST_BOOK_MICROS - BOOK_SILENCE_MICROS) as Micros;
      feed.isSilent = false;
      feed.historyFrame = undefined;
    }
    this.#subscribe(connection, 0);
    this.#link("up", "market socket open");
  }

  /** One subscription a frame, some frames at a time. */
  #subscribe(connection: WebSocketConnection, from: number): void {
    this.#cancelBatch();
    const until = Math.min(this.#subscriptions.length, from + BATCH);
    for (let index = from; index < until; index++) {
      connection.sendText(this.#subscriptions[index]!);
    }
    if (until === this.#subscriptions.length) return;
    this.#batchTimer = this.#context.scheduler.after(BATCH_PAUSE_MS, () => {
      this.#batchTimer = undefined;
      this.#subscribe(connection, until);
    });
  }

  #onText(bytes: Uint8Array, start: number, end: number, at: Micros): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    this.#frame++;
    const outcome = this.#decoder.decode(bytes, start, end, at, this);
    if (outcome === "decoded") return;
    if (outcome === "refused") return this.#onRefused(this.#decoder.reason);
    counters.ignoredFrames++;
    if (this.#decoder.reason === "subscription refused") {
      const found = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 200)));
      this.#once.warn("subscription refused", { found });
    }
  }

  #onRefused(reason: string): void {
    this.#context.counters.refusedFrames++;
    this.#once.warn(`market frame refused: ${reason}`);
    const known = this.#decoder.lastInstrument;
    if (known !== undefined) return this.#interrupt(known, "refused_frame");
    for (const index of this.#feeds.keys()) this.#interrupt(index, "refused_frame");
  }

  #onDown(reason: string): void {
    this.#isUp = false;
    this.#cancelBatch();
    this.#once.warn("market socket lost", { reason });
    this.#link("down", reason);
    for (const index of this.#feeds.keys()) this.#interrupt(index, "disconnected");
  }

  #interrupt(instrument: InstrumentIndex, reason: FeedInterruption): void {
    this.#feeds.get(instrument)?.merge.forget();
    const at = this.#context.clock.now();
    this.#context.deliver({ kind: "feed_interrupted", instrument, at, reason });
  }

  #sweepLater(): void {
    this.#sweepTimer = this.#context.scheduler.after(SWEEP_MS, () => {
      this.#sweepTimer = undefined;
      this.#sweep();
      if (!this.#isStopped) this.#sweepLater();
    });
  }

  #sweep(): void {
    if (!this.#isUp) return;
    const now = this.#context.clock.now();
    let longest = 0;
    let isHeard = true;
    for (const feed of this.#feeds.values()) {
      const silence = now - feed.heardAt;
      isHeard &&= feed.blockAt > 0;
      longest = Math.max(longest, silence);
      if (feed.isSilent || silence < BOOK_SILENCE_MICROS) continue;
      feed.isSilent = true;
      this.#interrupt(feed.instrument.index, "silent");
    }
    if (isHeard && longest < BOOK_SILENCE_MICROS) this.#restartAfter = RESTART_SILENCE_MICROS;
    if (longest < this.#restartAfter) return;
    this.#restartAfter = Math.min(RESTART_SILENCE_MICROS_MAX, this.#restartAfter * 2);
    this.#once.warn("books stay silent");
    this.#session.restart("books stay silent");
  }

  #askSnapshot(feed: Feed, backoff: ReconnectBackoff): void {
    const { index, terms } = feed.instrument;
    this.#rest.ask({ type: "l2Book", coin: terms.venueSymbol }, (outcome) => {
      if (this.#isStopped) return;
      if (!this.#isUp || feed.isSilent || this.#takeSnapshot(feed, outcome)) {
        this.#asking.delete(index);
        return;
      }
      this.#context.scheduler.after(backoff.nextMs(), () => {
        if (this.#isStopped) return;
        if (this.#isUp && backoff.failures < 5) this.#askSnapshot(feed, backoff);
        else this.#asking.delete(index);
      });
    });
  }

  /** Whether there is nothing more to ask: a book newer than the answer may have come meanwhile. */
  #takeSnapshot(feed: Feed, outcome: Outcome): boolean {
    if (outcome.kind !== "ok") {
      const found = outcome.kind === "lost" ? outcome.reason : outcome.text;
      this.#once.warn("snapshot not received", { found });
      return false;
    }
    const { bytes, at } = outcome;
    const { index } = feed.instrument;
    // Before delivery: the receiver may ask for the next one at once.
    this.#asking.delete(index);
    if (this.#decoder.decodeSnapshot(bytes, 0, bytes.length, index, at, this) !== "refused") {
      return true;
    }
    this.#context.counters.refusedFrames++;
    this.#once.warn(`snapshot refused: ${this.#decoder.reason}`);
    this.#asking.add(index);
    return false;
  }

  #cancelBatch(): void {
    if (this.#batchTimer !== undefined) this.#context.scheduler.cancel(this.#batchTimer);
    this.#batchTimer = undefined;
  }

  #link(state: "up" | "down", reason: string): void {
    this.#context.deliver({
      kind: "connection",
      venue: "hyperliquid",
      account: undefined,
      link: "market",
      state,
      at: this.#context.clock.now(),
      reason,
    });
  }
}

/** Books of all coins first: without them nothing is traded. */
function subscriptionsFor(instruments: readonly Instrument[]): string[] {
  const coins = instruments.map((instrument) => instrument.terms.venueSymbol);
  return [
    ...coins.map((coin) => subscribeText({ type: "l2Book", coin, fast: true })),
    ...coins.map((coin) => subscribeText({ type: "bbo", coin })),
    ...coins.map((coin) => subscribeText({ type: "activeAssetCtx", coin })),
    ...coins.map((coin) => subscribeText({ type: "trades", coin })),
  ];
}
