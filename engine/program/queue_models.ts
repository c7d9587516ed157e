/**
 * A recorded market under the other queue model too: what a recording cannot tell is a range, and
 * both ends of it are shown (MARKETS.md section 8).
 *
 * The second run is on virtual time, with its own venues, and writes no journal.
 * @module
 */
import type { LoadedConfig } from "@/engine/config/mod.ts";
import { ok, type Result } from "@/engine/domain/mod.ts";
import { JournalWriter, NoTarget } from "@/engine/journal/mod.ts";
import type { Log, PaperWorldSetup, RunSummary } from "@/engine/ports/mod.ts";
import { VirtualClock } from "@/engine/simulation/mod.ts";
import { VIRTUAL_START } from "./inputs.ts";
import type { ProgramParts } from "./parts.ts";
import { recordingStart } from "./recordings.ts";

/** One model's result. */
export interface QueueModelResult {
  readonly fills: number;
  readonly volume: RunSummary["volume"];
  readonly pnl: RunSummary["pnl"];
}

/** What is kept of a run. */
export function queueModelResult(summary: RunSummary): QueueModelResult {
  return { fills: summary.fills, volume: summary.volume, pnl: summary.pnl };
}

const SLICE_MS = 10_000;

/** Runs the recording once more, as fast as it goes, under another model. */
export async function runQueueModel(
  parts: ProgramParts,
  loaded: LoadedConfig,
  setup: PaperWorldSetup,
  limitMs: number,
  log: Log,
): Promise<Result<QueueModelResult>> {
  const clock = new VirtualClock(recordingStart(setup.recording ?? []) ?? VIRTUAL_START);
  const world = await parts.openWorld({
    ...setup,
    clock,
    scheduler: clock,
    log,
    wire: "memory",
    speed: 1,
    queueModel: "power3",
  });
  if (!world.ok) return world;
  const house = parts.buildHouse(loaded, {
    clock,
    scheduler: clock,
    log,
    journal: new JournalWriter(new NoTarget()),
    connectors: world.value.connectors,
    mode: "paper",
    startNumber: 1,
    seed: setup.seed,
  });
  if (!house.ok) return house;
  const startedAt = clock.now();
  let isStopped = false;
  house.value.session.start();
  while (house.value.failure === undefined && !isStopped) {
    clock.runFor(SLICE_MS);
    const isOver = world.value.hasEnded() || (clock.now() - startedAt) / 1_000 >= limitMs;
    if (isOver) house.value.session.stop("time", "end of the recording", () => isStopped = true);
  }
  world.value.close();
  return ok(queueModelResult(house.value.status.summary()));
}
