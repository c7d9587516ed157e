/**
 * IN 1: owns the public sockets of one product, subscribes, passes bytes to the decoder.
 *
 *   down --open--> subscribing --first message of each stream--> flowing --lost--> down
 *                      |  a stream stays silent
 *                      +--> feed_interrupted "silent", connect anew, with more patience
 *
 * 1. Topics go out ten to a request (spot's limit) and at most 20,000 characters to a socket. One
 *    wrong topic fails its request: the others of it are then asked for one by one.
 * 2. A snapshot is had by unsubscribing and subscribing again.
 * 3. While two sockets deliver, an instrument's stream is taken from the new one as soon as that
 *    has spoken; so a book is never fed by two. Repeated trades are dropped.
 * 4. A frame that is refused interrupts the feed of its instrument, or of all of its socket's.
 *
 * Source: venue documentation "WebSocket connect" and "Orderbook", read 2026-07.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros, Product } from "@/engine/domain/mod.ts";
import type { EngineEvent, FeedInterruption } from "@/engine/messages/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { DecodeMeter } from "@/exchanges/kit/mod.ts";
import { fixedUrl, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { objectOf, parseJson, textField, textOf } from "./_json.ts";
import {
  HEARTBEAT,
  OnceLog,
  ROTATE_AFTER_MS,
  ROTATE_OVERLAP_MS,
  type Session,
  type VenueContext,
} from "./_venue_context.ts";
import { publicUrl } from "./endpoints.ts";
import { BybitMarketDecoder } from "./market_decoder.ts";

/** Levels a side: pushed every 20 ms. */
const DEPTH = 50;
const TOPICS_PER_REQUEST_MAX = 10;
const TOPIC_CHARACTERS_MAX = 20_000;
const FIRST_MESSAGE_MS = 30_000;
const PATIENCE_MS_MAX = 600_000;
const REPEATED_TRADES_MAX = 4_096;
const REQUESTS_MAX = 4_096;

/** What a market stream is built with. */
export interface MarketStreamOptions {
  readonly product: Product;
  readonly publicWs: string;
  readonly instruments: readonly Instrument[];
  /** The stream went up or down. */
  readonly onLink: () => void;
}

/** One socket with its share of the topics. */
interface Channel {
  readonly instruments: readonly Instrument[];
  readonly topics: readonly string[];
  /** What must be heard of each instrument for the socket to count as flowing. */
  readonly awaited: Set<string>;
  readonly session: Session;
  /** The newest connection. */
  connection: WebSocketConnection | undefined;
  patienceMs: number;
  timer: number | undefined;
}

/** Market data of one product. */
export class MarketStream implements EventReceiver {
  readonly #context: VenueContext;
  readonly #meter: DecodeMeter;
  readonly #options: MarketStreamOptions;
  readonly #decoder: BybitMarketDecoder;
  readonly #channels: readonly Channel[];
  readonly #once: OnceLog;
  /** Topics of subscriptions without an answer, by request id. */
  readonly #requests = new Map<string, readonly string[]>();
  /** Streams heard on the newest connection while two deliver; undefined at all other times. */
  #taken: Set<string> | undefined;
  #overlapTrades: Set<string> | undefined;
  #overlapTimer: number | undefined;
  #current: Channel | undefined;
  #isFromOld = false;
  #requestId = 0;

  constructor(context: VenueContext, options: MarketStreamOptions) {
    this.#context = context;
    this.#meter = new DecodeMeter(context.clock, context.counters);
    this.#options = options;
    this.#decoder = new BybitMarketDecoder(options.instruments, { touchHasSequence: false });
    this.#once = new OnceLog(context.log);
    this.#channels = shares(options).map((instruments) => this.#open(instruments));
  }

  /** All sockets are open. */
  get up(): boolean {
    return this.#channels.every((channel) => channel.session.up);
  }

  /** Frames that the decoder's scanner could not read. */
  get fallbacks(): number {
    return this.#decoder.fallbacks;
  }

  start(): void {
    for (const channel of this.#channels) channel.session.start();
  }

  stop(): void {
    for (const channel of this.#channels) {
      channel.session.stop();
      this.#clearTimer(channel);
    }
    if (this.#overlapTimer !== undefined) this.#context.scheduler.cancel(this.#overlapTimer);
    this.#overlapTimer = undefined;
  }

  /** An instrument has other grids from now on. */
  redefine(instrument: Instrument): void {
    this.#decoder.redefine(instrument);
  }

  /** Subscribes the book of an instrument anew; while the socket is down that comes by itself. */
  requestSnapshot(index: InstrumentIndex): void {
    for (const channel of this.#channels) {
      const instrument = channel.instruments.find((one) => one.index === index);
      if (instrument === undefined || !channel.session.up) continue;
      const topics = [`orderbook.${DEPTH}.${instrument.terms.venueSymbol}`];
      channel.session.send(this.#request("unsubscribe", topics));
      channel.session.send(this.#request("subscribe", topics));
    }
  }

  /** Takes what the decoder understood. */
  deliver(event: EngineEvent): void {
    const channel = this.#isFromOld ? undefined : this.#current;
    if (channel !== undefined && channel.awaited.size > 0 && "instrument" in event) {
      channel.awaited.delete(`${event.kind}:${event.instrument}`);
    }
    if (this.#taken !== undefined && "instrument" in event && this.#isRepeated(event)) return;
    this.#context.deliver(event);
  }

  /** While two sockets deliver: whether the newer one has said this stream already. */
  #isRepeated(event: EngineEvent & { readonly instrument?: InstrumentIndex | undefined }): boolean {
    if (event.kind === "trade") {
      const seen = this.#overlapTrades!;
      const name = `${event.instrument}:${event.tradeId}`;
      if (seen.has(name)) return true;
      if (seen.size < REPEATED_TRADES_MAX) seen.add(name);
      return false;
    }
    const kind = event.kind === "book_delta" ? "book_snapshot" : event.kind;
    const stream = `${kind}:${event.instrument}`;
    if (this.#isFromOld) return this.#taken!.has(stream);
    this.#taken!.add(stream);
    return false;
  }

  #open(instruments: readonly Instrument[]): Channel {
    const { product, publicWs } = this.#options;
    const session = this.#context.openSession({
      name: `bybit ${product} market`,
      urlFor: fixedUrl(publicUrl(publicWs, product)),
      heartbeat: HEARTBEAT,
      rotateAfterMs: ROTATE_AFTER_MS,
      rotateOverlapMs: ROTATE_OVERLAP_MS,
      handler: {
        onUp: (connection, rotated) => this.#onUp(channel, connection, rotated),
        onText: (bytes, start, end, at, connection) =>
          this.#onText(channel, bytes, start, end, at, connection),
        onDown: (reason) => this.#onDown(channel, reason),
      },
    });
    // The session calls back only after `start`, so the handler above sees the finished channel.
    const channel: Channel = {
      instruments,
      topics: instruments.flatMap((instrument) => topicsOf(instrument)),
      awaited: new Set(),
      session,
      connection: undefined,
      patienceMs: FIRST_MESSAGE_MS,
      timer: undefined,
    };
    return channel;
  }

  #onUp(channel: Channel, connection: WebSocketConnection, rotated: boolean): void {
    channel.connection = connection;
    if (rotated) this.#beginOverlap();
    for (let from = 0; from < channel.topics.length; from += TOPICS_PER_REQUEST_MAX) {
      const topics = channel.topics.slice(from, from + TOPICS_PER_REQUEST_MAX);
      connection.sendText(this.#request("subscribe", topics));
    }
    this.#awaitFirstMessages(channel);
    this.#options.onLink();
  }

  #beginOverlap(): void {
    this.#taken = new Set();
    this.#overlapTrades ??= new Set();
    if (this.#overlapTimer !== undefined) this.#context.scheduler.cancel(this.#overlapTimer);
    this.#overlapTimer = this.#context.scheduler.after(ROTATE_OVERLAP_MS * 2, () => {
      this.#overlapTimer = undefined;
      this.#taken = undefined;
      this.#overlapTrades = undefined;
    });
  }

  #request(op: "subscribe" | "unsubscribe", topics: readonly string[]): string {
    const id = `m${++this.#requestId}`;
    if (op === "subscribe") {
      if (this.#requests.size >= REQUESTS_MAX) this.#requests.clear();
      this.#requests.set(id, topics);
    }
    return JSON.stringify({ req_id: id, op, args: topics });
  }

  #awaitFirstMessages(channel: Channel): void {
    channel.awaited.clear();
    const kinds = this.#options.product === "spot"
      ? ["book_snapshot", "best_bid_ask"]
      : ["book_snapshot", "best_bid_ask", "mark_price"];
    for (const { index } of channel.instruments) {
      for (const kind of kinds) channel.awaited.add(`${kind}:${index}`);
    }
    this.#clearTimer(channel);
    channel.timer = this.#context.scheduler.after(channel.patienceMs, () => {
      channel.timer = undefined;
      this.#onPatienceSpent(channel);
    });
  }

  /** A topic may be acknowledged and stay silent all the same. */
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
    for (const { index } of channel.instruments) {
      if (channel.awaited.has(`book_snapshot:${index}`)) this.#interrupt(index, "silent");
    }
    channel.patienceMs = Math.min(PATIENCE_MS_MAX, channel.patienceMs * 2);
    channel.session.restart("streams stay silent");
  }

  #onText(
    channel: Channel,
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    connection: WebSocketConnection,
  ): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    this.#current = channel;
    this.#isFromOld = this.#taken !== undefined && connection !== channel.connection;
    const outcome = this.#meter.decode(this.#decoder, bytes, start, end, at, this);
    this.#current = undefined;
    if (outcome === "decoded") return;
    if (outcome === "refused") return this.#onRefused(channel, this.#decoder.reason);
    counters.ignoredFrames++;
    const { reason } = this.#decoder;
    if (reason !== "acknowledgement" && reason !== "subscription refused") return;
    const answer = objectOf(parseJson(textOf(bytes, start, end))) ?? {};
    const id = textField(answer, "req_id");
    const topics = this.#requests.get(id);
    this.#requests.delete(id);
    if (reason === "acknowledgement") return;
    this.#once.warn("subscription refused", { found: textField(answer, "ret_msg").slice(0, 120) });
    if (topics === undefined || topics.length < 2) return;
    for (const topic of topics) connection.sendText(this.#request("subscribe", [topic]));
  }

  #onRefused(channel: Channel, reason: string): void {
    this.#context.counters.refusedFrames++;
    this.#once.warn(`market frame refused: ${reason}`);
    const known = this.#decoder.lastInstrument;
    if (known !== undefined) return this.#interrupt(known, "refused_frame");
    for (const { index } of channel.instruments) this.#interrupt(index, "refused_frame");
  }

  #onDown(channel: Channel, reason: string): void {
    channel.connection = undefined;
    channel.awaited.clear();
    this.#clearTimer(channel);
    this.#once.warn("market socket lost", { product: this.#options.product, reason });
    this.#options.onLink();
    for (const { index } of channel.instruments) this.#interrupt(index, "disconnected");
  }

  #clearTimer(channel: Channel): void {
    if (channel.timer !== undefined) this.#context.scheduler.cancel(channel.timer);
    channel.timer = undefined;
  }

  #interrupt(instrument: InstrumentIndex, reason: FeedInterruption): void {
    const at = this.#context.clock.now();
    this.#context.deliver({ kind: "feed_interrupted", instrument, at, reason });
  }
}

function topicsOf({ terms }: Instrument): readonly string[] {
  const names = [`orderbook.${DEPTH}`, "orderbook.1", "publicTrade"];
  if (terms.product === "perpetual") names.push("tickers");
  return names.map((name) => `${name}.${terms.venueSymbol}`);
}

/** Instruments by socket: topics of one socket together stay below the venue's length limit. */
function shares({ instruments }: MarketStreamOptions): Instrument[][] {
  const out: Instrument[][] = [];
  let length = Infinity;
  for (const instrument of instruments) {
    const own = topicsOf(instrument).reduce((sum, topic) => sum + topic.length + 3, 0);
    if (length + own > TOPIC_CHARACTERS_MAX) {
      out.push([]);
      length = 0;
    }
    out.at(-1)!.push(instrument);
    length += own;
  }
  return out;
}
