/**
 * `simulate`: the whole system on virtual time and the in-memory wire, from a seed.
 * @module
 */
import { type Arguments, EXIT, type ExitCode, jsonLine, summaryText } from "@/engine/cli/mod.ts";
import type { LoadedConfig } from "@/engine/config/mod.ts";
import { ok, type Result } from "@/engine/domain/mod.ts";
import { JournalWriter, NoTarget } from "@/engine/journal/mod.ts";
import type { RunSummary } from "@/engine/ports/mod.ts";
import { SimulationRunner, VirtualClock } from "@/engine/simulation/mod.ts";
import { loggerOf, readConfig, refuse, stderr, stdout, VIRTUAL_START } from "./inputs.ts";
import type { ProgramParts } from "./parts.ts";
import { paperVenues } from "./worlds.ts";

/** What `simulate --json` prints. */
export interface SimulationSummary extends RunSummary {
  readonly seed: number;
  readonly simulated_s: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly invariants_checked: number;
  readonly log_hash: string;
}

/** `simulate`: one line per seed; the first violated one is told with the command that replays
 * it. */
export async function simulate(parts: ProgramParts, given: Arguments): Promise<ExitCode> {
  const loaded = await readConfig(parts, given.text("config"));
  if (!loaded.ok) return refuse(loaded.error);
  const first = given.number("seed") ?? loaded.value.config.simulation.seed;
  let exitCode: ExitCode = EXIT.done;
  for (let seed = first; seed < first + (given.number("seeds") ?? 1); seed++) {
    const outcome = await simulateSeed(parts, given, loaded.value, seed);
    if (!outcome.ok) return refuse(outcome.error);
    if (given.has("json")) stdout(jsonLine(outcome.value));
    else stderr(`${summaryText(outcome.value)}\nseed ${seed}  log_hash ${outcome.value.log_hash}`);
    if (outcome.value.violations.length === 0) continue;
    exitCode = EXIT.failed;
    stderr(`Violated with seed ${seed}: ${outcome.value.violations[0]}`);
    stderr(`Replay it: touchline simulate ${replayOptions(given, seed)}`);
  }
  return exitCode;
}

async function simulateSeed(
  parts: ProgramParts,
  given: Arguments,
  loaded: LoadedConfig,
  seed: number,
): Promise<Result<SimulationSummary>> {
  const { config } = loaded;
  const clock = new VirtualClock(VIRTUAL_START);
  const log = loggerOf(config, given, clock);
  // Faults are the point here: their warnings are told only when asked for.
  if (!given.has("log-level")) log.level = "error";
  const world = await parts.openWorld({
    clock,
    scheduler: clock,
    log,
    wire: "memory",
    venues: paperVenues(config),
    seed,
    updatesPerSecond: config.simulation.updates_per_second,
    latencyMs: config.simulation.latency_ms,
    faults: (given.text("faults") ?? "none") as "none" | "mild" | "harsh",
  });
  if (!world.ok) return world;
  const runner = new SimulationRunner({
    clock,
    hours: given.number("hours") ?? 1,
    bookCheckEvery: given.text("wire") === "none" ? 1_000 : 1,
  });
  const journal = new JournalWriter(new NoTarget());
  const house = parts.buildHouse(loaded, {
    clock,
    scheduler: clock,
    log,
    journal,
    connectors: world.value.connectors,
    mode: "simulate",
    startNumber: 1,
    seed,
    onProcessed: runner.onProcessed,
  });
  if (!house.ok) return house;
  const outcome = runner.run({
    engine: house.value.engine,
    venues: world.value.truths,
    start: () => house.value.session.start(),
    heal: () => world.value.heal(),
    stop: (onStopped) => house.value.session.stop("simulation", "end of the horizon", onStopped),
    failure: () => house.value.failure === undefined ? undefined : String(house.value.failure),
  });
  world.value.close();
  return ok({
    ...house.value.status.summary(),
    violations: [...outcome.violations],
    seed,
    simulated_s: outcome.simulatedSeconds,
    faults: world.value.faultCounts(),
    invariants_checked: outcome.invariantsChecked,
    log_hash: journal.logHash(),
  });
}

function replayOptions(given: Arguments, seed: number): string {
  const kept = ["hours", "faults", "wire"].filter((name) => given.has(name));
  const texts = kept.map((name) => `--${name} ${given.text(name)}`);
  return [`--seed ${seed}`, ...texts].join(" ");
}
