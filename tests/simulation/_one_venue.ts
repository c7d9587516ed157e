/**
 * One venue with the real house: the venue's own protocol on the in-memory wire, virtual time.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { loadConfig } from "@/engine/config/mod.ts";
import { micros, unwrap, type VenueId } from "@/engine/domain/mod.ts";
import { JournalWriter, MemoryTarget } from "@/engine/journal/mod.ts";
import type { House } from "@/engine/loop/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { paperVenues } from "@/engine/program/worlds.ts";
import { VirtualClock } from "@/engine/simulation/mod.ts";
import { createConnector, feesOf } from "@/exchanges/registry.ts";
import { createSimulated } from "@/exchanges/simulated_registry.ts";
import {
  FaultPlan,
  MemoryWire,
  serveDialect,
  type SimulatedExchange,
  type WireFaults,
} from "@/exchanges/simulator/mod.ts";
import { buildHouse } from "@/main.ts";
import { FakeLog } from "@/tests/unit/engine/loop/_fakes.ts";

const START = micros(1_760_000_000_000_000);

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

/** What is wanted of it. */
export interface OneVenueOptions {
  readonly venue: VenueId;
  readonly seed: number;
  readonly wire?: WireFaults;
  /** Rules may be added to it later. */
  readonly plan?: FaultPlan;
  /** More of the configuration's venue block. */
  readonly venueKeys?: string | undefined;
  /** More of the configuration. */
  readonly keys?: string | undefined;
  /** Planted: events that never reach the core, though the connector tells them; nor is it asked
   * for its listing again. */
  readonly drops?: (event: EngineEvent) => boolean;
  readonly onProcessed?: (event: EngineEvent) => void;
}

/** A house, its venue and the time they live on; the session is not started yet. */
export interface OneVenue {
  readonly clock: VirtualClock;
  readonly log: FakeLog;
  readonly house: House;
  readonly exchange: SimulatedExchange;
  readonly plan: FaultPlan;
  stop(): void;
}

/** Opens a venue and a house that trades on it. */
export async function openVenue(options: OneVenueOptions): Promise<OneVenue> {
  const { venue, seed, wire: faults } = options;
  const clock = new VirtualClock(START);
  const log = new FakeLog();
  const loaded = unwrap(loadConfig(configOf(options), { source: "file" }));
  const [setup] = paperVenues(loaded.config);
  const random = new SeededRandom(`${seed}/${venue}`);
  const plan = options.plan ?? new FaultPlan({ randomFor: (name) => random.fork(name) });
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
    ...(faults === undefined ? {} : { faults }),
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
  const { drops } = options;
  if (drops !== undefined) {
    Object.assign(connector, { refreshInstruments: () => {} });
    const start = connector.start.bind(connector);
    connector.start = (instruments, receiver) =>
      start(instruments, {
        deliver: (event) => {
          if (!drops(event)) receiver.deliver(event);
        },
      });
  }
  const house = unwrap(buildHouse(loaded, {
    clock,
    scheduler: clock,
    log,
    journal: new JournalWriter(new MemoryTarget()),
    connectors: [connector],
    mode: "simulate",
    startNumber: 1,
    seed,
    ...(options.onProcessed === undefined ? {} : { onProcessed: options.onProcessed }),
  }));
  const stop = () => {
    house.session.abort();
    exchange.stop();
    server.close();
  };
  return { clock, log, house, exchange, plan, stop };
}

function configOf({ venue, venueKeys, keys }: OneVenueOptions): string {
  const symbols = TRADED[venue];
  const strategies = symbols.map((symbol, index) =>
    `  - { id: mm_${index}, kind: market_making, instruments: ["${venue}:${symbol}"], ` +
    `parameters: { order_size: "0.01", inventory_max: "0.05", half_spread_bp: "5" } }`
  );
  return [
    "instance_id: sim",
    "control: { enabled: false }",
    "log: { level: error }",
    keys ?? "",
    `venues: { ${venue}: { instruments: [${symbols.join(", ")}], paper: { balances: ${BALANCES} }${
      venueKeys === undefined ? "" : `, ${venueKeys}`
    } } }`,
    "strategies:",
    ...strategies,
  ].join("\n");
}
