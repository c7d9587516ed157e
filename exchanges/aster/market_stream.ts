/**
 * IN 1: market data of one product: sockets, decoder, snapshots.
 *
 * 1. Books, best bid and ask, trades and marks share a socket; at most 200 streams are on one.
 * 2. Sockets are renewed before the venue cuts them at 24 hours. Update ids are of the venue, not
 *    of the connection, so what several connections say is merged.
 * 3. A frame that is refused interrupts the feed of its instrument, or of all of its socket's.
 * 4. One snapshot request per instrument at a time, with back-off until it succeeds.
 *
 * Source: venue documentation "WebSocket market streams", futures and spot v3, read 2026-06-30.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { DecodeMeter, MarketLines } from "@/exchanges/kit/mod.ts";
import { fixedUrl, ReconnectBackoff, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { OnceLog, type ProductContext } from "./_context.ts";
import { type AsterRest, wordsOf } from "./_rest.ts";
import { combinedStreamUrl } from "./endpoints.ts";
import { AsterMarketDecoder } from "./market_decoder.ts";

const STREAMS_PER_SOCKET_MAX = 200;
/** Streams in one request; at 200 a connection these stay far below the allowed messages. */
const STREAMS_PER_REQUEST = 100;
const SNAPSHOT_LEVELS = "1000";
/** Sockets are renewed before the venue cuts them at 24 hours. */
const ROTATE_AFTER_MS = 23 * 3_600_000;
const STREAMS = {
  perpetual: ["depth@100ms", "bookTicker", "aggTrade", "markPrice@1s"],
  spot: ["depth@100ms", "bookTicker", "aggTrade"],
} as const;
/** What must be heard of each instrument; trades may be rare. */
const AWAITED: readonly EngineEvent["kind"][] = ["book_delta", "best_bid_ask"];

/** Market data of one product. */
export class MarketStream implements EventReceiver {
  readonly #context: ProductContext;
  readonly #meter: DecodeMeter;
  readonly #rest: AsterRest;
  readonly #instruments: readonly Instrument[];
  readonly #decoder: AsterMarketDecoder;
  readonly #once: OnceLog;
  readonly #onLink: () => void;
  readonly #shares: readonly MarketLines[];
  readonly #asked = new Set<InstrumentIndex>();
  /** The lines whose frame is being read. */
  #current: MarketLines | undefined;
  #isStopped = false;

  constructor(
    context: ProductContext,
    rest: AsterRest,
    instruments: readonly Instrument[],
    onLink: () => void,
  ) {
    this.#context = context;
    this.#meter = new DecodeMeter(context.clock, context.counters);
    this.#rest = rest;
    this.#instruments = instruments;
    this.#decoder = new AsterMarketDecoder(instruments);
    this.#once = new OnceLog(context.log);
    this.#onLink = onLink;
    const perSocket = Math.floor(STREAMS_PER_SOCKET_MAX / STREAMS[context.product].length);
    const shares: MarketLines[] = [];
    for (let from = 0; from < instruments.length; from += perSocket) {
      shares.push(this.#share(instruments.slice(from, from + perSocket), shares.length));
    }
    this.#shares = shares;
  }

  /** Every share of the streams has an open socket. */
  get up(): boolean {
    return this.#shares.every((lines) => lines.up);
  }

  /** Whether an instrument is of this product. */
  has(index: InstrumentIndex): boolean {
    return this.#instruments.some((instrument) => instrument.index === index);
  }

  start(): void {
    for (const lines of this.#shares) lines.start();
  }

  stop(): void {
    this.#isStopped = true;
    for (const lines of this.#shares) lines.stop();
  }

  /** An instrument counts on other grids; the decoder reads them where they stand. */
  redefine(instrument: Instrument): void {
    for (const { merge } of this.#shares) merge.regrid(instrument.index);
  }

  /** Asks for a depth snapshot; a second request joins one that is on its way. */
  requestSnapshot(index: InstrumentIndex): void {
    const instrument = this.#instruments.find((one) => one.index === index);
    if (instrument === undefined || this.#asked.has(index)) return;
    this.#asked.add(index);
    this.#ask(instrument, new ReconnectBackoff(this.#context.random));
  }

  /** Takes what the decoder understood; snapshots come by REST, over no line. */
  deliver(event: EngineEvent): void {
    if (this.#current === undefined) this.#context.deliver(event);
    else this.#current.deliver(event);
  }

  #share(instruments: readonly Instrument[], number: number): MarketLines {
    const { product, addresses, clock, scheduler, log, marketConnections } = this.#context;
    const streams = instruments.flatMap(({ terms }) =>
      STREAMS[product].map((name) => `${terms.venueSymbol.toLowerCase()}@${name}`)
    );
    const lines: MarketLines = new MarketLines({
      name: `aster ${product} market ${number + 1}`,
      count: marketConnections,
      instruments,
      awaited: () => AWAITED,
      bookKind: "book_delta",
      numbering: product === "spot" ? "contiguous" : "chained",
      takesSnapshots: false,
      rotateAfterMs: ROTATE_AFTER_MS,
      clock,
      scheduler,
      log,
      openSession: (line) =>
        this.#context.openSession({
          ...line,
          urlFor: fixedUrl(combinedStreamUrl(addresses.public_ws)),
        }),
      deliver: (event) => this.#context.deliver(event),
      handler: {
        onUp: (_line, connection) => {
          this.#subscribe(connection, streams);
          this.#onLink();
        },
        onText: (_line, bytes, start, end, at) => this.#onFrame(lines, bytes, start, end, at),
        onDown: (_line, reason) => {
          this.#once.warn("market socket lost", reason);
          this.#onLink();
        },
      },
    });
    return lines;
  }

  #subscribe(connection: WebSocketConnection, streams: readonly string[]): void {
    for (let from = 0; from < streams.length; from += STREAMS_PER_REQUEST) {
      const params = streams.slice(from, from + STREAMS_PER_REQUEST);
      const id = from / STREAMS_PER_REQUEST + 1;
      connection.sendText(JSON.stringify({ method: "SUBSCRIBE", params, id }));
    }
  }

  #onFrame(lines: MarketLines, bytes: Uint8Array, start: number, end: number, at: Micros): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    this.#current = lines;
    const outcome = this.#meter.decode(this.#decoder, bytes, start, end, at, this);
    this.#current = undefined;
    if (outcome === "decoded") return;
    const { reason, lastInstrument } = this.#decoder;
    if (outcome === "ignored") {
      counters.ignoredFrames++;
      if (reason === "subscription refused") this.#once.warn(reason);
      return;
    }
    counters.refusedFrames++;
    this.#once.warn(`market frame refused: ${reason}`);
    const isOwn = lastInstrument !== undefined && lines.has(lastInstrument);
    lines.interrupt("refused_frame", isOwn ? lastInstrument : undefined);
  }

  #ask(instrument: Instrument, backoff: ReconnectBackoff): void {
    const params = [["symbol", instrument.terms.venueSymbol], ["limit", SNAPSHOT_LEVELS]] as const;
    this.#rest.get("depth", params, (outcome) => {
      if (this.#isStopped) return;
      if (outcome.kind !== "ok") this.#once.warn("snapshot not received", wordsOf(outcome));
      else if (this.#take(instrument, outcome.bytes, outcome.at)) return;
      this.#context.scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#ask(instrument, backoff);
      });
    });
  }

  #take(instrument: Instrument, bytes: Uint8Array, at: Micros): boolean {
    // Before delivery: the receiver may ask for the next one at once.
    this.#asked.delete(instrument.index);
    const { index } = instrument;
    if (this.#decoder.decodeSnapshot(bytes, 0, bytes.length, index, at, this) === "decoded") {
      return true;
    }
    this.#asked.add(index);
    this.#context.counters.refusedFrames++;
    this.#once.warn(`snapshot refused: ${this.#decoder.reason}`);
    return false;
  }
}
