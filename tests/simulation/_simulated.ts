/**
 * The real house on virtual time: `main.ts`'s joining, the simulated venues, the in-memory wire.
 * @module
 */
import { loadConfig, type LoadedConfig } from "@/engine/config/mod.ts";
import { micros, unwrap } from "@/engine/domain/mod.ts";
import { JournalWriter, MemoryTarget } from "@/engine/journal/mod.ts";
import type { House } from "@/engine/loop/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { PaperWorld, PaperWorldSetup } from "@/engine/ports/mod.ts";
import { paperVenues } from "@/engine/program/worlds.ts";
import { type SimulationOutcome, SimulationRunner, VirtualClock } from "@/engine/simulation/mod.ts";
import { openWorld } from "@/exchanges/mod.ts";
import { buildHouse } from "@/main.ts";
import { FakeLog } from "@/tests/unit/engine/loop/_fakes.ts";

const VIRTUAL_START = micros(1_760_000_000_000_000);

/** The smallest useful configuration: one maker on one perpetual. */
export const SMALL_CONFIG = `
instance_id: sim
control: { enabled: false }
log: { level: error }
venues:
  binance: { instruments: [BTC-USDT-PERP, BTC-USDT] }
strategies:
  - id: mm_btc
    kind: market_making
    instruments: ["binance:BTC-USDT-PERP"]
    parameters: { order_size: "0.01", inventory_max: "0.05", half_spread_bp: "0.5" }
  - id: mm_spot
    kind: market_making
    instruments: ["binance:BTC-USDT"]
    parameters: { order_size: "0.001", inventory_max: "0.005", half_spread_bp: "0.5" }
`;

/** How a run is wanted. */
export interface SimulatedRun {
  readonly seed: number;
  readonly seconds: number;
  readonly faults?: "none" | "mild" | "harsh";
  readonly config?: string;
  readonly spareDecimals?: PaperWorldSetup["spareDecimals"];
  /** Called once the world is open, before the house starts. */
  readonly onOpen?: (world: PaperWorld, clock: VirtualClock) => void;
  /** Sees each event after it was processed. */
  readonly onProcessed?: (event: EngineEvent, house: House) => void;
  /** Called once the house has started; plans what is to happen on the way. */
  readonly onStarted?: (parts: StartedParts) => void;
}

/** What a test may reach while a run goes on. */
export interface StartedParts {
  readonly clock: VirtualClock;
  readonly world: PaperWorld;
  readonly house: House;
}

/** How it went. */
export interface SimulatedEnd {
  readonly outcome: SimulationOutcome;
  readonly house: House;
  readonly loaded: LoadedConfig;
  readonly logHash: string;
  readonly journal: Uint8Array;
  readonly faults: Readonly<Record<string, number>>;
  readonly errors: readonly string[];
}

/** Runs the whole house for some virtual seconds, then heals, settles and stops it. */
export async function simulated(run: SimulatedRun): Promise<SimulatedEnd> {
  const loaded = unwrap(loadConfig(run.config ?? SMALL_CONFIG, { source: "file" }));
  const clock = new VirtualClock(VIRTUAL_START);
  const log = new FakeLog();
  const world = unwrap(
    await openWorld({
      clock,
      scheduler: clock,
      log,
      wire: "memory",
      venues: paperVenues(loaded.config),
      seed: run.seed,
      updatesPerSecond: 10,
      latencyMs: { from_venue: 2, to_venue: 2 },
      faults: run.faults ?? "none",
      ...(run.spareDecimals === undefined ? {} : { spareDecimals: run.spareDecimals }),
    }),
  );
  run.onOpen?.(world, clock);
  const runner = new SimulationRunner({ clock, hours: run.seconds / 3_600, bookCheckEvery: 1 });
  const target = new MemoryTarget();
  const journal = new JournalWriter(target);
  const house: House = unwrap(buildHouse(loaded, {
    clock,
    scheduler: clock,
    log,
    journal,
    connectors: world.connectors,
    mode: "simulate",
    startNumber: 1,
    seed: run.seed,
    onProcessed: (event) => {
      runner.onProcessed(event);
      run.onProcessed?.(event, house);
    },
  }));
  const outcome = runner.run({
    engine: house.engine,
    venues: world.truths,
    start: () => {
      house.session.start();
      run.onStarted?.({ clock, world, house });
    },
    heal: () => world.heal(),
    stop: (onStopped) => house.session.stop("simulation", "end", onStopped),
    failure: () => house.failure === undefined ? undefined : String(house.failure),
  });
  world.close();
  await journal.close();
  return {
    outcome,
    house,
    loaded,
    logHash: journal.logHash(),
    journal: target.toBytes(),
    faults: world.faultCounts(),
    errors: log.at("error"),
  };
}
