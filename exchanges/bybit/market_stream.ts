/**
 * IN 1: owns the public sockets of one product, subscribes, passes bytes to the decoder.
 *
 * 1. Topics go out ten to a request (spot's limit) and at most 20,000 characters to a socket. One
 *    wrong topic fails its request: the others of it are then asked for one by one.
 * 2. A snapshot is had by unsubscribing and subscribing again, on the open lines in turn.
 * 3. Update ids are of the topic, not of the connection, so what several connections say is merged.
 *    (The venue does not write it; a line that counted for itself would make a feed begin anew.)
 * 4. A frame that is refused interrupts the feed of its instrument, or of all of its socket's.
 *
 * Source: venue documentation "WebSocket connect" and "Orderbook", read 2026-07.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros, Product } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { DecodeMeter, type LineCount, type MarketLine, MarketLines } from "@/exchanges/kit/mod.ts";
import { fixedUrl, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { objectOf, parseJson, textField, textOf } from "./_json.ts";
import {
  HEARTBEAT,
  OnceLog,
  ROTATE_AFTER_MS,
  ROTATE_OVERLAP_MS,
  type VenueContext,
} from "./_venue_context.ts";
import { publicUrl } from "./endpoints.ts";
import { BybitMarketDecoder } from "./market_decoder.ts";

/** Levels a side: pushed every 20 ms. */
const DEPTH = 50;
const TOPICS_PER_REQUEST_MAX = 10;
const TOPIC_CHARACTERS_MAX = 20_000;
const REQUESTS_MAX = 4_096;
/** What must be heard of each instrument for a socket to count as flowing. */
const AWAITED: Readonly<Record<Product, readonly EngineEvent["kind"][]>> = {
  spot: ["book_snapshot", "best_bid_ask"],
  perpetual: ["book_snapshot", "best_bid_ask", "mark_price"],
};

/** What a market stream is built with. */
export interface MarketStreamOptions {
  readonly product: Product;
  readonly publicWs: string;
  readonly instruments: readonly Instrument[];
  /** How many connections carry each topic; absent: one. */
  readonly connections?: LineCount;
  /** The stream went up or down. */
  readonly onLink: () => void;
  /** A book counts from 1 again: a restart, or a changed tick or lot, or a delisting. */
  readonly onRestart?: () => void;
}

/** Market data of one product. */
export class MarketStream implements EventReceiver {
  readonly #context: VenueContext;
  readonly #meter: DecodeMeter;
  readonly #options: MarketStreamOptions;
  /** One for each line: a delta of a touch or ticker says what changed on its own connection. */
  readonly #decoders: readonly BybitMarketDecoder[];
  readonly #channels: readonly MarketLines[];
  readonly #once: OnceLog;
  /** Topics of subscriptions without an answer, by request id. */
  readonly #requests = new Map<string, readonly string[]>();
  #current: MarketLines | undefined;
  #requestId = 0;

  constructor(context: VenueContext, options: MarketStreamOptions) {
    this.#context = context;
    this.#meter = new DecodeMeter(context.clock, context.counters);
    this.#options = options;
    this.#decoders = Array.from(
      { length: options.connections ?? 1 },
      () => new BybitMarketDecoder(options.instruments, { touchHasSequence: false }),
    );
    this.#once = new OnceLog(context.log);
    this.#channels = shares(options).map((instruments) => this.#open(instruments));
  }

  /** Every share of the topics has an open socket. */
  get up(): boolean {
    return this.#channels.every((lines) => lines.up);
  }

  /** Frames that the decoder's scanner could not read. */
  get fallbacks(): number {
    return this.#decoders.reduce((sum, decoder) => sum + decoder.fallbacks, 0);
  }

  start(): void {
    for (const lines of this.#channels) lines.start();
  }

  stop(): void {
    for (const lines of this.#channels) lines.stop();
  }

  /** An instrument has other grids from now on. */
  redefine(instrument: Instrument): void {
    for (const decoder of this.#decoders) decoder.redefine(instrument);
    const lines = this.#channels.find((one) => one.has(instrument.index));
    lines?.merge.regrid(instrument.index);
  }

  /** Subscribes the book of an instrument anew; while the sockets are down that comes by itself. */
  requestSnapshot(index: InstrumentIndex): void {
    for (const lines of this.#channels) {
      const instrument = lines.instruments.find((one) => one.index === index);
      if (instrument === undefined) continue;
      lines.merge.expectSnapshot(index);
      const line = lines.next();
      if (line === undefined) return;
      const topics = [`orderbook.${DEPTH}.${instrument.terms.venueSymbol}`];
      line.send(this.#request("unsubscribe", topics));
      line.send(this.#request("subscribe", topics));
    }
  }

  /** Takes what the decoder understood. */
  deliver(event: EngineEvent): void {
    if (event.kind === "book_snapshot" && event.sequence === 1) this.#options.onRestart?.();
    this.#current?.deliver(event);
  }

  #open(instruments: readonly Instrument[]): MarketLines {
    const { clock, scheduler, log } = this.#context;
    const { product, publicWs, connections } = this.#options;
    const topics = instruments.flatMap((instrument) => topicsOf(instrument));
    const lines: MarketLines = new MarketLines({
      name: `bybit ${product} market`,
      count: connections ?? 1,
      instruments,
      awaited: () => AWAITED[product],
      bookKind: "book_snapshot",
      numbering: "contiguous",
      takesSnapshots: true,
      rotateAfterMs: ROTATE_AFTER_MS,
      clock,
      scheduler,
      log,
      openSession: (line) =>
        this.#context.openSession({
          ...line,
          urlFor: fixedUrl(publicUrl(publicWs, product)),
          heartbeat: HEARTBEAT,
          rotateOverlapMs: ROTATE_OVERLAP_MS,
        }),
      deliver: (event) => this.#context.deliver(event),
      handler: {
        onUp: (_line, connection) => this.#onUp(connection, topics),
        onText: (line, bytes, start, end, at) => this.#onText(lines, line, bytes, start, end, at),
        onDown: (_line, reason) => {
          this.#once.warn("market socket lost", { product, reason });
          this.#options.onLink();
        },
      },
    });
    return lines;
  }

  #onUp(connection: WebSocketConnection, all: readonly string[]): void {
    for (let from = 0; from < all.length; from += TOPICS_PER_REQUEST_MAX) {
      const topics = all.slice(from, from + TOPICS_PER_REQUEST_MAX);
      connection.sendText(this.#request("subscribe", topics));
    }
    this.#options.onLink();
  }

  #request(op: "subscribe" | "unsubscribe", topics: readonly string[]): string {
    const id = `m${++this.#requestId}`;
    if (op === "subscribe") {
      if (this.#requests.size >= REQUESTS_MAX) this.#requests.clear();
      this.#requests.set(id, topics);
    }
    return JSON.stringify({ req_id: id, op, args: topics });
  }

  #onText(
    lines: MarketLines,
    line: MarketLine,
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
  ): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    const decoder = this.#decoders[line.number]!;
    this.#current = lines;
    const outcome = this.#meter.decode(decoder, bytes, start, end, at, this);
    this.#current = undefined;
    if (outcome === "decoded") return;
    if (outcome === "refused") return this.#onRefused(lines, decoder);
    counters.ignoredFrames++;
    const { reason } = decoder;
    if (reason !== "acknowledgement" && reason !== "subscription refused") return;
    const answer = objectOf(parseJson(textOf(bytes, start, end))) ?? {};
    const id = textField(answer, "req_id");
    const topics = this.#requests.get(id);
    this.#requests.delete(id);
    if (reason === "acknowledgement") return;
    this.#once.warn("subscription refused", { found: textField(answer, "ret_msg").slice(0, 120) });
    if (topics === undefined || topics.length < 2) return;
    for (const topic of topics) line.send(this.#request("subscribe", [topic]));
  }

  #onRefused(lines: MarketLines, decoder: BybitMarketDecoder): void {
    this.#context.counters.refusedFrames++;
    this.#once.warn(`market frame refused: ${decoder.reason}`);
    lines.interrupt("refused_frame", decoder.lastInstrument);
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
