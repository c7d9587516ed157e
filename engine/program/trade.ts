/**
 * `trade`: paper on simulated venues, on those of a running `venues`, or on a recording.
 *
 *   config -> world (clock, wire, venues) -> journal -> house -> run -> summary
 *
 * 1. Nothing is started before everything that was asked for is known to be possible.
 * 2. On virtual time the journal's sink is waited for, so that two runs give the same bytes.
 * @module
 */
import {
  type Arguments,
  EXIT,
  type ExitCode,
  jsonLine,
  statusBlock,
  summaryText,
} from "@/engine/cli/mod.ts";
import type { LoadedConfig } from "@/engine/config/mod.ts";
import { type Micros, ok, type Result } from "@/engine/domain/mod.ts";
import { type JournalTarget, JournalWriter, openJournalTarget } from "@/engine/journal/mod.ts";
import { type House, LiveClock, type RunEnd, runUntilEnd } from "@/engine/loop/mod.ts";
import type { Logger } from "@/engine/metrics/mod.ts";
import { VirtualClock } from "@/engine/simulation/mod.ts";
import { startControl } from "./control.ts";
import {
  failed,
  loggerOf,
  readConfig,
  refuse,
  stderr,
  stdout,
  VIRTUAL_START,
  withHint,
} from "./inputs.ts";
import type { PaperWorld, PaperWorldSetup } from "@/engine/ports/mod.ts";
import type { ProgramParts } from "./parts.ts";
import { recordedPart, recordingStart } from "./recordings.ts";
import { type QueueModelResult, queueModelResult, runQueueModel } from "./queue_models.ts";
import { paperVenues, readRecordings } from "./worlds.ts";

const VIRTUAL_SLICE_MS = 100;
const JOURNAL_FLUSH_MS = 200;
/** 2020-01-01, in seconds: start numbers count from here. */
const START_NUMBERS_FROM_S = 1_577_836_800;

/** `trade`: paper on simulated venues, on those of a running `venues`, or on a recording. */
export async function trade(parts: ProgramParts, given: Arguments): Promise<ExitCode> {
  if (given.text("mode") === "live") {
    return refuse("trade --mode live: wanted a passed `doctor` first; this version has none yet");
  }
  const whole = await readConfig(parts, given.text("config"));
  if (!whole.ok) return refuse(whole.error);
  const journalName = given.text("journal") ?? whole.value.config.journal;
  if (given.has("json") && journalName === "-") {
    return refuse("--json and a journal on standard output: wanted one of them, found both");
  }
  const recording = await readRecordings(given.list("recording"));
  if (!recording.ok) return refuse(recording.error);
  const isVirtual = given.text("speed") === "max";
  const live = new LiveClock();
  const virtual = new VirtualClock(recordingStart(recording.value) ?? VIRTUAL_START);
  const clock = isVirtual ? virtual : live;
  const log = loggerOf(whole.value.config, given, clock);
  const part = recordedPart(whole.value, recording.value);
  if (!part.ok) return failed(part.error);
  const { loaded, leftOut } = part.value;
  const { config } = loaded;
  if (leftOut.length > 0) log.log("warn", `not in the recording: ${leftOut.join(", ")}`);
  const setup: PaperWorldSetup = {
    clock,
    scheduler: clock,
    log,
    wire: isVirtual ? "memory" : "sockets",
    venues: paperVenues(config),
    seed: config.simulation.seed,
    updatesPerSecond: config.simulation.updates_per_second,
    latencyMs: config.simulation.latency_ms,
    remembersTruth: false,
    venuesAt: given.text("venues-at"),
    recording: recording.value,
    speed: isVirtual ? 1 : Number(given.text("speed") ?? "1"),
  };
  const opened = await openTrade(parts, loaded, setup, journalName, isVirtual);
  if (!opened.ok) return refuse(withHint(opened.error));
  const { world, target, journal, house } = opened.value;
  const run: Run = { given, loaded, log, journal, world };
  const end = isVirtual
    ? await runVirtually(house, run, virtual, () => target.backlogBytes)
    : await runForReal(house, run, live);
  world.close();
  await journal.close();
  if (end.exitCode === EXIT.refused) return EXIT.refused;
  if (end.openOrders > 0) listOpenOrders(house);
  for (const note of world.notes()) log.log("warn", note);
  if (recording.value.length > 0 && hasSeenNothing(house)) {
    return failed("trade --recording: wanted recorded books of the instruments, found none");
  }
  const models = recording.value.length === 0
    ? ok({})
    : await bothModels(parts, given, loaded, setup, house, log);
  if (!models.ok) return failed(models.error);
  const summary = { ...house.status.summary(), ...models.value };
  if (given.has("json")) stdout(jsonLine(summary));
  else stderr(summaryText(summary));
  return end.exitCode;
}

/** Whether no book of any instrument ever came to be. */
function hasSeenNothing(house: House): boolean {
  return house.engine.state.instruments.every((slot) => (slot?.feed.counters.applied ?? 0) === 0);
}

/** World, journal and house of a run; when one cannot be, nothing is left open. */
async function openTrade(
  parts: ProgramParts,
  loaded: LoadedConfig,
  setup: PaperWorldSetup,
  journalName: string,
  isVirtual: boolean,
): Promise<Result<Opened>> {
  const world = await parts.openWorld(setup);
  if (!world.ok) return world;
  const target = await openJournalTarget(journalName);
  if (!target.ok) {
    world.value.close();
    return target;
  }
  const journal = new JournalWriter(target.value);
  const { clock, scheduler, log, seed } = setup;
  const house = parts.buildHouse(loaded, {
    clock,
    scheduler,
    log,
    journal,
    connectors: world.value.connectors,
    mode: "paper",
    startNumber: isVirtual ? 1 : startNumberOf(clock.now()),
    seed,
  });
  if (house.ok) {
    return ok({ world: world.value, target: target.value, journal, house: house.value });
  }
  world.value.close();
  await target.value.close();
  return house;
}

/** What a run is made of before it starts. */
interface Opened {
  readonly world: PaperWorld;
  readonly target: JournalTarget;
  readonly journal: JournalWriter;
  readonly house: House;
}

/** Results under both queue models; the run itself was the cautious one. */
async function bothModels(
  parts: ProgramParts,
  given: Arguments,
  loaded: LoadedConfig,
  setup: PaperWorldSetup,
  house: House,
  log: Logger,
): Promise<Result<{ queue_models: Record<string, QueueModelResult> }>> {
  const speed = Number(given.text("speed") ?? "1") || 1;
  // No longer than the run itself: it may have been interrupted.
  const ranMs = house.status.summary().uptime_s * 1_000;
  const limitMs = Math.min(given.durationMs("for") ?? Infinity, ranMs) * speed;
  log.level = "error";
  const power3 = await runQueueModel(parts, loaded, setup, limitMs, log);
  if (!power3.ok) return power3;
  const riskAverse = queueModelResult(house.status.summary());
  for (const [name, result] of [["risk-averse", riskAverse], ["power 3", power3.value]] as const) {
    stderr(
      `Queue model ${name}: ${result.fills} fills, P&L ${result.pnl.total} ${result.pnl.currency}`,
    );
  }
  return ok({ queue_models: { risk_averse: riskAverse, power3: power3.value } });
}

/** What a run of `trade` consists of besides its house. */
interface Run {
  readonly given: Arguments;
  readonly loaded: LoadedConfig;
  readonly log: Logger;
  readonly journal: JournalWriter;
  readonly world: PaperWorld;
}

/** On the real clock, with control API and status block, until time, signal or end of recording. */
async function runForReal(house: House, run: Run, clock: LiveClock): Promise<RunEnd> {
  const { given, loaded: { config, secrets }, log, journal, world } = run;
  const control = await startControl(house, config, secrets.control_token, log);
  if (!control.ok) {
    stderr(control.error);
    return { exitCode: EXIT.refused, openOrders: 0, failure: control.error };
  }
  let quiet = false;
  const every = (milliseconds: number, work: () => void) => {
    const again = () => {
      if (quiet) return;
      work();
      clock.after(milliseconds, again);
    };
    if (milliseconds > 0) clock.after(milliseconds, again);
  };
  every(JOURNAL_FLUSH_MS, () => journal.flush());
  every(config.status_every_s * 1_000, () => stderr(statusBlock(house.status.status())));
  const end = await runUntilEnd({
    session: house.session,
    scheduler: clock,
    log,
    forMs: given.durationMs("for"),
    ...(world.ended === undefined ? {} : { ended: world.ended }),
    createLastResort: (done) => house.createLastResort(done),
    onLastResort: () => {},
    isHalted: () => house.engine.modes.mode === "halted",
  });
  quiet = true;
  await control.value?.stop();
  return end;
}

/** On virtual time: the recording as fast as it goes; the journal's sink is waited for. */
async function runVirtually(
  house: House,
  run: Run,
  clock: VirtualClock,
  backlog: () => number,
): Promise<RunEnd> {
  const limitMs = run.given.durationMs("for") ?? Infinity;
  const startedAt = clock.now();
  let openOrders: number | undefined;
  const halted = () => house.engine.modes.mode === "halted";
  house.session.start();
  while (house.failure === undefined && openOrders === undefined) {
    clock.runFor(VIRTUAL_SLICE_MS);
    run.journal.flush();
    while (backlog() > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const isOver = run.world.hasEnded() || (clock.now() - startedAt) / 1_000 >= limitMs;
    if (isOver) house.session.stop("time", "end of the recording", (open) => openOrders = open);
  }
  if (house.failure !== undefined) {
    stderr(String(house.failure));
    house.violations.push(String(house.failure));
    openOrders = house.session.openOrders;
    house.session.abort();
  }
  const failed = house.failure !== undefined || (openOrders ?? 0) > 0;
  const exitCode = failed ? EXIT.failed : halted() ? EXIT.haltedByRisk : EXIT.done;
  return { exitCode, openOrders: openOrders ?? 0, failure: undefined };
}

/** What the operator has to look after by hand. */
function listOpenOrders(house: House): void {
  stderr("These orders may still be open:");
  for (const order of house.status.status().open_orders) {
    const { venue, instrument, side, size, filled_size, price, client_order_id, state } = order;
    stderr(
      `  ${venue}:${instrument} ${side} ${size} (${filled_size} filled) at ${price ?? "market"}, ` +
        `${client_order_id}, ${state}`,
    );
  }
}

/** Seconds since 2020: unique per start, and growing. */
function startNumberOf(now: Micros): number {
  return Math.floor(now / 1e6) - START_NUMBERS_FROM_S;
}
