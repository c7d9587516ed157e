/**
 * IN 1: market data of one product: sockets, decoder, snapshots.
 *
 * 1. Books, best bid and ask, trades and marks share a socket; at most 200 streams are on one.
 * 2. Sockets are renewed before the venue cuts them; while two deliver, repeated trades are dropped
 *    here and repeated deltas by the sequence rule.
 * 3. A frame that is refused interrupts the feed of its instrument, or of all of its socket's.
 * 4. One snapshot request per instrument at a time, with back-off until it succeeds.
 *
 * Source: venue documentation "WebSocket market streams", futures and spot v3, read 2026-06-30.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import type { EngineEvent, FeedInterruption } from "@/engine/messages/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { ReconnectBackoff } from "@/exchanges/shared/mod.ts";
import { OnceLog, type ProductContext } from "./_context.ts";
import { type AsterRest, wordsOf } from "./_rest.ts";
import { StreamSocket } from "./_stream_socket.ts";
import { AsterMarketDecoder } from "./market_decoder.ts";

const STREAMS_PER_SOCKET_MAX = 200;
const SNAPSHOT_LEVELS = "1000";
/** Twice the time in which an old and a new socket both deliver. */
const OVERLAP_MS = 10_000;
const STREAMS = {
  perpetual: ["depth@100ms", "bookTicker", "aggTrade", "markPrice@1s"],
  spot: ["depth@100ms", "bookTicker", "aggTrade"],
} as const;
/** What must be heard of each instrument; trades may be rare. */
const AWAITED: readonly EngineEvent["kind"][] = ["book_delta", "best_bid_ask"];

/** A socket and whose streams are on it. */
interface Share {
  readonly instruments: readonly Instrument[];
  readonly socket: StreamSocket;
}

/** Market data of one product. */
export class MarketStream implements EventReceiver {
  readonly #context: ProductContext;
  readonly #rest: AsterRest;
  readonly #instruments: readonly Instrument[];
  readonly #decoder: AsterMarketDecoder;
  readonly #once: OnceLog;
  readonly #onLink: () => void;
  readonly #shares: readonly Share[];
  readonly #asked = new Set<InstrumentIndex>();
  /** Highest trade told since a renewal began; undefined at all other times. */
  #told: Map<InstrumentIndex, number> | undefined;
  #current: StreamSocket | undefined;
  #isStopped = false;

  constructor(
    context: ProductContext,
    rest: AsterRest,
    instruments: readonly Instrument[],
    onLink: () => void,
  ) {
    this.#context = context;
    this.#rest = rest;
    this.#instruments = instruments;
    this.#decoder = new AsterMarketDecoder(instruments);
    this.#once = new OnceLog(context.log);
    this.#onLink = onLink;
    const perSocket = Math.floor(STREAMS_PER_SOCKET_MAX / STREAMS[context.product].length);
    const shares: Share[] = [];
    for (let from = 0; from < instruments.length; from += perSocket) {
      shares.push(this.#share(instruments.slice(from, from + perSocket), shares.length));
    }
    this.#shares = shares;
  }

  /** All sockets are open. */
  get up(): boolean {
    return this.#shares.every(({ socket }) => socket.up);
  }

  /** Whether an instrument is of this product. */
  has(index: InstrumentIndex): boolean {
    return this.#instruments.some((instrument) => instrument.index === index);
  }

  start(): void {
    for (const { socket } of this.#shares) socket.start();
  }

  stop(): void {
    this.#isStopped = true;
    for (const { socket } of this.#shares) socket.stop();
  }

  /** Asks for a depth snapshot; a second request joins one that is on its way. */
  requestSnapshot(index: InstrumentIndex): void {
    const instrument = this.#instruments.find((one) => one.index === index);
    if (instrument === undefined || this.#asked.has(index)) return;
    this.#asked.add(index);
    this.#ask(instrument, new ReconnectBackoff(this.#context.random));
  }

  /** Takes what the decoder understood. */
  deliver(event: EngineEvent): void {
    if (this.#current?.isWaiting === true && "instrument" in event) {
      this.#current.heard(`${event.kind}:${event.instrument}`);
    }
    if (this.#told !== undefined && event.kind === "trade") {
      const id = Number(event.tradeId);
      if (id <= (this.#told.get(event.instrument) ?? -1)) return;
      this.#told.set(event.instrument, id);
    }
    this.#context.deliver(event);
  }

  #share(instruments: readonly Instrument[], number: number): Share {
    const names = STREAMS[this.#context.product];
    const plan = {
      streams: instruments.flatMap(({ terms }) =>
        names.map((name) => `${terms.venueSymbol.toLowerCase()}@${name}`)
      ),
      wanted: instruments.flatMap(({ index }) => AWAITED.map((kind) => `${kind}:${index}`)),
    };
    const name = `aster ${this.#context.product} market ${number + 1}`;
    const socket: StreamSocket = new StreamSocket(this.#context, name, plan, {
      onUp: (rotated) => this.#onUp(rotated),
      onFrame: (bytes, start, end, at) => this.#onFrame(share, bytes, start, end, at),
      onSilent: (missing) => this.#onSilent(share, missing),
      onDown: (reason) => {
        this.#once.warn("market socket lost", reason);
        this.#onLink();
        this.#interrupt(share.instruments, "disconnected");
      },
    });
    const share: Share = { instruments, socket };
    return share;
  }

  #onUp(rotated: boolean): void {
    if (rotated) {
      this.#told = new Map();
      this.#context.scheduler.after(OVERLAP_MS, () => {
        this.#told = undefined;
      });
    }
    this.#onLink();
  }

  #onFrame(share: Share, bytes: Uint8Array, start: number, end: number, at: Micros): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    this.#current = share.socket;
    const outcome = this.#decoder.decode(bytes, start, end, at, this);
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
    const own = share.instruments.filter(({ index }) => index === lastInstrument);
    this.#interrupt(own.length > 0 ? own : share.instruments, "refused_frame");
  }

  #onSilent(share: Share, missing: readonly string[]): void {
    const { log } = this.#context;
    log.log("warn", "streams stay silent after subscribing", {
      streams: missing.slice(0, 8).join(" "),
      count: missing.length,
    });
    const silent = share.instruments.filter(({ index }) => missing.includes(`book_delta:${index}`));
    this.#interrupt(silent, "silent");
  }

  #interrupt(instruments: readonly Instrument[], reason: FeedInterruption): void {
    const at = this.#context.clock.now();
    for (const { index } of instruments) {
      this.#context.deliver({ kind: "feed_interrupted", instrument: index, at, reason });
    }
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
