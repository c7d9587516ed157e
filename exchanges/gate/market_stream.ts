/**
 * IN 1: owns the market sockets of one product, subscribes, passes bytes to the decoder, gets whole
 * books.
 *
 * 1. Depth comes over `obu` (the whole book is pushed first; a lost book is subscribed to anew) or,
 *    where told so, over `order_book_update` with REST snapshots.
 * 2. A subscription is atomic: one bad name would fail its whole payload, so names are checked
 *    first and a refused batch is asked for again, one by one, once.
 * 3. Data may come before the acknowledgement of its subscription.
 * 4. Ids of books are of the venue (best bid and ask count by them too), not of the connection, so
 *    what several connections say is merged; each has a decoder of its own.
 * 5. A frame that is refused interrupts the feed of its instrument, or of all of its socket's.
 * 6. The venue tells of halts and of the next funding over REST only: both are asked for.
 *
 * Source: venue documentation "WebSocket v4" of both products, read 2026-09.
 * @module
 */
import type {
  Instrument,
  InstrumentIndex,
  Micros,
  Price,
  Product,
  Result,
} from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { EventReceiver, RefreshedInstrument } from "@/engine/ports/mod.ts";
import { DecodeMeter, type MarketLine, MarketLines } from "@/exchanges/kit/mod.ts";
import { ReconnectBackoff } from "@/exchanges/shared/mod.ts";
import { integerField, objectOf, parseJson, textOf } from "./_json.ts";
import { OnceLog, type ProductContext, ROTATE_AFTER_MS } from "./_product_context.ts";
import { StatusPoller } from "./_status_poller.ts";
import { type GateRest, get, type Outcome, wordsOf } from "./_rest.ts";
import { Subscriptions } from "./_subscriptions.ts";
import { socketUrl } from "./endpoints.ts";
import type { GateInstrument } from "./instruments.ts";
import { GateMarketDecoder } from "./market_decoder.ts";
import { symbolQuery } from "./order_encoder.ts";

/** Where books come from. */
export type DepthChannel = "obu" | "order_book_update";

const INSTRUMENTS_PER_SOCKET_MAX = 50;
/** How far beyond the best ask a spot market buy may go, in parts of a thousand. */
const PROTECTION_PERMILLE = 10;
/** What must be heard of each instrument for a socket to count as flowing. */
const AWAITED: Readonly<Record<Product, readonly EngineEvent["kind"][]>> = {
  spot: ["book_delta", "best_bid_ask"],
  perpetual: ["book_delta", "best_bid_ask", "mark_price"],
};

/** A share of the instruments and the connections that carry it. */
interface Channel {
  readonly lines: MarketLines;
  /** By line. */
  readonly subscriptions: readonly Subscriptions[];
  /** By connection. */
  readonly decoders: GateMarketDecoder[];
}

/** What a stream is told beside its instruments. */
export interface MarketStreamOptions {
  readonly depth: DepthChannel;
  /** What the venue's listing said of an instrument. */
  readonly listed: (instrument: Instrument) => GateInstrument | undefined;
  /** A socket came up or went down. */
  readonly onLink: () => void;
}

/** Market data of one product. */
export class MarketStream implements EventReceiver {
  readonly #context: ProductContext;
  readonly #meter: DecodeMeter;
  readonly #rest: GateRest;
  /** Reads REST snapshots. */
  readonly #decoder: GateMarketDecoder;
  readonly #instruments: readonly Instrument[];
  readonly #channels: Channel[];
  readonly #depth: DepthChannel;
  readonly #poller: StatusPoller;
  readonly #once: OnceLog;
  readonly #onLink: () => void;
  readonly #snapshots = new Set<InstrumentIndex>();
  /** Best asks of spot instruments, for market buys. */
  readonly #asks = new Map<InstrumentIndex, Price>();
  /** When funding is paid next, as REST says. */
  readonly #fundingAt = new Map<Instrument, Micros>();
  #current: Channel | undefined;
  #isStopped = false;

  constructor(
    context: ProductContext,
    rest: GateRest,
    instruments: readonly Instrument[],
    options: MarketStreamOptions,
  ) {
    this.#context = context;
    this.#meter = new DecodeMeter(context.clock, context.counters);
    this.#rest = rest;
    this.#instruments = instruments;
    this.#depth = options.depth;
    this.#decoder = new GateMarketDecoder(instruments);
    this.#once = new OnceLog(context.log);
    this.#poller = new StatusPoller(
      context,
      rest,
      instruments,
      (instrument, at) => this.#setFundingAt(instrument, at),
      options.listed,
    );
    this.#onLink = options.onLink;
    this.#channels = [];
    for (let from = 0; from < instruments.length; from += INSTRUMENTS_PER_SOCKET_MAX) {
      this.#channels.push(this.#open(instruments.slice(from, from + INSTRUMENTS_PER_SOCKET_MAX)));
    }
  }

  /** Every share of the instruments has an open socket. */
  get up(): boolean {
    return this.#channels.every((channel) => channel.lines.up);
  }

  /** Whether an instrument is of this product. */
  has(index: InstrumentIndex): boolean {
    return this.#instruments.some((instrument) => instrument.index === index);
  }

  /** Frames that the decoder's scanner could not read. */
  get fallbacks(): number {
    return this.#decodersOfAll().reduce((sum, decoder) => sum + decoder.fallbacks, 0);
  }

  start(): void {
    for (const channel of this.#channels) channel.lines.start();
    this.#poller.start();
  }

  /** What the venue lists now of these instruments. */
  refreshListing(done: (listed: Result<readonly RefreshedInstrument[]>) => void): void {
    this.#poller.refresh(done);
  }

  stop(): void {
    this.#isStopped = true;
    this.#poller.stop();
    for (const channel of this.#channels) channel.lines.stop();
  }

  /** An instrument counts on other grids: what is kept in ticks is forgotten. */
  redefine({ index }: Instrument): void {
    this.#asks.delete(index);
    const channel = this.#channels.find(({ lines }) => lines.has(index));
    channel?.lines.merge.regrid(index);
  }

  /** A limit a little beyond the best ask; undefined before the first was heard. */
  protectivePrice(instrument: Instrument): Price | undefined {
    const ask = this.#asks.get(instrument.index);
    if (ask === undefined) return undefined;
    return instrument.roundToOrderPrice("sell", ask * (1 + PROTECTION_PERMILLE / 1_000));
  }

  /** Gets the whole book of an instrument; a second request meanwhile joins the first. */
  requestSnapshot(index: InstrumentIndex): void {
    const instrument = this.#instruments.find((candidate) => candidate.index === index);
    if (instrument === undefined || this.#snapshots.has(index)) return;
    if (this.#depth === "order_book_update") {
      this.#snapshots.add(index);
      return this.#askSnapshot(instrument, new ReconnectBackoff(this.#context.random));
    }
    const channel = this.#channels.find((one) => one.lines.has(index))!;
    channel.lines.merge.expectSnapshot(index);
    const line = channel.lines.next();
    if (line?.connection?.state !== "open") return;
    channel.decoders[line.source]!.expectWholeBook(instrument);
    channel.subscriptions[line.number]!.depthAnew(line.connection, instrument, this.#seconds());
  }

  /** Takes what a decoder understood; REST snapshots come over no line. */
  deliver(event: EngineEvent): void {
    if (event.kind === "best_bid_ask" && event.askSize > 0) {
      this.#asks.set(event.instrument, event.ask);
    }
    if (this.#current === undefined) this.#context.deliver(event);
    else this.#current.lines.deliver(event);
  }

  #seconds(): number {
    return Math.floor(this.#rest.timestampMs() / 1_000);
  }

  #open(instruments: readonly Instrument[]): Channel {
    const { product, addresses, marketConnections, clock, scheduler, log } = this.#context;
    const lines: MarketLines = new MarketLines({
      name: `gate ${product} market`,
      count: marketConnections,
      instruments,
      awaited: () => AWAITED[product],
      bookKind: "book_delta",
      numbering: "contiguous",
      takesSnapshots: false,
      rotateAfterMs: ROTATE_AFTER_MS,
      clock,
      scheduler,
      log,
      openSession: (line) =>
        this.#context.openSession({ ...line, url: socketUrl(addresses.public_ws, product) }),
      deliver: (event) => this.#context.deliver(event),
      handler: {
        onUp: (line) => this.#onUp(channel, line),
        onText: (line, bytes, start, end, at) => this.#onText(channel, line, bytes, start, end, at),
        onDown: (_line, reason) => {
          this.#once.warn("market socket lost", { reason });
          this.#onLink();
        },
      },
    });
    // Lines call back only after `start`, so the handler above sees the finished channel.
    const channel: Channel = {
      lines,
      subscriptions: lines.lines.map(() => new Subscriptions(product, instruments, this.#depth)),
      decoders: [],
    };
    return channel;
  }

  #onUp(channel: Channel, line: MarketLine): void {
    const decoder = new GateMarketDecoder(channel.lines.instruments, { confirmsWholeBooks: true });
    for (const instrument of channel.lines.instruments) {
      const at = this.#fundingAt.get(instrument);
      if (at !== undefined) decoder.setFundingAt(instrument, at);
    }
    channel.decoders[line.source] = decoder;
    channel.subscriptions[line.number]!.all(line.connection!, this.#seconds());
    this.#onLink();
  }

  #setFundingAt(instrument: Instrument, at: Micros): void {
    this.#fundingAt.set(instrument, at);
    for (const decoder of this.#decodersOfAll()) decoder.setFundingAt(instrument, at);
  }

  #decodersOfAll(): readonly GateMarketDecoder[] {
    return this.#channels.flatMap(({ decoders }) => decoders);
  }

  #onText(
    channel: Channel,
    line: MarketLine,
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
  ): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    const decoder = channel.decoders[line.speaker]!;
    this.#current = channel;
    const outcome = this.#meter.decode(decoder, bytes, start, end, at, this);
    this.#current = undefined;
    if (outcome === "decoded") return;
    const { reason, lastInstrument } = decoder;
    if (outcome === "refused") {
      counters.refusedFrames++;
      this.#once.warn(`market frame refused: ${reason}`);
      return channel.lines.interrupt("refused_frame", lastInstrument);
    }
    counters.ignoredFrames++;
    if (reason === "subscription refused") {
      this.#onNoSubscription(channel, line, bytes, start, end);
    } else if (reason === "connection will close" && line.isCurrent) line.renew();
  }

  /** Invariant 2. */
  #onNoSubscription(
    channel: Channel,
    line: MarketLine,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const frame = objectOf(parseJson(textOf(bytes, start, end))) ?? {};
    const id = integerField(frame, "id") ?? 0;
    const { connection } = line;
    const names = connection === undefined
      ? undefined
      : channel.subscriptions[line.number]!.onRefused(connection, id, this.#seconds());
    this.#once.warn("subscription refused", {
      found: JSON.stringify(frame["error"] ?? {}).slice(0, 200),
      streams: (names ?? []).slice(0, 8).join(" "),
    });
  }

  #askSnapshot(instrument: Instrument, backoff: ReconnectBackoff): void {
    const isSpot = this.#context.product === "spot";
    const path = isSpot ? "/spot/order_book" : "/futures/usdt/order_book";
    const query = `${symbolQuery(instrument)}&limit=100&with_id=true`;
    this.#rest.send(get(path, query), "public", (outcome) => {
      if (this.#isStopped) return;
      if (this.#takeSnapshot(instrument, outcome)) return;
      this.#context.scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#askSnapshot(instrument, backoff);
      });
    });
  }

  #takeSnapshot(instrument: Instrument, outcome: Outcome): boolean {
    if (outcome.kind !== "ok") {
      this.#once.warn("snapshot not received", { found: wordsOf(outcome) });
      return false;
    }
    // Before delivery: the receiver may ask for the next one at once.
    this.#snapshots.delete(instrument.index);
    const { bytes, at } = outcome;
    const read = this.#decoder.decodeSnapshot(bytes, 0, bytes.length, instrument.index, at, this);
    if (read === "decoded") return true;
    this.#context.counters.refusedFrames++;
    this.#once.warn(`snapshot refused: ${this.#decoder.reason}`);
    this.#snapshots.add(instrument.index);
    return false;
  }
}
