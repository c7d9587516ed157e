/**
 * A configuration to the setup of its paper world, recordings read.
 * @module
 */
import { readLines } from "@/engine/cli/mod.ts";
import type { Config } from "@/engine/config/mod.ts";
import {
  type InstrumentIndex,
  instrumentIndex,
  ok,
  type Result,
  VENUE_IDS,
  type VenueId,
} from "@/engine/domain/mod.ts";
import type { PaperVenueSetup, RecordingFile } from "@/engine/ports/mod.ts";
import { openBytes } from "./inputs.ts";

/** Every configured instrument with its index in a run: by venue, then in the config's order. */
export function instrumentsOf(
  config: Config,
): ReadonlyMap<VenueId, readonly { symbol: string; index: InstrumentIndex }[]> {
  let next = 0;
  const indexed = new Map<VenueId, { symbol: string; index: InstrumentIndex }[]>();
  for (const venue of VENUE_IDS) {
    const symbols = config.venues[venue]?.instruments;
    if (symbols === undefined) continue;
    indexed.set(venue, symbols.map((symbol) => ({ symbol, index: instrumentIndex(next++) })));
  }
  return indexed;
}

/** The venues of a paper world. */
export function paperVenues(config: Config): readonly PaperVenueSetup[] {
  return [...instrumentsOf(config)].map(([venue, instruments]) => {
    const { fees, paper, market_connections } = config.venues[venue]!;
    return {
      venue,
      instruments,
      balances: paper.balances,
      fees: { makerBp: fees.maker_bp, takerBp: fees.taker_bp },
      marketConnections: market_connections,
    };
  });
}

/** Reads recorded files whole; `.gz` is unpacked. */
export async function readRecordings(
  paths: readonly string[],
): Promise<Result<readonly RecordingFile[]>> {
  const files: RecordingFile[] = [];
  for (const name of paths) {
    const bytes = await openBytes(name);
    if (!bytes.ok) return bytes;
    const lines: string[] = [];
    for await (const line of readLines(bytes.value)) lines.push(line);
    files.push({ name, lines });
  }
  return ok(files);
}
