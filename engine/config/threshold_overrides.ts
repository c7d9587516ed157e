/**
 * What a configuration says of the silence of streams, beside what each venue's connector says.
 *
 * 1. A venue's own key comes before `feed.stale_after_ms`, which is of books alone.
 * 2. 0 stands for never.
 * @module
 */
import { VENUE_IDS, type VenueId } from "@/engine/domain/mod.ts";
import type { StreamThresholds } from "@/engine/ports/mod.ts";
import type { Config } from "./config.ts";

/** Thresholds that the configuration sets, by venue; what it does not set is absent. */
export function thresholdOverrides(
  config: Config,
): ReadonlyMap<VenueId, Partial<StreamThresholds>> {
  const { stale_after_ms: anyBook } = config.feed;
  const everywhere = anyBook === undefined ? {} : { book: anyBook };
  const overrides = new Map<VenueId, Partial<StreamThresholds>>();
  for (const id of VENUE_IDS) {
    const venue = config.venues[id];
    if (venue === undefined) continue;
    const given = Object.entries({ ...everywhere, ...venue.stale_after_ms });
    overrides.set(id, Object.fromEntries(given.map(([stream, ms]) => [stream, msOf(ms)])));
  }
  return overrides;
}

function msOf(given: number): number {
  return given === 0 ? Infinity : given;
}
