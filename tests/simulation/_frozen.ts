/**
 * One venue whose sockets stay open and say nothing from an instant on, and what became of the
 * books: the real house, the venue's own protocol on the in-memory wire, virtual time.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { loadConfig } from "@/engine/config/mod.ts";
import { type Micros, micros, unwrap, type VenueId } from "@/engine/domain/mod.ts";
import { JournalWriter, MemoryTarget } from "@/engine/journal/mod.ts";
import type { House } from "@/engine/loop/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { paperVenues } from "@/engine/program/worlds.ts";
import { VirtualClock } from "@/engine/simulation/mod.ts";
import { createConnector, feesOf } from "@/exchanges/registry.ts";
import { createSimulated } from "@/exchanges/simulated_registry.ts";
import { FaultPlan, MemoryWire, serveDialect, type WireFaults } from "@/exchanges/simulator/mod.ts";
import { buildHouse } from "@/main.ts";
import { FakeLog } from "@/tests/unit/engine/loop/_fakes.ts";

const START = micros(1_760_000_000_000_000);
const FREEZE_MS = 120_000;

/** What is traded where. */
const TRADED: Readonly<Record<VenueId, readonly string[]>> = {
  binance: ["BTC-USDT-PERP", "BTC-USDT"],
  okx: ["BTC-USDT-PERP", "BTC-USDT"],
  gate: ["BTC-USDT-PERP", "BTC-USDT"],
  bybit: ["BTC-USDT-PERP", "BTC-USDT"],
  hyperliquid: ["BTC-USDC-PERP"],
  dydx: ["BTC-USD-PERP"],
  aster: ["BTC-USDT-PERP"],
};

const BALANCES = `{ USDT: "100000", USDC: "100000" }`;

/** How the venue is frozen. */
export interface Freeze {
  readonly venue: VenueId;
  readonly seed: number;
  /** `freeze`: whole sockets stand still; `drop`: only messages do, pings are answered. */
  readonly kind?: "freeze" | "drop";
  /** Before it, in seconds. */
  readonly livesFor: number;
  /** From then on, in seconds. */
  readonly frozenFor: number;
  /** More of the configuration's venue block. */
  readonly venueKeys?: string;
  readonly feedKeys?: string;
}

/** What became of one book. */
export interface FrozenBook {
  readonly symbol: string;
  /** Usable right before the freeze. */
  readonly wasUsable: boolean;
  /** Own orders that rested then. */
  readonly ordersBefore: number;
  /** The last word of the venue that confirmed the book. */
  heardAt: Micros;
  /** When it became unusable; undefined: never. */
  unusableAt: Micros | undefined;
  /** Known orders that nobody was cancelling after the turn in which it became unusable. */
  unpulled: number;
  /** Orders that nobody was cancelling at the end, those unanswered when it happened too. */
  left: number;
  readonly thresholdMs: number;
}

/** How it went. */
export interface FrozenEnd {
  readonly house: House;
  readonly books: readonly FrozenBook[];
  /** Times a book became unusable while the venue spoke, after the first synchronisation. */
  readonly falseAlarms: number;
  readonly errors: readonly string[];
}

/** Runs one venue, freezes its sockets, looks on. */
export async function frozen(freeze: Freeze): Promise<FrozenEnd> {
  const clock = new VirtualClock(START);
  let isFrozen = false;
  const log = new FakeLog();
  const faults: WireFaults = {
    fate: (direction, channel) =>
      !isFrozen || direction === "in" || channel === "http"
        ? { kind: "pass" }
        : freeze.kind === "drop"
        ? { kind: "drop" }
        : { kind: "freeze", ms: FREEZE_MS },
  };
  const { house, stop } = await openHouse(freeze, clock, log, faults, (event) => look(event));
  let books: FrozenBook[] = [];
  let falseAlarms = 0;
  const usable = new Map<number, boolean>();

  function look(event: EngineEvent): void {
    for (const slot of house.engine.state.instruments) {
      if (slot === undefined) continue;
      const before = usable.get(slot.index);
      const now = slot.feed.isUsable;
      usable.set(slot.index, now);
      const book = books.find((one) => one.symbol === slot.instrument.terms.symbol);
      if (book === undefined) {
        if (before === true && !now) falseAlarms++;
        continue;
      }
      if (now) book.heardAt = micros(event.at - slot.feed.silence(event.at));
      if (before !== true || now || book.unusableAt !== undefined) continue;
      book.unusableAt = event.at;
      house.engine.orders.forEachOrder(slot.index, (order) => {
        if (order.pending !== "cancel" && isAnswered(order)) book.unpulled++;
      });
    }
  }

  house.session.start();
  clock.runFor(freeze.livesFor * 1_000);
  books = house.engine.state.instruments.flatMap((slot) =>
    slot === undefined ? [] : [{
      symbol: slot.instrument.terms.symbol,
      wasUsable: slot.feed.isUsable,
      ordersBefore: house.engine.orders.openOrderCount(slot.index),
      heardAt: clock.now(),
      unusableAt: undefined,
      unpulled: 0,
      left: 0,
      thresholdMs: slot.streams.thresholds.book,
    }]
  );
  isFrozen = true;
  clock.runFor(freeze.frozenFor * 1_000);
  for (const slot of house.engine.state.instruments) {
    const book = books.find((one) => one.symbol === slot?.instrument.terms.symbol);
    if (slot === undefined || book === undefined) continue;
    house.engine.orders.forEachOrder(slot.index, (order) => {
      if (order.pending !== "cancel") book.left++;
    });
  }
  stop();
  return { house, books, falseAlarms, errors: log.at("error") };
}

/** Whether the venue's last word of it is known: others are asked about, then pulled. */
function isAnswered({ state }: { readonly state: string }): boolean {
  return state === "new" || state === "partially_filled";
}

async function openHouse(
  freeze: Freeze,
  clock: VirtualClock,
  log: FakeLog,
  faults: WireFaults,
  onProcessed: (event: EngineEvent) => void,
): Promise<{ house: House; stop: () => void }> {
  const { venue, seed } = freeze;
  const loaded = unwrap(loadConfig(configOf(freeze), { source: "file" }));
  const [setup] = paperVenues(loaded.config);
  const random = new SeededRandom(`${seed}/${venue}`);
  const plan = new FaultPlan({ randomFor: (name) => random.fork(name) });
  const wire = new MemoryWire({ clock, scheduler: clock, random: random.fork("wire") });
  const simulated = unwrap(
    await createSimulated({
      clock,
      scheduler: clock,
      seed,
      setup: setup!,
      updatesPerSecond: 10,
      faults: plan,
    }),
  );
  const { dialect, exchange } = simulated;
  const server = serveDialect({
    transport: wire,
    host: "127.0.0.1",
    port: 0,
    dialect,
    clock,
    scheduler: clock,
    faults,
  });
  exchange.start();
  const connector = unwrap(
    await createConnector(venue, {
      clock,
      scheduler: clock,
      random: random.fork("connector"),
      transport: wire,
      log,
      credentials: dialect.credentials as Readonly<Record<string, string>>,
      at: dialect.endpoints(`127.0.0.1:${server.port}`) as Readonly<Record<string, unknown>>,
      fees: feesOf(undefined),
    }),
  );
  const house = unwrap(buildHouse(loaded, {
    clock,
    scheduler: clock,
    log,
    journal: new JournalWriter(new MemoryTarget()),
    connectors: [connector],
    mode: "simulate",
    startNumber: 1,
    seed,
    onProcessed,
  }));
  const stop = () => {
    house.session.abort();
    exchange.stop();
    server.close();
  };
  return { house, stop };
}

function configOf({ venue, venueKeys, feedKeys }: Freeze): string {
  const symbols = TRADED[venue];
  const strategies = symbols.map((symbol, index) =>
    `  - { id: mm_${index}, kind: market_making, instruments: ["${venue}:${symbol}"], ` +
    `parameters: { order_size: "0.01", inventory_max: "0.05", half_spread_bp: "5" } }`
  );
  return [
    "instance_id: sim",
    "control: { enabled: false }",
    "log: { level: error }",
    feedKeys ?? "",
    `venues: { ${venue}: { instruments: [${symbols.join(", ")}], paper: { balances: ${BALANCES} }${
      venueKeys === undefined ? "" : `, ${venueKeys}`
    } } }`,
    "strategies:",
    ...strategies,
  ].join("\n");
}
