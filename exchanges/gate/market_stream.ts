/**
 * IN 1: owns the market sockets of one product, subscribes, passes bytes to the decoder, gets whole
 * books.
 *
 *   down --open--> subscribing --first message of each stream--> flowing --lost--> down
 *                      |  a stream stays silent
 *                      +--> feed_interrupted "silent", connect anew, with more patience
 *
 * 1. Depth comes over `obu` (the whole book is pushed first; a lost book is subscribed to anew) or,
 *    where told so, over `order_book_update` with REST snapshots.
 * 2. A subscription is atomic: one bad name would fail its whole payload, so names are checked
 *    first and a refused batch is asked for again, one by one, once.
 * 3. Data may come before the acknowledgement of its subscription.
 * 4. While two sockets deliver, repeated trades are dropped here and repeated deltas by the
 *    sequence rule.
 * 5. A frame that is refused interrupts the feed of its instrument, or of all of its socket's.
 * 6. The venue tells of halts and of the next funding over REST only: both are asked for.
 *
 * Source: venue documentation "WebSocket v4" of both products, read 2026-09.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros, Price, Result } from "@/engine/domain/mod.ts";
import type { EngineEvent, FeedInterruption } from "@/engine/messages/mod.ts";
import type { EventReceiver, RefreshedInstrument } from "@/engine/ports/mod.ts";
import { DecodeMeter } from "@/exchanges/kit/mod.ts";
import { ReconnectBackoff, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { integerField, objectOf, parseJson, textOf } from "./_json.ts";
import type { MovableSession } from "./_moving_session.ts";
import { OnceLog, type ProductContext, ROTATE_OVERLAP_MS } from "./_product_context.ts";
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
const FIRST_MESSAGE_MS = 30_000;
const PATIENCE_MS_MAX = 600_000;
const REPEATED_TRADES_MAX = 4_096;
/** How far beyond the best ask a spot market buy may go, in parts of a thousand. */
const PROTECTION_PERMILLE = 10;

/** One socket with its share of the instruments. */
interface Channel {
  readonly instruments: readonly Instrument[];
  /** What must be heard of each instrument for the socket to count as flowing. */
  readonly awaited: Set<string>;
  readonly subscriptions: Subscriptions;
  readonly session: MovableSession;
  connection: WebSocketConnection | undefined;
  patienceMs: number;
  timer: number | undefined;
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
  /** Trades seen while two sockets deliver; undefined at all other times. */
  #overlapTrades: Set<string> | undefined;
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
    this.#decoder = new GateMarketDecoder(instruments, { confirmsWholeBooks: true });
    this.#once = new OnceLog(context.log);
    this.#poller = new StatusPoller(context, rest, instruments, this.#decoder, options.listed);
    this.#onLink = options.onLink;
    this.#channels = [];
    for (let from = 0; from < instruments.length; from += INSTRUMENTS_PER_SOCKET_MAX) {
      this.#channels.push(this.#open(instruments.slice(from, from + INSTRUMENTS_PER_SOCKET_MAX)));
    }
  }

  /** All sockets are open. */
  get up(): boolean {
    return this.#channels.every((channel) => channel.session.up);
  }

  /** Whether an instrument is of this product. */
  has(index: InstrumentIndex): boolean {
    return this.#instruments.some((instrument) => instrument.index === index);
  }

  /** Frames that the decoder's scanner could not read. */
  get fallbacks(): number {
    return this.#decoder.fallbacks;
  }

  start(): void {
    for (const channel of this.#channels) channel.session.start();
    this.#poller.start();
  }

  /** What the venue lists now of these instruments. */
  refreshListing(done: (listed: Result<readonly RefreshedInstrument[]>) => void): void {
    this.#poller.refresh(done);
  }

  stop(): void {
    this.#isStopped = true;
    this.#poller.stop();
    for (const channel of this.#channels) {
      channel.session.stop();
      if (channel.timer !== undefined) this.#context.scheduler.cancel(channel.timer);
      channel.timer = undefined;
    }
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
    const channel = this.#channels.find((one) => one.instruments.includes(instrument));
    if (channel?.connection === undefined || channel.connection.state !== "open") return;
    this.#decoder.expectWholeBook(instrument);
    channel.subscriptions.depthAnew(channel.connection, instrument, this.#seconds());
  }

  /** Takes what the decoder understood. */
  deliver(event: EngineEvent): void {
    const channel = this.#current;
    if (channel !== undefined && channel.awaited.size > 0 && "instrument" in event) {
      channel.awaited.delete(`${event.kind}:${event.instrument}`);
    }
    if (event.kind === "best_bid_ask" && event.askSize > 0) {
      this.#asks.set(event.instrument, event.ask);
    }
    if (this.#overlapTrades !== undefined && event.kind === "trade") {
      const name = `${event.instrument}:${event.tradeId}`;
      if (this.#overlapTrades.has(name)) return;
      if (this.#overlapTrades.size < REPEATED_TRADES_MAX) this.#overlapTrades.add(name);
    }
    this.#context.deliver(event);
  }

  #seconds(): number {
    return Math.floor(this.#rest.timestampMs() / 1_000);
  }

  #open(instruments: readonly Instrument[]): Channel {
    const { product, addresses } = this.#context;
    const session = this.#context.openSession({
      name: `gate ${product} market`,
      url: socketUrl(addresses.public_ws, product),
      handler: {
        onUp: (connection, rotated) => this.#onUp(channel, connection, rotated),
        onText: (bytes, start, end, at) => this.#onText(channel, bytes, start, end, at),
        onDown: (reason) => this.#onDown(channel, reason),
      },
    });
    // The session calls back only after `start`, so the handler above sees the finished channel.
    const channel: Channel = {
      instruments,
      awaited: new Set(),
      subscriptions: new Subscriptions(product, instruments, this.#depth),
      session,
      connection: undefined,
      patienceMs: FIRST_MESSAGE_MS,
      timer: undefined,
    };
    return channel;
  }

  #onUp(channel: Channel, connection: WebSocketConnection, rotated: boolean): void {
    channel.connection = connection;
    if (rotated) {
      this.#overlapTrades ??= new Set();
      this.#decoder.isOverlapping = true;
      this.#context.scheduler.after(ROTATE_OVERLAP_MS * 2, () => {
        this.#overlapTrades = undefined;
        this.#decoder.isOverlapping = false;
      });
    } else if (this.#depth === "obu") {
      for (const instrument of channel.instruments) this.#decoder.expectWholeBook(instrument);
    }
    channel.subscriptions.all(connection, this.#seconds());
    this.#awaitFirstMessages(channel);
    this.#onLink();
  }

  #awaitFirstMessages(channel: Channel): void {
    const kinds = ["book_delta", "best_bid_ask"];
    if (this.#context.product === "perpetual") kinds.push("mark_price");
    channel.awaited.clear();
    for (const instrument of channel.instruments) {
      for (const kind of kinds) channel.awaited.add(`${kind}:${instrument.index}`);
    }
    if (channel.timer !== undefined) this.#context.scheduler.cancel(channel.timer);
    channel.timer = this.#context.scheduler.after(channel.patienceMs, () => {
      channel.timer = undefined;
      this.#onPatienceSpent(channel);
    });
  }

  /** A stream may be acknowledged and stay silent. */
  #onPatienceSpent(channel: Channel): void {
    if (channel.awaited.size === 0 || !channel.session.up) {
      channel.patienceMs = FIRST_MESSAGE_MS;
      return;
    }
    const silent = [...channel.awaited];
    this.#context.log.log("warn", "streams stay silent after subscribing", {
      streams: silent.slice(0, 8).join(" "),
      count: silent.length,
    });
    for (const instrument of channel.instruments) {
      if (channel.awaited.has(`book_delta:${instrument.index}`)) {
        this.#interrupt(instrument.index, "silent");
      }
    }
    channel.patienceMs = Math.min(PATIENCE_MS_MAX, channel.patienceMs * 2);
    channel.session.restart("streams stay silent");
  }

  #onText(channel: Channel, bytes: Uint8Array, start: number, end: number, at: Micros): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    this.#current = channel;
    const outcome = this.#meter.decode(this.#decoder, bytes, start, end, at, this);
    this.#current = undefined;
    if (outcome === "decoded") return;
    const { reason, lastInstrument } = this.#decoder;
    if (outcome === "refused") return this.#onRefused(channel, reason, lastInstrument);
    counters.ignoredFrames++;
    if (reason === "subscription refused") this.#onNoSubscription(channel, bytes, start, end);
    else if (reason === "connection will close") channel.session.renew();
  }

  /** Invariant 2. */
  #onNoSubscription(channel: Channel, bytes: Uint8Array, start: number, end: number): void {
    const frame = objectOf(parseJson(textOf(bytes, start, end))) ?? {};
    const id = integerField(frame, "id") ?? 0;
    const { connection } = channel;
    const names = connection === undefined
      ? undefined
      : channel.subscriptions.onRefused(connection, id, this.#seconds());
    this.#once.warn("subscription refused", {
      found: JSON.stringify(frame["error"] ?? {}).slice(0, 200),
      streams: (names ?? []).slice(0, 8).join(" "),
    });
  }

  #onRefused(channel: Channel, reason: string, known: InstrumentIndex | undefined): void {
    this.#context.counters.refusedFrames++;
    this.#once.warn(`market frame refused: ${reason}`);
    if (known !== undefined) return this.#interrupt(known, "refused_frame");
    for (const { index } of channel.instruments) this.#interrupt(index, "refused_frame");
  }

  #onDown(channel: Channel, reason: string): void {
    channel.awaited.clear();
    channel.connection = undefined;
    if (channel.timer !== undefined) this.#context.scheduler.cancel(channel.timer);
    channel.timer = undefined;
    this.#once.warn("market socket lost", { reason });
    this.#onLink();
    for (const { index } of channel.instruments) this.#interrupt(index, "disconnected");
  }

  #interrupt(instrument: InstrumentIndex, reason: FeedInterruption): void {
    const at = this.#context.clock.now();
    this.#context.deliver({ kind: "feed_interrupted", instrument, at, reason });
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
