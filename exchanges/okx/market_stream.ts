/**
 * IN 1: owns the public sockets, subscribes, passes bytes to the decoder, subscribes books anew.
 *
 *   down --open--> subscribed --snapshot of each book--> flowing --lost--> down
 *                      |  a book stays silent
 *                      +--> feed_interrupted "silent", connect anew, with more patience
 *
 *   book: flowing --asked for--> unsubscribing --acknowledged--> subscribing --snapshot--> flowing
 *
 * 1. Between the unsubscription and the new snapshot deltas of that book are dropped: old ones may
 *    still come.
 * 2. While two connections deliver, a book follows the newest one that gave it a snapshot, and
 *    repeated trades are dropped.
 * 3. A book that says nothing for longer than its keep-alive (60 s) is not believed.
 * 4. Operations are counted: near the venue's 480 an hour the socket is renewed instead.
 *
 * Source: venue documentation "WebSocket", "Order book channel", read 2026-09.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import type { EngineEvent, FeedInterruption } from "@/engine/messages/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { DecodeMeter } from "@/exchanges/kit/mod.ts";
import { idField, type JsonObject, objectOf, textField } from "./_json.ts";
import { RenewingSocket, type SocketLink } from "./_renewing_socket.ts";
import { OnceLog, type VenueContext } from "./_venue_context.ts";
import { socketUrl } from "./endpoints.ts";
import { OkxMarketDecoder } from "./market_decoder.ts";

/** Deep books on one connection; fewer than 30 are advised. */
const BOOKS_PER_SOCKET_MAX = 25;
const FIRST_MESSAGE_MS = 10_000;
const PATIENCE_MS_MAX = 600_000;
const ACK_TIMEOUT_MS = 5_000;
const SILENCE_CHECK_MS = 5_000;
/** The keep-alive comes every 60 s. */
const SILENCE_MICROS_MAX = 75_000_000;
const OPERATIONS_MAX = 460;
const REPEATED_TRADES_MAX = 4_096;

/** What a book is doing. */
type BookState = "flowing" | "unsubscribing" | "subscribing";

/** One instrument's book on its socket. */
interface Book {
  instrument: Instrument;
  state: BookState;
  timer: number | undefined;
  heardAt: number;
  /** Generation of the connection whose snapshot stands. */
  owner: number;
}

/** One socket with its share of the instruments. */
interface Share {
  readonly isFirst: boolean;
  readonly books: ReadonlyMap<InstrumentIndex, Book>;
  readonly socket: RenewingSocket;
  readonly awaited: Set<string>;
  operations: number;
  patienceMs: number;
  timer: number | undefined;
}

/** Market data. */
export class MarketStream implements EventReceiver {
  readonly #context: VenueContext;
  readonly #meter: DecodeMeter;
  readonly #shares: readonly Share[];
  readonly #once: OnceLog;
  readonly #onLink: () => void;
  readonly #onListing: () => void;
  readonly #instruments: readonly Instrument[];
  #decoder: OkxMarketDecoder;
  #share: Share | undefined;
  #generation = 0;
  /** Trades seen while two connections deliver; undefined at all other times. */
  #overlapTrades: Set<string> | undefined;
  #silenceTimer: number | undefined;
  #counter = 0;

  constructor(
    context: VenueContext,
    instruments: readonly Instrument[],
    onLink: () => void,
    onListing: () => void,
  ) {
    this.#context = context;
    this.#meter = new DecodeMeter(context.clock, context.counters);
    this.#instruments = instruments;
    this.#decoder = new OkxMarketDecoder(instruments);
    this.#once = new OnceLog(context.log);
    this.#onLink = onLink;
    this.#onListing = onListing;
    const shares: Share[] = [];
    for (let from = 0; from < instruments.length; from += BOOKS_PER_SOCKET_MAX) {
      shares.push(this.#open(instruments.slice(from, from + BOOKS_PER_SOCKET_MAX), from === 0));
    }
    this.#shares = shares;
  }

  /** All sockets are open and subscribed. */
  get up(): boolean {
    return this.#shares.every((share) => share.socket.isReady);
  }

  /** Frames that the decoder's scanner could not read. */
  get fallbacks(): number {
    return this.#decoder.fallbacks;
  }

  start(): void {
    for (const share of this.#shares) share.socket.start();
    this.#watchSilence();
  }

  stop(): void {
    if (this.#silenceTimer !== undefined) this.#context.scheduler.cancel(this.#silenceTimer);
    this.#silenceTimer = undefined;
    for (const share of this.#shares) {
      share.socket.stop();
      this.#clear(share);
    }
  }

  /** Subscribes a book anew; while that is under way, a second request joins it. */
  requestSnapshot(index: InstrumentIndex): void {
    const share = this.#shares.find((one) => one.books.has(index));
    const book = share?.books.get(index);
    // A socket that is down subscribes everything when it opens.
    if (share === undefined || book === undefined || !share.socket.isReady) return;
    if (book.state !== "flowing" || share.awaited.has(bookName(index))) return;
    if (share.operations >= OPERATIONS_MAX) return share.socket.renew();
    if (!this.#operate(share, "unsubscribe", [bookArg(book.instrument)])) return;
    this.#move(share, book, "unsubscribing");
  }

  /** Takes what the decoder understood. */
  deliver(event: EngineEvent): void {
    const share = this.#share;
    if (share === undefined) return;
    if (event.kind === "book_snapshot") {
      const book = share.books.get(event.instrument);
      if (book === undefined || this.#generation < book.owner) return;
      book.owner = this.#generation;
      book.heardAt = event.at;
      share.awaited.delete(bookName(event.instrument));
      if (book.state === "unsubscribing") return;
      this.#settle(book);
    } else if (event.kind === "book_delta") {
      const book = share.books.get(event.instrument);
      if (book === undefined || this.#generation !== book.owner) return;
      book.heardAt = event.at;
      if (book.state !== "flowing") return;
    } else if (event.kind === "trade" && this.#isRepeated(share, event.instrument, event.tradeId)) {
      return;
    } else if (event.kind === "mark_price") {
      share.awaited.delete(`mark:${event.instrument}`);
    }
    this.#context.deliver(event);
  }

  #isRepeated(share: Share, instrument: InstrumentIndex, id: string): boolean {
    if (!share.socket.isDoubled) {
      this.#overlapTrades = undefined;
      return false;
    }
    const seen = this.#overlapTrades ??= new Set();
    const name = `${instrument}:${id}`;
    if (seen.has(name)) return true;
    if (seen.size < REPEATED_TRADES_MAX) seen.add(name);
    return false;
  }

  #open(instruments: readonly Instrument[], isFirst: boolean): Share {
    const books = new Map<InstrumentIndex, Book>();
    for (const instrument of instruments) {
      books.set(instrument.index, {
        instrument,
        state: "flowing",
        timer: undefined,
        heardAt: 0,
        owner: 0,
      });
    }
    const url = socketUrl(this.#context.addresses.public_ws, "public");
    const socket = new RenewingSocket(this.#context, "market", url, {
      onUp: (link) => this.#onUp(share, link),
      onText: (link, bytes, start, end, at) => this.#onText(share, link, bytes, start, end, at),
      onDown: (reason) => this.#onDown(share, reason),
    });
    const share: Share = {
      isFirst,
      books,
      socket,
      awaited: new Set(),
      operations: 0,
      patienceMs: FIRST_MESSAGE_MS,
      timer: undefined,
    };
    return share;
  }

  #onUp(share: Share, link: SocketLink): void {
    const now = this.#context.clock.now();
    const args: Record<string, string>[] = [];
    share.awaited.clear();
    for (const book of share.books.values()) {
      const { instrument } = book;
      this.#settle(book);
      book.heardAt = now;
      share.awaited.add(bookName(instrument.index));
      args.push(...argsOf(instrument));
      if (instrument.terms.product === "perpetual") share.awaited.add(`mark:${instrument.index}`);
    }
    if (share.isFirst) {
      const types = new Set(this.#instruments.map(({ terms }) => terms.product));
      if (types.has("spot")) args.push({ channel: "instruments", instType: "SPOT" });
      if (types.has("perpetual")) args.push({ channel: "instruments", instType: "SWAP" });
      args.push({ channel: "status" });
    }
    share.operations = 1;
    link.send(JSON.stringify({ id: this.#nextId(), op: "subscribe", args }));
    share.socket.markReady(link);
    this.#awaitFirstMessages(share);
    this.#onLink();
  }

  #awaitFirstMessages(share: Share): void {
    if (share.timer !== undefined) this.#context.scheduler.cancel(share.timer);
    share.timer = this.#context.scheduler.after(share.patienceMs, () => {
      share.timer = undefined;
      this.#onPatienceSpent(share);
    });
  }

  #onPatienceSpent(share: Share): void {
    if (share.awaited.size === 0 || !share.socket.isReady) {
      share.patienceMs = FIRST_MESSAGE_MS;
      return;
    }
    const silent = [...share.awaited];
    this.#context.log.log("warn", "channels stay silent after subscribing", {
      channels: silent.slice(0, 8).join(" "),
      count: silent.length,
    });
    for (const index of share.books.keys()) {
      if (share.awaited.has(bookName(index))) this.#interrupt(index, "silent");
    }
    share.patienceMs = Math.min(PATIENCE_MS_MAX, share.patienceMs * 2);
    share.socket.restart("channels stay silent");
  }

  #onText(
    share: Share,
    link: SocketLink,
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
  ): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    this.#share = share;
    this.#generation = link.generation;
    const outcome = this.#meter.decode(this.#decoder, bytes, start, end, at, this);
    this.#share = undefined;
    if (outcome === "decoded") {
      if (this.#decoder.hasOtherTerms) this.#onListing();
      return;
    }
    if (outcome === "refused") return this.#onRefused(share, this.#decoder.reason);
    counters.ignoredFrames++;
    const control = this.#decoder.lastControl;
    if (control !== undefined) this.#onControl(share, link, control);
  }

  #onControl(share: Share, link: SocketLink, frame: JsonObject): void {
    const event = textField(frame, "event");
    if (event === "unsubscribe") return this.#onUnsubscribed(share, frame);
    if (event === "notice") return share.socket.renew();
    if (event !== "error") return;
    const code = idField(frame, "code");
    this.#once.warn("subscription refused", { code, found: textField(frame, "msg").slice(0, 120) });
    if (code === "63999") share.socket.restart("internal error of the venue", link);
  }

  #onUnsubscribed(share: Share, frame: JsonObject): void {
    const name = textField(objectOf(frame["arg"]) ?? {}, "instId");
    for (const book of share.books.values()) {
      if (book.instrument.terms.venueSymbol !== name || book.state !== "unsubscribing") continue;
      this.#move(share, book, "subscribing");
      this.#operate(share, "subscribe", [bookArg(book.instrument)]);
    }
  }

  #onRefused(share: Share, reason: string): void {
    this.#context.counters.refusedFrames++;
    this.#once.warn(`market frame refused: ${reason}`);
    const known = this.#decoder.lastInstrument;
    if (known !== undefined) return this.#interrupt(known, "refused_frame");
    for (const index of share.books.keys()) this.#interrupt(index, "refused_frame");
  }

  #onDown(share: Share, reason: string): void {
    this.#clear(share);
    this.#once.warn("market socket lost", { reason });
    this.#onLink();
    for (const index of share.books.keys()) this.#interrupt(index, "disconnected");
  }

  #clear(share: Share): void {
    share.awaited.clear();
    if (share.timer !== undefined) this.#context.scheduler.cancel(share.timer);
    share.timer = undefined;
    for (const book of share.books.values()) this.#settle(book);
  }

  #settle(book: Book): void {
    if (book.timer !== undefined) this.#context.scheduler.cancel(book.timer);
    book.timer = undefined;
    book.state = "flowing";
  }

  #move(share: Share, book: Book, state: BookState): void {
    this.#settle(book);
    book.state = state;
    const waitMs = state === "unsubscribing" ? ACK_TIMEOUT_MS : FIRST_MESSAGE_MS;
    book.timer = this.#context.scheduler.after(waitMs, () => {
      book.timer = undefined;
      this.#once.warn("a book was not subscribed anew in time", { state });
      share.socket.restart("a book was not subscribed anew in time");
    });
  }

  #operate(
    share: Share,
    op: "subscribe" | "unsubscribe",
    args: readonly Record<string, string>[],
  ): boolean {
    share.operations++;
    return share.socket.send(JSON.stringify({ id: this.#nextId(), op, args }));
  }

  #nextId(): string {
    return `m${++this.#counter}`;
  }

  #watchSilence(): void {
    this.#silenceTimer = this.#context.scheduler.after(SILENCE_CHECK_MS, () => {
      const now = this.#context.clock.now();
      for (const share of this.#shares) {
        if (!share.socket.isReady) continue;
        for (const [index, book] of share.books) {
          if (book.state !== "flowing" || now - book.heardAt < SILENCE_MICROS_MAX) continue;
          if (share.awaited.has(bookName(index))) continue;
          book.heardAt = now;
          this.#interrupt(index, "silent");
        }
      }
      this.#watchSilence();
    });
  }

  #interrupt(instrument: InstrumentIndex, reason: FeedInterruption): void {
    const at = this.#context.clock.now();
    this.#context.deliver({ kind: "feed_interrupted", instrument, at, reason });
  }
}

function bookName(index: InstrumentIndex): string {
  return `book:${index}`;
}

function bookArg({ terms }: Instrument): Record<string, string> {
  return { channel: "books", instId: terms.venueSymbol };
}

function argsOf(instrument: Instrument): Record<string, string>[] {
  const instId = instrument.terms.venueSymbol;
  const channels = instrument.terms.product === "spot"
    ? ["books", "bbo-tbt", "trades"]
    : ["books", "bbo-tbt", "trades", "mark-price", "funding-rate"];
  return channels.map((channel) => ({ channel, instId }));
}
