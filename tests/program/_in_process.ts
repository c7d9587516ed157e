/**
 * The program inside the test's own process, so that a test can reach its world and break it.
 * @module
 */
import type { PaperWorld } from "@/engine/ports/mod.ts";
import { type ProgramParts, runProgram } from "@/engine/program/mod.ts";
import { loadTools, openWorld, simulatedVenues, venueFacts } from "@/exchanges/mod.ts";
import { buildEngine, buildHouse, VERSION } from "@/main.ts";
import type { House } from "@/engine/loop/mod.ts";

/** What a run opened. */
export interface Opened {
  readonly worlds: PaperWorld[];
  readonly houses: House[];
  /** What was written to standard error so far. */
  stderr?: () => string;
}

/** A run's exit code and what it wrote. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a run differs from a plain one. */
export interface RunOptions {
  /** Filled while it runs. */
  readonly opened?: Opened;
  /** Standard input. */
  readonly stdin?: string;
  /** Replaces parts. */
  readonly parts?: Partial<ProgramParts>;
}

/** Runs the program on an embedded config. */
export async function runInProcess(
  args: readonly string[],
  embeddedConfig: string,
  options: RunOptions = {},
): Promise<Ran> {
  const opened: Opened = options.opened ?? { worlds: [], houses: [] };
  const parts: ProgramParts = {
    version: VERSION,
    embeddedConfig: () => embeddedConfig,
    buildHouse: (loaded, edges) => {
      const house = buildHouse(loaded, edges);
      if (house.ok) opened.houses.push(house.value);
      return house;
    },
    buildEngine,
    venueFacts,
    loadTools,
    simulatedVenues,
    openWorld: async (setup) => {
      const world = await openWorld(setup);
      if (world.ok) opened.worlds.push(world.value);
      return world;
    },
    ...options.parts,
  };
  const outputs = capture();
  opened.stderr = () => outputs.texts().stderr;
  if (options.stdin !== undefined) giveStandardInput(options.stdin);
  try {
    const code = await runProgram(parts, args);
    return { code, ...outputs.texts() };
  } finally {
    outputs.restore();
  }
}

/** Standard input of this process, from now on. */
function giveStandardInput(text: string): void {
  Object.defineProperty(Deno.stdin, "readable", {
    configurable: true,
    value: new Blob([text]).stream(),
  });
}

/** Takes what is written to both outputs. */
function capture(): { texts(): { stdout: string; stderr: string }; restore(): void } {
  const real = { out: Deno.stdout.writeSync, err: Deno.stderr.writeSync };
  let stdout = "";
  let stderr = "";
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  Deno.stdout.writeSync = (bytes) => {
    stdout += decode(bytes);
    return bytes.length;
  };
  Deno.stderr.writeSync = (bytes) => {
    stderr += decode(bytes);
    return bytes.length;
  };
  return {
    texts: () => ({ stdout, stderr }),
    restore: () => {
      Deno.stdout.writeSync = real.out;
      Deno.stderr.writeSync = real.err;
    },
  };
}

/** Waits until something holds; a test's own bound ends it. */
export async function until(holds: () => boolean, what: string, timeoutMs = 8_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`wanted ${what} within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
