/**
 * IN 1: owns the market sockets, subscribes, passes bytes to the decoder, audits books by REST.
 *
 *   down --open--> waiting --connected--> subscribing --snapshot of each book--> flowing --> down
 *                     |                        |                                    |
 *                     +------ too late --------+---- message missing, no block -----+--> anew
 *
 * 1. A connection carries at most 32 books; each has a decoder of its own.
 * 2. Liveness is a block: the venue's pings prove a socket, not an indexer.
 * 3. A missing message starts the connection anew; a refused frame only its own book.
 * 4. Sockets are renewed after 23 hours; the newer one's snapshots take the books over, and trades
 *    that both deliver are dropped here.
 *
 * Source: venue sheet section 2.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import type { EngineEvent, FeedInterruption } from "@/engine/messages/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { fixedUrl, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { BookAudit } from "./_book_audit.ts";
import type { BookSlot, KnownConnection } from "./_book_slot.ts";
import {
  BLOCK_SILENCE_MS,
  type DydxContext,
  HEARTBEAT,
  OnceLog,
  type Session,
  SUBSCRIBE_TIMEOUT_MS,
  subscription,
} from "./_context.ts";
import { type Indexer, wordsOf } from "./_indexer.ts";
import { DydxMarketDecoder } from "./market_decoder.ts";

const BOOKS_PER_CONNECTION_MAX = 32;
const ROTATE_AFTER_MS = 23 * 3_600_000;
const ROTATE_OVERLAP_MS = 10_000;
const REPEATED_TRADES_MAX = 4_096;
const WATCH_MS = 1_000;
const AUDIT_FIRST_MS = 5_000;
const AUDIT_AGAIN_MS = 3_000;
const AUDIT_EVERY_MS = 45_000;

/** One socket with its share of the instruments. */
interface Channel {
  readonly instruments: readonly Instrument[];
  readonly decoder: DydxMarketDecoder;
  readonly session: Session;
  /** Books whose snapshot is awaited. */
  readonly awaited: Set<InstrumentIndex>;
  readonly audits: ReadonlyMap<InstrumentIndex, BookAudit>;
  connection: WebSocketConnection | undefined;
  known: KnownConnection | undefined;
  heardBlockAt: Micros;
  /** When the last snapshot was asked for. */
  askedAt: Micros;
  losses: number;
  timer: number | undefined;
}

/** What the stream tells beside events. */
export interface StreamEars {
  onLink(): void;
  onHeight(height: number): void;
}

/** Market data of all instruments. */
export class MarketStream implements EventReceiver {
  /** Levels that an audit corrected. */
  corrections = 0;
  readonly #context: DydxContext;
  readonly #indexer: Indexer;
  readonly #ears: StreamEars;
  readonly #once: OnceLog;
  readonly #channels: readonly Channel[];
  #overlapTrades: Set<string> | undefined;
  #current: Channel | undefined;
  #isStopped = false;
  readonly #auditTimers = new Map<InstrumentIndex, number>();

  constructor(
    context: DydxContext,
    indexer: Indexer,
    instruments: readonly Instrument[],
    ears: StreamEars,
  ) {
    this.#context = context;
    this.#indexer = indexer;
    this.#ears = ears;
    this.#once = new OnceLog(context.log);
    const channels: Channel[] = [];
    for (let from = 0; from < instruments.length; from += BOOKS_PER_CONNECTION_MAX) {
      channels.push(this.#open(instruments.slice(from, from + BOOKS_PER_CONNECTION_MAX)));
    }
    this.#channels = channels;
  }

  /** All sockets are open. */
  get up(): boolean {
    return this.#channels.every((channel) => channel.session.up);
  }

  /** Frames that the decoders' scanners could not read. */
  get fallbacks(): number {
    return this.#channels.reduce((sum, channel) => sum + channel.decoder.fallbacks, 0);
  }

  start(): void {
    for (const channel of this.#channels) channel.session.start();
  }

  stop(): void {
    this.#isStopped = true;
    const { scheduler } = this.#context;
    for (const channel of this.#channels) {
      channel.session.stop();
      if (channel.timer !== undefined) scheduler.cancel(channel.timer);
    }
    for (const timer of this.#auditTimers.values()) scheduler.cancel(timer);
    this.#auditTimers.clear();
  }

  /** Subscribes one book anew; while its snapshot is awaited, a second request joins the first. */
  requestSnapshot(index: InstrumentIndex): void {
    const channel = this.#channels.find((one) =>
      one.instruments.some((instrument) => instrument.index === index)
    );
    const ticker = channel?.instruments.find((one) => one.index === index)?.terms.venueSymbol;
    if (channel === undefined || ticker === undefined || channel.awaited.has(index)) return;
    const { connection } = channel;
    // While the socket is down every book comes anew with the next one.
    if (connection === undefined || !channel.session.up) return;
    this.#request(channel, connection, "unsubscribe", "v4_orderbook", ticker);
    this.#request(channel, connection, "subscribe", "v4_orderbook", ticker);
    channel.awaited.add(index);
    channel.askedAt = this.#context.clock.now();
    this.#watch(channel);
  }

  /** Takes what a decoder understood. */
  deliver(event: EngineEvent): void {
    const channel = this.#current;
    if (channel !== undefined && event.kind === "book_snapshot") {
      channel.awaited.delete(event.instrument);
      channel.audits.get(event.instrument)?.reset();
      this.#auditLater(channel, event.instrument, AUDIT_FIRST_MS);
    }
    if (this.#overlapTrades !== undefined && event.kind === "trade") {
      const name = `${event.instrument}:${event.tradeId}`;
      if (this.#overlapTrades.has(name)) return;
      if (this.#overlapTrades.size < REPEATED_TRADES_MAX) this.#overlapTrades.add(name);
    }
    this.#context.deliver(event);
  }

  #open(instruments: readonly Instrument[]): Channel {
    const decoder = new DydxMarketDecoder(instruments);
    const session = this.#context.openSession({
      name: "dydx market",
      urlFor: fixedUrl(this.#context.addresses.publicSocket),
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
    const audits = new Map(
      decoder.slots.all.map((slot) => [slot.instrument.index, new BookAudit(slot)]),
    );
    // The session calls back only after `start`, so the handler above sees the finished channel.
    const channel: Channel = {
      instruments,
      decoder,
      session,
      awaited: new Set(),
      audits,
      connection: undefined,
      known: undefined,
      heardBlockAt: this.#context.clock.now(),
      askedAt: this.#context.clock.now(),
      losses: 0,
      timer: undefined,
    };
    return channel;
  }

  /** Subscriptions wait for the venue's `connected`, which names the connection. */
  #onUp(channel: Channel, connection: WebSocketConnection, rotated: boolean): void {
    channel.connection = connection;
    channel.heardBlockAt = this.#context.clock.now();
    channel.askedAt = channel.heardBlockAt;
    channel.awaited.clear();
    for (const { index } of channel.instruments) channel.awaited.add(index);
    if (rotated) {
      this.#overlapTrades ??= new Set();
      this.#context.scheduler.after(ROTATE_OVERLAP_MS * 2, () => {
        this.#overlapTrades = undefined;
      });
    }
    this.#watch(channel);
    this.#ears.onLink();
  }

  #subscribeAll(channel: Channel, connection: WebSocketConnection): void {
    this.#request(channel, connection, "subscribe", "v4_block_height");
    this.#request(channel, connection, "subscribe", "v4_markets");
    for (const { terms } of channel.instruments) {
      this.#request(channel, connection, "subscribe", "v4_orderbook", terms.venueSymbol);
      this.#request(channel, connection, "subscribe", "v4_trades", terms.venueSymbol);
    }
  }

  #request(
    channel: Channel,
    connection: WebSocketConnection,
    type: "subscribe" | "unsubscribe",
    name: string,
    id?: string,
  ): void {
    channel.known?.counter.noteRequest();
    connection.sendText(subscription(type, name, id));
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
    const { decoder } = channel;
    counters.messages++;
    counters.bytes += end - start;
    this.#current = channel;
    const outcome = decoder.decode(bytes, start, end, at, this);
    this.#current = undefined;
    if (outcome === "ignored") counters.ignoredFrames++;
    if (outcome === "refused") this.#onRefused(channel);
    if (decoder.losses > channel.losses) {
      channel.losses = decoder.losses;
      this.#once.warn("a message of the market socket is missing");
      channel.session.restart("message missing");
      return;
    }
    if (outcome === "ignored") this.#onIgnored(channel, at, connection);
  }

  #onIgnored(channel: Channel, at: Micros, connection: WebSocketConnection): void {
    const { decoder } = channel;
    switch (decoder.reason) {
      case "connected":
        channel.known = decoder.lastConnection;
        this.#subscribeAll(channel, connection);
        return;
      case "block height":
        channel.heardBlockAt = at;
        this.#ears.onHeight(decoder.blockHeight);
        return;
      case "subscription refused":
        this.#once.warn(`subscription refused: ${decoder.errorText}`);
        return;
      default:
        return;
    }
  }

  /** Looks after the socket: snapshots that do not come, blocks that are no longer told. */
  #watch(channel: Channel): void {
    const { scheduler, clock } = this.#context;
    if (channel.timer !== undefined) return;
    channel.timer = scheduler.after(WATCH_MS, () => {
      channel.timer = undefined;
      if (!channel.session.up) return;
      const now = clock.now();
      if (channel.awaited.size > 0 && now - channel.askedAt >= SUBSCRIBE_TIMEOUT_MS * 1_000) {
        this.#restartSilent(channel, "subscriptions stay unanswered", [...channel.awaited]);
      } else if (now - channel.heardBlockAt >= BLOCK_SILENCE_MS * 1_000) {
        const all = channel.instruments.map((one) => one.index);
        this.#restartSilent(channel, "no block for too long", all);
      } else this.#watch(channel);
    });
  }

  #restartSilent(channel: Channel, reason: string, silent: readonly InstrumentIndex[]): void {
    this.#context.log.log("warn", reason, { books: silent.length });
    for (const index of silent) this.#interrupt(index, "silent");
    channel.session.restart(reason);
  }

  #onRefused(channel: Channel): void {
    const { decoder } = channel;
    this.#context.counters.refusedFrames++;
    this.#once.warn(`market frame refused: ${decoder.reason}`);
    const known = decoder.lastInstrument;
    if (known !== undefined) return this.#interrupt(known, "refused_frame");
    for (const { index } of channel.instruments) this.#interrupt(index, "refused_frame");
  }

  #onDown(channel: Channel, reason: string): void {
    channel.connection = undefined;
    channel.awaited.clear();
    if (channel.timer !== undefined) this.#context.scheduler.cancel(channel.timer);
    channel.timer = undefined;
    this.#once.warn("market socket lost", { reason });
    this.#ears.onLink();
    for (const { index } of channel.instruments) this.#interrupt(index, "disconnected");
  }

  #interrupt(instrument: InstrumentIndex, reason: FeedInterruption): void {
    const at = this.#context.clock.now();
    this.#context.deliver({ kind: "feed_interrupted", instrument, at, reason });
  }

  #auditLater(channel: Channel, index: InstrumentIndex, delayMs: number): void {
    const { scheduler } = this.#context;
    const waiting = this.#auditTimers.get(index);
    if (waiting !== undefined) scheduler.cancel(waiting);
    this.#auditTimers.set(
      index,
      scheduler.after(delayMs, () => {
        this.#auditTimers.delete(index);
        this.#audit(channel, index);
      }),
    );
  }

  #audit(channel: Channel, index: InstrumentIndex): void {
    const slot = channel.decoder.slots.all.find((one) => one.instrument.index === index);
    const audit = channel.audits.get(index);
    if (slot === undefined || audit === undefined || !slot.isTrue || !channel.session.up) return;
    const path = `/orderbooks/perpetualMarket/${slot.instrument.terms.venueSymbol}`;
    this.#indexer.get(path, (outcome) => {
      // A timer that stands already is of a newer snapshot: this answer is of the book before.
      if (this.#isStopped || this.#auditTimers.has(index)) return;
      let nextMs = AUDIT_EVERY_MS;
      if (outcome.kind !== "ok") {
        this.#once.warn("book audit not answered", { found: wordsOf(outcome) });
      } else if (slot.isTrue) {
        const { bytes, at } = outcome;
        const theirs = channel.decoder.readRest(bytes, 0, bytes.length, slot);
        if (theirs === undefined) this.#once.warn("book audit not readable");
        else if (this.#correct(channel, slot, audit, theirs, at)) nextMs = AUDIT_AGAIN_MS;
      }
      this.#auditLater(channel, index, nextMs);
    });
  }

  /** Compares and corrects; true where a second look is wanted soon. */
  #correct(
    channel: Channel,
    slot: BookSlot,
    audit: BookAudit,
    theirs: Parameters<BookAudit["compare"]>[0],
    at: Micros,
  ): boolean {
    const wrong = audit.compare(theirs);
    const count = wrong.bids.count + wrong.asks.count;
    if (count > 0) {
      this.corrections += count;
      this.#once.warn("book levels corrected by REST", { levels: count });
      channel.decoder.correct(slot, wrong, at, this);
    }
    return audit.hasSuspects;
  }
}
