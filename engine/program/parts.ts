/**
 * What verbs need of the rest of the house; `main.ts` gives it, because only it knows all rooms.
 * @module
 */
import type { Config, LoadedConfig } from "@/engine/config/mod.ts";
import type { Engine, VenueFacts } from "@/engine/core/mod.ts";
import type { Result, VenueId } from "@/engine/domain/mod.ts";
import type { JournalWriter } from "@/engine/journal/mod.ts";
import type { House } from "@/engine/loop/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type {
  Clock,
  Log,
  PaperWorld,
  PaperWorldSetup,
  Scheduler,
  VenueConnector,
  VenueTools,
} from "@/engine/ports/mod.ts";

/** What a house stands on: a clock, a wire (inside the connectors), and where it is written
 * down. */
export interface HouseEdges {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly journal: JournalWriter;
  readonly connectors: readonly VenueConnector[];
  readonly mode: string;
  /** Unique per start of this instance. */
  readonly startNumber: number;
  readonly seed: number;
  readonly onProcessed?: (event: EngineEvent) => void;
}

/** Everything verbs get from `main.ts`. */
export interface ProgramParts {
  readonly version: string;
  readonly embeddedConfig: () => string;
  buildHouse(loaded: LoadedConfig, edges: HouseEdges): Result<House>;
  /** The core alone, for replay. */
  buildEngine(config: Config, venues: readonly VenueFacts[]): Result<Engine>;
  /** What the core must know of a venue, without a socket. */
  venueFacts(venue: VenueId): Promise<Result<VenueFacts>>;
  loadTools(venue: VenueId): Promise<Result<VenueTools>>;
  /** Venues that can be simulated, in the order of the command line. */
  simulatedVenues(): readonly VenueId[];
  openWorld(setup: PaperWorldSetup): Promise<Result<PaperWorld>>;
}
