/**
 * IN 1: the public sockets: subscribes, watches for silence, joins books and touches.
 *
 *   line A: socket -> frames -> decoder --+
 *   line B: the same, where wanted -------+--> the newest block wins --> join --> receiver
 *                                                                         |
 *                        no new book of a coin for 3 s: its feed is interrupted
 *
 * 1. Only coins read from the live listing are subscribed to: an unknown name makes the venue drop
 *    the socket without a word, and all other subscriptions with it.
 * 2. There is no sequence, so silence is the only sign of loss. A book whose block time does not
 *    advance is silent too.
 * 3. Block times are common to all sockets, so the newest of two lines is the newest there is. The
 *    loss of one line is told to nobody while the other speaks, and no trade is told twice.
 * 4. A frame that is refused interrupts the feed of its instrument, or of all.
 * 5. A snapshot by question is asked for only while a socket is up and the coin is not silent: a
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
} from "@/engine/messages/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { type LineCount, type MarketLine, MarketLines } from "@/exchanges/kit/mod.ts";
import { fixedUrl, ReconnectBackoff, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { HEARTBEAT, OnceLog, type VenueContext } from "./_context.ts";
import { LineWatch } from "./_line_watch.ts";
import type { HyperliquidRest, Outcome } from "./_rest.ts";
import { SUBSCRIPTIONS_MAX, subscriptionsFor } from "./_subscriptions.ts";
import { TopMerge } from "./_top_merge.ts";
import { HyperliquidMarketDecoder } from "./market_decoder.ts";
import type { Touch } from "./order_encoder.ts";

const SWEEP_MS = 250;
const BOOK_SILENCE_MICROS = 3_000_000;
/** The first book may take longer: subscriptions are sent bit by bit. */
const FIRST_BOOK_MICROS = 15_000_000;

/** One coin as all lines together tell it. */
interface Feed {
  instrument: Instrument;
  readonly merge: TopMerge;
  /** When a book of a new block was last heard; of which block. */
  heardAt: Micros;
  blockAt: Micros;
  isSilent: boolean;
  bid: number;
  ask: number;
}

/** Market data of the venue. */
export class MarketStream {
  readonly #context: VenueContext;
  readonly #rest: HyperliquidRest;
  readonly #feeds = new Map<InstrumentIndex, Feed>();
  readonly #lines: MarketLines;
  readonly #watches: readonly LineWatch[];
  /** Reads answers to questions, which belong to no line. */
  #answers: HyperliquidMarketDecoder;
  readonly #answered: EventReceiver = { deliver: (event) => this.#onAnswer(event) };
  readonly #once: OnceLog;
  readonly #asking = new Set<InstrumentIndex>();
  #isStopped = false;
  #isUp = false;
  #sweepTimer: number | undefined;

  constructor(
    context: VenueContext,
    rest: HyperliquidRest,
    instruments: readonly Instrument[],
    lineCount: LineCount = 1,
  ) {
    this.#context = context;
    this.#rest = rest;
    this.#answers = new HyperliquidMarketDecoder(instruments);
    this.#once = new OnceLog(context.log);
    for (const instrument of instruments) {
      this.#feeds.set(instrument.index, {
        instrument,
        merge: new TopMerge(),
        heardAt: 0 as Micros,
        blockAt: 0 as Micros,
        isSilent: false,
        bid: 0,
        ask: 0,
      });
    }
    const all = subscriptionsFor(instruments);
    const count = this.#countAllowed(all.length, lineCount);
    this.#lines = this.#openLines(instruments, count);
    this.#watches = this.#lines.lines.map((line) =>
      new LineWatch({
        context,
        line,
        instruments,
        subscriptions: all.slice(0, SUBSCRIPTIONS_MAX),
        lineCount: count,
        clockOffsetMicros: () => rest.clockOffset.offsetMicros,
        deliver: (event) => this.#lines.deliver(event),
      })
    );
  }

  get up(): boolean {
    return this.#isUp;
  }

  /** Frames that the decoder's scanner could not read. */
  get fallbacks(): number {
    return this.#watches.reduce((sum, { decoder }) => sum + decoder.fallbacks, 0);
  }

  /** The last touch of an instrument in ticks; undefined before any. */
  touchOf(index: InstrumentIndex): Touch | undefined {
    const feed = this.#feeds.get(index);
    return feed === undefined || feed.isSilent || feed.heardAt === 0 ? undefined : feed;
  }

  /** New grids of an instrument: its book begins anew on them. */
  redefine(instrument: Instrument): void {
    const feed = this.#feeds.get(instrument.index);
    if (feed === undefined) return;
    feed.merge.forget();
    feed.blockAt = 0 as Micros;
    feed.bid = 0;
    feed.ask = 0;
    this.#lines.merge.regrid(instrument.index);
    const instruments = [...this.#feeds.values()].map((one) => one.instrument);
    this.#answers = new HyperliquidMarketDecoder(instruments);
    for (const watch of this.#watches) watch.decoder = new HyperliquidMarketDecoder(instruments);
  }

  /** A coin was delisted: no line is opened anew for it. */
  forget(index: InstrumentIndex): void {
    for (const watch of this.#watches) watch.forget(index);
  }

  start(): void {
    if (this.#feeds.size === 0) return;
    this.#lines.start();
    this.#sweepLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#lines.stop();
    for (const watch of this.#watches) watch.onDown();
    if (this.#sweepTimer !== undefined) this.#context.scheduler.cancel(this.#sweepTimer);
    this.#sweepTimer = undefined;
  }

  /** Asks for a book; while one is being asked for, a second request joins it. */
  requestSnapshot(index: InstrumentIndex): void {
    const feed = this.#feeds.get(index);
    if (feed === undefined || !this.#isUp || feed.isSilent || this.#asking.has(index)) return;
    this.#asking.add(index);
    this.#lines.merge.expectSnapshot(index);
    this.#askSnapshot(feed, new ReconnectBackoff(this.#context.random));
  }

  #openLines(instruments: readonly Instrument[], count: LineCount): MarketLines {
    const { clock, scheduler, log, addresses } = this.#context;
    return new MarketLines({
      name: "hyperliquid market",
      count,
      instruments,
      // Silence is measured here, coin by coin.
      awaited: () => [],
      bookKind: "book_snapshot",
      numbering: "contiguous",
      takesSnapshots: true,
      clock,
      scheduler,
      log,
      openSession: (plan) =>
        this.#context.openSession({
          ...plan,
          urlFor: fixedUrl(addresses.ws),
          heartbeat: HEARTBEAT,
        }),
      deliver: (event) => this.#onMerged(event),
      handler: {
        onUp: (line, connection) => this.#onUp(line, connection),
        onText: (line, bytes, start, end, at) => this.#onText(line, bytes, start, end, at),
        onDown: (line, reason) => this.#onDown(line, reason),
      },
    });
  }

  /** Two lines need twice the subscriptions; where the venue allows too few there is one. */
  #countAllowed(subscriptions: number, wanted: LineCount): LineCount {
    const { log } = this.#context;
    const fields = { wanted: subscriptions * wanted, allowed: SUBSCRIPTIONS_MAX };
    if (subscriptions > SUBSCRIPTIONS_MAX) {
      log.log("error", "more subscriptions than the venue allows", fields);
    } else if (subscriptions * wanted > SUBSCRIPTIONS_MAX) {
      log.log("warn", "no second market connection: too many subscriptions", fields);
    } else return wanted;
    return 1;
  }

  /** Takes what no line had said before. */
  #onMerged(event: EngineEvent): void {
    switch (event.kind) {
      case "book_snapshot":
        return this.#onBook(event);
      case "best_bid_ask":
        return this.#onTouch(event);
      case "feed_interrupted":
        this.#feeds.get(event.instrument)?.merge.loseBook();
        return this.#context.deliver(event);
      default:
        return this.#context.deliver(event);
    }
  }

  /** The answer to a question may be older than what the lines said meanwhile. */
  #onAnswer(event: EngineEvent): void {
    if (event.kind !== "book_snapshot") return;
    this.#onBook(event);
  }

  #onBook(snapshot: BookSnapshot): void {
    const feed = this.#feeds.get(snapshot.instrument);
    // An answer may have been ahead of the lines.
    if (feed === undefined || snapshot.venueAt < feed.blockAt) return;
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
    // A silent coin has no book; its touches are remembered for the next one.
    const book = feed.merge.onTouch(touch);
    if (book !== undefined) {
      feed.bid = touch.bid;
      feed.ask = touch.ask;
      this.#context.deliver(book);
    }
    this.#context.deliver(touch);
  }

  #onUp(line: MarketLine, connection: WebSocketConnection): void {
    this.#watches[line.number]!.onUp(connection);
    if (this.#isUp) return;
    this.#isUp = true;
    const now = this.#context.clock.now();
    for (const feed of this.#feeds.values()) {
      feed.merge.forget();
      feed.blockAt = 0 as Micros;
      // Until the first book the longer patience holds.
      feed.heardAt = (now + FIRST_BOOK_MICROS - BOOK_SILENCE_MICROS) as Micros;
      feed.isSilent = false;
    }
    this.#answers.forgetTimes();
    this.#link("up", "market socket open");
  }

  #onText(line: MarketLine, bytes: Uint8Array, start: number, end: number, at: Micros): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    const watch = this.#watches[line.number]!;
    const outcome = watch.decode(bytes, start, end, at);
    if (outcome === "decoded") return;
    const { reason, lastInstrument } = watch.decoder;
    if (outcome === "refused") return this.#onRefused(reason, lastInstrument);
    counters.ignoredFrames++;
    if (reason === "subscription refused") {
      const found = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 200)));
      this.#once.warn("subscription refused", { found });
    }
  }

  #onRefused(reason: string, instrument: InstrumentIndex | undefined): void {
    this.#context.counters.refusedFrames++;
    this.#once.warn(`market frame refused: ${reason}`);
    this.#lines.interrupt("refused_frame", instrument);
  }

  #onDown(line: MarketLine, reason: string): void {
    this.#watches[line.number]!.onDown();
    this.#once.warn("market socket lost", { reason });
    if (this.#lines.up) return;
    this.#isUp = false;
    this.#link("down", reason);
  }

  #interrupt(instrument: InstrumentIndex, reason: FeedInterruption): void {
    this.#feeds.get(instrument)?.merge.loseBook();
    this.#lines.merge.expectSnapshot(instrument);
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
    for (const feed of this.#feeds.values()) {
      if (feed.isSilent || now - feed.heardAt < BOOK_SILENCE_MICROS) continue;
      feed.isSilent = true;
      this.#interrupt(feed.instrument.index, "silent");
    }
    for (const watch of this.#watches) watch.sweep(now);
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
    const answers = this.#answers;
    if (answers.decodeSnapshot(bytes, 0, bytes.length, index, at, this.#answered) !== "refused") {
      return true;
    }
    this.#context.counters.refusedFrames++;
    this.#once.warn(`snapshot refused: ${answers.reason}`);
    this.#asking.add(index);
    return false;
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
