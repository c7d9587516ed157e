/**
 * Lengths of time as people write them: `60s`, `5m`, `1h`, `250ms`, `1.5h`.
 * @module
 */
import { err, ok, type Result } from "@/engine/domain/mod.ts";

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const DAYS_MAX = 366;

/** Milliseconds of a length of time above zero. */
export function durationMs(text: string): Result<number> {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)$/.exec(text);
  if (match === null) {
    return err(`wanted a length of time like 60s, 5m or 1h, found "${text}"`);
  }
  const milliseconds = Math.round(Number(match[1]) * UNITS_MS[match[2]!]!);
  if (milliseconds >= 1 && milliseconds <= DAYS_MAX * UNITS_MS["d"]!) return ok(milliseconds);
  return err(`wanted a length of time from 1ms to ${DAYS_MAX}d, found "${text}"`);
}

/** A length of time for people: `450 ms`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor(whole % 3_600 / 60)} min`;
}
