/**
 * What verbs read from outside, and how they say no.
 * @module
 */
import {
  type Arguments,
  complaintText,
  EXIT,
  type ExitCode,
  lineWriter,
} from "@/engine/cli/mod.ts";
import { type Config, loadConfig, type LoadedConfig } from "@/engine/config/mod.ts";
import { err, type Micros, micros, ok, type Result } from "@/engine/domain/mod.ts";
import { type LogFormat, Logger } from "@/engine/metrics/mod.ts";
import type { Clock, LogLevel } from "@/engine/ports/mod.ts";
import type { ProgramParts } from "./parts.ts";

/** Where virtual time begins: a fixed instant, so that two runs are the same. */
export const VIRTUAL_START: Micros = micros(1_760_000_000_000_000);

/** Results. */
export const stdout = lineWriter(Deno.stdout);
/** Words for people. */
export const stderr = lineWriter(Deno.stderr);

/** Bad arguments or bad config: says why; nothing was started. */
export function refuse(reason: string): ExitCode {
  stderr(reason);
  return EXIT.refused;
}

/** The work failed: says why. */
export function failed(reason: string): ExitCode {
  stderr(reason);
  return EXIT.failed;
}

/** A text of a file, or of standard input for `-`. */
export async function readText(path: string): Promise<Result<string>> {
  const bytes = await readBytes(path);
  return bytes.ok ? ok(new TextDecoder().decode(bytes.value)) : bytes;
}

/** The bytes of a file, or of standard input for `-`. */
export async function readBytes(path: string): Promise<Result<Uint8Array>> {
  try {
    if (path === "-") return ok(await readAll(Deno.stdin.readable));
    return ok(await Deno.readFile(path));
  } catch (failure) {
    return err(withHint(`Cannot read ${path}: ${textOf(failure)}`));
  }
}

/** The bytes of a file as they come, unpacked when the name ends in `.gz`; `-` is standard
 * input. */
export async function openBytes(path: string): Promise<Result<ReadableStream<Uint8Array>>> {
  try {
    const raw = path === "-" ? Deno.stdin.readable : (await Deno.open(path)).readable;
    if (!path.endsWith(".gz")) return ok(raw);
    return ok(raw.pipeThrough(new DecompressionStream("gzip") as GzipPair));
  } catch (failure) {
    return err(withHint(`Cannot read ${path}: ${textOf(failure)}`));
  }
}

type GzipPair = ReadableWritablePair<Uint8Array, Uint8Array>;

/** The config a verb was given: a file, standard input, or the one inside the program. */
export async function readConfig(
  parts: ProgramParts,
  path: string | undefined,
): Promise<Result<LoadedConfig>> {
  const text = path === undefined ? ok(parts.embeddedConfig()) : await readText(path);
  if (!text.ok) return text;
  const source = path === undefined ? "embedded" : path === "-" ? "standard_input" : "file";
  const loaded = loadConfig(text.value, { source });
  if (loaded.ok) return loaded;
  return err(complaintText(path === undefined ? "config.yaml" : path, loaded.error));
}

/** A logger as the command line wants it, else as the config does. */
export function loggerOf(config: Config, given: Arguments, clock: Clock): Logger {
  return new Logger({
    level: (given.text("log-level") ?? config.log.level) as LogLevel,
    format: (given.text("log-format") ?? config.log.format) as LogFormat,
    now: () => clock.now(),
  });
}

/** Names the program that may, where this one may not. */
export function withHint(reason: string): string {
  if (!/NotCapable|Requires \w+ access/.test(reason)) return reason;
  return `${reason}\nThis program has the network only; touchline-desk may read and write files.`;
}

function textOf(failure: unknown): string {
  return failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>)
      .arrayBuffer(),
  );
}
