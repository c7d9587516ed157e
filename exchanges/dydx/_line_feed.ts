/**
 * `LineFeed`: one socket of a share of the markets: subscribes, decodes, notices what is missing
 * or silent, and keeps the whole book of each market, also while another line is followed.
 *
 *   down --open--> waiting --connected--> subscribing --all answered--> flowing --> down
 *                     |                        |                           |
 *                     +------ too late --------+--- message missing, no block ---> anew
 *
 * 1. Every subscription must be answered, trades and prices too; one that the indexer could not
 *    serve is asked for again after a pause.
 * 2. Liveness is a block: the venue's pings prove a socket, not an indexer.
 * 3. A missing message starts the connection anew; a refused frame only its own book.
 * 4. A book that was lost here and that another line keeps is handed over, and told to nobody.
 *
 * Source: venue sheet sections 2.1 and 2.2.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import { type BookSnapshot, type EngineEvent, SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { DecodeMeter, type MarketLine, type MarketLines } from "@/exchanges/kit/mod.ts";
import { SnapshotScratch, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { BookAudit } from "./_book_audit.ts";
import type { BookSlot, KnownConnection } from "./_book_slot.ts";
import {
  BLOCK_SILENCE_MS,
  type DydxContext,
  OnceLog,
  SUBSCRIBE_TIMEOUT_MS,
  subscription,
} from "./_context.ts";
import { type BookLevels, DydxMarketDecoder } from "./market_decoder.ts";

const WATCH_MS = 1_000;
const REFUSED_PAUSE_MS = 1_500;

/** What a line feed is made of. */
export interface LineFeedOptions {
  readonly context: DydxContext;
  readonly line: MarketLine;
  /** The lines it is one of. */
  readonly lines: MarketLines;
  readonly instruments: readonly Instrument[];
  readonly once: OnceLog;
  /** A book began anew on this line. */
  readonly onBook: (index: InstrumentIndex) => void;
  readonly onHeight: (height: number) => void;
}

/** One book of the line, and what its audit found so far. */
interface KeptBook {
  readonly slot: BookSlot;
  readonly audit: BookAudit;
}

/** One socket with its share of the instruments. */
export class LineFeed implements EventReceiver {
  readonly line: MarketLine;
  readonly decoder: DydxMarketDecoder;
  readonly #options: LineFeedOptions;
  readonly #meter: DecodeMeter;
  readonly #books = new Map<InstrumentIndex, KeptBook>();
  readonly #tickers = new Map<string, InstrumentIndex>();
  /** Subscriptions without an answer: channel and market. */
  readonly #unanswered = new Set<string>();
  readonly #snapshot = new SnapshotScratch();
  #known: KnownConnection | undefined;
  /** The newest connection was greeted, and everything asked for on it. */
  #isGreeted = false;
  #heardBlockAt: Micros;
  /** When a subscription was asked for last. */
  #askedAt: Micros;
  #losses = 0;
  readonly #timers = new Set<number>();
  #watchTimer: number | undefined;

  constructor(options: LineFeedOptions) {
    this.#options = options;
    this.#meter = new DecodeMeter(options.context.clock, options.context.counters);
    this.line = options.line;
    this.decoder = new DydxMarketDecoder(options.instruments);
    this.#heardBlockAt = options.context.clock.now();
    this.#askedAt = this.#heardBlockAt;
    for (const slot of this.decoder.slots.all) {
      const { index, terms } = slot.instrument;
      this.#books.set(index, { slot, audit: new BookAudit(slot) });
      this.#tickers.set(terms.venueSymbol, index);
    }
  }

  /** The book is what the venue said on this line. */
  isTrue(index: InstrumentIndex): boolean {
    return this.line.up && this.#books.get(index)?.slot.isTrue === true;
  }

  /** The whole book as this line keeps it; undefined where it is not true. Scratch. */
  bookOf(index: InstrumentIndex): BookSnapshot | undefined {
    const book = this.#books.get(index);
    if (book === undefined || !this.isTrue(index)) return undefined;
    const snapshot = this.#snapshot.begin(index, this.#options.context.clock.now());
    book.slot.levels.write(snapshot.bids, snapshot.asks);
    snapshot.sequence = book.slot.sequence;
    return snapshot;
  }

  /** A connection opened; subscriptions wait for the venue's `connected`, which names it. */
  onUp(): void {
    this.#heardBlockAt = this.#options.context.clock.now();
    this.#askedAt = this.#heardBlockAt;
    this.#unanswered.clear();
    this.#isGreeted = false;
    // Until it is named and asked, everything is awaited.
    for (const ticker of this.#tickers.keys()) this.#unanswered.add(topicOf(BOOK, ticker));
    this.#watch();
  }

  onDown(): void {
    this.#unanswered.clear();
    for (const { slot } of this.#books.values()) slot.isTrue = false;
    this.stop();
  }

  /** No timer is left. */
  stop(): void {
    const { scheduler } = this.#options.context;
    if (this.#watchTimer !== undefined) scheduler.cancel(this.#watchTimer);
    this.#watchTimer = undefined;
    for (const timer of this.#timers) scheduler.cancel(timer);
    this.#timers.clear();
  }

  /** Subscribes one book anew; while its snapshot is awaited, a second request joins the first. */
  renewBook(index: InstrumentIndex): void {
    const ticker = this.#books.get(index)?.slot.instrument.terms.venueSymbol;
    const { connection } = this.line;
    if (ticker === undefined || connection === undefined || !this.line.up) return;
    if (this.#unanswered.has(topicOf(BOOK, ticker))) return;
    this.#request(connection, "unsubscribe", BOOK, ticker);
    this.#request(connection, "subscribe", BOOK, ticker);
    this.#watch();
  }

  onText(bytes: Uint8Array, start: number, end: number, at: Micros): void {
    const { context, once } = this.#options;
    const { counters } = context;
    const { decoder } = this;
    counters.messages++;
    counters.bytes += end - start;
    const outcome = this.#meter.decode(decoder, bytes, start, end, at, this);
    if (outcome === "ignored") counters.ignoredFrames++;
    if (outcome === "refused") this.#onRefused();
    // Decoded, but for a word that is not known.
    else if (outcome === "decoded" && decoder.reason !== "") once.warn(decoder.reason);
    if (decoder.answered !== "") this.#onAnswer();
    if (decoder.losses > this.#losses) {
      this.#losses = decoder.losses;
      once.warn("a message of the market socket is missing");
      // A connection that is being replaced is not worth the one that takes over.
      if (this.line.isCurrent) this.line.restart("message missing");
      return;
    }
    if (outcome === "ignored") this.#onIgnored(at);
  }

  /** Takes what the decoder understood. */
  deliver(event: EngineEvent): void {
    const { lines, onBook } = this.#options;
    if (event.kind === "book_snapshot") {
      this.#books.get(event.instrument)?.audit.reset();
      onBook(event.instrument);
    }
    // A delta without a predecessor where the book is lost: what another line keeps is followed.
    const isLost = event.kind === "book_delta" && event.previousSequence === SEQUENCE_NONE &&
      !this.isTrue(event.instrument);
    if (isLost && lines.handOver(event.instrument)) return;
    lines.deliver(event);
  }

  /** Compares a book with what REST says and corrects it; how many levels, and whether to look
   * again soon. */
  audit(
    index: InstrumentIndex,
    bytes: Uint8Array,
    at: Micros,
  ): { readonly corrected: number; readonly hasSuspects: boolean } | undefined {
    const { slot, audit } = this.#books.get(index)!;
    const theirs = this.decoder.readRest(bytes, 0, bytes.length, slot);
    if (theirs === undefined) return undefined;
    const wrong: BookLevels = audit.compare(theirs);
    const corrected = wrong.bids.count + wrong.asks.count;
    if (corrected > 0) {
      const receiver = {
        deliver: (event: EngineEvent) => this.#options.lines.deliverAs(this.line, event),
      };
      this.decoder.correct(slot, wrong, at, receiver);
    }
    return { corrected, hasSuspects: audit.hasSuspects };
  }

  #subscribeAll(connection: WebSocketConnection): void {
    this.#request(connection, "subscribe", BLOCKS);
    this.#request(connection, "subscribe", MARKETS);
    for (const ticker of this.#tickers.keys()) {
      this.#request(connection, "subscribe", BOOK, ticker);
      this.#request(connection, "subscribe", TRADES, ticker);
    }
  }

  #request(
    connection: WebSocketConnection,
    type: "subscribe" | "unsubscribe",
    channel: string,
    id?: string,
  ): void {
    this.#known?.counter.noteRequest();
    if (type === "subscribe") {
      this.#unanswered.add(topicOf(channel, id));
      this.#askedAt = this.#options.context.clock.now();
    }
    connection.sendText(subscription(type, channel, id));
  }

  #onAnswer(): void {
    const { answered, lastInstrument } = this.decoder;
    const slot = lastInstrument === undefined ? undefined : this.#books.get(lastInstrument)?.slot;
    this.#unanswered.delete(topicOf(answered, slot?.instrument.terms.venueSymbol));
  }

  #onIgnored(at: Micros): void {
    const { decoder } = this;
    const { connection, isCurrent } = this.line;
    switch (decoder.reason) {
      case "connected":
        // Who greets twice is not asked twice: the venue refuses what is subscribed already.
        if (connection === undefined || !isCurrent || this.#isGreeted) return;
        this.#isGreeted = true;
        this.#known = decoder.lastConnection;
        return this.#subscribeAll(connection);
      case "block height":
        this.#heardBlockAt = at;
        return this.#options.onHeight(decoder.blockHeight);
      case "subscription refused":
        this.#options.once.warn(`subscription refused: ${decoder.errorText}`);
        return this.#askAgain(decoder.refusedTopic);
      default:
        return;
    }
  }

  /** The indexer could not answer now: the same is asked after a pause, on the same connection. */
  #askAgain(topic: string): void {
    const { connection } = this.line;
    if (!this.decoder.errorText.startsWith("Internal error") || !this.#unanswered.has(topic)) {
      return;
    }
    const timer = this.#options.context.scheduler.after(REFUSED_PAUSE_MS, () => {
      this.#timers.delete(timer);
      if (connection === undefined || this.line.connection !== connection) return;
      const [channel, id] = topic.split(" ");
      if (this.#unanswered.has(topic)) this.#request(connection, "subscribe", channel!, id);
    });
    this.#timers.add(timer);
  }

  /** Looks after the socket: answers that do not come, blocks that are no longer told. */
  #watch(): void {
    const { scheduler, clock } = this.#options.context;
    if (this.#watchTimer !== undefined) return;
    this.#watchTimer = scheduler.after(WATCH_MS, () => {
      this.#watchTimer = undefined;
      if (!this.line.up) return;
      const now = clock.now();
      if (this.#unanswered.size > 0 && now - this.#askedAt >= SUBSCRIBE_TIMEOUT_MS * 1_000) {
        const books = [...this.#tickers].filter(([ticker]) =>
          this.#unanswered.has(topicOf(BOOK, ticker))
        );
        this.#restart("subscriptions stay unanswered", books.map(([, index]) => index));
      } else if (now - this.#heardBlockAt >= BLOCK_SILENCE_MS * 1_000) {
        this.#restart("no block for too long", [...this.#books.keys()]);
      } else this.#watch();
    });
  }

  #restart(reason: string, silent: readonly InstrumentIndex[]): void {
    const { context, lines } = this.#options;
    context.log.log("warn", reason, { books: silent.length });
    for (const index of silent) {
      const book = this.#books.get(index);
      if (book !== undefined) book.slot.isTrue = false;
      lines.interruptOf(this.line, "silent", index);
    }
    this.line.restart(reason);
  }

  #onRefused(): void {
    const { context, lines, once } = this.#options;
    context.counters.refusedFrames++;
    once.warn(`market frame refused: ${this.decoder.reason}`);
    const known = this.decoder.lastInstrument;
    const hit = known === undefined ? [...this.#books.keys()] : [known];
    for (const index of hit) {
      this.#books.get(index)!.slot.isTrue = false;
      // Who takes over asks for nothing, so the line mends itself.
      if (lines.handOver(index)) this.renewBook(index);
      else lines.interrupt("refused_frame", index);
    }
  }
}

const BOOK = "v4_orderbook";
const TRADES = "v4_trades";
const MARKETS = "v4_markets";
const BLOCKS = "v4_block_height";

/** Channel and market as one name. */
function topicOf(channel: string, id?: string): string {
  return id === undefined || channel === MARKETS || channel === BLOCKS
    ? channel
    : `${channel} ${id}`;
}
