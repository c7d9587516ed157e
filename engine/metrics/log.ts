/**
 * Structured logging behind the port `Log`: text for people or one JSON object a line, on standard
 * error.
 *
 *   text   2026-11-20T18:37:00.123456Z WARN  book is stale instrument=BTC-USDT-PERP age_ms=5001
 *   json   {"at":"2026-11-20T18:37:00.123456Z","level":"warn","message":"stale","age_ms":5001}
 *
 * 1. One call is one line: line breaks and control characters in texts are escaped.
 * 2. A line that cannot be written is dropped and counted: logging never stops trading.
 * 3. A kind that repeats is said once, then with doubling pauses together with how often it was
 *    kept back.
 * @module
 */
import { isoText, type Micros } from "@/engine/domain/mod.ts";
import type { Log, LogFields, LogLevel } from "@/engine/ports/mod.ts";

export const LOG_LEVELS: readonly LogLevel[] = ["error", "warn", "info", "debug"];
export type LogFormat = "text" | "json";

/** What a logger is built from. */
export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly now: () => Micros;
  /** Takes one line with its line break; standard error when absent. */
  readonly write?: (line: string) => void;
}

/** Writes log lines up to a level. */
export class Logger implements Log {
  /** May be changed while running. */
  level: LogLevel;
  /** Lines that could not be written. */
  droppedLines = 0;
  readonly #format: LogFormat;
  readonly #now: () => Micros;
  readonly #write: (line: string) => void;

  constructor(options: LoggerOptions) {
    this.level = options.level;
    this.#format = options.format;
    this.#now = options.now;
    this.#write = options.write ?? writeToStandardError;
  }

  /** Whether a line of this level would be written. */
  isEnabled(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(this.level);
  }

  log(level: LogLevel, message: string, fields?: LogFields): void {
    if (!this.isEnabled(level)) return;
    const at = isoText(this.#now());
    const line = this.#format === "json"
      ? jsonLine(at, level, message, fields)
      : textLine(at, level, message, fields);
    try {
      this.#write(line);
    } catch {
      this.droppedLines++;
    }
  }
}

/** Pauses between two lines of one kind. */
const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 600_000;
/** Kinds told apart; all beyond share one, so that hostile input cannot fill the memory. */
const KINDS_MAX = 256;
const KIND_OTHER = "other";

interface KindState {
  saidAt: number;
  pause: number;
  keptBack: number;
}

/** Says a repeating thing once per kind, then ever more rarely, with the number kept back. */
export class LogLimiter {
  readonly #log: Log;
  readonly #now: () => Micros;
  readonly #kinds = new Map<string, KindState>();

  constructor(log: Log, now: () => Micros) {
    this.#log = log;
    this.#now = now;
  }

  /** Logs, or keeps back and counts; true when it was logged. */
  log(kind: string, level: LogLevel, message: string, fields: LogFields = {}): boolean {
    const now = this.#now();
    const name = this.#kinds.has(kind) || this.#kinds.size < KINDS_MAX ? kind : KIND_OTHER;
    const state = this.#kinds.get(name);
    if (state === undefined) {
      this.#kinds.set(name, { saidAt: now, pause: PAUSE_MS_MIN * 1_000, keptBack: 0 });
      this.#log.log(level, message, fields);
      return true;
    }
    if (now - state.saidAt < state.pause) {
      state.keptBack++;
      return false;
    }
    this.#log.log(level, message, { ...fields, kept_back: state.keptBack });
    state.saidAt = now;
    state.pause = Math.min(PAUSE_MS_MAX * 1_000, state.pause * 2);
    state.keptBack = 0;
    return true;
  }
}

function jsonLine(at: string, level: LogLevel, message: string, fields?: LogFields): string {
  return `${JSON.stringify({ at, level, message, ...fields })}\n`;
}

function textLine(at: string, level: LogLevel, message: string, fields?: LogFields): string {
  let line = `${at} ${level.toUpperCase().padEnd(5)} ${escaped(message)}`;
  for (const [key, value] of Object.entries(fields ?? {})) {
    line += ` ${key}=${typeof value === "string" ? quoted(value) : value}`;
  }
  return `${line}\n`;
}

/** Texts that could be misread as several fields are quoted. */
function quoted(text: string): string {
  return /^[^\s"=]+$/.test(text) && escaped(text) === text ? text : JSON.stringify(text);
}

function escaped(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex -- exactly the characters that must not reach a terminal
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const encoder = new TextEncoder();

function writeToStandardError(line: string): void {
  const bytes = encoder.encode(line);
  let at = 0;
  while (at < bytes.length) at += Deno.stderr.writeSync(bytes.subarray(at));
}
