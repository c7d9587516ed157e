/**
 * A venue's market data over the in-memory wire on virtual time, with sockets that a test can cut:
 * connector, simulated venue, and for each instrument a book kept as the engine keeps it.
 *
 *   simulated venue <-- wire <-- CuttableTransport <-- connector --> FeedHandler of each instrument
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
import { FEED_LIMITS_DEFAULT, FeedHandler } from "@/engine/feed/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { VenueConnector } from "@/engine/ports/mod.ts";
import { createConnector, feesOf } from "@/exchanges/registry.ts";
import { createSimulated, type SimulatedVenue } from "@/exchanges/simulated_registry.ts";
import { FaultPlan, faultRules, MemoryWire, serveDialect } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { CuttableTransport } from "@/tests/support/lined_venue.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

const STEP_MS = 5;
const SAME_TOUCH_MIN = 0.3;

/** What is opened. */
export interface TwoLinesSetup {
  readonly venue: VenueId;
  readonly symbols: readonly string[];
  readonly marketConnections: 1 | 2;
  readonly seed: number;
}

/** One venue's market data. */
export class TwoLines {
  readonly clock = new ManualClock();
  readonly feeds: FeedHandler[] = [];
  /** `feed_interrupted` and market links, as they came. */
  readonly told: string[] = [];
  /** Trades by instrument and id. */
  readonly trades = new Set<string>();
  repeatedTrades = 0;
  prints = 0;
  readonly transport: CuttableTransport;
  readonly #wire: MemoryWire;
  #simulated!: SimulatedVenue;
  #connector!: VenueConnector;
  #close: () => void = () => {};

  private constructor() {
    const random = new SeededRandom("wire");
    const latency = { toServerMs: 2, toClientMs: 2, jitterMs: 3 };
    const { clock } = this;
    this.#wire = new MemoryWire({ clock, scheduler: clock, random, latency });
    this.transport = new CuttableTransport(this.#wire, clock);
  }

  /** Opens venue and connector, and waits until every book may be used. */
  static async open(setup: TwoLinesSetup): Promise<TwoLines> {
    const world = new TwoLines();
    await world.#serve(setup);
    // Everybody listens before the first trade, so that all trades are to be told.
    world.run(3_000);
    world.#simulated.exchange.start();
    world.run(9_000);
    assertEquals(world.unusable(), [], "books are usable after the start");
    assertEquals(world.transport.wires.size, setup.marketConnections);
    world.told.length = 0;
    return world;
  }

  /** Instruments that nobody may quote on now. */
  unusable(): string[] {
    return this.feeds.filter((feed) => !feed.isUsable).map((feed) => String(feed.instrument));
  }

  /** Time passes; `each` is called every few milliseconds. */
  run(ms: number, each: () => void = () => {}): void {
    for (let past = 0; past < ms; past += STEP_MS) {
      this.clock.advance(STEP_MS);
      for (const feed of this.feeds) {
        feed.onTimer(this.clock.now());
        this.#serveNeed(feed);
      }
      each();
    }
  }

  /**
   * Watches ten seconds more: every trade is told at some moment (where none may be missing), and
   * each book shows the venue's own touch often (it lags by the wire and by the venue's blocks).
   */
  check(mayMissTrades: boolean): void {
    const { instruments } = this.#simulated.exchange;
    const same = this.feeds.map(() => 0);
    let steps = 0;
    let isAllTold = false;
    this.run(10_000, () => {
      steps++;
      isAllTold ||= this.trades.size === this.prints;
      this.feeds.forEach(({ book, instrument }, place) => {
        const market = instruments[instrument]!.market!;
        const isSame = book.bestBid === market.best("buy") && book.bestAsk === market.best("sell");
        if (isSame) same[place]!++;
      });
    });
    assert(this.prints > 50, `${this.prints} trades`);
    assert(isAllTold || mayMissTrades, `${this.prints} trades were made, ${this.trades.size} told`);
    assertEquals(this.repeatedTrades, 0, "trades that were told twice");
    for (const count of same) {
      assert(count > steps * SAME_TOUCH_MIN, `${count} of ${steps} times the venue's touch`);
    }
  }

  close(): void {
    this.#connector.stop(this.clock.now());
    this.#close();
  }

  async #serve({ venue, symbols, marketConnections, seed }: TwoLinesSetup): Promise<void> {
    const { clock } = this;
    const random = new SeededRandom(`${seed}/${venue}`);
    const plan = new FaultPlan({
      randomFor: (name) => random.fork(name),
      rules: faultRules("none"),
    });
    const instruments = symbols.map((symbol, index) => ({ symbol, index: instrumentIndex(index) }));
    const setup = { venue, instruments, balances: undefined, fees: undefined };
    this.#simulated = unwrap(
      await createSimulated({
        clock,
        scheduler: clock,
        seed,
        setup,
        updatesPerSecond: 20,
        faults: plan,
      }),
    );
    const { dialect, exchange } = this.#simulated;
    const server = serveDialect({
      transport: this.#wire,
      host: "127.0.0.1",
      port: 0,
      dialect,
      clock,
      scheduler: clock,
    });
    this.#close = () => {
      exchange.stop();
      server.close();
    };
    exchange.addListener({ onPrint: () => void this.prints++ });
    const edges = {
      clock,
      scheduler: clock,
      random: random.fork("connector"),
      transport: this.transport,
      log: { log: () => {} },
      credentials: undefined,
      at: dialect.endpoints(`127.0.0.1:${server.port}`),
      fees: feesOf(undefined),
      marketConnections,
    };
    this.#connector = unwrap(await createConnector(venue, edges));
    const listed = this.#instruments(symbols);
    this.#connector.start(listed, { deliver: (event) => this.#onEvent(event) });
  }

  #instruments(symbols: readonly string[]): readonly Instrument[] {
    const listed: Instrument[] = [];
    this.#connector.loadInstruments(symbols, (answer) => {
      unwrap(answer).forEach(({ terms }, index) => {
        listed.push(unwrap(createInstrument(instrumentIndex(index), terms)));
      });
    });
    this.clock.advance(1_000);
    assertEquals(listed.length, symbols.length);
    for (const instrument of listed) {
      this.feeds.push(
        new FeedHandler({
          instrument: instrument.index,
          rule: this.#connector.sequenceRule(instrument.terms),
          book: new OrderBook(),
          limits: { ...FEED_LIMITS_DEFAULT, staleAfterMs: 5_000 },
        }),
      );
    }
    return listed;
  }

  #onEvent(event: EngineEvent): void {
    const now = this.clock.now();
    switch (event.kind) {
      case "book_snapshot":
        this.feeds[event.instrument]!.onSnapshot(event, now);
        return this.#serveNeed(this.feeds[event.instrument]!);
      case "book_delta":
        this.feeds[event.instrument]!.onDelta(event, now);
        return this.#serveNeed(this.feeds[event.instrument]!);
      case "feed_interrupted":
        this.told.push(`interrupted ${event.instrument} ${event.reason}`);
        this.feeds[event.instrument]!.onInterrupted(event, now);
        return this.#serveNeed(this.feeds[event.instrument]!);
      case "connection":
        if (event.link === "market") this.told.push(`market ${event.state}`);
        return;
      case "trade": {
        const name = `${event.instrument}:${event.tradeId}`;
        if (this.trades.has(name)) this.repeatedTrades++;
        this.trades.add(name);
        return;
      }
      default:
        return;
    }
  }

  #serveNeed(feed: FeedHandler): void {
    if (!feed.needsSnapshot) return;
    feed.needsSnapshot = false;
    this.#connector.requestSnapshot(
      {
        kind: "request_snapshot",
        instrument: feed.instrument,
        reason: feed.reason,
      } as Parameters<VenueConnector["requestSnapshot"]>[0],
    );
  }
}

/** Lines lag and die in turns: nothing is told, no trade is lost or repeated, books stay usable. */
export async function assertEitherLineMayDie(setup: Omit<TwoLinesSetup, "marketConnections">) {
  const world = await TwoLines.open({ ...setup, marketConnections: 2 });
  const unusable = new Set<string>();
  const watch = () => world.unusable().forEach((name) => unusable.add(name));
  for (let round = 0; round < 4; round++) {
    world.run(3_000 + round * 137, watch);
    world.transport.cut(round % 2);
    world.run(5_000, watch);
    assertEquals(world.transport.wires.size, 2, "the line came back");
    // And one of them lags for a while.
    world.transport.lagMs.set(round % 2, 400);
    world.run(4_000, watch);
    world.transport.lagMs.clear();
  }
  assertEquals([...unusable], [], "books stay usable");
  assertEquals(world.told, [], "nothing is interrupted");
  assertEquals(world.feeds.map((feed) => feed.counters.gaps), world.feeds.map(() => 0));
  world.check(false);
  world.close();
}

/** Both lines die: told at once, and books are back when either is. */
export async function assertBothLinesRecover(setup: Omit<TwoLinesSetup, "marketConnections">) {
  const world = await TwoLines.open({ ...setup, marketConnections: 2 });
  world.run(2_000);
  for (const place of [0, 1]) world.transport.cut(place);
  const all = world.feeds.map((feed) => String(feed.instrument));
  assertEquals(world.unusable(), all, "unusable before anything else is done");
  assert(world.told.includes("market down"), world.told.join());
  world.run(30_000);
  assertEquals(world.unusable(), []);
  assertEquals(world.transport.wires.size, 2);
  assertEquals(world.told.filter((one) => one === "market up"), ["market up"]);
  // What was traded while nobody listened is nobody's to tell.
  world.check(true);
  world.close();
}
