/**
 * IN 1: owns the public sockets, subscribes, passes bytes to the decoder, subscribes books anew.
 *
 *   book: flowing --asked for--> unsubscribing --acknowledged--> subscribing --snapshot--> flowing
 *
 * 1. Between the unsubscription and the new snapshot what that connection says of the book is
 *    dropped: old deltas may still come. Another line goes on meanwhile.
 * 2. Ids of books are of the venue, not of the connection, so what several connections say is
 *    merged.
 * 3. A book that says nothing for longer than its keep-alive (60 s) is not believed, and subscribed
 *    anew.
 * 4. Operations are counted by connection: near the venue's 480 an hour it is renewed instead, as
 *    it is when the venue announces an upgrade. No other life time is documented.
 *
 * Source: venue documentation "WebSocket", "Order book channel", read 2026-09.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros, Product } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { DecodeMeter, type MarketLine, MarketLines } from "@/exchanges/kit/mod.ts";
import { fixedUrl } from "@/exchanges/shared/mod.ts";
import { idField, type JsonObject, objectOf, textField } from "./_json.ts";
import { HEARTBEAT, OnceLog, type VenueContext } from "./_venue_context.ts";
import { socketUrl } from "./endpoints.ts";
import { OkxMarketDecoder } from "./market_decoder.ts";

/** Deep books on one connection; fewer than 30 are advised. */
const BOOKS_PER_SOCKET_MAX = 25;
const FIRST_MESSAGE_MS = 10_000;
const ACK_TIMEOUT_MS = 5_000;
const SILENCE_CHECK_MS = 5_000;
/** The keep-alive comes every 60 s. */
const SILENCE_MICROS_MAX = 75_000_000;
const OPERATIONS_MAX = 460;
/** What must be heard of each instrument for a socket to count as flowing. */
const AWAITED: Readonly<Record<Product, readonly EngineEvent["kind"][]>> = {
  spot: ["book_snapshot"],
  perpetual: ["book_snapshot", "mark_price"],
};
/** How long a connection that is replaced still delivers. */
const OVERLAP_MS = 5_000;

/** What a book is doing. */
type BookState = "flowing" | "unsubscribing" | "subscribing";

/** One instrument's book on the newest connection of a line. */
interface Book {
  state: BookState;
  timer: number | undefined;
  heardAt: number;
}

/** What is known of the newest connection of a line. */
interface LineState {
  readonly books: ReadonlyMap<InstrumentIndex, Book>;
  operations: number;
}

/** A share of the instruments and the connections that carry it. */
interface Share {
  readonly isFirst: boolean;
  readonly lines: MarketLines;
  /** By line. */
  readonly states: readonly LineState[];
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
  /** Whose frame is being read. */
  #share: Share | undefined;
  #line: MarketLine | undefined;
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

  /** Every share of the instruments has an open socket. */
  get up(): boolean {
    return this.#shares.every((share) => share.lines.up);
  }

  /** Frames that the decoder's scanner could not read. */
  get fallbacks(): number {
    return this.#decoder.fallbacks;
  }

  start(): void {
    for (const share of this.#shares) share.lines.start();
    this.#watchSilence();
  }

  /** An instrument counts on other grids; the decoder reads them where they stand. */
  redefine({ index }: Instrument): void {
    for (const { lines } of this.#shares) if (lines.has(index)) lines.merge.regrid(index);
  }

  stop(): void {
    if (this.#silenceTimer !== undefined) this.#context.scheduler.cancel(this.#silenceTimer);
    this.#silenceTimer = undefined;
    for (const share of this.#shares) {
      share.lines.stop();
      for (const state of share.states) this.#clear(state);
    }
  }

  /** Subscribes a book anew; while that is under way, a second request joins it. */
  requestSnapshot(index: InstrumentIndex): void {
    const share = this.#shares.find((one) => one.lines.has(index));
    if (share === undefined) return;
    share.lines.merge.expectSnapshot(index);
    // Lines that are down subscribe everything when they open.
    const line = share.lines.next();
    if (line !== undefined) this.#takeAnew(share, line, index);
  }

  /** Takes what the decoder understood. */
  deliver(event: EngineEvent): void {
    const lines = this.#share?.lines;
    if (lines === undefined || this.#line === undefined) return;
    if (event.kind === "book_snapshot" || event.kind === "book_delta") {
      const book = this.#line.isCurrent
        ? this.#share?.states[this.#line.number]?.books.get(event.instrument)
        : undefined;
      if (book !== undefined && !this.#flows(book, event)) return;
    }
    lines.deliver(event);
  }

  /** Whether what the newest connection says of a book belongs to its subscription. */
  #flows(book: Book, event: EngineEvent): boolean {
    book.heardAt = event.at;
    if (event.kind === "book_snapshot" && book.state === "subscribing") this.#settle(book);
    return book.state === "flowing";
  }

  #open(instruments: readonly Instrument[], isFirst: boolean): Share {
    const { addresses, marketConnections, clock, scheduler, log } = this.#context;
    const lines: MarketLines = new MarketLines({
      name: "okx market",
      count: marketConnections,
      instruments,
      awaited: ({ terms }) => AWAITED[terms.product],
      bookKind: "book_snapshot",
      numbering: "chained",
      takesSnapshots: true,
      patienceMs: FIRST_MESSAGE_MS,
      clock,
      scheduler,
      log,
      openSession: (line) =>
        this.#context.openSession({
          ...line,
          urlFor: fixedUrl(socketUrl(addresses.public_ws, "public")),
          heartbeat: HEARTBEAT,
          rotateOverlapMs: OVERLAP_MS,
        }),
      deliver: (event) => this.#context.deliver(event),
      handler: {
        onUp: (line) => this.#onUp(share, line),
        onText: (line, bytes, start, end, at) => this.#onText(share, line, bytes, start, end, at),
        onDown: (line, reason) => {
          this.#clear(share.states[line.number]!);
          this.#once.warn("market socket lost", { reason });
          this.#onLink();
        },
      },
    });
    const states = lines.lines.map((): LineState => ({
      books: new Map(instruments.map(({ index }) => [index, newBook()])),
      operations: 0,
    }));
    // Lines call back only after `start`, so the handler above sees the finished share.
    const share: Share = { isFirst, lines, states };
    return share;
  }

  #onUp(share: Share, line: MarketLine): void {
    const now = this.#context.clock.now();
    const state = share.states[line.number]!;
    this.#clear(state);
    for (const book of state.books.values()) {
      book.heardAt = now;
      book.state = "subscribing";
    }
    const args = share.lines.instruments.flatMap((instrument) => argsOf(instrument));
    if (share.isFirst) {
      const types = new Set(this.#instruments.map(({ terms }) => terms.product));
      if (types.has("spot")) args.push({ channel: "instruments", instType: "SPOT" });
      if (types.has("perpetual")) args.push({ channel: "instruments", instType: "SWAP" });
      args.push({ channel: "status" });
    }
    state.operations = 1;
    line.send(JSON.stringify({ id: this.#nextId(), op: "subscribe", args }));
    this.#onLink();
  }

  #onText(
    share: Share,
    line: MarketLine,
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
  ): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    this.#share = share;
    this.#line = line;
    const outcome = this.#meter.decode(this.#decoder, bytes, start, end, at, this);
    this.#share = undefined;
    this.#line = undefined;
    if (outcome === "decoded") {
      // But for a word that is not known.
      if (this.#decoder.reason !== "") this.#once.warn(this.#decoder.reason);
      if (this.#decoder.hasOtherTerms) this.#onListing();
      return;
    }
    if (outcome === "refused") {
      counters.refusedFrames++;
      this.#once.warn(`market frame refused: ${this.#decoder.reason}`);
      return share.lines.interrupt("refused_frame", this.#decoder.lastInstrument);
    }
    counters.ignoredFrames++;
    const control = this.#decoder.lastControl;
    if (control !== undefined && line.isCurrent) this.#onControl(share, line, control);
  }

  #onControl(share: Share, line: MarketLine, frame: JsonObject): void {
    const event = textField(frame, "event");
    if (event === "unsubscribe") return this.#onUnsubscribed(share, line, frame);
    if (event === "notice") return line.renew();
    if (event !== "error") return;
    const code = idField(frame, "code");
    this.#once.warn("subscription refused", { code, found: textField(frame, "msg").slice(0, 120) });
    if (code === "63999") line.restart("internal error of the venue");
  }

  /** Drops a line's book and takes it again, unless that is under way. */
  #takeAnew(share: Share, line: MarketLine, index: InstrumentIndex): void {
    const state = share.states[line.number]!;
    const book = state.books.get(index);
    const instrument = share.lines.instruments.find((one) => one.index === index);
    if (book?.state !== "flowing" || instrument === undefined) return;
    if (state.operations >= OPERATIONS_MAX) return line.renew();
    if (this.#operate(state, line, "unsubscribe", instrument)) {
      this.#move(line, book, "unsubscribing");
    }
  }

  #onUnsubscribed(share: Share, line: MarketLine, frame: JsonObject): void {
    const name = textField(objectOf(frame["arg"]) ?? {}, "instId");
    const state = share.states[line.number]!;
    for (const instrument of share.lines.instruments) {
      const book = state.books.get(instrument.index)!;
      if (instrument.terms.venueSymbol !== name || book.state !== "unsubscribing") continue;
      this.#move(line, book, "subscribing");
      this.#operate(state, line, "subscribe", instrument);
    }
  }

  #clear(state: LineState): void {
    for (const book of state.books.values()) this.#settle(book);
  }

  #settle(book: Book): void {
    if (book.timer !== undefined) this.#context.scheduler.cancel(book.timer);
    book.timer = undefined;
    book.state = "flowing";
  }

  #move(line: MarketLine, book: Book, state: BookState): void {
    this.#settle(book);
    book.state = state;
    const waitMs = state === "unsubscribing" ? ACK_TIMEOUT_MS : FIRST_MESSAGE_MS;
    book.timer = this.#context.scheduler.after(waitMs, () => {
      book.timer = undefined;
      this.#once.warn("a book was not subscribed anew in time", { state });
      line.restart("a book was not subscribed anew in time");
    });
  }

  #operate(
    state: LineState,
    line: MarketLine,
    op: "subscribe" | "unsubscribe",
    { terms }: Instrument,
  ): boolean {
    state.operations++;
    const args = [{ channel: "books", instId: terms.venueSymbol }];
    return line.send(JSON.stringify({ id: this.#nextId(), op, args }));
  }

  #nextId(): string {
    return `m${++this.#counter}`;
  }

  #watchSilence(): void {
    this.#silenceTimer = this.#context.scheduler.after(SILENCE_CHECK_MS, () => {
      const now = this.#context.clock.now();
      for (const share of this.#shares) {
        for (const line of share.lines.lines) {
          if (line.up) this.#lookForSilence(share, line, now);
        }
      }
      this.#watchSilence();
    });
  }

  #lookForSilence(share: Share, line: MarketLine, now: Micros): void {
    for (const [index, book] of share.states[line.number]!.books) {
      if (book.state !== "flowing" || now - book.heardAt < SILENCE_MICROS_MAX) continue;
      book.heardAt = now;
      share.lines.interruptOf(line, "silent", index);
      this.#takeAnew(share, line, index);
    }
  }
}

function newBook(): Book {
  return { state: "flowing", timer: undefined, heardAt: 0 };
}

function argsOf(instrument: Instrument): Record<string, string>[] {
  const instId = instrument.terms.venueSymbol;
  const channels = instrument.terms.product === "spot"
    ? ["books", "bbo-tbt", "trades"]
    : ["books", "bbo-tbt", "trades", "mark-price", "funding-rate"];
  return channels.map((channel) => ({ channel, instId }));
}
