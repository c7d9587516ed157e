/**
 * `venues`: the simulated venues on loopback, for another process to trade on.
 * @module
 */
import { type Arguments, EXIT, type ExitCode, jsonLine } from "@/engine/cli/mod.ts";
import type { VenueId } from "@/engine/domain/mod.ts";
import { LiveClock } from "@/engine/loop/mod.ts";
import type { PaperVenueSetup } from "@/engine/ports/mod.ts";
import { loggerOf, readConfig, refuse, stdout, withHint } from "./inputs.ts";
import type { ProgramParts } from "./parts.ts";
import { recordedPart } from "./recordings.ts";
import { paperVenues, readRecordings } from "./worlds.ts";

/** `venues`: the simulated venues on loopback, until a signal. */
export async function venues(parts: ProgramParts, given: Arguments): Promise<ExitCode> {
  const loaded = await readConfig(parts, undefined);
  if (!loaded.ok) return refuse(loaded.error);
  const clock = new LiveClock();
  const recording = await readRecordings(given.list("recording"));
  if (!recording.ok) return refuse(recording.error);
  const part = recordedPart(loaded.value, recording.value);
  if (!part.ok) return refuse(part.error);
  const { config } = part.value.loaded;
  const only = given.list("venues");
  // A recording is of the instruments that the config names; else all that there are.
  const wanted = recording.value.length > 0
    ? paperVenues(config)
    : parts.simulatedVenues().map(everythingOf);
  const served = await parts.openWorld({
    clock,
    scheduler: clock,
    log: loggerOf(config, given, clock),
    wire: "sockets",
    venues: wanted.filter((one) => only.length === 0 || only.includes(one.venue)),
    updatesPerSecond: config.simulation.updates_per_second,
    latencyMs: config.simulation.latency_ms,
    remembersTruth: false,
    seed: given.number("seed") ?? config.simulation.seed,
    port: given.number("port") ?? 0,
    recording: recording.value,
    speed: Number(given.text("speed") ?? "1"),
  });
  if (!served.ok) return refuse(withHint(served.error));
  stdout(jsonLine(served.value.description));
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, resolve);
  });
  served.value.close();
  return EXIT.done;
}

/** A venue with all it offers, its default balances and fees. */
function everythingOf(venue: VenueId): PaperVenueSetup {
  return { venue, instruments: [], balances: undefined, fees: undefined };
}
