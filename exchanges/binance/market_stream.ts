/**
 * IN 1: owns the market sockets of one product, subscribes, passes bytes to the decoder, asks for
 * snapshots.
 *
 *   down --open--> subscribing --first message of each stream--> flowing --lost--> down
 *                      |  a stream stays silent
 *                      +--> feed_interrupted "silent", connect anew, with more patience
 *
 * 1. USD-M needs two sockets: books on `/public`, trades, marks and status on `/market`.
 * 2. Sockets are renewed after 23 hours; while both deliver, repeated trades are dropped here and
 *    repeated deltas by the sequence rule.
 * 3. A frame that is refused interrupts the feed of its instrument, or of all of its socket's.
 * 4. One snapshot request per instrument at a time, with back-off until it succeeds.
 *
 * Source: venue documentation "WebSocket streams" of both products, read 2026-09.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros, Product } from "@/engine/domain/mod.ts";
import type { EngineEvent, FeedInterruption } from "@/engine/messages/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { fixedUrl, ReconnectBackoff, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import {
  HEARTBEAT,
  OnceLog,
  type ProductContext,
  ROTATE_AFTER_MS,
  ROTATE_OVERLAP_MS,
  type Session,
} from "./_product_context.ts";
import type { BinanceRest, Outcome } from "./_rest.ts";
import { combinedStreamUrl, type MarketRoute } from "./endpoints.ts";
import { BinanceMarketDecoder } from "./market_decoder.ts";

/** A safe number of streams on one connection; 1,024 are documented. */
const STREAMS_PER_SOCKET_MAX = 200;
const FIRST_MESSAGE_MS = 30_000;
const PATIENCE_MS_MAX = 600_000;
const REPEATED_TRADES_MAX = 4_096;

/** One socket with its share of the streams. */
interface Channel {
  readonly route: MarketRoute;
  readonly instruments: readonly Instrument[];
  readonly streams: readonly string[];
  /** What must be heard of each instrument for the socket to count as flowing. */
  readonly kinds: readonly EngineEvent["kind"][];
  readonly awaited: Set<string>;
  readonly session: Session;
  patienceMs: number;
  timer: number | undefined;
}

/** Market data of one product. */
export class MarketStream implements EventReceiver {
  readonly #context: ProductContext;
  readonly #rest: BinanceRest;
  readonly #decoder: BinanceMarketDecoder;
  readonly #instruments: readonly Instrument[];
  readonly #channels: Channel[];
  readonly #once: OnceLog;
  readonly #onLink: () => void;
  readonly #snapshots = new Set<InstrumentIndex>();
  /** Trades seen while two sockets deliver; undefined at all other times. */
  #overlapTrades: Set<string> | undefined;
  #current: Channel | undefined;
  #isStopped = false;
  #subscriptionId = 0;

  constructor(
    context: ProductContext,
    rest: BinanceRest,
    instruments: readonly Instrument[],
    onLink: () => void,
  ) {
    this.#context = context;
    this.#rest = rest;
    this.#instruments = instruments;
    this.#decoder = new BinanceMarketDecoder(instruments);
    this.#once = new OnceLog(context.log);
    this.#onLink = onLink;
    this.#channels = channelPlans(context.product, instruments).map((plan) => this.#open(plan));
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
  }

  stop(): void {
    this.#isStopped = true;
    for (const channel of this.#channels) {
      channel.session.stop();
      if (channel.timer !== undefined) this.#context.scheduler.cancel(channel.timer);
      channel.timer = undefined;
    }
  }

  /** An instrument follows other terms. */
  redefine(instrument: Instrument): void {
    this.#decoder.redefine(instrument);
  }

  /** Asks for a depth snapshot; while one is being asked for, a second request joins it. */
  requestSnapshot(index: InstrumentIndex): void {
    if (this.#snapshots.has(index)) return;
    const instrument = this.#instruments.find((candidate) => candidate.index === index);
    if (instrument === undefined) return;
    this.#snapshots.add(index);
    this.#askSnapshot(instrument, new ReconnectBackoff(this.#context.random));
  }

  /** Takes what the decoder understood. */
  deliver(event: EngineEvent): void {
    const channel = this.#current;
    if (channel !== undefined && channel.awaited.size > 0 && "instrument" in event) {
      channel.awaited.delete(`${event.kind}:${event.instrument}`);
    }
    if (this.#overlapTrades !== undefined && event.kind === "trade") {
      const name = `${event.instrument}:${event.tradeId}`;
      if (this.#overlapTrades.has(name)) return;
      if (this.#overlapTrades.size < REPEATED_TRADES_MAX) this.#overlapTrades.add(name);
    }
    this.#context.deliver(event);
  }

  #open(plan: Omit<Channel, "session">): Channel {
    const { product, addresses } = this.#context;
    const session = this.#context.openSession({
      name: `binance ${product} ${plan.route}`,
      urlFor: fixedUrl(combinedStreamUrl(addresses.public_ws, product, plan.route)),
      heartbeat: HEARTBEAT,
      rotateAfterMs: ROTATE_AFTER_MS,
      rotateOverlapMs: ROTATE_OVERLAP_MS,
      handler: {
        onUp: (connection, rotated) => this.#onUp(channel, connection, rotated),
        onText: (bytes, start, end, at) => this.#onText(channel, bytes, start, end, at),
        onDown: (reason) => this.#onDown(channel, reason),
      },
    });
    // The session calls back only after `start`, so the handler above sees the finished channel.
    const channel: Channel = { ...plan, session };
    return channel;
  }

  #onUp(channel: Channel, connection: WebSocketConnection, rotated: boolean): void {
    this.#subscriptionId++;
    connection.sendText(JSON.stringify({
      method: "SUBSCRIBE",
      params: channel.streams,
      id: this.#subscriptionId,
    }));
    if (rotated) {
      this.#overlapTrades ??= new Set();
      this.#context.scheduler.after(ROTATE_OVERLAP_MS * 2, () => {
        this.#overlapTrades = undefined;
      });
    }
    this.#awaitFirstMessages(channel);
    this.#onLink();
  }

  #awaitFirstMessages(channel: Channel): void {
    channel.awaited.clear();
    for (const instrument of channel.instruments) {
      for (const kind of channel.kinds) channel.awaited.add(`${kind}:${instrument.index}`);
    }
    if (channel.timer !== undefined) this.#context.scheduler.cancel(channel.timer);
    channel.timer = this.#context.scheduler.after(channel.patienceMs, () => {
      channel.timer = undefined;
      this.#onPatienceSpent(channel);
    });
  }

  /**
   * A stream asked for on a wrong route, or one that does not exist, is acknowledged and silent.
   */
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
    const outcome = this.#decoder.decode(bytes, start, end, at, this);
    this.#current = undefined;
    if (outcome === "decoded") return;
    if (outcome === "refused") return this.#onRefused(channel, this.#decoder.reason);
    counters.ignoredFrames++;
    if (this.#decoder.reason === "subscription refused") {
      this.#once.warn("subscription refused", { route: channel.route });
    } else if (this.#decoder.reason === "server shutdown") {
      channel.session.restart("server shutdown");
    }
  }

  #onRefused(channel: Channel, reason: string): void {
    this.#context.counters.refusedFrames++;
    this.#once.warn(`market frame refused: ${reason}`);
    const known = this.#decoder.lastInstrument;
    if (known !== undefined) return this.#interrupt(known, "refused_frame");
    if (channel.route !== "public") return;
    for (const { index } of channel.instruments) this.#interrupt(index, "refused_frame");
  }

  #onDown(channel: Channel, reason: string): void {
    channel.awaited.clear();
    if (channel.timer !== undefined) this.#context.scheduler.cancel(channel.timer);
    channel.timer = undefined;
    this.#once.warn("market socket lost", { route: channel.route, reason });
    this.#onLink();
    if (channel.route !== "public") return;
    for (const { index } of channel.instruments) this.#interrupt(index, "disconnected");
  }

  #interrupt(instrument: InstrumentIndex, reason: FeedInterruption): void {
    const at = this.#context.clock.now();
    this.#context.deliver({ kind: "feed_interrupted", instrument, at, reason });
  }

  #askSnapshot(instrument: Instrument, backoff: ReconnectBackoff): void {
    const isSpot = this.#context.product === "spot";
    const path = isSpot ? "/api/v3/depth" : "/fapi/v1/depth";
    const limit = isSpot ? "5000" : "1000";
    const symbol = instrument.terms.venueSymbol;
    this.#rest.send("GET", path, [["symbol", symbol], ["limit", limit]], "public", (outcome) => {
      if (this.#isStopped) return;
      if (this.#takeSnapshot(instrument, outcome)) return;
      this.#context.scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#askSnapshot(instrument, backoff);
      });
    });
  }

  #takeSnapshot(instrument: Instrument, outcome: Outcome): boolean {
    if (outcome.kind !== "ok") {
      const found = outcome.kind === "lost" ? outcome.reason : `${outcome.code} ${outcome.message}`;
      this.#once.warn("snapshot not received", { found });
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

/** Which streams go over which socket. */
function channelPlans(
  product: Product,
  instruments: readonly Instrument[],
): Omit<Channel, "session">[] {
  const routes:
    readonly (readonly [MarketRoute, readonly string[], readonly EngineEvent["kind"][]])[] =
      product === "spot"
        ? [["public", ["depth@100ms", "bookTicker", "trade"], ["book_delta", "best_bid_ask"]]]
        : [
          ["public", ["depth@100ms", "bookTicker"], ["book_delta", "best_bid_ask"]],
          ["market", ["aggTrade", "markPrice@1s"], ["mark_price"]],
        ];
  const plans: Omit<Channel, "session">[] = [];
  for (const [route, names, kinds] of routes) {
    const share = Math.floor((STREAMS_PER_SOCKET_MAX - 1) / names.length);
    for (let from = 0; from < instruments.length; from += share) {
      const part = instruments.slice(from, from + share);
      const streams = part.flatMap((instrument) =>
        names.map((name) => `${instrument.terms.venueSymbol.toLowerCase()}@${name}`)
      );
      if (route === "market" && from === 0) streams.push("!contractInfo");
      plans.push({
        route,
        instruments: part,
        streams,
        kinds,
        awaited: new Set(),
        patienceMs: FIRST_MESSAGE_MS,
        timer: undefined,
      });
    }
  }
  return plans;
}
