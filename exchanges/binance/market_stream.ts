/**
 * IN 1: owns the market sockets of one product, subscribes, passes bytes to the decoder, asks for
 * snapshots.
 *
 * 1. USD-M needs two sockets: books on `/public`, trades, marks and status on `/market`. A stream
 *    asked for on a wrong route is acknowledged and silent: `MarketLines` has a timer for it.
 * 2. Sockets are renewed after 23 hours and when the venue announces a shutdown; update ids are of
 *    the venue, not of the connection, so what several connections say is merged.
 * 3. A frame that is refused interrupts the feed of its instrument, or of all of its socket's.
 * 4. One snapshot request per instrument at a time, with back-off until it succeeds.
 *
 * Source: venue documentation "WebSocket streams" of both products, read 2026-09.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros, Product } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { DecodeMeter, type MarketLine, MarketLines } from "@/exchanges/kit/mod.ts";
import { fixedUrl, ReconnectBackoff, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import {
  HEARTBEAT,
  OnceLog,
  type ProductContext,
  ROTATE_AFTER_MS,
  ROTATE_OVERLAP_MS,
} from "./_product_context.ts";
import type { BinanceRest, Outcome } from "./_rest.ts";
import { combinedStreamUrl, type MarketRoute } from "./endpoints.ts";
import { BinanceMarketDecoder } from "./market_decoder.ts";

/** A safe number of streams on one connection; 1,024 are documented. */
const STREAMS_PER_SOCKET_MAX = 200;

/** What goes over one socket. */
interface Plan {
  readonly route: MarketRoute;
  readonly instruments: readonly Instrument[];
  readonly streams: readonly string[];
  /** What must be heard of each instrument for the socket to count as flowing. */
  readonly kinds: readonly EngineEvent["kind"][];
}

/** A plan and the connections that carry it. */
interface Channel extends Plan {
  readonly lines: MarketLines;
}

/** Market data of one product. */
export class MarketStream implements EventReceiver {
  readonly #context: ProductContext;
  readonly #meter: DecodeMeter;
  readonly #rest: BinanceRest;
  readonly #decoder: BinanceMarketDecoder;
  readonly #instruments: readonly Instrument[];
  readonly #channels: readonly Channel[];
  readonly #once: OnceLog;
  readonly #onLink: () => void;
  readonly #snapshots = new Set<InstrumentIndex>();
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
    this.#meter = new DecodeMeter(context.clock, context.counters);
    this.#rest = rest;
    this.#instruments = instruments;
    this.#decoder = new BinanceMarketDecoder(instruments);
    this.#once = new OnceLog(context.log);
    this.#onLink = onLink;
    this.#channels = channelPlans(context.product, instruments).map((plan) => this.#open(plan));
  }

  /** Every plan has an open socket. */
  get up(): boolean {
    return this.#channels.every((channel) => channel.lines.up);
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
    for (const channel of this.#channels) channel.lines.start();
  }

  stop(): void {
    this.#isStopped = true;
    for (const channel of this.#channels) channel.lines.stop();
  }

  /** An instrument follows other terms. */
  redefine(instrument: Instrument): void {
    this.#decoder.redefine(instrument);
    for (const { lines } of this.#channels) {
      if (lines.has(instrument.index)) lines.merge.regrid(instrument.index);
    }
  }

  /** Asks for a depth snapshot; while one is being asked for, a second request joins it. */
  requestSnapshot(index: InstrumentIndex): void {
    if (this.#snapshots.has(index)) return;
    const instrument = this.#instruments.find((candidate) => candidate.index === index);
    if (instrument === undefined) return;
    this.#snapshots.add(index);
    this.#askSnapshot(instrument, new ReconnectBackoff(this.#context.random));
  }

  /** Takes what the decoder understood; snapshots come by REST, over no line. */
  deliver(event: EngineEvent): void {
    if (this.#current === undefined) this.#context.deliver(event);
    else this.#current.lines.deliver(event);
  }

  #open(plan: Plan): Channel {
    const { product, addresses, clock, scheduler, log } = this.#context;
    const lines = new MarketLines({
      name: `binance ${product} ${plan.route}`,
      count: this.#context.marketConnections,
      instruments: plan.instruments,
      awaited: () => plan.kinds,
      bookKind: plan.route === "public" ? "book_delta" : undefined,
      numbering: product === "spot" ? "contiguous" : "chained",
      takesSnapshots: false,
      rotateAfterMs: ROTATE_AFTER_MS,
      clock,
      scheduler,
      log,
      openSession: (line) =>
        this.#context.openSession({
          ...line,
          urlFor: fixedUrl(combinedStreamUrl(addresses.public_ws, product, plan.route)),
          heartbeat: HEARTBEAT,
          rotateOverlapMs: ROTATE_OVERLAP_MS,
        }),
      deliver: (event) => this.#context.deliver(event),
      handler: {
        onUp: (_line, connection) => this.#onUp(plan, connection),
        onText: (line, bytes, start, end, at) => this.#onText(channel, line, bytes, start, end, at),
        onDown: (_line, reason) => {
          this.#once.warn("market socket lost", { route: plan.route, reason });
          this.#onLink();
        },
      },
    });
    // Lines call back only after `start`, so the handler above sees the finished channel.
    const channel: Channel = { ...plan, lines };
    return channel;
  }

  #onUp(plan: Plan, connection: WebSocketConnection): void {
    this.#subscriptionId++;
    connection.sendText(JSON.stringify({
      method: "SUBSCRIBE",
      params: plan.streams,
      id: this.#subscriptionId,
    }));
    this.#onLink();
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
    this.#current = channel;
    const outcome = this.#meter.decode(this.#decoder, bytes, start, end, at, this);
    this.#current = undefined;
    if (outcome === "decoded") {
      // But for a word that is not known.
      if (this.#decoder.reason !== "") this.#once.warn(this.#decoder.reason);
      return;
    }
    if (outcome === "refused") return this.#onRefused(channel, this.#decoder.reason);
    counters.ignoredFrames++;
    if (this.#decoder.reason === "subscription refused") {
      this.#once.warn("subscription refused", { route: channel.route });
    } else if (this.#decoder.reason === "server shutdown" && line.isCurrent) {
      line.renew();
    }
  }

  #onRefused(channel: Channel, reason: string): void {
    this.#context.counters.refusedFrames++;
    this.#once.warn(`market frame refused: ${reason}`);
    const known = this.#decoder.lastInstrument;
    if (known !== undefined || channel.route === "public") {
      channel.lines.interrupt("refused_frame", known);
    }
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
): Plan[] {
  const routes:
    readonly (readonly [MarketRoute, readonly string[], readonly EngineEvent["kind"][]])[] =
      product === "spot"
        ? [["public", ["depth@100ms", "bookTicker", "trade"], ["book_delta", "best_bid_ask"]]]
        : [
          ["public", ["depth@100ms", "bookTicker"], ["book_delta", "best_bid_ask"]],
          ["market", ["aggTrade", "markPrice@1s"], ["mark_price"]],
        ];
  const plans: Plan[] = [];
  for (const [route, names, kinds] of routes) {
    const share = Math.floor((STREAMS_PER_SOCKET_MAX - 1) / names.length);
    for (let from = 0; from < instruments.length; from += share) {
      const part = instruments.slice(from, from + share);
      const streams = part.flatMap((instrument) =>
        names.map((name) => `${instrument.terms.venueSymbol.toLowerCase()}@${name}`)
      );
      if (route === "market" && from === 0) streams.push("!contractInfo");
      plans.push({ route, instruments: part, streams, kinds });
    }
  }
  return plans;
}
