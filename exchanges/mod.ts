/**
 * The exchanges: venue name to connector, tools and simulated twin; and paper worlds made of them.
 *
 * 1. Venues and dialects are loaded when a configuration names them, the simulator when it serves.
 * 2. No decision about markets is made here.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { micros, nanos, type Result, type VenueId } from "@/engine/domain/mod.ts";
import type {
  PaperWorld,
  PaperWorldSetup,
  VenueConnector,
  VenueTools,
} from "@/engine/ports/mod.ts";
import { joinRunningVenues } from "./joined_world.ts";
import { createConnector, feesOf, venueEntry } from "./registry.ts";

export { simulatedVenues } from "./simulated_registry.ts";

/** Opens a world, or says why it cannot be. Nothing is left open then. */
export async function openWorld(setup: PaperWorldSetup): Promise<Result<PaperWorld>> {
  if (setup.venuesAt !== undefined) return await joinRunningVenues(setup);
  const { openServedWorld } = await import("./paper_world.ts");
  return await openServedWorld(setup);
}

/** A venue's pure pieces, for the wire tools. */
export async function loadTools(venue: VenueId): Promise<Result<VenueTools>> {
  const entry = venueEntry(venue);
  return entry.ok ? { ok: true, value: await entry.value.loadTools() } : entry;
}

/** A connector that is never started: capabilities, limits and sequence rules, for replay. */
export async function venueFacts(venue: VenueId): Promise<Result<VenueConnector>> {
  const still = {
    now: () => micros(0),
    monotonic: () => nanos(0),
    after: () => 0,
    cancel: () => {},
  };
  return await createConnector(venue, {
    clock: still,
    scheduler: still,
    random: new SeededRandom(venue),
    transport: {
      connect: () => ({ write: () => false, pendingBytes: 0, close: () => {} }),
    },
    log: { log: () => {} },
    credentials: undefined,
    at: "live",
    fees: feesOf(undefined),
  });
}
