/**
 * Two clocks that never mix: `Micros` for stamps, `Nanos` for how long something took.
 *
 * Microseconds since 1970 fit 2^53 until 2255, nanoseconds do not; nanoseconds since start are
 * exact for 104 days.
 * @module
 */
import type { Brand } from "./brand.ts";

/** Microseconds since 1970-01-01T00:00:00Z. 0 means the source said nothing. */
export type Micros = Brand<number, "Micros">;

/** Nanoseconds on a clock that never goes back, since the process started. */
export type Nanos = Brand<number, "Nanos">;

/** Marks whole microseconds of UTC. */
export function micros(value: number): Micros {
  return value as Micros;
}

/** Marks monotonic nanoseconds. */
export function nanos(value: number): Nanos {
  return value as Nanos;
}

/** The instant that the source did not say. */
export const MICROS_UNKNOWN: Micros = 0 as Micros;

/** Milliseconds since 1970 to microseconds. */
export function microsFromMillis(milliseconds: number): Micros {
  return (milliseconds * 1_000) as Micros;
}

/** Microseconds to whole milliseconds, towards the past. */
export function millisFromMicros(instant: Micros): number {
  return Math.floor(instant / 1_000);
}

/** `2026-11-20T18:37:00.123456Z`, without a clock or a locale. */
export function isoText(instant: Micros): string {
  const seconds = Math.floor(instant / 1_000_000);
  const fraction = String(instant - seconds * 1_000_000).padStart(6, "0");
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const { year, month, day } = civilFromDays(days);
  const hour = Math.floor(rest / 3_600);
  const minute = Math.floor((rest % 3_600) / 60);
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${
    two(rest % 60)
  }.${fraction}Z`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/**
 * Days since 1970-01-01 to a date of the proleptic Gregorian calendar.
 * Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
 */
function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra -
    (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}
