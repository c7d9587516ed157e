/**
 * `Log`: structured log lines, without knowing where they go. Never given a secret.
 * @module
 */

export type LogLevel = "error" | "warn" | "info" | "debug";

/** Fields beside the message; values are shown as they are. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Writes log lines. */
export interface Log {
  log(level: LogLevel, message: string, fields?: LogFields): void;
}
