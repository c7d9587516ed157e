/**
 * A simulated venue in memory and its connector with one or two market connections, every one of
 * which a test can cut or delay alone; feeds are kept, and what was delivered is remembered.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import {
  createInstrument,
  type Instrument,
  instrumentIndex,
  unwrap,
  type VenueId,
} from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import type { EngineEvent, MarketEvent } from "@/engine/messages/mod.ts";
import type { Clock, Scheduler, VenueConnector } from "@/engine/ports/mod.ts";
import { VirtualClock } from "@/engine/simulation/mod.ts";
import { createConnector, feesOf } from "@/exchanges/registry.ts";
import type { Address, Link, LinkHandler, Transport } from "@/exchanges/shared/mod.ts";
import { createSimulated } from "@/exchanges/simulated_registry.ts";
import { FaultPlan, MemoryWire, serveDialect } from "@/exchanges/simulator/mod.ts";
import { START } from "@/tests/support/builders.ts";

const decoder = new TextDecoder();
const HOST = "127.0.0.1";

/** One WebSocket of the client. */
interface Wire {
  readonly path: string;
  /** 0 is A, 1 is B; more while one is being replaced. */
  readonly place: number;
  readonly cut: () => void;
}

/** A transport of which WebSockets can be told apart by path and place. */
export class CuttableTransport implements Transport {
  /** Open WebSockets. */
  readonly wires = new Set<Wire>();
  /** Milliseconds that what comes to a place is held up. */
  readonly lagMs = new Map<number, number>();
  /** How many WebSockets were opened. */
  opened = 0;
  readonly #inner: Transport;
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;

  constructor(inner: Transport, clock: Clock & Scheduler) {
    this.#inner = inner;
    this.#clock = clock;
    this.#scheduler = clock;
  }

  connect(address: Address, handler: LinkHandler): Link {
    let wire: Wire | undefined;
    let isOver = false;
    /** What comes later never overtakes what is held up. */
    let freeAt = 0;
    const end = (reason: string) => {
      if (isOver) return;
      isOver = true;
      if (wire !== undefined) this.wires.delete(wire);
      handler.onClose(reason);
    };
    const link = this.#inner.connect(address, {
      onOpen: () => handler.onOpen(),
      onBytes: (bytes, start, stop, at) => {
        const lag = wire === undefined ? 0 : this.lagMs.get(wire.place) ?? 0;
        const now = this.#clock.now();
        freeAt = Math.max(freeAt, now + lag * 1_000);
        if (freeAt === now) return handler.onBytes(bytes, start, stop, at);
        const copy = bytes.slice(start, stop);
        this.#scheduler.after((freeAt - now) / 1_000, () => {
          if (!isOver) handler.onBytes(copy, 0, copy.length, this.#clock.now());
        });
      },
      onClose: end,
    });
    return {
      get pendingBytes() {
        return link.pendingBytes;
      },
      write: (bytes) => {
        wire ??= this.#wireOf(bytes, () => {
          end("cut by the test");
          link.close("cut by the test");
        });
        return link.write(bytes);
      },
      close: (reason) => link.close(reason),
    };
  }

  /** Cuts every WebSocket of a place at once. */
  cut(place: number): void {
    for (const wire of [...this.wires]) if (wire.place === place) wire.cut();
  }

  /** A link that asks for a WebSocket, by its first bytes. */
  #wireOf(bytes: Uint8Array, cut: () => void): Wire | undefined {
    const text = decoder.decode(bytes.subarray(0, 2_000));
    const asked = /^GET (\S+) HTTP\/1.1\r\n/.exec(text);
    if (asked === null || !/upgrade: websocket/i.test(text)) return undefined;
    const path = asked[1]!;
    const taken = [...this.wires].filter((one) => one.path === path).map((one) => one.place);
    let place = 0;
    while (taken.includes(place)) place++;
    const wire = { path, place, cut };
    this.wires.add(wire);
    this.opened++;
    return wire;
  }
}

/** What came of one connector. */
export class Heard {
  /** Sequences of deltas, by instrument. */
  readonly deltas: number[][];
  readonly trades: string[][];
  readonly interruptions: string[] = [];
  readonly feeds: readonly FeedHandler[];
  readonly #connector: VenueConnector;
  /** How often a feed that was usable ceased to be. */
  losses = 0;

  constructor(connector: VenueConnector, instruments: readonly Instrument[]) {
    this.#connector = connector;
    this.deltas = instruments.map(() => []);
    this.trades = instruments.map(() => []);
    this.feeds = instruments.map(({ index, terms }) =>
      new FeedHandler({
        instrument: index,
        rule: connector.sequenceRule(terms),
        book: new OrderBook(),
      })
    );
  }

  deliver(event: EngineEvent): void {
    switch (event.kind) {
      case "book_snapshot":
        return this.#feed(event, (feed) => feed.onSnapshot(event, event.at));
      case "book_delta":
        // One without levels only confirms a whole book.
        if (event.bids.count + event.asks.count > 0) {
          this.deltas[event.instrument]!.push(event.sequence);
        }
        return this.#feed(event, (feed) => feed.onDelta(event, event.at));
      case "best_bid_ask":
        return this.#feed(event, (feed) => feed.onBestBidAsk(event, event.at));
      case "feed_interrupted":
        this.interruptions.push(`${event.instrument} ${event.reason}`);
        return this.#feed(event, (feed) => feed.onInterrupted(event, event.at));
      case "trade":
        this.trades[event.instrument]!.push(event.tradeId);
        return;
      default:
        return;
    }
  }

  /** What is wrong with what was delivered since the start: repeated, missing, out of order. */
  wrongs(): string[] {
    const wrongs: string[] = [];
    this.deltas.forEach((sequences, index) => {
      for (let at = 1; at < sequences.length; at++) {
        if (sequences[at]! > sequences[at - 1]!) continue;
        wrongs.push(`delta ${sequences[at]} of ${index} after ${sequences[at - 1]}`);
      }
    });
    this.feeds.forEach(({ counters }, index) => {
      if (counters.gaps > 0) wrongs.push(`${counters.gaps} gaps of ${index}`);
    });
    this.trades.forEach((ids, index) => {
      if (new Set(ids).size < ids.length) wrongs.push(`repeated trades of ${index}`);
    });
    return wrongs;
  }

  get areUsable(): boolean {
    return this.feeds.every((feed) => feed.isUsable);
  }

  #feed(event: MarketEvent, take: (feed: FeedHandler) => void): void {
    const feed = this.feeds[event.instrument]!;
    take(feed);
    if (feed.usableChanged && !feed.isUsable) this.losses++;
    if (!feed.needsSnapshot) return;
    this.#connector.requestSnapshot({
      kind: "request_snapshot",
      instrument: event.instrument,
      reason: feed.reason,
    });
  }
}

/** A venue, and what connectors to it hear. */
export class LinedVenue {
  readonly clock = new VirtualClock(START);
  readonly #venue: VenueId;
  readonly #wire: MemoryWire;
  readonly #symbols: readonly string[];
  #addresses: Readonly<Record<string, unknown>> = {};

  private constructor(venue: VenueId, symbols: readonly string[]) {
    this.#venue = venue;
    this.#symbols = symbols;
    const random = new SeededRandom(`${venue}/wire`);
    const latency = { toServerMs: 2, toClientMs: 2, jitterMs: 1 };
    this.#wire = new MemoryWire({ clock: this.clock, scheduler: this.clock, random, latency });
  }

  /** Serves a venue with a market that moves. */
  static async open(
    venue: VenueId,
    symbols: readonly string[],
    updatesPerSecond = 20,
  ): Promise<LinedVenue> {
    const lined = new LinedVenue(venue, symbols);
    const { clock } = lined;
    const random = new SeededRandom(`${venue}/faults`);
    const { dialect, exchange } = unwrap(
      await createSimulated({
        clock,
        scheduler: clock,
        seed: 5,
        setup: {
          venue,
          instruments: symbols.map((symbol, at) => ({ symbol, index: instrumentIndex(at) })),
          balances: undefined,
          fees: undefined,
        },
        updatesPerSecond,
        faults: new FaultPlan({ randomFor: (name) => random.fork(name), rules: [] }),
      }),
    );
    const transport = lined.#wire;
    const { port } = serveDialect({
      transport,
      host: HOST,
      port: 0,
      dialect,
      clock,
      scheduler: clock,
    });
    lined.#addresses = dialect.endpoints(`${HOST}:${port}`);
    exchange.start();
    return lined;
  }

  /** A connector for market data, started. */
  async connect(
    marketConnections: 1 | 2,
  ): Promise<{ connector: VenueConnector; heard: Heard; transport: CuttableTransport }> {
    const { clock } = this;
    const transport = new CuttableTransport(this.#wire, clock);
    const connector = unwrap(
      await createConnector(this.#venue, {
        clock,
        scheduler: clock,
        random: new SeededRandom(`${this.#venue}/${marketConnections}`),
        transport,
        log: { log: () => {} },
        credentials: undefined,
        at: this.#addresses,
        fees: feesOf(undefined),
        marketConnections,
      }),
    );
    let heard: Heard | undefined;
    connector.loadInstruments(this.#symbols, (listed) => {
      const instruments = unwrap(listed).map(({ terms }, at) =>
        unwrap(createInstrument(instrumentIndex(at), terms))
      );
      heard = new Heard(connector, instruments);
      connector.start(instruments, heard);
    });
    clock.runFor(5_000);
    return { connector, heard: heard!, transport };
  }
}
